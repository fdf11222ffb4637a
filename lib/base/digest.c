/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/ossl.h"
#include "base/work.h"

#include <string.h>

enum rk_rc rk_sha256(const void *bytes, size_t len, uint8_t ret[32], struct rk_err *err)
{
    uint8_t digest[64];
    size_t made;

    if (rk_work_digest("SHA256", bytes, len, digest, &made, err))
        return err->rc;
    memcpy(ret, digest, 32);
    return RK_OK;
}

bool rk_digest_le(EVP_MD_CTX *md, uint64_t value, size_t width)
{
    uint8_t le[8];

    for (size_t i = 0; i < width; i++)
        le[i] = (uint8_t)(value >> (8 * i));
    return EVP_DigestUpdate(md, le, width) == 1;
}
