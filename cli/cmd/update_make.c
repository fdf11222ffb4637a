/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit update make: the bundle that goes to the devices. */
#include "cli/cmd/update.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/key.h"
#include "rotkit/update.h"

#include <inttypes.h>

static enum rk_rc tell(const struct app *app, const struct rk_update_make_options *options,
                       const struct rk_update_made *made, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    struct rk_jv root;

    if (!app->json && made->wanted != 0) {
        out_note(app, "\"%s\": %s wanted", options->to_sign, RK_COUNTED(made->wanted, "signature"));
        return RK_OK;
    }
    if (!app->json) {
        out_note(app, "%s to %s: %s, update \"%s\"%s", made->verdict.from, made->verdict.to,
                 RK_COUNTED(made->payloads, "payload"), options->path,
                 options->dry_run ? " not written" : "");
        return RK_OK;
    }
    doc = rk_json_new();
    root = rk_json_root(doc);
    rk_json_put_str(root, "outcome",
                    made->wanted != 0 ? "signatures wanted"
                    : app->dry_run    ? "dry run"
                                      : "new");
    if (made->wanted != 0) {
        rk_json_put_str(root, "to_sign", options->to_sign);
        rk_json_put_u64(root, "wanted", made->wanted);
    } else {
        rk_json_put_str(root, "update", options->path);
    }
    rk_json_put_str(root, "from", made->verdict.from);
    rk_json_put_str(root, "to", made->verdict.to);
    rk_json_put_u64(root, "payloads", made->payloads);
    return out_json(app, doc, err);
}

static enum rk_rc check_folders(const struct app *app, const struct rk_update_make_options *options,
                                struct rk_err *err)
{
    if (options->to_sign != NULL && options->attach != NULL)
        return opt_fail(app, err, "--to-sign and --attach exclude each other");
    if (options->to_sign == NULL && options->path == NULL)
        return opt_fail(app, err, "--output is required");
    if (options->to_sign != NULL && options->path != NULL)
        return opt_fail(app, err, "--to-sign writes no --output");
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const char *key = NULL, *passphrase = NULL, *scheme = NULL, *pub = NULL;
    struct rk_update_make_options options = { .tool = "rotkit " ROTKIT_VERSION };
    struct rk_update_made made;
    RK_AUTO(rk_signer_done) rk_signer *signer = NULL;
    RK_AUTO(rk_signer_done) rk_signer *release_key = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output",     'o', OPT_STR,  &options.path,    "DIR",    "folder of the bundle", false },
        { "key",        0,   OPT_STR,  &key,             "KEY",    "update key: it signs update.json", true },
        { "pub",        0,   OPT_STR,  &pub,             "FILE",   "the release key that must have signed both (default: the update key)", false },
        { "passphrase", 0,   OPT_STR,  &passphrase,      "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "scheme",     0,   OPT_STR,  &scheme,          "NAME",   "of the signature (default: the key's own)", false },
        { "to-sign",    0,   OPT_STR,  &options.to_sign, "DIR",    "where the key is pub:FILE: make no bundle, write what is to be signed elsewhere", false },
        { "attach",     0,   OPT_STR,  &options.attach,  "DIR",    "take the signature of a folder that --to-sign wrote", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err) || check_folders(app, &options, err))
        return err->rc;
    options.older = operands.v[0];
    options.newer = operands.v[1];
    options.scheme = scheme == NULL ? RK_SCHEME_NONE : rk_scheme_find(scheme);
    if (scheme != NULL && options.scheme == RK_SCHEME_NONE)
        return opt_fail(app, err, "--scheme: unknown scheme \"%s\"", scheme);
    const struct rk_pin pin = RK_PIN_INIT(passphrase);
    if (rk_signer_open(app->ctx, key, &pin, &signer, err))
        return rk_wrap(err, "--key");
    if (pub != NULL && rk_signer_open_public(app->ctx, pub, &release_key, err))
        return rk_wrap(err, "--pub");
    options.signer = signer;
    options.pub = release_key == NULL ? NULL : rk_signer_pkey(release_key);
    options.dry_run = app->dry_run;
    if (rk_update_make(app->ctx, &options, &made, err))
        return err->rc;
    return tell(app, &options, &made, err);
}

const struct cmd cmd_update_make = {
    .name = "make",
    .args = "OLD NEW",
    .summary = "pack and sign the update from one release to the next",
    .about =
        "The bundle holds every image of NEW in a format that the platform updates by (capsules,\n"
        "signed trusted applications), update.json, which names them with digests and says what\n"
        "changes, and update.json.sig over its bytes, for openssl dgst -verify. update.json is\n"
        "rotkit's own format. Both releases must be signed, by the update key or that of --pub. "
        "What\n"
        "'rotkit update check' refuses is not made; recompute the devices' EKs there. Where the "
        "key\n"
        "is elsewhere, name it pub:FILE: --to-sign DIR writes update.json and an index, somebody\n"
        "signs, --attach DIR makes the bundle.",
    .run = run,
};
