/* SPDX-License-Identifier: Apache-2.0 */
/* Signed checkpoints: made, and what a ledger is compared with. */
#include "ledger/checkpoint.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum rk_rc write_file(const struct rk_checkpoint *c, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);

    rk_checkpoint_put_members(at, c);
    rk_json_put_str(at, "scheme", rk_scheme_name(c->scheme));
    rk_json_put_hex(at, "signature", c->signature.p, c->signature.len);
    return rk_json_text(doc, true, ret, err);
}

struct checkpointing {
    rk_signer *key;
    struct rk_checkpoint made;
};

enum rk_rc rk_checkpoint_sign(rk_ledger *ledger, rk_signer *key, struct rk_checkpoint *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .format = RK_CHECKPOINT_FORMAT };

    c.size = ledger->size;
    c.time = ledger->now;
    c.scheme = rk_signer_default_scheme(key);
    memcpy(c.head, ledger->head, sizeof c.head);
    if (rk_ledger_name(ledger, c.ledger, err) || rk_signed_text_key(key, c.key_sha256, err) ||
        rk_checkpoint_set_sums(&c, ledger->tally.sum, ledger->tally.count, err) ||
        rk_checkpoint_text(&c, &text, err) ||
        rk_signer_sign(key, c.scheme, text.p, text.len, &c.signature, err) ||
        rk_checkpoint_keep(ledger, &c, err))
        return err->rc;
    rk_checkpoint_done(ret);
    *ret = c;
    c.signature = (struct rk_bytes)RK_BYTES_NONE;
    c.sum = NULL;
    return RK_OK;
}

static enum rk_rc checkpoint(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    struct checkpointing *work = arg;
    struct rk_checkpoint *c = &work->made;
    uint8_t key[32];

    rk_checkpoint_done(c);
    *c = (struct rk_checkpoint) { .size = 0 };
    if (rk_signed_text_key(work->key, key, err) || rk_checkpoint_last(ledger, c, err))
        return err->rc;
    if (c->size == ledger->size && c->format == RK_CHECKPOINT_FORMAT &&
        memcmp(c->key_sha256, key, sizeof key) == 0)
        return rk_checkpoint_check(ledger->ctx, c, work->key, err);
    return rk_checkpoint_sign(ledger, work->key, c, err);
}

static void checkpointing_done(struct checkpointing *work)
{
    rk_checkpoint_done(&work->made);
}

enum rk_rc rk_ledger_checkpoint(rk_ledger *ledger, rk_signer *key, struct rk_bytes *ret,
                                struct rk_err *err)
{
    RK_AUTO(checkpointing_done) struct checkpointing work = { .key = key };

    if (rk_ledger_decide(ledger, checkpoint, &work, err))
        return err->rc;
    return write_file(&work.made, ret, err);
}

static enum rk_rc read_hash(void *arg, const char *const *column, struct rk_err *err)
{
    (void)err;
    (void)snprintf(arg, RK_HEX32, "%s", column[RK_ENTRY_HASH]);
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
                      "the ledger is older than its checkpoint: %s, %" PRIu64 " were there",
                      RK_COUNTED(ledger->size, "entry"), c->size);
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
