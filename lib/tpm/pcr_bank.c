/* SPDX-License-Identifier: Apache-2.0 */
/* The banks of PCRs that TPMs have. Source: TCG Algorithm Registry, 5 and 6.9. */
#include "rotkit/attest.h"

#include "rotkit/request.h"

#include <stddef.h>
#include <string.h>

#include <tss2/tss2_tpm2_types.h>

/* clang-format off */
static const struct rk_pcr_bank banks[] = {
    { "sha1",    "SHA1",   TPM2_ALG_SHA1,    20 },
    { "sha256",  "SHA256", TPM2_ALG_SHA256,  32 },
    { "sha384",  "SHA384", TPM2_ALG_SHA384,  48 },
    { "sha512",  "SHA512", TPM2_ALG_SHA512,  64 },
    { "sm3_256", "SM3",    TPM2_ALG_SM3_256, 32 },
};
/* clang-format on */
enum { BANKS = sizeof banks / sizeof banks[0] };

enum rk_rc rk_pcr_bank_find(const char *name, const struct rk_pcr_bank **ret, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < BANKS; i++) {
        rk_known_add(known, banks[i].name);
        if (strcmp(banks[i].name, name) != 0)
            continue;
        *ret = &banks[i];
        return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "unknown bank \"%s\" (known: %s)", name, known);
}

const struct rk_pcr_bank *rk_pcr_bank_of(uint16_t alg)
{
    for (size_t i = 0; i < BANKS; i++) {
        if (banks[i].alg == alg)
            return &banks[i];
    }
    return NULL;
}

const struct rk_pcr_bank *rk_pcr_bank_default(void)
{
    return rk_pcr_bank_of(TPM2_ALG_SHA256);
}
