/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of an interrupted build: devices are taken from it in order, and no others. */
#include "fuzz.h"

#include "release/journal.h"

#include <string.h>
#include <unistd.h>

enum { DEVICES = 8 };

static void device_at(uint64_t i, struct rk_unit_id *ret)
{
    rk_unit_id_make(0x0102, 1 + i, ret);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const uint8_t inputs[32] = { 0x11 };
    struct rk_journal journal = RK_JOURNAL_NONE;
    struct rk_unit_id sn;
    uint8_t sum[32];
    uint64_t taken = 0;
    struct rk_err err;

    fuzz_put("stage/" RK_JOURNAL_NAME, data, size);
    FUZZ_DO(rk_journal_open(fuzz_path("stage"), inputs, &journal, &err));
    if (journal.fd < 0)
        return false;
    FUZZ_HOLDS(journal.at <= journal.end && journal.end <= size);
    do
        device_at(taken, &sn);
    while (taken < DEVICES && rk_journal_next(&journal, &sn, sum) && ++taken);
    if (taken != 0 && taken < DEVICES) {
        FUZZ_HOLDS(!rk_journal_next(&journal, &sn, sum));
        /* what is added is what is found again */
        memset(sum, 0x22, sizeof sum);
        FUZZ_DO(rk_journal_add(&journal, &sn, sum, &err));
        rk_journal_close(&journal);
        FUZZ_DO(rk_journal_open(fuzz_path("stage"), inputs, &journal, &err));
        for (uint64_t i = 0; i <= taken; i++) {
            device_at(i, &sn);
            FUZZ_HOLDS(rk_journal_next(&journal, &sn, sum));
        }
        FUZZ_HOLDS(sum[0] == 0x22 && sum[31] == 0x22);
    }
    rk_journal_close(&journal);
    return taken != 0;
}
