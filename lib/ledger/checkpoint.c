/* SPDX-License-Identifier: Apache-2.0 */
/* Signed checkpoints: made, read, and what a ledger is held to. */
#include "ledger/checkpoint.h"

#include "base/wr.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1024, FILE_MAX = 16384, FIRST = 1 };

void rk_checkpoint_done(struct rk_checkpoint *checkpoint)
{
    rk_bytes_done(&checkpoint->signature);
}

enum rk_rc rk_checkpoint_text(const struct rk_checkpoint *c, struct rk_bytes *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    char head[65], key[65];

    rk_hex_write(c->head, sizeof c->head, head);
    rk_hex_write(c->key_sha256, sizeof c->key_sha256, key);
    rk_wr_printf(&wr,
                 "rotkit ledger checkpoint 1\nledger: %s\nsize: %" PRIu64 "\nhead: %s\n"
                 "time: %" PRId64 "\nkey: %s\n",
                 c->ledger, c->size, head, c->time, key);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc write_file(const struct rk_checkpoint *c, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);

    rk_json_put_str(at, "rotkit", "ledger checkpoint 1");
    rk_json_put_str(at, "ledger", c->ledger);
    rk_json_put_u64(at, "size", c->size);
    rk_json_put_hex(at, "head", c->head, sizeof c->head);
    rk_json_put_u64(at, "time", (uint64_t)c->time);
    rk_json_put_hex(at, "key", c->key_sha256, sizeof c->key_sha256);
    rk_json_put_str(at, "scheme", rk_scheme_name(c->scheme));
    rk_json_put_hex(at, "signature", c->signature.p, c->signature.len);
    return rk_json_text(doc, true, ret, err);
}

static enum rk_rc read_members(struct rk_jv at, struct rk_checkpoint *c, struct rk_err *err)
{
    char kind[32];
    uint8_t id[16];
    uint64_t time;

    if (rk_json_want_text(at, "rotkit", kind, sizeof kind, err) ||
        strcmp(kind, "ledger checkpoint 1") != 0)
        return rk_fail(err, RK_E_FORMAT, "not a ledger checkpoint of format 1");
    if (rk_json_want_hex(at, "ledger", id, sizeof id, err) ||
        rk_json_want_u64(at, "size", INT64_MAX, &c->size, err) ||
        rk_json_want_hex(at, "head", c->head, sizeof c->head, err) ||
        rk_json_want_u64(at, "time", INT64_MAX, &time, err) ||
        rk_json_want_hex(at, "key", c->key_sha256, sizeof c->key_sha256, err) ||
        rk_signed_text_read(at, &c->scheme, &c->signature, err))
        return err->rc;
    rk_hex_write(id, sizeof id, c->ledger);
    c->time = (int64_t)time;
    return RK_OK;
}

enum rk_rc rk_checkpoint_check(const rk_ctx *ctx, const struct rk_checkpoint *c,
                               const rk_signer *key, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_checkpoint_text(c, &text, err))
        return err->rc;
    return rk_signed_text_check(ctx, key, c->key_sha256, c->scheme, &c->signature, &text, err);
}

enum rk_rc rk_checkpoint_read(const rk_ctx *ctx, const uint8_t *file, size_t len,
                              const rk_signer *key, struct rk_checkpoint *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    if (len > FILE_MAX)
        return rk_fail(err, RK_E_FORMAT, "%zu bytes are too many for a checkpoint", len);
    if (rk_json_parse(file, len, &doc, err) || read_members(rk_json_root(doc), &c, err) ||
        rk_checkpoint_check(ctx, &c, key, err))
        return err->rc;
    *ret = c;
    c.signature = (struct rk_bytes)RK_BYTES_NONE;
    return RK_OK;
}

enum rk_rc rk_checkpoint_of_row(const char *const *column, struct rk_checkpoint *c,
                                struct rk_err *err)
{
    uint64_t time;

    if (rk_parse_u64(column[0], INT64_MAX, &c->size, err) ||
        rk_hex_read(column[1], strlen(column[1]), c->head, sizeof c->head, err) ||
        rk_parse_u64(column[2], INT64_MAX, &time, err) ||
        rk_hex_read(column[3], strlen(column[3]), c->key_sha256, sizeof c->key_sha256, err))
        return rk_wrap(err, "a checkpoint in the ledger");
    c->time = (int64_t)time;
    c->scheme = rk_scheme_find(column[4]);
    if (c->scheme == RK_SCHEME_NONE)
        return rk_fail(err, RK_E_VERIFY, "a checkpoint in the ledger: unknown scheme");
    if (rk_bytes_new(strlen(column[5]) / 2, &c->signature, err))
        return err->rc;
    if (rk_hex_read(column[5], strlen(column[5]), c->signature.p, c->signature.len, err))
        return rk_wrap(err, "a checkpoint in the ledger");
    return RK_OK;
}

static enum rk_rc read_last(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_checkpoint_of_row(column, arg, err);
}

static enum rk_rc read_name(void *arg, const char *const *column, struct rk_err *err)
{
    char *name = arg;

    if (strcmp(column[2], "ledger") != 0 || strlen(column[9]) != 32)
        return rk_fail(err, RK_E_VERIFY, "the ledger's first entry does not name it");
    memcpy(name, column[9], 33);
    return RK_OK;
}

enum rk_rc rk_ledger_name(rk_ledger *ledger, char ret[33], struct rk_err *err)
{
    const struct rk_sql_value first = RK_SQL_NUMBER(FIRST);

    ret[0] = '\0';
    if (ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_GET, &first, 1, read_name, ret, err))
        return err->rc;
    return ret[0] == '\0' ? rk_fail(err, RK_E_VERIFY, "the ledger is empty") : RK_OK;
}

static enum rk_rc keep(rk_ledger *ledger, const struct rk_checkpoint *c, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes hex = RK_BYTES_NONE;
    char head[65], key[65];

    if (rk_bytes_new(2 * c->signature.len + 1, &hex, err))
        return err->rc;
    rk_hex_write(c->signature.p, c->signature.len, (char *)hex.p);
    rk_hex_write(c->head, sizeof c->head, head);
    rk_hex_write(c->key_sha256, sizeof c->key_sha256, key);
    const struct rk_sql_value value[] = {
        RK_SQL_NUMBER(c->size),
        RK_SQL_TEXT(head),
        RK_SQL_NUMBER(c->time),
        RK_SQL_TEXT(key),
        RK_SQL_TEXT(rk_scheme_name(c->scheme)),
        RK_SQL_TEXT((const char *)hex.p),
    };
    return ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_PUT, value, 6, NULL, NULL, err);
}

struct checkpointing {
    rk_signer *key;
    struct rk_checkpoint made;
};

static enum rk_rc sign_now(rk_ledger *ledger, rk_signer *key, struct rk_checkpoint *c,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    c->size = ledger->size;
    c->time = ledger->now;
    c->scheme = rk_signer_default_scheme(key);
    memcpy(c->head, ledger->head, sizeof c->head);
    if (rk_checkpoint_text(c, &text, err) ||
        rk_signer_sign(key, c->scheme, text.p, text.len, &c->signature, err))
        return err->rc;
    return keep(ledger, c, err);
}

static enum rk_rc checkpoint(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    struct checkpointing *work = arg;
    struct rk_checkpoint *c = &work->made;
    uint8_t key[32];

    rk_checkpoint_done(c);
    *c = (struct rk_checkpoint) { .size = 0 };
    if (rk_ledger_name(ledger, c->ledger, err) || rk_signed_text_key(work->key, key, err) ||
        ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_LAST, NULL, 0, read_last, c, err))
        return err->rc;
    if (c->size == ledger->size && memcmp(c->key_sha256, key, sizeof key) == 0)
        return RK_OK;
    rk_bytes_done(&c->signature);
    memcpy(c->key_sha256, key, sizeof key);
    return sign_now(ledger, work->key, c, err);
}

static void checkpointing_done(struct checkpointing *work)
{
    rk_checkpoint_done(&work->made);
}

enum rk_rc rk_ledger_checkpoint(rk_ledger *ledger, rk_signer *key, struct rk_bytes *ret,
                                struct rk_err *err)
{
    RK_AUTO(checkpointing_done) struct checkpointing work = { .key = key };

    if (rk_ledger_transact(ledger, checkpoint, &work, err))
        return err->rc;
    return write_file(&work.made, ret, err);
}

static enum rk_rc read_hash(void *arg, const char *const *column, struct rk_err *err)
{
    (void)err;
    (void)snprintf(arg, RK_HEX32, "%s", column[10]);
    return RK_OK;
}

static enum rk_rc compare_checkpoint(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct rk_checkpoint *c = arg;
    const struct rk_sql_value at = RK_SQL_NUMBER(c->size);
    char name[33], head[RK_HEX32], hash[RK_HEX32] = "";

    if (rk_ledger_name(ledger, name, err))
        return err->rc;
    if (strcmp(name, c->ledger) != 0)
        return rk_fail(err, RK_E_LEDGER, "the checkpoint is of ledger %s, this is ledger %s",
                       c->ledger, name);
    if (c->size > ledger->size) {
        (void)rk_fail(err, RK_E_LEDGER,
                      "the ledger is older than its checkpoint: %" PRIu64 " entries, %" PRIu64
                      " were there",
                      ledger->size, c->size);
        return rk_note(err, "an old copy was put back: bring the newest one");
    }
    if (ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_GET, &at, 1, read_hash, hash, err))
        return err->rc;
    rk_hex_write(c->head, sizeof c->head, head);
    if (strcmp(head, hash) != 0)
        return rk_fail(err, RK_E_LEDGER,
                       "the ledger is not the one of the checkpoint: entry %" PRIu64
                       " has hash %.16s, it was %.16s",
                       c->size, hash, head);
    return RK_OK;
}

enum rk_rc rk_ledger_compare_checkpoint(rk_ledger *ledger, const struct rk_checkpoint *checkpoint,
                                        struct rk_err *err)
{
    struct rk_checkpoint c = *checkpoint;

    return ledger->db == NULL ? RK_OK : rk_ledger_transact(ledger, compare_checkpoint, &c, err);
}
