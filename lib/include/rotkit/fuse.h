/* SPDX-License-Identifier: Apache-2.0 */
/* Values of Orin's fuses: PublicKeyHash, BootSecurityInfo. Source: formats/jetson-ftpm-ekb.md
 * section 5. */
#pragma once

#include "ftpmprov/fuse.h"

#include <openssl/types.h>

#include <stdbool.h>

/* SHA-512 fuse value of a PKC public key: RSA-3072, P-256, P-521, Ed25519. Not confirmed by a
 * vendor golden. */
enum rk_rc rk_fuse_public_key_hash(EVP_PKEY *pub, uint8_t ret[64],
                                   struct rk_err *err) RK_MUST_CHECK;
enum {
    RK_BSI_SBK = 1u << 3,
    RK_BSI_OEM_KEY_VALID = 1u << 9,
    RK_BSI_OEM_KEY_KDF = 1u << 11,
    RK_BSI_SILICON_ID_KDF = 1u << 13
};
/* Authentication scheme bits [2:0] for a key type. */
enum rk_rc rk_fuse_auth_scheme(EVP_PKEY *pub, uint32_t *ret, struct rk_err *err) RK_MUST_CHECK;

/*
 * Fuses burn once: a hash goes into a fuse file only when the vendor's tool printed the same
 * (vendor_hex, NULL when not known), or when the user accepts it unconfirmed. RK_E_USAGE otherwise.
 */
enum rk_fuse_status { RK_FUSE_CONFIRMED, RK_FUSE_UNCONFIRMED };
enum rk_rc rk_fuse_confirm(const uint8_t computed[64], const char *vendor_hex,
                           bool accept_unconfirmed, enum rk_fuse_status *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * BootSecurityInfo of what is enabled (pkc NULL: no authentication), OR-ed with the bits that the
 * module has burnt already. RK_E_USAGE when those contradict the key's authentication scheme.
 * Whether the fuses beside it bear it out, rk_fuse_rules tells.
 */
enum rk_rc rk_fuse_boot_security_info(EVP_PKEY *pkc, bool sbk, bool oem_key, bool ftpm,
                                      uint32_t preset, uint32_t *ret,
                                      struct rk_err *err) RK_MUST_CHECK;
