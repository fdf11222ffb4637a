/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/tegra/bup.h"

#include "rotkit/counted.h"

#include <string.h>

/* clang-format off */
const struct rk_field rk_bup_header_layout[RK_BUP_HEADER_FIELDS] = {
    RK_BYTES(struct rk_bup_header, magic),
    RK_LE(struct rk_bup_header, version),
    RK_LE(struct rk_bup_header, blob_size),
    RK_LE(struct rk_bup_header, header_size),
    RK_LE(struct rk_bup_header, entry_count),
    RK_LE(struct rk_bup_header, type),
    RK_LE(struct rk_bup_header, uncompressed_size),
};
/* The spec follows: 128 bytes, 64 in V2. */
const struct rk_field rk_bup_entry_layout[RK_BUP_ENTRY_FIELDS] = {
    RK_BYTES(struct rk_bup_entry_head, name),
    RK_LE(struct rk_bup_entry_head, offset),
    RK_LE(struct rk_bup_entry_head, size),
    RK_LE(struct rk_bup_entry_head, version),
    RK_LE(struct rk_bup_entry_head, op_mode),
};
/* clang-format on */

bool rk_bup_is(const uint8_t *file, size_t len)
{
    return len >= RK_BUP_HEADER && memcmp(file, RK_BUP_MAGIC, sizeof RK_BUP_MAGIC - 1) == 0;
}

enum rk_rc rk_bup_read_header(const uint8_t *file, size_t len, struct rk_bup *ret,
                              struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_bup_header h;

    rk_layout_read(rk_bup_header_layout, RK_BUP_HEADER_FIELDS, &rd, &h);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (!rk_bup_is(file, len) || (h.magic[15] != '2' && h.magic[15] != '3'))
        return rk_fail(err, RK_E_FORMAT, "no magic NVIDIA__BLOB__V2 or V3");
    if (h.blob_size > len)
        return rk_fail(err, RK_E_FORMAT, "blob_size at 0x14 is %u, the file has %zu", h.blob_size,
                       len);
    len = h.blob_size; /* what stands behind it, as in a partition, is not part of it */
    if (h.header_size < RK_BUP_HEADER || h.header_size > len)
        return rk_fail(err, RK_E_FORMAT, "header_size at 0x18 is %u, expected 40 to %zu",
                       h.header_size, len);
    if (h.entry_count == 0 || h.entry_count > RK_BUP_ENTRIES_MAX)
        return rk_fail(err, RK_E_FORMAT, "entry_count at 0x1c is %u, expected 1 to %d",
                       h.entry_count, RK_BUP_ENTRIES_MAX);
    *ret = (struct rk_bup) { .size = len,
                             .version = h.version,
                             .header_size = h.header_size,
                             .count = h.entry_count,
                             .type = h.type,
                             .uncompressed = h.uncompressed_size,
                             .layout = (unsigned)(h.magic[15] - '0') };
    ret->entry_wire =
        RK_BUP_ENTRY_HEAD + (ret->layout == 2 ? (size_t)RK_BUP_SPEC_V2 : (size_t)RK_BUP_SPEC);
    if (ret->count * ret->entry_wire > len - ret->header_size)
        return rk_fail(err, RK_E_FORMAT, "a table of %s does not fit into %s",
                       RK_COUNTED(ret->count, "entry"), RK_COUNTED(len, "byte"));
    return RK_OK;
}

/* A text that ends within its field. */
static enum rk_rc read_text(const uint8_t *bytes, size_t len, const char *what, size_t i, char *ret,
                            struct rk_err *err)
{
    if (memchr(bytes, 0, len) == NULL)
        return rk_fail(err, RK_E_FORMAT, "entry %zu: %s does not end within %s", i, what,
                       RK_COUNTED(len, "byte"));
    memcpy(ret, bytes, len);
    for (size_t k = 0; ret[k] != '\0'; k++) {
        if (ret[k] < 0x20 || ret[k] > 0x7e)
            return rk_fail(err, RK_E_FORMAT, "entry %zu: %s holds a byte that is no text", i, what);
    }
    return RK_OK;
}

enum rk_rc rk_bup_read_entry(const uint8_t *file, size_t len, const struct rk_bup *bup, size_t i,
                             struct rk_bup_entry *ret, struct rk_err *err)
{
    size_t at = bup->header_size + i * bup->entry_wire,
           spec_len = bup->entry_wire - RK_BUP_ENTRY_HEAD;
    struct rk_rd rd = { .buf = file, .len = len };
    const uint8_t *spec;
    struct rk_bup_entry_head e;

    *ret = (struct rk_bup_entry) { .at = at };
    (void)rk_rd_take(&rd, at);
    rk_layout_read(rk_bup_entry_layout, RK_BUP_ENTRY_FIELDS, &rd, &e);
    spec = rk_rd_take(&rd, spec_len);
    if (rk_rd_ok(&rd, err) || read_text(e.name, sizeof e.name, "name", i, ret->name, err) ||
        read_text(spec, spec_len, "spec", i, ret->spec, err))
        return err->rc;
    if (ret->name[0] == '\0')
        return rk_fail(err, RK_E_FORMAT, "entry %zu has no name", i);
    if (e.op_mode > 2)
        return rk_fail(err, RK_E_FORMAT, "entry \"%s\": op_mode %u, expected 0 to 2", ret->name,
                       e.op_mode);
    ret->offset = e.offset;
    ret->len = e.size;
    ret->version = e.version;
    ret->op_mode = e.op_mode;
    return RK_OK;
}

enum rk_rc rk_bup_check(const uint8_t *file, size_t len, const struct rk_bup *bup,
                        struct rk_err *err)
{
    uint64_t cursor = bup->header_size + (uint64_t)bup->count * bup->entry_wire;
    struct rk_bup_entry e;

    for (size_t i = 0; i < bup->count; i++) {
        if (rk_bup_read_entry(file, len, bup, i, &e, err))
            return err->rc;
        if (e.offset != cursor)
            return rk_fail(err, RK_E_FORMAT,
                           "entry \"%s\" starts at 0x%x, the one before it ends at 0x%llx", e.name,
                           e.offset, (unsigned long long)cursor);
        cursor += e.len;
    }
    if (cursor != bup->size)
        return rk_fail(err, RK_E_FORMAT,
                       "header, table and entries are %s together, blob_size says %zu: the "
                       "updater refuses it",
                       RK_COUNTED(cursor, "byte"), bup->size);
    return RK_OK;
}
