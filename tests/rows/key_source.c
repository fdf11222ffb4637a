/* SPDX-License-Identifier: Apache-2.0 */
/* A key source for tests/cli/rows-added.sh: "zero:", a symmetric key of zeros. */
#include "keys/source.h"

#include <string.h>

static enum rk_rc read_zeros(const struct rk_key_name *name, size_t key_len, struct rk_secret *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;

    (void)name;
    if (rk_secret_new(key_len == 0 ? 32 : key_len, &key, err))
        return err->rc;
    memset(key.p, 0, key.len);
    *ret = rk_secret_take(&key);
    return RK_OK;
}

const struct rk_key_source rk_key_source_zero = {
    .prefix = "zero:",
    .what = "a key of zeros",
    .read = read_zeros,
};
