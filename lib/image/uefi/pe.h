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
    RK_PE_SIGNATURES_MAX = 16,
    RK_PE_CERT_HEAD = 8, /* in front of each signature */
    RK_PE_CERT_REVISION = 0x0200,
    RK_PE_CERT_PKCS7 = 0x0002,
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
/* Adds a guard for every range that the digest covers. RK_E_NOMEM. */
enum rk_rc rk_pe_guard(const struct rk_pe *pe, enum rk_guard_kind kind, const char *by,
                       struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* Marks what stands in the headers and is not digested. RK_E_NOMEM. */
enum rk_rc rk_pe_leave_open(const struct rk_pe *pe, struct rk_map *map,
                            struct rk_err *err) RK_MUST_CHECK;
/* What the checksum field should hold. */
uint32_t rk_pe_checksum(const struct rk_pe *pe, const uint8_t *file, size_t len);

struct rk_pe_table {
    struct rk_pe_range pkcs7[RK_PE_SIGNATURES_MAX]; /* the DER of each, in file order */
    struct rk_pe_range entry[RK_PE_SIGNATURES_MAX]; /* the attribute certificates around them */
    size_t count;
};
/* RK_E_FORMAT for an attribute certificate that is no PKCS #7, or one too many. */
enum rk_rc rk_pe_table_read(const struct rk_pe *pe, const uint8_t *file, struct rk_pe_table *ret,
                            struct rk_err *err) RK_MUST_CHECK;

extern const char rk_pe_spc_indirect_data[]; /* the content type of a signature, as an OID */
struct rk_pe_claim {                         /* what a signature says the digest is */
    const EVP_MD *md;
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct rk_bytes content; /* of the signature, owned */
    const uint8_t *octets;   /* in it, what is signed (RFC 2315, 9.3) */
    size_t octets_len;
};
/* der: a SignedData. RK_E_FORMAT; RK_E_VERIFY when the digest is weaker than SHA-256. */
enum rk_rc rk_pe_claim_read(const uint8_t *der, size_t len, struct rk_pe_claim *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* The same, and RK_E_VERIFY when the image has another digest. */
enum rk_rc rk_pe_claim_check(const struct rk_pe *pe, const uint8_t *file,
                             const struct rk_pe_range *pkcs7, struct rk_pe_claim *ret,
                             struct rk_err *err) RK_MUST_CHECK;
void rk_pe_claim_done(struct rk_pe_claim *claim); /* for RK_AUTO */

/* The `parse` of the format. */
enum rk_rc rk_pe_parse(const uint8_t *file, size_t len, struct rk_map *map,
                       struct rk_err *err) RK_MUST_CHECK;
