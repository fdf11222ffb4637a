/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/tegra/gpt.h"

#include "base/layout.h"
#include "base/mem.h"
#include "rotkit/counted.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum { HEADER_WIRE = 92, HEADER_FIELDS = 14, ENTRY_FIELDS = 6, NAME_WIRE = 2 * RK_GPT_NAME };

struct header {
    uint8_t signature[8];
    uint32_t revision, header_size, header_crc, reserved;
    uint64_t my_lba, alternate_lba, first_usable, last_usable;
    uint8_t disk[16];
    uint64_t entries_lba;
    uint32_t entry_count, entry_size, entries_crc;
};
struct entry {
    uint8_t type[16], unique[16];
    uint64_t first, last, attributes;
    uint8_t name[NAME_WIRE]; /* UTF-16LE */
};
/* clang-format off */
static const struct rk_field header_layout[HEADER_FIELDS] = {
    RK_BYTES(struct header, signature),
    RK_LE(struct header, revision),
    RK_LE(struct header, header_size),
    RK_LE(struct header, header_crc),
    RK_LE(struct header, reserved),
    RK_LE(struct header, my_lba),
    RK_LE(struct header, alternate_lba),
    RK_LE(struct header, first_usable),
    RK_LE(struct header, last_usable),
    RK_BYTES(struct header, disk),
    RK_LE(struct header, entries_lba),
    RK_LE(struct header, entry_count),
    RK_LE(struct header, entry_size),
    RK_LE(struct header, entries_crc),
};
static const struct rk_field entry_layout[ENTRY_FIELDS] = {
    RK_BYTES(struct entry, type),
    RK_BYTES(struct entry, unique),
    RK_LE(struct entry, first),
    RK_LE(struct entry, last),
    RK_LE(struct entry, attributes),
    RK_BYTES(struct entry, name),
};
/* clang-format on */
static const uint8_t signature[8] = { 'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T' };

enum { SECTORS_OF_ARRAY = RK_GPT_ARRAY / RK_GPT_SECTOR };

static uint64_t first_usable_lba(void)
{
    return 2 + SECTORS_OF_ARRAY;
}

static uint64_t last_usable_lba(uint64_t device_size)
{
    return device_size / RK_GPT_SECTOR - 2 - SECTORS_OF_ARRAY;
}

uint64_t rk_gpt_first_usable(void)
{
    return first_usable_lba() * RK_GPT_SECTOR;
}

uint64_t rk_gpt_last_usable(uint64_t device_size)
{
    return (last_usable_lba(device_size) + 1) * RK_GPT_SECTOR - 1;
}

static uint32_t crc(const uint8_t *bytes, size_t len)
{
    return (uint32_t)crc32(0, bytes, (uInt)len);
}

/* ---- writing ---- */

static enum rk_rc put_entry(const struct rk_gpt *gpt, const struct rk_gpt_part *part,
                            struct rk_wr *wr, struct rk_err *err)
{
    struct entry e = { .first = part->start / RK_GPT_SECTOR };

    if (part->start % RK_GPT_SECTOR != 0 || part->size % RK_GPT_SECTOR != 0 || part->size == 0 ||
        part->start < rk_gpt_first_usable() ||
        part->start + part->size - 1 > rk_gpt_last_usable(gpt->device_size))
        return rk_fail(err, RK_E_USAGE,
                       "partition \"%s\" (0x%" PRIx64 " bytes at 0x%" PRIx64
                       ") is not of whole sectors within the usable part of the device",
                       part->name, part->size, part->start);
    e.last = e.first + part->size / RK_GPT_SECTOR - 1;
    memcpy(e.type, part->type, sizeof e.type);
    memcpy(e.unique, part->unique, sizeof e.unique);
    for (size_t i = 0; part->name[i] != '\0'; i++)
        e.name[2 * i] = (uint8_t)part->name[i];
    rk_layout_write(entry_layout, ENTRY_FIELDS, &e, wr);
    return RK_OK;
}

static void put_header(const struct rk_gpt *gpt, bool primary, const uint8_t *entries,
                       struct rk_wr *wr)
{
    uint64_t last = gpt->device_size / RK_GPT_SECTOR - 1;
    struct header h = { .revision = 0x00010000,
                        .header_size = HEADER_WIRE,
                        .my_lba = primary ? 1 : last,
                        .alternate_lba = primary ? last : 1,
                        .first_usable = first_usable_lba(),
                        .last_usable = last_usable_lba(gpt->device_size),
                        .entries_lba = primary ? 2 : last - SECTORS_OF_ARRAY,
                        .entry_count = RK_GPT_ENTRIES,
                        .entry_size = RK_GPT_ENTRY,
                        .entries_crc = crc(entries, RK_GPT_ARRAY) };

    memcpy(h.signature, signature, sizeof signature);
    memcpy(h.disk, gpt->disk, sizeof h.disk);
    rk_layout_write(header_layout, HEADER_FIELDS, &h, wr);
    if (wr->failed == RK_OK)
        rk_wr_put_le(wr, 16, crc(wr->buf, HEADER_WIRE), 4);
    rk_wr_zero(wr, RK_GPT_SECTOR - HEADER_WIRE);
}

enum rk_rc rk_gpt_write(const struct rk_gpt *gpt, bool primary, uint8_t *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr entries = RK_WR_MAX(RK_GPT_ARRAY);
    RK_AUTO(rk_wr_done) struct rk_wr header = RK_WR_MAX(RK_GPT_SECTOR);

    if (gpt->count > RK_GPT_ENTRIES || gpt->device_size < 4 * (uint64_t)RK_GPT_HEAD)
        return rk_fail(err, RK_E_USAGE, "%s on 0x%" PRIx64 " bytes: at most %d",
                       RK_COUNTED(gpt->count, "partition"), gpt->device_size, RK_GPT_ENTRIES);
    for (size_t i = 0; i < gpt->count; i++) {
        if (put_entry(gpt, &gpt->part[i], &entries, err))
            return err->rc;
    }
    rk_wr_zero(&entries, RK_GPT_ARRAY - gpt->count * RK_GPT_ENTRY);
    if (entries.failed != RK_OK)
        return rk_fail_nomem(err);
    put_header(gpt, primary, entries.buf, &header);
    if (header.failed != RK_OK)
        return rk_fail_nomem(err);
    memcpy(primary ? ret + RK_GPT_SECTOR : ret, entries.buf, RK_GPT_ARRAY);
    memcpy(primary ? ret : ret + RK_GPT_ARRAY, header.buf, RK_GPT_SECTOR);
    return RK_OK;
}

void rk_gpt_write_mbr(uint64_t device_size, uint8_t ret[RK_GPT_SECTOR])
{
    static const uint8_t entry[12] = { 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0 };
    uint64_t sectors = device_size / RK_GPT_SECTOR - 1;

    memset(ret, 0, RK_GPT_SECTOR);
    memcpy(ret + 446, entry, sizeof entry);
    for (size_t i = 0; i < 4; i++)
        ret[458 + i] = (uint8_t)((sectors > UINT32_MAX ? UINT32_MAX : sectors) >> 8 * i);
    ret[510] = 0x55;
    ret[511] = 0xaa;
}

/* ---- reading ---- */

bool rk_gpt_has_secondary(const uint8_t *device, size_t len)
{
    return len >= 4 * (size_t)RK_GPT_HEAD && len % RK_GPT_SECTOR == 0 &&
           memcmp(device + len - RK_GPT_SECTOR, signature, sizeof signature) == 0;
}

static enum rk_rc check_header(const struct header *h, const uint8_t *wire, size_t len,
                               const char **ret_failed, struct rk_err *err)
{
    uint64_t last = len / RK_GPT_SECTOR - 1;
    uint8_t copy[HEADER_WIRE];

    memcpy(copy, wire, sizeof copy);
    memset(copy + 16, 0, 4);
    if (h->header_size != HEADER_WIRE || h->entry_size != RK_GPT_ENTRY ||
        h->entry_count != RK_GPT_ENTRIES)
        return rk_fail(err, RK_E_FORMAT, "header of %s with %s of %u, expected 92, 128, 128",
                       RK_COUNTED(h->header_size, "byte"), RK_COUNTED(h->entry_count, "entry"),
                       h->entry_size);
    if (crc(copy, sizeof copy) != h->header_crc)
        *ret_failed = "the GPT header's CRC";
    if (h->my_lba != last || h->entries_lba != last - SECTORS_OF_ARRAY)
        return rk_fail(err, RK_E_FORMAT,
                       "the GPT header says it stands at sector %" PRIu64 ", it is at %" PRIu64,
                       h->my_lba, last);
    return RK_OK;
}

static enum rk_rc read_name(const struct entry *e, char ret[RK_GPT_NAME + 1], struct rk_err *err)
{
    memset(ret, 0, RK_GPT_NAME + 1);
    for (size_t i = 0; i < RK_GPT_NAME && (e->name[2 * i] | e->name[2 * i + 1]) != 0; i++) {
        if (e->name[2 * i + 1] != 0 || e->name[2 * i] < 0x20 || e->name[2 * i] > 0x7e)
            return rk_fail(err, RK_E_FORMAT, "a partition name is not in ASCII");
        ret[i] = (char)e->name[2 * i];
    }
    return RK_OK;
}

static enum rk_rc read_entry(const struct entry *e, size_t len, struct rk_gpt *gpt,
                             struct rk_err *err)
{
    static const uint8_t unused[16];
    struct rk_gpt_part *part = &gpt->part[gpt->count];

    if (memcmp(e->type, unused, sizeof unused) == 0)
        return RK_OK;
    if (read_name(e, part->name, err))
        return err->rc;
    if (e->first > e->last || e->first < first_usable_lba() || e->last > last_usable_lba(len))
        return rk_fail(err, RK_E_FORMAT,
                       "partition \"%s\" from sector %" PRIu64 " to %" PRIu64
                       " is outside of %" PRIu64 " to %" PRIu64,
                       part->name, e->first, e->last, first_usable_lba(), last_usable_lba(len));
    memcpy(part->type, e->type, 16);
    memcpy(part->unique, e->unique, 16);
    part->start = e->first * RK_GPT_SECTOR;
    part->size = (e->last - e->first + 1) * RK_GPT_SECTOR;
    gpt->count++;
    return RK_OK;
}

static int by_start(const void *a, const void *b)
{
    const struct rk_gpt_part *p = a, *q = b;

    return (p->start > q->start) - (p->start < q->start);
}

static enum rk_rc check_overlaps(const struct rk_gpt *gpt, struct rk_err *err)
{
    for (size_t i = 1; i < gpt->count; i++) {
        const struct rk_gpt_part *before = &gpt->part[i - 1];

        if (gpt->part[i].start < before->start + before->size)
            return rk_fail(err, RK_E_FORMAT, "partitions \"%s\" and \"%s\" overlap", before->name,
                           gpt->part[i].name);
    }
    return RK_OK;
}

static enum rk_rc read_entries(const uint8_t *array, size_t len, struct rk_gpt *gpt,
                               struct rk_err *err)
{
    struct rk_rd rd = { .buf = array, .len = RK_GPT_ARRAY };
    struct entry e;

    for (size_t i = 0; i < RK_GPT_ENTRIES; i++) {
        rk_layout_read(entry_layout, ENTRY_FIELDS, &rd, &e);
        if (read_entry(&e, len, gpt, err))
            return err->rc;
    }
    qsort(gpt->part, gpt->count, sizeof *gpt->part, by_start);
    return check_overlaps(gpt, err);
}

enum rk_rc rk_gpt_read_secondary(const uint8_t *device, size_t len, struct rk_gpt *ret,
                                 struct rk_err *err)
{
    const uint8_t *wire = device + len - RK_GPT_SECTOR;
    struct rk_rd rd = { .buf = wire, .len = RK_GPT_SECTOR };
    struct rk_gpt gpt = { .device_size = len };
    struct header h;

    if (!rk_gpt_has_secondary(device, len))
        return rk_fail(err, RK_E_FORMAT, "no GPT header in the last sector");
    rk_layout_read(header_layout, HEADER_FIELDS, &rd, &h);
    if (check_header(&h, wire, len, &gpt.failed, err))
        return err->rc;
    if (gpt.failed == NULL && crc(wire - RK_GPT_ARRAY, RK_GPT_ARRAY) != h.entries_crc)
        gpt.failed = "the CRC of the GPT entries";
    memcpy(gpt.disk, h.disk, sizeof gpt.disk);
    gpt.part = rk_alloc(RK_GPT_ENTRIES, sizeof *gpt.part);
    if (gpt.part == NULL)
        return rk_fail_nomem(err);
    if (read_entries(wire - RK_GPT_ARRAY, len, &gpt, err)) {
        rk_free(gpt.part);
        return err->rc;
    }
    *ret = gpt;
    return RK_OK;
}
