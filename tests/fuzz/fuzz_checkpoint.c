/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoint files of a ledger. */
#include "fuzz.h"

#include "ledger/checkpoint.h"
#include "ledger/signed_text.h"

#include <string.h>

static void put(const struct rk_checkpoint *c, struct rk_jv at)
{
    rk_json_put_str(at, "rotkit", "ledger checkpoint 1");
    rk_json_put_str(at, "ledger", c->ledger);
    rk_json_put_u64(at, "size", c->size);
    rk_json_put_hex(at, "head", c->head, sizeof c->head);
    rk_json_put_u64(at, "time", (uint64_t)c->time);
    rk_json_put_hex(at, "key", c->key_sha256, sizeof c->key_sha256);
}

static enum rk_rc make(struct rk_checkpoint *c, struct rk_bytes *ret, struct rk_err *err)
{
    rk_json *doc = rk_json_new();
    struct rk_bytes text = RK_BYTES_NONE;

    if (rk_signed_text_key(fuzz_key(), c->key_sha256, err))
        fuzz_stuck(err, "rk_signed_text_key", __FILE__, __LINE__);
    put(c, rk_json_root(doc));
    if (rk_checkpoint_text(c, &text, err) == RK_OK &&
        rk_signed_text_sign(fuzz_key(), &text, rk_json_root(doc), err) == RK_OK)
        (void)!rk_json_text(doc, true, ret, err);
    rk_bytes_done(&text);
    rk_json_free(doc);
    return ret->p != NULL ? RK_OK : err->rc;
}

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_checkpoint c = { .ledger = "00112233445566778899aabbccddeeff",
                               .size = 7,
                               .head = { 0x55 },
                               .time = 1800000000 };
    struct rk_err err;

    FUZZ_DO(make(&c, ret, &err));
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_checkpoint c = { .size = 0 };
    struct rk_err err;

    if (rk_checkpoint_read(fuzz_ctx(), data, size, fuzz_key(), &c, &err)) {
        FUZZ_HOLDS(c.signature.p == NULL);
        return false;
    }
    FUZZ_HOLDS(strlen(c.ledger) == 32 && c.time >= 0);
    rk_checkpoint_done(&c);
    return true;
}

size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct rk_checkpoint c = { .size = 0 };
    struct rk_bytes file = RK_BYTES_NONE;
    rk_json *doc = NULL;
    uint64_t time = 0;
    struct rk_err err;

    (void)seed;
    if (rk_json_parse(data, size, &doc, &err) == RK_OK &&
        rk_json_want_text(rk_json_root(doc), "ledger", c.ledger, sizeof c.ledger, &err) == RK_OK &&
        rk_json_want_u64(rk_json_root(doc), "size", INT64_MAX, &c.size, &err) == RK_OK &&
        rk_json_want_u64(rk_json_root(doc), "time", INT64_MAX, &time, &err) == RK_OK &&
        rk_json_want_hex(rk_json_root(doc), "head", c.head, sizeof c.head, &err) == RK_OK) {
        c.time = (int64_t)time;
        if (make(&c, &file, &err) == RK_OK && file.len <= max) {
            size = file.len;
            memcpy(data, file.p, size);
        }
    }
    rk_bytes_done(&file);
    rk_json_free(doc);
    return size;
}
