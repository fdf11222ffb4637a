/* SPDX-License-Identifier: Apache-2.0 */
/* NVFTPM: what is read is written back as it was, up to the order of its parts. */
#include "rotkit/nvftpm.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rk_nvftpm c = { .minor = 0 };
    struct rk_bytes out = RK_BYTES_NONE;
    struct rk_err err;

    if (rk_nvftpm_read(data, size, &c, &err) != RK_OK)
        return 0;
    if (rk_nvftpm_write(&c, &out, &err) != RK_OK || out.len != size)
        abort();
    rk_bytes_done(&out);
    rk_nvftpm_done(&c);
    return 0;
}
