/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates and the CA that issues them; OpenSSL's own reader is the judge of the fields. */
#include "rotkit/ekcert.h"
#include "rotkit/publish.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define NOW     INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define YEAR    INT64_C(31536000)
#define CA_PATH TEST_SCRATCH "/test-ca.pem"

static const uint8_t device[10] = { 1, 2, 0, 0, 0, 0, 1, 0, 0, 2 };
static const char *const aia[] = { "http://ca.example/ek.der" };
static const char *const crl[] = { "http://ca.example/ek.crl" };
static const char *const policy[] = { "1.3.6.1.4.1.99999.1" };
static const struct rk_ekcert_profile plain = {
    .manufacturer = "id:4E564441",
    .model = "Jetson fTPM",
    .version = "id:00010002",
    .spec_family = "2.0",
    .spec_revision = 159,
    .not_before = NOW,
    .not_after = RK_EKCERT_NO_EXPIRY,
    .aia_urls = aia,
    .aia_count = 1,
};

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_ca_files files;
static rk_signer *ca_key;
static rk_ca *ca;
static struct rk_bytes rsa_spki = RK_BYTES_NONE, ec_spki = RK_BYTES_NONE;

static void spki_of(EVP_PKEY *pkey, struct rk_bytes *ret)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);

    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(rk_bytes_copy(der, (size_t)len, ret, &err), RK_OK);
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void write_chain(const struct rk_bytes *first, const struct rk_bytes *second)
{
    char text[8192];
    int n = snprintf(text, sizeof text, "%s%s", (const char *)first->p,
                     second == NULL ? "" : (const char *)second->p);

    ck_assert_int_gt(n, 0);
    ck_assert_int_eq(rk_file_write(CA_PATH, RK_FILE_PUBLIC, text, (size_t)n, &err), RK_OK);
}

static rk_signer *signer_of(const struct rk_secret *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->len);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    rk_signer *signer = NULL;

    ck_assert_ptr_nonnull(pkey);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, pkey, &signer, &err), RK_OK);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return signer;
}

static struct rk_ca_init init_of(const char *type)
{
    return (struct rk_ca_init) { .key_type = type,
                                 .organization = "Example",
                                 .name = "Example",
                                 .not_before = NOW - YEAR,
                                 .not_after_root = NOW + 20 * YEAR,
                                 .not_after_issuing = NOW + 10 * YEAR,
                                 .root_crl_url = "http://ca.example/root.crl" };
}

static void make_ca(const char *type)
{
    const struct rk_ca_init init = init_of(type);

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_msg(rk_ca_make(ctx, &init, &files, &err) == RK_OK, "%s", err.msg);
    write_chain(&files.issuing_cert, &files.root_cert);
    ca_key = signer_of(&files.issuing_key);
    ck_assert_msg(rk_ca_open(ctx, CA_PATH, ca_key, NOW, &ca, &err) == RK_OK, "%s", err.msg);
    spki_of(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), &rsa_spki);
    spki_of(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), &ec_spki);
}

static void setup(void)
{
    make_ca("p256");
}

static void teardown(void)
{
    rk_ca_free(ca);
    rk_signer_free(ca_key);
    rk_ca_files_done(&files);
    rk_bytes_done(&rsa_spki);
    rk_bytes_done(&ec_spki);
    rk_ctx_free(ctx);
    (void)unlink(CA_PATH);
}

static struct rk_bytes issue(const struct rk_ekcert_profile *profile, const uint8_t *name,
                             size_t name_len, const struct rk_bytes *spki)
{
    struct rk_bytes got = RK_BYTES_NONE;

    ck_assert_msg(rk_ekcert_issue(ctx, ca, profile, name, name_len, spki, &got, &err) == RK_OK,
                  "%s", err.msg);
    return got;
}

static X509 *parsed(const struct rk_bytes *der)
{
    const unsigned char *at = der->p;
    X509 *cert = d2i_X509(NULL, &at, (long)der->len);

    ck_assert_ptr_nonnull(cert);
    ck_assert_ptr_eq(at, der->p + der->len);
    return cert;
}

static bool critical(const X509 *cert, int nid)
{
    int at = X509_get_ext_by_NID(cert, nid, -1);

    ck_assert_msg(at >= 0, "%s is missing", OBJ_nid2sn(nid));
    return X509_EXTENSION_get_critical(X509_get_ext(cert, at)) == 1;
}

START_TEST(rsa_ek_certificate_has_the_fields_of_the_profile)
{
    struct rk_bytes der = issue(&plain, device, sizeof device, &rsa_spki);
    X509 *cert = parsed(&der);

    ck_assert_int_eq(X509_get_version(cert), X509_VERSION_3);
    ck_assert_int_eq(X509_NAME_entry_count(X509_get_subject_name(cert)), 0);
    ck_assert(critical(cert, NID_subject_alt_name));
    ck_assert(critical(cert, NID_basic_constraints));
    ck_assert(critical(cert, NID_key_usage));
    ck_assert(!critical(cert, NID_authority_key_identifier));
    ck_assert(!critical(cert, NID_ext_key_usage));
    ck_assert(!critical(cert, NID_subject_directory_attributes));
    ck_assert(!critical(cert, NID_info_access));
    ck_assert_int_lt(X509_get_ext_by_NID(cert, NID_crl_distribution_points, -1), 0);
    ck_assert_uint_eq(X509_get_key_usage(cert), KU_KEY_ENCIPHERMENT);
    ck_assert_int_eq((int)(X509_get_extension_flags(cert) & EXFLAG_CA), 0);
    ck_assert_int_eq(X509_get0_notAfter(cert)->type, V_ASN1_GENERALIZEDTIME);
    ck_assert_str_eq((const char *)ASN1_STRING_get0_data(X509_get0_notAfter(cert)),
                     "99991231235959Z");
    ck_assert_int_eq(X509_get0_notBefore(cert)->type, V_ASN1_UTCTIME);
    ck_assert_str_eq((const char *)ASN1_STRING_get0_data(X509_get0_notBefore(cert)),
                     "260101000000Z");
    X509_free(cert);
    rk_bytes_done(&der);
}
END_TEST

/* The bytes of subjectAltName and tpmSpecification, written out by hand from the profile. */
START_TEST(san_and_specification_have_the_bytes_of_the_profile)
{
    static const uint8_t san[] =
        "\x30\x4c\xa4\x4a\x30\x48\x31\x16\x30\x14\x06\x05\x67\x81\x05\x02\x01\x0c\x0bid:4E564441"
        "\x31\x16\x30\x14\x06\x05\x67\x81\x05\x02\x02\x0c\x0bJetson fTPM"
        "\x31\x16\x30\x14\x06\x05\x67\x81\x05\x02\x03\x0c\x0bid:00010002";
    static const uint8_t spec[] =
        "\x30\x19\x30\x17\x06\x05\x67\x81\x05\x02\x10\x31\x0e\x30\x0c\x0c\x03"
        "2.0\x02\x01\x00\x02\x02\x00\x9f";
    struct rk_bytes der = issue(&plain, device, sizeof device, &ec_spki);
    X509 *cert = parsed(&der);
    const struct {
        int nid;
        const uint8_t *want;
        size_t len;
    } rows[] = { { NID_subject_alt_name, san, sizeof san - 1 },
                 { NID_subject_directory_attributes, spec, sizeof spec - 1 } };

    for (size_t i = 0; i < 2; i++) {
        int at = X509_get_ext_by_NID(cert, rows[i].nid, -1);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(cert, at));

        ck_assert_int_eq(ASN1_STRING_length(value), (int)rows[i].len);
        ck_assert_mem_eq(ASN1_STRING_get0_data(value), rows[i].want, rows[i].len);
    }
    ck_assert_uint_eq(X509_get_key_usage(cert), KU_KEY_AGREEMENT);
    X509_free(cert);
    rk_bytes_done(&der);
}
END_TEST

START_TEST(subject_crl_and_policy_are_written_when_asked_for)
{
    struct rk_ekcert_profile full = plain;
    struct rk_bytes der;
    X509 *cert;

    full.subject_cn = "01020000000100000002";
    full.crl_urls = crl;
    full.crl_count = 1;
    full.policy_oids = policy;
    full.policy_count = 1;
    full.not_after = INT64_C(2524608000); /* 2050-01-01: the first GeneralizedTime */
    der = issue(&full, device, sizeof device, &ec_spki);
    cert = parsed(&der);
    ck_assert(!critical(cert, NID_subject_alt_name));
    ck_assert(!critical(cert, NID_crl_distribution_points));
    ck_assert(!critical(cert, NID_certificate_policies));
    ck_assert_str_eq((const char *)ASN1_STRING_get0_data(X509_get0_notAfter(cert)),
                     "20500101000000Z");
    X509_free(cert);
    rk_bytes_done(&der);
    full.not_after = INT64_C(2524607999);
    der = issue(&full, device, sizeof device, &ec_spki);
    cert = parsed(&der);
    ck_assert_str_eq((const char *)ASN1_STRING_get0_data(X509_get0_notAfter(cert)),
                     "491231235959Z");
    X509_free(cert);
    rk_bytes_done(&der);
}
END_TEST

static void serial_of(const struct rk_ekcert_profile *profile, const uint8_t *name, size_t name_len,
                      const struct rk_bytes *spki, uint8_t ret[20])
{
    struct rk_bytes der = issue(profile, name, name_len, spki);
    X509 *cert = parsed(&der);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

    ck_assert_int_eq(ASN1_STRING_type(serial), V_ASN1_INTEGER); /* not the negative kind */
    ck_assert_int_eq(ASN1_STRING_length(serial), 20);
    ck_assert_uint_lt(ASN1_STRING_get0_data(serial)[0], 0x80);
    ck_assert_uint_ne(ASN1_STRING_get0_data(serial)[0], 0);
    memcpy(ret, ASN1_STRING_get0_data(serial), 20);
    X509_free(cert);
    rk_bytes_done(&der);
}

START_TEST(serial_is_the_same_for_the_same_and_other_for_any_other_content)
{
    const uint8_t other_device[10] = { 9 };
    struct rk_ekcert_profile longer = plain, other_model = plain;
    uint8_t serial[6][20];

    longer.not_before += 1;
    other_model.model = "Jetson fTPN";
    serial_of(&plain, device, sizeof device, &rsa_spki, serial[0]);
    serial_of(&plain, device, sizeof device, &ec_spki, serial[1]);
    serial_of(&plain, other_device, sizeof other_device, &rsa_spki, serial[2]);
    serial_of(&longer, device, sizeof device, &rsa_spki, serial[3]);
    serial_of(&other_model, device, sizeof device, &rsa_spki, serial[4]);
    serial_of(&plain, device, sizeof device, &rsa_spki, serial[5]);
    ck_assert_mem_eq(serial[0], serial[5], 20);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_mem_ne(serial[i], serial[j], 20);
}
END_TEST

static enum rk_rc verify_by(const struct rk_bytes *chain_pem, const struct rk_bytes *der,
                            int64_t when)
{
    rk_trust *trust = NULL;
    enum rk_rc rc = rk_trust_open(ctx, chain_pem, &trust, &err);

    if (rc == RK_OK)
        rc = rk_ekcert_verify(trust, der->p, der->len, when, &err);
    rk_trust_free(trust);
    return rc;
}

START_TEST(certificate_verifies_against_its_chain_and_no_other)
{
    const struct rk_ca_init init = init_of("p256");
    struct rk_bytes der = issue(&plain, device, sizeof device, &rsa_spki), chain = RK_BYTES_NONE;
    struct rk_ca_files other = { .root_cert = RK_BYTES_NONE };

    ck_assert_int_eq(rk_ca_chain_pem(ca, &chain, &err), RK_OK);
    ck_assert_msg(verify_by(&chain, &der, NOW) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(verify_by(&chain, &der, NOW - 1), RK_E_VERIFY);
    ck_assert_int_eq(verify_by(&chain, &der, NOW + 11 * YEAR), RK_E_VERIFY);
    ck_assert_int_eq(verify_by(&files.issuing_cert, &der, NOW), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "no certificate is self-signed, so none is an anchor\n"
                              "  mark the anchor with --anchor FILE");
    ck_assert_int_eq(rk_ca_make(ctx, &init, &other, &err), RK_OK);
    ck_assert_int_eq(verify_by(&other.root_cert, &der, NOW), RK_E_VERIFY);
    der.p[der.len - 1] ^= 1;
    ck_assert_int_ne(verify_by(&chain, &der, NOW), RK_OK);
    rk_ca_files_done(&other);
    rk_bytes_done(&chain);
    rk_bytes_done(&der);
}
END_TEST

START_TEST(spki_comes_back_as_it_went_in)
{
    struct rk_bytes der = issue(&plain, device, sizeof device, &rsa_spki), got = RK_BYTES_NONE;

    ck_assert_int_eq(rk_ekcert_spki(der.p, der.len, &got, &err), RK_OK);
    ck_assert_uint_eq(got.len, rsa_spki.len);
    ck_assert_mem_eq(got.p, rsa_spki.p, got.len);
    rk_bytes_done(&got);
    rk_bytes_done(&der);
}
END_TEST

/* Trust rule 4: deterministic schemes give the same bytes from a clean start. */
static void check_repeats(void)
{
    struct rk_bytes a, b;

    a = issue(&plain, device, sizeof device, &rsa_spki);
    b = issue(&plain, device, sizeof device, &rsa_spki);
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_mem_eq(a.p, b.p, a.len);
    rk_bytes_done(&a);
    rk_bytes_done(&b);
}

START_TEST(certificate_of_an_rsa_ca_is_the_same_every_time)
{
    make_ca("rsa3072");
    check_repeats();
    teardown();
}
END_TEST

/* clang-format off */
static const struct {
    struct rk_ekcert_profile change; /* members that are set replace plain's */
    const char *message;
} bad_profiles[] = {
    { { .manufacturer = "NVDA" },
      "manufacturer \"NVDA\", expected id: and 8 hex digits of the TCG vendor id" },
    { { .manufacturer = "id:4E56444" },
      "manufacturer \"id:4E56444\", expected id: and 8 hex digits of the TCG vendor id" },
    { { .model = "\xff\xfe" }, "model \"?\?\", expected 1 to 255 bytes of UTF-8 text" },
    { { .model = "" }, "model \"\", expected 1 to 255 bytes of UTF-8 text" },
    { { .version = "1.2" }, "version \"1.2\", expected id: and the firmware version in hex" },
    { { .spec_family = "" }, "specification family \"\", expected \"2.0\"" },
    { { .subject_cn = "" }, "subject \"\", expected 1 to 255 bytes of UTF-8 text" },
    { { .not_after = NOW - 1 }, "the validity ends before it begins" },
    { { .crl_urls = (const char *const[]){ "ca.example" }, .crl_count = 1 },
      "CRL URL \"ca.example\" is no URL in ASCII" },
    { { .aia_urls = (const char *const[]){ "http://ca example" }, .aia_count = 1 },
      "AIA URL \"http://ca example\" is no URL in ASCII" },
};
/* clang-format on */

START_TEST(issue_refuses_what_no_certificate_can_carry)
{
    const struct rk_ekcert_profile *change = &bad_profiles[_i].change;
    struct rk_ekcert_profile profile = plain;
    struct rk_bytes got = RK_BYTES_NONE;

    if (change->manufacturer != NULL)
        profile.manufacturer = change->manufacturer;
    if (change->model != NULL)
        profile.model = change->model;
    if (change->version != NULL)
        profile.version = change->version;
    if (change->spec_family != NULL)
        profile.spec_family = change->spec_family;
    if (change->not_after != 0)
        profile.not_after = change->not_after;
    if (change->aia_count != 0)
        profile.aia_urls = change->aia_urls;
    profile.subject_cn = change->subject_cn;
    profile.crl_urls = change->crl_urls;
    profile.crl_count = change->crl_count;
    ck_assert_int_eq(
        rk_ekcert_issue(ctx, ca, &profile, device, sizeof device, &ec_spki, &got, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, bad_profiles[_i].message);
    ck_assert_ptr_null(got.p);
}
END_TEST

START_TEST(issue_refuses_a_policy_that_is_no_oid)
{
    static const char *const wrong[] = { "1.x" };
    struct rk_ekcert_profile profile = plain;
    struct rk_bytes got = RK_BYTES_NONE;

    profile.policy_oids = wrong;
    profile.policy_count = 1;
    ck_assert_int_eq(
        rk_ekcert_issue(ctx, ca, &profile, device, sizeof device, &ec_spki, &got, &err),
        RK_E_USAGE);
    ck_assert_msg(strncmp(err.msg, "policy \"1.x\" is no OID", 22) == 0, "%s", err.msg);
}
END_TEST

START_TEST(issue_refuses_keys_that_no_ek_template_makes)
{
    const struct {
        EVP_PKEY *pkey;
        const char *message;
    } rows[] = {
        { EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "public key: the key is neither RSA nor EC" },
        { EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1"),
          "public key: the curve is none of P-256, P-384, P-521" },
        { EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024),
          "public key: the RSA key is weak: 1024 bits, at least 2048" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rk_bytes spki = RK_BYTES_NONE, got = RK_BYTES_NONE;

        spki_of(rows[i].pkey, &spki);
        ck_assert_int_eq(rk_ekcert_issue(ctx, ca, &plain, device, sizeof device, &spki, &got, &err),
                         RK_E_USAGE);
        ck_assert_str_eq(err.msg, rows[i].message);
        ck_assert_ptr_null(got.p);
        rk_bytes_done(&spki);
    }
}
END_TEST

/* Loop test: a public key cut to _i bytes. */
START_TEST(issue_refuses_every_cut_public_key)
{
    struct rk_bytes cut = { .p = ec_spki.p, .len = (size_t)_i }, got = RK_BYTES_NONE;

    ck_assert_int_ne(rk_ekcert_issue(ctx, ca, &plain, device, sizeof device, &cut, &got, &err),
                     RK_OK);
    ck_assert_ptr_null(got.p);
}
END_TEST

/* ---- the CA ---- */

static void refused(rk_signer *key, int64_t when, enum rk_rc rc, const char *message)
{
    rk_ca *got = NULL;

    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, key, when, &got, &err), rc);
    ck_assert_str_eq(err.msg, message);
    ck_assert_ptr_null(got);
}
#define SUBJECT "CA certificate \"" CA_PATH "\": "

START_TEST(ca_refuses_times_outside_its_validity)
{
    refused(ca_key, NOW + 11 * YEAR, RK_E_USAGE,
            SUBJECT "this CA certificate expired on 2035-12-30T00:00:00Z");
    refused(ca_key, NOW - 2 * YEAR, RK_E_USAGE,
            SUBJECT "this CA certificate is not valid before 2025-01-01T00:00:00Z");
}
END_TEST

START_TEST(ca_refuses_a_key_that_is_not_its_own)
{
    rk_signer *root_key = signer_of(&files.root_key);

    refused(root_key, NOW, RK_E_VERIFY,
            SUBJECT "the CA certificate and the CA key do not belong together");
    rk_signer_free(root_key);
}
END_TEST

static rk_signer *public_half_of(rk_signer *key)
{
    rk_signer *public_half = NULL;
    BIO *bio = BIO_new_file(CA_PATH ".pub", "w");

    ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, rk_signer_pkey(key)), 1);
    BIO_free(bio);
    ck_assert_int_eq(rk_signer_open(ctx, "pub:" CA_PATH ".pub", NULL, &public_half, &err), RK_OK);
    (void)unlink(CA_PATH ".pub");
    return public_half;
}

START_TEST(a_probe_finds_a_public_key_before_the_first_device)
{
    rk_signer *public_half = public_half_of(ca_key);
    rk_ca *got = NULL;

    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, public_half, NOW, &got, &err), RK_OK);
    ck_assert_int_eq(rk_ca_probe(got, &err), RK_E_KEY);
    ck_assert_str_eq(err.msg, "CA key: the key is public only and cannot sign");
    ck_assert_int_eq(rk_ca_probe(ca, &err), RK_OK);
    rk_ca_free(got);
    rk_signer_free(public_half);
}
END_TEST

/* ---- signed in steps ---- */

/* OpenSSL's own X509_sign is the judge: over all bytes where the scheme has no random in it. */
static void same_as_openssl(const char *type, bool deterministic)
{
    struct rk_bytes der;
    unsigned char *again = NULL;
    X509 *cert;
    int len;

    make_ca(type);
    der = issue(&plain, device, sizeof device, &rsa_spki);
    cert = parsed(&der);
    ck_assert_int_gt(X509_sign(cert, rk_signer_pkey(ca_key),
                               strcmp(type, "p384") == 0 ? EVP_sha384() : EVP_sha256()),
                     0);
    len = deterministic ? i2d_X509(cert, &again) : i2d_re_X509_tbs(cert, &again);
    ck_assert_int_gt(len, 0);
    if (deterministic)
        ck_assert_uint_eq((size_t)len, der.len);
    /* a body stands behind the four bytes of the outer header */
    ck_assert_mem_eq(again, der.p + (deterministic ? 0 : 4), (size_t)len);
    OPENSSL_free(again);
    X509_free(cert);
    rk_bytes_done(&der);
    teardown();
}

START_TEST(bytes_are_those_of_openssls_own_signing)
{
    same_as_openssl("rsa3072", true);
    same_as_openssl("p256", false);
    same_as_openssl("p384", false);
}
END_TEST

START_TEST(a_signature_from_elsewhere_gives_the_certificate)
{
    struct rk_bytes tbs = RK_BYTES_NONE, signature = RK_BYTES_NONE, cert = RK_BYTES_NONE;
    rk_signer *public_half = public_half_of(ca_key);
    rk_ca *there = NULL;
    X509 *read;

    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, public_half, NOW, &there, &err), RK_OK);
    ck_assert_int_eq(
        rk_ekcert_to_sign(ctx, there, &plain, device, sizeof device, &ec_spki, &tbs, &err), RK_OK);
    ck_assert_int_eq(
        rk_signer_sign(ca_key, RK_SCHEME_ECDSA_SHA256, tbs.p, tbs.len, &signature, &err), RK_OK);
    ck_assert_int_eq(rk_ekcert_attach(there, &tbs, &signature, &cert, &err), RK_OK);
    read = parsed(&cert);
    ck_assert_int_eq(X509_verify(read, rk_signer_pkey(ca_key)), 1);
    X509_free(read);
    rk_bytes_done(&cert);
    for (size_t bit = 0; bit < tbs.len * 8; bit += 61) {
        tbs.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert_int_ne(rk_ekcert_attach(there, &tbs, &signature, &cert, &err), RK_OK);
        ck_assert_ptr_null(cert.p);
        tbs.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    signature.p[signature.len - 1] ^= 1;
    ck_assert_int_eq(rk_ekcert_attach(there, &tbs, &signature, &cert, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "the signature of the certificate does not hold");
    rk_bytes_done(&tbs);
    rk_bytes_done(&signature);
    rk_ca_free(there);
    rk_signer_free(public_half);
}
END_TEST

START_TEST(ca_refuses_a_chain_that_does_not_hang_together)
{
    const struct rk_ca_init init = init_of("p256");
    struct rk_ca_files other = { .root_cert = RK_BYTES_NONE };

    ck_assert_int_eq(rk_ca_make(ctx, &init, &other, &err), RK_OK);
    write_chain(&files.issuing_cert, &other.root_cert);
    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, ca_key, NOW, &(rk_ca *) { NULL }, &err), RK_E_VERIFY);
    write_chain(&files.issuing_cert,
                &(struct rk_bytes) {
                    .p = (uint8_t *)(uintptr_t) "-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
                                                "CERTIFICATE-----\n" });
    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, ca_key, NOW, &(rk_ca *) { NULL }, &err), RK_E_FORMAT);
    rk_ca_files_done(&other);
}
END_TEST

START_TEST(ca_refuses_a_certificate_that_may_not_sign)
{
    struct rk_bytes der = issue(&plain, device, sizeof device, rk_signer_spki(ca_key));

    ck_assert_int_eq(rk_file_write(CA_PATH, RK_FILE_PUBLIC, der.p, der.len, &err), RK_OK);
    refused(ca_key, NOW, RK_E_USAGE, SUBJECT "this is no CA certificate (basicConstraints)");
    rk_bytes_done(&der);
}
END_TEST

START_TEST(ca_refuses_files_that_hold_no_certificate)
{
    ck_assert_int_eq(rk_file_write(CA_PATH, RK_FILE_PUBLIC, "nothing\n", 8, &err), RK_OK);
    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, ca_key, NOW, &(rk_ca *) { NULL }, &err), RK_E_FORMAT);
    ck_assert_int_eq(rk_file_write(CA_PATH, RK_FILE_PUBLIC, "", 0, &err), RK_OK);
    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, ca_key, NOW, &(rk_ca *) { NULL }, &err), RK_E_FORMAT);
    (void)unlink(CA_PATH);
    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, ca_key, NOW, &(rk_ca *) { NULL }, &err), RK_E_IO);
}
END_TEST

/* A self-signed RSA-1024 CA, made by OpenSSL. */
START_TEST(ca_refuses_a_weak_key)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    X509 *cert = X509_new();
    X509_EXTENSION *ext[3] = {
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE"),
        X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "critical,keyCertSign"), NULL
    };
    rk_signer *weak = NULL;
    unsigned char *der = NULL;
    X509V3_CTX v3;
    int len;

    ck_assert_int_eq(X509_set_version(cert, X509_VERSION_3), 1);
    ck_assert_int_eq(X509_set_pubkey(cert, pkey), 1);
    X509V3_set_ctx(&v3, cert, cert, NULL, NULL, 0);
    ext[2] = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_key_identifier, "hash");
    (void)ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(NOW - YEAR));
    (void)ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(NOW + YEAR));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(X509_add_ext(cert, ext[i], -1), 1);
        X509_EXTENSION_free(ext[i]);
    }
    ck_assert_int_gt(X509_sign(cert, pkey, EVP_sha256()), 0);
    len = i2d_X509(cert, &der);
    ck_assert_int_eq(rk_file_write(CA_PATH, RK_FILE_PUBLIC, der, (size_t)len, &err), RK_OK);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, pkey, &weak, &err), RK_OK);
    refused(weak, NOW, RK_E_USAGE, SUBJECT "the RSA key is weak: 1024 bits, at least 2048");
    rk_signer_free(weak);
    OPENSSL_free(der);
    X509_free(cert);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(ca_make_writes_what_the_profile_asks_of_cas)
{
    static const char *const types[] = { NULL, "p256", "rsa3072" };
    static const int bits[] = { 384, 256, 3072 };
    const struct rk_ca_init init = init_of(types[_i]);
    struct rk_ca_files got = { .root_cert = RK_BYTES_NONE };
    BIO *bio;
    X509 *cert;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_ca_make(ctx, &init, &got, &err), RK_OK);
    bio = BIO_new_mem_buf(got.issuing_cert.p, (int)got.issuing_cert.len);
    cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(cert);
    ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(cert)), bits[_i]);
    ck_assert_int_lt(X509_get_ext_by_NID(cert, NID_ext_key_usage, -1), 0);
    ck_assert(critical(cert, NID_basic_constraints));
    ck_assert(critical(cert, NID_key_usage));
    ck_assert(!critical(cert, NID_subject_key_identifier));
    ck_assert(!critical(cert, NID_authority_key_identifier));
    ck_assert(!critical(cert, NID_crl_distribution_points));
    ck_assert_int_eq(X509_get_pathlen(cert), 0);
    ck_assert_uint_eq(X509_get_key_usage(cert), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    ck_assert_int_eq(ASN1_STRING_length(X509_get0_serialNumber(cert)), 20);
    X509_free(cert);
    BIO_free(bio);
    rk_ca_files_done(&got);
    rk_ctx_free(ctx);
}
END_TEST

START_TEST(ca_make_refuses_what_it_cannot_make)
{
    struct rk_ca_init init = init_of("p224");
    struct rk_ca_files got = { .root_cert = RK_BYTES_NONE };

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_ca_make(ctx, &init, &got, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg,
                     "unknown key type \"p224\" (known: p384, p256, p521, rsa2048, rsa3072, "
                     "rsa4096, ed25519)");
    init = init_of("p256");
    init.not_after_issuing = init.not_after_root + 1;
    ck_assert_int_eq(rk_ca_make(ctx, &init, &got, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "the issuing CA would outlive its root");
    init = init_of("p256");
    init.not_after_root = init.not_before;
    ck_assert_int_eq(rk_ca_make(ctx, &init, &got, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "the CA's notAfter is not later than its notBefore");
    ck_assert_ptr_null(got.root_key.p);
    rk_ctx_free(ctx);
}
END_TEST

int main(void)
{
    enum { EC_SPKI = 91, BAD = sizeof bad_profiles / sizeof bad_profiles[0] };
    Suite *suite = suite_create("ek_cert");
    TCase *one = tcase_create("issue"), *slow = tcase_create("make");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(one, 60);
    tcase_add_unchecked_fixture(one, setup, teardown);
    tcase_add_test(one, rsa_ek_certificate_has_the_fields_of_the_profile);
    tcase_add_test(one, san_and_specification_have_the_bytes_of_the_profile);
    tcase_add_test(one, subject_crl_and_policy_are_written_when_asked_for);
    tcase_add_test(one, serial_is_the_same_for_the_same_and_other_for_any_other_content);
    tcase_add_test(one, certificate_verifies_against_its_chain_and_no_other);
    tcase_add_test(one, spki_comes_back_as_it_went_in);
    tcase_add_loop_test(one, issue_refuses_what_no_certificate_can_carry, 0, BAD);
    tcase_add_test(one, issue_refuses_a_policy_that_is_no_oid);
    tcase_add_test(one, issue_refuses_keys_that_no_ek_template_makes);
    tcase_add_test(one, a_probe_finds_a_public_key_before_the_first_device);
    tcase_add_test(one, a_signature_from_elsewhere_gives_the_certificate);
    tcase_add_loop_test(one, issue_refuses_every_cut_public_key, 0, EC_SPKI);
    tcase_add_test(one, ca_refuses_times_outside_its_validity);
    tcase_add_test(one, ca_refuses_a_key_that_is_not_its_own);
    tcase_add_test(one, ca_refuses_a_chain_that_does_not_hang_together);
    tcase_add_test(one, ca_refuses_a_certificate_that_may_not_sign);
    tcase_add_test(one, ca_refuses_a_weak_key);
    tcase_add_test(one, ca_refuses_files_that_hold_no_certificate);
    suite_add_tcase(suite, one);
    tcase_set_timeout(slow, 120);
    tcase_add_test(slow, bytes_are_those_of_openssls_own_signing);
    tcase_add_test(slow, certificate_of_an_rsa_ca_is_the_same_every_time);
    tcase_add_loop_test(slow, ca_make_writes_what_the_profile_asks_of_cas, 0, 3);
    tcase_add_test(slow, ca_make_refuses_what_it_cannot_make);
    suite_add_tcase(suite, slow);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
