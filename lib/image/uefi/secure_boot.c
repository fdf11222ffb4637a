/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/secure_boot.h"

#include "base/ossl.h"
#include "rotkit/request.h"
#include "rotkit/der.h"
#include "rotkit/policy.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

bool rk_secure_boot_asked(const struct rk_request *request)
{
    return rk_request_part(request, RK_UEFI_DB) != NULL ||
           rk_request_part(request, RK_UEFI_DBX) != NULL;
}

void rk_secure_boot_done(struct rk_secure_boot *lists)
{
    rk_esl_done(&lists->db);
    rk_esl_done(&lists->dbx);
}

enum rk_rc rk_secure_boot_open(const struct rk_request *request, struct rk_secure_boot *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_secure_boot_done) struct rk_secure_boot lists = { .ctx = request->ctx };

    for (size_t i = 0; i < request->part_count; i++) {
        const struct rk_input *part = &request->part[i];
        bool db = strcmp(part->name, RK_UEFI_DB) == 0;

        lists.has_db = lists.has_db || db;
        if (rk_esl_read(db ? &lists.db : &lists.dbx, part->p, part->len, err)) {
            err->rc = err->rc == RK_E_FORMAT ? RK_E_USAGE : err->rc;
            return rk_wrap(err, db ? "--db" : "--dbx");
        }
    }
    *ret = lists;
    lists = (struct rk_secure_boot) { .ctx = NULL };
    return RK_OK;
}

/* ---- digests ---- */

static bool has_digest(const struct rk_esl *esl, const uint8_t *digest, size_t len)
{
    for (size_t i = 0; i < esl->count; i++) {
        const struct rk_esl_entry *entry = &esl->entry[i];

        if (entry->kind >= RK_ESL_SHA1 && entry->kind <= RK_ESL_SHA512 && entry->len == len &&
            memcmp(entry->p, digest, len) == 0)
            return true;
    }
    return false;
}

enum rk_verdict rk_secure_boot_judge_digest(const struct rk_secure_boot *lists,
                                            const uint8_t *digest, size_t len)
{
    return has_digest(&lists->dbx, digest, len)  ? RK_FORBIDDEN
           : has_digest(&lists->db, digest, len) ? RK_ALLOWED
                                                 : RK_NOT_LISTED;
}

/* The certificate's body, as dbx names it: by the digest of its TBSCertificate. */
static bool has_body(const struct rk_esl *esl, const uint8_t *der, size_t len)
{
    static const struct {
        enum rk_esl_kind kind;
        const char *digest;
    } bodies[] = { { RK_ESL_X509_SHA256, "SHA256" },
                   { RK_ESL_X509_SHA384, "SHA384" },
                   { RK_ESL_X509_SHA512, "SHA512" } };
    struct rk_rd rd = { .buf = der, .len = len };
    struct rk_tlv whole, body;
    struct rk_err ignored;

    if (rk_der_want(&rd, RK_DER_SEQUENCE, "certificate", &whole, &ignored))
        return false;
    rd = rk_der_inside(&whole);
    if (rk_der_want(&rd, RK_DER_SEQUENCE, "tbsCertificate", &body, &ignored))
        return false;
    for (size_t k = 0; k < sizeof bodies / sizeof bodies[0]; k++) {
        uint8_t digest[EVP_MAX_MD_SIZE];
        size_t digest_len = 0;

        if (EVP_Q_digest(NULL, bodies[k].digest, NULL, body.head, body.size, digest, &digest_len) !=
            1)
            continue;
        for (size_t i = 0; i < esl->count; i++) {
            if (esl->entry[i].kind == bodies[k].kind &&
                memcmp(esl->entry[i].p, digest, digest_len) == 0)
                return true;
        }
    }
    ERR_clear_error();
    return false;
}

/* ---- certificates ---- */

struct judging {
    const struct rk_secure_boot *lists;
    const struct rk_pkcs7_check *by;
    const struct rk_pe_signature *signature;
    char *why, *signer;
    bool forbidden; /* a signer's certificate is, by its body */
};

/* Whether the signature comes from this certificate of a list. */
static enum rk_rc comes_from(const struct judging *j, const struct rk_esl_entry *entry,
                             bool as_firmware, bool *ret, struct rk_err *err)
{
    const struct rk_bytes der = { .p = (uint8_t *)(uintptr_t)entry->p, .len = entry->len };
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;
    struct rk_pkcs7_check check = { .ctx = j->lists->ctx,
                                    .as_firmware = as_firmware,
                                    .any_use = true };
    struct rk_err why;
    enum rk_rc rc;

    *ret = false;
    if (rk_trust_new(j->lists->ctx, &trust, err))
        return err->rc;
    rc = rk_trust_add_anchors(trust, &der, &why);
    if (rc == RK_OK) {
        check.trust = trust;
        rc = rk_pkcs7_verify(&check, j->signature->der, j->signature->der_len,
                             j->signature->content, j->signature->content_len, j->signer, &why);
    }
    if (rc == RK_E_NOMEM)
        return rk_fail_nomem(err);
    *ret = rc == RK_OK;
    if (!as_firmware && rc == RK_E_VERIFY)
        (void)snprintf(j->why, RK_VERDICT_TEXT, "%.255s", why.msg);
    return RK_OK;
}

static void note_body(void *arg, const X509 *signer)
{
    struct judging *j = arg;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    unsigned char *encoded = NULL;
    struct rk_err ignored;
    char name[RK_CERT_NAME];

    if (rk_der_keep(i2d_X509(signer, &encoded), &encoded, "a certificate", &der, &ignored) ||
        !has_body(&j->lists->dbx, der.p, der.len))
        return;
    rk_cert_name(signer, name);
    (void)snprintf(j->why, RK_VERDICT_TEXT, "%s is in dbx, by its digest", name);
    j->forbidden = true;
}

static void name_entry(const struct rk_esl_entry *entry, char ret[RK_CERT_NAME])
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    struct rk_err ignored;

    (void)snprintf(ret, RK_CERT_NAME, "certificate");
    if (rk_x509_parse(entry->p, entry->len, &cert, &ignored) == RK_OK)
        rk_cert_name(cert, ret);
}

/* IsForbiddenByDbx: from a certificate in dbx, or of a signer whose body dbx names. */
static enum rk_rc is_forbidden(struct judging *j, bool *ret, struct rk_err *err)
{
    const struct rk_esl *dbx = &j->lists->dbx;

    *ret = false;
    for (size_t i = 0; i < dbx->count && !*ret; i++) {
        char name[RK_CERT_NAME];

        if (dbx->entry[i].kind != RK_ESL_X509)
            continue;
        if (comes_from(j, &dbx->entry[i], true, ret, err))
            return err->rc;
        name_entry(&dbx->entry[i], name);
        if (*ret)
            (void)snprintf(j->why, RK_VERDICT_TEXT, "%s, from which it comes, is in dbx", name);
    }
    if (*ret)
        return RK_OK;
    if (rk_pkcs7_signers(j->signature->der, j->signature->der_len, note_body, j, err))
        return err->rc;
    *ret = j->forbidden;
    return RK_OK;
}

/* IsAllowedByDb: from a certificate in db whose body is not in dbx. */
static enum rk_rc is_in_db(struct judging *j, bool *ret, struct rk_err *err)
{
    const struct rk_esl *db = &j->lists->db;

    *ret = false;
    for (size_t i = 0; i < db->count && !*ret; i++) {
        const struct rk_esl_entry *entry = &db->entry[i];

        if (entry->kind != RK_ESL_X509)
            continue;
        /* One from which it comes says why that is not enough. */
        if (comes_from(j, entry, true, ret, err) || (*ret && comes_from(j, entry, false, ret, err)))
            return err->rc;
        if (*ret && has_body(&j->lists->dbx, entry->p, entry->len)) {
            char name[RK_CERT_NAME];

            name_entry(entry, name);
            (void)snprintf(j->why, RK_VERDICT_TEXT, "%s of db is in dbx, by its digest", name);
            *ret = false;
        }
    }
    return RK_OK;
}

/* Who was named beside the lists. */
static enum rk_rc is_by(struct judging *j, bool *ret, struct rk_err *err)
{
    struct rk_err why;
    enum rk_rc rc;

    *ret = true;
    if (j->by->pub == NULL && j->by->trust == NULL)
        return RK_OK;
    rc = rk_pkcs7_verify(j->by, j->signature->der, j->signature->der_len, j->signature->content,
                         j->signature->content_len, j->signer, &why);
    *ret = rc == RK_OK;
    if (rc == RK_OK)
        return RK_OK;
    (void)snprintf(j->why, RK_VERDICT_TEXT, "%.255s", why.msg);
    return rc == RK_E_VERIFY ? RK_OK : rk_fail(err, rc, "%s", why.msg);
}

enum rk_rc rk_secure_boot_judge(const struct rk_secure_boot *lists, const struct rk_pkcs7_check *by,
                                const struct rk_pe_signature *signature, enum rk_verdict *ret,
                                char why[RK_VERDICT_TEXT], char signer[160], struct rk_err *err)
{
    struct judging j = {
        .lists = lists, .by = by, .signature = signature, .why = why, .signer = signer
    };
    bool forbidden, allowed = !lists->has_db, named;

    (void)snprintf(why, RK_VERDICT_TEXT, "nothing in db allows it");
    if (is_forbidden(&j, &forbidden, err))
        return err->rc;
    if (!forbidden && has_digest(&lists->dbx, signature->digest, signature->digest_len)) {
        (void)snprintf(why, RK_VERDICT_TEXT, "the image's digest is in dbx");
        forbidden = true;
    }
    *ret = forbidden ? RK_FORBIDDEN : RK_NOT_LISTED;
    if (forbidden)
        return RK_OK;
    if (lists->has_db && is_in_db(&j, &allowed, err))
        return err->rc;
    if (!allowed && !has_digest(&lists->db, signature->digest, signature->digest_len))
        return RK_OK;
    if (signer[0] == '\0')
        (void)snprintf(signer, 160, "not looked at: db allows the digest");
    if (is_by(&j, &named, err))
        return err->rc;
    *ret = named ? RK_ALLOWED : RK_NOT_LISTED;
    return RK_OK;
}
