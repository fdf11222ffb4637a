/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/signed_text.h"

#include "base/digest.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

enum { SIGNATURE_MAX = 1024 };

enum rk_rc rk_signed_text_key(const rk_signer *key, uint8_t ret[32], struct rk_err *err)
{
    const struct rk_bytes *spki = rk_signer_spki(key);

    return rk_sha256(spki->p, spki->len, ret, err);
}

enum rk_rc rk_signed_text_sign(rk_signer *key, const struct rk_bytes *text, struct rk_jv at,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    enum rk_scheme scheme = rk_signer_default_scheme(key);

    if (rk_signer_sign(key, scheme, text->p, text->len, &signature, err))
        return err->rc;
    rk_json_put_str(at, "scheme", rk_scheme_name(scheme));
    rk_json_put_hex(at, "signature", signature.p, signature.len);
    return RK_OK;
}

enum rk_rc rk_signed_text_check(const rk_ctx *ctx, const rk_signer *key, const uint8_t key_id[32],
                                enum rk_scheme scheme, const struct rk_bytes *signature,
                                const struct rk_bytes *text, struct rk_err *err)
{
    uint8_t id[32];
    char found[65], wanted[65];

    if (rk_signed_text_key(key, id, err))
        return err->rc;
    if (memcmp(id, key_id, sizeof id) == 0)
        return rk_signature_check(ctx, rk_signer_pkey(key), scheme, text->p, text->len,
                                  signature->p, signature->len, err);
    rk_hex_write(key_id, sizeof id, found);
    rk_hex_write(id, sizeof id, wanted);
    return rk_fail(err, RK_E_VERIFY, "signed by key %.16s, expected %.16s", found, wanted);
}

static enum rk_rc bad_member(const char *name, const char *expected, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "member \"%s\" is missing or malformed, expected %s", name,
                   expected);
}

enum rk_rc rk_signed_text_read(struct rk_jv at, enum rk_scheme *ret_scheme, struct rk_bytes *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    const char *name = rk_json_str(rk_json_get(at, "scheme"));
    const char *hex = rk_json_str(rk_json_get(at, "signature"));
    enum rk_scheme scheme = name == NULL ? RK_SCHEME_NONE : rk_scheme_find(name);
    size_t len = hex == NULL ? 0 : strlen(hex) / 2;

    if (scheme == RK_SCHEME_NONE)
        return bad_member("scheme", "the name of a scheme", err);
    if (len == 0 || len > SIGNATURE_MAX)
        return bad_member("signature", "hex", err);
    if (rk_bytes_new(len, &signature, err))
        return err->rc;
    if (rk_hex_read(hex, strlen(hex), signature.p, len, err))
        return bad_member("signature", "hex", err);
    *ret_scheme = scheme;
    *ret = rk_bytes_take(&signature);
    return RK_OK;
}

enum rk_rc rk_member_text(struct rk_jv at, const char *name, char *ret, size_t ret_size,
                          struct rk_err *err)
{
    const char *text = rk_json_str(rk_json_get(at, name));

    if (text == NULL || strlen(text) >= ret_size)
        return bad_member(name, "a short text", err);
    memcpy(ret, text, strlen(text) + 1);
    return RK_OK;
}

enum rk_rc rk_member_u64(struct rk_jv at, const char *name, uint64_t *ret, struct rk_err *err)
{
    uint64_t v;

    if (!rk_json_u64(rk_json_get(at, name), &v) || v > INT64_MAX)
        return bad_member(name, "a number", err);
    *ret = v;
    return RK_OK;
}

enum rk_rc rk_member_hex(struct rk_jv at, const char *name, uint8_t *ret, size_t len,
                         struct rk_err *err)
{
    const char *text = rk_json_str(rk_json_get(at, name));

    if (text == NULL || strlen(text) != 2 * len || rk_hex_read(text, 2 * len, ret, len, err))
        return bad_member(name, "hex digits", err);
    return RK_OK;
}
