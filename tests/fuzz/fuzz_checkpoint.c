/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoint files of a ledger. */
#include "fuzz.h"

#include "ledger/checkpoint.h"
#include "ledger/signed_text.h"

#include <string.h>

static enum rk_rc make(struct rk_checkpoint *c, struct rk_bytes *ret, struct rk_err *err)
{
    rk_json *doc = rk_json_new();
    struct rk_bytes text = RK_BYTES_NONE;

    if (rk_signed_text_key(fuzz_key(), c->key_sha256, err))
        fuzz_stuck(err, "rk_signed_text_key", __FILE__, __LINE__);
    rk_checkpoint_put_members(rk_json_root(doc), c);
    if (rk_checkpoint_text(c, &text, err) == RK_OK &&
        rk_signed_text_sign(fuzz_key(), &text, rk_json_root(doc), err) == RK_OK)
        (void)!rk_json_text(doc, true, ret, err);
    rk_bytes_done(&text);
    rk_json_free(doc);
    return ret->p != NULL ? RK_OK : err->rc;
}

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_ledger_sum sums[] = {
        { .id = "L1", .units = 10, .reissues = 2, .spent = 7, .reissued = 1, .splits = { 0x66 } },
        { .id = "L2", .units = 1 },
    };
    struct rk_checkpoint c = { .format = RK_CHECKPOINT_FORMAT,
                               .ledger = "00112233445566778899aabbccddeeff",
                               .sum = sums,
                               .sum_count = sizeof sums / sizeof sums[0],
                               .size = 7,
                               .head = { 0x55 },
                               .time = 1800000000 };
    struct rk_err err;

    for (size_t i = 0; i < c.sum_count; i++)
        memset(sums[i].terms, 'a', 64);
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
    FUZZ_HOLDS(strlen(c.ledger) == 32 && c.time >= 0 && c.format - 1 < 2);
    FUZZ_HOLDS(c.format == RK_CHECKPOINT_FORMAT || c.sum_count == 0);
    rk_checkpoint_done(&c);
    return true;
}

size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct rk_checkpoint c = { .size = 0 };
    struct rk_bytes file = RK_BYTES_NONE;
    struct rk_err err;

    (void)seed;
    if (rk_checkpoint_parse(data, size, &c, &err) == RK_OK && make(&c, &file, &err) == RK_OK &&
        file.len <= max) {
        size = file.len;
        memcpy(data, file.p, size);
    }
    rk_bytes_done(&file);
    rk_checkpoint_done(&c);
    return size;
}
