/* SPDX-License-Identifier: Apache-2.0 */
/* The driver: reserve, lane, commit, sink for every device; then publish. */
#include "ftpmprov/build.h"

#include "build/images.h"
#include "build/plan.h"
#include "ftpmprov/ledger.h"

#include <stdio.h>
#include <string.h>

struct run {
    const struct rk_build_options *options;
    struct rk_plan plan;
    rk_ledger *ledger;
    rk_devices *devices;
    rk_images *images;
    rk_release *release; /* NULL in a dry run */
    struct rk_build_report report;
};

static void run_done(struct run *run)
{
    rk_release_close(run->release);
    rk_devices_close(run->devices);
    rk_images_free(run->images);
    rk_ledger_close(run->ledger);
    rk_plan_done(&run->plan);
}

static enum rk_rc previous_certificate(void *arg, const char *role, const struct rk_device_sn *sn,
                                       struct rk_bytes *ret, struct rk_err *err)
{
    return rk_release_previous(arg, rk_role_find(role), sn, ret, err);
}

/* A failed device gives its reservation back; its own error is the one that is told first. */
static enum rk_rc give_back(struct run *run, const struct rk_device_sn *sn, struct rk_err *err)
{
    struct rk_err second;

    if (rk_ledger_void(run->ledger, sn, &second))
        return rk_note(err, "its reservation could not be given back: %s", second.msg);
    return err->rc;
}

static enum rk_rc make_device(struct run *run, const struct rk_lane_device *device,
                              struct rk_err *err)
{
    struct rk_lane_previous previous = { previous_certificate, run->release };
    RK_AUTO(rk_artifacts_done) struct rk_artifacts made = { .count = 0 };
    uint8_t digest[32];

    if (rk_ledger_reserve(run->ledger, &device->sn, err))
        return err->rc;
    if (rk_lane_run(&run->plan.lane, device, run->release == NULL ? NULL : &previous, &made, err) ||
        rk_artifacts_digest(&made, digest, err) ||
        (run->release != NULL && rk_ledger_commit(run->ledger, &device->sn, digest, err)))
        return give_back(run, &device->sn, err);
    if (run->release == NULL)
        return rk_ledger_void(run->ledger, &device->sn, err);
    return rk_release_add_device(run->release, &device->sn, &made, err);
}

static enum rk_rc make_devices(struct run *run, struct rk_err *err)
{
    const struct rk_build_options *options = run->options;

    for (;;) {
        RK_AUTO(rk_lane_device_done) struct rk_lane_device device = { .handed.minor = 0 };
        bool more;

        if (options->stop != NULL && *options->stop != 0) {
            run->report.stopped = true;
            return RK_OK;
        }
        if (rk_devices_next(run->devices, &device, &more, err))
            return err->rc;
        if (!more)
            return RK_OK;
        if (make_device(run, &device, err))
            return err->rc;
        run->report.devices++;
        if (options->progress != NULL)
            options->progress(options->arg, run->report.devices, run->plan.device_count);
    }
}

static enum rk_rc add_common(struct run *run, struct rk_err *err)
{
    struct rk_plan *plan = &run->plan;
    RK_AUTO(rk_artifacts_done) struct rk_artifacts common = { .count = 0 };

    if (plan->chain.p != NULL &&
        rk_release_add_file(run->release, "ca/chain.pem", "ca-chain", &plan->chain, err))
        return err->rc;
    if (plan->common_fuses.p == NULL)
        return RK_OK;
    if (rk_artifacts_take_secret(&common, "fuse-common", &plan->common_fuses, err))
        return err->rc;
    return rk_release_add_device(run->release, NULL, &common, err);
}

/* Images first: they are few, and what is wrong with them is better known before a long batch. */
static enum rk_rc make_images(const rk_ctx *ctx, struct run *run, struct rk_err *err)
{
    if (run->plan.manifest->images.count == 0)
        return RK_OK;
    if (rk_images_make(ctx, &run->plan, run->release, run->options->dry_run, &run->images, err))
        return err->rc;
    run->report.images = rk_images_count(run->images);
    return run->release == NULL ? RK_OK : rk_images_publish(run->images, run->release, err);
}

static enum rk_rc run_build(const rk_ctx *ctx, struct run *run, struct rk_err *err)
{
    const struct rk_build_options *options = run->options;
    struct rk_plan *plan = &run->plan;
    struct rk_release_options release;

    if (rk_plan_make(ctx, options, plan, err) || rk_ledger_open_none(&run->ledger, err) ||
        (plan->device_count != 0 && rk_devices_open(ctx, &plan->from, &run->devices, err)))
        return err->rc;
    release = (struct rk_release_options) {
        .path = plan->path,
        .tool = options->tool,
        .platform = rk_platform_name(plan->lane.platform),
        .product = plan->manifest->product.v,
        .manifest_sha256 = plan->manifest->sha256,
        .recipient_pem = plan->recipient.p == NULL ? NULL : &plan->recipient,
        .plaintext_secrets = options->plaintext_secrets,
    };
    (void)snprintf(run->report.path, sizeof run->report.path, "%s", plan->path);
    run->report.has_unconfirmed_hash = plan->unconfirmed_hash;
    run->report.has_plaintext_secrets =
        options->plaintext_secrets && (plan->lane.fuses || plan->common_fuses.p != NULL);
    if (!options->dry_run &&
        (rk_release_begin(ctx, &release, &run->release, err) || add_common(run, err)))
        return err->rc;
    if (make_images(ctx, run, err) || (run->devices != NULL && make_devices(run, err)))
        return err->rc;
    if (run->release == NULL || run->report.stopped)
        return RK_OK;
    return rk_release_publish(run->release, &run->report.outcome, err);
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
