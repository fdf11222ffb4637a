/* SPDX-License-Identifier: Apache-2.0 */
/* The values of T234's fuses that follow from keys and settings. Source: jetson-ftpm-ekb.md
 * section 5. */
#include "rotkit/fuse.h"

#include "base/ossl.h"
#include "rotkit/hex.h"
#include "rotkit/pcp.h"

#include <string.h>

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
