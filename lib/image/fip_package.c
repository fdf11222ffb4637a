/* SPDX-License-Identifier: Apache-2.0 */
/* A package in memory: its names, read, looked into, put together, written. */
#include "image/fip.h"

#include "base/layout.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_FIELDS = 3, ENTRY_FIELDS = 4 };
#define TOC_NAME UINT32_C(0xaa640001)

struct header {
    uint32_t name, serial;
    uint64_t flags;
};
struct entry {
    uint8_t uuid[16];
    uint64_t offset, size, flags;
};
/* clang-format off */
static const struct rk_field header_layout[HEADER_FIELDS] = {
    RK_LE(struct header, name),
    RK_LE(struct header, serial),
    RK_LE(struct header, flags),
};
static const struct rk_field entry_layout[ENTRY_FIELDS] = {
    RK_BYTES(struct entry, uuid),
    RK_LE(struct entry, offset),
    RK_LE(struct entry, size),
    RK_LE(struct entry, flags),
};
static const struct rk_fip_row rows[] = {
    { "scp-fwu-cfg",      { 0x65, 0x92, 0x27, 0x03, 0x2f, 0x74, 0xe6, 0x44, 0x8d, 0xff, 0x57, 0x9a, 0xc1, 0xff, 0x06, 0x10 } },
    { "ap-fwu-cfg",       { 0x60, 0xb3, 0xeb, 0x37, 0xc1, 0xe5, 0xea, 0x41, 0x9d, 0xf3, 0x19, 0xed, 0xa1, 0x1f, 0x68, 0x01 } },
    { "fwu",              { 0x4f, 0x51, 0x1d, 0x11, 0x2b, 0xe5, 0x4e, 0x49, 0xb4, 0xc5, 0x83, 0xc2, 0xf7, 0x15, 0x84, 0x0a } },
    { "fwu-cert",         { 0x71, 0x40, 0x8a, 0xb2, 0x18, 0xd6, 0x87, 0x4c, 0x8b, 0x2e, 0xc6, 0xdc, 0xcd, 0x50, 0xf0, 0x96 } },
    { "tb-fw",            { 0x5f, 0xf9, 0xec, 0x0b, 0x4d, 0x22, 0x3e, 0x4d, 0xa5, 0x44, 0xc3, 0x9d, 0x81, 0xc7, 0x3f, 0x0a } },
    { "scp-fw",           { 0x97, 0x66, 0xfd, 0x3d, 0x89, 0xbe, 0xe8, 0x49, 0xae, 0x5d, 0x78, 0xa1, 0x40, 0x60, 0x82, 0x13 } },
    { "soc-fw",           { 0x47, 0xd4, 0x08, 0x6d, 0x4c, 0xfe, 0x98, 0x46, 0x9b, 0x95, 0x29, 0x50, 0xcb, 0xbd, 0x5a, 0x00 } },
    { "tos-fw",           { 0x05, 0xd0, 0xe1, 0x89, 0x53, 0xdc, 0x13, 0x47, 0x8d, 0x2b, 0x50, 0x0a, 0x4b, 0x7a, 0x3e, 0x38 } },
    { "tos-fw-extra1",    { 0x0b, 0x70, 0xc2, 0x9b, 0x2a, 0x5a, 0x78, 0x40, 0x9f, 0x65, 0x0a, 0x56, 0x82, 0x73, 0x82, 0x88 } },
    { "tos-fw-extra2",    { 0x8e, 0xa8, 0x7b, 0xb1, 0xcf, 0xa2, 0x3f, 0x4d, 0x85, 0xfd, 0xe7, 0xbb, 0xa5, 0x02, 0x20, 0xd9 } },
    { "nt-fw",            { 0xd6, 0xd0, 0xee, 0xa7, 0xfc, 0xea, 0xd5, 0x4b, 0x97, 0x82, 0x99, 0x34, 0xf2, 0x34, 0xb6, 0xe4 } },
    { "rmm-fw",           { 0x6c, 0x07, 0x62, 0xa6, 0x12, 0xf2, 0x4b, 0x56, 0x92, 0xcb, 0xba, 0x8f, 0x63, 0x36, 0x06, 0xd9 } },
    { "fw-config",        { 0x58, 0x07, 0xe1, 0x6a, 0x84, 0x59, 0x47, 0xbe, 0x8e, 0xd5, 0x64, 0x8e, 0x8d, 0xdd, 0xab, 0x0e } },
    { "hw-config",        { 0x08, 0xb8, 0xf1, 0xd9, 0xc9, 0xcf, 0x93, 0x49, 0xa9, 0x62, 0x6f, 0xbc, 0x6b, 0x72, 0x65, 0xcc } },
    { "tb-fw-config",     { 0x6c, 0x04, 0x58, 0xff, 0xaf, 0x6b, 0x7d, 0x4f, 0x82, 0xed, 0xaa, 0x27, 0xbc, 0x69, 0xbf, 0xd2 } },
    { "soc-fw-config",    { 0x99, 0x79, 0x81, 0x4b, 0x03, 0x76, 0xfb, 0x46, 0x8c, 0x8e, 0x8d, 0x26, 0x7f, 0x78, 0x59, 0xe0 } },
    { "tos-fw-config",    { 0x26, 0x25, 0x7c, 0x1a, 0xdb, 0xc6, 0x7f, 0x47, 0x8d, 0x96, 0xc4, 0xc4, 0xb0, 0x24, 0x80, 0x21 } },
    { "nt-fw-config",     { 0x28, 0xda, 0x98, 0x15, 0x93, 0xe8, 0x7e, 0x44, 0xac, 0x66, 0x1a, 0xaf, 0x80, 0x15, 0x50, 0xf9 } },
    { "rot-cert",         { 0x86, 0x2d, 0x1d, 0x72, 0xf8, 0x60, 0xe4, 0x11, 0x92, 0x0b, 0x8b, 0xe7, 0x62, 0x16, 0x0f, 0x24 } },
    { "trusted-key-cert", { 0x82, 0x7e, 0xe8, 0x90, 0xf8, 0x60, 0xe4, 0x11, 0xa1, 0xb4, 0x77, 0x7a, 0x21, 0xb4, 0xf9, 0x4c } },
    { "scp-fw-key-cert",  { 0x02, 0x42, 0x21, 0xa1, 0xf8, 0x60, 0xe4, 0x11, 0x8d, 0x9b, 0xf3, 0x3c, 0x0e, 0x15, 0xa0, 0x14 } },
    { "soc-fw-key-cert",  { 0x8a, 0xb8, 0xbe, 0xcc, 0xf9, 0x60, 0xe4, 0x11, 0x9a, 0xd0, 0xeb, 0x48, 0x22, 0xd8, 0xdc, 0xf8 } },
    { "tos-fw-key-cert",  { 0x94, 0x77, 0xd6, 0x03, 0xfb, 0x60, 0xe4, 0x11, 0x85, 0xdd, 0xb7, 0x10, 0x5b, 0x8c, 0xee, 0x04 } },
    { "nt-fw-key-cert",   { 0x8a, 0xd5, 0x83, 0x2a, 0xfb, 0x60, 0xe4, 0x11, 0x8a, 0xaf, 0xdf, 0x30, 0xbb, 0xc4, 0x98, 0x59 } },
    { "tb-fw-cert",       { 0xd6, 0xe2, 0x69, 0xea, 0x5d, 0x63, 0xe4, 0x11, 0x8d, 0x8c, 0x9f, 0xba, 0xbe, 0x99, 0x56, 0xa5 } },
    { "scp-fw-cert",      { 0x44, 0xbe, 0x6f, 0x04, 0x5e, 0x63, 0xe4, 0x11, 0xb2, 0x8b, 0x73, 0xd8, 0xea, 0xae, 0x96, 0x56 } },
    { "soc-fw-cert",      { 0xe2, 0xb2, 0x0c, 0x20, 0x5e, 0x63, 0xe4, 0x11, 0x9c, 0xe8, 0xab, 0xcc, 0xf9, 0x2b, 0xb6, 0x66 } },
    { "tos-fw-cert",      { 0xa4, 0x9f, 0x44, 0x11, 0x5e, 0x63, 0xe4, 0x11, 0x87, 0x28, 0x3f, 0x05, 0x72, 0x2a, 0xf3, 0x3d } },
    { "nt-fw-cert",       { 0x8e, 0xc4, 0xc1, 0xf3, 0x5d, 0x63, 0xe4, 0x11, 0xa7, 0xa9, 0x87, 0xee, 0x40, 0xb2, 0x3f, 0xa7 } },
    { "sip-sp-cert",      { 0x77, 0x6d, 0xfd, 0x44, 0x86, 0x97, 0x4c, 0x3b, 0x91, 0xeb, 0xc1, 0x3e, 0x02, 0x5a, 0x2a, 0x6f } },
    { "plat-sp-cert",     { 0xdd, 0xcb, 0xbf, 0x4a, 0xca, 0xd6, 0x11, 0xea, 0x87, 0xd0, 0x02, 0x42, 0xac, 0x13, 0x00, 0x03 } },
    { "cca-cert",         { 0x36, 0xd8, 0x3d, 0x85, 0x76, 0x1d, 0x4d, 0xaf, 0x96, 0xf1, 0xcd, 0x99, 0xd6, 0x56, 0x9b, 0x00 } },
    { "core-swd-cert",    { 0x52, 0x22, 0x2d, 0x31, 0x82, 0x0f, 0x49, 0x4d, 0x8b, 0xbc, 0xea, 0x68, 0x25, 0xd3, 0xc3, 0x5a } },
    { "plat-key-cert",    { 0xd4, 0x3c, 0xd9, 0x02, 0x5b, 0x9f, 0x41, 0x2e, 0x8a, 0xc6, 0x92, 0xb6, 0xd1, 0x8b, 0xe6, 0x0d } },
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };
static const uint8_t nil[16];

const struct rk_fip_row *rk_fip_row(const uint8_t uuid[16])
{
    for (size_t i = 0; i < ROWS; i++) {
        if (memcmp(rows[i].uuid, uuid, 16) == 0)
            return &rows[i];
    }
    return NULL;
}

const struct rk_fip_row *rk_fip_row_named(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

/* ---- the table ---- */

static enum rk_rc check_entry(const struct rk_fip *fip, const struct rk_fip_entry *e, size_t len,
                              struct rk_err *err)
{
    const struct rk_fip_row *row = rk_fip_row(e->uuid);
    const char *name = row == NULL ? "unnamed" : row->name;

    if (e->offset > len || e->len > len - e->offset)
        return rk_fail(err, RK_E_FORMAT, "image %s: 0x%zx bytes at 0x%llx, the file has 0x%zx",
                       name, e->len, (unsigned long long)e->offset, len);
    for (size_t i = 0; i < fip->count; i++) {
        const struct rk_fip_entry *other = &fip->entry[i];

        if (memcmp(other->uuid, e->uuid, 16) == 0)
            return rk_fail(err, RK_E_FORMAT, "image %s is there twice", name);
        if (e->offset < other->offset + other->len && other->offset < e->offset + e->len)
            return rk_fail(err, RK_E_FORMAT, "image %s at 0x%llx overlaps another at 0x%llx", name,
                           (unsigned long long)e->offset, (unsigned long long)other->offset);
    }
    return RK_OK;
}

static enum rk_rc read_entries(struct rk_rd *rd, struct rk_fip *fip, struct rk_err *err)
{
    for (;;) {
        struct rk_fip_entry *out = &fip->entry[fip->count];
        struct entry e;

        rk_layout_read(entry_layout, ENTRY_FIELDS, rd, &e);
        if (rk_rd_ok(rd, err))
            return rk_wrap(err, "the table has no end");
        if (memcmp(e.uuid, nil, sizeof nil) == 0) {
            fip->end = (size_t)e.offset;
            return e.offset <= rd->len ? RK_OK
                                       : rk_fail(err, RK_E_FORMAT,
                                                 "the table says 0x%llx bytes, the file has 0x%zx",
                                                 (unsigned long long)e.offset, rd->len);
        }
        if (fip->count == RK_FIP_ENTRIES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %s",
                           RK_COUNTED(RK_FIP_ENTRIES_MAX, "image"));
        *out = (struct rk_fip_entry) { .flags = e.flags, .offset = e.offset };
        memcpy(out->uuid, e.uuid, 16);
        if (e.size > RK_FIP_MAX)
            return rk_fail(err, RK_E_FORMAT, "an image of 0x%llx bytes",
                           (unsigned long long)e.size);
        out->len = (size_t)e.size;
        if (check_entry(fip, out, rd->len, err))
            return err->rc;
        out->p = rd->buf + out->offset;
        fip->count++;
    }
}

enum rk_rc rk_fip_read(const uint8_t *file, size_t len, struct rk_fip *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    struct header h;

    *ret = (struct rk_fip) { .count = 0 };
    rk_layout_read(header_layout, HEADER_FIELDS, &rd, &h);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (h.name != TOC_NAME || h.serial == 0)
        return rk_fail(err, RK_E_FORMAT, "name 0x%08x and serial 0x%08x, expected 0x%08x and not 0",
                       h.name, h.serial, TOC_NAME);
    ret->serial = h.serial;
    ret->flags = h.flags;
    if (read_entries(&rd, ret, err))
        return err->rc;
    if (ret->end < rk_rd_offset(&rd))
        return rk_fail(err, RK_E_FORMAT, "the table says 0x%zx bytes and is itself 0x%llx",
                       ret->end, (unsigned long long)rk_rd_offset(&rd));
    for (size_t i = 0; i < ret->count; i++) {
        if (ret->entry[i].offset < rk_rd_offset(&rd) ||
            ret->entry[i].offset + ret->entry[i].len > ret->end)
            return rk_fail(err, RK_E_FORMAT, "image %zu at 0x%llx is not between table and end", i,
                           (unsigned long long)ret->entry[i].offset);
    }
    return RK_OK;
}

const struct rk_fip_entry *rk_fip_find(const struct rk_fip *fip, const char *name)
{
    const struct rk_fip_row *row = rk_fip_row_named(name);

    for (size_t i = 0; row != NULL && i < fip->count; i++) {
        if (memcmp(fip->entry[i].uuid, row->uuid, 16) == 0)
            return &fip->entry[i];
    }
    return NULL;
}

/* The certificates come by signing, and are not what somebody looks for. */
static enum rk_rc fail_name(const char *name, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < ROWS; i++) {
        size_t len = strlen(rows[i].name);

        if (len < 5 || strcmp(rows[i].name + len - 5, "-cert") != 0)
            rk_known_add(known, rows[i].name);
    }
    return rk_fail(err, RK_E_USAGE, "no image is named \"%s\" (known: %s)", name, known);
}

enum rk_rc rk_fip_put(struct rk_fip *fip, const char *name, const uint8_t *p, size_t len,
                      struct rk_err *err)
{
    const struct rk_fip_row *row = rk_fip_row_named(name);
    size_t i = 0;

    if (row == NULL)
        return fail_name(name, err);
    while (i < fip->count && memcmp(fip->entry[i].uuid, row->uuid, 16) != 0)
        i++;
    if (i == RK_FIP_ENTRIES_MAX)
        return rk_fail(err, RK_E_USAGE, "more than %s", RK_COUNTED(RK_FIP_ENTRIES_MAX, "image"));
    if (i == fip->count)
        fip->entry[fip->count++].flags = 0;
    fip->entry[i] = (struct rk_fip_entry) { .p = p, .len = len, .flags = fip->entry[i].flags };
    memcpy(fip->entry[i].uuid, row->uuid, 16);
    return RK_OK;
}

void rk_fip_drop(struct rk_fip *fip, const char *name)
{
    const struct rk_fip_entry *entry = rk_fip_find(fip, name);
    size_t i = entry == NULL ? fip->count : (size_t)(entry - fip->entry);

    if (i == fip->count)
        return;
    fip->count--;
    memmove(&fip->entry[i], &fip->entry[i + 1], (fip->count - i) * sizeof fip->entry[0]);
}

/* fiptool's order; images it does not name follow, in theirs. */
static size_t rank(const struct rk_fip_entry *e, size_t i)
{
    const struct rk_fip_row *row = rk_fip_row(e->uuid);

    return row == NULL ? ROWS + i : (size_t)(row - rows);
}

static void put_in_order(const struct rk_fip *fip, const struct rk_fip_entry *ret[])
{
    for (size_t i = 0; i < fip->count; i++) {
        size_t at = i;

        for (; at > 0 &&
               rank(ret[at - 1], (size_t)(ret[at - 1] - fip->entry)) > rank(&fip->entry[i], i);
             at--)
            ret[at] = ret[at - 1];
        ret[at] = &fip->entry[i];
    }
}

enum rk_rc rk_fip_write(const struct rk_fip *fip, uint64_t align, struct rk_bytes *ret,
                        struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_FIP_MAX);
    const struct rk_fip_entry *ordered[RK_FIP_ENTRIES_MAX];
    struct header h = { TOC_NAME, fip->serial, fip->flags };
    uint64_t at = RK_FIP_HEADER_WIRE + (fip->count + 1) * (uint64_t)RK_FIP_ENTRY_WIRE;
    struct entry e = { .offset = 0 };

    if (align == 0 || (align & (align - 1)) != 0 || align > 1 << 24)
        return rk_fail(err, RK_E_USAGE, "align 0x%llx: expected a power of two up to 16 MiB",
                       (unsigned long long)align);
    put_in_order(fip, ordered);
    rk_layout_write(header_layout, HEADER_FIELDS, &h, &wr);
    for (size_t i = 0; i < fip->count; i++) {
        at = (at + align - 1) & ~(align - 1);
        e = (struct entry) { .offset = at, .size = ordered[i]->len, .flags = ordered[i]->flags };
        memcpy(e.uuid, ordered[i]->uuid, 16);
        rk_layout_write(entry_layout, ENTRY_FIELDS, &e, &wr);
        at += ordered[i]->len;
    }
    e = (struct entry) { .offset = (at + align - 1) & ~(align - 1) };
    rk_layout_write(entry_layout, ENTRY_FIELDS, &e, &wr);
    if (e.offset > RK_FIP_MAX)
        return rk_fail(err, RK_E_USAGE, "the package grows beyond %s",
                       RK_COUNTED(RK_FIP_MAX, "byte"));
    for (size_t i = 0; i < fip->count; i++) {
        rk_wr_zero(&wr, (size_t)((align - wr.len % align) % align));
        rk_wr_bytes(&wr, ordered[i]->p, ordered[i]->len);
    }
    rk_wr_zero(&wr, (size_t)((align - wr.len % align) % align));
    return rk_wr_end(&wr, ret, err);
}
