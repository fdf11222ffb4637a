/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR item by item (RFC 8949). Nothing allocates, so no length that a file declares can size
 * anything. What is written is deterministic as long as the caller writes map keys in ascending
 * order (4.2.1); what is read must have definite lengths and the shortest heads, which makes equal
 * keys equal bytes.
 */
#pragma once

#include "base/rd.h"
#include "base/wr.h"

#include <stdbool.h>

enum { RK_CBOR_DEPTH_MAX = 16, RK_CBOR_PAIRS_MAX = 64 };

/* The major types, in their order. */
enum rk_cbor_kind {
    RK_CBOR_UINT,
    RK_CBOR_NINT, /* the number is -1 - value */
    RK_CBOR_BYTES,
    RK_CBOR_TEXT, /* UTF-8 */
    RK_CBOR_ARRAY,
    RK_CBOR_MAP,
    RK_CBOR_TAG,
    RK_CBOR_OTHER, /* true, false, null, undefined, a float */
};
/* The head of an item, with the content of a byte or text string. */
struct rk_cbor {
    enum rk_cbor_kind kind;
    uint64_t value;   /* number, bytes, items, pairs, or the tag */
    const uint8_t *p; /* of a string; borrowed */
    size_t at;        /* where the item starts in the file */
};
const char *rk_cbor_kind_name(enum rk_cbor_kind kind); /* "an array" */

/* ---- reading; all of them RK_E_FORMAT with the offset ---- */

enum rk_rc rk_cbor_next(struct rk_rd *rd, struct rk_cbor *ret, struct rk_err *err) RK_MUST_CHECK;
/* The next item, which must be of this kind. */
enum rk_rc rk_cbor_want(struct rk_rd *rd, enum rk_cbor_kind kind, struct rk_cbor *ret,
                        struct rk_err *err) RK_MUST_CHECK;
bool rk_cbor_is_next(const struct rk_rd *rd, enum rk_cbor_kind kind);
/* A number that an int64_t holds. */
enum rk_rc rk_cbor_int(struct rk_rd *rd, int64_t *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Passes over one item with all that is in it: at most 16 deep and 64 pairs a map, no key twice,
 * keys numbers or text.
 */
enum rk_rc rk_cbor_skip(struct rk_rd *rd, struct rk_err *err) RK_MUST_CHECK;
/* The bytes are one such item and nothing else. base: where they stand in the file. */
enum rk_rc rk_cbor_check(const uint8_t *bytes, size_t len, size_t base,
                         struct rk_err *err) RK_MUST_CHECK;

/* ---- writing ---- */

void rk_cbor_put_int(struct rk_wr *wr, int64_t value);
void rk_cbor_put_uint(struct rk_wr *wr, uint64_t value);
void rk_cbor_put_bytes(struct rk_wr *wr, const uint8_t *bytes, size_t len);
void rk_cbor_put_text(struct rk_wr *wr, const char *text);
void rk_cbor_put_array(struct rk_wr *wr, size_t count);
void rk_cbor_put_map(struct rk_wr *wr, size_t pairs);
void rk_cbor_put_tag(struct rk_wr *wr, uint64_t tag);
