/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OP-TEE's key of one device for encrypted TAs. Source: optee-ftpm.md: HMAC-SHA-256 by the HUK over
 * LE32(4) ‖ modulus of the TA key; a board loaded a TA under it.
 */
#include "image/optee.h"

#include "base/ossl.h"
#include "rotkit/mac.h"
#include "rotkit/public.h"

#include <openssl/core_names.h>

enum rk_rc rk_optee_device_key(const struct rk_request *request, const struct rk_input *part,
                               struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_public_done) rk_public *pub = NULL;
    RK_AUTO(rk_mac_done) rk_mac *huk = NULL;
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    uint8_t message[4 + 512] = { 4 };
    int len;

    if (rk_public_from_bytes(request->ctx, part->p, part->len, &pub, err) ||
        rk_optee_key_fits(rk_public_pkey(pub), err))
        return rk_wrap(err, "part \"" RK_OPTEE_PART_TA_KEY "\"");
    len = EVP_PKEY_get_bits(rk_public_pkey(pub)) / 8;
    if (EVP_PKEY_get_bn_param(rk_public_pkey(pub), OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        BN_bn2binpad(n, message + 4, len) != len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "modulus");
    if (rk_mac_from_secret(request->ctx, rk_request_secret(request), &huk, err))
        return err->rc;
    return rk_mac_compute(huk, RK_MAC_HMAC_SHA256, message, 4 + (size_t)len, ret, err);
}
