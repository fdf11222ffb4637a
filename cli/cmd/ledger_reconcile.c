/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ledger reconcile: units and ids that two sites have both made. */
#include "cli/cmd/ledger.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/ledger.h"
#include "rotkit/grow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An id of the first ledger; a unit itself is the id "unit=<Device SN>". */
struct id {
    char *id;
    char unit[21];
};
struct ids {
    struct id *v;
    size_t count;
    const struct app *app;
    const char *a, *b;
    struct rk_jv list;
    uint64_t clashes;
};

static void ids_done(struct ids *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        free(ids->v[i].id);
    rk_grown_free(ids->v);
}

static enum rk_rc add(struct ids *ids, const char *unit, const char *kind, const char *value,
                      struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct id), (size_t)1 << 28, RK_E_USAGE,
                                             "identities in one ledger" };
    size_t len = strlen(kind) + strlen(value) + 2;
    void *items = ids->v;
    struct id *at;

    if (rk_grow(&growth, &items, ids->count, 1, err))
        return err->rc;
    ids->v = items;
    at = &ids->v[ids->count];
    at->id = malloc(len);
    if (at->id == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    (void)snprintf(at->id, len, "%s=%s", kind, value);
    (void)snprintf(at->unit, sizeof at->unit, "%s", unit);
    ids->count++;
    return RK_OK;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct id *)a)->id, ((const struct id *)b)->id);
}

static enum rk_rc add_key(void *arg, const char *unit, const char *kind, const char *value,
                          struct rk_err *err)
{
    return add(arg, unit, kind, value, err);
}

static enum rk_rc add_unit(void *arg, const struct rk_ledger_row *row, struct rk_err *err)
{
    return strcmp(row->state, "void") == 0 ? RK_OK : add(arg, row->unit, "unit", row->unit, err);
}

/* Both units of a clash, with the ledger of each. */
static void tell(struct ids *ids, const char *id, const char *unit_a, const char *unit_b)
{
    struct rk_jv clash;

    ids->clashes++;
    if (!ids->app->json) {
        (void)fprintf(ids->app->out, "%s: unit %s in \"%s\", unit %s in \"%s\"\n", id, unit_a,
                      ids->a, unit_b, ids->b);
        return;
    }
    clash = rk_json_put_object(ids->list, NULL);
    rk_json_put_str(clash, "id", id);
    rk_json_put_str(clash, "unit_a", unit_a);
    rk_json_put_str(clash, "unit_b", unit_b);
}

static enum rk_rc find_value(void *arg, const char *unit, const char *kind, const char *value,
                             struct rk_err *err)
{
    struct ids *ids = arg;
    char id[512];
    const struct id like = { .id = id }, *found;

    (void)err;
    (void)snprintf(id, sizeof id, "%s=%s", kind, value);
    found = ids->count == 0 ? NULL : bsearch(&like, ids->v, ids->count, sizeof like, by_id);
    if (found != NULL)
        tell(ids, id, found->unit, unit);
    return RK_OK;
}

static enum rk_rc find_unit(void *arg, const struct rk_ledger_row *row, struct rk_err *err)
{
    return strcmp(row->state, "void") == 0 ? RK_OK
                                           : find_value(arg, row->unit, "unit", row->unit, err);
}

static enum rk_rc reconcile(struct ids *ids, rk_ledger *a, rk_ledger *b, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();

    if (rk_ledger_each(a, add_unit, ids, err) || rk_ledger_each_key(a, add_key, ids, err))
        return err->rc;
    if (ids->count != 0)
        qsort(ids->v, ids->count, sizeof *ids->v, by_id);
    ids->list = rk_json_put_array(rk_json_root(doc), "clashes");
    if (rk_ledger_each(b, find_unit, ids, err) || rk_ledger_each_key(b, find_value, ids, err) ||
        (ids->app->json && out_json(ids->app, doc, err)))
        return err->rc;
    if (ids->clashes != 0)
        return rk_fail(err, RK_E_VERIFY, "%s between \"%s\" and \"%s\"",
                       RK_COUNTED(ids->clashes, "clash"), ids->a, ids->b);
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *a = NULL;
    RK_AUTO(rk_ledger_done) rk_ledger *b = NULL;
    RK_AUTO(ids_done) struct ids ids = { .app = app };
    const struct opt rows[] = { OPT_JSON(app), OPT_END };
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err) ||
        rk_ledger_open(app->ctx, operands.v[0], RK_LEDGER_READ, NULL, &a, err) ||
        rk_ledger_open(app->ctx, operands.v[1], RK_LEDGER_READ, NULL, &b, err))
        return err->rc;
    ids.a = operands.v[0];
    ids.b = operands.v[1];
    return reconcile(&ids, a, b, err);
}

const struct cmd cmd_ledger_reconcile = {
    .name = "reconcile",
    .args = "LEDGER LEDGER",
    .summary = "find units and ids that two sites have both made",
    .about = "Names both units of every clash; exit 3 when there is one.",
    .run = run,
};
