/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bup: NVIDIA's update package, V3 written, V2 and V3 read. It carries no digest and no signature:
 * authenticity comes from the capsule around it alone. Source: boot-images.md 3.1.
 */
#include "platform/tegra/bup.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/layout.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

enum {
    BUP_MAX = 512 << 20,
    HEADER_WIRE = 40,
    V2_SPEC = 64,
    ENTRY_HEAD = 56,
    GPT_NAME_MAX = 36,
    TODAY = 0x01030622, /* v3.1, as NVIDIA's generator writes it */
};

static const char magic[] = "NVIDIA__BLOB__V";
static const struct rk_format *self(void);

struct header {
    uint8_t magic[16];
    uint32_t version, blob_size, header_size, entry_count, type, uncompressed_size;
};
struct entry {
    uint8_t name[RK_BUP_NAME];
    uint32_t offset, size, version, op_mode;
};
enum { HEADER_FIELDS = 7, ENTRY_FIELDS = 5 };
/* clang-format off */
static const struct rk_field header_layout[HEADER_FIELDS] = {
    RK_BYTES(struct header, magic),
    RK_LE(struct header, version),
    RK_LE(struct header, blob_size),
    RK_LE(struct header, header_size),
    RK_LE(struct header, entry_count),
    RK_LE(struct header, type),
    RK_LE(struct header, uncompressed_size),
};
/* The spec follows: 128 bytes, 64 in V2. */
static const struct rk_field entry_layout[ENTRY_FIELDS] = {
    RK_BYTES(struct entry, name),
    RK_LE(struct entry, offset),
    RK_LE(struct entry, size),
    RK_LE(struct entry, version),
    RK_LE(struct entry, op_mode),
};
/* clang-format on */

bool rk_bup_is(const uint8_t *file, size_t len)
{
    return len >= HEADER_WIRE && memcmp(file, magic, sizeof magic - 1) == 0;
}

/* ---- reading ---- */

enum rk_rc rk_bup_read_header(const uint8_t *file, size_t len, struct rk_bup *ret,
                              struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    struct header h;

    rk_layout_read(header_layout, HEADER_FIELDS, &rd, &h);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (!rk_bup_is(file, len) || (h.magic[15] != '2' && h.magic[15] != '3'))
        return rk_fail(err, RK_E_FORMAT, "no magic NVIDIA__BLOB__V2 or V3");
    if (h.blob_size > len)
        return rk_fail(err, RK_E_FORMAT, "blob_size at 0x14 is %u, the file has %zu", h.blob_size,
                       len);
    len = h.blob_size; /* what stands behind it, as in a partition, is not part of it */
    if (h.header_size < HEADER_WIRE || h.header_size > len)
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
    ret->entry_wire = ENTRY_HEAD + (ret->layout == 2 ? (size_t)V2_SPEC : (size_t)RK_BUP_SPEC);
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
    size_t at = bup->header_size + i * bup->entry_wire, spec_len = bup->entry_wire - ENTRY_HEAD;
    struct rk_rd rd = { .buf = file, .len = len };
    const uint8_t *spec;
    struct entry e;

    *ret = (struct rk_bup_entry) { .at = at };
    (void)rk_rd_take(&rd, at);
    rk_layout_read(entry_layout, ENTRY_FIELDS, &rd, &e);
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

static bool recognise(const uint8_t *file, size_t len)
{
    return rk_bup_is(file, len);
}

static enum rk_rc add_entry(const uint8_t *file, size_t len, const struct rk_bup *bup, size_t i,
                            struct rk_map *map, struct rk_region *table, struct rk_err *err)
{
    static const char *const boards[] = { "", ", non-production boards", ", production boards" };
    struct rk_region *region;
    struct rk_bup_entry e;
    char name[64];

    if (rk_bup_read_entry(file, len, bup, i, &e, err) ||
        rk_region_add(map, table, e.at, bup->entry_wire, e.name, &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "version 0x%x%s%s%s", e.version,
                   boards[e.op_mode], e.spec[0] == '\0' ? "" : ", ", e.spec);
    /* Entries of one name differ by board: the data's name says which, for the rollback check. */
    (void)snprintf(name, sizeof name, "%.22s%s%.40s", e.name, e.spec[0] == '\0' ? "" : " ", e.spec);
    if (rk_region_add(map, map->root, e.offset, e.len, name, &region, err))
        return err->rc;
    rk_region_set_ratchet(region, e.version);
    region->nested = true;
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *header, *table;
    struct rk_bup bup;

    if (rk_bup_read_header(file, len, &bup, err) || rk_bup_check(file, len, &bup, err) ||
        rk_region_add(map, map->root, 0, bup.header_size, "header", &header, err) ||
        rk_region_add(map, map->root, bup.header_size, bup.count * bup.entry_wire, "entry table",
                      &table, err))
        return err->rc;
    (void)snprintf(header->note, sizeof header->note, "V%u, %s, %s", bup.layout,
                   RK_COUNTED(bup.count, "entry"), bup.type == 0 ? "update" : "BMP");
    for (size_t i = 0; i < bup.count; i++) {
        if (add_entry(file, len, &bup, i, map, table, err))
            return err->rc;
    }
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "sizes hold; no digest of its own: the capsule around it signs");
    return rk_map_rest(map, file, bup.size, len, err);
}

/* ---- building ---- */

struct wanted {
    struct rk_bup_entry entry;
    const struct rk_input *part;
};

/* "35.3.1" and "3531" are 0x3531: BSP digits read as hex. */
static enum rk_rc read_version(const char *text, size_t len, uint32_t *ret, struct rk_err *err)
{
    uint32_t v = 0;
    size_t digits = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.')
            continue;
        if (text[i] < '0' || text[i] > '9' || ++digits > 8)
            return rk_fail(err, RK_E_USAGE,
                           "version \"%.*s\": expected BSP digits such as 35.3.1, which are stored "
                           "as 0x3531",
                           (int)len, text);
        v = v << 4 | (uint32_t)(text[i] - '0');
    }
    *ret = v;
    return RK_OK;
}

static enum rk_rc copy_text(const char *text, size_t len, size_t max, const char *what, char *ret,
                            struct rk_err *err)
{
    if (len > max)
        return rk_fail(err, RK_E_USAGE, "%s \"%.*s\" has %s, at most %zu", what, (int)len, text,
                       RK_COUNTED(len, "character"), max);
    memcpy(ret, text, len);
    ret[len] = '\0';
    return RK_OK;
}

/* NAME[/VERSION[/OPMODE[/TNSPEC]]] */
static enum rk_rc read_part_name(const struct rk_request *request, const struct rk_input *part,
                                 struct wanted *ret, struct rk_err *err)
{
    const char *field[4] = { part->name, "", "", "" };
    const char *version = rk_request_text(request, self(), "version");
    size_t len[4] = { 0 };

    for (size_t i = 0; i < 4; i++) {
        len[i] = i == 3 ? strlen(field[i]) : strcspn(field[i], "/");
        if (i < 3 && field[i][len[i]] == '/')
            field[i + 1] = field[i] + len[i] + 1;
    }
    ret->part = part;
    if (len[3] == 6 && memcmp(field[3], "common", 6) == 0)
        len[3] = 0;
    if (len[2] > 1 || (len[2] == 1 && (field[2][0] < '0' || field[2][0] > '2')))
        return rk_fail(err, RK_E_USAGE, "op mode \"%.*s\": expected 0, 1 or 2", (int)len[2],
                       field[2]);
    ret->entry.op_mode = len[2] == 0 ? 0 : (uint32_t)(field[2][0] - '0');
    if (len[0] == 0)
        return rk_fail(err, RK_E_USAGE, "an entry without a name");
    if (len[0] > 2 && (memcmp(field[0], "A_", 2) == 0 || memcmp(field[0], "B_", 2) == 0))
        return rk_fail(err, RK_E_USAGE,
                       "entry \"%.*s\": the updater picks the slot, leave out the prefix",
                       (int)len[0], field[0]);
    if (copy_text(field[0], len[0], GPT_NAME_MAX, "entry name", ret->entry.name, err) ||
        copy_text(field[3], len[3], RK_BUP_SPEC - 1, "TNSPEC", ret->entry.spec, err))
        return err->rc;
    return len[1] != 0 ? read_version(field[1], len[1], &ret->entry.version, err)
                       : read_version(version, strlen(version), &ret->entry.version, err);
}

static enum rk_rc put_entry(struct rk_wr *wr, const struct wanted *in, uint64_t offset,
                            struct rk_err *err)
{
    struct entry e = { .offset = (uint32_t)offset,
                       .size = (uint32_t)in->part->len,
                       .version = in->entry.version,
                       .op_mode = in->entry.op_mode };
    size_t spec = strlen(in->entry.spec);

    if (offset + in->part->len > BUP_MAX)
        return rk_fail(err, RK_E_USAGE, "the package grows beyond %s", RK_COUNTED(BUP_MAX, "byte"));
    memcpy(e.name, in->entry.name, strlen(in->entry.name));
    rk_layout_write(entry_layout, ENTRY_FIELDS, &e, wr);
    rk_wr_bytes(wr, in->entry.spec, spec);
    rk_wr_zero(wr, RK_BUP_SPEC - spec);
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(BUP_MAX);
    struct header h = { .version = TODAY,
                        .header_size = HEADER_WIRE,
                        .entry_count = (uint32_t)request->part_count };
    uint64_t offset = HEADER_WIRE + request->part_count * (uint64_t)(ENTRY_HEAD + RK_BUP_SPEC);

    if (request->part_count > RK_BUP_ENTRIES_MAX)
        return rk_fail(err, RK_E_USAGE, "%s, at most %d", RK_COUNTED(request->part_count, "entry"),
                       RK_BUP_ENTRIES_MAX);
    memcpy(h.magic, magic, sizeof magic - 1);
    h.magic[15] = '3';
    rk_layout_write(header_layout, HEADER_FIELDS, &h, &wr);
    for (size_t i = 0; i < request->part_count; i++) {
        struct wanted in = { .part = NULL };

        if (read_part_name(request, &request->part[i], &in, err) ||
            put_entry(&wr, &in, offset, err))
            return rk_wrap(err, "part \"%s\"", request->part[i].name);
        offset += request->part[i].len;
    }
    for (size_t i = 0; i < request->part_count; i++)
        rk_wr_bytes(&wr, request->part[i].p, request->part[i].len);
    rk_wr_put_le(&wr, 20, wr.len, 4);
    rk_wr_put_le(&wr, 36, wr.len, 4);
    return rk_wr_end(&wr, ret, err);
}

static const struct rk_part_row part_rows[] = {
    { "*", true, true,
      "an entry, NAME[/VERSION[/OPMODE[/TNSPEC]]]: e.g. mb1/35.3.1/2, op mode 1 for boards "
      "without, 2 with the production fuse" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "version", "0", "BSP version of the entries that name none, e.g. 35.3.1" },
    { NULL, NULL, NULL },
};

const struct rk_format rk_format_bup = {
    .name = "bup",
    .title = "NVIDIA update package",
    .max = BUP_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .refusal = "it carries no signature: sign the capsule around it",
    .build = build,
};

static const struct rk_format *self(void)
{
    return &rk_format_bup;
}
