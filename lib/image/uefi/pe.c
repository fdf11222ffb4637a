/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-pe: EFI programs and kernels with their Authenticode signatures. Source: boot-images.md 5.4;
 * Microsoft PE Format, "The Attribute Certificate Table"; Windows Authenticode Portable Executable
 * Signature Format.
 */
#include "image/uefi/pe.h"
#include "image/uefi/secure_boot.h"

#include "rotkit/format_row.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/hex.h"
#include "rotkit/certs.h"
#include "rotkit/pkcs7.h"

#include <stdio.h>
#include <string.h>

enum {
    IMAGE_MAX = 512 << 20,
    CERT_HEAD = 8,
    CERT_REVISION = 0x0200,
    CERT_PKCS7 = 0x0002,
    CERTS_MAX = 16,
    DER_MAX = 1 << 20,
    DIGEST = 32,
};
static const char spc_indirect_data[] = "1.3.6.1.4.1.311.2.1.4";
static const struct rk_format *self(void);

/*
 * SpcIndirectDataContent up to the digest:
 * { { spcPEImageData, { no flags, file "<<<Obsolete>>>" } }, { { SHA-256, NULL }, digest } }
 */
static const uint8_t spc_head[] = {
    0x30, 0x68, 0x30, 0x33, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02,   0x01,
    0x0f, 0x30, 0x25, 0x03, 0x01, 0x00, 0xa0, 0x20, 0xa2, 0x1e, 0x80, 0x1c, 0x00, '<',    0,
    '<',  0,    '<',  0,    'O',  0,    'b',  0,    's',  0,    'o',  0,    'l',  0,      'e',
    0,    't',  0,    'e',  0,    '>',  0,    '>',  0,    '>',  0x30, 0x31, 0x30, 0x0d,   0x06,
    0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, DIGEST,
};

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= 64 && file[0] == 'M' && file[1] == 'Z';
}

/* ---- the certificate table ---- */

struct table {
    struct rk_pe_range pkcs7[CERTS_MAX]; /* the DER of each signature, in file order */
    struct rk_pe_range entry[CERTS_MAX]; /* the attribute certificates around them */
    size_t count;
};

/* One attribute certificate; at its end the next multiple of 8 (all of the table starts at one). */
static enum rk_rc read_entry(struct rk_rd *rd, struct table *table, struct rk_err *err)
{
    size_t at = rk_rd_offset(rd), left = rk_rd_left(rd), size;
    uint64_t length = rk_rd_le(rd, 4), rounded = (length + 7) / 8 * 8;
    uint64_t revision = rk_rd_le(rd, 2), type = rk_rd_le(rd, 2);
    const uint8_t *der;

    if (rk_rd_ok(rd, err))
        return err->rc;
    if (length <= CERT_HEAD || rounded > left)
        return rk_fail(err, RK_E_FORMAT, "dwLength is %llu, expected 9 to the table's %zu bytes",
                       (unsigned long long)length, left);
    if (revision != CERT_REVISION || type != CERT_PKCS7)
        return rk_fail(err, RK_E_FORMAT,
                       "revision 0x%04llx and type 0x%04llx, expected 0x%04x "
                       "and 0x%04x (PKCS #7)",
                       (unsigned long long)revision, (unsigned long long)type, CERT_REVISION,
                       CERT_PKCS7);
    der = rk_rd_take(rd, (size_t)rounded - CERT_HEAD);
    if (rk_pkcs7_size(der, (size_t)length - CERT_HEAD, &size, err))
        return err->rc;
    if (!rk_all_zero(der + size, (size_t)rounded - CERT_HEAD - size))
        return rk_fail(err, RK_E_FORMAT, "bytes other than zero behind the SignedData");
    table->entry[table->count] = (struct rk_pe_range) { .offset = at, .len = (size_t)rounded };
    table->pkcs7[table->count++] = (struct rk_pe_range) { .offset = at + CERT_HEAD, .len = size };
    return RK_OK;
}

static enum rk_rc read_table(const struct rk_pe *pe, const uint8_t *file, struct table *ret,
                             struct rk_err *err)
{
    struct rk_rd rd = { .buf = file + pe->image_end,
                        .len = pe->certificates,
                        .base = pe->image_end };

    ret->count = 0;
    while (rk_rd_left(&rd) != 0) {
        size_t at = rk_rd_offset(&rd);

        if (ret->count == CERTS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d attribute certificates", CERTS_MAX);
        if (read_entry(&rd, ret, err))
            return rk_wrap(err, "attribute certificate at 0x%zx", at);
    }
    return RK_OK;
}

/* ---- the signed digest ---- */

static enum rk_rc open_sequence(const uint8_t *der, size_t len, struct rk_rd *ret,
                                struct rk_err *err)
{
    const unsigned char *at = der;
    long inside = 0;
    int tag = 0, class = 0;

    if (len > DER_MAX || (ASN1_get_object(&at, &inside, &tag, &class, (long)len) & 0x81) != 0 ||
        tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL)
        return rk_fail_ossl(err, RK_E_FORMAT, "no SpcIndirectDataContent");
    *ret = (struct rk_rd) { .buf = at, .len = (size_t)inside };
    return RK_OK;
}

struct claim { /* what a signature says the digest is */
    const EVP_MD *md;
    uint8_t digest[EVP_MAX_MD_SIZE];
};

static enum rk_rc read_digest_info(const uint8_t *der, size_t len, struct claim *ret,
                                   struct rk_err *err)
{
    const unsigned char *at = der;
    RK_AUTO(rk_x509_sig_done) X509_SIG *info = d2i_X509_SIG(NULL, &at, (long)len);
    const ASN1_OCTET_STRING *digest;
    const ASN1_OBJECT *oid;
    const X509_ALGOR *alg;
    int nid;

    if (info == NULL || at != der + len)
        return rk_fail_ossl(err, RK_E_FORMAT, "no DigestInfo in the SpcIndirectDataContent");
    X509_SIG_get0(info, &alg, &digest);
    X509_ALGOR_get0(&oid, NULL, NULL, alg);
    nid = OBJ_obj2nid(oid);
    if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
        return rk_fail(err, RK_E_VERIFY, "digest %s, expected SHA-256, SHA-384 or SHA-512",
                       nid == NID_undef ? "of an unknown algorithm" : OBJ_nid2sn(nid));
    ret->md = EVP_get_digestbynid(nid);
    if (ASN1_STRING_length(digest) != EVP_MD_get_size(ret->md))
        return rk_fail(err, RK_E_FORMAT, "a digest of %d bytes, expected %d",
                       ASN1_STRING_length(digest), EVP_MD_get_size(ret->md));
    memcpy(ret->digest, ASN1_STRING_get0_data(digest), (size_t)EVP_MD_get_size(ret->md));
    return RK_OK;
}

/* The content of a signature, and what it says the digest is. */
static enum rk_rc read_claim(const uint8_t *der, size_t len, struct rk_bytes *ret_content,
                             struct claim *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    struct rk_rd outer = { .buf = NULL }, data = { .buf = NULL };

    if (rk_pkcs7_content(der, len, spc_indirect_data, &content, err) ||
        open_sequence(content.p, content.len, &outer, err) ||
        open_sequence(outer.buf, outer.len, &data, err))
        return err->rc;
    /* Not everybody's data is of type spcPEImageData (Debian's fwupd has another), and UEFI does
     * not look: the digest tells what it is of. */
    (void)rk_rd_take(&outer, (size_t)(data.buf - outer.buf) + data.len);
    if (read_digest_info(outer.buf + outer.pos, rk_rd_left(&outer), ret, err))
        return err->rc;
    *ret_content = rk_bytes_take(&content);
    return RK_OK;
}

static enum rk_rc check_claim(const struct rk_pe *pe, const uint8_t *file,
                              const struct rk_pe_range *pkcs7, struct claim *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (read_claim(file + pkcs7->offset, pkcs7->len, &content, ret, err) ||
        rk_pe_digest(pe, file, ret->md, digest, err))
        return err->rc;
    if (memcmp(digest, ret->digest, (size_t)EVP_MD_get_size(ret->md)) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "Authenticode digest (%s) of headers, sections and what follows them up to "
                       "0x%zx does not hold",
                       EVP_MD_get0_name(ret->md), pe->image_end);
    return RK_OK;
}

/* ---- the map ---- */

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

static enum rk_rc guard(const struct rk_pe *pe, enum rk_guard_kind kind, const char *by,
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

/* What stands in the headers and is not digested. */
static enum rk_rc leave_open(const struct rk_pe *pe, struct rk_map *map, struct rk_err *err)
{
    if (rk_map_open(map, pe->checksum, 4, "CheckSum", err))
        return err->rc;
    return pe->directory == 0
               ? RK_OK
               : rk_map_open(map, pe->directory, 8, "certificate directory entry", err);
}

static enum rk_rc add_signatures(const struct rk_pe *pe, const uint8_t *file,
                                 const struct table *table, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region, *inside;

    if (table->count == 0)
        return RK_OK;
    if (rk_region_add(map, map->root, pe->image_end, pe->certificates, "certificate table", &region,
                      err))
        return err->rc;
    for (size_t i = 0; i < table->count; i++) {
        struct claim claim;

        if (rk_region_add(map, region, table->entry[i].offset, table->entry[i].len,
                          "attribute certificate", &inside, err) ||
            check_claim(pe, file, &table->pkcs7[i], &claim, err))
            return err->rc;
        (void)snprintf(inside->note, sizeof inside->note, "PKCS #7 over a digest of %s",
                       EVP_MD_get0_name(claim.md));
    }
    return guard(pe, RK_GUARD_DIGEST, "Authenticode digest", map, err);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    char hex[2 * DIGEST + 1];
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct table table;
    struct rk_pe pe;

    if (rk_pe_read(file, len, &pe, err) || read_table(&pe, file, &table, err) ||
        add_headers(&pe, file, len, map, err) || add_sections(&pe, map, err) ||
        add_signatures(&pe, file, &table, map, err) ||
        rk_pe_digest(&pe, file, EVP_sha256(), digest, err))
        return err->rc;
    rk_hex_write(digest, DIGEST, hex);
    (void)snprintf(map->root->note, sizeof map->root->note, "Authenticode SHA-256 %s", hex);
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   table.count == 0 ? "structure holds, not signed"
                                    : "Authenticode digest ok, signature not checked: needs the "
                                      "key or the CA");
    return RK_OK;
}

/* ---- signing ---- */

static const struct rk_part_row part_rows[] = {
    { RK_UEFI_DB, false, true, "verify: who is allowed: .esl, .auth or a dump of an efivar" },
    { RK_UEFI_DBX, false, true, "verify: who and what is forbidden, the same" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "replace", "no", "sign: yes drops the signatures that are there" },
    { NULL, NULL, NULL },
};

/* The image without signatures, zeros to a multiple of 8 behind it: what is digested. */
struct signing {
    struct rk_bytes image;
    struct rk_pe pe;
    uint8_t spc[sizeof spc_head + DIGEST];
    struct rk_pkcs7 what;
};

static void signing_done(struct signing *s)
{
    rk_bytes_done(&s->image);
}

static enum rk_rc check_signable(const struct rk_request *request, const struct rk_pe *pe,
                                 struct rk_err *err)
{
    bool replace;

    if (rk_request_flag(request, self(), "replace", &replace, err))
        return err->rc;
    if (pe->directory == 0)
        return rk_fail(err, RK_E_USAGE,
                       "the optional header has no room for a signature: no "
                       "certificate directory entry");
    if (pe->gaps != 0)
        return rk_fail(err, RK_E_USAGE,
                       "%zu bytes between headers and sections would be signed by nothing",
                       pe->gaps);
    if (pe->certificates == 0 || replace)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE, "is signed already");
    return rk_note(err, "replace=yes drops the signatures that are there");
}

static void put_le32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static enum rk_rc open_signing(const struct rk_request *request, const uint8_t *file, size_t len,
                               struct signing *s, struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t padded;

    if (rk_pe_read(file, len, &s->pe, err) || check_signable(request, &s->pe, err))
        return err->rc;
    padded = (s->pe.image_end + 7) / 8 * 8;
    if (rk_bytes_new(padded, &s->image, err))
        return err->rc;
    memcpy(s->image.p, file, s->pe.image_end);
    memset(s->image.p + s->pe.directory, 0, 8);
    if (rk_pe_read(s->image.p, padded, &s->pe, err) ||
        rk_pe_digest(&s->pe, s->image.p, EVP_sha256(), digest, err))
        return err->rc;
    memcpy(s->spc, spc_head, sizeof spc_head);
    memcpy(s->spc + sizeof spc_head, digest, DIGEST);
    s->what = (struct rk_pkcs7) { .ctx = request->ctx,
                                  .cert = request->cert,
                                  .chain_max = self()->chain_max,
                                  .pub = request->key[0].pub,
                                  .content = s->spc,
                                  .content_len = sizeof s->spc,
                                  .type = spc_indirect_data,
                                  .attributes = true };
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .image = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    enum rk_scheme scheme;

    if (open_signing(request, file, len, &s, err) ||
        rk_pkcs7_to_sign(&s.what, &message, &scheme, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the Authenticode digest of the image", scheme, &message,
                                err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .image = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE, made = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(IMAGE_MAX);

    if (open_signing(request, file, len, &s, err) ||
        rk_pkcs7_finish(&s.what, &signatures[0], &der, err))
        return err->rc;
    rk_wr_bytes(&wr, s.image.p, s.image.len);
    rk_wr_le(&wr, CERT_HEAD + der.len, 4);
    rk_wr_le(&wr, CERT_REVISION, 2);
    rk_wr_le(&wr, CERT_PKCS7, 2);
    rk_wr_bytes(&wr, der.p, der.len);
    rk_wr_zero(&wr, (8 - wr.len % 8) % 8);
    if (rk_wr_end(&wr, &made, err))
        return err->rc;
    put_le32(made.p + s.pe.directory, (uint32_t)s.image.len);
    put_le32(made.p + s.pe.directory + 4, (uint32_t)(made.len - s.image.len));
    put_le32(made.p + s.pe.checksum, rk_pe_checksum(&s.pe, made.p, made.len));
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

/* ---- checking ---- */

static enum rk_rc check_signature(const struct rk_pkcs7_check *who, const uint8_t *der, size_t len,
                                  char ret_signer[160], struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    struct claim claim;
    struct rk_rd octets = { .buf = NULL };

    /* The contents octets alone are signed (RFC 2315, 9.3). */
    if (read_claim(der, len, &content, &claim, err) ||
        open_sequence(content.p, content.len, &octets, err))
        return err->rc;
    return rk_pkcs7_verify(who, der, len, octets.buf, octets.len, ret_signer, err);
}

/* The signature as the lists judge it; parse has held every digest. */
static enum rk_rc judge(const struct rk_secure_boot *lists, const struct rk_pkcs7_check *by,
                        const uint8_t *der, size_t len, enum rk_verdict *ret,
                        char why[RK_VERDICT_TEXT], char signer[160], struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    struct rk_rd octets = { .buf = NULL };
    struct rk_pe_signature signature = { .der = der, .der_len = len };
    struct claim claim;

    if (read_claim(der, len, &content, &claim, err) ||
        open_sequence(content.p, content.len, &octets, err))
        return err->rc;
    signature.content = octets.buf;
    signature.content_len = octets.len;
    signature.digest = claim.digest;
    signature.digest_len = (size_t)EVP_MD_get_size(claim.md);
    return rk_secure_boot_judge(lists, by, &signature, ret, why, signer, err);
}

/* What holds by the lists: all that is digested. */
static enum rk_rc allow(const struct rk_pe *pe, const struct rk_pe_range *entry, struct rk_map *map,
                        struct rk_err *err)
{
    if (entry != NULL && rk_map_checked(map, entry->offset, entry->len, err))
        return err->rc;
    return guard(pe, RK_GUARD_SIGNATURE, "db", map, err) || leave_open(pe, map, err) ? err->rc
                                                                                     : RK_OK;
}

/* Without a signature the SHA-256 must be in db, and not in dbx. */
static enum rk_rc check_bare(const struct rk_secure_boot *lists, const struct rk_pe *pe,
                             const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    enum rk_verdict verdict;

    if (rk_pe_digest(pe, file, EVP_sha256(), digest, err))
        return err->rc;
    verdict = rk_secure_boot_judge_digest(lists, digest, DIGEST);
    if (verdict == RK_FORBIDDEN)
        return rk_fail(err, RK_E_VERIFY, "is not signed, and its SHA-256 is in dbx");
    if (verdict != RK_ALLOWED)
        return rk_fail(err, RK_E_VERIFY, "is not signed, and its SHA-256 is not in db");
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "is not signed, and db allows its SHA-256");
    (void)snprintf(map->signer, sizeof map->signer, "nobody");
    return allow(pe, NULL, map, err);
}

/* As EDK2: what one signature makes forbidden stays so; else one that is allowed is enough. */
static enum rk_rc check_listed(const struct rk_request *request, const struct rk_pkcs7_check *by,
                               const struct rk_pe *pe, const struct table *table,
                               const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_secure_boot_done) struct rk_secure_boot lists = { .ctx = NULL };
    char why[RK_VERDICT_TEXT] = "";
    size_t allowed = table->count;

    if (rk_secure_boot_open(request, &lists, err))
        return err->rc;
    if (!lists.has_db && by->pub == NULL && by->trust == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "--dbx says who is forbidden: --db, --ca or --pub who is not");
    if (table->count == 0)
        return check_bare(&lists, pe, file, map, err);
    for (size_t i = 0; i < table->count; i++) {
        enum rk_verdict verdict;
        char signer[160] = "";

        if (judge(&lists, by, file + table->pkcs7[i].offset, table->pkcs7[i].len, &verdict, why,
                  signer, err))
            return err->rc;
        if (verdict == RK_FORBIDDEN)
            return rk_fail(err, RK_E_VERIFY, "signature %zu of %zu: %s", i + 1, table->count, why);
        if (verdict == RK_ALLOWED && allowed == table->count) {
            allowed = i;
            (void)snprintf(map->signer, sizeof map->signer, "%s", signer);
        }
    }
    if (allowed == table->count)
        return rk_fail(err, RK_E_VERIFY, "signature %zu of %zu: %s", allowed, table->count, why);
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "signature %zu of %zu is allowed, none is forbidden", allowed + 1, table->count);
    return allow(pe, &table->entry[allowed], map, err);
}

/*
 * None holds. A signer whose certificate has no anchor, since its issuer is nowhere at hand, may
 * have been certified by who is trusted or by anybody.
 */
static enum rk_rc end_signatures(struct rk_map *map, bool lone, struct rk_err *err)
{
    if (err->rc != RK_E_VERIFY || !lone)
        return err->rc;
    return rk_map_unknown(map, 0, map->root->len, RK_NEED_CA, "who issued the signer's certificate",
                          err);
}

/* As UEFI does: one signature that holds is enough; parse has held every digest. */
static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    struct rk_pkcs7_check who = { .ctx = request->ctx,
                                  .trust = request->trust,
                                  .now = request->now,
                                  .remark = map->remark,
                                  .own = request->own_signer };
    struct table table;
    struct rk_pe pe;
    bool go, lone = false;
    size_t i = 0;

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (rk_pe_read(file, len, &pe, err) || read_table(&pe, file, &table, err))
        return err->rc;
    if (rk_secure_boot_asked(request))
        return check_listed(request, &who, &pe, &table, file, map, err);
    if (rk_check_begin(request, table.count != 0, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    who.lone = &lone;
    while (
        check_signature(&who, file + table.pkcs7[i].offset, table.pkcs7[i].len, map->signer, err)) {
        map->signer[0] = '\0';
        if (err->rc != RK_E_VERIFY && err->rc != RK_E_UNKNOWN)
            return err->rc;
        if (++i == table.count)
            return end_signatures(map, lone, err);
    }
    (void)snprintf(map->integrity, sizeof map->integrity, "signature %zu of %zu holds", i + 1,
                   table.count);
    return rk_map_checked(map, table.entry[i].offset, table.entry[i].len, err) ||
                   guard(&pe, RK_GUARD_SIGNATURE, "Authenticode signature", map, err) ||
                   leave_open(&pe, map, err)
               ? err->rc
               : RK_OK;
}

const struct rk_format rk_format_uefi_pe = {
    .name = "uefi-pe",
    .title = "EFI program or kernel (PE/COFF)",
    .max = IMAGE_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .refusal = "EFI programs are made by a linker; rotkit signs and checks them",
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_pe;
}
