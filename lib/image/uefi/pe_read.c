/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things stand in a PE/COFF image and what its Authenticode digest covers. Source:
 * boot-images.md 5.4; Microsoft PE Format; Windows Authenticode Portable Executable Signature
 * Format, "Calculating the PE Image Hash".
 */
#include "image/uefi/pe.h"

#include "base/work.h"
#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

enum {
    DOS_WIRE = 64,
    LFANEW = 60,
    MAGIC_PE32 = 0x10b,
    MAGIC_PE32_PLUS = 0x20b,
    /* in the optional header, the same in PE32 and PE32+ */
    OPT_HEADERS = 60,
    OPT_CHECKSUM = 64,
    DIRECTORIES_MAX = 16,
    SECURITY = 4, /* the certificate table's number among the directories */
};

/* clang-format off */
const struct rk_field rk_pe_coff_layout[RK_PE_COFF_FIELDS] = {
    RK_LE(struct rk_pe_coff, machine),
    RK_LE(struct rk_pe_coff, section_count),
    RK_LE(struct rk_pe_coff, timestamp),
    RK_LE(struct rk_pe_coff, symbol_offset),
    RK_LE(struct rk_pe_coff, symbol_count),
    RK_LE(struct rk_pe_coff, optional_size),
    RK_LE(struct rk_pe_coff, characteristics),
};
const struct rk_field rk_pe_section_layout[RK_PE_SECTION_FIELDS] = {
    RK_BYTES(struct rk_pe_section, name),
    RK_LE(struct rk_pe_section, virtual_size),
    RK_LE(struct rk_pe_section, virtual_address),
    RK_LE(struct rk_pe_section, raw_size),
    RK_LE(struct rk_pe_section, raw_offset),
    RK_LE(struct rk_pe_section, relocation_offset),
    RK_LE(struct rk_pe_section, line_offset),
    RK_LE(struct rk_pe_section, relocation_count),
    RK_LE(struct rk_pe_section, line_count),
    RK_LE(struct rk_pe_section, characteristics),
};
/* clang-format on */

/* width bytes at an offset of the optional header that was found to hold them */
static uint64_t optional_le(const struct rk_pe *pe, const uint8_t *file, size_t at, size_t width)
{
    struct rk_rd rd = { .buf = file + pe->optional + at, .len = pe->optional_len - at };

    return rk_rd_le(&rd, width);
}

/* DOS header, PE signature and COFF header. */
static enum rk_rc read_coff(const uint8_t *file, size_t len, struct rk_pe *pe, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    const uint8_t *mark;
    uint64_t at;

    if (len < DOS_WIRE || file[0] != 'M' || file[1] != 'Z')
        return rk_fail(err, RK_E_FORMAT, "no MZ header of %s", RK_COUNTED(DOS_WIRE, "byte"));
    rd.pos = LFANEW;
    at = rk_rd_le(&rd, 4);
    if (at < DOS_WIRE || at > len - 4)
        return rk_fail(err, RK_E_FORMAT,
                       "e_lfanew at 0x%x is 0x%llx, expected 0x%x to the end of a file of %s",
                       LFANEW, (unsigned long long)at, DOS_WIRE, RK_COUNTED(len, "byte"));
    rd.pos = (size_t)at;
    mark = rk_rd_take(&rd, 4);
    if (memcmp(mark, "PE\0\0", 4) != 0)
        return rk_fail(err, RK_E_FORMAT, "no PE signature at 0x%llx", (unsigned long long)at);
    rk_layout_read(rk_pe_coff_layout, RK_PE_COFF_FIELDS, &rd, &pe->coff);
    if (rk_rd_ok(&rd, err))
        return rk_wrap(err, "COFF header");
    pe->pe = (size_t)at;
    pe->optional = rd.pos;
    pe->optional_len = pe->coff.optional_size;
    if (pe->optional_len > len - pe->optional)
        return rk_fail(err, RK_E_FORMAT, "optional header: %s at 0x%zx, the file has %zu",
                       RK_COUNTED(pe->optional_len, "byte"), pe->optional, len - pe->optional);
    return RK_OK;
}

static enum rk_rc read_optional(const uint8_t *file, struct rk_pe *pe, struct rk_err *err)
{
    size_t fixed;
    uint64_t magic, directories;

    if (pe->optional_len < OPT_CHECKSUM + 4)
        return rk_fail(err, RK_E_FORMAT, "optional header of %s is too short",
                       RK_COUNTED(pe->optional_len, "byte"));
    magic = optional_le(pe, file, 0, 2);
    if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
        return rk_fail(err, RK_E_FORMAT, "optional header: magic 0x%llx is neither PE32 nor PE32+",
                       (unsigned long long)magic);
    pe->plus = magic == MAGIC_PE32_PLUS;
    fixed = pe->plus ? 112 : 96;
    if (pe->optional_len < fixed)
        return rk_fail(err, RK_E_FORMAT, "optional header of %s, expected at least %zu",
                       RK_COUNTED(pe->optional_len, "byte"), fixed);
    directories = optional_le(pe, file, fixed - 4, 4);
    if (directories > DIRECTORIES_MAX || fixed + directories * 8 > pe->optional_len)
        return rk_fail(err, RK_E_FORMAT, "%llu data directories in an optional header of %s",
                       (unsigned long long)directories, RK_COUNTED(pe->optional_len, "byte"));
    pe->headers = (size_t)optional_le(pe, file, OPT_HEADERS, 4);
    pe->checksum = pe->optional + OPT_CHECKSUM;
    pe->directory = directories > SECURITY ? pe->optional + fixed + (size_t)SECURITY * 8 : 0;
    return RK_OK;
}

/* The certificate table ends the file, or the digest would not be defined. */
static enum rk_rc read_directory(const uint8_t *file, size_t len, struct rk_pe *pe,
                                 struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len, .pos = pe->directory };
    uint64_t at, size;

    pe->image_end = len;
    if (pe->directory == 0)
        return RK_OK;
    at = rk_rd_le(&rd, 4);
    size = rk_rd_le(&rd, 4);
    if (at == 0 && size == 0)
        return RK_OK;
    if (size == 0 || at > len || size > len - at)
        return rk_fail(err, RK_E_FORMAT, "certificate table: %s at 0x%llx, in a file of %s",
                       RK_COUNTED(size, "byte"), (unsigned long long)at, RK_COUNTED(len, "byte"));
    if (at % 8 != 0 || at + size != len)
        return rk_fail(err, RK_E_FORMAT,
                       "certificate table: 0x%llx to 0x%llx, expected to start at a multiple of 8 "
                       "and to end the file at 0x%zx",
                       (unsigned long long)at, (unsigned long long)(at + size), len);
    pe->image_end = (size_t)at;
    pe->certificates = (size_t)size;
    return RK_OK;
}

/* Keeps the sections in the order of their raw data; those without are left out. */
static void insert(struct rk_pe *pe, const struct rk_pe_section *section)
{
    size_t i = pe->section_count++;

    for (; i > 0 && pe->section[i - 1].raw_offset > section->raw_offset; i--)
        pe->section[i] = pe->section[i - 1];
    pe->section[i] = *section;
}

static enum rk_rc read_sections(const uint8_t *file, struct rk_pe *pe, struct rk_err *err)
{
    size_t at = pe->optional + pe->optional_len;
    size_t table = (size_t)pe->coff.section_count * RK_PE_SECTION_WIRE;
    struct rk_rd rd = { .buf = file, .pos = at };

    if (pe->coff.section_count > RK_PE_SECTIONS_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, expected at most %d",
                       RK_COUNTED(pe->coff.section_count, "section"), RK_PE_SECTIONS_MAX);
    if (pe->headers > pe->image_end || at + table > pe->headers)
        return rk_fail(err, RK_E_FORMAT,
                       "SizeOfHeaders is 0x%zx, expected at least the headers' 0x%zx and at most "
                       "0x%zx",
                       pe->headers, at + table, pe->image_end);
    rd.len = pe->headers;
    for (size_t i = 0; i < pe->coff.section_count; i++) {
        struct rk_pe_section section;

        rk_layout_read(rk_pe_section_layout, RK_PE_SECTION_FIELDS, &rd, &section);
        if (section.raw_size != 0)
            insert(pe, &section);
    }
    return rk_rd_ok(&rd, err);
}

static enum rk_rc check_sections(struct rk_pe *pe, struct rk_err *err)
{
    pe->content_end = pe->headers;
    for (size_t i = 0; i < pe->section_count; i++) {
        const struct rk_pe_section *section = &pe->section[i];
        uint64_t end = (uint64_t)section->raw_offset + section->raw_size;

        if (end > pe->image_end)
            return rk_fail(err, RK_E_FORMAT,
                           "section \"%.8s\": 0x%x to 0x%llx, the image ends at 0x%zx",
                           (const char *)section->name, section->raw_offset,
                           (unsigned long long)end, pe->image_end);
        if (section->raw_offset < pe->content_end)
            return rk_fail(err, RK_E_FORMAT, "section \"%.8s\" at 0x%x overlaps what ends at 0x%zx",
                           (const char *)section->name, section->raw_offset, pe->content_end);
        pe->gaps += section->raw_offset - pe->content_end;
        pe->content_end = (size_t)end;
    }
    return RK_OK;
}

enum rk_rc rk_pe_read(const uint8_t *file, size_t len, struct rk_pe *ret, struct rk_err *err)
{
    struct rk_pe pe = { .pe = 0 };

    if (read_coff(file, len, &pe, err) || read_optional(file, &pe, err) ||
        read_directory(file, len, &pe, err) || read_sections(file, &pe, err) ||
        check_sections(&pe, err))
        return err->rc;
    *ret = pe;
    return RK_OK;
}

/* ---- the digest ---- */

static size_t add_range(struct rk_pe_range *range, size_t count, size_t from, size_t to)
{
    if (from == to)
        return count;
    if (count != 0 && range[count - 1].offset + range[count - 1].len == from) {
        range[count - 1].len += to - from;
        return count;
    }
    range[count] = (struct rk_pe_range) { .offset = from, .len = to - from };
    return count + 1;
}

size_t rk_pe_ranges(const struct rk_pe *pe, struct rk_pe_range ret[RK_PE_RANGES_MAX])
{
    size_t after = pe->checksum + 4, count = add_range(ret, 0, 0, pe->checksum);

    if (pe->directory != 0) {
        count = add_range(ret, count, after, pe->directory);
        after = pe->directory + 8;
    }
    count = add_range(ret, count, after, pe->headers);
    for (size_t i = 0; i < pe->section_count; i++) {
        const struct rk_pe_section *section = &pe->section[i];

        count = add_range(ret, count, section->raw_offset,
                          (size_t)section->raw_offset + section->raw_size);
    }
    /* The rest starts behind as many bytes as were digested, with gaps therefore too early. */
    return add_range(ret, count, pe->content_end - pe->gaps, pe->image_end);
}

enum rk_rc rk_pe_digest(const struct rk_pe *pe, const uint8_t *file, const EVP_MD *md,
                        uint8_t ret[EVP_MAX_MD_SIZE], struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    struct rk_pe_range range[RK_PE_RANGES_MAX];
    size_t count = rk_pe_ranges(pe, range);

    if (run == NULL || EVP_DigestInit_ex(run, md, NULL) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "digest");
    for (size_t i = 0; i < count; i++) {
        if (rk_work_hash(range[i].len, err))
            return err->rc;
        if (EVP_DigestUpdate(run, file + range[i].offset, range[i].len) != 1)
            return rk_fail_ossl(err, RK_E_INTERNAL, "digest");
    }
    if (EVP_DigestFinal_ex(run, ret, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "digest");
    return RK_OK;
}

uint32_t rk_pe_checksum(const struct rk_pe *pe, const uint8_t *file, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        if (i < pe->checksum || i >= pe->checksum + 4)
            sum += (uint64_t)file[i] << (i % 2 * 8);
    }
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)(sum + len);
}
