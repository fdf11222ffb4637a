/* SPDX-License-Identifier: Apache-2.0 */
#include "release/values.h"

#include "base/err.h"
#include "base/folder.h"
#include "rotkit/public.h"

enum rk_rc rk_release_bad_member(struct rk_err *err)
{
    if (err->rc == RK_E_FORMAT)
        err->rc = RK_E_VERIFY;
    return rk_wrap(err, "release.json");
}

enum rk_rc rk_release_read_hex(struct rk_jv at, const char *name, size_t max, struct rk_bytes *ret,
                               struct rk_err *err)
{
    if (rk_json_want_bytes(at, name, max, ret, err))
        return rk_release_bad_member(err);
    return RK_OK;
}

enum rk_rc rk_release_read_key(struct rk_jv at, const char *name, EVP_PKEY **ret,
                               struct rk_err *err)
{
    if (rk_json_get(at, name).v == NULL)
        return RK_OK;
    return rk_public_want(at, name, ret, err) ? rk_release_bad_member(err) : RK_OK;
}

bool rk_release_is(const char *path)
{
    char index[RK_PATH_MAX];
    struct rk_err ignored;

    return rk_path_join(path, "release.json", index, sizeof index, &ignored) == RK_OK &&
           rk_tree_exists(index);
}

void rk_release_view_done(struct rk_release_view *view)
{
    rk_bytes_done(&view->text);
    rk_bytes_done(&view->signature);
    rk_bytes_done(&view->checkpoint);
    rk_json_free(view->doc);
    rk_json_free(view->secrets_doc);
    EVP_PKEY_free(view->signer);
    rk_tree_done(&view->tree);
    rk_tree_done(&view->secrets);
}
