/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/registration_id.h"

#include "base/digest.h"

enum { DIGEST = 32, TPM_ALG_RSA = 1 };

enum rk_rc rk_enroll_registration_id(const struct rk_bytes *public_tpm2b, char ret[53],
                                     struct rk_err *err)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t digest[DIGEST + 1];
    size_t n = 0;

    if (rk_sha256(public_tpm2b->p, public_tpm2b->len, digest, err))
        return err->rc;
    digest[DIGEST] = 0; /* the last digit reads past the 256 bits */
    for (size_t bit = 0; bit < 8 * (size_t)DIGEST; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        ret[n++] = digits[pair >> (11 - bit % 8) & 31];
    }
    ret[n] = '\0';
    return RK_OK;
}

/* TPM2B_PUBLIC: BE16 size, then BE16 type. TPM 2.0 Part 2, 12.2.4 and 12.2.5 */
bool rk_dps_is_rsa(const struct rk_bytes *key)
{
    return key->len > 4 && ((size_t)key->p[0] << 8 | key->p[1]) == key->len - 2 && key->p[2] == 0 &&
           key->p[3] == TPM_ALG_RSA;
}
