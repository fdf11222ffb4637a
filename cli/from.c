/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/from.h"

#include "rotkit/key.h"
#include "rotkit/signer.h"

/* What can be told before anything is read. */
static enum rk_rc check_asked(const struct app *app, const struct from *from, const char *path,
                              const rk_signer *signer, struct rk_err *err)
{
    if (from->pub != NULL && from->any_unsigned)
        return opt_fail(app, err, "--pub and --unsigned exclude each other");
    if (!rk_release_is(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json", path);
    if (from->pub != NULL || signer != NULL || from->any_unsigned)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE, "\"%s\": nothing says whose release this must be", path);
    return rk_note(err, "name the release key with --pub FILE; --unsigned takes one of unknown "
                        "origin");
}

static enum rk_rc open_pub(const struct app *app, const struct from *from, rk_signer **ret,
                           struct rk_err *err)
{
    if (from->pub != NULL && rk_signer_open_public(app->ctx, from->pub, ret, err))
        return rk_wrap(err, "--pub");
    return RK_OK;
}

enum rk_rc from_open(const struct app *app, const struct from *from, const char *path,
                     const rk_signer *signer, rk_release_view **ret, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    struct rk_release_asked asked = { .pub = NULL };

    if (check_asked(app, from, path, signer, err) || open_pub(app, from, &key, err))
        return err->rc;
    if (key != NULL)
        asked.pub = rk_signer_pkey(key);
    else if (signer != NULL && !from->any_unsigned)
        asked.pub = rk_signer_pkey(signer);
    if (rk_release_view_open(app->ctx, path, &asked, ret, err) == RK_OK)
        return RK_OK;
    (void)rk_wrap(err, "\"%s\"", path);
    return err->rc == RK_E_VERIFY && key == NULL && asked.pub != NULL
               ? rk_note(err, "it must be signed by --key, or by the key of --pub")
               : err->rc;
}

enum rk_rc from_open_devices(const struct app *app, const struct from *from, const char *path,
                             rk_release_view **ret, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;

    if (check_asked(app, from, path, NULL, err) || open_pub(app, from, &key, err))
        return err->rc;
    return rk_release_view_open_devices(app->ctx, path, key == NULL ? NULL : rk_signer_pkey(key),
                                        ret, err)
               ? rk_wrap(err, "\"%s\"", path)
               : RK_OK;
}
