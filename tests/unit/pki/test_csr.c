/* SPDX-License-Identifier: Apache-2.0 */
/* EK CSRs: NVIDIA's own request comes out byte for byte; ours is what its own reader says. */
#include "rotkit/x509.h"
#include "rotkit/ek.h"
#include "rotkit/ekcert.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define CSR TEST_DATA "/vectors/ekb/csr/"
#define SN  "01020000000100000002"

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_ek ek = RK_EK_NONE;
static rk_signer *pair;

static const struct rk_ekcert_profile profile = {
    .manufacturer = "id:4E564441",
    .model = "fTPM",
    .version = "id:00010002",
    .spec_family = "2.0",
    .spec_revision = 159,
    .not_before = 1767225600,
    .not_after = RK_EKCERT_NO_EXPIRY,
};

/* The EK pair of chain case 0, the device NVIDIA's sample files are of. */
static void load(const char *tpl)
{
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_secret eps = RK_SECRET_NONE;
    rk_json *doc = NULL;
    const char *hex;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_file_read(TEST_DATA "/vectors/ekb/chain/chain.json", 1 << 20, &text, &err),
                     RK_OK);
    ck_assert_int_eq(rk_json_parse(text.p, text.len, &doc, &err), RK_OK);
    hex = rk_json_str(rk_json_get(rk_json_at(rk_json_root(doc), 0), "eps"));
    ck_assert_ptr_nonnull(hex);
    ck_assert_int_eq(rk_secret_from_hex(hex, strlen(hex), 64, &eps, &err), RK_OK);
    ck_assert_int_eq(
        rk_ek_derive_pair(ctx, &eps, rk_ek_profile_at(0), rk_ek_template_find(tpl), &ek, &err),
        RK_OK);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, ek.pkey, &pair, &err), RK_OK);
    rk_secret_done(&eps);
    rk_json_free(doc);
    rk_bytes_done(&text);
}

static void load_rsa(void)
{
    load("L-1");
}

static void load_ecc(void)
{
    load("L-2");
}

static void unload(void)
{
    rk_signer_free(pair);
    rk_ek_done(&ek);
    rk_ctx_free(ctx);
}

/* The form and the sample values of NVIDIA's provisioning scripts: jetson-ftpm-ekb.md 4.1. */
static enum rk_rc make_nvidias(struct rk_bytes *ret)
{
    const struct rk_ekcert_profile sample = { .manufacturer = "id:4D534654",
                                              .model = "SSE fTPM",
                                              .version = "id:20180710" };
    const struct rk_csr_form form = { .country = "US",
                                      .organization = "ftpm corp",
                                      .cn = SN "_ftpm-ek-cert",
                                      .profile = &sample,
                                      .more_ec_usage = KU_DIGITAL_SIGNATURE,
                                      .names_tpm_alone = true };

    return rk_ekcsr_make_form(ctx, pair, &form, ret, &err);
}

/* PKCS#1 v1.5 has no randomness: NVIDIA's file must come out whole, signature included. */
START_TEST(rsa_csr_in_nvidias_form_equals_nvidias_file)
{
    struct rk_bytes want = RK_BYTES_NONE, got = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_read(CSR "ek_csr_rsa-" SN ".der", 1 << 16, &want, &err), RK_OK);
    ck_assert_msg(make_nvidias(&got) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(got.len, want.len);
    ck_assert_mem_eq(got.p, want.p, want.len);
    rk_bytes_done(&want);
    rk_bytes_done(&got);
}
END_TEST

/* ECDSA draws a nonce, so only the signed part can be equal; it ends where the algorithm starts. */
START_TEST(ecc_csr_in_nvidias_form_has_nvidias_signed_part)
{
    enum { SIGNED_AT = 4, SIGNED_LEN = 4 + 308 };
    struct rk_bytes want = RK_BYTES_NONE, got = RK_BYTES_NONE;
    const unsigned char *at;
    X509_REQ *req;

    ck_assert_int_eq(rk_file_read(CSR "ek_csr_ec-" SN ".der", 1 << 16, &want, &err), RK_OK);
    ck_assert_msg(make_nvidias(&got) == RK_OK, "%s", err.msg);
    ck_assert_uint_gt(got.len, SIGNED_AT + SIGNED_LEN);
    ck_assert_mem_eq(got.p + SIGNED_AT, want.p + SIGNED_AT, SIGNED_LEN);
    at = got.p;
    req = d2i_X509_REQ(NULL, &at, (long)got.len);
    ck_assert_ptr_nonnull(req);
    ck_assert_int_eq(X509_REQ_verify(req, ek.pkey), 1);
    X509_REQ_free(req);
    rk_bytes_done(&want);
    rk_bytes_done(&got);
}
END_TEST

/* OpenSSL reads it back: signature, subject, and the extensions the profile asks for. */
static void check_ours(const char *cn, uint32_t usage)
{
    struct rk_bytes got = RK_BYTES_NONE;
    const unsigned char *at;
    STACK_OF(X509_EXTENSION) * list;
    ASN1_BIT_STRING *bits;
    X509_EXTENSION *san;
    X509_REQ *req;

    ck_assert_msg(rk_ekcsr_make(ctx, pair, &profile, cn, &got, &err) == RK_OK, "%s", err.msg);
    at = got.p;
    req = d2i_X509_REQ(NULL, &at, (long)got.len);
    ck_assert_ptr_nonnull(req);
    ck_assert_ptr_eq(at, got.p + got.len);
    ck_assert_int_eq(X509_REQ_verify(req, ek.pkey), 1);
    ck_assert_int_eq(X509_NAME_entry_count(X509_REQ_get_subject_name(req)), cn == NULL ? 0 : 1);
    list = X509_REQ_get_extensions(req);
    ck_assert_int_eq(sk_X509_EXTENSION_num(list), 5);
    bits = X509V3_get_d2i(list, NID_key_usage, NULL, NULL);
    ck_assert_ptr_nonnull(bits);
    ck_assert_uint_eq(ASN1_STRING_get0_data(bits)[0], usage);
    san = sk_X509_EXTENSION_value(list, X509v3_get_ext_by_NID(list, NID_subject_alt_name, -1));
    ck_assert_int_eq(X509_EXTENSION_get_critical(san), cn == NULL);
    ck_assert_int_ge(X509v3_get_ext_by_NID(list, NID_ext_key_usage, -1), 0);
    ck_assert_int_ge(X509v3_get_ext_by_NID(list, NID_subject_directory_attributes, -1), 0);
    ASN1_BIT_STRING_free(bits);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    X509_REQ_free(req);
    rk_bytes_done(&got);
}

START_TEST(our_rsa_csr_asks_for_key_encipherment_alone)
{
    check_ours(NULL, KU_KEY_ENCIPHERMENT);
    check_ours(SN, KU_KEY_ENCIPHERMENT);
}
END_TEST

START_TEST(our_ecc_csr_asks_for_key_agreement_alone)
{
    check_ours(NULL, KU_KEY_AGREEMENT);
    check_ours(SN, KU_KEY_AGREEMENT);
}
END_TEST

START_TEST(csr_refuses_a_profile_it_cannot_carry)
{
    struct rk_ekcert_profile bad = profile;
    struct rk_bytes got = RK_BYTES_NONE;

    bad.manufacturer = "NVDA";
    ck_assert_int_eq(rk_ekcsr_make(ctx, pair, &bad, SN, &got, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "EK CSR: manufacturer \"NVDA\", expected id: and 8 hex digits of the "
                              "TCG vendor id");
    ck_assert_ptr_null(got.p);
}
END_TEST

START_TEST(csr_refuses_a_key_that_is_no_ek)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct rk_bytes got = RK_BYTES_NONE;
    rk_signer *other = NULL;

    ck_assert_int_eq(rk_signer_from_pkey(ctx, pkey, &other, &err), RK_OK);
    ck_assert_int_eq(rk_ekcsr_make(ctx, other, &profile, SN, &got, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "EK CSR: the key is neither RSA nor EC");
    rk_signer_free(other);
    EVP_PKEY_free(pkey);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csr");
    TCase *rsa = tcase_create("rsa"), *ecc = tcase_create("ecc");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(rsa, 60);
    tcase_add_checked_fixture(rsa, load_rsa, unload);
    tcase_add_test(rsa, rsa_csr_in_nvidias_form_equals_nvidias_file);
    tcase_add_test(rsa, our_rsa_csr_asks_for_key_encipherment_alone);
    suite_add_tcase(suite, rsa);
    tcase_add_checked_fixture(ecc, load_ecc, unload);
    tcase_add_test(ecc, ecc_csr_in_nvidias_form_has_nvidias_signed_part);
    tcase_add_test(ecc, our_ecc_csr_asks_for_key_agreement_alone);
    tcase_add_test(ecc, csr_refuses_a_profile_it_cannot_carry);
    tcase_add_test(ecc, csr_refuses_a_key_that_is_no_ek);
    suite_add_tcase(suite, ecc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
