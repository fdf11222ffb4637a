/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_fuses_rows[] = {
    { "per-device", RK_M_BOOL, RK_M(fuses.per_device), 0, "true", NULL, NULL, "true",
      "a fuse file for each device: OdmId, OdmInfo, Kdk0" },
    { "common", RK_M_BOOL, RK_M(fuses.common), 0, "false", NULL, NULL, NULL,
      "one fuse file for all: PublicKeyHash, SecureBootKey, OemK1, OemK2, BootSecurityInfo, SecurityMode" },
    { "public-key", RK_M_PATH, RK_M(fuses.public_key), 0, NULL, NULL, NULL, NULL,
      "PKC public key (PEM): RSA-3072, P-256, P-521 or Ed25519" },
    { "public-key-hash", RK_M_TEXT, RK_M(fuses.public_key_hash), 0, NULL, NULL, NULL, NULL,
      "the PublicKeyHash that the vendor's tool printed, to be compared with ours" },
    { "accept-unconfirmed", RK_M_BOOL, RK_M(fuses.accept_unconfirmed), 0, "false", NULL, NULL, NULL,
      "write a PublicKeyHash that no vendor value confirms; fuses burn once" },
    { "secure-boot-key", RK_M_KEY, RK_M(fuses.secure_boot_key), 0, NULL, NULL, NULL, NULL,
      "SBK, 32 bytes" },
    { "oem-k1", RK_M_KEY, RK_M(fuses.oem_k1), 0, NULL, NULL, NULL, NULL,
      "OEM_K1, 32 bytes" },
    { "oem-k2", RK_M_KEY, RK_M(fuses.oem_k2), 0, NULL, NULL, NULL, NULL,
      "OEM_K2, 32 bytes" },
    { "boot-security-info-preset", RK_M_U32, RK_M(fuses.boot_security_info_preset), 0, NULL, NULL, NULL, NULL,
      "BootSecurityInfo as the module has it burnt already (newer modules: 0x1e0); read it first" },
    { "psc-odm-static", RK_M_U32, RK_M(fuses.psc_odm_static), 0, NULL, NULL, NULL, NULL,
      "PscOdmStatic (the Orin quick start has 0x60)" },
    { "security-mode", RK_M_BOOL, RK_M(fuses.security_mode), 0, "false", NULL, NULL, NULL,
      "burn SecurityMode, last; nothing can be burnt after it" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
