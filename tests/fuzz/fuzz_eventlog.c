/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs: any bytes replay to PCRs that exist, or are refused. */
#include "fuzz.h"

#include "rotkit/attest.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_credential credential = { .id_object = RK_BYTES_NONE };
    struct rk_pcrs pcrs = { .mask = 0 };
    struct rk_err err;

    if (rk_credential_read(data, size, &credential, &err) == RK_OK)
        rk_credential_done(&credential);
    if (rk_eventlog_replay(data, size, rk_pcr_bank_default(), &pcrs, &err))
        return false;
    FUZZ_HOLDS(pcrs.mask >> RK_PCRS == 0);
    return true;
}
