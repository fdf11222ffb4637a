/* SPDX-License-Identifier: Apache-2.0 */
#include "corim/reader.h"

#include "base/mem.h"

#include <string.h>

static const struct rk_member *find_member(const struct rk_member *rows, const struct rk_cbor *key,
                                           size_t *ret)
{
    for (*ret = 0; rows[*ret].name != NULL; ++*ret) {
        if (key->kind == RK_CBOR_UINT && (uint64_t)rows[*ret].key == key->value)
            return &rows[*ret];
    }
    return NULL;
}

enum rk_rc rk_reader_beside(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    if (r->to->beside == 0)
        r->to->beside = rk_rd_offset(rd);
    return rk_cbor_skip(rd, err);
}

enum rk_rc rk_reader_aside(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    (void)r;
    return rk_cbor_skip(rd, err);
}

enum rk_rc rk_reader_map(struct rk_reader *r, struct rk_rd *rd, const struct rk_member *rows,
                         struct rk_err *err)
{
    struct rk_cbor map, key;
    uint64_t seen = 0;
    size_t row;

    if (rk_cbor_want(rd, RK_CBOR_MAP, &map, err))
        return err->rc;
    for (uint64_t i = 0; i < map.value; i++) {
        const struct rk_member *member;

        if (rk_cbor_next(rd, &key, err))
            return err->rc;
        member = find_member(rows, &key, &row);
        if (member == NULL ? rk_reader_beside(r, rd, err) : member->read(r, rd, err))
            return member == NULL ? err->rc : rk_wrap(err, "%s", member->name);
        seen |= member == NULL ? 0 : UINT64_C(1) << row;
    }
    for (row = 0; rows[row].name != NULL; row++) {
        if (rows[row].required && (seen >> row & 1) == 0)
            return rk_fail(err, RK_E_FORMAT, "the map at offset 0x%zx has no %s", map.at,
                           rows[row].name);
    }
    return RK_OK;
}

enum rk_rc rk_reader_list(struct rk_reader *r, struct rk_rd *rd, rk_reader_fn one,
                          struct rk_err *err)
{
    struct rk_cbor list;

    if (rk_cbor_want(rd, RK_CBOR_ARRAY, &list, err))
        return err->rc;
    if (list.value == 0)
        return rk_fail(err, RK_E_FORMAT, "empty array at offset 0x%zx", list.at);
    for (uint64_t i = 0; i < list.value; i++) {
        if (one(r, rd, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_reader_tuple(struct rk_rd *rd, uint64_t count, struct rk_err *err)
{
    struct rk_cbor tuple;

    if (rk_cbor_want(rd, RK_CBOR_ARRAY, &tuple, err))
        return err->rc;
    return tuple.value == count
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "%llu items in the array at offset 0x%zx, expected %llu",
                         (unsigned long long)tuple.value, tuple.at, (unsigned long long)count);
}

static struct rk_span span_of(const struct rk_reader *r, const struct rk_cbor *item)
{
    return (struct rk_span) { .at = (size_t)(item->p - r->file), .len = (size_t)item->value };
}

enum rk_rc rk_reader_string(const struct rk_reader *r, struct rk_rd *rd, enum rk_cbor_kind kind,
                            struct rk_span *ret, struct rk_err *err)
{
    struct rk_cbor item;

    if (rk_cbor_want(rd, kind, &item, err))
        return err->rc;
    if (item.value == 0)
        return rk_fail(err, RK_E_FORMAT, "%s at offset 0x%zx is empty", rk_cbor_kind_name(kind),
                       item.at);
    *ret = span_of(r, &item);
    return RK_OK;
}

enum rk_rc rk_reader_name(const struct rk_reader *r, struct rk_rd *rd, struct rk_corim_name *ret,
                          struct rk_err *err)
{
    struct rk_cbor item;

    if (rk_cbor_next(rd, &item, err))
        return err->rc;
    if ((item.kind != RK_CBOR_TEXT && item.kind != RK_CBOR_BYTES) || item.value == 0 ||
        (item.kind == RK_CBOR_BYTES && item.value != 16))
        return rk_fail(err, RK_E_FORMAT, "neither text nor UUID at offset 0x%zx", item.at);
    *ret = (struct rk_corim_name) { .span = span_of(r, &item), .text = item.kind == RK_CBOR_TEXT };
    return RK_OK;
}
