/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-pe: EFI programs and kernels with their Authenticode signatures. Source: boot-images.md 5.4;
 * Microsoft PE Format, "The Attribute Certificate Table"; Windows Authenticode Portable Executable
 * Signature Format.
 */
#include "image/uefi/pe.h"
#include "image/uefi/facts.h"
#include "image/uefi/secure_boot.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "rotkit/certs.h"
#include "rotkit/pkcs7.h"

#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 512 << 20, DIGEST = 32 };
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

/* ---- signing ---- */

static const struct rk_part_row part_rows[] = {
    { RK_UEFI_DB, false, true, "verify: who is allowed: .esl, .auth or a dump of an efivar" },
    { RK_UEFI_DBX, false, true, "verify: who and what is forbidden, the same" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "replace", "no", "sign: yes drops the signatures that are there, instead of adding one" },
    { NULL, NULL, NULL },
};

/* The image without signatures, zeros to a multiple of 8 behind it: what is digested. */
struct signing {
    struct rk_bytes image;
    size_t kept; /* bytes of the certificate table that was there, which stay */
    struct rk_pe pe;
    uint8_t spc[sizeof spc_head + DIGEST];
    struct rk_pkcs7 what;
};

static void signing_done(struct signing *s)
{
    rk_bytes_done(&s->image);
}

static enum rk_rc check_signable(const struct rk_pe *pe, struct rk_err *err)
{
    if (pe->directory == 0)
        return rk_fail(err, RK_E_USAGE,
                       "the optional header has no room for a signature: no "
                       "certificate directory entry");
    if (pe->gaps != 0)
        return rk_fail(err, RK_E_USAGE,
                       "%s between headers and sections would be signed by nothing",
                       RK_COUNTED(pe->gaps, "byte"));
    return RK_OK;
}

/* Another signature goes behind those that are there, which must be of this image. */
static enum rk_rc check_extendable(const struct rk_pe *pe, const uint8_t *file, struct rk_err *err)
{
    struct rk_pe_table table;

    if (rk_pe_table_read(pe, file, &table, err))
        return err->rc;
    if (table.count == RK_PE_SIGNATURES_MAX)
        return rk_fail(err, RK_E_USAGE, "has %s, and no room for more",
                       RK_COUNTED(table.count, "signature"));
    for (size_t i = 0; i < table.count; i++) {
        RK_AUTO(rk_pe_claim_done) struct rk_pe_claim claim = { .content = RK_BYTES_NONE };

        if (rk_pe_claim_check(pe, file, &table.pkcs7[i], &claim, err))
            return rk_wrap(err, "signature %zu of %zu, which is there already", i + 1, table.count);
    }
    return RK_OK;
}

/* How many bytes of the certificate table stay. */
static enum rk_rc choose_kept(const struct rk_request *request, const struct rk_pe *pe,
                              const uint8_t *file, size_t *ret, struct rk_err *err)
{
    bool replace;

    *ret = 0;
    if (rk_request_flag(request, self(), "replace", &replace, err))
        return err->rc;
    if (pe->certificates == 0 || replace)
        return RK_OK;
    if (check_extendable(pe, file, err))
        return rk_note(err, "replace=yes drops the signatures that are there");
    *ret = pe->certificates;
    return RK_OK;
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

    if (rk_pe_read(file, len, &s->pe, err) || check_signable(&s->pe, err) ||
        choose_kept(request, &s->pe, file, &s->kept, err))
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
                                  .type = rk_pe_spc_indirect_data,
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
    rk_wr_bytes(&wr, file + len - s.kept, s.kept);
    rk_wr_le(&wr, RK_PE_CERT_HEAD + der.len, 4);
    rk_wr_le(&wr, RK_PE_CERT_REVISION, 2);
    rk_wr_le(&wr, RK_PE_CERT_PKCS7, 2);
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
    RK_AUTO(rk_pe_claim_done) struct rk_pe_claim claim = { .content = RK_BYTES_NONE };

    if (rk_pe_claim_read(der, len, &claim, err))
        return err->rc;
    return rk_pkcs7_verify(who, der, len, claim.octets, claim.octets_len, ret_signer, err);
}

/* The signature as the lists judge it; parse has held every digest. */
static enum rk_rc judge(const struct rk_secure_boot *lists, const struct rk_pkcs7_check *by,
                        const uint8_t *der, size_t len, enum rk_verdict *ret,
                        char why[RK_VERDICT_TEXT], char signer[160], struct rk_err *err)
{
    RK_AUTO(rk_pe_claim_done) struct rk_pe_claim claim = { .content = RK_BYTES_NONE };
    struct rk_pe_signature signature = { .der = der, .der_len = len };

    if (rk_pe_claim_read(der, len, &claim, err))
        return err->rc;
    signature.content = claim.octets;
    signature.content_len = claim.octets_len;
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
    return rk_pe_guard(pe, RK_GUARD_SIGNATURE, "db", map, err) || rk_pe_leave_open(pe, map, err)
               ? err->rc
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
                               const struct rk_pe *pe, const struct rk_pe_table *table,
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
    struct rk_pe_table table;
    struct rk_pe pe;
    bool go, lone = false;
    size_t i = 0;

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (rk_pe_read(file, len, &pe, err) || rk_pe_table_read(&pe, file, &table, err))
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
                   rk_pe_guard(&pe, RK_GUARD_SIGNATURE, "Authenticode signature", map, err) ||
                   rk_pe_leave_open(&pe, map, err)
               ? err->rc
               : RK_OK;
}

const struct rk_format rk_format_uefi_pe = {
    .name = "uefi-pe",
    .title = "EFI program or kernel (PE/COFF)",
    .max = IMAGE_MAX,
    .recognise = recognise,
    .parse = rk_pe_parse,
    .demands = rk_uefi_pe_demands,
    .facts = rk_uefi_pe_facts,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .refusal = "EFI programs are made by a linker; rotkit signs and checks them",
    .to_sign = to_sign,
    .attach = attach,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_pe;
}
