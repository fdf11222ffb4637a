/* SPDX-License-Identifier: Apache-2.0 */
/* PE/COFF images as Authenticode sees them: where things stand, and what the digest covers. */
#pragma once

#include "rotkit/format_row.h"
#include "base/layout.h"

#include <openssl/evp.h>

enum {
    RK_PE_SECTIONS_MAX = 96, /* what Windows' loader takes */
    RK_PE_RANGES_MAX = RK_PE_SECTIONS_MAX + 4,
    RK_PE_COFF_FIELDS = 7,
    RK_PE_COFF_WIRE = 20,
    RK_PE_SECTION_FIELDS = 10,
    RK_PE_SECTION_WIRE = 40,
};

struct rk_pe_coff {
    uint16_t machine, section_count;
    uint32_t timestamp, symbol_offset, symbol_count;
    uint16_t optional_size, characteristics;
};
extern const struct rk_field rk_pe_coff_layout[RK_PE_COFF_FIELDS];

struct rk_pe_section {
    uint8_t name[8];
    uint32_t virtual_size, virtual_address, raw_size, raw_offset, relocation_offset, line_offset;
    uint16_t relocation_count, line_count;
    uint32_t characteristics;
};
extern const struct rk_field rk_pe_section_layout[RK_PE_SECTION_FIELDS];

struct rk_pe {
    size_t pe;       /* offset of the PE signature */
    size_t optional; /* offset of the optional header, which is optional_len long */
    size_t optional_len;
    bool plus;        /* PE32+, else PE32 */
    size_t checksum;  /* offset of the 4-byte field */
    size_t directory; /* offset of the 8-byte certificate directory entry; 0: it has none */
    size_t headers;   /* SizeOfHeaders */
    struct rk_pe_coff coff;
    struct rk_pe_section section[RK_PE_SECTIONS_MAX]; /* with raw data, in file order */
    size_t section_count;
    size_t gaps;         /* bytes between sections, which nothing signs */
    size_t content_end;  /* of headers and sections */
    size_t image_end;    /* what is signed ends here: the certificate table, or the file */
    size_t certificates; /* bytes of the table, which ends the file; 0: unsigned */
};

/* RK_E_FORMAT unless every offset and length fits and nothing overlaps. */
enum rk_rc rk_pe_read(const uint8_t *file, size_t len, struct rk_pe *ret,
                      struct rk_err *err) RK_MUST_CHECK;

struct rk_pe_range {
    size_t offset, len;
};
/* What the digest covers, in its order; neighbours are joined. Returns how many. */
size_t rk_pe_ranges(const struct rk_pe *pe, struct rk_pe_range ret[RK_PE_RANGES_MAX]);
enum rk_rc rk_pe_digest(const struct rk_pe *pe, const uint8_t *file, const EVP_MD *md,
                        uint8_t ret[EVP_MAX_MD_SIZE], struct rk_err *err) RK_MUST_CHECK;
/* What the checksum field should hold. */
uint32_t rk_pe_checksum(const struct rk_pe *pe, const uint8_t *file, size_t len);
