/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates to the TCG EK Credential Profile. Source: formats/ek-certificate.md 4.2. */
#include "rotkit/x509.h"

#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/cert_read.h"
#include "rotkit/counted.h"
#include "rotkit/policy.h"

#include <string.h>

enum { SERIAL = 20, DER_SHORT_MAX = 127 };

/* clang-format off */
static const char oid_manufacturer[] = "2.23.133.2.1", oid_model[] = "2.23.133.2.2",
                  oid_version[] = "2.23.133.2.3", oid_ek_certificate[] = "2.23.133.8.1",
                  oid_aik_certificate[] = "2.23.133.8.3";
/* 2.23.133.2.16 tpmSpecification, DER */
static const uint8_t oid_specification[] = { 0x06, 0x05, 0x67, 0x81, 0x05, 0x02, 0x10 };
/* clang-format on */

RK_CLEANUP(names_done, GENERAL_NAMES, GENERAL_NAMES_free)
RK_CLEANUP(usage_done, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
RK_CLEANUP(access_done, AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free)
RK_CLEANUP(policies_done, CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)

static enum rk_rc add_utf8(X509_NAME *name, const char *oid, const char *text, struct rk_err *err)
{
    RK_AUTO(rk_oid_done) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

    if (object == NULL || X509_NAME_add_entry_by_OBJ(name, object, V_ASN1_UTF8STRING,
                                                     (const unsigned char *)text, -1, -1, 0) != 1)
        return rk_fail_ossl(err, RK_E_USAGE, "\"%s\" cannot be written into the certificate", text);
    return RK_OK;
}

/* One directoryName with manufacturer, model, version: three RDNs. */
static enum rk_rc tpm_name(const struct rk_ekcert_profile *profile, GENERAL_NAMES *names,
                           struct rk_err *err)
{
    GENERAL_NAME *general = GENERAL_NAME_new();
    X509_NAME *name = X509_NAME_new();

    if (general == NULL || name == NULL ||
        add_utf8(name, oid_manufacturer, profile->manufacturer, err) ||
        add_utf8(name, oid_model, profile->model, err) ||
        add_utf8(name, oid_version, profile->version, err)) {
        if (general == NULL || name == NULL)
            (void)rk_fail_nomem(err);
        GENERAL_NAME_free(general);
        X509_NAME_free(name);
        return err->rc;
    }
    GENERAL_NAME_set0_value(general, GEN_DIRNAME, name);
    if (sk_GENERAL_NAME_push(names, general) <= 0) {
        GENERAL_NAME_free(general);
        return rk_fail_nomem(err);
    }
    return RK_OK;
}

enum rk_rc rk_ekcert_add_alt_name(X509 *cert, const struct rk_ekcert_profile *profile,
                                  bool critical, struct rk_err *err)
{
    RK_AUTO(names_done) GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

    if (names == NULL)
        return rk_fail_nomem(err);
    if (tpm_name(profile, names, err))
        return err->rc;
    return rk_x509_add(cert, NID_subject_alt_name, critical, names, err);
}

enum rk_rc rk_ekcert_add_eku(X509 *cert, bool aik, struct rk_err *err)
{
    RK_AUTO(usage_done) EXTENDED_KEY_USAGE *usage = sk_ASN1_OBJECT_new_null();
    ASN1_OBJECT *object = OBJ_txt2obj(aik ? oid_aik_certificate : oid_ek_certificate, 1);

    if (usage == NULL || object == NULL || sk_ASN1_OBJECT_push(usage, object) <= 0) {
        ASN1_OBJECT_free(object);
        return rk_fail_nomem(err);
    }
    return rk_x509_add(cert, NID_ext_key_usage, false, usage, err);
}

static void put_tlv(struct rk_wr *wr, uint8_t tag, const struct rk_wr *content)
{
    if (content->failed != RK_OK)
        wr->failed = content->failed;
    else if (content->len > DER_SHORT_MAX)
        wr->failed = RK_E_USAGE;
    rk_wr_le(wr, tag, 1);
    rk_wr_le(wr, content->len, 1);
    rk_wr_bytes(wr, content->buf, content->len);
}

/* A non-negative INTEGER with as few octets as DER allows. */
static void put_integer(struct rk_wr *wr, uint32_t value)
{
    RK_AUTO(rk_wr_done) struct rk_wr content = RK_WR_MAX(8);
    size_t octets = 1;

    while (octets < 5 && (uint64_t)value >> (8 * octets - 1) != 0)
        octets++;
    rk_wr_be(&content, value, octets);
    put_tlv(wr, V_ASN1_INTEGER, &content);
}

/* SEQUENCE OF Attribute { tpmSpecification, SET { SEQUENCE { family, level, revision } } } */
static void specification_der(const struct rk_ekcert_profile *profile, struct rk_wr *ret)
{
    RK_AUTO(rk_wr_done) struct rk_wr family = RK_WR_MAX(64);
    RK_AUTO(rk_wr_done) struct rk_wr value = RK_WR_MAX(128);
    RK_AUTO(rk_wr_done) struct rk_wr set = RK_WR_MAX(128);
    RK_AUTO(rk_wr_done) struct rk_wr content = RK_WR_MAX(128);
    RK_AUTO(rk_wr_done) struct rk_wr attribute = RK_WR_MAX(128);

    rk_wr_str(&family, profile->spec_family);
    put_tlv(&value, V_ASN1_UTF8STRING, &family);
    put_integer(&value, profile->spec_level);
    put_integer(&value, profile->spec_revision);
    put_tlv(&set, 0x30, &value);
    rk_wr_bytes(&content, oid_specification, sizeof oid_specification);
    put_tlv(&content, 0x31, &set);
    put_tlv(&attribute, 0x30, &content);
    put_tlv(ret, 0x30, &attribute);
}

enum rk_rc rk_ekcert_add_specification(X509 *cert, const struct rk_ekcert_profile *profile,
                                       struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr der = RK_WR_MAX(160);
    RK_AUTO(rk_asn1_octets_done) ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    RK_AUTO(rk_x509_ext_done) X509_EXTENSION *ext = NULL;

    specification_der(profile, &der);
    if (der.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (der.failed != RK_OK)
        return rk_fail(err, RK_E_USAGE, "specification family \"%s\" is too long",
                       profile->spec_family);
    if (octets == NULL || ASN1_OCTET_STRING_set(octets, der.buf, (int)der.len) != 1)
        return rk_fail_nomem(err);
    ext = X509_EXTENSION_create_by_NID(NULL, NID_subject_directory_attributes, 0, octets);
    if (ext == NULL || X509_add_ext(cert, ext, -1) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "subjectDirectoryAttributes");
    return RK_OK;
}

static ACCESS_DESCRIPTION *issuer_at(const char *url)
{
    ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();
    ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

    if (access == NULL || uri == NULL || ASN1_STRING_set(uri, url, -1) != 1) {
        ACCESS_DESCRIPTION_free(access);
        ASN1_IA5STRING_free(uri);
        return NULL;
    }
    ASN1_OBJECT_free(access->method);
    access->method = OBJ_nid2obj(NID_ad_ca_issuers);
    GENERAL_NAME_set0_value(access->location, GEN_URI, uri);
    return access;
}

static enum rk_rc add_issuer_urls(X509 *cert, const struct rk_ekcert_profile *profile,
                                  struct rk_err *err)
{
    RK_AUTO(access_done) AUTHORITY_INFO_ACCESS *list = sk_ACCESS_DESCRIPTION_new_null();

    if (profile->aia_count == 0)
        return RK_OK;
    for (size_t i = 0; i < profile->aia_count; i++) {
        ACCESS_DESCRIPTION *access = issuer_at(profile->aia_urls[i]);

        if (list == NULL || access == NULL || sk_ACCESS_DESCRIPTION_push(list, access) <= 0) {
            ACCESS_DESCRIPTION_free(access);
            return rk_fail_nomem(err);
        }
    }
    return rk_x509_add(cert, NID_info_access, false, list, err);
}

static enum rk_rc add_policies(X509 *cert, const struct rk_ekcert_profile *profile,
                               struct rk_err *err)
{
    RK_AUTO(policies_done) CERTIFICATEPOLICIES *list = sk_POLICYINFO_new_null();

    if (profile->policy_count == 0)
        return RK_OK;
    for (size_t i = 0; i < profile->policy_count; i++) {
        POLICYINFO *info = POLICYINFO_new();

        if (list == NULL || info == NULL || sk_POLICYINFO_push(list, info) <= 0) {
            POLICYINFO_free(info);
            return rk_fail_nomem(err);
        }
        info->policyid = OBJ_txt2obj(profile->policy_oids[i], 1);
        if (info->policyid == NULL)
            return rk_fail_ossl(err, RK_E_USAGE, "policy \"%s\" is no OID",
                                profile->policy_oids[i]);
    }
    return rk_x509_add(cert, NID_certificate_policies, false, list, err);
}

static enum rk_rc add_extensions(X509 *cert, const rk_ca *ca,
                                 const struct rk_ekcert_profile *profile, bool rsa,
                                 struct rk_err *err)
{
    int usage = profile->aik ? KU_DIGITAL_SIGNATURE : rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;

    if (rk_ekcert_add_alt_name(cert, profile, profile->subject_cn == NULL, err) ||
        rk_x509_add_basic_constraints(cert, false, 0, err) ||
        (!profile->aik && rk_ekcert_add_specification(cert, profile, err)) ||
        rk_x509_add_authority(cert, rk_ca_cert(ca), err) ||
        rk_x509_add_key_usage(cert, usage, err) || rk_ekcert_add_eku(cert, profile->aik, err) ||
        add_issuer_urls(cert, profile, err) ||
        rk_x509_add_crl(cert, profile->crl_urls, profile->crl_count, err))
        return err->rc;
    return add_policies(cert, profile, err);
}

static enum rk_rc set_serial(X509 *cert, const uint8_t digest[32], struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *bn = NULL;
    uint8_t octets[SERIAL];

    memcpy(octets, digest, sizeof octets);
    octets[0] = (uint8_t)((octets[0] & 0x3f) | 0x40); /* positive, and 20 octets always */
    bn = BN_bin2bn(octets, sizeof octets, NULL);
    if (bn == NULL || BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) == NULL)
        return rk_fail_nomem(err);
    return RK_OK;
}

/* Length-prefixed, so that no two lists of parts hash alike. */
static bool hash_part(EVP_MD_CTX *md, const void *part, int len)
{
    uint8_t be[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                      (uint8_t)len };

    return len >= 0 && EVP_DigestUpdate(md, be, sizeof be) == 1 &&
           (len == 0 || EVP_DigestUpdate(md, part, (size_t)len) == 1);
}

static bool hash_time(EVP_MD_CTX *md, const ASN1_TIME *time)
{
    return hash_part(md, ASN1_STRING_get0_data(time), ASN1_STRING_length(time));
}

static bool hash_der(EVP_MD_CTX *md, int len, unsigned char **der)
{
    bool good = hash_part(md, *der, len);

    OPENSSL_free(*der);
    *der = NULL;
    return good;
}

static bool hash_extensions(EVP_MD_CTX *md, const X509 *cert)
{
    bool good = true;

    for (int i = 0; good && i < X509_get_ext_count(cert); i++) {
        unsigned char *der = NULL;

        good = hash_der(md, i2d_X509_EXTENSION(X509_get_ext(cert, i), &der), &der);
    }
    return good;
}

static bool hash_name(EVP_MD_CTX *md, const X509_NAME *name)
{
    unsigned char *der = NULL;

    return hash_der(md, i2d_X509_NAME(name, &der), &der);
}

/*
 * SHA-256 over issuer key, Device SN, EK and everything else the certificate says: the same
 * content has the same serial number, any other content another.
 */
static enum rk_rc derive_serial(X509 *cert, const rk_ca *ca, const uint8_t *device,
                                size_t device_len, const struct rk_bytes *spki, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t digest[32];

    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
        !hash_part(md, "rotkit EK serial", 16) ||
        !hash_part(md, ca->spki_sha256.p, (int)ca->spki_sha256.len) ||
        !hash_part(md, device, (int)device_len) || !hash_part(md, spki->p, (int)spki->len) ||
        !hash_name(md, X509_get_issuer_name(cert)) || !hash_name(md, X509_get_subject_name(cert)) ||
        !hash_time(md, X509_get0_notBefore(cert)) || !hash_time(md, X509_get0_notAfter(cert)) ||
        !hash_extensions(md, cert) || EVP_DigestFinal_ex(md, digest, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "serial number");
    return set_serial(cert, digest, err);
}

static enum rk_rc set_names(X509 *cert, const rk_ca *ca, const struct rk_ekcert_profile *profile,
                            struct rk_err *err)
{
    if (X509_set_issuer_name(cert, X509_get_subject_name(rk_ca_cert(ca))) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "issuer name");
    if (profile->subject_cn == NULL)
        return RK_OK;
    if (X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                   (const unsigned char *)profile->subject_cn, -1, -1, 0) != 1)
        return rk_fail_ossl(err, RK_E_USAGE, "subject \"%s\" cannot be written",
                            profile->subject_cn);
    return RK_OK;
}

/* Keys the TCG templates make: anything else is no EK, and its keyUsage would be a guess. */
/* Form and size by our own reading; that it is a key at all (a point of its curve) by OpenSSL. */
static enum rk_rc check_key(const rk_ctx *ctx, const struct rk_bytes *spki, bool *ret_rsa,
                            struct rk_err *err)
{
    const unsigned char *at = spki->p;
    RK_AUTO(rk_pkey_done)
    EVP_PKEY *key =
        d2i_PUBKEY_ex(NULL, &at, (long)spki->len, rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    struct rk_spki_info info;

    if (key == NULL || at != spki->p + spki->len)
        return rk_fail_ossl(err, RK_E_FORMAT, "no SubjectPublicKeyInfo");
    if (rk_spki_read(spki->p, spki->len, &info, err))
        return err->rc;
    *ret_rsa = info.kind == RK_KEY_RSA;
    if (rk_policy_check_key(ctx, key, RK_E_USAGE, err))
        return rk_wrap(err, "public key");
    return RK_OK;
}

enum rk_rc rk_ekcert_to_sign(const rk_ctx *ctx, const rk_ca *ca,
                             const struct rk_ekcert_profile *profile, const uint8_t *device,
                             size_t device_len, const struct rk_bytes *spki, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = X509_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    bool rsa = false;

    if (check_key(ctx, spki, &rsa, err))
        return err->rc;
    if (device_len > 255)
        return rk_fail(err, RK_E_USAGE, "device name of %s, at most 255",
                       RK_COUNTED(device_len, "byte"));
    if (rk_ekcert_profile_check(profile, err))
        return err->rc;
    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 0) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate");
    if (set_names(cert, ca, profile, err) ||
        rk_x509_set_validity(cert, profile->not_before, profile->not_after, err) ||
        add_extensions(cert, ca, profile, rsa, err) ||
        derive_serial(cert, ca, device, device_len, spki, err))
        return err->rc;
    return rk_x509_to_sign(cert, spki, rk_signer_default_scheme(ca->key), ret, err);
}

enum rk_rc rk_ekcert_attach(const rk_ca *ca, const struct rk_bytes *tbs,
                            const struct rk_bytes *signature, struct rk_bytes *ret,
                            struct rk_err *err)
{
    enum rk_scheme scheme = rk_signer_default_scheme(ca->key);
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    struct rk_cert cert;

    if (rk_x509_attach(tbs, scheme, signature, &der, err) ||
        rk_cert_read(der.p, der.len, &cert, err))
        return err->rc;
    /* The BIT STRING's first byte counts its unused bits. */
    if (rk_signature_check(ca->ctx, rk_signer_pkey(ca->key), scheme, cert.tbs.head, cert.tbs.size,
                           cert.signature.p + 1, cert.signature.len - 1, err))
        return rk_fail(err, RK_E_VERIFY, "the signature of the certificate does not hold");
    *ret = rk_bytes_take(&der);
    return RK_OK;
}

enum rk_rc rk_ekcert_issue(const rk_ctx *ctx, rk_ca *ca, const struct rk_ekcert_profile *profile,
                           const uint8_t *device, size_t device_len, const struct rk_bytes *spki,
                           struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (rk_ekcert_to_sign(ctx, ca, profile, device, device_len, spki, &tbs, err))
        return err->rc;
    if (rk_signer_sign(ca->key, rk_signer_default_scheme(ca->key), tbs.p, tbs.len, &signature, err))
        return rk_wrap(err, "cannot sign a certificate");
    return rk_ekcert_attach(ca, &tbs, &signature, ret, err);
}

/* By the parts alone: OpenSSL would look for a decoder of the key, which nobody asked for. */
enum rk_rc rk_ekcert_ids(const uint8_t *der, size_t len, struct rk_ekcert_ids *ret,
                         struct rk_err *err)
{
    struct rk_cert cert;

    if (rk_cert_read(der, len, &cert, err))
        return err->rc;
    *ret = (struct rk_ekcert_ids) {
        .serial = cert.serial.p,
        .serial_len = cert.serial.len,
        .issuer = cert.issuer.head,
        .issuer_len = cert.issuer.size,
        .spki = cert.spki.head,
        .spki_len = cert.spki.size,
    };
    return RK_OK;
}

enum rk_rc rk_ekcert_spki(const uint8_t *der, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    struct rk_ekcert_ids ids;

    if (rk_ekcert_ids(der, len, &ids, err))
        return err->rc;
    return rk_bytes_copy(ids.spki, ids.spki_len, ret, err);
}
