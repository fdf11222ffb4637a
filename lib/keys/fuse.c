/* SPDX-License-Identifier: Apache-2.0 */
/* Fuse data of T234. Source: jetson-ftpm-ekb.md section 5. */
#include "ftpmprov/fuse.h"

#include "base/ossl.h"
#include "base/wr.h"
#include "ftpmprov/hex.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum { XML_MAX = 16384, P521_FIELD = 68, RSA_BYTES = 384 };

/* A public number, little-endian, zero-padded to len. */
static enum rk_rc little_endian(EVP_PKEY *pub, const char *param, uint8_t *ret, size_t len,
                                struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *bn = NULL;

    if (EVP_PKEY_get_bn_param(pub, param, &bn) != 1 || BN_bn2lebinpad(bn, ret, (int)len) < 0)
        return rk_fail_ossl(err, RK_E_KEY, "public key has no usable %s", param);
    return RK_OK;
}

static enum rk_rc put_rsa(EVP_PKEY *pub, uint8_t pcp[RK_FUSE_PCP], struct rk_err *err)
{
    return little_endian(pub, OSSL_PKEY_PARAM_RSA_N, pcp, RSA_BYTES, err);
}

static enum rk_rc put_p256(EVP_PKEY *pub, uint8_t pcp[RK_FUSE_PCP], struct rk_err *err)
{
    if (little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_X, pcp, 32, err))
        return err->rc;
    return little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_Y, pcp + 32, 32, err);
}

static enum rk_rc put_p521(EVP_PKEY *pub, uint8_t pcp[RK_FUSE_PCP], struct rk_err *err)
{
    if (little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_X, pcp, P521_FIELD, err))
        return err->rc;
    return little_endian(pub, OSSL_PKEY_PARAM_EC_PUB_Y, pcp + P521_FIELD, P521_FIELD, err);
}

static enum rk_rc put_ed25519(EVP_PKEY *pub, uint8_t pcp[RK_FUSE_PCP], struct rk_err *err)
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
    enum rk_rc (*put)(EVP_PKEY *pub, uint8_t pcp[RK_FUSE_PCP], struct rk_err *err);
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
                   "a %s key of %d bits cannot be fused, expected RSA-3072, P-256, "
                   "P-521 or Ed25519",
                   EVP_PKEY_get0_type_name(pub), EVP_PKEY_get_bits(pub));
}

enum rk_rc rk_fuse_pcp(EVP_PKEY *pub, uint8_t ret[RK_FUSE_PCP], struct rk_err *err)
{
    const struct key_kind *kind;
    uint8_t pcp[RK_FUSE_PCP] = { 0 };

    if (find_kind(pub, &kind, err) || kind->put(pub, pcp, err))
        return err->rc;
    memcpy(ret, pcp, sizeof pcp);
    return RK_OK;
}

enum rk_rc rk_fuse_public_key_hash(EVP_PKEY *pub, uint8_t ret[64], struct rk_err *err)
{
    uint8_t pcp[RK_FUSE_PCP];

    if (rk_fuse_pcp(pub, pcp, err))
        return err->rc;
    if (EVP_Digest(pcp, sizeof pcp, ret, NULL, EVP_sha512(), NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-512");
    return RK_OK;
}

enum rk_rc rk_fuse_auth_scheme(EVP_PKEY *pub, uint32_t *ret, struct rk_err *err)
{
    const struct key_kind *kind;

    if (find_kind(pub, &kind, err))
        return err->rc;
    *ret = kind->auth_scheme;
    return RK_OK;
}

enum rk_rc rk_fuse_confirm(const uint8_t computed[64], const char *vendor_hex,
                           bool accept_unconfirmed, enum rk_fuse_status *ret, struct rk_err *err)
{
    uint8_t vendor[64];
    char text[129];

    if (vendor_hex == NULL && !accept_unconfirmed) {
        (void)rk_fail(err, RK_E_USAGE,
                      "PublicKeyHash is not confirmed: its rule has been checked "
                      "against no vendor value, and fuses burn once");
        return rk_note(err, "give the value that tegrasign printed, or say accept-unconfirmed");
    }
    if (vendor_hex == NULL) {
        *ret = RK_FUSE_UNCONFIRMED;
        return RK_OK;
    }
    if (strncmp(vendor_hex, "0x", 2) == 0)
        vendor_hex += 2;
    if (rk_hex_read(vendor_hex, strlen(vendor_hex), vendor, sizeof vendor, err))
        return rk_wrap(err, "PublicKeyHash of the vendor's tool");
    if (memcmp(vendor, computed, sizeof vendor) == 0) {
        *ret = RK_FUSE_CONFIRMED;
        return RK_OK;
    }
    rk_hex_write(computed, 64, text);
    return rk_fail(err, RK_E_USAGE,
                   "PublicKeyHash is %s here, the vendor's tool printed another: "
                   "nothing may be fused until it is clear why",
                   text);
}

enum rk_rc rk_fuse_boot_security_info(EVP_PKEY *pkc, bool sbk, bool oem_key, bool ftpm,
                                      uint32_t preset, uint32_t *ret, struct rk_err *err)
{
    uint32_t value = preset;

    if (pkc != NULL) {
        uint32_t scheme;

        if (rk_fuse_auth_scheme(pkc, &scheme, err))
            return err->rc;
        if ((preset & 7u) != 0 && (preset & 7u) != scheme)
            return rk_fail(err, RK_E_USAGE,
                           "BootSecurityInfo preset 0x%x has authentication scheme %u "
                           "burnt, the key needs %u",
                           preset, preset & 7u, scheme);
        value |= scheme;
    }
    value |= sbk ? RK_BSI_SBK : 0;
    value |= oem_key || ftpm ? RK_BSI_OEM_KEY_VALID : 0;
    value |= ftpm ? RK_BSI_OEM_KEY_KDF | RK_BSI_SILICON_ID_KDF : 0;
    *ret = value;
    return RK_OK;
}

static void put_fuse(struct rk_wr *wr, const char *name, const uint8_t *value, size_t len)
{
    char hex[2 * 64 + 1];

    rk_hex_write(value, len, hex);
    rk_wr_printf(wr, "  <fuse name=\"%s\" size=\"%zu\" value=\"0x%s\"/>\n", name, len, hex);
    OPENSSL_cleanse(hex, sizeof hex);
}

static void put_word(struct rk_wr *wr, const char *name, uint32_t value)
{
    rk_wr_printf(wr, "  <fuse name=\"%s\" size=\"4\" value=\"0x%08x\"/>\n", name, value);
}

static void put_key(struct rk_wr *wr, const char *name, const struct rk_secret *key)
{
    if (key != NULL)
        put_fuse(wr, name, key->p, key->len);
}

static const char *const hashes[] = { "PublicKeyHash", "PkcPubkeyHash1", "PkcPubkeyHash2" };

/* Burn order: identity, keys, BootSecurityInfo, SecurityMode last. */
static void put_plan(struct rk_wr *wr, const struct rk_fuse_plan *plan)
{
    if (plan->sn != NULL) {
        put_fuse(wr, "OdmId", plan->sn->b + 2, 8);
        put_word(wr, "OdmInfo", (uint32_t)plan->sn->b[0] << 8 | plan->sn->b[1]);
    }
    if (plan->has_opt_in_enable)
        put_word(wr, "OptInEnable", plan->opt_in_enable);
    for (size_t i = 0; i < 3; i++) {
        if (plan->public_key_hash[i] != NULL)
            put_fuse(wr, hashes[i], plan->public_key_hash[i], 64);
    }
    put_key(wr, "SecureBootKey", plan->sbk);
    put_key(wr, "Kdk0", plan->kdk0);
    if (plan->has_psc_odm_static)
        put_word(wr, "PscOdmStatic", plan->psc_odm_static);
    put_key(wr, "OemK1", plan->oem_k1);
    put_key(wr, "OemK2", plan->oem_k2);
    if (plan->has_boot_security_info)
        put_word(wr, "BootSecurityInfo", plan->boot_security_info);
    if (plan->has_security_mode)
        put_word(wr, "SecurityMode", plan->security_mode);
}

static enum rk_rc check_lengths(const struct rk_fuse_plan *plan, struct rk_err *err)
{
    const struct rk_secret *keys[] = { plan->kdk0, plan->sbk, plan->oem_k1, plan->oem_k2 };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i] != NULL && keys[i]->len != 32)
            return rk_fail(err, RK_E_USAGE, "a fuse key of %zu bytes, expected 32", keys[i]->len);
    }
    return RK_OK;
}

enum rk_rc rk_fuse_xml(const struct rk_fuse_plan *plan, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(XML_MAX);

    if (check_lengths(plan, err))
        return err->rc;
    rk_wr_str(&wr, "<genericfuse MagicId=\"0x45535546\" version=\"1.0.0\">\n");
    put_plan(&wr, plan);
    rk_wr_str(&wr, "</genericfuse>\n");
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    return rk_secret_copy(wr.buf, wr.len, ret, err);
}
