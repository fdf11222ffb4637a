/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/ossl.h"

enum rk_rc rk_sha256(const void *bytes, size_t len, uint8_t ret[32], struct rk_err *err)
{
    if (EVP_Digest(bytes, len, ret, NULL, EVP_sha256(), NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

bool rk_digest_le(EVP_MD_CTX *md, uint64_t value, size_t width)
{
    uint8_t le[8];

    for (size_t i = 0; i < width; i++)
        le[i] = (uint8_t)(value >> (8 * i));
    return EVP_DigestUpdate(md, le, width) == 1;
}
