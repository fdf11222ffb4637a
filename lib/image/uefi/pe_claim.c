/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of a PE/COFF image: where they stand, and which digest each one signs. */
#include "image/uefi/pe.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/pkcs7.h"

#include <string.h>

enum { DER_MAX = 1 << 20 };

const char rk_pe_spc_indirect_data[] = "1.3.6.1.4.1.311.2.1.4";

/* ---- the certificate table ---- */

/* One attribute certificate; at its end the next multiple of 8 (all of the table starts at one). */
static enum rk_rc read_entry(struct rk_rd *rd, struct rk_pe_table *table, struct rk_err *err)
{
    size_t at = rk_rd_offset(rd), left = rk_rd_left(rd), size;
    uint64_t length = rk_rd_le(rd, 4), rounded = (length + 7) / 8 * 8;
    uint64_t revision = rk_rd_le(rd, 2), type = rk_rd_le(rd, 2);
    const uint8_t *der;

    if (rk_rd_ok(rd, err))
        return err->rc;
    if (length <= RK_PE_CERT_HEAD || rounded > left)
        return rk_fail(err, RK_E_FORMAT, "dwLength is %llu, expected 9 to the table's %s",
                       (unsigned long long)length, RK_COUNTED(left, "byte"));
    if (revision != RK_PE_CERT_REVISION || type != RK_PE_CERT_PKCS7)
        return rk_fail(err, RK_E_FORMAT,
                       "revision 0x%04llx and type 0x%04llx, expected 0x%04x "
                       "and 0x%04x (PKCS #7)",
                       (unsigned long long)revision, (unsigned long long)type, RK_PE_CERT_REVISION,
                       RK_PE_CERT_PKCS7);
    der = rk_rd_take(rd, (size_t)rounded - RK_PE_CERT_HEAD);
    if (rk_pkcs7_size(der, (size_t)length - RK_PE_CERT_HEAD, &size, err))
        return err->rc;
    if (!rk_all_zero(der + size, (size_t)rounded - RK_PE_CERT_HEAD - size))
        return rk_fail(err, RK_E_FORMAT, "bytes other than zero behind the SignedData");
    table->entry[table->count] = (struct rk_pe_range) { .offset = at, .len = (size_t)rounded };
    table->pkcs7[table->count++] =
        (struct rk_pe_range) { .offset = at + RK_PE_CERT_HEAD, .len = size };
    return RK_OK;
}

enum rk_rc rk_pe_table_read(const struct rk_pe *pe, const uint8_t *file, struct rk_pe_table *ret,
                            struct rk_err *err)
{
    struct rk_rd rd = { .buf = file + pe->image_end,
                        .len = pe->certificates,
                        .base = pe->image_end };

    ret->count = 0;
    while (rk_rd_left(&rd) != 0) {
        size_t at = rk_rd_offset(&rd);

        if (ret->count == RK_PE_SIGNATURES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d attribute certificates",
                           RK_PE_SIGNATURES_MAX);
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

static enum rk_rc read_digest_info(const uint8_t *der, size_t len, struct rk_pe_claim *ret,
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
        return rk_fail(err, RK_E_FORMAT, "a digest of %s, expected %d",
                       RK_COUNTED(ASN1_STRING_length(digest), "byte"), EVP_MD_get_size(ret->md));
    memcpy(ret->digest, ASN1_STRING_get0_data(digest), (size_t)EVP_MD_get_size(ret->md));
    return RK_OK;
}

enum rk_rc rk_pe_claim_read(const uint8_t *der, size_t len, struct rk_pe_claim *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_pe_claim_done) struct rk_pe_claim claim = { .content = RK_BYTES_NONE };
    struct rk_rd outer = { .buf = NULL }, data = { .buf = NULL };

    if (rk_pkcs7_content(der, len, rk_pe_spc_indirect_data, &claim.content, err) ||
        open_sequence(claim.content.p, claim.content.len, &outer, err) ||
        open_sequence(outer.buf, outer.len, &data, err))
        return err->rc;
    claim.octets = outer.buf;
    claim.octets_len = outer.len;
    /* Not everybody's data is of type spcPEImageData (Debian's fwupd has another), and UEFI does
     * not look: the digest tells what it is of. */
    (void)rk_rd_take(&outer, (size_t)(data.buf - outer.buf) + data.len);
    if (read_digest_info(outer.buf + outer.pos, rk_rd_left(&outer), &claim, err))
        return err->rc;
    *ret = claim;
    ret->content = rk_bytes_take(&claim.content);
    return RK_OK;
}

enum rk_rc rk_pe_claim_check(const struct rk_pe *pe, const uint8_t *file,
                             const struct rk_pe_range *pkcs7, struct rk_pe_claim *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_pe_claim_done) struct rk_pe_claim claim = { .content = RK_BYTES_NONE };
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (rk_pe_claim_read(file + pkcs7->offset, pkcs7->len, &claim, err) ||
        rk_pe_digest(pe, file, claim.md, digest, err))
        return err->rc;
    if (memcmp(digest, claim.digest, (size_t)EVP_MD_get_size(claim.md)) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "Authenticode digest (%s) of headers, sections and what follows them up to "
                       "0x%zx does not hold",
                       EVP_MD_get0_name(claim.md), pe->image_end);
    *ret = claim;
    ret->content = rk_bytes_take(&claim.content);
    return RK_OK;
}

void rk_pe_claim_done(struct rk_pe_claim *claim)
{
    rk_bytes_done(&claim->content);
}
