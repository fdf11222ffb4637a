/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit release merge: shards into one release. */
#include "cli/cmd/release.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/release.h"

#include <inttypes.h>

static enum rk_rc tell(const struct app *app, const char *path,
                       const struct rk_merge_report *report, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        out_note(app, "%s, release \"%s\": %s", RK_COUNTED(report->devices, "device"), path,
                 rk_release_outcome_name(report->outcome));
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_str(rk_json_root(doc), "release", path);
    rk_json_put_u64(rk_json_root(doc), "devices", report->devices);
    rk_json_put_str(rk_json_root(doc), "outcome", rk_release_outcome_name(report->outcome));
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const char *key = NULL, *passphrase = NULL;
    struct rk_merge_options options = { .path = NULL };
    struct rk_merge_report report;
    RK_AUTO(rk_signer_done) rk_signer *signer = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output",     'o', OPT_STR, &options.path, "DIR",    "where the release goes", true },
        { "key",        0,   OPT_STR, &key,          "KEY",    "release key, which signed the shards too", false },
        { "passphrase", 0,   OPT_STR, &passphrase,   "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "unsigned-shards", 0, OPT_FLAG, &options.unsigned_shards, NULL, "with --key: sign shards that nobody has signed", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, RK_SHARDS_MAX, &operands, err))
        return err->rc;
    if (options.unsigned_shards && key == NULL)
        return opt_fail(app, err, "--unsigned-shards is for --key: without it nothing is signed");
    const struct rk_pin pin = RK_PIN_INIT(passphrase);
    if (key != NULL && rk_signer_open(app->ctx, key, &pin, &signer, err))
        return rk_wrap(err, "--key");
    options.shards = (const char *const *)operands.v;
    options.count = operands.count;
    options.signer = signer;
    if (rk_release_merge(app->ctx, &options, &report, err))
        return err->rc;
    return tell(app, options.path, &report, err);
}

const struct cmd cmd_release_merge = {
    .name = "merge",
    .args = "SHARD...",
    .summary = "join the shards of a build into one release",
    .about =
        "The shards may come in any order. Each is verified, with --key under that key, and what "
        "is\n"
        "copied is what was verified; overlaps, gaps, and shards of another manifest or tool are\n"
        "refused, and with --key those that it has not signed. What comes out is what an "
        "unsharded\n"
        "build makes.",
    .run = run,
};
