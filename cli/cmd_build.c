/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit build: from a manifest to a verified release. */
#include "commands.h"

#include "opt.h"
#include "out.h"
#include "progress.h"

#include "ftpmprov/build.h"

#include <inttypes.h>

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

static enum rk_rc tell(const struct app *app, const struct rk_build_report *report,
                       struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    const char *outcome = app->dry_run ? "dry run" : outcome_text(report->outcome);

    if (report->has_plaintext_secrets)
        out_note(app, "warning: secret outputs are in the clear, as --plaintext-secrets asked");
    if (report->has_unconfirmed_hash)
        out_note(app,
                 "warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare");
    if (!app->json && report->images != 0) {
        out_note(app, "%" PRIu64 " devices, %" PRIu64 " images, release \"%s\": %s",
                 report->devices, report->images, report->path, outcome);
        return RK_OK;
    }
    if (!app->json) {
        out_note(app, "%" PRIu64 " devices, release \"%s\": %s", report->devices, report->path,
                 outcome);
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_str(rk_json_root(doc), "release", report->path);
    rk_json_put_u64(rk_json_root(doc), "devices", report->devices);
    rk_json_put_u64(rk_json_root(doc), "images", report->images);
    rk_json_put_str(rk_json_root(doc), "outcome", outcome);
    rk_json_put_bool(rk_json_root(doc), "plaintext_secrets", report->has_plaintext_secrets);
    rk_json_put_bool(rk_json_root(doc), "unconfirmed_public_key_hash",
                     report->has_unconfirmed_hash);
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct rk_build_options options = { .tool = "rotkit " ROTKIT_VERSION };
    struct rk_build_report report;
    struct progress progress = { .app = app, .what = "devices" };
    struct operands operands;
    enum rk_rc rc;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &options.out, "DIR", "where the release goes (default: release.path of the manifest)", false },
        { "plaintext-secrets", 0, OPT_FLAG, &options.plaintext_secrets, NULL, "write secret outputs in the clear, mode 0600", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
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
    return tell(app, &report, err);
}

const struct cmd cmd_build = {
    .name = "build",
    .args = "MANIFEST",
    .summary = "make a release: images, key blobs, certificates, fuse data",
    .about =
        "Everything is made beside the release's place, read back and verified there, and put in\n"
        "place in one step. A release that would come out the same is left untouched.",
    .run = run,
};
