/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit build: from a manifest to a verified release. */
#include "cli/commands.h"

#include "cli/exits.h"
#include "cli/opt.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/request.h"

#include "rotkit/build.h"
#include "rotkit/counted.h"

#include <inttypes.h>

static const char *outcome_text(const struct app *app, const struct rk_build_report *report)
{
    if (app->dry_run)
        return "dry run";
    return report->failed != 0 && report->devices == 0 ? "nothing published"
                                                       : rk_release_outcome_name(report->outcome);
}

/* Not published: CI asks for "outcome", people read on. */
static enum rk_rc tell_wanted(const struct app *app, const struct rk_build_options *options,
                              const struct rk_build_report *report, struct rk_err *err)
{
    const char *folder = options->to_sign != NULL ? options->to_sign : options->attach;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        out_note(app, "round %" PRIu64 ": %s wanted in \"%s\", nothing published", report->round,
                 RK_COUNTED(report->wanted, "signature"), folder);
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_str(rk_json_root(doc), "release", report->path);
    rk_json_put_str(rk_json_root(doc), "outcome", "signatures wanted");
    rk_json_put_str(rk_json_root(doc), "to_sign", folder);
    rk_json_put_u64(rk_json_root(doc), "round", report->round);
    rk_json_put_u64(rk_json_root(doc), "wanted", report->wanted);
    return out_json(app, doc, err);
}

/* A build on its way: what its callbacks reach. */
struct building {
    const struct app *app;
    struct progress progress;
    rk_json *doc; /* of --json; else NULL */
    struct rk_jv failed;
};

static void building_done(struct building *b)
{
    rk_json_free(b->doc);
}

static void on_progress(void *arg, const struct rk_progress *at)
{
    struct building *b = arg;

    progress_step(&b->progress, at);
}

static void on_failed(void *arg, const struct rk_unit_id *sn, const struct rk_err *why)
{
    struct building *b = arg;
    struct rk_jv entry;
    char text[21];

    progress_end(&b->progress);
    if (!b->app->json) {
        out_error(b->app, why, exit_code_of(RK_E_PARTIAL));
        return;
    }
    rk_unit_id_text(sn, text);
    entry = rk_json_put_object(b->failed, NULL);
    rk_json_put_str(entry, "device", text);
    rk_json_put_str(entry, "error", why->msg);
}

/* Some devices are left out: exit 6, whatever became of the others. */
static enum rk_rc tell_failed(const struct app *app, const struct rk_build_report *report,
                              struct rk_err *err)
{
    uint64_t all = report->failed + report->devices;

    if (report->failed == 0)
        return RK_OK;
    if (report->devices == 0)
        return rk_fail(err, RK_E_PARTIAL, "all %s failed; nothing was published",
                       RK_COUNTED(all, "device"));
    if (app->dry_run)
        return rk_fail(err, RK_E_PARTIAL, "%" PRIu64 " of %s failed", report->failed,
                       RK_COUNTED(all, "device"));
    return rk_fail(err, RK_E_PARTIAL, "%" PRIu64 " of %s failed; release \"%s\" has the others",
                   report->failed, RK_COUNTED(all, "device"), report->path);
}

static enum rk_rc tell(const struct app *app, const struct rk_build_report *report, rk_json *doc,
                       struct rk_err *err)
{
    const char *outcome = outcome_text(app, report);
    const char *remark = app->dry_run || report->is_signed ? "" : ", not signed";

    if (report->resumed != 0)
        out_note(app, "went on from an interrupted build: %s %s there",
                 RK_COUNTED(report->resumed, "device"), report->resumed == 1 ? "was" : "were");
    if (report->has_plaintext_secrets)
        out_note(app, "warning: secret outputs are in the clear, as --plaintext-secrets asked");
    if (report->has_unconfirmed_hash)
        out_note(app,
                 "warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare");
    if (!app->json && report->images != 0) {
        out_note(app, "%s, %s, release \"%s\": %s%s", RK_COUNTED(report->devices, "device"),
                 RK_COUNTED(report->images, "image"), report->path, outcome, remark);
        return RK_OK;
    }
    if (!app->json) {
        out_note(app, "%s, release \"%s\": %s%s", RK_COUNTED(report->devices, "device"),
                 report->path, outcome, remark);
        return RK_OK;
    }
    rk_json_put_str(rk_json_root(doc), "release", report->path);
    rk_json_put_u64(rk_json_root(doc), "devices", report->devices);
    rk_json_put_u64(rk_json_root(doc), "images", report->images);
    rk_json_put_u64(rk_json_root(doc), "resumed", report->resumed);
    rk_json_put_str(rk_json_root(doc), "outcome", outcome);
    rk_json_put_bool(rk_json_root(doc), "signed", report->is_signed);
    rk_json_put_bool(rk_json_root(doc), "plaintext_secrets", report->has_plaintext_secrets);
    rk_json_put_bool(rk_json_root(doc), "unconfirmed_public_key_hash",
                     report->has_unconfirmed_hash);
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct rk_build_options options = { .tool = "rotkit " ROTKIT_VERSION };
    struct rk_build_report report;
    struct opt_u64 jobs = { .set = false };
    struct opt_list allow_weak = { .count = 0 };
    RK_AUTO(building_done)
    struct building building = { .app = app, .progress = { .app = app, .one = "device" } };
    const char *shard = NULL;
    bool keep_going = false;
    struct operands operands;
    enum rk_rc rc;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &options.out, "DIR", "where the release goes (default: release.path of the manifest)", false },
        { "plaintext-secrets", 0, OPT_FLAG, &options.plaintext_secrets, NULL, "write secret outputs in the clear, mode 0600", false },
        { "to-sign", 0, OPT_STR, &options.to_sign, "DIR", "where a key is pub:FILE: write what is to be signed elsewhere", false },
        { "attach", 0, OPT_STR, &options.attach, "DIR", "take the signatures of that folder; publish, or write its next round", false },
        { "jobs", 'j', OPT_U64, &jobs, "N", "threads that make devices, 1 to 64 (default: one a processor)", false },
        { "keep-going", 'k', OPT_FLAG, &keep_going, NULL, "leave out devices that fail, and exit 6: the release has the others", false },
        { "shard", 0, OPT_STR, &shard, "I/N", "make the devices of shard I of N alone, I from 0; auto/N and auto read Kubernetes' and Slurm's variables", false },
        { "anchor", 0, OPT_STR, &options.anchor, "DIR", "where the ledger's last checkpoint is kept (default: licence.anchor of the manifest)", false },
        { "allow-weak", 0, OPT_LIST, &allow_weak, "NAME", "take what is too weak, see 'rotkit help keys'", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        opt_jobs(app, &jobs, &options.jobs, err) || request_allow_weak(app, &allow_weak, err))
        return err->rc;
    if (options.to_sign != NULL && options.attach != NULL)
        return opt_fail(app, err, "--to-sign and --attach exclude each other");
    if (keep_going && (options.to_sign != NULL || options.attach != NULL))
        return opt_fail(app, err, "--keep-going is not for rounds: the next one would differ");
    if (shard != NULL && rk_shard_parse(shard, &options.shard, err))
        return rk_wrap(err, "--shard");
    options.manifest = operands.v[0];
    options.dry_run = app->dry_run;
    options.progress = on_progress;
    options.failed = keep_going ? on_failed : NULL;
    options.arg = &building;
    options.stop = stop_on_signal();
    if (app->json) {
        building.doc = rk_json_new();
        if (keep_going)
            building.failed = rk_json_put_array(rk_json_root(building.doc), "failed");
    }
    rc = rk_build(app->ctx, &options, &report, err);
    progress_end(&building.progress);
    request_tell_weak(app);
    if (rc != RK_OK)
        return rc;
    if (report.stopped)
        return stopped_by_signal(app, err);
    if (report.wanted != 0)
        return tell_wanted(app, &options, &report, err);
    if (tell(app, &report, building.doc, err))
        return err->rc;
    return tell_failed(app, &report, err);
}

const struct cmd cmd_build = {
    .name = "build",
    .args = "MANIFEST",
    .summary = "make a release: images, key blobs, certificates, fuse data",
    .about =
        "Everything is made beside the release's place, read back and verified there, and put in\n"
        "place in one step. A release that would come out the same is left untouched.\n"
        "What is signed elsewhere goes in rounds, since outer digests cover inner signatures:\n"
        "--to-sign DIR, sign, --attach DIR, sign, --attach DIR until the release is published.\n"
        "Both exit 0; with --json, \"outcome\" is \"signatures wanted\" as long as they are.",
    .run = run,
};
