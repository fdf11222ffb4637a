/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the maps and lists of a CoRIM: a map is a table of its members. Members that no row knows
 * are passed over, as the drafts' extension points want it; the whole has been found well-formed
 * before.
 */
#pragma once

#include "rotkit/corim.h"
#include "rotkit/grow.h"

struct rk_reader {
    struct rk_corim *to;
    const uint8_t *file;
    /* Where the reader is. */
    struct rk_corim_tag *tag;
    struct rk_corim_measurement *measurement;
    struct rk_corim_class of;
    bool has_class; /* the store's first environment has been read */
    bool ca;
};

typedef enum rk_rc (*rk_reader_fn)(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err);
struct rk_member {
    int64_t key;      /* at least 0 */
    const char *name; /* for messages; NULL ends the list */
    bool required;
    rk_reader_fn read;
};
#define RK_MEMBER_END                                                                              \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Passes over one item, which states what struct rk_corim has no place for. */
enum rk_rc rk_reader_beside(struct rk_reader *r, struct rk_rd *rd,
                            struct rk_err *err) RK_MUST_CHECK;
/* Passes over one item that states nothing of devices: who wrote it, in what language. */
enum rk_rc rk_reader_aside(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err) RK_MUST_CHECK;
/* At most 64 rows. */
enum rk_rc rk_reader_map(struct rk_reader *r, struct rk_rd *rd, const struct rk_member *rows,
                         struct rk_err *err) RK_MUST_CHECK;
/* [+ ...]: each by the function. */
enum rk_rc rk_reader_list(struct rk_reader *r, struct rk_rd *rd, rk_reader_fn one,
                          struct rk_err *err) RK_MUST_CHECK;
/* The head of an array of this many items. */
enum rk_rc rk_reader_tuple(struct rk_rd *rd, uint64_t count, struct rk_err *err) RK_MUST_CHECK;
/* A string of this kind, not empty. */
enum rk_rc rk_reader_string(const struct rk_reader *r, struct rk_rd *rd, enum rk_cbor_kind kind,
                            struct rk_span *ret, struct rk_err *err) RK_MUST_CHECK;
/* tstr / uuid-type */
enum rk_rc rk_reader_name(const struct rk_reader *r, struct rk_rd *rd, struct rk_corim_name *ret,
                          struct rk_err *err) RK_MUST_CHECK;
