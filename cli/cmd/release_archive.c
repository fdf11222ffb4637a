/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit release archive: one file for the factory. */
#include "cli/cmd/release.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/release.h"

#include <inttypes.h>

static enum rk_rc tell(const struct app *app, const char *to,
                       const struct rk_archive_report *report, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        out_note(app, "\"%s\": %" PRIu64 " files, %" PRIu64 " bytes", to, report->files,
                 report->bytes);
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
    struct rk_release_report verified;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &to, "FILE", "archive to write: .tar, .tar.gz, .tar.xz or .tar.zst", true },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        rk_release_verify(app->ctx, operands.v[0], NULL, &verified, err) ||
        rk_release_archive(operands.v[0], to, &report, err))
        return err->rc;
    return tell(app, to, &report, err);
}

const struct cmd cmd_release_archive = {
    .name = "archive",
    .args = "RELEASE",
    .summary = "pack a release, or a shard, into one file",
    .about =
        "Everything but secrets/ and ledger/. The release is verified first, and the archive is\n"
        "read back and held against it. Equal releases give equal archives.",
    .run = run,
};
