/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bup: NVIDIA's update package, V3 written, V2 and V3 read. It carries no digest and no signature:
 * authenticity comes from the capsule around it alone. Source: boot-images.md 3.1.
 */
#include "platform/tegra/bup.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/mem.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

enum {
    BUP_MAX = 512 << 20,
    GPT_NAME_MAX = 36,
    TODAY = 0x01030622, /* v3.1, as NVIDIA's generator writes it */
};
static const struct rk_format *self(void);

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
    (void)snprintf(name, sizeof name, "%s%s%.*s", e.name, e.spec[0] == '\0' ? "" : " ",
                   (int)(sizeof name - 2 - strlen(e.name)), e.spec);
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
    const char *field[4] = { part->name, "", "", rk_request_text(request, self(), "tnspec") };
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
    struct rk_bup_entry_head e = { .offset = (uint32_t)offset,
                                   .size = (uint32_t)in->part->len,
                                   .version = in->entry.version,
                                   .op_mode = in->entry.op_mode };
    size_t spec = strlen(in->entry.spec);

    if (offset + in->part->len > BUP_MAX)
        return rk_fail(err, RK_E_USAGE, "the package grows beyond %s", RK_COUNTED(BUP_MAX, "byte"));
    memcpy(e.name, in->entry.name, strlen(in->entry.name));
    rk_layout_write(rk_bup_entry_layout, RK_BUP_ENTRY_FIELDS, &e, wr);
    rk_wr_bytes(wr, in->entry.spec, spec);
    rk_wr_zero(wr, RK_BUP_SPEC - spec);
    return RK_OK;
}

/* Of two that are for the same boards the updater takes the first. */
static enum rk_rc is_alone(const struct wanted *all, size_t i, struct rk_err *err)
{
    const struct rk_bup_entry *e = &all[i].entry;

    for (size_t k = 0; k < i; k++) {
        const struct rk_bup_entry *other = &all[k].entry;

        if (strcmp(other->name, e->name) == 0 && strcmp(other->spec, e->spec) == 0 &&
            other->op_mode == e->op_mode)
            return rk_fail(err, RK_E_USAGE,
                           "entry \"%s\" is there twice for the same boards: the updater takes "
                           "part \"%s\"",
                           e->name, all[k].part->name);
    }
    return RK_OK;
}

static void free_wanted(struct wanted *all)
{
    rk_free(all);
}
RK_CLEANUP(wanted_done, struct wanted, free_wanted)

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(BUP_MAX);
    RK_AUTO(wanted_done) struct wanted *all = rk_alloc(request->part_count, sizeof *all);
    struct rk_bup_header h = { .version = TODAY,
                               .header_size = RK_BUP_HEADER,
                               .entry_count = (uint32_t)request->part_count };
    uint64_t offset = RK_BUP_HEADER + request->part_count * (uint64_t)RK_BUP_ENTRY_V3;

    if (all == NULL)
        return rk_fail_nomem(err);
    if (request->part_count > RK_BUP_ENTRIES_MAX)
        return rk_fail(err, RK_E_USAGE, "%s, at most %d", RK_COUNTED(request->part_count, "entry"),
                       RK_BUP_ENTRIES_MAX);
    memcpy(h.magic, RK_BUP_MAGIC, sizeof RK_BUP_MAGIC - 1);
    h.magic[15] = '3';
    rk_layout_write(rk_bup_header_layout, RK_BUP_HEADER_FIELDS, &h, &wr);
    for (size_t i = 0; i < request->part_count; i++) {
        if (read_part_name(request, &request->part[i], &all[i], err) || is_alone(all, i, err) ||
            put_entry(&wr, &all[i], offset, err))
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
      "without, 2 with the production fuse; TNSPEC \"common\" is none" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "version", "0", "BSP version of the entries that name none, e.g. 35.3.1" },
    { "tnspec", "", "TNSPEC of the entries that name none (\"common\": no spec)" },
    { NULL, NULL, NULL },
};

const struct rk_format rk_format_bup = {
    .name = "bup",
    .title = "NVIDIA update package",
    .max = BUP_MAX,
    .recognise = recognise,
    .parse = parse,
    .demands = rk_bup_demands,
    .facts = rk_bup_facts,
    .parts = part_rows,
    .settings = setting_rows,
    .refusal = "it carries no signature: sign the capsule around it",
    .build = build,
};

static const struct rk_format *self(void)
{
    return &rk_format_bup;
}
