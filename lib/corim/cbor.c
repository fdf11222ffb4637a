/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8949. */
#include "rotkit/cbor.h"

#include <string.h>

const char *rk_cbor_kind_name(enum rk_cbor_kind kind)
{
    static const char *const names[] = {
        [RK_CBOR_UINT] = "a number",       [RK_CBOR_NINT] = "a negative number",
        [RK_CBOR_BYTES] = "a byte string", [RK_CBOR_TEXT] = "a text",
        [RK_CBOR_ARRAY] = "an array",      [RK_CBOR_MAP] = "a map",
        [RK_CBOR_TAG] = "a tag",           [RK_CBOR_OTHER] = "a simple value",
    };

    return names[kind];
}

/* ---- reading ---- */

/* The bytes of the shortest head for this number. RFC 8949, 3 */
static size_t head_len(uint64_t value)
{
    return value < 24            ? 1
           : value <= UINT8_MAX  ? 2
           : value <= UINT16_MAX ? 3
           : value <= UINT32_MAX ? 5
                                 : 9;
}

static bool is_string(const struct rk_cbor *item)
{
    return item->kind == RK_CBOR_BYTES || item->kind == RK_CBOR_TEXT;
}

/* The length of the character, 0 when there is none. RFC 3629, 4 */
static size_t utf8_len(const uint8_t *p, size_t left)
{
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xc2 ? 0
                 : p[0] < 0xe0 ? 2
                 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf5 ? 4
                               : 0;

    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

static bool is_utf8(const uint8_t *p, size_t len)
{
    for (size_t at = 0, n; at < len; at += n) {
        n = utf8_len(p + at, len - at);
        if (n == 0)
            return false;
    }
    return true;
}

/* The low five bits of a first byte: a number below 24, or in how many bytes behind it stands. */
enum { SHORT = 24, RESERVED = 28, INDEFINITE = 31 };

enum rk_rc rk_cbor_next(struct rk_rd *rd, struct rk_cbor *ret, struct rk_err *err)
{
    struct rk_cbor item = { .at = rk_rd_offset(rd) };
    size_t start = rd->pos;
    uint8_t first = (uint8_t)rk_rd_be(rd, 1), low = first & 0x1f;

    if (low == INDEFINITE)
        return rk_fail(err, RK_E_FORMAT, "indefinite length at offset 0x%zx", item.at);
    if (low >= RESERVED)
        return rk_fail(err, RK_E_FORMAT, "no CBOR item at offset 0x%zx", item.at);
    item.kind = (enum rk_cbor_kind)(first >> 5);
    item.value = low < SHORT ? low : rk_rd_be(rd, (size_t)1 << (low - SHORT));
    /* RFC 8949, 3.3: a simple value below 32 has no second byte. */
    if (rd->want == 0 && item.kind == RK_CBOR_OTHER && low == SHORT && item.value < 32)
        return rk_fail(err, RK_E_FORMAT, "no CBOR item at offset 0x%zx", item.at);
    if (rd->want == 0 && item.kind != RK_CBOR_OTHER && rd->pos - start != head_len(item.value))
        return rk_fail(err, RK_E_FORMAT, "not in its shortest form at offset 0x%zx", item.at);
    if (is_string(&item))
        item.p = item.value <= SIZE_MAX ? rk_rd_take(rd, (size_t)item.value) : NULL;
    if (rd->want != 0)
        return rk_fail(err, RK_E_FORMAT, "cut short at offset 0x%zx", item.at);
    if (item.kind == RK_CBOR_TEXT && !is_utf8(item.p, (size_t)item.value))
        return rk_fail(err, RK_E_FORMAT, "the text at offset 0x%zx is no UTF-8", item.at);
    *ret = item;
    return RK_OK;
}

bool rk_cbor_is_next(const struct rk_rd *rd, enum rk_cbor_kind kind)
{
    struct rk_rd ahead = *rd;
    struct rk_cbor item;
    struct rk_err ignored;

    return rk_cbor_next(&ahead, &item, &ignored) == RK_OK && item.kind == kind;
}

enum rk_rc rk_cbor_want(struct rk_rd *rd, enum rk_cbor_kind kind, struct rk_cbor *ret,
                        struct rk_err *err)
{
    if (rk_cbor_next(rd, ret, err))
        return err->rc;
    if (ret->kind != kind)
        return rk_fail(err, RK_E_FORMAT, "%s at offset 0x%zx, expected %s",
                       rk_cbor_kind_name(ret->kind), ret->at, rk_cbor_kind_name(kind));
    return RK_OK;
}

enum rk_rc rk_cbor_int(struct rk_rd *rd, int64_t *ret, struct rk_err *err)
{
    struct rk_cbor item;

    if (rk_cbor_next(rd, &item, err))
        return err->rc;
    if (item.kind != RK_CBOR_UINT && item.kind != RK_CBOR_NINT)
        return rk_fail(err, RK_E_FORMAT, "%s at offset 0x%zx, expected a number",
                       rk_cbor_kind_name(item.kind), item.at);
    if (item.value > INT64_MAX)
        return rk_fail(err, RK_E_FORMAT, "the number at offset 0x%zx is beyond 2^63", item.at);
    *ret = item.kind == RK_CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
    return RK_OK;
}

static enum rk_rc skip(struct rk_rd *rd, int depth, struct rk_err *err);

struct key {
    size_t at, len; /* its bytes in the cursor */
};

static enum rk_rc skip_key(struct rk_rd *rd, const struct key *before, size_t count,
                           struct key *ret, struct rk_err *err)
{
    struct rk_cbor item;

    ret->at = rd->pos;
    if (rk_cbor_next(rd, &item, err))
        return err->rc;
    if (item.kind != RK_CBOR_UINT && item.kind != RK_CBOR_NINT && item.kind != RK_CBOR_TEXT)
        return rk_fail(err, RK_E_FORMAT, "%s as key at offset 0x%zx, expected a number or text",
                       rk_cbor_kind_name(item.kind), item.at);
    ret->len = rd->pos - ret->at;
    for (size_t i = 0; i < count; i++) {
        if (before[i].len == ret->len &&
            memcmp(rd->buf + before[i].at, rd->buf + ret->at, ret->len) == 0)
            return rk_fail(err, RK_E_FORMAT, "the key at offset 0x%zx is there twice", item.at);
    }
    return RK_OK;
}

static enum rk_rc skip_map(struct rk_rd *rd, const struct rk_cbor *map, int depth,
                           struct rk_err *err)
{
    struct key key[RK_CBOR_PAIRS_MAX];

    if (map->value > RK_CBOR_PAIRS_MAX)
        return rk_fail(err, RK_E_FORMAT, "%llu pairs in the map at offset 0x%zx, at most %d",
                       (unsigned long long)map->value, map->at, RK_CBOR_PAIRS_MAX);
    for (size_t i = 0; i < map->value; i++) {
        if (skip_key(rd, key, i, &key[i], err) || skip(rd, depth + 1, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc skip(struct rk_rd *rd, int depth, struct rk_err *err)
{
    struct rk_cbor item;

    if (depth == RK_CBOR_DEPTH_MAX)
        return rk_fail(err, RK_E_FORMAT, "more than %d deep at offset 0x%zx", RK_CBOR_DEPTH_MAX,
                       rk_rd_offset(rd));
    if (rk_cbor_next(rd, &item, err))
        return err->rc;
    if (item.kind == RK_CBOR_MAP)
        return skip_map(rd, &item, depth, err);
    if (item.kind == RK_CBOR_TAG)
        return skip(rd, depth + 1, err);
    /* Each turn takes a byte at least, or fails: no count outlasts the file. */
    for (uint64_t i = 0; item.kind == RK_CBOR_ARRAY && i < item.value; i++) {
        if (skip(rd, depth + 1, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_cbor_skip(struct rk_rd *rd, struct rk_err *err)
{
    return skip(rd, 0, err);
}

enum rk_rc rk_cbor_check(const uint8_t *bytes, size_t len, size_t base, struct rk_err *err)
{
    struct rk_rd rd = { .buf = bytes, .len = len, .base = base };

    return rk_cbor_skip(&rd, err) ? err->rc : rk_rd_end(&rd, err);
}

/* ---- writing ---- */

static void put_head(struct rk_wr *wr, enum rk_cbor_kind kind, uint64_t value)
{
    static const uint8_t low[] = { [2] = SHORT, [3] = SHORT + 1, [5] = SHORT + 2, [9] = SHORT + 3 };
    size_t len = head_len(value);

    rk_wr_be(wr, (uint64_t)kind << 5 | (len == 1 ? value : low[len]), 1);
    if (len > 1)
        rk_wr_be(wr, value, len - 1);
}

void rk_cbor_put_uint(struct rk_wr *wr, uint64_t value)
{
    put_head(wr, RK_CBOR_UINT, value);
}

void rk_cbor_put_int(struct rk_wr *wr, int64_t value)
{
    if (value >= 0)
        put_head(wr, RK_CBOR_UINT, (uint64_t)value);
    else
        put_head(wr, RK_CBOR_NINT, (uint64_t)(-1 - value));
}

void rk_cbor_put_bytes(struct rk_wr *wr, const uint8_t *bytes, size_t len)
{
    put_head(wr, RK_CBOR_BYTES, len);
    rk_wr_bytes(wr, bytes, len);
}

void rk_cbor_put_text(struct rk_wr *wr, const char *text)
{
    put_head(wr, RK_CBOR_TEXT, strlen(text));
    rk_wr_str(wr, text);
}

void rk_cbor_put_array(struct rk_wr *wr, size_t count)
{
    put_head(wr, RK_CBOR_ARRAY, count);
}

void rk_cbor_put_map(struct rk_wr *wr, size_t pairs)
{
    put_head(wr, RK_CBOR_MAP, pairs);
}

void rk_cbor_put_tag(struct rk_wr *wr, uint64_t tag)
{
    put_head(wr, RK_CBOR_TAG, tag);
}
