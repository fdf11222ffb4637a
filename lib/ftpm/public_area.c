/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/public_area.h"

#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/template.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <tss2/tss2_mu.h>

enum { DEFAULT_EXPONENT = 65537, COORDINATE_MAX = 66 };

bool rk_area_has_key(const TPMT_PUBLIC *area)
{
    size_t bytes;

    if (area->type == TPM2_ALG_RSA)
        return area->unique.rsa.size != 0;
    return area->type == TPM2_ALG_ECC && area->unique.ecc.x.size != 0 &&
           rk_template_curve(area->parameters.eccDetail.curveID, &bytes) != NULL;
}

enum rk_rc rk_area_read(const uint8_t *public_tpm2b, size_t len, TPMT_PUBLIC *ret,
                        struct rk_err *err)
{
    TPMT_PUBLIC area = { .type = 0 };
    size_t used = 0;

    /* tss2-mu does not hold the size word against what it reads behind it. */
    if (len < 2 || ((size_t)public_tpm2b[0] << 8 | public_tpm2b[1]) != len - 2 ||
        Tss2_MU_TPMT_PUBLIC_Unmarshal(public_tpm2b + 2, len - 2, &used, &area) != TSS2_RC_SUCCESS ||
        used != len - 2)
        return rk_fail(err, RK_E_FORMAT, "no TPM2B_PUBLIC of %s", RK_COUNTED(len, "byte"));
    *ret = area;
    return RK_OK;
}

static bool push_rsa(const TPMT_PUBLIC *area, BIGNUM *n, BIGNUM *e, OSSL_PARAM_BLD *bld)
{
    uint32_t exponent = area->parameters.rsaDetail.exponent;

    return BN_bin2bn(area->unique.rsa.buffer, area->unique.rsa.size, n) != NULL &&
           BN_set_word(e, exponent == 0 ? DEFAULT_EXPONENT : exponent) &&
           OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) &&
           OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
}

/* 04 | x | y; a TPM may leave out leading zeros. The builder borrows *point. */
static bool push_ecc(const TPMT_PUBLIC *area, uint8_t point[1 + 2 * COORDINATE_MAX],
                     OSSL_PARAM_BLD *bld)
{
    const TPMS_ECC_POINT *at = &area->unique.ecc;
    size_t bytes = 0;
    const char *curve = rk_template_curve(area->parameters.eccDetail.curveID, &bytes);

    if (curve == NULL || at->x.size > bytes || at->y.size > bytes)
        return false;
    memset(point, 0, 1 + 2 * bytes);
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1 + bytes - at->x.size, at->x.buffer, at->x.size);
    memcpy(point + 1 + 2 * bytes - at->y.size, at->y.buffer, at->y.size);
    return OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
           OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * bytes);
}

enum rk_rc rk_area_pkey(const rk_ctx *ctx, const TPMT_PUBLIC *area, EVP_PKEY **ret,
                        struct rk_err *err)
{
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    RK_AUTO(rk_bn_done) BIGNUM *n = BN_new();
    RK_AUTO(rk_bn_done) BIGNUM *e = BN_new();
    RK_AUTO(rk_params_done) OSSL_PARAM *params = NULL;
    RK_AUTO(rk_pkey_ctx_done) EVP_PKEY_CTX *maker = NULL;
    uint8_t point[1 + 2 * COORDINATE_MAX];
    bool rsa = area->type == TPM2_ALG_RSA;

    if (!rk_area_has_key(area))
        return rk_fail(err, RK_E_USAGE,
                       "public area of type 0x%04x, expected RSA or EC on P-256, P-384 or P-521",
                       area->type);
    if (bld == NULL || n == NULL || e == NULL)
        return rk_fail_nomem(err);
    if (!(rsa ? push_rsa(area, n, e, bld) : push_ecc(area, point, bld)))
        return rk_fail_ossl(err, RK_E_FORMAT, "public key of a public area");
    params = OSSL_PARAM_BLD_to_param(bld);
    maker = EVP_PKEY_CTX_new_from_name(rk_ctx_libctx(ctx), rsa ? "RSA" : "EC", rk_ctx_propq(ctx));
    if (params == NULL || maker == NULL || EVP_PKEY_fromdata_init(maker) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "public key of a public area");
    if (EVP_PKEY_fromdata(maker, ret, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return rk_fail_ossl(err, RK_E_FORMAT, "public key of a public area");
    return RK_OK;
}

enum rk_rc rk_area_spki(const rk_ctx *ctx, const TPMT_PUBLIC *area, struct rk_bytes *ret,
                        struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;

    return rk_area_pkey(ctx, area, &pkey, err) || rk_pkey_spki(pkey, ret, err) ? err->rc : RK_OK;
}

enum rk_rc rk_ek_public_spki(const rk_ctx *ctx, const struct rk_bytes *public_tpm2b,
                             struct rk_bytes *ret, struct rk_err *err)
{
    TPMT_PUBLIC area;

    return rk_area_read(public_tpm2b->p, public_tpm2b->len, &area, err) ||
                   rk_area_spki(ctx, &area, ret, err)
               ? err->rc
               : RK_OK;
}
