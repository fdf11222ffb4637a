/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the ledger: their line and their hash. */
#include "ledger/ledger.h"

#include "base/digest.h"
#include "base/wr.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

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

enum rk_rc rk_entry_next(uint64_t size, const uint8_t head[32], const char *const *column,
                         uint8_t ret[32], struct rk_err *err)
{
    char hex[RK_HEX32];
    uint64_t seq;

    if (rk_parse_u64(column[RK_ENTRY_SEQ], INT64_MAX, &seq, err))
        return rk_fail(err, RK_E_VERIFY, "an entry of the ledger: \"%s\" is no number",
                       column[RK_ENTRY_SEQ]);
    if (seq != size + 1)
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is missing", size + 1);
    if (rk_entry_hash(head, column, ret, err))
        return err->rc;
    rk_hex_write(ret, 32, hex);
    if (strcmp(hex, column[RK_ENTRY_HASH]) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 " does not hold: hash %.16s, stored %.16s", seq, hex,
                       column[RK_ENTRY_HASH]);
    return RK_OK;
}
