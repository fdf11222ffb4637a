/* SPDX-License-Identifier: Apache-2.0 */
/* Fuse data of T234. Source: jetson-ftpm-ekb.md section 5. */
#include "rotkit/fuse.h"

#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/pcp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum { XML_MAX = 16384 };

enum rk_rc rk_fuse_public_key_hash(EVP_PKEY *pub, uint8_t ret[64], struct rk_err *err)
{
    uint8_t pcp[RK_PCP_WIRE];

    if (rk_pcp(pub, pcp, err))
        return err->rc;
    if (EVP_Digest(pcp, sizeof pcp, ret, NULL, EVP_sha512(), NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-512");
    return RK_OK;
}

enum rk_rc rk_fuse_auth_scheme(EVP_PKEY *pub, uint32_t *ret, struct rk_err *err)
{
    return rk_pcp_auth_scheme(pub, ret, err);
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
            return rk_fail(err, RK_E_USAGE, "a fuse key of %s, expected 32",
                           RK_COUNTED(keys[i]->len, "byte"));
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
