/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ledger void, reissue, retire: what a person records about a unit, with the reason. */
#include "cli/cmd/ledger.h"

#include "cli/cmd/ledger_seal.h"
#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/identity.h"
#include "rotkit/ledger.h"

static enum rk_rc record(struct app *app, int argc, char **argv, enum rk_ledger_record kind,
                         struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    RK_AUTO(ledger_seal_done) struct ledger_seal seal = { .uri = NULL };
    const char *reason = NULL;
    /* clang-format off */
    const struct opt rows[] = {
        { "reason", 0, OPT_STR, &reason, "TEXT", "why; it stays in the ledger", true },
        SEAL_KEY(&seal),
        SEAL_PASSPHRASE(&seal),
        SEAL_ANCHOR(&seal),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 2, 1024, &operands, err) ||
        ledger_seal_open(app, &seal, err) ||
        rk_ledger_open(app->ctx, operands.v[0], RK_LEDGER_WRITE, NULL, &ledger, err) ||
        ledger_seal_before(app, &seal, ledger, err))
        return err->rc;
    for (size_t i = 1; i < operands.count; i++) {
        struct rk_unit_id sn;

        if (rk_unit_parse(operands.v[i], &sn, err) ||
            rk_ledger_put_record(ledger, kind, &sn, reason, err))
            return err->rc;
    }
    return ledger_seal_behind(&seal, ledger, err);
}

static enum rk_rc run_void(struct app *app, int argc, char **argv, struct rk_err *err)
{
    return record(app, argc, argv, RK_LEDGER_VOID, err);
}

static enum rk_rc run_reissue(struct app *app, int argc, char **argv, struct rk_err *err)
{
    return record(app, argc, argv, RK_LEDGER_REISSUE, err);
}

static enum rk_rc run_retire(struct app *app, int argc, char **argv, struct rk_err *err)
{
    return record(app, argc, argv, RK_LEDGER_RETIRE, err);
}

const struct cmd cmd_ledger_void = {
    .name = "void",
    .args = "LEDGER DEVICE-SN...",
    .summary = "give back what a dead build has reserved",
    .about = "Only reservations can be given back; make sure that the build is dead.",
    .run = run_void,
};

const struct cmd cmd_ledger_reissue = {
    .name = "reissue",
    .args = "LEDGER DEVICE-SN...",
    .summary = "let an issued unit be made anew, once, from other inputs",
    .about = "For boards that come back (RMA). Charged to the licence's reissues.",
    .run = run_reissue,
};

const struct cmd cmd_ledger_retire = {
    .name = "retire",
    .args = "LEDGER DEVICE-SN...",
    .summary = "record that a unit will never be made again",
    .run = run_retire,
};
