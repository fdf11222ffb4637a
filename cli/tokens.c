/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tokens.h"

static const struct token_family families[] = {
    { "SoftHSM2", "module-name=softhsm2",
      "RSA, P-256, P-384, P-521, Ed25519, HMAC-SHA-256, AES-CMAC, AES-ECB" },
    { "tpm2-pkcs11", "module-name=tpm2_pkcs11",
      "RSA (no PSS with the longest salt), P-256, HMAC-SHA-256, AES-ECB" },
    { "NSS",
      "module-path=/PATH/libsoftokn3.so&x-init-reserved=configdir='sql:DIR'%20flags=readOnly",
      "RSA, P-256, P-384" },
    { "opencryptoki", "module-name=opencryptoki", "RSA, HMAC-SHA-256, AES-ECB" },
};

const struct token_family *token_family_at(size_t i)
{
    return i < sizeof families / sizeof families[0] ? &families[i] : NULL;
}
