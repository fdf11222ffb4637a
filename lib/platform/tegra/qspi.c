/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qspi: the whole boot flash of a Jetson, from the BSP's flash layout XML. Source:
 * boot-images.md 4. Which partitions NVIDIA lists in the GPT is not documented: here all that it
 * can express, so not BCT, which the boot ROM finds at offset 0, and not the tables themselves.
 */
#include "base/digest.h"
#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/mem.h"
#include "base/wr.h"
#include "platform/tegra/flash_layout.h"
#include "platform/tegra/gpt.h"
#include "rotkit/guid.h"
#include "rotkit/tegra_bch.h"

#include <stdio.h>
#include <string.h>

enum { FLASH_MAX = 256 << 20, BCT_PITCH = 0x10000, BCT_COPIES_MAX = 4 };
static const struct rk_format *self(void);

static void gpt_done(struct rk_gpt *gpt)
{
    rk_free(gpt->part);
}

/* ---- reading ---- */

static bool recognise(const uint8_t *file, size_t len)
{
    return rk_gpt_has_secondary(file, len);
}

static enum rk_rc add_gap(struct rk_map *map, uint64_t from, uint64_t to, const uint8_t *file,
                          struct rk_err *err)
{
    struct rk_region *region;
    bool bct = from == 0 && to > 4 && memcmp(file, "BCTB", 4) == 0;

    if (from >= to)
        return RK_OK;
    if (rk_region_add(map, map->root, from, to - from, bct ? "BCT" : "not in the GPT", &region,
                      err))
        return err->rc;
    region->nested = bct;
    return RK_OK;
}

/*
 * Behind a header that the OEM signs (boot-images.md 1.2), in front of what MB1 or MB2 loads. eks
 * is left out: it is found with and without one.
 */
static const char *const headed[] = {
    "mb1",     "psc_bl1",        "MB1_BCT",     "MEM_BCT", "tsec-fw", "nvdec",  "mb2",
    "xusb-fw", "bpmp-fw",        "bpmp-fw-dtb", "psc-fw",  "mts-mce", "sc7",    "pscrf",
    "mb2rf",   "cpu-bootloader", "secure-os",   "dce-fw",  "spe-fw",  "rce-fw", "adsp-fw"
};

/* The one that the OEM signs, by its magic. */
static bool has_header(const uint8_t *p, uint64_t len)
{
    return len >= sizeof rk_bch_magic && memcmp(p, rk_bch_magic, sizeof rk_bch_magic) == 0;
}

static bool is_erased(const uint8_t *p, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++) {
        if (p[i] != 0xff)
            return false;
    }
    return true;
}

/* What stands there is loaded and shows no header whose signature could cover it. */
static bool lacks_header(const struct rk_gpt_part *part, const uint8_t *file)
{
    const char *name = part->name;

    if ((name[0] == 'A' || name[0] == 'B') && name[1] == '_')
        name += 2;
    for (size_t i = 0; i < sizeof headed / sizeof headed[0]; i++) {
        if (strcmp(headed[i], name) == 0)
            return part->size >= 4 && !has_header(file + part->start, part->size) &&
                   !is_erased(file + part->start, part->size);
    }
    return false;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(gpt_done) struct rk_gpt gpt = { .count = 0 };
    uint64_t at = 0, table = len - RK_GPT_HEAD;
    struct rk_region *region;

    if (rk_gpt_read_secondary(file, len, &gpt, err))
        return err->rc;
    if (gpt.failed != NULL &&
        rk_map_compared(map, rk_fail(err, RK_E_VERIFY, "%s does not hold", gpt.failed), table,
                        RK_GPT_HEAD, NULL, err))
        return err->rc;
    for (size_t i = 0; i < gpt.count; i++) {
        const struct rk_gpt_part *part = &gpt.part[i];
        char type[RK_GUID_TEXT];

        if (add_gap(map, at, part->start, file, err) ||
            rk_region_add(map, map->root, part->start, part->size, part->name, &region, err))
            return err->rc;
        rk_guid_text(part->type, type);
        (void)snprintf(region->note, sizeof region->note, "type %s", type);
        region->nested = true;
        region->loaded = lacks_header(part, file);
        at = part->start + part->size;
    }
    if (add_gap(map, at, table, file, err) ||
        rk_region_add(map, map->root, table, RK_GPT_HEAD, "secondary GPT", &region, err) ||
        rk_map_guard(map, table, RK_GPT_HEAD, RK_GUARD_DIGEST, "CRC32 (no protection)", err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "GPT holds, %s; not signed as a whole",
                   RK_COUNTED(gpt.count, "partition"));
    return RK_OK;
}

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "layout", true, false, "the flash layout XML of the BSP" },
    { "*", false, false, "a partition by its name in the layout; what is not given stays 0xff" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "bct-copies", "1", "how often BCT is written, 64 KiB apart (1 to 4)" },
    { "device", "spi", "which device of the layout" },
    { "placeholders", NULL,
      "numbers for the layout's words: APPSIZE=1048576,INT_NUM_SECTORS=131072" },
    { NULL, NULL, NULL },
};

struct building {
    const struct rk_request *request;
    const struct rk_flash_device *flash;
    struct rk_bytes image;
};

static const struct rk_flash_partition *find_partition(const struct rk_flash_device *flash,
                                                       const char *name)
{
    for (size_t i = 0; i < flash->count; i++) {
        if (strcmp(flash->partition[i].name, name) == 0)
            return &flash->partition[i];
    }
    return NULL;
}

static enum rk_rc place_bct(struct building *b, const struct rk_flash_partition *p,
                            const struct rk_input *part, struct rk_err *err)
{
    uint64_t copies;

    if (rk_request_u64(b->request, self(), "bct-copies", 1, BCT_COPIES_MAX, &copies, err))
        return err->rc;
    if (copies == 0 || (copies > 1 && part->len > BCT_PITCH) ||
        (copies - 1) * BCT_PITCH + part->len > p->size)
        return rk_fail(err, RK_E_USAGE, "%s of %s do not fit into \"%s\"",
                       RK_COUNTED(copies, "copy"), RK_COUNTED(part->len, "byte"), p->name);
    for (uint64_t i = 1; i < copies; i++)
        memcpy(b->image.p + p->start + i * BCT_PITCH, part->p, part->len);
    return RK_OK;
}

static enum rk_rc place_part(struct building *b, const struct rk_input *part, struct rk_err *err)
{
    const struct rk_flash_partition *p = find_partition(b->flash, part->name);

    if (strcmp(part->name, "layout") == 0)
        return RK_OK;
    if (p == NULL)
        return rk_fail(err, RK_E_USAGE, "the layout has no partition \"%s\"", part->name);
    if (part->len > p->size)
        return rk_fail(err, RK_E_USAGE, "partition \"%s\" has %s, the file %zu", p->name,
                       RK_COUNTED(p->size, "byte"), part->len);
    if (p->oem_sign && !has_header(part->p, part->len))
        rk_warn(b->request->ctx,
                "partition \"%s\" is oem_sign in the layout, and the file has no NVDA header",
                p->name);
    if (part->len != 0)
        memcpy(b->image.p + p->start, part->p, part->len);
    return strcmp(p->type, "boot_config_table") == 0 ? place_bct(b, p, part, err) : RK_OK;
}

/* The partition of slot A when this one is of slot B, in either way of naming them; NULL: none. */
static const struct rk_flash_partition *slot_a_of(const struct rk_flash_device *flash,
                                                  const char *name)
{
    char a[RK_FLASH_NAME + 1];
    size_t len = strlen(name);

    if (len > 2 && strncmp(name, "B_", 2) == 0)
        (void)snprintf(a, sizeof a, "A_%s", name + 2);
    else if (len > 2 && strcmp(name + len - 2, "_b") == 0)
        (void)snprintf(a, sizeof a, "%.*s", (int)(len - 2), name);
    else
        return NULL;
    return find_partition(flash, a);
}

/* Once slot B is filled, a board may start from it, and what it lacks then is not there. */
static void warn_of_half_slots(const struct building *b)
{
    const struct rk_flash_partition *lacking = NULL, *other = NULL;
    bool fills_b = false;

    for (size_t i = 0; i < b->flash->count; i++) {
        const struct rk_flash_partition *p = &b->flash->partition[i];
        const struct rk_flash_partition *a = slot_a_of(b->flash, p->name);
        bool has_b = rk_request_part(b->request, p->name) != NULL;
        bool has_a = a != NULL && rk_request_part(b->request, a->name) != NULL;

        fills_b = fills_b || (a != NULL && has_b);
        if (a == NULL || has_a == has_b || lacking != NULL)
            continue;
        lacking = has_a ? p : a;
        other = has_a ? a : p;
    }
    if (fills_b && lacking != NULL)
        rk_warn(b->request->ctx,
                "partition \"%s\" has a file and \"%s\" none: a board that starts from that slot "
                "finds it empty",
                other->name, lacking->name);
}

/* A GUID that follows from what it names, as RFC 9562 (version 8) lets one. */
static enum rk_rc derived_guid(const char *what, const struct rk_input *layout, const char *name,
                               uint8_t ret[16], struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(256);
    uint8_t digest[32];

    if (rk_sha256(layout->p, layout->len, digest, err))
        return err->rc;
    rk_wr_printf(&wr, "rotkit %s %s ", what, name);
    rk_wr_bytes(&wr, digest, sizeof digest);
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    if (rk_sha256(wr.buf, wr.len, digest, err))
        return err->rc;
    memcpy(ret, digest, 16);
    ret[7] = (uint8_t)((ret[7] & 0x0f) | 0x80);
    ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
    return RK_OK;
}

/* Microsoft basic data: what a partition without a type of its own is. */
static const char basic_data[] = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7";

static enum rk_rc fill_part(const struct building *b, const struct rk_flash_partition *p,
                            struct rk_gpt_part *ret, struct rk_err *err)
{
    const struct rk_input *layout = rk_request_part(b->request, "layout");

    memcpy(ret->name, p->name, strlen(p->name));
    ret->start = p->start;
    ret->size = p->size;
    if (rk_guid_parse(p->type_guid[0] != '\0' ? p->type_guid : basic_data, ret->type, err) ||
        (p->unique_guid[0] != '\0' ? rk_guid_parse(p->unique_guid, ret->unique, err)
                                   : derived_guid("partition", layout, p->name, ret->unique, err)))
        return rk_wrap(err, "partition \"%s\"", p->name);
    return RK_OK;
}

static bool is_table(const struct rk_flash_partition *p)
{
    return strstr(p->type, "_gpt") != NULL ||
           strcmp(p->type, "protective_master_boot_record") == 0 || strstr(p->name, "gpt") != NULL;
}

static enum rk_rc fill_gpt(const struct building *b, struct rk_gpt *gpt, struct rk_err *err)
{
    gpt->device_size = b->flash->size;
    gpt->part = rk_alloc(RK_FLASH_PARTITIONS_MAX, sizeof *gpt->part);
    if (gpt->part == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < b->flash->count; i++) {
        const struct rk_flash_partition *p = &b->flash->partition[i];

        if (p->start < rk_gpt_first_usable() || is_table(p))
            continue;
        if (fill_part(b, p, &gpt->part[gpt->count], err))
            return err->rc;
        gpt->count++;
    }
    return derived_guid("disk", rk_request_part(b->request, "layout"), "", gpt->disk, err);
}

/* The secondary table stands at the end of its partition; a backup partition holds a copy. */
static enum rk_rc write_table(struct building *b, const struct rk_flash_partition *p,
                              const struct rk_gpt *gpt, struct rk_err *err)
{
    uint8_t *at = b->image.p + p->start;

    if (strcmp(p->type, "protective_master_boot_record") == 0) {
        rk_gpt_write_mbr(b->flash->size, at);
        return RK_OK;
    }
    if (p->size < RK_GPT_HEAD)
        return rk_fail(err, RK_E_USAGE, "partition \"%s\" is too small for a GPT", p->name);
    if (strcmp(p->type, "primary_gpt") == 0)
        return rk_gpt_write(gpt, true, at, err);
    return rk_gpt_write(gpt, false, at + p->size - RK_GPT_HEAD, err);
}

static enum rk_rc write_tables(struct building *b, struct rk_err *err)
{
    RK_AUTO(gpt_done) struct rk_gpt gpt = { .count = 0 };
    bool at_end = false;

    if (fill_gpt(b, &gpt, err))
        return err->rc;
    for (size_t i = 0; i < b->flash->count; i++) {
        const struct rk_flash_partition *p = &b->flash->partition[i];

        if (!is_table(p))
            continue;
        if (rk_request_part(b->request, p->name) != NULL)
            return rk_fail(err, RK_E_USAGE, "partition \"%s\" is made here, give no file for it",
                           p->name);
        if (write_table(b, p, &gpt, err))
            return err->rc;
        at_end = at_end ||
                 (p->start + p->size == b->flash->size && strcmp(p->type, "secondary_gpt") == 0);
    }
    if (!at_end)
        return rk_fail(err, RK_E_USAGE,
                       "the layout has no partition of type secondary_gpt at the device's end");
    return RK_OK;
}

static void building_done(struct building *b)
{
    rk_bytes_done(&b->image);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_flash_done) struct rk_flash_device *flash = NULL;
    RK_AUTO(building_done) struct building b = { .request = request };
    const struct rk_input *layout = rk_request_part(request, "layout");

    if (rk_flash_parse(layout->p, layout->len, rk_request_text(request, self(), "device"),
                       rk_request_text(request, self(), "placeholders"), &flash, err))
        return err->rc;
    b.flash = flash;
    if (flash->size > FLASH_MAX || flash->sector_size != RK_GPT_SECTOR)
        return rk_fail(
            err, RK_E_USAGE, "a device of %s in sectors of %llu, expected at most %d in 512",
            RK_COUNTED(flash->size, "byte"), (unsigned long long)flash->sector_size, FLASH_MAX);
    if (rk_bytes_new((size_t)flash->size, &b.image, err))
        return err->rc;
    memset(b.image.p, 0xff, b.image.len);
    for (size_t i = 0; i < request->part_count; i++) {
        if (place_part(&b, &request->part[i], err))
            return err->rc;
    }
    warn_of_half_slots(&b);
    if (write_tables(&b, err))
        return err->rc;
    *ret = rk_bytes_take(&b.image);
    return RK_OK;
}

const struct rk_format rk_format_qspi = {
    .name = "qspi",
    .title = "boot flash image",
    .max = FLASH_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .refusal = "its partitions are signed one by one, not the flash as a whole",
    .build = build,
};

static const struct rk_format *self(void)
{
    return &rk_format_qspi;
}
