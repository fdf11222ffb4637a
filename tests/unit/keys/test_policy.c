/* SPDX-License-Identifier: Apache-2.0 */
/* What is strong enough. The minimum is NIST SP 800-131A's; the keys are OpenSSL's. */
#include "rotkit/policy.h"
#include "rotkit/signer.h"

#include "suite.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

static rk_ctx *ctx;
static struct rk_err err;

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static void teardown(void)
{
    rk_ctx_free(ctx);
}

static EVP_PKEY *rsa(size_t bits)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static EVP_PKEY *ec(const char *curve)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}

static const struct key_row {
    const char *curve; /* NULL: RSA; "" Ed25519 */
    size_t bits;
    const char *weak; /* what must be allowed; NULL: nothing; "": nothing does */
    const char *says;
} key_rows[] = {
    { NULL, 512, "", "the RSA key is weak: 512 bits, at least 2048" },
    { NULL, 1023, "", "the RSA key is weak: 1023 bits, at least 2048" },
    { NULL, 1024, "rsa1024", "the RSA key is weak: 1024 bits, at least 2048" },
    { NULL, 2047, "rsa1024", "the RSA key is weak: 2047 bits, at least 2048" },
    { NULL, 2048, NULL, NULL },
    { "P-192", 0, "", "the EC key is weak: 192 bits, at least 256" },
    { "P-224", 0, "p224", "the EC key is weak: 224 bits, at least 256" },
    { "P-256", 0, NULL, NULL },
    { "brainpoolP256r1", 0, NULL, NULL },
    { "P-521", 0, NULL, NULL },
    { "", 0, NULL, NULL },
};
enum { KEY_ROWS = sizeof key_rows / sizeof key_rows[0] };

START_TEST(a_key_is_taken_from_its_minimum_on_or_by_name) /* _i: a row */
{
    const struct key_row *row = &key_rows[_i];
    EVP_PKEY *key = row->curve == NULL      ? rsa(row->bits)
                    : row->curve[0] == '\0' ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                            : ec(row->curve);
    char used[RK_WEAK_TEXT];

    ck_assert_ptr_nonnull(key);
    ck_assert_int_eq(rk_policy_check_key(ctx, key, RK_E_VERIFY, &err),
                     row->weak == NULL ? RK_OK : RK_E_VERIFY);
    if (row->weak != NULL)
        ck_assert_str_eq(err.msg, row->says);
    for (size_t i = 0; rk_weak_at(i) != NULL; i++) {
        if (row->weak == NULL || strcmp(rk_weak_at(i)->name, row->weak) != 0)
            ck_assert_int_eq(rk_policy_allow(ctx, rk_weak_at(i)->name, &err), RK_OK);
    }
    /* All other names do not do. */
    ck_assert_int_eq(rk_policy_check_key(ctx, key, RK_E_KEY, &err),
                     row->weak == NULL ? RK_OK : RK_E_KEY);
    rk_policy_take_weak(ctx, used);
    ck_assert_str_eq(used, "");
    if (row->weak != NULL && row->weak[0] != '\0') {
        ck_assert_int_eq(rk_policy_allow(ctx, row->weak, &err), RK_OK);
        ck_assert_int_eq(rk_policy_check_key(ctx, key, RK_E_KEY, &err), RK_OK);
        rk_policy_take_weak(ctx, used);
        ck_assert_str_eq(used, row->weak);
        rk_policy_take_weak(ctx, used);
        ck_assert_str_eq(used, "");
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
    EVP_PKEY_free(key);
}
END_TEST

static const struct {
    int nid;
    const char *weak, *says;
} digest_rows[] = {
    { NID_md5, "md5", "the digest is weak: MD5, at least SHA-256" },
    { NID_sha1, "sha1", "the digest is weak: SHA1, at least SHA-256" },
    { NID_sha224, "sha224", "the digest is weak: SHA224, at least SHA-256" },
    { NID_md4, "", "the digest is weak: MD4, at least SHA-256" },
    { NID_ripemd160, "", "the digest is weak: RIPEMD160, at least SHA-256" },
    { NID_sha256, NULL, NULL },
    { NID_sha512, NULL, NULL },
    { NID_sha3_256, NULL, NULL },
    { NID_undef, NULL, NULL },
};
enum { DIGEST_ROWS = sizeof digest_rows / sizeof digest_rows[0] };

START_TEST(a_digest_is_taken_from_sha256_on_or_by_name) /* _i: a row */
{
    const char *weak = digest_rows[_i].weak;
    enum rk_rc wanted = weak == NULL ? RK_OK : RK_E_VERIFY;

    ck_assert_int_eq(rk_policy_check_digest(ctx, digest_rows[_i].nid, RK_E_VERIFY, &err), wanted);
    if (weak == NULL)
        return;
    ck_assert_str_eq(err.msg, digest_rows[_i].says);
    if (weak[0] == '\0')
        return;
    ck_assert_int_eq(rk_policy_allow(ctx, weak, &err), RK_OK);
    ck_assert_int_eq(rk_policy_check_digest(ctx, digest_rows[_i].nid, RK_E_VERIFY, &err), RK_OK);
}
END_TEST

START_TEST(a_refusal_says_how_only_where_a_command_can)
{
    EVP_PKEY *key = rsa(1024);

    rk_policy_offer(ctx);
    ck_assert_int_eq(rk_policy_check_key(ctx, key, RK_E_VERIFY, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "the RSA key is weak: 1024 bits, at least 2048\n"
                              "  --allow-weak rsa1024 takes it where a format asks for it");
    ck_assert_int_eq(rk_policy_allow(ctx, "rsa", &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "\"rsa\" is nothing weak that may be allowed (known: rsa1024, p224, "
                              "sha224, sha1, md5)");
    EVP_PKEY_free(key);
}
END_TEST

/* 2048 bits, but the exponent is 1: every message is its own signature. */
START_TEST(an_exponent_of_one_is_no_key)
{
    BIGNUM *n = NULL, *e = BN_new();
    EVP_PKEY *strong = rsa(2048), *key = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

    ck_assert_int_eq(EVP_PKEY_get_bn_param(strong, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    ck_assert_int_eq(BN_set_word(e, _i == 0 ? 1 : 65536), 1);
    ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
    ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e), 1);
    params = OSSL_PARAM_BLD_to_param(build);
    ck_assert_int_eq(EVP_PKEY_fromdata_init(make), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    ck_assert_int_eq(rk_policy_check_key(ctx, key, RK_E_VERIFY, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "the RSA key's public exponent is no odd number from 3");
    EVP_PKEY_CTX_free(make);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_free(key);
    EVP_PKEY_free(strong);
    BN_free(n);
    BN_free(e);
}
END_TEST

START_TEST(keys_of_other_types_are_not_judged)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

    ck_assert_int_eq(rk_policy_check_key(ctx, key, RK_E_VERIFY, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "a key of type X25519 is not taken: RSA, EC, ED25519 or ED448");
    ck_assert_int_eq(rk_policy_check_key(ctx, NULL, RK_E_VERIFY, &err), RK_E_VERIFY);
    EVP_PKEY_free(key);
}
END_TEST

/* Whoever signs and whoever checks asks. */
START_TEST(signing_and_checking_ask_the_policy)
{
    EVP_PKEY *key = rsa(1024);
    rk_signer *signer = NULL;
    struct rk_bytes sig = RK_BYTES_NONE;
    const uint8_t msg[] = "m";

    ck_assert_int_eq(rk_signer_from_pkey(ctx, key, &signer, &err), RK_OK);
    ck_assert_int_eq(
        rk_signer_sign(signer, RK_SCHEME_RSA_PKCS1_SHA256, msg, sizeof msg, &sig, &err), RK_E_KEY);
    ck_assert_ptr_null(sig.p);
    ck_assert_int_eq(rk_policy_allow(ctx, "rsa1024", &err), RK_OK);
    ck_assert_int_eq(
        rk_signer_sign(signer, RK_SCHEME_RSA_PKCS1_SHA256, msg, sizeof msg, &sig, &err), RK_OK);
    ck_assert_int_eq(rk_signature_check(ctx, key, RK_SCHEME_RSA_PKCS1_SHA256, msg, sizeof msg,
                                        sig.p, sig.len, &err),
                     RK_OK);
    teardown();
    setup();
    ck_assert_int_eq(rk_signature_check(ctx, key, RK_SCHEME_RSA_PKCS1_SHA256, msg, sizeof msg,
                                        sig.p, sig.len, &err),
                     RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "the RSA key is weak: 1024 bits, at least 2048");
    rk_bytes_done(&sig);
    rk_signer_free(signer);
    EVP_PKEY_free(key);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_key_is_taken_from_its_minimum_on_or_by_name, 0, KEY_ROWS);
    tcase_add_loop_test(tc, a_digest_is_taken_from_sha256_on_or_by_name, 0, DIGEST_ROWS);
    tcase_add_test(tc, a_refusal_says_how_only_where_a_command_can);
    tcase_add_loop_test(tc, an_exponent_of_one_is_no_key, 0, 2);
    tcase_add_test(tc, keys_of_other_types_are_not_judged);
    tcase_add_test(tc, signing_and_checking_ask_the_policy);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "policy", .add = add });
}
