/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit build: from a manifest to a verified release. */
#include "commands.h"

#include "opt.h"
#include "out.h"
#include "progress.h"

#include "ftpmprov/build.h"

#include <inttypes.h>

enum { JOBS_MAX = 64 };

static const char *outcome_text(enum rk_release_outcome outcome)
{
    switch (outcome) {
    case RK_RELEASE_NEW:
        return "new";
    case RK_RELEASE_REPLACED:
        return "replaced";
    default:
        return "unchanged";
    }
}

/* Not published: CI asks for "outcome", people read on. */
static enum rk_rc tell_wanted(const struct app *app, const struct rk_build_options *options,
                              const struct rk_build_report *report, struct rk_err *err)
{
    const char *folder = options->to_sign != NULL ? options->to_sign : options->attach;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        out_note(app,
                 "round %" PRIu64 ": %" PRIu64 " signatures wanted in \"%s\", nothing published",
                 report->round, report->wanted, folder);
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

static enum rk_rc tell(const struct app *app, const struct rk_build_report *report,
                       struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    const char *outcome = app->dry_run ? "dry run" : outcome_text(report->outcome);
    const char *remark = app->dry_run || report->is_signed ? "" : ", not signed";

    if (report->resumed != 0)
        out_note(app, "went on from an interrupted build: %" PRIu64 " devices were there",
                 report->resumed);
    if (report->has_plaintext_secrets)
        out_note(app, "warning: secret outputs are in the clear, as --plaintext-secrets asked");
    if (report->has_unconfirmed_hash)
        out_note(app,
                 "warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare");
    if (!app->json && report->images != 0) {
        out_note(app, "%" PRIu64 " devices, %" PRIu64 " images, release \"%s\": %s%s",
                 report->devices, report->images, report->path, outcome, remark);
        return RK_OK;
    }
    if (!app->json) {
        out_note(app, "%" PRIu64 " devices, release \"%s\": %s%s", report->devices, report->path,
                 outcome, remark);
        return RK_OK;
    }
    doc = rk_json_new();
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
    struct progress progress = { .app = app, .what = "devices" };
    struct operands operands;
    enum rk_rc rc;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &options.out, "DIR", "where the release goes (default: release.path of the manifest)", false },
        { "plaintext-secrets", 0, OPT_FLAG, &options.plaintext_secrets, NULL, "write secret outputs in the clear, mode 0600", false },
        { "to-sign", 0, OPT_STR, &options.to_sign, "DIR", "where a key is pub:FILE: write what is to be signed elsewhere", false },
        { "attach", 0, OPT_STR, &options.attach, "DIR", "take the signatures of that folder; publish, or write its next round", false },
        { "jobs", 'j', OPT_U64, &jobs, "N", "threads that make devices, 1 to 64 (default: one a processor)", false },
        { "anchor", 0, OPT_STR, &options.anchor, "DIR", "where the ledger's last checkpoint is kept (default: licence.anchor of the manifest)", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    if (jobs.set && (jobs.v == 0 || jobs.v > JOBS_MAX))
        return opt_fail(app, err, "--jobs: %" PRIu64 ", expected 1 to %d", jobs.v, JOBS_MAX);
    options.jobs = (size_t)jobs.v;
    if (options.to_sign != NULL && options.attach != NULL)
        return opt_fail(app, err, "--to-sign and --attach exclude each other");
    options.manifest = operands.v[0];
    options.dry_run = app->dry_run;
    options.progress = progress_step;
    options.arg = &progress;
    options.stop = stop_on_signal();
    rc = rk_build(app->ctx, &options, &report, err);
    progress_end(&progress);
    if (rc != RK_OK)
        return rc;
    if (report.stopped)
        return stopped_by_signal(app, err);
    if (report.wanted != 0)
        return tell_wanted(app, &options, &report, err);
    return tell(app, &report, err);
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
