/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ledger init, rebuild, correct-time: a ledger made, its tables made anew, its time put
 * right. */
#include "cli/cmd/ledger.h"

#include "cli/cmd/key.h"
#include "cli/cmd/licence_file.h"
#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"

#include "rotkit/key.h"
#include "rotkit/ledger.h"

#include <inttypes.h>
#include <string.h>

static enum rk_rc run_init(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    const char *role = NULL;
    /* clang-format off */
    const struct opt rows[] = {
        { "role", 0, OPT_STR, &role, "ROLE", "PostgreSQL: lets this role, which is there already, add entries and checkpoints and read, and nothing else", false },
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    if (role != NULL && strncmp(operands.v[0], "postgres", 8) != 0)
        return opt_fail(app, err,
                        "--role is of a ledger on PostgreSQL: who may write a file may "
                        "write a ledger in it");
    if (rk_ledger_open(app->ctx, operands.v[0], RK_LEDGER_CREATE, NULL, &ledger, err))
        return err->rc;
    return role == NULL ? RK_OK : rk_ledger_grant(ledger, role, err);
}

const struct cmd cmd_ledger_init = {
    .name = "init",
    .args = "LEDGER",
    .summary = "make a ledger, and let the stations' role use it",
    .about =
        "A build makes its ledger by itself where it may. On PostgreSQL let an owner make it,\n"
        "and stations log in as a role that may not change what stands there.",
    .run = run_init,
};

static enum rk_rc rebuild(const struct app *app, const char *where, const rk_signer *key,
                          const struct licence_files *files, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;

    if (rk_ledger_open(app->ctx, where, RK_LEDGER_REBUILD, NULL, &ledger, err))
        return err->rc;
    return rk_ledger_rebuild(ledger, key, files->v, files->count, err);
}

static enum rk_rc run_rebuild(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_signer_done) rk_signer *issuer = NULL;
    RK_AUTO(licence_files_done) struct licence_files files = { .count = 0 };
    const char *name = NULL, *issuer_name = NULL;
    struct opt_list paths = { .count = 0 };
    const struct rk_pin pin = RK_PIN_INIT(NULL);
    /* clang-format off */
    const struct opt rows[] = {
        { "licence", 0, OPT_LIST, &paths,       "FILE", "of a ledger of format 1: a licence or child licence that its entries name; may be given again", false },
        { "issuer",  0, OPT_STR,  &issuer_name, "KEY",  "public key that licences are signed with", false },
        { "key",     0, OPT_STR,  &name,        "KEY",  "public key that checkpoints are signed with", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        (name != NULL && pubkey_open(app, name, &pin, &key, err)) ||
        (issuer_name != NULL && pubkey_open(app, issuer_name, &pin, &issuer, err)) ||
        licence_files_read(app, &paths, issuer, &files, err) ||
        rebuild(app, operands.v[0], key, &files, err))
        return err->rc;
    return ledger_tell(app, operands.v[0], err);
}

const struct cmd cmd_ledger_rebuild = {
    .name = "rebuild",
    .args = "LEDGER",
    .summary = "make the tables anew from the entries; takes over a ledger of format 1",
    .about =
        "Units, ids, licences and splits stand in tables that a build reads quickly and believes\n"
        "no further than the entries. Where they differ, this makes them anew, with the triggers\n"
        "that guard them. Entries that do not hold together, or that a checkpoint contradicts, "
        "are\n"
        "refused. Entries of format 1 name licences without their units: give each file.",
    .run = run_rebuild,
};

static enum rk_rc run_correct_time(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    struct rk_pin pin = RK_PIN_INIT(NULL);
    const char *uri = NULL;
    int64_t before = 0, now = 0;
    /* clang-format off */
    const struct opt rows[] = {
        { "key", 0, OPT_STR, &uri, "KEY", "key that signs this ledger's checkpoints", true },
        OPT_PASSPHRASE(pin.source),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        rk_signer_open(app->ctx, uri, &pin, &key, err) ||
        rk_ledger_open(app->ctx, operands.v[0], RK_LEDGER_WRITE, NULL, &ledger, err) ||
        rk_ledger_correct_time(ledger, key, &before, &now, err))
        return err->rc;
    (void)fprintf(app->out, "time: %" PRId64 ", it was %" PRId64 "\n", now, before);
    return RK_OK;
}

const struct cmd cmd_ledger_correct_time = {
    .name = "correct-time",
    .args = "LEDGER",
    .summary = "put the ledger's time right by the clock, signed by the checkpoint key",
    .about =
        "A ledger's time is the later of the clock and of its last entry, and a build is refused\n"
        "when the clock is more than 400 days ahead of the last checkpoint. When a clock was "
        "wrong,\n"
        "or a ledger has lain idle for longer, set the clock and run this: an entry of its own "
        "says\n"
        "so, and a checkpoint signs it.",
    .run = run_correct_time,
};
