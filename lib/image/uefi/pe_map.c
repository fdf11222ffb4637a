/* SPDX-License-Identifier: Apache-2.0 */
/* What a PE/COFF image looks like to people, and what its digest and signatures cover. */
#include "image/uefi/pe.h"

#include "rotkit/hex.h"

#include <stdio.h>

enum { HASH = 32 };

/* clang-format off */
static const struct {
    uint16_t machine;
    const char *name;
} machines[] = {
    { 0xaa64, "AArch64" }, { 0x01c0, "Arm" },   { 0x01c2, "Thumb" },    { 0x01c4, "Thumb-2" },
    { 0x8664, "x86-64" },  { 0x014c, "i386" },  { 0x5064, "RISC-V 64" },
};
/* clang-format on */

static const char *machine_name(uint16_t machine)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].machine == machine)
            return machines[i].name;
    }
    return "unknown machine";
}

static enum rk_rc add_optional(const struct rk_pe *pe, const uint8_t *file, size_t len,
                               struct rk_map *map, struct rk_region *headers, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len, .pos = pe->checksum };
    uint32_t found = (uint32_t)rk_rd_le(&rd, 4), want = rk_pe_checksum(pe, file, len);
    struct rk_region *optional, *region;

    if (rk_region_add(map, headers, pe->optional, pe->optional_len, "optional header", &optional,
                      err) ||
        rk_region_add(map, optional, pe->checksum, 4, "CheckSum", &region, err))
        return err->rc;
    (void)snprintf(optional->note, sizeof optional->note, "%s", pe->plus ? "PE32+" : "PE32");
    (void)snprintf(region->note, sizeof region->note, "0x%08x%s", found,
                   found == want ? ""
                   : found == 0  ? ", not set"
                                 : ", wrong (UEFI does not look)");
    if (pe->directory == 0)
        return RK_OK;
    return rk_region_add(map, optional, pe->directory, 8, "certificate directory entry", &region,
                         err);
}

static enum rk_rc add_headers(const struct rk_pe *pe, const uint8_t *file, size_t len,
                              struct rk_map *map, struct rk_err *err)
{
    struct rk_region *headers, *region;
    size_t sections = pe->optional + pe->optional_len;

    if (rk_region_add(map, map->root, 0, pe->headers, "headers", &headers, err) ||
        rk_region_add(map, headers, 0, pe->pe, "MZ header", &region, err) ||
        rk_region_add(map, headers, pe->pe, 4 + RK_PE_COFF_WIRE, "COFF header", &region, err) ||
        rk_layout_map(rk_pe_coff_layout, RK_PE_COFF_FIELDS, &pe->coff, pe->pe + 4, region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "%s", machine_name(pe->coff.machine));
    if (add_optional(pe, file, len, map, headers, err))
        return err->rc;
    headers->loaded = true;
    if (pe->coff.section_count == 0)
        return RK_OK;
    return rk_region_add(map, headers, sections,
                         (size_t)pe->coff.section_count * RK_PE_SECTION_WIRE, "section table",
                         &region, err);
}

static void section_name(const struct rk_pe_section *section, char ret[24])
{
    (void)snprintf(ret, 24, "section %.8s", (const char *)section->name);
    for (char *c = ret; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7e)
            *c = '?';
    }
}

static enum rk_rc add_sections(const struct rk_pe *pe, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    size_t at = pe->headers;

    for (size_t i = 0; i < pe->section_count; i++) {
        const struct rk_pe_section *section = &pe->section[i];
        char name[24];

        section_name(section, name);
        if (section->raw_offset > at &&
            rk_region_add(map, map->root, at, section->raw_offset - at, "gap", &region, err))
            return err->rc;
        if (rk_region_add(map, map->root, section->raw_offset, section->raw_size, name, &region,
                          err))
            return err->rc;
        region->loaded = true;
        (void)snprintf(region->note, sizeof region->note, "loaded at 0x%x, 0x%x bytes",
                       section->virtual_address, section->virtual_size);
        at = (size_t)section->raw_offset + section->raw_size;
    }
    if (at == pe->image_end)
        return RK_OK;
    return rk_region_add(map, map->root, at, pe->image_end - at, "behind the sections", &region,
                         err);
}

enum rk_rc rk_pe_guard(const struct rk_pe *pe, enum rk_guard_kind kind, const char *by,
                       struct rk_map *map, struct rk_err *err)
{
    struct rk_pe_range range[RK_PE_RANGES_MAX];
    size_t count = rk_pe_ranges(pe, range);

    for (size_t i = 0; i < count; i++) {
        if (rk_map_guard(map, range[i].offset, range[i].len, kind, by, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_pe_leave_open(const struct rk_pe *pe, struct rk_map *map, struct rk_err *err)
{
    if (rk_map_open(map, pe->checksum, 4, "CheckSum", err))
        return err->rc;
    return pe->directory == 0
               ? RK_OK
               : rk_map_open(map, pe->directory, 8, "certificate directory entry", err);
}

static enum rk_rc add_signatures(const struct rk_pe *pe, const uint8_t *file,
                                 const struct rk_pe_table *table, struct rk_map *map,
                                 struct rk_err *err)
{
    struct rk_region *region, *inside;
    bool held = true;

    if (table->count == 0)
        return RK_OK;
    if (rk_region_add(map, map->root, pe->image_end, pe->certificates, "certificate table", &region,
                      err))
        return err->rc;
    for (size_t i = 0; i < table->count; i++) {
        RK_AUTO(rk_pe_claim_done) struct rk_pe_claim claim = { .content = RK_BYTES_NONE };
        enum rk_rc rc;

        if (rk_region_add(map, region, table->entry[i].offset, table->entry[i].len,
                          "attribute certificate", &inside, err))
            return err->rc;
        rc = rk_pe_claim_check(pe, file, &table->pkcs7[i], &claim, err);
        held = held && rc == RK_OK;
        if (rk_map_compared(map, rc, 0, pe->image_end, NULL, err))
            return err->rc;
        if (rc != RK_OK)
            continue;
        (void)snprintf(inside->note, sizeof inside->note, "PKCS #7 over a digest of %s",
                       EVP_MD_get0_name(claim.md));
    }
    return held ? rk_pe_guard(pe, RK_GUARD_DIGEST, "Authenticode digest", map, err) : RK_OK;
}

enum rk_rc rk_pe_parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    char hex[2 * HASH + 1];
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct rk_pe_table table;
    struct rk_pe pe;

    if (rk_pe_read(file, len, &pe, err) || rk_pe_table_read(&pe, file, &table, err) ||
        add_headers(&pe, file, len, map, err) || add_sections(&pe, map, err) ||
        add_signatures(&pe, file, &table, map, err) ||
        rk_pe_digest(&pe, file, EVP_sha256(), digest, err))
        return err->rc;
    rk_hex_write(digest, HASH, hex);
    (void)snprintf(map->root->note, sizeof map->root->note, "Authenticode SHA-256 %s", hex);
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   table.count == 0 ? "structure holds, not signed"
                                    : "Authenticode digest ok, signature not checked: needs the "
                                      "key or the CA");
    return RK_OK;
}
