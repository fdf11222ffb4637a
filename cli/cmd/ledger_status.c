/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ledger status, verify: the counts of a ledger, and whether it holds. */
#include "cli/cmd/ledger.h"

#include "cli/cmd/licence_file.h"
#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"

#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/ledger.h"

#include <inttypes.h>

static enum rk_rc print_json(const struct app *app, const struct rk_ledger_status *s,
                             struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc), list;

    rk_json_put_str(at, "ledger", s->ledger);
    rk_json_put_u64(at, "entries", s->entries);
    rk_json_put_u64(at, "checkpoints", s->checkpoints);
    rk_json_put_u64(at, "checkpoint_size", s->checkpoint_size);
    rk_json_put_u64(at, "time", (uint64_t)s->time);
    rk_json_put_u64(at, "reserved", s->reserved);
    rk_json_put_u64(at, "issued", s->issued);
    rk_json_put_u64(at, "to_reissue", s->reissue);
    rk_json_put_u64(at, "retired", s->retired);
    rk_json_put_u64(at, "voided", s->voided);
    list = rk_json_put_array(at, "licences");
    for (size_t i = 0; i < s->licence_count; i++) {
        const struct rk_ledger_licence_status *l = &s->licence[i];
        struct rk_jv one = rk_json_put_object(list, NULL);

        rk_json_put_str(one, "id", l->id);
        rk_json_put_u64(one, "units", l->units);
        rk_json_put_u64(one, "spent", l->spent);
        rk_json_put_u64(one, "reissues", l->reissues);
        rk_json_put_u64(one, "reissued", l->reissued);
    }
    return out_json(app, doc, err);
}

static void print_text(const struct app *app, const struct rk_ledger_status *s)
{
    (void)fprintf(app->out,
                  "ledger: %s\nentries: %" PRIu64 ", %" PRIu64 " of them below a checkpoint\n"
                  "units: %" PRIu64 " issued, %" PRIu64 " reserved, %" PRIu64
                  " to be made anew, %" PRIu64 " retired, %" PRIu64 " voided\n",
                  s->ledger, s->entries, s->checkpoint_size, s->issued, s->reserved, s->reissue,
                  s->retired, s->voided);
    for (size_t i = 0; i < s->licence_count; i++)
        (void)fprintf(app->out, "licence %s: %" PRIu64 " of %s spent, %" PRIu64 " of %s\n",
                      s->licence[i].id, s->licence[i].spent,
                      RK_COUNTED(s->licence[i].units, "unit"), s->licence[i].reissued,
                      RK_COUNTED(s->licence[i].reissues, "reissue"));
}

static enum rk_rc tell(const struct app *app, rk_ledger *ledger, struct rk_err *err)
{
    RK_AUTO(rk_ledger_status_done) struct rk_ledger_status s = { .entries = 0 };

    if (rk_ledger_status(ledger, &s, err))
        return err->rc;
    if (app->json)
        return print_json(app, &s, err);
    print_text(app, &s);
    return RK_OK;
}

enum rk_rc ledger_tell(const struct app *app, const char *where, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;

    return rk_ledger_open(app->ctx, where, RK_LEDGER_READ, NULL, &ledger, err)
               ? err->rc
               : tell(app, ledger, err);
}

static enum rk_rc run_status(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const struct opt rows[] = { OPT_JSON(app), OPT_END };
    struct operands operands;

    return opt_parse(app, rows, argc, argv, 1, 1, &operands, err)
               ? err->rc
               : ledger_tell(app, operands.v[0], err);
}

const struct cmd cmd_ledger_status = {
    .name = "status",
    .args = "LEDGER",
    .summary = "units by state, licences and what is left of them",
    .about = "LEDGER is a file (SQLite) or a postgresql:// URI without a password in it.",
    .run = run_status,
};

static enum rk_rc compare_with_checkpoint(const struct app *app, rk_ledger *ledger,
                                          const char *path, const rk_signer *key,
                                          struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint checkpoint = { .size = 0 };

    if (rk_file_read(path, RK_CHECKPOINT_FILE_MAX, &file, err))
        return err->rc;
    if (rk_checkpoint_read(app->ctx, file.p, file.len, key, &checkpoint, err) ||
        rk_ledger_compare_checkpoint(ledger, &checkpoint, err)) {
        if (err->rc == RK_E_LEDGER)
            err->rc = RK_E_VERIFY;
        return rk_wrap(err, "%s", path);
    }
    return RK_OK;
}

/* What the command line asks to be verified by. */
struct verify_by {
    const char *key, *issuer;
    struct opt_list checkpoints, licences;
};

static enum rk_rc check_options(const struct app *app, const struct verify_by *by,
                                struct rk_err *err)
{
    if (by->checkpoints.count != 0 && by->key == NULL)
        return opt_fail(app, err, "--checkpoint needs --key");
    if ((by->licences.count != 0) != (by->issuer != NULL))
        return opt_fail(
            app, err, by->issuer == NULL ? "--licence needs --issuer" : "--issuer is of --licence");
    return RK_OK;
}

static enum rk_rc verify(const struct app *app, rk_ledger *ledger, const struct verify_by *by,
                         const rk_signer *key, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *issuer = NULL;
    RK_AUTO(licence_files_done) struct licence_files files = { .count = 0 };
    const struct rk_pin pin = RK_PIN_INIT(NULL);

    if (by->issuer == NULL)
        return rk_ledger_verify(ledger, key, err);
    if (pubkey_open(app, by->issuer, &pin, &issuer, err) ||
        licence_files_read(app, &by->licences, issuer, &files, err))
        return err->rc;
    return rk_ledger_verify_licences(ledger, key, files.v, files.count, err);
}

static enum rk_rc run_verify(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = NULL;
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    struct verify_by by = { .key = NULL };
    const struct rk_pin pin = RK_PIN_INIT(NULL);
    /* clang-format off */
    const struct opt rows[] = {
        { "key",        0, OPT_STR,  &by.key,         "KEY",  "public key that checkpoints are signed with", false },
        { "checkpoint", 0, OPT_LIST, &by.checkpoints, "FILE", "a checkpoint that the ledger must continue; may be given again", false },
        { "licence",    0, OPT_LIST, &by.licences,    "FILE", "a licence or child licence that entries name: units are counted against the files; may be given again", false },
        { "issuer",     0, OPT_STR,  &by.issuer,      "KEY",  "public key that licences are signed with", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) || check_options(app, &by, err) ||
        (by.key != NULL && pubkey_open(app, by.key, &pin, &key, err)) ||
        rk_ledger_open(app->ctx, operands.v[0], RK_LEDGER_READ, NULL, &ledger, err) ||
        verify(app, ledger, &by, key, err))
        return err->rc;
    for (size_t i = 0; i < by.checkpoints.count; i++) {
        if (compare_with_checkpoint(app, ledger, by.checkpoints.v[i], key, err))
            return err->rc;
    }
    return tell(app, ledger, err);
}

const struct cmd cmd_ledger_verify = {
    .name = "verify",
    .args = "LEDGER",
    .summary = "check chain, checkpoints and counts",
    .about = "Counts all entries anew, and compares every checkpoint, table and trigger with them. "
             "Without\n"
             "--key the signatures of checkpoints are not checked. With --licence, every licence "
             "and child\n"
             "licence that an entry names must be given, and what was made is counted against "
             "their terms.",
    .run = run_verify,
};
