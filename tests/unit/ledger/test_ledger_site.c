/* SPDX-License-Identifier: Apache-2.0 */
/* test_ledger_site LEDGER SERIAL KIND=VALUE: issues one unit, for tests/cli/ledger-sites.sh. */
#include "rotkit/hex.h"
#include "rotkit/ledger.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const uint8_t build[32] = { 1 };
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    struct rk_ledger_unit unit = { .inputs = { 1 } };
    struct rk_err err;
    rk_ctx *ctx = NULL;
    uint64_t serial;
    char *value = argc == 4 ? strchr(argv[3], '=') : NULL;

    if (value == NULL)
        return 2;
    *value++ = '\0';
    if (rk_ctx_new(&ctx, &err) || rk_parse_u64(argv[2], UINT64_MAX, &serial, &err) ||
        rk_ledger_unit_add(&unit, argv[3], value, &err))
        return 1;
    rk_unit_id_make(0x0102, serial, &unit.sn);
    if (rk_ledger_open(ctx, argv[1], RK_LEDGER_CREATE, build, &ledger, &err) ||
        rk_ledger_reserve(ledger, &unit, 1, &err) || rk_ledger_commit(ledger, &unit, 1, &err)) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    rk_ledger_unit_done(&unit);
    rk_ledger_close(ledger);
    ledger = NULL;
    rk_ctx_free(ctx);
    return 0;
}
