/* SPDX-License-Identifier: Apache-2.0 */
/* release.json.sig: the signature over the release. */
#include "release/release.h"

#include "base/folder.h"
#include "base/ossl.h"
#include "release/values.h"

#include <stdio.h>
#include <string.h>

static enum rk_scheme scheme_of(const struct rk_release_options *options)
{
    return options->scheme != RK_SCHEME_NONE ? options->scheme
                                             : rk_signer_default_scheme(options->signer);
}

/* release.json cannot check_signature its own signature, but it says who made it: taking the file
 * away shows.
 */
void rk_release_put_signer(rk_release *release)
{
    const struct rk_release_options *options = release->options;
    struct rk_jv root = rk_json_root(release->doc);
    const struct rk_bytes *spki;

    if (options->signer == NULL)
        return;
    spki = rk_signer_spki(options->signer);
    rk_json_put_hex(root, "signer", spki->p, spki->len);
    rk_json_put_str(root, "signature_scheme", rk_scheme_name(scheme_of(options)));
}

static enum rk_rc check(const rk_release *release, const struct rk_bytes *signature,
                        struct rk_err *err)
{
    return rk_signature_check(release->ctx, rk_signer_pkey(release->options->signer),
                              scheme_of(release->options), release->index.p, release->index.len,
                              signature->p, signature->len, err);
}

/* Randomised signatures would make every rebuild another release. */
static enum rk_rc find_kept(const rk_release *release, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    struct rk_err damage; /* a damaged previous release is no reason to stop */

    if (release->options->signer == NULL)
        return RK_OK;
    if (rk_release_read_previous(release, RK_RELEASE_SIG, &signature, err))
        return err->rc;
    if (signature.p != NULL && check(release, &signature, &damage) == RK_OK)
        *ret = rk_bytes_take(&signature);
    return RK_OK;
}

enum rk_rc rk_release_to_sign(rk_release *release, struct rk_bytes *ret, struct rk_bytes *ret_kept,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes kept = RK_BYTES_NONE;

    if (rk_release_close_index(release, err) || find_kept(release, &kept, err) ||
        rk_bytes_copy(release->index.p, release->index.len, ret, err))
        return err->rc;
    *ret_kept = rk_bytes_take(&kept);
    return RK_OK;
}

enum rk_rc rk_release_attach(rk_release *release, const struct rk_bytes *signature,
                             struct rk_err *err)
{
    if (release->options->signer == NULL)
        return rk_fail(err, RK_E_INTERNAL, "a signature for a release without a signer");
    if (rk_release_close_index(release, err) || check(release, signature, err))
        return rk_wrap(err, RK_RELEASE_SIG);
    return rk_release_stage(release, RK_RELEASE_SIG, RK_FILE_PUBLIC, signature->p, signature->len,
                            err);
}

/* ---- reading back ---- */

static enum rk_rc read_signature(const char *root, struct rk_bytes *ret, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_path_join(root, RK_RELEASE_SIG, path, sizeof path, err))
        return err->rc;
    if (!rk_tree_exists(path))
        return RK_OK;
    if (!rk_tree_is_file(path))
        return rk_fail(err, RK_E_VERIFY, "\"" RK_RELEASE_SIG "\" is no file");
    return rk_file_read(path, RK_RELEASE_SIG_MAX, ret, err);
}

static enum rk_rc check_signature(const rk_ctx *ctx, EVP_PKEY *signer, struct rk_jv head,
                                  const struct rk_bytes *text, const struct rk_bytes *signature,
                                  struct rk_err *err)
{
    enum rk_scheme scheme;

    if (rk_scheme_want(head, "signature_scheme", &scheme, err))
        return rk_release_bad_member(err);
    if (signature->p == NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "\"" RK_RELEASE_SIG "\" is missing: release.json says it is signed");
    if (rk_signature_check(ctx, signer, scheme, text->p, text->len, signature->p, signature->len,
                           err)) {
        err->rc = RK_E_VERIFY;
        return rk_wrap(err, "\"" RK_RELEASE_SIG "\"");
    }
    return RK_OK;
}

enum rk_rc rk_release_verify_signature(const rk_ctx *ctx, const char *root, rk_json *doc,
                                       const struct rk_bytes *text, EVP_PKEY *pub,
                                       char ret_signer[96], struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    RK_AUTO(rk_pkey_done) EVP_PKEY *signer = NULL;
    struct rk_jv head = rk_json_root(doc);
    const char *scheme = rk_json_str(rk_json_get(head, "signature_scheme"));

    if (rk_release_read_key(head, "signer", &signer, err) || read_signature(root, &signature, err))
        return err->rc;
    if (signer == NULL && signature.p != NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "\"" RK_RELEASE_SIG "\" stands here, but release.json names no signer");
    if (signer == NULL && pub != NULL)
        return rk_fail(err, RK_E_VERIFY, "the release is not signed");
    if (pub != NULL && EVP_PKEY_eq(signer, pub) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "the release is signed by another key");
    }
    if (signer != NULL && check_signature(ctx, signer, head, text, &signature, err))
        return err->rc;
    (void)snprintf(ret_signer, 96, "%s%s", pub == NULL ? "not checked" : "release key, ",
                   pub == NULL ? "" : scheme);
    return RK_OK;
}
