/* SPDX-License-Identifier: Apache-2.0 */
/* The lint: NVIDIA's samples have exactly the known faults, ours have none, and each rule can
 * speak. */
#include "rotkit/ekcert.h"
#include "rotkit/publish.h"

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define NOW        INT64_C(1767225600)
#define YEAR       INT64_C(31536000)
#define SAMPLE_RSA TEST_DATA "/vectors/ekb/csr/ek_cert_rsa-01020000000100000002.der"
#define SAMPLE_ECC TEST_DATA "/vectors/ekb/csr/ek_cert_ec-01020000000100000002.der"
#define CA_PATH    TEST_SCRATCH "/test-lint-ca.pem"

enum { FOUND_MAX = 64 };

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_bytes sample = RK_BYTES_NONE, ours = RK_BYTES_NONE, ours_ecc = RK_BYTES_NONE;
static EVP_PKEY *any_key;

struct found {
    size_t count;
    struct rk_lint_finding finding[FOUND_MAX];
};

static void keep(void *arg, const struct rk_lint_finding *finding)
{
    struct found *list = arg;

    if (finding->level == RK_LINT_OK)
        return;
    ck_assert_uint_lt(list->count, FOUND_MAX);
    ck_assert(finding->verifier[0] != '\0');
    ck_assert_ptr_nonnull(finding->source);
    ck_assert(finding->text[0] != '\0');
    list->finding[list->count++] = *finding;
}

static struct found found;

static void lint(const struct rk_bytes *der)
{
    found.count = 0;
    ck_assert_msg(rk_ekcert_lint(der->p, der->len, NULL, keep, &found, &err) == RK_OK, "%s",
                  err.msg);
}

static const char *text_of(const char *rule)
{
    for (size_t i = 0; i < found.count; i++)
        if (strcmp(found.finding[i].rule, rule) == 0)
            return found.finding[i].text;
    return NULL;
}

static void issue(rk_ca *ca, const char *algorithm, const char *curve, struct rk_bytes *ret)
{
    static const char *const aia[] = { "http://ca.example/ek.der" };
    const struct rk_ekcert_profile profile = { .manufacturer = "id:4E564441",
                                               .model = "Jetson fTPM",
                                               .version = "id:00010002",
                                               .spec_family = "2.0",
                                               .spec_revision = 159,
                                               .not_before = NOW,
                                               .not_after = RK_EKCERT_NO_EXPIRY,
                                               .aia_urls = aia,
                                               .aia_count = 1 };
    EVP_PKEY *pkey = curve == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, algorithm, (size_t)2048)
                                   : EVP_PKEY_Q_keygen(NULL, NULL, algorithm, curve);
    struct rk_bytes spki = RK_BYTES_NONE;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);

    ck_assert_int_eq(rk_bytes_copy(der, (size_t)len, &spki, &err), RK_OK);
    ck_assert_int_eq(rk_ekcert_issue(ctx, ca, &profile, (const uint8_t *)"d", 1, &spki, ret, &err),
                     RK_OK);
    rk_bytes_done(&spki);
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void setup(void)
{
    const struct rk_ca_init init = { .key_type = "p256",
                                     .name = "Example",
                                     .not_before = NOW - YEAR,
                                     .not_after_root = NOW + YEAR,
                                     .not_after_issuing = NOW + YEAR };
    struct rk_ca_files files;
    rk_signer *key = NULL;
    rk_ca *ca = NULL;
    BIO *bio;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_ca_make(ctx, &init, &files, &err), RK_OK);
    ck_assert_int_eq(
        rk_file_write(CA_PATH, RK_FILE_PUBLIC, files.issuing_cert.p, files.issuing_cert.len, &err),
        RK_OK);
    bio = BIO_new_mem_buf(files.issuing_key.p, (int)files.issuing_key.len);
    any_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, any_key, &key, &err), RK_OK);
    ck_assert_int_eq(rk_ca_open(ctx, CA_PATH, key, NOW, &ca, &err), RK_OK);
    issue(ca, "RSA", NULL, &ours);
    issue(ca, "EC", "P-256", &ours_ecc);
    rk_ca_free(ca);
    rk_signer_free(key);
    rk_ca_files_done(&files);
    (void)unlink(CA_PATH);
}

static void teardown(void)
{
    EVP_PKEY_free(any_key);
    rk_bytes_done(&sample);
    rk_bytes_done(&ours);
    rk_bytes_done(&ours_ecc);
    rk_ctx_free(ctx);
}

static void load_sample(const char *path)
{
    rk_bytes_done(&sample);
    ck_assert_int_eq(rk_file_read(path, 1 << 16, &sample, &err), RK_OK);
}

static void check_rules(const char *const *rules, size_t count)
{
    for (size_t i = 0; i < count && i < found.count; i++)
        ck_assert_str_eq(found.finding[i].rule, rules[i]);
    ck_assert_uint_eq(found.count, count);
}

/* The list is that of formats/ek-certificate.md 4.6 and jetson-ftpm-ekb.md 4.1. */
START_TEST(nvidias_rsa_sample_has_its_known_faults_and_no_other)
{
    static const char *const rules[] = { "serial-20-octets",   "time-form",   "san-sample-values",
                                         "eku-ek-certificate", "sda-missing", "aia-missing" };

    load_sample(SAMPLE_RSA);
    lint(&sample);
    check_rules(rules, sizeof rules / sizeof rules[0]);
    ck_assert_str_eq(text_of("serial-20-octets"), "serial number takes 21 octets, at most 20");
    ck_assert_str_eq(text_of("time-form"),
                     "notAfter 20331231235959Z is a GeneralizedTime before 2050, expected UTCTime");
    ck_assert_str_eq(text_of("san-sample-values"),
                     "manufacturer \"id:4D534654\", model \"SSE fTPM\" are the reference code's "
                     "sample values");
    ck_assert_str_eq(found.finding[3].verifier, "no rule known");
}
END_TEST

START_TEST(nvidias_ecc_sample_also_claims_to_sign)
{
    static const char *const rules[] = { "serial-20-octets",   "time-form",
                                         "san-sample-values",  "key-usage-signs",
                                         "eku-ek-certificate", "sda-missing",
                                         "aia-missing" };

    load_sample(SAMPLE_ECC);
    lint(&sample);
    check_rules(rules, sizeof rules / sizeof rules[0]);
}
END_TEST

START_TEST(our_certificates_have_no_finding)
{
    lint(&ours);
    ck_assert_msg(found.count == 0, "%s", found.finding[0].text);
    lint(&ours_ecc);
    ck_assert_msg(found.count == 0, "%s", found.finding[0].text);
}
END_TEST

static void keep_choices(void *arg, const struct rk_lint_finding *finding)
{
    struct found *list = arg;

    ck_assert_uint_lt(list->count, FOUND_MAX);
    list->finding[list->count++] = *finding;
}

/* secboot takes RSA alone: it refuses, and the certificate is as good as any. */
START_TEST(a_verifiers_choice_is_no_fault)
{
    found.count = 0;
    ck_assert_int_eq(rk_ekcert_lint(ours_ecc.p, ours_ecc.len, NULL, keep_choices, &found, &err),
                     RK_OK);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(found.finding[0].rule, "key-rsa");
    ck_assert_int_eq(found.finding[0].level, RK_LINT_OK);
    ck_assert_str_eq(found.finding[0].verifier, "secboot");
    for (size_t i = 0; rk_lint_verifier_at(i) != NULL; i++)
        ck_assert_int_eq(rk_lint_verifier_refuses(i, &found.finding[0]),
                         strcmp(rk_lint_verifier_at(i), "secboot") == 0);
}
END_TEST

/* Erased octets of an NV index: one rule more, whoever else takes what stands between. */
START_TEST(a_certificate_is_found_in_its_padding)
{
    static const struct {
        size_t before, behind;
        uint8_t octet;
    } rows[] = { { 0, 1, 0xff }, { 0, 500, 0xff }, { 0, 7, 0x00 }, { 3, 0, 0xff }, { 2, 9, 0x00 } };
    uint8_t padded[4096];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = rows[i].before + ours.len + rows[i].behind;

        memset(padded, rows[i].octet, sizeof padded);
        memcpy(padded + rows[i].before, ours.p, ours.len);
        found.count = 0;
        ck_assert_int_eq(rk_ekcert_lint(padded, len, NULL, keep, &found, &err), RK_OK);
        ck_assert_ptr_nonnull(text_of("padding"));
        ck_assert_ptr_nonnull(strstr(text_of("padding"), " cut by "));
        ck_assert_str_eq(found.finding[0].verifier, rows[i].before != 0
                                                        ? "go-attestation, keylime, secboot"
                                                        : "go-attestation, secboot");
    }
}
END_TEST

/* ours less one extension, plus one of raw bytes (len 0: none), signed anew by OpenSSL. */
static struct rk_bytes altered(int remove, int add, bool critical, const void *raw, size_t len)
{
    const unsigned char *at = ours.p;
    X509 *cert = d2i_X509(NULL, &at, (long)ours.len);
    struct rk_bytes ret = RK_BYTES_NONE;
    unsigned char *der = NULL;
    int size;

    if (remove != 0)
        X509_EXTENSION_free(X509_delete_ext(cert, X509_get_ext_by_NID(cert, remove, -1)));
    if (len != 0) {
        ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
        X509_EXTENSION *ext;

        ck_assert_int_eq(ASN1_OCTET_STRING_set(octets, raw, (int)len), 1);
        ext = X509_EXTENSION_create_by_NID(NULL, add, critical, octets);
        ck_assert_int_eq(X509_add_ext(cert, ext, -1), 1);
        X509_EXTENSION_free(ext);
        ASN1_OCTET_STRING_free(octets);
    }
    ck_assert_int_gt(X509_sign(cert, any_key, EVP_sha256()), 0);
    size = i2d_X509(cert, &der);
    ck_assert_int_gt(size, 0);
    ck_assert_int_eq(rk_bytes_copy(der, (size_t)size, &ret, &err), RK_OK);
    OPENSSL_free(der);
    X509_free(cert);
    return ret;
}

#define RAW(bytes) bytes, sizeof(bytes) - 1
#define MAKER      "\x31\x16\x30\x14\x06\x05\x67\x81\x05\x02\x01\x0c\x0bid:4E564441"
#define MODEL      "\x31\x13\x30\x11\x06\x05\x67\x81\x05\x02\x02\x0c\x08SSE fTPN"
#define VERSION    "\x31\x16\x30\x14\x06\x05\x67\x81\x05\x02\x03\x0c\x0bid:20180710"
/* one RDN with two attributes, the greater first */
#define UNSORTED                                                                                   \
    "\x31\x29\x30\x14\x06\x05\x67\x81\x05\x02\x03\x0c\x0bid:20180710"                              \
    "\x30\x11\x06\x05\x67\x81\x05\x02\x02\x0c\x08SSE fTPN"

/* clang-format off */
static const struct {
    int remove, add;
    bool critical;
    const char *raw;
    size_t len;
    const char *rule, *text;
} changes[] = {
    { NID_subject_alt_name, 0, false, NULL, 0, "san-missing", "subjectAltName is missing" },
    { NID_basic_constraints, 0, false, NULL, 0, "basic-constraints", "basicConstraints is missing" },
    { NID_key_usage, 0, false, NULL, 0, "key-usage", "keyUsage is missing" },
    { NID_ext_key_usage, 0, false, NULL, 0, "eku-ek-certificate",
      "extendedKeyUsage is missing, expected tcg-kp-EKCertificate 2.23.133.8.1" },
    { NID_subject_directory_attributes, 0, false, NULL, 0, "sda-missing",
      "subjectDirectoryAttributes is missing, expected tpmSpecification" },
    { NID_authority_key_identifier, 0, false, NULL, 0, "aki-key-id",
      "authorityKeyIdentifier is missing" },
    { NID_info_access, 0, false, NULL, 0, "aia-missing",
      "authorityInfoAccess is missing: verifiers cannot fetch the issuer by themselves" },
    { NID_basic_constraints, NID_basic_constraints, true, RAW("\x30\x03\x01\x01\xff"),
      "basic-constraints", "basicConstraints says CA:TRUE" },
    { NID_basic_constraints, NID_basic_constraints, false, RAW("\x30\x00"), "basic-constraints",
      "basicConstraints is not critical" },
    { NID_basic_constraints, NID_basic_constraints, true, RAW("\x30\x03\x01\x01\x01"),
      "der-boolean", NULL },
    { NID_key_usage, NID_key_usage, false, RAW("\x03\x02\x05\x20"), "key-usage",
      "keyUsage is not critical" },
    { NID_key_usage, NID_key_usage, true, RAW("\x03\x02\x03\x08"), "key-usage-fits",
      "keyUsage lacks keyEncipherment, which an RSA EK needs" },
    { NID_key_usage, NID_key_usage, true, RAW("\x03\x02\x05\xa0"), "key-usage-signs",
      "keyUsage has digitalSignature, but an EK of the default templates only decrypts" },
    { NID_key_usage, NID_key_usage, true, RAW("\x03\x02\x02\x24"), "key-usage-extra",
      "keyUsage has bits that no EK uses" },
    { NID_key_usage, NID_key_usage, true, RAW("\x03\x02\x05\x21"), "der-bit-string", NULL },
    { NID_ext_key_usage, NID_ext_key_usage, false, RAW("\x30\x07\x06\x05\x67\x81\x05\x08\x03"),
      "eku-ek-certificate", "extendedKeyUsage lacks tcg-kp-EKCertificate 2.23.133.8.1" },
    { NID_ext_key_usage, NID_ext_key_usage, true, RAW("\x30\x07\x06\x05\x67\x81\x05\x08\x01"),
      "never-critical", "extendedKeyUsage is critical, expected not" },
    { NID_subject_directory_attributes, NID_subject_directory_attributes, false,
      RAW("\x30\x0b\x30\x09\x06\x05\x67\x81\x05\x02\x12\x31\x00"), "sda-specification",
      "subjectDirectoryAttributes lacks a tpmSpecification 2.23.133.2.16" },
    { NID_authority_key_identifier, NID_authority_key_identifier, false, RAW("\x30\x00"),
      "aki-key-id", "authorityKeyIdentifier has no keyid" },
    { 0, NID_certificate_policies, false, RAW("\x30\x00"), "policies-empty",
      "certificatePolicies holds no policy, expected at least one" },
    { 0, NID_crl_distribution_points, true, RAW("\x30\x0d\x30\x0b\xa0\x09\xa0\x07\x86\x05x:crl"),
      "never-critical", "cRLDistributionPoints is critical, expected not" },
    { 0, NID_crl_distribution_points, false, RAW("\x30\x0d\x30\x0b\xa0\x09\xa0\x07\x86\x05x:crl"),
      "crl-stated", "cRLDistributionPoints is there: verifiers refuse when they find no fresh CRL" },
    { 0, NID_subject_key_identifier, true, RAW("\x04\x02ki"), "never-critical",
      "subjectKeyIdentifier is critical, expected not" },
    { NID_basic_constraints, NID_basic_constraints, true, RAW("\x30\x03\x01\x01\x00"),
      "der-default", NULL },
    { 0, NID_ext_key_usage, false, RAW("\x30\x07\x06\x05\x67\x81\x05\x08\x01"), "ext-twice", NULL },
    { NID_subject_alt_name, NID_subject_alt_name, false,
      RAW("\x30\x49\xa4\x47\x30\x45" MAKER MODEL VERSION), "san-critical",
      "subjectAltName is not critical although the subject is empty" },
    { NID_subject_alt_name, NID_subject_alt_name, true,
      RAW("\x30\x31\xa4\x2f\x30\x2d" MAKER MODEL), "san-form", "subjectAltName lacks tpmVersion" },
    { NID_subject_alt_name, NID_subject_alt_name, true, RAW("\x30\x03\x82\x01x"), "san-form",
      "subjectAltName holds 0 directoryNames, expected 1" },
    { NID_subject_alt_name, NID_subject_alt_name, true,
      RAW("\x30\x16\xa4\x14\x30\x12\x31\x10\x30\x0e\x06\x03\x55\x04\x03\x0c\x07" "another"),
      "san-form", "subjectAltName holds 1 attribute other than tpmManufacturer, tpmModel, tpmVersion" },
    { NID_subject_alt_name, NID_subject_alt_name, true, RAW("\x30\x02\xa4\x00"), "san-malformed",
      "subjectAltName is malformed" },
    { NID_subject_alt_name, NID_subject_alt_name, true,
      RAW("\x30\x47\xa4\x45\x30\x43" MAKER UNSORTED), "der-set-order", NULL },
    { NID_info_access, NID_info_access, false, RAW("\x04\x81\x01x"), "der-length", NULL },
    { NID_info_access, NID_info_access, false, RAW("\x02\x02\x00\x01"), "der-integer", NULL },
    { NID_info_access, NID_info_access, false, RAW("\x30\x05\x02"), "ext-malformed", NULL },
};
/* clang-format on */
enum { CHANGES = sizeof changes / sizeof changes[0] };

START_TEST(each_rule_speaks_when_it_is_broken) /* loop test: _i is the change */
{
    struct rk_bytes der = altered(changes[_i].remove, changes[_i].add, changes[_i].critical,
                                  changes[_i].raw, changes[_i].len);
    const char *text;

    lint(&der);
    text = text_of(changes[_i].rule);
    ck_assert_msg(text != NULL, "%s is silent", changes[_i].rule);
    if (changes[_i].text != NULL)
        ck_assert_str_eq(text, changes[_i].text);
    rk_bytes_done(&der);
}
END_TEST

/* SEQUENCE in SEQUENCE, 60 deep: the walk stops at its bound and says so. */
START_TEST(nesting_without_end_is_malformed)
{
    enum { DEPTH = 60 };
    uint8_t nested[2 * DEPTH];
    struct rk_bytes der;

    for (size_t i = 0; i < DEPTH; i++) {
        nested[2 * i] = 0x30;
        nested[2 * i + 1] = (uint8_t)(2 * (DEPTH - i - 1));
    }
    der = altered(NID_info_access, NID_info_access, false, nested, sizeof nested);
    lint(&der);
    ck_assert_msg(text_of("ext-malformed") != NULL, "ext-malformed is silent");
    rk_bytes_done(&der);
}
END_TEST

/* Same-length edits of ours: the position is found by the bytes around it. */
/* clang-format off */
static const struct {
    const char *find;
    size_t find_len, at; /* edit this byte of the match */
    uint8_t value;
    const char *rule;
} edits[] = {
    { RAW("\xa0\x03\x02\x01\x02"), 4, 0x01, "version-3" },
    { RAW("\xa0\x03\x02\x01\x02\x02\x14"), 7, 0x80, "serial-positive" },
    { RAW("\x06\x03\x55\x1d\x13\x01\x01\xff"), 7, 0x00, "der-default" },
    { RAW("260101000000Z"), 12, 'X', "time-digits" },
    { RAW("\xa0\x03\x02\x01\x02"), 4, 0x01, "version-written" },
    { RAW("99991231235959Z"), 0, '1', "time-order" },
};
/* clang-format on */
enum { EDITS = sizeof edits / sizeof edits[0] };

START_TEST(each_edit_is_found) /* loop test: _i is the edit */
{
    size_t at = 0;

    while (at + edits[_i].find_len <= ours.len &&
           memcmp(ours.p + at, edits[_i].find, edits[_i].find_len) != 0)
        at++;
    ck_assert_uint_le(at + edits[_i].find_len, ours.len);
    ours.p[at + edits[_i].at] = edits[_i].value;
    lint(&ours);
    ck_assert_msg(text_of(edits[_i].rule) != NULL, "%s is silent", edits[_i].rule);
}
END_TEST

static void ignore(void *arg, const struct rk_lint_finding *finding)
{
    (void)arg;
    ck_assert_uint_lt(strnlen(finding->text, sizeof finding->text), sizeof finding->text);
}

START_TEST(every_cut_sample_is_no_certificate) /* loop test: _i chooses the sample */
{
    load_sample(_i == 0 ? SAMPLE_RSA : SAMPLE_ECC);
    for (size_t len = 0; len < sample.len; len++) {
        struct rk_bytes cut = RK_BYTES_NONE, spki = RK_BYTES_NONE;

        ck_assert_int_eq(rk_bytes_copy(sample.p, len, &cut, &err), RK_OK);
        ck_assert_int_eq(rk_ekcert_lint(cut.p, cut.len, NULL, ignore, NULL, &err), RK_E_FORMAT);
        ck_assert_int_eq(rk_ekcert_spki(cut.p, cut.len, &spki, &err), RK_E_FORMAT);
        ck_assert_ptr_null(spki.p);
        rk_bytes_done(&cut);
    }
}
END_TEST

/* Whatever a flipped byte makes of it, the answer is a finding or RK_E_FORMAT; ASan watches. */
START_TEST(every_flipped_byte_of_a_sample_is_stood) /* loop test: _i chooses the sample */
{
    static const uint8_t masks[] = { 0x01, 0x80, 0xff };

    load_sample(_i == 0 ? SAMPLE_RSA : SAMPLE_ECC);
    for (size_t at = 0; at < sample.len; at++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            struct rk_bytes spki = RK_BYTES_NONE;
            enum rk_rc rc;

            sample.p[at] ^= masks[m];
            rc = rk_ekcert_lint(sample.p, sample.len, NULL, ignore, NULL, &err);
            ck_assert(rc == RK_OK || rc == RK_E_FORMAT);
            rc = rk_ekcert_spki(sample.p, sample.len, &spki, &err);
            ck_assert(rc == RK_OK || rc == RK_E_FORMAT);
            rk_bytes_done(&spki);
            sample.p[at] ^= masks[m];
        }
    }
}
END_TEST

START_TEST(what_is_no_certificate_is_said_to_be_none)
{
    static const uint8_t deep[] = { 0x30, 0x80, 0x00, 0x00 };

    ck_assert_int_eq(rk_ekcert_lint((const uint8_t *)"hello", 5, NULL, ignore, NULL, &err),
                     RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "no certificate in PEM or DER");
    ck_assert_int_eq(rk_ekcert_lint(deep, sizeof deep, NULL, ignore, NULL, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "certificate: length 0x80 at offset 0x1 is none of DER's");
    ck_assert_int_eq(rk_ekcert_lint(deep, 0, NULL, ignore, NULL, &err), RK_E_FORMAT);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_verifiers_choice_is_no_fault);
    tcase_add_test(tc, a_certificate_is_found_in_its_padding);
    tcase_add_test(tc, nvidias_rsa_sample_has_its_known_faults_and_no_other);
    tcase_add_test(tc, nvidias_ecc_sample_also_claims_to_sign);
    tcase_add_test(tc, our_certificates_have_no_finding);
    tcase_add_loop_test(tc, each_rule_speaks_when_it_is_broken, 0, CHANGES);
    tcase_add_test(tc, nesting_without_end_is_malformed);
    tcase_add_loop_test(tc, each_edit_is_found, 0, EDITS);
    tcase_add_loop_test(tc, every_cut_sample_is_no_certificate, 0, 2);
    tcase_add_loop_test(tc, every_flipped_byte_of_a_sample_is_stood, 0, 2);
    tcase_add_test(tc, what_is_no_certificate_is_said_to_be_none);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "lint",
                                               .add = add,
                                               .load = setup,
                                               .unload = teardown,
                                               .once = true,
                                               .timeout_s = 60 });
}
