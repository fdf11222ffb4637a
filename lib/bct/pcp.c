/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/pcp.h"
#include "rotkit/counted.h"

#include "base/ossl.h"

#include <string.h>

#include <openssl/core_names.h>

enum { P521_FIELD = 68, RSA_BYTES = 384 };

/* A public number, little-endian, zero-padded to len. */
static enum rk_rc little_endian(EVP_PKEY *pub, const char *param, uint8_t *ret, size_t len,
                                struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *bn = NULL;

    if (EVP_PKEY_get_bn_param(pub, param, &bn) != 1 || BN_bn2lebinpad(bn, ret, (int)len) < 0)
        return rk_fail_ossl(err, RK_E_KEY, "public key has no usable %s", param);
    return RK_OK;
}

static enum rk_rc put_rsa(EVP_PKEY *pub, uint8_t pcp[RK_PCP_WIRE], struct rk_err *err)
{
    return little_endian(pub, OSSL_PKEY_PARAM_RSA_N, pcp, RSA_BYTES, err);
}

static enum rk_rc put_p256(EVP_PKEY *pub, uint8_t pcp[RK_PCP_WIRE], struct rk_err *err)
{
    if (little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_X, pcp, 32, err))
        return err->rc;
    return little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_Y, pcp + 32, 32, err);
}

static enum rk_rc put_p521(EVP_PKEY *pub, uint8_t pcp[RK_PCP_WIRE], struct rk_err *err)
{
    if (little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_X, pcp, P521_FIELD, err))
        return err->rc;
    return little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_Y, pcp + P521_FIELD, P521_FIELD, err);
}

static enum rk_rc put_ed25519(EVP_PKEY *pub, uint8_t pcp[RK_PCP_WIRE], struct rk_err *err)
{
    size_t len = 32;

    if (EVP_PKEY_get_raw_public_key(pub, pcp, &len) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "Ed25519 public key");
    return RK_OK;
}

/* clang-format off */
static const struct key_kind {
    const char *type, *group; /* as OpenSSL names them */
    int bits;
    uint32_t auth_scheme;     /* BootSecurityInfo [2:0] */
    enum rk_rc (*put)(EVP_PKEY *pub, uint8_t pcp[RK_PCP_WIRE], struct rk_err *err);
} kinds[] = {
    { "RSA",     NULL,         3072, 1, put_rsa },
    { "EC",      "prime256v1", 256,  2, put_p256 },
    { "EC",      "secp521r1",  521,  3, put_p521 },
    { "ED25519", NULL,         256,  4, put_ed25519 },
};
/* clang-format on */

static enum rk_rc find_kind(EVP_PKEY *pub, const struct key_kind **ret, struct rk_err *err)
{
    char group[64] = "";

    if (EVP_PKEY_is_a(pub, "EC"))
        (void)EVP_PKEY_get_group_name(pub, group, sizeof group, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (EVP_PKEY_is_a(pub, kinds[i].type) && EVP_PKEY_get_bits(pub) == kinds[i].bits &&
            (kinds[i].group == NULL || strcmp(kinds[i].group, group) == 0)) {
            *ret = &kinds[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE,
                   "a %s key of %s cannot be fused, expected RSA-3072, P-256, "
                   "P-521 or Ed25519",
                   EVP_PKEY_get0_type_name(pub), RK_COUNTED(EVP_PKEY_get_bits(pub), "bit"));
}

const char *rk_pcp_scheme_name(uint32_t scheme)
{
    /* jetson-ftpm-ekb.md 5.1; the last two values are nobody's */
    static const char *const names[] = { "none", "RSA-3072", "P-256", "P-521", "Ed25519", "XMSS" };

    return scheme < sizeof names / sizeof names[0] ? names[scheme] : NULL;
}

enum rk_rc rk_pcp(EVP_PKEY *pub, uint8_t ret[RK_PCP_WIRE], struct rk_err *err)
{
    const struct key_kind *kind;
    uint8_t pcp[RK_PCP_WIRE] = { 0 };

    if (find_kind(pub, &kind, err) || kind->put(pub, pcp, err))
        return err->rc;
    memcpy(ret, pcp, sizeof pcp);
    return RK_OK;
}

enum rk_rc rk_pcp_auth_scheme(EVP_PKEY *pub, uint32_t *ret, struct rk_err *err)
{
    const struct key_kind *kind;

    if (find_kind(pub, &kind, err))
        return err->rc;
    *ret = kind->auth_scheme;
    return RK_OK;
}
