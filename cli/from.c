/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/from.h"

#include "rotkit/key.h"
#include "rotkit/signer.h"

enum rk_rc from_open(const struct app *app, const struct from *from, const char *path,
                     const rk_signer *signer, rk_release_view **ret, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    struct rk_release_asked asked = { .pub = NULL };

    if (from->pub != NULL && from->any_unsigned)
        return opt_fail(app, err, "--pub and --unsigned exclude each other");
    if (!rk_release_is(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json", path);
    if (from->pub == NULL && signer == NULL && !from->any_unsigned) {
        (void)rk_fail(err, RK_E_USAGE, "\"%s\": nothing says whose release this must be", path);
        return rk_note(err, "name the release key with --pub FILE; --unsigned takes one of unknown "
                            "origin");
    }
    if (from->pub != NULL && rk_signer_open_public(app->ctx, from->pub, &key, err))
        return rk_wrap(err, "--pub");
    if (key != NULL)
        asked.pub = rk_signer_pkey(key);
    else if (signer != NULL && !from->any_unsigned)
        asked.pub = rk_signer_pkey(signer);
    if (rk_release_view_open(app->ctx, path, &asked, &view, err)) {
        (void)rk_wrap(err, "\"%s\"", path);
        return err->rc == RK_E_VERIFY && key == NULL && asked.pub != NULL
                   ? rk_note(err, "it must be signed by --key, or by the key of --pub")
                   : err->rc;
    }
    *ret = view;
    view = NULL;
    return RK_OK;
}
