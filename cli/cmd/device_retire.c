/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit device retire, reissue: ledger, revocation list, OCSP index and DPS deletion in one act.
 */
#include "cli/cmd/device.h"

#include "cli/cmd/ledger_seal.h"
#include "cli/from.h"
#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/identity.h"
#include "rotkit/retire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_UNSET_BEFORE INT64_C(1577836800) /* 2020-01-01 */
enum { DAYS_DEFAULT = 30, DAYS_MAX = 3650, DAY_SECONDS = 86400, DEVICES_MAX = 100000 };

struct args {
    struct from from;
    const char *ledger, *cert, *key, *passphrase, *reason, *dps;
    struct opt_u64 days;
};

static enum rk_rc read_clock(const struct app *app, struct rk_retire_options *options,
                             uint64_t days, struct rk_err *err)
{
    if (rk_clock_now(app->ctx, &options->now, err))
        return err->rc;
    if (options->now < CLOCK_UNSET_BEFORE)
        return rk_fail(err, RK_E_USAGE,
                       "the clock is unset: it says %" PRId64
                       " seconds since 1970, so no revocation can be dated",
                       options->now);
    options->next_update = options->now + (int64_t)days * DAY_SECONDS;
    return RK_OK;
}

static enum rk_rc read_options(const struct app *app, const struct args *args,
                               struct rk_retire_options *options, struct rk_err *err)
{
    static const char *const rules[] = { "ek", "sn", "none" }; /* by RK_RETIRE_DPS_... */
    uint64_t days = args->days.set ? args->days.v : DAYS_DEFAULT;
    const char *rule = args->dps == NULL ? "ek" : args->dps;

    if (days == 0 || days > DAYS_MAX)
        return opt_fail(app, err, "--days: %" PRIu64 ", expected 1 to %d", days, DAYS_MAX);
    options->reason = options->reissue ? RK_CRL_SUPERSEDED : RK_CRL_CESSATION;
    if (args->reason != NULL && rk_crl_reason_find(args->reason, &options->reason, err))
        return rk_wrap(err, "--reason");
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(rule, rules[i]) == 0) {
            options->dps = i;
            options->dry_run = app->dry_run;
            return read_clock(app, options, days, err);
        }
    }
    return opt_fail(app, err, "--dps-id: unknown rule \"%s\" (known: ek, sn, none)", rule);
}

static enum rk_rc tell(const struct app *app, const struct rk_retire_options *options,
                       const struct rk_retire_report *report, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        out_note(app, "%s: %s revoked, CRL %" PRIu64 ", %s recorded as %s%s",
                 RK_COUNTED(options->count, "device"), RK_COUNTED(report->revoked, "certificate"),
                 report->crl_number, RK_COUNTED(report->recorded, "unit"),
                 options->reissue ? "reissue" : "retired", options->dry_run ? " (dry run)" : "");
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_u64(rk_json_root(doc), "devices", options->count);
    rk_json_put_u64(rk_json_root(doc), "certificates_revoked", report->revoked);
    rk_json_put_u64(rk_json_root(doc), "crl_number", report->crl_number);
    rk_json_put_u64(rk_json_root(doc), "units_recorded", report->recorded);
    return out_json(app, doc, err);
}

static enum rk_rc act(const struct app *app, const struct args *args,
                      const struct ledger_seal *seal, struct rk_retire_options *options,
                      struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(args->passphrase);
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_ca_done) rk_ca *ca = NULL;
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    RK_AUTO(rk_release_view_close) rk_release_view *release = NULL;
    struct rk_retire_report report = { 0 };

    if (from_open(app, &args->from, options->release, NULL, &release, err))
        return err->rc;
    options->view = release;
    if (rk_signer_open(app->ctx, args->key, &pin, &key, err))
        return rk_wrap(err, "--key");
    if (rk_ca_open(app->ctx, args->cert, key, options->now, &ca, err) ||
        rk_ledger_open(app->ctx, args->ledger, options->dry_run ? RK_LEDGER_READ : RK_LEDGER_WRITE,
                       NULL, &ledger, err) ||
        ledger_seal_before(app, seal, ledger, err) ||
        rk_retire(app->ctx, ledger, ca, options, &report, err) ||
        (!options->dry_run && ledger_seal_behind(seal, ledger, err)))
        return err->rc;
    return tell(app, options, &report, err);
}

RK_CLEANUP(devices_done, struct rk_unit_id, free)

static enum rk_rc run(struct app *app, int argc, char **argv, bool reissue, struct rk_err *err)
{
    struct args args = { .ledger = NULL };
    struct rk_retire_options options = { .reissue = reissue };
    RK_AUTO(ledger_seal_done) struct ledger_seal seal = { .uri = NULL };
    RK_AUTO(devices_done) struct rk_unit_id *sn = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "ledger",     0,   OPT_STR, &args.ledger,     "LEDGER", "path or postgresql:// of the ledger that issued the units", true },
        { "cert",       0,   OPT_STR, &args.cert,       "FILE",   "issuing CA's certificate, the rest of its chain behind it", true },
        { "key",        0,   OPT_STR, &args.key,        "KEY",    "issuing CA's private key", true },
        { "passphrase", 0,   OPT_STR, &args.passphrase, "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "output",     'o', OPT_STR, &options.folder,  "DIR",    "the CA's revocations: crl.der, index.txt, deletions; kept from act to act", true },
        { "note",       0,   OPT_STR, &options.note,    "TEXT",   "why; it stays in the ledger", true },
        { "reason",     0,   OPT_STR, &args.reason,     "WORD",   "for the CRL: unspecified, key-compromise, superseded (default of reissue) or cessation-of-operation (of retire)", false },
        { "dps-id",     0,   OPT_STR, &args.dps,        "RULE",   "registration id in Azure DPS: ek (default), sn, or none: no deletions", false },
        { "days",       0,   OPT_U64, &args.days,       "N",      "until the next list is due (default 30)", false },
        SEAL_KEY(&seal),
        SEAL_PASSPHRASE(&seal),
        SEAL_ANCHOR(&seal),
        FROM_PUB(&args.from),
        FROM_UNSIGNED(&args.from),
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, DEVICES_MAX, &operands, err) ||
        read_options(app, &args, &options, err) || ledger_seal_open(app, &seal, err))
        return err->rc;
    options.release = operands.v[0];
    options.count = operands.count - 1;
    options.sn = sn = calloc(options.count, sizeof *sn);
    if (sn == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    for (size_t i = 0; i < options.count; i++) {
        if (rk_unit_parse(operands.v[i + 1], &sn[i], err))
            return err->rc;
    }
    return act(app, &args, &seal, &options, err);
}

static enum rk_rc run_retire(struct app *app, int argc, char **argv, struct rk_err *err)
{
    return run(app, argc, argv, false, err);
}

static enum rk_rc run_reissue(struct app *app, int argc, char **argv, struct rk_err *err)
{
    return run(app, argc, argv, true, err);
}

#define ABOUT                                                                                      \
    "In one act: the certificates go on the CA's next revocation list and are marked in an "       \
    "index\n"                                                                                      \
    "for OCSP responders (openssl ocsp -index), a deletion for Azure DPS is written, and the\n"    \
    "ledger records it. An act that was cut is completed by doing it again; done twice, it\n"      \
    "changes nothing.\n"

const struct cmd cmd_device_retire = {
    .name = "retire",
    .args = "RELEASE DEVICE-SN...",
    .summary = "a device leaves the fleet: ledger, CRL, OCSP index, DPS deletion",
    .about = ABOUT "The unit is never made again.",
    .run = run_retire,
};
const struct cmd cmd_device_reissue = {
    .name = "reissue",
    .args = "RELEASE DEVICE-SN...",
    .summary =
        "a device gets a new identity (RMA): the old one is revoked, the unit may be built anew",
    .about = ABOUT "The next build may make the unit from other inputs, once.",
    .run = run_reissue,
};
