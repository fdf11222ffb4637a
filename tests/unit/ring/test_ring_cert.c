/* SPDX-License-Identifier: Apache-2.0 */
/* CAs, EK certificates and requests of the promised ring; OpenSSL reads what they are. */
#include "ring.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stddef.h>
#include <unistd.h>

#define KEYS  VECTORS "boot/keys/"
#define CHAIN TEST_SCRATCH "/ring-cert.pem"

/* An older caller's struct ends without padding that a later member could take. */
_Static_assert(sizeof(struct rk_ekcert_profile) ==
                   offsetof(struct rk_ekcert_profile, zero) +
                       sizeof((struct rk_ekcert_profile) { 0 }.zero),
               "rk_ekcert_profile ends with its last member");

/* 2027-06-01: the test CA of the capsule vectors is valid. */
static const int64_t when = 1811808000;
static const uint8_t device[] = "01020000000100000002";

static rk_signer *sub_key;
static rk_trust *trust;
static rk_ca *ca;
static rk_ek *ek;
static struct rk_secret eps = RK_SECRET_NONE;

static void append(const char *path, FILE *out)
{
    struct rk_bytes file;

    file_at(path, &file);
    ck_assert_uint_eq(fwrite(file.p, 1, file.len, out), file.len);
    rk_bytes_done(&file);
}

static void write_chain(const char *first, const char *second)
{
    FILE *out = fopen(CHAIN, "w");

    ck_assert_ptr_nonnull(out);
    append(first, out);
    if (second != NULL)
        append(second, out);
    ck_assert_int_eq(fclose(out), 0);
}

static void load(void)
{
    struct rk_bytes root;

    ring_load();
    works(rk_signer_open(ctx, KEYS "cap_sub.key", NULL, &sub_key, &err));
    write_chain(KEYS "cap_sub.crt", KEYS "cap_root.crt");
    works(rk_ca_open(ctx, CHAIN, sub_key, when, &ca, &err));
    file_at(KEYS "cap_root.crt", &root);
    works(rk_trust_open(ctx, &root, &trust, &err));
    rk_bytes_done(&root);
    works(rk_secret_new(64, &eps, &err));
    works(rk_ek_new(ctx, &eps, NULL, &ek, &err));
}

static void unload(void)
{
    rk_ek_free(ek);
    rk_secret_done(&eps);
    rk_trust_free(trust);
    rk_ca_free(ca);
    rk_signer_free(sub_key);
    ring_unload();
    (void)unlink(CHAIN);
}

static struct rk_ekcert_profile profile_of_a_product(void)
{
    struct rk_ekcert_profile profile = RK_EKCERT_PROFILE_INIT;

    profile.manufacturer = "id:4E564441";
    profile.model = "fTPM";
    profile.version = "id:00010002";
    profile.spec_family = "2.0";
    profile.spec_revision = 138;
    profile.not_before = when - 1000;
    profile.not_after = RK_EKCERT_NO_EXPIRY;
    return profile;
}

static void issues(const struct rk_ekcert_profile *profile, struct rk_bytes *ret)
{
    works(rk_ca_issue(ca, profile, device, sizeof device - 1, rk_ek_spki(ek), ret, &err));
}

static X509 *read_certificate(const struct rk_bytes *der)
{
    const uint8_t *at = der->p;
    X509 *cert = d2i_X509(NULL, &at, (long)der->len);

    ck_assert_ptr_nonnull(cert);
    ck_assert_ptr_eq(at, der->p + der->len);
    return cert;
}

START_TEST(a_certificate_is_what_openssl_takes)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_bytes cert = RK_BYTES_NONE, again = RK_BYTES_NONE, spki = RK_BYTES_NONE, sub;
    X509 *read, *issuer;
    uint8_t *der = NULL;
    BIO *in;
    int len;

    issues(&profile, &cert);
    read = read_certificate(&cert);
    file_at(KEYS "cap_sub.crt", &sub);
    in = BIO_new_mem_buf(sub.p, (int)sub.len);
    issuer = PEM_read_bio_X509(in, NULL, NULL, NULL);
    ck_assert_int_eq(X509_check_issued(issuer, read), X509_V_OK);
    ck_assert_int_eq(X509_verify(read, X509_get0_pubkey(issuer)), 1);
    len = i2d_PUBKEY(X509_get0_pubkey(read), &der);
    ck_assert_uint_eq((size_t)len, rk_ek_spki(ek)->len);
    ck_assert_mem_eq(der, rk_ek_spki(ek)->p, (size_t)len);
    ck_assert_int_eq(ASN1_STRING_length(X509_get0_serialNumber(read)), 20);
    ck_assert_str_eq((const char *)ASN1_STRING_get0_data(X509_get0_notAfter(read)),
                     "99991231235959Z");
    ck_assert_int_eq(X509_get_ext_by_NID(read, NID_subject_alt_name, -1) >= 0, 1);
    works(rk_ekcert_spki(cert.p, cert.len, &spki, &err));
    ck_assert(rk_bytes_equal(&spki, rk_ek_spki(ek)));
    issues(&profile, &again); /* PKCS #1 v1.5: the same to the last byte */
    ck_assert(rk_bytes_equal(&cert, &again));
    OPENSSL_free(der);
    X509_free(read);
    X509_free(issuer);
    BIO_free(in);
    rk_bytes_done(&sub);
    rk_bytes_done(&spki);
    rk_bytes_done(&cert);
    rk_bytes_done(&again);
}
END_TEST

START_TEST(a_certificate_verifies_under_its_root_at_its_time)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_bytes cert = RK_BYTES_NONE, both, chain = RK_BYTES_NONE, other;
    rk_trust *whole, *foreign;

    issues(&profile, &cert);
    works(rk_ca_chain_pem(ca, &chain, &err));
    works(rk_trust_open(ctx, &chain, &whole, &err));
    works(rk_ekcert_verify(whole, cert.p, cert.len, when, &err));
    refuses(rk_ekcert_verify(trust, cert.p, cert.len, when, &err), RK_E_VERIFY,
            "not among those trusted"); /* the one between is not there */
    refuses(rk_ekcert_verify(whole, cert.p, cert.len, when - 5000, &err), RK_E_VERIFY,
            "is not valid before");
    file_at(VECTORS "ekb/csr/root_cert.pem", &other);
    works(rk_trust_open(ctx, &other, &foreign, &err));
    ends(rk_ekcert_verify(foreign, cert.p, cert.len, when, &err), RK_E_VERIFY);
    cert.p[cert.len - 1] ^= 1;
    ends(rk_ekcert_verify(whole, cert.p, cert.len, when, &err), RK_E_VERIFY);
    ends(rk_ekcert_verify(whole, cert.p, cert.len - 1, when, &err), RK_E_FORMAT);
    file_at(CHAIN, &both);
    ck_assert(rk_bytes_equal(&chain, &both));
    rk_trust_free(whole);
    rk_trust_free(foreign);
    rk_trust_free(NULL);
    rk_bytes_done(&both);
    rk_bytes_done(&other);
    rk_bytes_done(&chain);
    rk_bytes_done(&cert);
}
END_TEST

START_TEST(an_attestation_key_gets_no_ek_certificate)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_bytes cert = RK_BYTES_NONE, chain = RK_BYTES_NONE;
    ASN1_OBJECT *aik = OBJ_txt2obj("2.23.133.8.3", 1);
    EXTENDED_KEY_USAGE *usage;
    rk_trust *whole;
    X509 *read;

    profile.aik = true;
    issues(&profile, &cert);
    read = read_certificate(&cert);
    usage = X509_get_ext_d2i(read, NID_ext_key_usage, NULL, NULL);
    ck_assert_int_eq(sk_ASN1_OBJECT_num(usage), 1);
    ck_assert_int_eq(OBJ_cmp(sk_ASN1_OBJECT_value(usage, 0), aik), 0);
    works(rk_ca_chain_pem(ca, &chain, &err));
    works(rk_trust_open(ctx, &chain, &whole, &err));
    ends(rk_ekcert_verify(whole, cert.p, cert.len, when, &err), RK_E_VERIFY);
    EXTENDED_KEY_USAGE_free(usage);
    ASN1_OBJECT_free(aik);
    X509_free(read);
    rk_trust_free(whole);
    rk_bytes_done(&chain);
    rk_bytes_done(&cert);
}
END_TEST

static void issues_not(const struct rk_ekcert_profile *profile, size_t device_len,
                       const struct rk_bytes *spki, enum rk_rc want, const char *text)
{
    static const uint8_t name[256] = "name";
    struct rk_bytes cert = RK_BYTES_NONE;

    refuses(rk_ca_issue(ca, profile, name, device_len, spki, &cert, &err), want, text);
    ck_assert_ptr_null(cert.p);
}

START_TEST(what_a_certificate_cannot_carry_is_refused)
{
    static const char *const urls[] = { "no url" }, *const oids[] = { "1.2.x" };
    struct rk_ekcert_profile p = profile_of_a_product();
    const struct rk_bytes *good = rk_ek_spki(ek);
    struct newer {
        struct rk_ekcert_profile known;
        const char *asks;
    } newer = { p, "more" };

    p.manufacturer = "id:4E56";
    issues_not(&p, 4, good, RK_E_USAGE, "manufacturer \"id:4E56\"");
    p = profile_of_a_product(), p.model = NULL;
    issues_not(&p, 4, good, RK_E_USAGE, "model \"\"");
    p = profile_of_a_product(), p.version = "1.2";
    issues_not(&p, 4, good, RK_E_USAGE, "version \"1.2\"");
    p = profile_of_a_product(), p.spec_family = "";
    issues_not(&p, 4, good, RK_E_USAGE, "specification family");
    p = profile_of_a_product(), p.subject_cn = "\n";
    issues_not(&p, 4, good, RK_E_USAGE, "subject");
    p = profile_of_a_product(), p.not_after = p.not_before - 1;
    issues_not(&p, 4, good, RK_E_USAGE, "ends before it begins");
    p = profile_of_a_product(), p.aia_urls = urls, p.aia_count = 1;
    issues_not(&p, 4, good, RK_E_USAGE, "no URL");
    p = profile_of_a_product(), p.crl_urls = urls, p.crl_count = 1;
    issues_not(&p, 4, good, RK_E_USAGE, "no URL");
    p = profile_of_a_product(), p.policy_oids = oids, p.policy_count = 1;
    issues_not(&p, 4, good, RK_E_USAGE, "1.2.x");
    issues_not(NULL, 4, good, RK_E_USAGE, "manufacturer");
    newer.known.size = sizeof newer;
    issues_not(&newer.known, 4, good, RK_E_USAGE, "newer library");
    p = profile_of_a_product(), p.zero[0] = 1;
    issues_not(&p, 4, good, RK_E_USAGE, "newer library");
    p = profile_of_a_product(), p.size = 4;
    issues_not(&p, 4, good, RK_E_USAGE, "without their size");
}
END_TEST

START_TEST(a_key_that_no_ek_has_is_refused)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
             *weak = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *const keys[] = { ed25519, weak };
    struct rk_bytes none = { (uint8_t[]) { "no key" }, 6 };

    for (size_t i = 0; i < 2; i++) {
        struct rk_bytes spki = RK_BYTES_NONE;
        int len = i2d_PUBKEY(keys[i], &spki.p);

        spki.len = (size_t)len;
        issues_not(&profile, 4, &spki, RK_E_USAGE, "");
        OPENSSL_free(spki.p);
    }
    issues_not(&profile, 4, &none, RK_E_FORMAT, "no SubjectPublicKeyInfo");
    issues_not(&profile, 256, rk_ek_spki(ek), RK_E_USAGE, "256 bytes");
    EVP_PKEY_free(ed25519);
    EVP_PKEY_free(weak);
}
END_TEST

START_TEST(a_ca_whose_key_does_not_sign_issues_nothing)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_bytes cert = RK_BYTES_NONE;
    const struct rk_bytes *spki = rk_public_spki(rk_signer_public(sub_key));
    rk_signer *half;
    rk_ca *mute;
    FILE *out = fopen(CHAIN ".pub", "wb");

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(spki->p, 1, spki->len, out), spki->len);
    ck_assert_int_eq(fclose(out), 0);
    works(rk_signer_open(ctx, "pub:" CHAIN ".pub", NULL, &half, &err));
    works(rk_ca_open(ctx, CHAIN, half, when, &mute, &err));
    refuses(rk_ca_issue(mute, &profile, device, 4, rk_ek_spki(ek), &cert, &err), RK_E_KEY,
            "public only");
    ck_assert_ptr_null(cert.p);
    rk_ca_free(mute);
    rk_ca_free(NULL);
    rk_signer_free(half);
    (void)unlink(CHAIN ".pub");
}
END_TEST

START_TEST(a_chain_that_does_not_fit_opens_no_ca)
{
    rk_signer *root_key;
    rk_ca *other = NULL;

    works(rk_signer_open(ctx, KEYS "cap_root.key", NULL, &root_key, &err));
    refuses(rk_ca_open(ctx, CHAIN, root_key, when, &other, &err), RK_E_VERIFY,
            "do not belong together");
    refuses(rk_ca_open(ctx, CHAIN, sub_key, 0, &other, &err), RK_E_USAGE, "is not valid before");
    refuses(rk_ca_open(ctx, CHAIN, sub_key, INT64_C(9000000000), &other, &err), RK_E_USAGE,
            "expired on");
    write_chain(KEYS "cap_sub.crt", VECTORS "ekb/csr/root_cert.pem");
    refuses(rk_ca_open(ctx, CHAIN, sub_key, when, &other, &err), RK_E_VERIFY, "is not issued by");
    write_chain(KEYS "p256.pub.pem", NULL);
    ends(rk_ca_open(ctx, CHAIN, sub_key, when, &other, &err), RK_E_FORMAT);
    (void)unlink(CHAIN);
    refuses(rk_ca_open(ctx, CHAIN, sub_key, when, &other, &err), RK_E_IO, CHAIN);
    ck_assert_ptr_null(other);
    rk_signer_free(root_key);
}
END_TEST

START_TEST(a_certificate_that_may_not_sign_is_no_ca)
{
    rk_signer *leaf_key;
    rk_ca *other = NULL;

    works(rk_signer_open(ctx, KEYS "cap_sign.key", NULL, &leaf_key, &err));
    write_chain(KEYS "cap_sign.crt", KEYS "cap_sub.crt");
    ends(rk_ca_open(ctx, CHAIN, leaf_key, when, &other, &err), RK_E_USAGE);
    ck_assert_ptr_null(other);
    rk_signer_free(leaf_key);
}
END_TEST

START_TEST(a_trust_needs_an_anchor_and_whole_certificates)
{
    struct rk_bytes file, many = RK_BYTES_NONE;
    rk_trust *none = NULL;

    file_at(KEYS "cap_sub.crt", &file);
    refuses(rk_trust_open(ctx, &file, &none, &err), RK_E_USAGE, "no certificate is self-signed");
    rk_bytes_done(&file);
    file_at(KEYS "cap_root.crt", &file);
    works(rk_bytes_new(1025 * file.len, &many, &err));
    for (size_t i = 0; i < 1025; i++)
        memcpy(many.p + i * file.len, file.p, file.len);
    ends(rk_trust_open(ctx, &many, &none, &err), RK_E_FORMAT);
    file.p[200] = '!';
    ends(rk_trust_open(ctx, &file, &none, &err), RK_E_FORMAT);
    file.len = 0;
    ends(rk_trust_open(ctx, &file, &none, &err), RK_E_FORMAT);
    ck_assert_ptr_null(none);
    rk_bytes_done(&file);
    rk_bytes_done(&many);
}
END_TEST

START_TEST(what_is_no_certificate_has_no_key)
{
    struct rk_bytes spki = RK_BYTES_NONE;

    ends(rk_ekcert_spki((const uint8_t *)"no certificate", 14, &spki, &err), RK_E_FORMAT);
    ends(rk_ekcert_verify(trust, (const uint8_t *)"no certificate", 14, when, &err), RK_E_FORMAT);
    ck_assert_ptr_null(spki.p);
}
END_TEST

/* ---- requests ---- */

static void requests(const char *tpl, const char *cn)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    struct rk_bytes der = RK_BYTES_NONE;
    X509_REQ *req;
    const uint8_t *at;
    uint8_t *spki = NULL;
    char found[64] = "";
    rk_ek *of;
    int len;

    options.template_name = tpl;
    works(rk_ek_new(ctx, &eps, &options, &of, &err));
    works(rk_ek_request(ctx, &eps, &options, &profile, cn, &der, &err));
    at = der.p;
    req = d2i_X509_REQ(NULL, &at, (long)der.len);
    ck_assert_ptr_nonnull(req);
    ck_assert_int_eq(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
    len = i2d_PUBKEY(X509_REQ_get0_pubkey(req), &spki);
    ck_assert_uint_eq((size_t)len, rk_ek_spki(of)->len);
    ck_assert_mem_eq(spki, rk_ek_spki(of)->p, (size_t)len);
    if (cn == NULL)
        ck_assert_int_eq(X509_NAME_entry_count(X509_REQ_get_subject_name(req)), 0);
    (void)X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(req), NID_commonName, found,
                                    sizeof found);
    ck_assert_str_eq(found, cn == NULL ? "" : cn);
    OPENSSL_free(spki);
    X509_REQ_free(req);
    rk_ek_free(of);
    rk_bytes_done(&der);
}

START_TEST(a_request_is_signed_by_the_ek_it_is_for)
{
    requests("L-1", "device 7");
    requests("L-2", NULL);
}
END_TEST

START_TEST(a_request_is_refused_as_key_and_profile_are)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    struct rk_bytes der = RK_BYTES_NONE, none = { (uint8_t[]) { "none" }, 4 };
    struct rk_secret half = RK_SECRET_NONE;

    works(rk_secret_new(32, &half, &err));
    refuses(rk_ek_request(ctx, &half, NULL, &profile, NULL, &der, &err), RK_E_USAGE, "32 bytes");
    options.template_name = "L-9";
    refuses(rk_ek_request(ctx, &eps, &options, &profile, NULL, &der, &err), RK_E_USAGE, "L-9");
    options.template_name = NULL;
    options.template_area = &none;
    ends(rk_ek_request(ctx, &eps, &options, &profile, NULL, &der, &err), RK_E_FORMAT);
    profile.model = "";
    refuses(rk_ek_request(ctx, &eps, NULL, &profile, NULL, &der, &err), RK_E_USAGE, "model");
    profile = profile_of_a_product(), profile.zero[0] = 1;
    refuses(rk_ek_request(ctx, &eps, NULL, &profile, NULL, &der, &err), RK_E_USAGE,
            "newer library");
    ck_assert_ptr_null(der.p);
    rk_secret_done(&half);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_certificate_is_what_openssl_takes);
    tcase_add_test(tc, a_certificate_verifies_under_its_root_at_its_time);
    tcase_add_test(tc, an_attestation_key_gets_no_ek_certificate);
    tcase_add_test(tc, what_a_certificate_cannot_carry_is_refused);
    tcase_add_test(tc, a_key_that_no_ek_has_is_refused);
    tcase_add_test(tc, a_ca_whose_key_does_not_sign_issues_nothing);
    tcase_add_test(tc, a_chain_that_does_not_fit_opens_no_ca);
    tcase_add_test(tc, a_certificate_that_may_not_sign_is_no_ca);
    tcase_add_test(tc, a_trust_needs_an_anchor_and_whole_certificates);
    tcase_add_test(tc, what_is_no_certificate_has_no_key);
    tcase_add_test(tc, a_request_is_signed_by_the_ek_it_is_for);
    tcase_add_test(tc, a_request_is_refused_as_key_and_profile_are);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ring_cert", .add = add, .load = load, .unload = unload });
}
