/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ledger list, export: the units of a ledger, for us and for others. */
#include "cli/cmd/ledger.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/ledger.h"

#include <openssl/evp.h>

#include <inttypes.h>
#include <string.h>

struct listing {
    const struct app *app;
    const char *state; /* NULL: all */
    const struct rk_secret *salt;
    bool csv;
};

/* What stands for a unit towards others: HMAC-SHA-256(salt, Device SN as text). */
static enum rk_rc name_of(const struct listing *l, const char *unit, char ret[65],
                          struct rk_err *err)
{
    unsigned char mac[32];
    size_t len = 0;

    if (l->salt->p == NULL) {
        (void)snprintf(ret, 65, "%s", unit);
        return RK_OK;
    }
    if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, l->salt->p, l->salt->len,
                  (const unsigned char *)unit, strlen(unit), mac, sizeof mac, &len) == NULL)
        return rk_fail(err, RK_E_INTERNAL, "HMAC-SHA-256");
    rk_hex_write(mac, sizeof mac, ret);
    return RK_OK;
}

static enum rk_rc print_row(void *arg, const struct rk_ledger_row *row, struct rk_err *err)
{
    const struct listing *l = arg;
    bool all = l->salt->p == NULL;
    char name[65];

    if (l->state != NULL && strcmp(l->state, row->state) != 0)
        return RK_OK;
    if (name_of(l, row->unit, name, err))
        return err->rc;
    if (!l->app->json) {
        const char *gap = l->csv ? "," : "  ";

        (void)fprintf(l->app->out, "%s%s%s%s%" PRId64 "%s%s", name, gap, row->state, gap, row->time,
                      gap, row->licence);
        if (l->csv && all)
            (void)fprintf(l->app->out, ",%s,%s,%s", row->build, row->inputs, row->digest);
        (void)fprintf(l->app->out, "\n");
        return RK_OK;
    }
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);
    rk_json_put_str(at, "unit", name);
    rk_json_put_str(at, "state", row->state);
    rk_json_put_u64(at, "time", (uint64_t)row->time);
    rk_json_put_str(at, "licence", row->licence);
    if (all) {
        rk_json_put_str(at, "build", row->build);
        rk_json_put_str(at, "inputs", row->inputs);
        rk_json_put_str(at, "digest", row->digest);
    }
    return out_json_line(l->app, doc, err);
}

static enum rk_rc list(struct app *app, const char *where, struct listing *l, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;

    l->app = app;
    if (rk_ledger_open(app->ctx, where, RK_LEDGER_READ, NULL, &ledger, err))
        return err->rc;
    return rk_ledger_each(ledger, print_row, l, err);
}

static enum rk_rc run_list(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const struct rk_secret none = RK_SECRET_NONE;
    struct listing l = { .salt = &none };
    /* clang-format off */
    const struct opt rows[] = {
        { "state", 0, OPT_STR, &l.state, "STATE", "only these: reserved, issued, reissue, reissuing, retired, void", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    return list(app, operands.v[0], &l, err);
}

const struct cmd cmd_ledger_list = {
    .name = "list",
    .args = "LEDGER",
    .summary = "every unit with its state",
    .about = "One line a unit: Device SN, state, seconds since 1970, licence; with --json one\n"
             "object a line.",
    .run = run_list,
};

static enum rk_rc run_export(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret salt = RK_SECRET_NONE;
    struct listing l = { .salt = &salt };
    const char *salt_path = NULL;
    /* clang-format off */
    const struct opt rows[] = {
        { "csv",  0, OPT_FLAG, &l.csv,     NULL,   "comma-separated values instead of JSON", false },
        { "salt", 0, OPT_STR,  &salt_path, "FILE", "for third parties: HMAC-SHA-256 by this key in the place of each Device SN, and no inputs and digests", false },
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        (salt_path != NULL && rk_file_read_key(salt_path, 32, &salt, err)))
        return err->rc;
    app->json = !l.csv;
    if (l.csv)
        (void)fprintf(app->out, "unit,state,time,licence%s\n",
                      salt_path == NULL ? ",build,inputs,digest" : "");
    return list(app, operands.v[0], &l, err);
}

const struct cmd cmd_ledger_export = {
    .name = "export",
    .args = "LEDGER",
    .summary = "all units as JSON lines or CSV, with salted hashes for third parties",
    .run = run_export,
};
