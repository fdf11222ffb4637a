/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR. What the check passes is written by the writer as the same bytes: there is one form alone.
 */
#include "fuzz.h"

#include "rotkit/cbor.h"

#include <string.h>

enum { SIZE_MAX_COPIED = 1 << 20 };

static void copy_head(const struct rk_cbor *item, struct rk_wr *wr)
{
    switch (item->kind) {
    case RK_CBOR_UINT:
        rk_cbor_put_uint(wr, item->value);
        break;
    case RK_CBOR_BYTES:
        rk_cbor_put_bytes(wr, item->p, (size_t)item->value);
        break;
    case RK_CBOR_ARRAY:
        rk_cbor_put_array(wr, (size_t)item->value);
        break;
    case RK_CBOR_MAP:
        rk_cbor_put_map(wr, (size_t)item->value);
        break;
    default:
        rk_cbor_put_tag(wr, item->value);
        break;
    }
}

/* Items one after the other; those that no writer here makes are taken over as they are. */
static void copy(const uint8_t *data, size_t size, struct rk_wr *wr)
{
    struct rk_rd rd = { .buf = data, .len = size };
    struct rk_err err;

    while (rd.pos < size) {
        size_t start = rd.pos;
        struct rk_cbor item;

        FUZZ_DO(rk_cbor_next(&rd, &item, &err));
        FUZZ_HOLDS(item.at == start && rd.pos > start && rd.pos <= size);
        if (item.kind == RK_CBOR_NINT || item.kind == RK_CBOR_TEXT || item.kind == RK_CBOR_OTHER)
            rk_wr_bytes(wr, data + start, rd.pos - start);
        else
            copy_head(&item, wr);
    }
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_wr wr = RK_WR_MAX(SIZE_MAX_COPIED);
    struct rk_rd rd = { .buf = data, .len = size };
    struct rk_err err;
    int64_t number;

    if (rk_cbor_int(&rd, &number, &err) == RK_OK)
        FUZZ_HOLDS(rd.pos <= size);
    if (size > SIZE_MAX_COPIED || rk_cbor_check(data, size, 0, &err))
        return false;
    copy(data, size, &wr);
    FUZZ_HOLDS(wr.failed == RK_OK && wr.len == size);
    FUZZ_HOLDS(memcmp(wr.buf, data, size) == 0);
    rk_wr_done(&wr);
    return true;
}
