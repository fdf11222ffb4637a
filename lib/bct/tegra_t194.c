/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-t194: boot images of Xavier with their NVDA header of 4096 bytes (jetson-factory.md 7).
 * Read only: neither the form of its signatures nor what its digest covers when a payload is
 * encrypted is public. The fields are those of the published header file nvboot_boot_component.h of
 * tegra-boot-tools (BSD-3), whose sizes sum up to 4096.
 */
#include "rotkit/format_row.h"
#include "rotkit/tegra_bch.h"

#include "base/layout.h"
#include "base/mem.h"
#include "base/work.h"

#include <stdio.h>
#include <string.h>

enum {
    WIRE = 0x1000,
    IMAGE_MAX = 256 << 20,
    DIGEST = 32,
    COMPONENTS_MAX = 4,
    STAGE2_COUNT = 0xba0,
    STAGE2 = 0xbb0, /* 4 of 0x50 */
    STAGE1_COUNT = 0xef0,
    STAGE1 = 0xf00, /* 4 of 0x40 */
    STAGE2_FIELDS = 11,
    STAGE1_FIELDS = 7,
};

struct stage2 {
    uint8_t magic[4];
    uint32_t length, load, entry, version, start_page, start_block;
    uint8_t encrypted, derivation_string[7], reserved[12], digest[DIGEST];
};
struct stage1 {
    uint8_t magic[4];
    uint32_t length, load, entry, version;
    uint8_t reserved[12], digest[DIGEST];
};
/* clang-format off */
static const struct rk_field stage2_layout[STAGE2_FIELDS] = {
    RK_BYTES(struct stage2, magic),
    RK_LE(struct stage2, length),
    RK_LE(struct stage2, load),
    RK_LE(struct stage2, entry),
    RK_LE(struct stage2, version),
    RK_LE(struct stage2, start_page),
    RK_LE(struct stage2, start_block),
    RK_LE(struct stage2, encrypted),
    RK_BYTES(struct stage2, derivation_string),
    RK_BYTES(struct stage2, reserved),
    RK_BYTES(struct stage2, digest),
};
static const struct rk_field stage1_layout[STAGE1_FIELDS] = {
    RK_BYTES(struct stage1, magic),
    RK_LE(struct stage1, length),
    RK_LE(struct stage1, load),
    RK_LE(struct stage1, entry),
    RK_LE(struct stage1, version),
    RK_BYTES(struct stage1, reserved),
    RK_BYTES(struct stage1, digest),
};
static const struct {
    size_t at, len;
    const char *name;
} parts[] = {
    { 0x000, 4,     "Magic" },
    { 0x010, 0x1e0, "stage 2 (OEM) signature" },
    { 0x1f0, 0x4c0, "public key parameters" },
    { 0xb90, 0x340, "OEM-signed part" },
    { 0xed0, 0x130, "NVIDIA-signed part" },
};
/* clang-format on */

static uint64_t le32(const uint8_t *at)
{
    struct rk_rd rd = { .buf = at, .len = 4 };

    return rk_rd_le(&rd, 4);
}

static bool is_name(const uint8_t magic[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (magic[i] < 0x20 || magic[i] > 0x7e)
            return false;
    }
    return true;
}

/*
 * Orin's header has a number at 0xfe0 where Xavier's has zeros or a digest, and its key at 0xba0,
 * where Xavier's has the number of components.
 */
static bool recognise(const uint8_t *file, size_t len)
{
    return len >= WIRE && memcmp(file, rk_bch_magic, sizeof rk_bch_magic) == 0 &&
           le32(file + STAGE2_COUNT) >= 1 && le32(file + STAGE2_COUNT) <= COMPONENTS_MAX &&
           is_name(file + STAGE2) && le32(file + STAGE1_COUNT) <= COMPONENTS_MAX &&
           le32(file + STAGE2 + 4) <= len - WIRE;
}

static enum rk_rc add_components(const uint8_t *file, struct rk_map *map, struct rk_region *stage2,
                                 struct rk_region *stage1, struct rk_err *err)
{
    const struct {
        struct rk_region *parent;
        const struct rk_field *layout;
        size_t fields, at, wire, count;
    } stages[] = {
        { stage2, stage2_layout, STAGE2_FIELDS, STAGE2, 0x50, le32(file + STAGE2_COUNT) },
        { stage1, stage1_layout, STAGE1_FIELDS, STAGE1, 0x40, le32(file + STAGE1_COUNT) },
    };
    union {
        struct stage2 two;
        struct stage1 one;
    } c;

    for (size_t s = 0; s < sizeof stages / sizeof stages[0]; s++) {
        for (size_t i = 0; i < stages[s].count; i++) {
            size_t at = stages[s].at + i * stages[s].wire;
            struct rk_rd rd = { .buf = file + at, .len = stages[s].wire };
            struct rk_region *region;
            char name[32];

            (void)snprintf(name, sizeof name, "component %zu", i);
            rk_layout_read(stages[s].layout, stages[s].fields, &rd, &c);
            if (rk_region_add(map, stages[s].parent, at, stages[s].wire, name, &region, err) ||
                rk_layout_map(stages[s].layout, stages[s].fields, &c, at, region, err))
                return err->rc;
        }
    }
    return RK_OK;
}

/* The digest where it holds. Where it does not, what it covers is not known. */
static enum rk_rc add_payload(const uint8_t *file, struct rk_map *map, size_t *ret_end,
                              struct rk_err *err)
{
    size_t length = (size_t)le32(file + STAGE2 + 4), made;
    const uint8_t *want = file + STAGE2 + 0x30;
    struct rk_region *region;
    uint8_t digest[64];
    char name[32];

    (void)snprintf(name, sizeof name, "payload %.4s", (const char *)file + STAGE2);
    if (rk_region_add(map, map->root, WIRE, length, name, &region, err) ||
        rk_work_digest("SHA256", file + WIRE, length, digest, &made, err))
        return err->rc;
    *ret_end = WIRE + length;
    if (memcmp(digest, want, DIGEST) == 0)
        return rk_map_guard(map, WIRE, length, RK_GUARD_DIGEST, "component digest (SHA-256)", err);
    return rk_map_unknown(map, WIRE, length, RK_NEED_NOTHING,
                          rk_all_zero(want, DIGEST)
                              ? "the component's digest: it is not filled in yet"
                              : "the payload: what its digest covers is not public",
                          err);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *header, *region[sizeof parts / sizeof parts[0]];
    size_t end;

    if (!recognise(file, len))
        return rk_fail(err, RK_E_FORMAT, "no NVDA header of 4096 bytes");
    if (rk_region_add(map, map->root, 0, WIRE, "header", &header, err))
        return err->rc;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (rk_region_add(map, header, parts[i].at, parts[i].len, parts[i].name, &region[i], err))
            return err->rc;
    }
    if (add_components(file, map, region[3], region[4], err) || add_payload(file, map, &end, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "T194 (Xavier): shown, its signatures are not checked: their form is not "
                   "public");
    return rk_map_rest(map, file, end, len, err);
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    bool is_signed = !rk_all_zero(file + parts[1].at, parts[1].len) ||
                     !rk_all_zero(file + parts[2].at, parts[2].len);

    if (!rk_request_asks_signer(request))
        return RK_OK;
    if (!is_signed)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    return rk_map_unknown(map, 0, len, RK_NEED_NOTHING,
                          "who signed: the form of a signature of T194 is not public", err);
}

const struct rk_format rk_format_tegra_t194 = {
    .name = "tegra-t194",
    .title = "Xavier boot image with NVDA header",
    .max = IMAGE_MAX,
    .recognise = recognise,
    .parse = parse,
    .check = check,
    .refusal = "boot images of T194 (Xavier) are shown, not made or signed: take its BSP's tools",
};
