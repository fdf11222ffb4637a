/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of a release: over release.json, and over secrets/index.json. */
#include "release/release.h"

#include "base/beneath.h"
#include "base/ossl.h"
#include "release/values.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *file, *signature;
} parts[RK_RELEASE_PARTS] = {
    [RK_RELEASE_INDEX] = { "release.json", RK_RELEASE_SIG },
    [RK_RELEASE_SECRETS] = { RK_SECRETS_INDEX, RK_SECRETS_SIG },
};

const char *rk_release_part_name(enum rk_release_part part)
{
    return parts[part].file;
}

static enum rk_scheme scheme_of(const struct rk_release_options *options)
{
    return options->scheme != RK_SCHEME_NONE ? options->scheme
                                             : rk_signer_default_scheme(options->signer);
}

/* release.json cannot hold its own signature, but it says who made it: taking the file away shows.
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

enum rk_rc rk_release_check_own(const rk_release *release, const struct rk_bytes *bytes,
                                const struct rk_bytes *signature, struct rk_err *err)
{
    return rk_signature_check(release->ctx, rk_signer_pkey(release->options->signer),
                              scheme_of(release->options), bytes->p, bytes->len, signature->p,
                              signature->len, err);
}

static const struct rk_bytes *bytes_of(const rk_release *release, enum rk_release_part part)
{
    return part == RK_RELEASE_INDEX ? &release->index : &release->secrets;
}

/* Randomised signatures would make every rebuild another release. */
static enum rk_rc find_kept(const rk_release *release, enum rk_release_part part,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    struct rk_err damage; /* a damaged previous release is no reason to stop */

    if (release->options->signer == NULL)
        return RK_OK;
    if (rk_release_read_previous(release, parts[part].signature, &signature, err))
        return err->rc;
    if (signature.p != NULL &&
        rk_release_check_own(release, bytes_of(release, part), &signature, &damage) == RK_OK)
        *ret = rk_bytes_take(&signature);
    return RK_OK;
}

enum rk_rc rk_release_to_sign(rk_release *release, enum rk_release_part part, struct rk_bytes *ret,
                              struct rk_bytes *ret_kept, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes kept = RK_BYTES_NONE;
    const struct rk_bytes *bytes = bytes_of(release, part);

    if (rk_release_close_index(release, err))
        return err->rc;
    if (bytes->p == NULL) {
        *ret = (struct rk_bytes)RK_BYTES_NONE;
        return RK_OK;
    }
    if (find_kept(release, part, &kept, err) || rk_bytes_copy(bytes->p, bytes->len, ret, err))
        return err->rc;
    *ret_kept = rk_bytes_take(&kept);
    return RK_OK;
}

enum rk_rc rk_release_attach(rk_release *release, enum rk_release_part part,
                             const struct rk_bytes *signature, struct rk_err *err)
{
    if (release->options->signer == NULL)
        return rk_fail(err, RK_E_INTERNAL, "a signature for a release without a signer");
    if (rk_release_close_index(release, err) ||
        rk_release_check_own(release, bytes_of(release, part), signature, err))
        return rk_wrap(err, "%s", parts[part].signature);
    return rk_release_stage(release, parts[part].signature, RK_FILE_PUBLIC, signature->p,
                            signature->len, err);
}

/* ---- reading back ---- */

enum rk_rc rk_release_check_signed(const struct rk_release_view *view, const struct rk_bytes *bytes,
                                   const struct rk_bytes *signature, const char *name,
                                   struct rk_err *err)
{
    if (signature->p == NULL)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is missing: release.json says it is signed", name);
    if (rk_signature_check(view->ctx, view->signer, view->scheme, bytes->p, bytes->len,
                           signature->p, signature->len, err)) {
        err->rc = RK_E_VERIFY;
        return rk_wrap(err, "\"%s\"", name);
    }
    return RK_OK;
}

enum rk_rc rk_release_verify_signature(struct rk_release_view *view, EVP_PKEY *pub,
                                       struct rk_err *err)
{
    struct rk_jv head = rk_json_root(view->doc);
    char *told = view->report.signer;

    if (rk_release_read_key(head, "signer", &view->signer, err) ||
        rk_beneath_find(view->root, RK_RELEASE_SIG, RK_RELEASE_SIG_MAX, &view->signature, err))
        return err->rc;
    if (view->signer == NULL && view->signature.p != NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "\"" RK_RELEASE_SIG "\" stands here, but release.json names no signer");
    if (view->signer == NULL && pub != NULL)
        return rk_fail(err, RK_E_VERIFY, "the release is not signed");
    if (pub != NULL && EVP_PKEY_eq(view->signer, pub) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "the release is signed by another key");
    }
    (void)snprintf(told, sizeof view->report.signer, "not checked");
    if (view->signer == NULL)
        return RK_OK;
    if (rk_scheme_want(head, "signature_scheme", &view->scheme, err))
        return rk_release_bad_member(err);
    if (rk_release_check_signed(view, &view->text, &view->signature, RK_RELEASE_SIG, err))
        return err->rc;
    view->report.is_signed = true;
    if (pub != NULL)
        (void)snprintf(told, sizeof view->report.signer, "release key, %s",
                       rk_scheme_name(view->scheme));
    return RK_OK;
}
