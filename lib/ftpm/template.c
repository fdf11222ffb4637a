/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/template.h"
#include "rotkit/counted.h"

#include "base/mem.h"
#include "base/ossl.h"

#include <string.h>

#include <tss2/tss2_mu.h>

/* clang-format off */
/* PolicySecret(TPM_RH_ENDORSEMENT); the TCG profile's PolicyB for each hash. */
#define POLICY_A                                                                                   \
    { .size = 32, .buffer = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,    \
                              0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,    \
                              0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa } }
#define POLICY_B_SHA256                                                                            \
    { .size = 32, .buffer = { 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3, 0x34,    \
                              0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c, 0xd1, 0xfd,    \
                              0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0, 0xb7, 0xa0 } }
#define POLICY_B_SHA384                                                                            \
    { .size = 48, .buffer = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82,    \
                              0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3,    \
                              0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb,    \
                              0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00,    \
                              0xf3, 0xf8, 0x0e, 0x12 } }
#define POLICY_B_SHA512                                                                            \
    { .size = 64, .buffer = { 0xb8, 0x22, 0x1c, 0xa6, 0x9e, 0x85, 0x50, 0xa4, 0x91, 0x4d, 0xe3,    \
                              0xfa, 0xa6, 0xa1, 0x8c, 0x07, 0x2c, 0xc0, 0x12, 0x08, 0x07, 0x3a,    \
                              0x92, 0x8d, 0x5d, 0x66, 0xd5, 0x9e, 0xf7, 0x9e, 0x49, 0xa4, 0x29,    \
                              0xc4, 0x1a, 0x6b, 0x26, 0x95, 0x71, 0xd5, 0x7e, 0xdb, 0x25, 0xfb,    \
                              0xdb, 0x18, 0x38, 0x42, 0x56, 0x08, 0xb4, 0x13, 0xcd, 0x61, 0x6a,    \
                              0x5f, 0x6d, 0xb5, 0xb6, 0x07, 0x1a, 0xf9, 0x9b, 0xea } }

#define ATTRIBUTES_L 0x000300B2u /* TPM 2.0 Part 2, 8.3; the profile's low range */
#define ATTRIBUTES_H 0x000300F2u /* the high range adds userWithAuth */

#define AES_CFB(bits) { .algorithm = TPM2_ALG_AES, .keyBits.aes = (bits), .mode.aes = TPM2_ALG_CFB }
#define RSA_AREA(hash, attributes, policy, aes, rsa_bits, unique_size)                             \
    { .type = TPM2_ALG_RSA, .nameAlg = (hash), .objectAttributes = (attributes),                   \
      .authPolicy = policy,                                                                        \
      .parameters.rsaDetail = { .symmetric = AES_CFB(aes), .scheme.scheme = TPM2_ALG_NULL,         \
                                .keyBits = (rsa_bits), .exponent = 0 },                            \
      .unique.rsa.size = (unique_size) }
#define ECC_AREA(hash, attributes, policy, aes, curve, unique_size)                                \
    { .type = TPM2_ALG_ECC, .nameAlg = (hash), .objectAttributes = (attributes),                   \
      .authPolicy = policy,                                                                        \
      .parameters.eccDetail = { .symmetric = AES_CFB(aes), .scheme.scheme = TPM2_ALG_NULL,         \
                                .curveID = (curve), .kdf.scheme = TPM2_ALG_NULL },                 \
      .unique.ecc = { .x.size = (unique_size), .y.size = (unique_size) } }

/* The role and the file of the certificate in a release. */
#define CERT(name) .role = "ek-cert-" name, .file = "ek-cert-" name ".der"

static const struct rk_ek_template templates[] = {
    { "L-1", CERT("l-1"), .nv_index = 0x01C00002, .handle = 0x81010001, .script_handle = 0x81010001,
      .uses = RK_EK_IN_BLOB | RK_EK_DEFAULT,
      .public_area = RSA_AREA(TPM2_ALG_SHA256, ATTRIBUTES_L, POLICY_A, 128, 2048, 256) },
    { "L-2", CERT("l-2"), .nv_index = 0x01C0000A, .handle = 0x8101000A, .script_handle = 0x81010002,
      .uses = RK_EK_IN_BLOB | RK_EK_SEARCHED,
      .public_area = ECC_AREA(TPM2_ALG_SHA256, ATTRIBUTES_L, POLICY_A, 128, TPM2_ECC_NIST_P256, 32) },
    { "H-1", CERT("h-1"), .nv_index = 0x01C00012, .handle = 0x81010012,
      .public_area = RSA_AREA(TPM2_ALG_SHA256, ATTRIBUTES_H, POLICY_B_SHA256, 128, 2048, 0) },
    { "H-2", CERT("h-2"), .nv_index = 0x01C00014, .handle = 0x81010014,
      .public_area = ECC_AREA(TPM2_ALG_SHA256, ATTRIBUTES_H, POLICY_B_SHA256, 128, TPM2_ECC_NIST_P256, 0) },
    { "H-3", CERT("h-3"), .nv_index = 0x01C00016, .handle = 0x81010016,
      .public_area = ECC_AREA(TPM2_ALG_SHA384, ATTRIBUTES_H, POLICY_B_SHA384, 256, TPM2_ECC_NIST_P384, 0) },
    { "H-4", CERT("h-4"), .nv_index = 0x01C00018, .handle = 0x81010018,
      .public_area = ECC_AREA(TPM2_ALG_SHA512, ATTRIBUTES_H, POLICY_B_SHA512, 256, TPM2_ECC_NIST_P521, 0) },
    { "H-6", CERT("h-6"), .nv_index = 0x01C0001C, .handle = 0x8101001C,
      .public_area = RSA_AREA(TPM2_ALG_SHA384, ATTRIBUTES_H, POLICY_B_SHA384, 256, 3072, 0) },
    { "H-7", CERT("h-7"), .nv_index = 0x01C0001E, .handle = 0x8101001E,
      .public_area = RSA_AREA(TPM2_ALG_SHA384, ATTRIBUTES_H, POLICY_B_SHA384, 256, 4096, 0) },
    { "azure-sdk", CERT("azure-sdk"),
      .public_area = RSA_AREA(TPM2_ALG_SHA256, ATTRIBUTES_L, POLICY_A, 128, 2048, 0) },
#ifdef ROTKIT_TEST_ROWS
    { "test-row", CERT("test-row"),
      .public_area = RSA_AREA(TPM2_ALG_SHA256, ATTRIBUTES_L, POLICY_A, 128, 2048, 256) },
#endif
};
/* clang-format on */

static const struct {
    TPMI_ECC_CURVE id;
    const char *name;
    size_t bytes;
} curves[] = {
    { TPM2_ECC_NIST_P256, "P-256", 32 },
    { TPM2_ECC_NIST_P384, "P-384", 48 },
    { TPM2_ECC_NIST_P521, "P-521", 66 },
};

static const struct {
    TPMI_ALG_HASH id;
    const char *name;
    size_t bytes;
} hashes[] = {
    { TPM2_ALG_SHA1, "SHA1", 20 },
    { TPM2_ALG_SHA256, "SHA256", 32 },
    { TPM2_ALG_SHA384, "SHA384", 48 },
    { TPM2_ALG_SHA512, "SHA512", 64 },
};

const struct rk_ek_template *rk_ek_template_at(size_t i)
{
    return i < sizeof templates / sizeof templates[0] ? &templates[i] : NULL;
}

const struct rk_ek_template *rk_ek_template_find(const char *name)
{
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        if (strcmp(templates[i].name, name) == 0)
            return &templates[i];
    }
    return NULL;
}

const struct rk_ek_template *rk_ek_template_in_blob(size_t i)
{
    for (size_t k = 0; k < sizeof templates / sizeof templates[0]; k++) {
        if ((templates[k].uses & RK_EK_IN_BLOB) != 0 && i-- == 0)
            return &templates[k];
    }
    return NULL;
}

const struct rk_ek_template *rk_ek_template_for(enum rk_ek_use use)
{
    size_t i = 0;

    while ((templates[i].uses & (unsigned)use) == 0)
        i++;
    return &templates[i];
}

const struct rk_ek_template *rk_ek_template_default(void)
{
    return rk_ek_template_for(RK_EK_DEFAULT);
}

const char *rk_ek_template_name(const struct rk_ek_template *tpl)
{
    return tpl->name;
}

uint32_t rk_ek_template_nv_index(const struct rk_ek_template *tpl)
{
    return tpl->nv_index;
}

const char *rk_template_curve(TPMI_ECC_CURVE curve, size_t *ret_bytes)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (curves[i].id == curve) {
            *ret_bytes = curves[i].bytes;
            return curves[i].name;
        }
    }
    return NULL;
}

const char *rk_template_hash(TPMI_ALG_HASH id, size_t *ret_bytes)
{
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if (hashes[i].id == id) {
            *ret_bytes = hashes[i].bytes;
            return hashes[i].name;
        }
    }
    return NULL;
}

enum rk_rc rk_template_marshal(const TPMT_PUBLIC *area, struct rk_bytes *ret, struct rk_err *err)
{
    TPM2B_PUBLIC whole = { .publicArea = *area };
    uint8_t buffer[sizeof whole + 2];
    size_t len = 0;

    if (Tss2_MU_TPM2B_PUBLIC_Marshal(&whole, buffer, sizeof buffer, &len) != TSS2_RC_SUCCESS)
        return rk_fail(err, RK_E_INTERNAL, "cannot marshal a TPM public area");
    return rk_bytes_copy(buffer, len, ret, err);
}

enum rk_rc rk_template_name(const rk_ctx *ctx, const TPMT_PUBLIC *area, uint8_t ret[RK_EK_NAME_MAX],
                            size_t *ret_len, struct rk_err *err)
{
    uint8_t buffer[sizeof *area];
    size_t bytes;
    const char *hash = rk_template_hash(area->nameAlg, &bytes);
    EVP_MD *md = hash == NULL ? NULL : EVP_MD_fetch(rk_ctx_libctx(ctx), hash, rk_ctx_propq(ctx));
    unsigned digest_len = 0;
    size_t len = 0;
    bool good;

    good = md != NULL &&
           Tss2_MU_TPMT_PUBLIC_Marshal(area, buffer, sizeof buffer, &len) == TSS2_RC_SUCCESS &&
           EVP_Digest(buffer, len, ret + 2, &digest_len, md, NULL) == 1;
    EVP_MD_free(md);
    if (!good)
        return rk_fail_ossl(err, RK_E_INTERNAL, "Name of a TPM public area");
    ret[0] = (uint8_t)(area->nameAlg >> 8);
    ret[1] = (uint8_t)area->nameAlg;
    *ret_len = 2 + digest_len;
    return RK_OK;
}

static enum rk_rc check_rsa(const TPMT_PUBLIC *area, struct rk_err *err)
{
    uint32_t bits = area->parameters.rsaDetail.keyBits, e = area->parameters.rsaDetail.exponent;

    if (bits % 1024 != 0 || bits < 1024 || bits > 4096)
        return rk_fail(err, RK_E_USAGE, "template: keyBits %u, expected 1024, 2048, 3072 or 4096",
                       bits);
    if (e != 0 && e < 65537)
        return rk_fail(err, RK_E_USAGE,
                       "template: exponent %u, expected 0 or a prime from 65537 on", e);
    return RK_OK;
}

/* An exponent of the template must be prime, or the TPM refuses it. */
static enum rk_rc check_exponent(uint32_t e, struct rk_err *err)
{
    for (uint32_t d = 2; (uint64_t)d * d <= e; d++) {
        if (e % d == 0)
            return rk_fail(err, RK_E_USAGE, "template: exponent %u is not prime", e);
    }
    return RK_OK;
}

static enum rk_rc check_area(const TPMT_PUBLIC *area, struct rk_err *err)
{
    size_t bytes;

    if (rk_template_hash(area->nameAlg, &bytes) == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "template: nameAlg 0x%04x, expected SHA-1, SHA-256, SHA-384 "
                       "or SHA-512",
                       area->nameAlg);
    if (area->type == TPM2_ALG_RSA)
        return check_rsa(area, err) ? err->rc
                                    : check_exponent(area->parameters.rsaDetail.exponent, err);
    if (area->type != TPM2_ALG_ECC)
        return rk_fail(err, RK_E_USAGE,
                       "template: type 0x%04x, expected RSA (0x0001) or ECC (0x0023)", area->type);
    if (rk_template_curve(area->parameters.eccDetail.curveID, &bytes) == NULL)
        return rk_fail(err, RK_E_USAGE, "template: curve 0x%04x, expected P-256, P-384 or P-521",
                       area->parameters.eccDetail.curveID);
    return RK_OK;
}

static bool unmarshal_area(const uint8_t *tpmt, size_t len, TPMT_PUBLIC *ret)
{
    size_t used = 0;

    return Tss2_MU_TPMT_PUBLIC_Unmarshal(tpmt, len, &used, ret) == TSS2_RC_SUCCESS && used == len;
}

/* As TPMT_PUBLIC, or as TPM2B_PUBLIC when the size word in front, which tss2-mu ignores, says so.
 */
static bool unmarshal(const uint8_t *bytes, size_t len, TPMT_PUBLIC *ret)
{
    if (unmarshal_area(bytes, len, ret))
        return true;
    return len >= 2 && ((size_t)bytes[0] << 8 | bytes[1]) == len - 2 &&
           unmarshal_area(bytes + 2, len - 2, ret);
}

enum rk_rc rk_ek_template_parse(const uint8_t *tpmt, size_t len, struct rk_ek_template **ret,
                                struct rk_err *err)
{
    TPMT_PUBLIC area = { .type = 0 };

    if (len > sizeof area || !unmarshal(tpmt, len, &area))
        return rk_fail(err, RK_E_FORMAT, "template: no TPMT_PUBLIC or TPM2B_PUBLIC of %s",
                       RK_COUNTED(len, "byte"));
    if (check_area(&area, err))
        return err->rc;
    struct rk_ek_template *tpl = rk_alloc(1, sizeof *tpl);
    if (tpl == NULL)
        return rk_fail_nomem(err);
    tpl->name = "custom";
    tpl->public_area = area;
    *ret = tpl;
    return RK_OK;
}

void rk_ek_template_free(struct rk_ek_template *tpl)
{
    rk_free(tpl);
}
