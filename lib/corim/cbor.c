/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8949, over libcbor. */
#include "rotkit/cbor.h"

#include <string.h>

#include <cbor.h>

enum { HEAD_MAX = 9, TAG_HEAD = 6 << 5 };

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

/* ---- what libcbor calls with the one item it finds ---- */

struct found {
    struct rk_cbor item;
    bool indefinite;
};

static void set(void *arg, enum rk_cbor_kind kind, uint64_t value, const uint8_t *p)
{
    struct found *found = arg;

    found->item.kind = kind;
    found->item.value = value;
    found->item.p = p;
}

static void on_uint8(void *arg, uint8_t value)
{
    set(arg, RK_CBOR_UINT, value, NULL);
}

static void on_uint16(void *arg, uint16_t value)
{
    set(arg, RK_CBOR_UINT, value, NULL);
}

static void on_uint32(void *arg, uint32_t value)
{
    set(arg, RK_CBOR_UINT, value, NULL);
}

static void on_uint64(void *arg, uint64_t value)
{
    set(arg, RK_CBOR_UINT, value, NULL);
}

static void on_nint8(void *arg, uint8_t value)
{
    set(arg, RK_CBOR_NINT, value, NULL);
}

static void on_nint16(void *arg, uint16_t value)
{
    set(arg, RK_CBOR_NINT, value, NULL);
}

static void on_nint32(void *arg, uint32_t value)
{
    set(arg, RK_CBOR_NINT, value, NULL);
}

static void on_nint64(void *arg, uint64_t value)
{
    set(arg, RK_CBOR_NINT, value, NULL);
}

static void on_bytes(void *arg, cbor_data p, size_t len)
{
    set(arg, RK_CBOR_BYTES, len, p);
}

static void on_text(void *arg, cbor_data p, size_t len)
{
    set(arg, RK_CBOR_TEXT, len, p);
}

static void on_array(void *arg, size_t count)
{
    set(arg, RK_CBOR_ARRAY, count, NULL);
}

static void on_map(void *arg, size_t pairs)
{
    set(arg, RK_CBOR_MAP, pairs, NULL);
}

static void on_tag(void *arg, uint64_t tag)
{
    set(arg, RK_CBOR_TAG, tag, NULL);
}

static void on_float(void *arg, float value)
{
    (void)value;
    set(arg, RK_CBOR_OTHER, 0, NULL);
}

static void on_double(void *arg, double value)
{
    (void)value;
    set(arg, RK_CBOR_OTHER, 0, NULL);
}

static void on_bool(void *arg, bool value)
{
    (void)value;
    set(arg, RK_CBOR_OTHER, 0, NULL);
}

static void on_simple(void *arg)
{
    set(arg, RK_CBOR_OTHER, 0, NULL);
}

static void on_indefinite(void *arg)
{
    ((struct found *)arg)->indefinite = true;
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_nint8,
    .negint16 = on_nint16,
    .negint32 = on_nint32,
    .negint64 = on_nint64,
    .byte_string_start = on_indefinite,
    .byte_string = on_bytes,
    .string_start = on_indefinite,
    .string = on_text,
    .indef_array_start = on_indefinite,
    .array_start = on_array,
    .indef_map_start = on_indefinite,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_simple,
    .null = on_simple,
    .boolean = on_bool,
    .indef_break = on_indefinite,
};

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

/*
 * libcbor, which of the tags in one byte refuses those that RFC 7049 had no use for (seen in 0.8.0:
 * 6 to 20, COSE_Sign1's among them).
 */
static struct cbor_decoder_result decode(const struct rk_rd *rd, struct found *found)
{
    size_t left = rk_rd_left(rd);
    uint8_t first = left == 0 ? 0 : rd->buf[rd->pos];

    if (left == 0)
        return (struct cbor_decoder_result) { .status = CBOR_DECODER_NEDATA };
    if (first >= TAG_HEAD && first < TAG_HEAD + 24) {
        on_tag(found, first - TAG_HEAD);
        return (struct cbor_decoder_result) { .read = 1, .status = CBOR_DECODER_FINISHED };
    }
    return cbor_stream_decode(rd->buf + rd->pos, left, &callbacks, found);
}

enum rk_rc rk_cbor_next(struct rk_rd *rd, struct rk_cbor *ret, struct rk_err *err)
{
    struct found found = { .item = { .at = rk_rd_offset(rd) } };
    struct cbor_decoder_result result = decode(rd, &found);
    size_t at = found.item.at, content;

    if (result.status == CBOR_DECODER_NEDATA)
        return rk_fail(err, RK_E_FORMAT, "cut short at offset 0x%zx", at);
    if (result.status != CBOR_DECODER_FINISHED)
        return rk_fail(err, RK_E_FORMAT, "no CBOR item at offset 0x%zx", at);
    if (found.indefinite)
        return rk_fail(err, RK_E_FORMAT, "indefinite length at offset 0x%zx", at);
    content = is_string(&found.item) ? (size_t)found.item.value : 0;
    if (found.item.kind != RK_CBOR_OTHER && result.read != head_len(found.item.value) + content)
        return rk_fail(err, RK_E_FORMAT, "not in its shortest form at offset 0x%zx", at);
    if (found.item.kind == RK_CBOR_TEXT && !is_utf8(found.item.p, content))
        return rk_fail(err, RK_E_FORMAT, "the text at offset 0x%zx is no UTF-8", at);
    (void)rk_rd_take(rd, result.read);
    *ret = found.item;
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

void rk_cbor_put_uint(struct rk_wr *wr, uint64_t value)
{
    unsigned char head[HEAD_MAX];

    rk_wr_bytes(wr, head, cbor_encode_uint(value, head, sizeof head));
}

void rk_cbor_put_int(struct rk_wr *wr, int64_t value)
{
    unsigned char head[HEAD_MAX];

    if (value >= 0)
        rk_cbor_put_uint(wr, (uint64_t)value);
    else
        rk_wr_bytes(wr, head, cbor_encode_negint((uint64_t)(-1 - value), head, sizeof head));
}

void rk_cbor_put_bytes(struct rk_wr *wr, const uint8_t *bytes, size_t len)
{
    unsigned char head[HEAD_MAX];

    rk_wr_bytes(wr, head, cbor_encode_bytestring_start(len, head, sizeof head));
    rk_wr_bytes(wr, bytes, len);
}

void rk_cbor_put_text(struct rk_wr *wr, const char *text)
{
    unsigned char head[HEAD_MAX];

    rk_wr_bytes(wr, head, cbor_encode_string_start(strlen(text), head, sizeof head));
    rk_wr_str(wr, text);
}

void rk_cbor_put_array(struct rk_wr *wr, size_t count)
{
    unsigned char head[HEAD_MAX];

    rk_wr_bytes(wr, head, cbor_encode_array_start(count, head, sizeof head));
}

void rk_cbor_put_map(struct rk_wr *wr, size_t pairs)
{
    unsigned char head[HEAD_MAX];

    rk_wr_bytes(wr, head, cbor_encode_map_start(pairs, head, sizeof head));
}

void rk_cbor_put_tag(struct rk_wr *wr, uint64_t tag)
{
    unsigned char head[HEAD_MAX];

    rk_wr_bytes(wr, head, cbor_encode_tag(tag, head, sizeof head));
}
