/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the ledger: their line and their hash. */
#include "ledger/ledger.h"

#include "base/digest.h"
#include "base/wr.h"

enum { LINE_MAX_LEN = 16384, COLUMNS = 10 /* that are hashed */ };

bool rk_entry_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

enum rk_rc rk_entry_hash(const uint8_t before[32], const char *const column[10], uint8_t ret[32],
                         struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(LINE_MAX_LEN);

    rk_wr_bytes(&wr, before, 32);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i != 0)
            rk_wr_str(&wr, "\t");
        rk_wr_str(&wr, column[i]);
    }
    if (wr.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (wr.failed != RK_OK)
        return rk_fail(err, wr.failed, "an entry of the ledger is too long");
    return rk_sha256(wr.buf, wr.len, ret, err);
}
