/* SPDX-License-Identifier: Apache-2.0 */
/* From manifest to release: plan, images, devices, signature, publication. */
#include "rotkit/build.h"

#include "pipeline/plan_values.h"
#include "base/workers.h"
#include "pipeline/account.h"
#include "pipeline/fleet.h"
#include "pipeline/images.h"

#include <stdio.h>
#include <string.h>

struct run {
    const struct rk_build_options *options;
    struct rk_plan plan;
    struct rk_account account;
    rk_devices *devices;
    rk_images *images;
    rk_release *release; /* NULL in a dry run */
    bool waits;          /* for signatures from elsewhere: this run publishes nothing */
    bool keeps;          /* everything is made, and waits for the release's own signatures */
    struct rk_build_report report;
};

static void run_done(struct run *run)
{
    rk_release_close(run->release);
    rk_devices_close(run->devices);
    rk_images_free(run->images);
    rk_account_done(&run->account);
    rk_plan_done(&run->plan);
}

static enum rk_rc make_devices(struct run *run, struct rk_err *err)
{
    const struct rk_build_options *options = run->options;
    const struct rk_fleet fleet = {
        .plan = &run->plan,
        .ledger = run->account.ledger,
        .devices = run->devices,
        .release = run->release,
        .waits = run->waits,
        .jobs = options->jobs != 0 ? options->jobs : rk_workers_default(),
        .progress = options->progress,
        .failed = options->failed,
        .arg = options->arg,
        .stop = options->stop,
    };
    struct rk_fleet_report report;

    if (rk_fleet_make(&fleet, &report, err))
        return err->rc;
    run->report.devices = report.devices;
    run->report.resumed = report.resumed;
    run->report.failed = report.failed;
    run->report.stopped = report.stopped;
    run->waits = report.waits;
    return RK_OK;
}

/* What is not of one device is made once. */
static bool has_common(const struct run *run)
{
    return run->options->shard.index == 0;
}

static enum rk_rc add_common(struct run *run, struct rk_err *err)
{
    struct rk_plan *plan = &run->plan;
    RK_AUTO(rk_artifacts_done) struct rk_artifacts common = { .count = 0 };

    if (plan->chain.p != NULL &&
        rk_release_add_file(run->release, "ca/chain.pem", "ca-chain", &plan->chain, err))
        return err->rc;
    if (plan->fleet_count == 0 || !has_common(run))
        return RK_OK;
    if (rk_lane_common(&plan->lane, &common, err))
        return err->rc;
    return common.count == 0 ? RK_OK : rk_release_add_device(run->release, NULL, &common, err);
}

/* Images first: they are few, and what is wrong with them is better known before a long batch. */
static enum rk_rc make_images(const rk_ctx *ctx, struct run *run, struct rk_err *err)
{
    RK_AUTO(rk_wants_done) struct rk_wants wants = { .count = 0 };

    if (run->plan.manifest->images.count == 0 || !has_common(run))
        return RK_OK;
    if (rk_images_make(ctx, &run->plan, run->release, run->options->dry_run, &wants, &run->images,
                       err))
        return err->rc;
    run->report.images = rk_images_count(run->images);
    run->waits = wants.count != 0;
    if (run->waits)
        return rk_sigbook_merge_wants(run->plan.book, &wants, err);
    return run->release == NULL ? RK_OK : rk_images_publish(run->images, run->release, err);
}

/* A signature of the release: by the book, from the release in place, or by the key. */
static enum rk_rc sign_part(struct run *run, enum rk_release_part part, struct rk_wants *wants,
                            struct rk_err *err)
{
    struct rk_plan *plan = &run->plan;
    RK_AUTO(rk_bytes_done) struct rk_bytes index = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes kept = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (rk_release_to_sign(run->release, part, &index, &kept, err))
        return err->rc;
    if (index.p == NULL)
        return RK_OK;
    if (rk_sigbook_find(plan->book, plan->release_key, plan->release_scheme, &index, &signature,
                        err))
        return err->rc;
    if (signature.p == NULL)
        signature = rk_bytes_take(&kept);
    if (signature.p == NULL &&
        rk_sigbook_sign(plan->book, plan->release_key, plan->release_scheme,
                        rk_release_part_name(part), &index, wants, &signature, err))
        return rk_plan_at(plan, plan->manifest->release.key.at, "release.key", err);
    return signature.p == NULL ? RK_OK : rk_release_attach(run->release, part, &signature, err);
}

/* Both in one round: what was sealed is kept until they come back. */
static enum rk_rc sign_release(struct run *run, struct rk_err *err)
{
    RK_AUTO(rk_wants_done) struct rk_wants wants = { .count = 0 };

    if (run->plan.release_key == NULL)
        return RK_OK;
    for (unsigned part = 0; part < RK_RELEASE_PARTS; part++) {
        if (sign_part(run, (enum rk_release_part)part, &wants, err))
            return err->rc;
    }
    run->waits = wants.count != 0;
    run->keeps = run->waits;
    run->report.is_signed = !run->waits;
    return run->waits ? rk_sigbook_merge_wants(run->plan.book, &wants, err) : RK_OK;
}

static enum rk_rc keep_sealed(void *arg, const struct rk_new_folder *to, struct rk_err *err)
{
    return rk_release_keep_sealed(arg, to, err);
}

static enum rk_rc close_round(struct run *run, struct rk_err *err)
{
    const struct rk_sigbook_end end = { .dry = run->options->dry_run,
                                        .keep = run->keeps ? keep_sealed : NULL,
                                        .arg = run->release };
    struct rk_sigbook_round round;

    if (run->plan.book == NULL)
        return RK_OK;
    if (rk_sigbook_close_round(run->plan.book, &end, &round, err))
        return err->rc;
    run->report.wanted = round.wanted;
    run->report.round = round.round;
    return RK_OK;
}

/* Everything is made, or waits for signatures. */
static enum rk_rc finish(struct run *run, struct rk_err *err)
{
    if (run->report.stopped || (run->report.failed != 0 && run->report.devices == 0))
        return RK_OK;
    if (run->release != NULL && !run->waits && sign_release(run, err))
        return err->rc;
    if (close_round(run, err))
        return err->rc;
    if (run->release == NULL || run->waits)
        return RK_OK;
    if (rk_account_seal(&run->account, run->release, err))
        return err->rc;
    return rk_release_publish(run->release, &run->report.outcome, err);
}

static enum rk_rc run_build(const rk_ctx *ctx, struct run *run, struct rk_err *err)
{
    const struct rk_build_options *options = run->options;
    struct rk_plan *plan = &run->plan;
    struct rk_release_options release;

    if (rk_plan_make(ctx, options, plan, err) ||
        rk_account_open(ctx, plan, options, &run->account, err) ||
        (plan->fleet_count != 0 && rk_devices_open(&plan->from, &run->devices, err)))
        return err->rc;
    release = (struct rk_release_options) {
        .path = plan->path,
        .tool = options->tool,
        .platform = rk_platform_name(plan->lane.platform),
        .product = plan->manifest->product.v,
        .version = plan->version,
        .manifest_sha256 = plan->manifest->sha256,
        .recipient_pem = plan->recipient.p == NULL ? NULL : &plan->recipient,
        .plaintext_secrets = options->plaintext_secrets,
        /* A round asks for every signature again: see rk_sigbook_close_round. */
        .inputs_sha256 = plan->book == NULL ? plan->inputs_sha256 : NULL,
        .signer = plan->release_key,
        .checkpoint_key = run->account.key,
        .round = options->to_sign != NULL ? options->to_sign : options->attach,
        .scheme = plan->release_scheme,
        .shard = options->shard,
        .shard_devices = plan->device_count,
        .fleet_devices = plan->fleet_count,
        .fleet_sha256 = options->shard.count == 0 ? NULL : plan->fleet_sha256,
    };
    (void)snprintf(run->report.path, sizeof run->report.path, "%s", plan->path);
    run->report.has_unconfirmed_hash = plan->unconfirmed_hash;
    run->report.has_plaintext_secrets = options->plaintext_secrets && plan->has_secrets;
    if (!options->dry_run &&
        (rk_release_begin(ctx, &release, &run->release, err) || add_common(run, err)))
        return err->rc;
    if (make_images(ctx, run, err) || (run->devices != NULL && make_devices(run, err)))
        return err->rc;
    return finish(run, err);
}

enum rk_rc rk_build(const rk_ctx *ctx, const struct rk_build_options *options,
                    struct rk_build_report *ret, struct rk_err *err)
{
    RK_AUTO(run_done) struct run run = { .options = options };

    if (run_build(ctx, &run, err))
        return err->rc;
    *ret = run.report;
    return RK_OK;
}
