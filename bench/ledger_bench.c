/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_bench PATH [UNITS]: reservations and commits a second in batches, on top of UNITS units.
 */
#include "rotkit/hex.h"
#include "rotkit/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1000, RUNS = 40, UNITS_DEFAULT = 100000, UNITS_MAX = 10000000 };

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static enum rk_rc fill(struct rk_ledger_unit *unit, uint64_t first, struct rk_err *err)
{
    for (size_t i = 0; i < BATCH; i++) {
        char value[65];

        rk_ledger_unit_done(&unit[i]);
        unit[i] = (struct rk_ledger_unit) { .inputs = { 1 }, .digest = { 2 } };
        rk_unit_id_make(0x0102, first + i, &unit[i].sn);
        (void)snprintf(value, sizeof value, "%064" PRIx64, (first + i) * 0x9e3779b97f4a7c15u);
        if (rk_ledger_unit_add(&unit[i], "ek:l-1", value, err) ||
            rk_ledger_unit_add(&unit[i], "ek:l-2", value, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc measure(rk_ledger *ledger, uint64_t units, struct rk_ledger_unit *unit,
                          struct rk_err *err)
{
    double reserving = 0, committing = 0;

    for (uint64_t sn = 1; sn <= units + (uint64_t)RUNS * BATCH; sn += BATCH) {
        double start, between, end;

        if (fill(unit, sn, err))
            return err->rc;
        start = seconds();
        if (rk_ledger_reserve(ledger, unit, BATCH, err))
            return err->rc;
        between = seconds();
        if (rk_ledger_commit(ledger, unit, BATCH, err))
            return err->rc;
        end = seconds();
        if (sn > units) {
            reserving += between - start;
            committing += end - between;
        }
    }
    (void)printf("ledger with %" PRIu64 " units in it, %d a batch: %.0f reservations a second, "
                 "%.0f commits with two ids a second\n",
                 units, BATCH, RUNS * BATCH / reserving, RUNS * BATCH / committing);
    return RK_OK;
}

int main(int argc, char **argv)
{
    struct rk_licence licence = {
        .id = "bench", .product = "bench", .units = INT64_MAX, .last_sn = UINT64_MAX
    };
    const uint8_t build[32] = { 1 };
    struct rk_ledger_unit *unit = calloc(BATCH, sizeof *unit);
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    uint64_t units = UNITS_DEFAULT;
    struct rk_err err;
    rk_ctx *ctx = NULL;
    bool failed;

    if (argc < 2 || unit == NULL)
        return EXIT_FAILURE;
    failed = rk_ctx_new(&ctx, &err) ||
             (argc > 2 && rk_parse_u64(argv[2], UNITS_MAX, &units, &err)) ||
             rk_ledger_open(ctx, argv[1], RK_LEDGER_CREATE, build, &ledger, &err) ||
             rk_ledger_use_licence(ledger, &licence, "bench", &err) ||
             measure(ledger, units, unit, &err);
    if (failed)
        (void)fprintf(stderr, "ledger_bench: %s\n", err.msg);
    for (size_t i = 0; i < BATCH; i++)
        rk_ledger_unit_done(&unit[i]);
    free(unit);
    rk_ledger_close(ledger);
    ledger = NULL;
    rk_ctx_free(ctx);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
