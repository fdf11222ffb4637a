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

enum rk_rc rk_signed_text_read(struct rk_jv at, enum rk_scheme *ret_scheme, struct rk_bytes *ret,
                               struct rk_err *err)
{
    enum rk_scheme scheme;

    if (rk_scheme_want(at, "scheme", &scheme, err) ||
        rk_json_want_bytes(at, "signature", SIGNATURE_MAX, ret, err))
        return err->rc;
    *ret_scheme = scheme;
    return RK_OK;
}
