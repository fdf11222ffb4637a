/* SPDX-License-Identifier: Apache-2.0 */
/* NVFTPM: what is read is written back as it was, up to the order of its parts. */
#include "fuzz.h"

#include "rotkit/nvftpm.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_nvftpm c = { .minor = 0 };
    struct rk_bytes out = RK_BYTES_NONE;
    struct rk_err err;

    if (rk_nvftpm_read(data, size, &c, &err) != RK_OK)
        return false;
    FUZZ_DO(rk_nvftpm_write(&c, &out, &err));
    FUZZ_HOLDS(out.len == size);
    rk_bytes_done(&out);
    rk_nvftpm_done(&c);
    return true;
}
