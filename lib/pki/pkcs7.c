/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #7 SignedData over OpenSSL's PKCS7. RFC 2315. */
#include "rotkit/pkcs7.h"

#include "base/work.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/policy.h"
#include "rotkit/x509.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/pkcs7.h>

RK_CLEANUP(p7_done, PKCS7, PKCS7_free)
RK_CLEANUP(si_done, PKCS7_SIGNER_INFO, PKCS7_SIGNER_INFO_free)
RK_CLEANUP(asn1_type_done, ASN1_TYPE, ASN1_TYPE_free)

/* ---- making ---- */

/* Adds the signer's certificate and its chain; ret_first is borrowed from p7. */
static enum rk_rc add_certificates(PKCS7 *p7, const struct rk_pkcs7 *what, X509 **ret_first,
                                   struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(what->cert->p, what->cert->len, what->chain_max, &certs, err))
        return rk_wrap(err, "the signer's certificate and chain");
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (PKCS7_add_certificate(p7, sk_X509_value(certs, i)) != 1)
            return rk_fail_nomem(err);
    }
    *ret_first = sk_X509_value(p7->d.sign->cert, 0);
    return RK_OK;
}

/* The contents octets of a DER value: what is digested of an embedded content (RFC 2315, 9.3). */
static enum rk_rc contents_octets(const uint8_t *der, size_t len, const uint8_t **ret,
                                  size_t *ret_len, struct rk_err *err)
{
    const unsigned char *at = der;
    int tag, class;
    long inside;

    if (len > INT32_MAX || (ASN1_get_object(&at, &inside, &tag, &class, (long)len) & 0x80) != 0 ||
        inside < 0 || (size_t)(at - der) + (size_t)inside > len)
        return rk_fail_ossl(err, RK_E_FORMAT, "the content is no DER value");
    *ret = at;
    *ret_len = (size_t)inside;
    return RK_OK;
}

static enum rk_rc add_content(PKCS7 *p7, const struct rk_pkcs7 *what, struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *inner = NULL;
    RK_AUTO(rk_oid_done) ASN1_OBJECT *type = NULL;
    RK_AUTO(asn1_type_done) ASN1_TYPE *value = NULL;
    const unsigned char *at = what->content;

    if (what->type == NULL) {
        if (PKCS7_content_new(p7, NID_pkcs7_data) != 1 || PKCS7_set_detached(p7, 1) != 1)
            return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7 content");
        return RK_OK;
    }
    inner = PKCS7_new();
    type = OBJ_txt2obj(what->type, 1);
    value = d2i_ASN1_TYPE(NULL, &at, (long)what->content_len);
    if (inner == NULL || type == NULL || value == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7 content");
    inner->type = type;
    inner->d.other = value;
    type = NULL;
    value = NULL;
    if (PKCS7_set_content(p7, inner) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7 content");
    inner = NULL;
    return RK_OK;
}

static enum rk_rc add_attributes(PKCS7_SIGNER_INFO *si, const struct rk_pkcs7 *what,
                                 struct rk_err *err)
{
    const uint8_t *content = what->content;
    size_t len = what->content_len;
    uint8_t digest[32];
    RK_AUTO(rk_oid_done)
    ASN1_OBJECT *type =
        what->type == NULL ? OBJ_nid2obj(NID_pkcs7_data) : OBJ_txt2obj(what->type, 1);

    if (type == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7 attributes");
    if (what->type != NULL && contents_octets(content, len, &content, &len, err))
        return err->rc;
    if (rk_sha256(content, len, digest, err))
        return err->rc;
    /* These copy; PKCS7_add_attrib_*, when memory runs out, may or may not free what it got. */
    if (X509at_add1_attr_by_NID(&si->auth_attr, NID_pkcs9_contentType, V_ASN1_OBJECT,
                                (const void *)type, -1) == NULL ||
        X509at_add1_attr_by_NID(&si->auth_attr, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING,
                                digest, sizeof digest) == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7 attributes");
    return RK_OK;
}

/* Everything but the signature; ret_si is borrowed from the structure. */
static enum rk_rc prepare(const struct rk_pkcs7 *what, PKCS7 **ret, PKCS7_SIGNER_INFO **ret_si,
                          struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = PKCS7_new_ex(rk_ctx_libctx(what->ctx), rk_ctx_propq(what->ctx));
    RK_AUTO(si_done) PKCS7_SIGNER_INFO *si = PKCS7_SIGNER_INFO_new();
    X509 *signer = NULL;

    if (p7 == NULL || si == NULL || PKCS7_set_type(p7, NID_pkcs7_signed) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7");
    if (add_content(p7, what, err) || add_certificates(p7, what, &signer, err))
        return err->rc;
    if (EVP_PKEY_eq(X509_get0_pubkey(signer), what->pub) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_USAGE, "the first certificate of the file is of another key");
    }
    if (PKCS7_SIGNER_INFO_set(si, signer, what->pub, EVP_sha256()) != 1)
        return rk_fail_ossl(err, RK_E_USAGE, "a key of type %s signs no PKCS #7",
                            EVP_PKEY_get0_type_name(what->pub));
    if (what->attributes && add_attributes(si, what, err))
        return err->rc;
    if (PKCS7_add_signer(p7, si) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "PKCS #7 signer");
    *ret_si = si;
    si = NULL;
    *ret = p7;
    p7 = NULL;
    return RK_OK;
}

/* The signed attributes as a SET OF, as they are signed (RFC 2315, 9.3). */
static enum rk_rc encode_attributes(STACK_OF(X509_ATTRIBUTE) * attributes, const ASN1_ITEM *as,
                                    struct rk_bytes *ret, struct rk_err *err)
{
    const ASN1_VALUE *value = (const void *)attributes;
    unsigned char *der = NULL;

    return rk_der_keep(ASN1_item_i2d(value, &der, as), &der, "signed attributes", ret, err);
}

enum rk_rc rk_pkcs7_to_sign(const struct rk_pkcs7 *what, struct rk_bytes *ret_message,
                            enum rk_scheme *ret_scheme, struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;
    PKCS7_SIGNER_INFO *si = NULL;

    if (prepare(what, &p7, &si, err))
        return err->rc;
    *ret_scheme =
        EVP_PKEY_is_a(what->pub, "RSA") ? RK_SCHEME_RSA_PKCS1_SHA256 : RK_SCHEME_ECDSA_SHA256;
    if (what->attributes)
        return encode_attributes(si->auth_attr, ASN1_ITEM_rptr(PKCS7_ATTR_SIGN), ret_message, err);
    return rk_bytes_copy(what->content, what->content_len, ret_message, err);
}

enum rk_rc rk_pkcs7_finish(const struct rk_pkcs7 *what, const struct rk_bytes *signature,
                           struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;
    PKCS7_SIGNER_INFO *si = NULL;
    unsigned char *der = NULL;

    if (prepare(what, &p7, &si, err))
        return err->rc;
    if (ASN1_OCTET_STRING_set(si->enc_digest, signature->p, (int)signature->len) != 1)
        return rk_fail_nomem(err);
    return rk_der_keep(i2d_PKCS7(p7, &der), &der, "PKCS #7", ret, err);
}

/* ---- reading ---- */

enum rk_rc rk_pkcs7_size(const uint8_t *der, size_t len, size_t *ret, struct rk_err *err)
{
    const uint8_t *inside = NULL;
    size_t inside_len = 0;

    if (contents_octets(der, len, &inside, &inside_len, err))
        return err->rc;
    *ret = (size_t)(inside - der) + inside_len;
    return RK_OK;
}

enum rk_rc rk_pkcs7_signed_data(const struct rk_bytes *content_info, size_t *ret,
                                struct rk_err *err)
{
    const uint8_t *at = content_info->p, *end = at + content_info->len;
    size_t len = 0;

    /* SEQUENCE { OID, [0] { SignedData } } */
    if (contents_octets(at, (size_t)(end - at), &at, &len, err) ||
        contents_octets(at, (size_t)(end - at), &at, &len, err))
        return err->rc;
    at += len;
    if (contents_octets(at, (size_t)(end - at), &at, &len, err))
        return err->rc;
    *ret = (size_t)(at - content_info->p);
    return RK_OK;
}

/* ContentInfo, or the bare SignedData that efitools writes. */
static enum rk_rc parse(const uint8_t *der, size_t len, PKCS7 **ret, struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;
    const unsigned char *at = der;
    size_t size;

    if (rk_pkcs7_size(der, len, &size, err))
        return rk_fail(err, RK_E_FORMAT, "no PKCS #7 SignedData");
    p7 = d2i_PKCS7(NULL, &at, (long)size);
    if (p7 == NULL) {
        PKCS7_SIGNED *bare;

        ERR_clear_error();
        at = der;
        bare = d2i_PKCS7_SIGNED(NULL, &at, (long)size);
        p7 = bare == NULL ? NULL : PKCS7_new();
        if (p7 == NULL) {
            PKCS7_SIGNED_free(bare);
            return rk_fail_ossl(err, RK_E_FORMAT, "no PKCS #7 SignedData");
        }
        p7->type = OBJ_nid2obj(NID_pkcs7_signed);
        p7->d.sign = bare;
    }
    if (!PKCS7_type_is_signed(p7) || p7->d.sign == NULL || p7->d.sign->contents == NULL ||
        (size_t)(at - der) != size)
        return rk_fail(err, RK_E_FORMAT, "no PKCS #7 SignedData");
    *ret = p7;
    p7 = NULL;
    return RK_OK;
}

static enum rk_rc mismatches(const struct rk_pkcs7_check *check, struct rk_err *err,
                             const char *text)
{
    ERR_clear_error(); /* "RSA lib" tells nobody anything */
    if (check->mismatch != NULL)
        *check->mismatch = true;
    return rk_fail(err, RK_E_VERIFY, "%s", text);
}

/* The attributes name this content: its digest and its type. */
static enum rk_rc check_attributes(const struct rk_pkcs7_check *check, const PKCS7 *p7,
                                   PKCS7_SIGNER_INFO *si, const EVP_MD *md, const uint8_t *content,
                                   size_t len, struct rk_err *err)
{
    const ASN1_OCTET_STRING *claimed = PKCS7_digest_from_attributes(si->auth_attr);
    const ASN1_TYPE *type = PKCS7_get_signed_attribute(si, NID_pkcs9_contentType);
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t digest_len = 0;

    if (claimed == NULL || type == NULL || type->type != V_ASN1_OBJECT ||
        OBJ_cmp(type->value.object, p7->d.sign->contents->type) != 0)
        return rk_fail(err, RK_E_VERIFY, "the signed attributes lack the digest or the type");
    if (rk_work_digest(EVP_MD_get0_name(md), content, len, digest, &digest_len, err))
        return err->rc;
    if (ASN1_STRING_length(claimed) != (int)digest_len ||
        CRYPTO_memcmp(ASN1_STRING_get0_data(claimed), digest, digest_len) != 0)
        return mismatches(check, err, "the content is not the one that was signed");
    return RK_OK;
}

static enum rk_rc check_signature(const struct rk_pkcs7_check *check, EVP_PKEY *pub,
                                  const EVP_MD *md, const PKCS7_SIGNER_INFO *si,
                                  const uint8_t *message, size_t len, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    const ASN1_OCTET_STRING *sig = si->enc_digest;

    if (!check->as_firmware && rk_policy_check_key(check->ctx, pub, RK_E_VERIFY, err))
        return rk_wrap(err, "the signer");
    if (rk_work_signature(err) || rk_work_hash(len, err))
        return err->rc;
    if (run == NULL ||
        EVP_DigestVerifyInit_ex(run, NULL, EVP_MD_get0_name(md), rk_ctx_libctx(check->ctx),
                                rk_ctx_propq(check->ctx), pub, NULL) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY, "the signer's key cannot be used");
    if (EVP_DigestVerify(run, ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig), message,
                         len) != 1)
        return mismatches(check, err, "the signature does not hold");
    return RK_OK;
}

/* Digests that UEFI takes. */
static const EVP_MD *find_digest(const X509_ALGOR *alg)
{
    const ASN1_OBJECT *oid;
    int nid;

    X509_ALGOR_get0(&oid, NULL, NULL, alg);
    nid = OBJ_obj2nid(oid);
    return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512 ? EVP_get_digestbynid(nid)
                                                                       : NULL;
}

static enum rk_rc check_signer(const struct rk_pkcs7_check *check, PKCS7 *p7, PKCS7_SIGNER_INFO *si,
                               const uint8_t *content, size_t len, struct rk_err *err)
{
    const struct rk_trust_question asked = { .use = check->any_use ? RK_CERT_ANY : RK_CERT_CODE,
                                             .when = check->now,
                                             .as_firmware = check->as_firmware,
                                             .timeless = true,
                                             .lone = check->lone };
    X509 *cert = PKCS7_cert_from_signer_info(p7, si);
    const EVP_MD *md = find_digest(si->digest_alg);
    RK_AUTO(rk_bytes_done) struct rk_bytes attributes = RK_BYTES_NONE;
    enum rk_rc uncompared = check->own ? RK_E_UNKNOWN : RK_E_VERIFY;

    ERR_clear_error();
    if (cert == NULL)
        return rk_fail(err, uncompared, "the signer's certificate is not inside");
    if (md == NULL)
        return rk_fail(err, uncompared, "the digest is not SHA-256, SHA-384 or SHA-512");
    if (check->pub != NULL && EVP_PKEY_eq(X509_get0_pubkey(cert), check->pub) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "signed by another key than the one given");
    }
    if (sk_X509_ATTRIBUTE_num(si->auth_attr) > 0) {
        if (check_attributes(check, p7, si, md, content, len, err) ||
            encode_attributes(si->auth_attr, ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY), &attributes, err))
            return err->rc;
        content = attributes.p;
        len = attributes.len;
    }
    if (check_signature(check, X509_get0_pubkey(cert), md, si, content, len, err))
        return err->rc;
    if (check->trust == NULL)
        return RK_OK;
    return rk_trust_check(check->trust, cert, p7->d.sign->cert, &asked, check->remark, err);
}

enum rk_rc rk_pkcs7_verify(const struct rk_pkcs7_check *check, const uint8_t *der, size_t der_len,
                           const uint8_t *content, size_t content_len, char ret_signer[160],
                           struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;
    STACK_OF(PKCS7_SIGNER_INFO) * signers;

    if (parse(der, der_len, &p7, err))
        return err->rc;
    signers = p7->d.sign->signer_info;
    if (sk_PKCS7_SIGNER_INFO_num(signers) < 1)
        return rk_fail(err, RK_E_VERIFY, "nobody has signed");
    for (int i = 0; i < sk_PKCS7_SIGNER_INFO_num(signers); i++) {
        if (check_signer(check, p7, sk_PKCS7_SIGNER_INFO_value(signers, i), content, content_len,
                         err))
            return err->rc;
    }
    rk_x509_name(X509_get_subject_name(
                     PKCS7_cert_from_signer_info(p7, sk_PKCS7_SIGNER_INFO_value(signers, 0))),
                 ret_signer, 160);
    return RK_OK;
}

enum rk_rc rk_pkcs7_content(const uint8_t *der, size_t der_len, const char *type,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;
    RK_AUTO(rk_oid_done) ASN1_OBJECT *want = OBJ_txt2obj(type, 1);
    const PKCS7 *inner;
    unsigned char *der_inside = NULL;

    if (want == NULL)
        return rk_fail_ossl(err, RK_E_INTERNAL, "OID %s", type);
    if (parse(der, der_len, &p7, err))
        return err->rc;
    inner = p7->d.sign->contents;
    if (OBJ_cmp(inner->type, want) != 0 || inner->d.other == NULL)
        return rk_fail(err, RK_E_FORMAT, "the SignedData holds no content of type %s", type);
    return rk_der_keep(i2d_ASN1_TYPE(inner->d.other, &der_inside), &der_inside,
                       "the content of PKCS #7", ret, err);
}

enum rk_rc rk_pkcs7_certificates(const uint8_t *der, size_t der_len,
                                 void (*each)(void *arg, const X509 *cert), void *arg,
                                 struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;

    if (parse(der, der_len, &p7, err))
        return err->rc;
    for (int i = 0; i < sk_X509_num(p7->d.sign->cert); i++)
        each(arg, sk_X509_value(p7->d.sign->cert, i));
    return RK_OK;
}

enum rk_rc rk_pkcs7_signers(const uint8_t *der, size_t der_len,
                            void (*each)(void *arg, const X509 *cert), void *arg,
                            struct rk_err *err)
{
    RK_AUTO(p7_done) PKCS7 *p7 = NULL;
    STACK_OF(PKCS7_SIGNER_INFO) * signers;

    if (parse(der, der_len, &p7, err))
        return err->rc;
    signers = p7->d.sign->signer_info;
    for (int i = 0; i < sk_PKCS7_SIGNER_INFO_num(signers); i++) {
        const X509 *cert = PKCS7_cert_from_signer_info(p7, sk_PKCS7_SIGNER_INFO_value(signers, i));

        if (cert != NULL)
            each(arg, cert);
    }
    ERR_clear_error();
    return RK_OK;
}
