/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit release archive: one file for the factory. */
#include "cli/cmd/release.h"

#include "cli/from.h"
#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/release.h"

#include <inttypes.h>

static enum rk_rc tell(const struct app *app, const char *to,
                       const struct rk_archive_report *report, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        out_note(app, "\"%s\": %s, %s", to, RK_COUNTED(report->files, "file"),
                 RK_COUNTED(report->bytes, "byte"));
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_str(rk_json_root(doc), "archive", to);
    rk_json_put_u64(rk_json_root(doc), "files", report->files);
    rk_json_put_u64(rk_json_root(doc), "bytes", report->bytes);
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const char *to = NULL;
    struct rk_archive_report report = { 0 };
    RK_AUTO(rk_release_view_close) rk_release_view *release = NULL;
    struct from from = { .pub = NULL };
    bool handover = false;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &to, "FILE", "archive to write: .tar, .tar.gz, .tar.xz or .tar.zst", true },
        FROM_PUB(&from),
        FROM_UNSIGNED(&from),
        { "handover", 0, OPT_FLAG, &handover, NULL, "with the containers for the OEM, which hold EPS seeds in the clear", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        from_open(app, &from, operands.v[0], NULL, &release, err))
        return err->rc;
    const struct rk_archive_options options = {
        .release = release,
        .to = to,
        .handover = handover,
    };
    if (rk_release_archive(&options, &report, err))
        return err->rc;
    return tell(app, to, &report, err);
}

const struct cmd cmd_release_archive = {
    .name = "archive",
    .args = "RELEASE",
    .summary = "pack a release, or a shard, into one file",
    .about =
        "Everything but secrets/, ledger/ and handover/. The release is verified first: --pub is "
        "the\n"
        "release key, and one of unknown origin wants --unsigned. What is\n"
        "packed is what was verified, and the archive is read back and compared with it. Equal\n"
        "releases give equal archives. It unpacks into one folder, "
        "PRODUCT[-VERSION][-shard-I-of-N];\n"
        "to verify one, unpack it and verify that folder.",
    .run = run,
};
