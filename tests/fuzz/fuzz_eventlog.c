/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs: any bytes replay to PCRs that exist, or are refused. */
#include "rotkit/attest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rk_credential credential = { .id_object = RK_BYTES_NONE };
    struct rk_pcrs pcrs = { .mask = 0 };
    struct rk_err err;

    if (rk_eventlog_replay(data, size, &pcrs, &err) == RK_OK && pcrs.mask >> RK_PCRS != 0)
        abort();
    if (rk_credential_read(data, size, &credential, &err) == RK_OK)
        rk_credential_done(&credential);
    return 0;
}
