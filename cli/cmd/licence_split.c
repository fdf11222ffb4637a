/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit licence split: parts of a licence for other sites, taken from it for good. */
#include "cli/cmd/licence.h"

#include "cli/cmd/key.h"
#include "cli/cmd/ledger_seal.h"
#include "cli/cmd/licence_file.h"
#include "cli/opt.h"
#include "cli/staging.h"

#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/ledger.h"

#include <stdlib.h>
#include <string.h>

struct children {
    struct rk_licence *v;
    size_t count;
};

static void children_done(struct children *children)
{
    free(children->v);
}

RK_CLEANUP(free_text, char, free)

/* ID:UNITS:FIRST-LAST, with :REISSUES behind when there are some. */
static enum rk_rc read_child(const struct rk_licence *parent, const char *text,
                             struct rk_licence *ret, struct rk_err *err)
{
    RK_AUTO(free_text) char *copy = strdup(text);
    char *part[4] = { copy, NULL, NULL, NULL }, *dash = NULL;

    if (copy == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    for (size_t i = 1; i < 4 && part[i - 1] != NULL; i++) {
        part[i] = strchr(part[i - 1], ':');
        if (part[i] != NULL)
            *part[i]++ = '\0';
    }
    if (part[2] != NULL)
        dash = strchr(part[2], '-');
    if (dash == NULL || strlen(part[0]) >= sizeof ret->id)
        return rk_fail(err, RK_E_USAGE, "\"%s\": expected ID:UNITS:FIRST-LAST[:REISSUES]", text);
    *dash++ = '\0';
    *ret = *parent;
    ret->reissues = 0;
    memcpy(ret->parent, parent->id, sizeof ret->parent);
    (void)snprintf(ret->id, sizeof ret->id, "%s", part[0]);
    if (rk_parse_u64(part[1], INT64_MAX, &ret->units, err) ||
        licence_serial(part[2], &ret->first_sn, err) || licence_serial(dash, &ret->last_sn, err) ||
        (part[3] != NULL && rk_parse_u64(part[3], INT64_MAX, &ret->reissues, err)))
        return rk_wrap(err, "\"%s\"", text);
    return RK_OK;
}

static enum rk_rc write_children(const struct app *app, rk_signer *key,
                                 const struct children *children, struct staging *staging,
                                 struct rk_err *err)
{
    (void)app;
    for (size_t i = 0; i < children->count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
        char name[RK_LICENCE_ID_MAX + 8];

        (void)snprintf(name, sizeof name, "%s.json", children->v[i].id);
        if (rk_licence_sign(key, &children->v[i], &file, err))
            return err->rc;
        const struct new_file made = { .path = name, .bytes = file.p, .len = file.len };
        if (staging_write(staging, &made, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc split(struct app *app, const char *out, const char *where,
                        const struct ledger_seal *seal, rk_signer *key,
                        const struct rk_licence *parent, const struct children *children,
                        struct rk_err *err)
{
    RK_AUTO(staging_done) struct staging staging = STAGING_NONE;
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;

    for (size_t i = 0; i < children->count; i++) {
        if (rk_licence_within(&children->v[i], parent, err))
            return err->rc;
    }
    if (staging_open(app, out, &staging, err) || write_children(app, key, children, &staging, err))
        return err->rc;
    if (!app->dry_run && (rk_ledger_open(app->ctx, where, RK_LEDGER_CREATE, NULL, &ledger, err) ||
                          ledger_seal_before(app, seal, ledger, err) ||
                          rk_ledger_split(ledger, parent, children->v, children->count, err)))
        return err->rc;
    if (staging_publish(&staging, err))
        return err->rc;
    return app->dry_run ? RK_OK : ledger_seal_behind(seal, ledger, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(children_done) struct children children = { .count = 0 };
    const char *uri = NULL, *where = NULL, *out = NULL;
    struct rk_pin pin = RK_PIN_INIT(NULL);
    RK_AUTO(ledger_seal_done) struct ledger_seal seal = { .uri = NULL };
    struct rk_licence parent;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key",    0,   OPT_STR, &uri,   "KEY",    "the issuer's key", true },
        { "ledger", 0,   OPT_STR, &where, "LEDGER", "the parent's ledger, where the split is recorded", true },
        { "output", 'o', OPT_STR, &out,   "DIR",    "new folder for the children's files", true },
        OPT_PASSPHRASE(pin.source),
        SEAL_KEY(&seal),
        SEAL_PASSPHRASE(&seal),
        SEAL_ANCHOR(&seal),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 1024, &operands, err) ||
        ledger_seal_open(app, &seal, err) || rk_signer_open(app->ctx, uri, &pin, &key, err) ||
        licence_read(app, operands.v[0], key, &parent, err))
        return err->rc;
    children.v = calloc(operands.count - 1, sizeof *children.v);
    if (children.v == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    for (; children.count < operands.count - 1; children.count++) {
        if (read_child(&parent, operands.v[children.count + 1], &children.v[children.count], err))
            return err->rc;
    }
    return split(app, out, where, &seal, key, &parent, &children, err);
}

const struct cmd cmd_licence_split = {
    .name = "split",
    .args = "FILE CHILD...",
    .summary = "split a licence into child licences for other sites",
    .about =
        "Each CHILD is ID:UNITS:FIRST-LAST, with :REISSUES behind when it shall have some; FIRST\n"
        "and LAST are serial numbers. The children are charged to the parent in its ledger, and\n"
        "their serial numbers are no longer the parent's.",
    .run = run,
};
