/* SPDX-License-Identifier: Apache-2.0 */
/* EK derivation against what the reference libraries themselves made: one vector file an argument.
 */
#include "rotkit/ek.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"

#include <check.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *vector_file; /* from the command line */

static bool equals(const struct rk_ek *ek, const char *param, const BIGNUM *want)
{
    BIGNUM *got = NULL;
    bool same;

    ck_assert(EVP_PKEY_get_bn_param(ek->pkey, param, &got));
    same = BN_cmp(got, want) == 0;
    BN_clear_free(got);
    return same;
}

/* The record's prime is one of the two (releases differ in which one they store first), or its d is
 * d. */
static void assert_private(const struct rk_ek *ek, const char *p, const char *d, unsigned line)
{
    BIGNUM *want = NULL;
    bool same;

    ck_assert(BN_hex2bn(&want, p != NULL ? p : d) != 0);
    if (p != NULL)
        same = equals(ek, OSSL_PKEY_PARAM_RSA_FACTOR1, want) ||
               equals(ek, OSSL_PKEY_PARAM_RSA_FACTOR2, want);
    else
        same = equals(ek, OSSL_PKEY_PARAM_PRIV_KEY, want);
    ck_assert_msg(same, "line %u: private number differs", line);
    BN_free(want);
}

static void check_record(const rk_ctx *ctx, const char *text, size_t len, unsigned line)
{
    struct rk_err err;
    struct rk_secret eps = RK_SECRET_NONE;
    struct rk_ek ek = RK_EK_NONE;
    rk_json *doc = NULL;
    char got[2 * 2048 + 1];

    ck_assert_int_eq(rk_json_parse((const uint8_t *)text, len, &doc, &err), RK_OK);
    struct rk_jv record = rk_json_root(doc);
    const char *profile_name = rk_json_str(rk_json_get(record, "profile"));
    const char *template_name = rk_json_str(rk_json_get(record, "template"));
    const char *eps_hex = rk_json_str(rk_json_get(record, "eps_hex"));
    const char *want = rk_json_str(rk_json_get(record, "public_tpm2b_hex"));
    const char *p = rk_json_str(rk_json_get(record, "p_hex"));
    const char *d = rk_json_str(rk_json_get(record, "d_hex"));
    const struct rk_ek_profile *profile = rk_ek_profile_find(profile_name);
    const struct rk_ek_template *tpl = rk_ek_template_find(template_name);

    ck_assert_msg(profile != NULL, "line %u: profile %s", line, profile_name);
    ck_assert_msg(tpl != NULL, "line %u: template %s", line, template_name);
    ck_assert_int_eq(rk_secret_from_hex(eps_hex, strlen(eps_hex), strlen(eps_hex) / 2, &eps, &err),
                     RK_OK);
    ck_assert_msg(rk_ek_derive_pair(ctx, &eps, profile, tpl, &ek, &err) == RK_OK, "line %u: %s",
                  line, err.msg);
    rk_hex_write(ek.public_tpm2b.p, ek.public_tpm2b.len, got);
    ck_assert_msg(strcmp(got, want) == 0, "line %u: %s %s: public area differs", line, profile_name,
                  template_name);
    if (p != NULL || d != NULL)
        assert_private(&ek, p, d, line);
    rk_ek_done(&ek);
    rk_secret_done(&eps);
    rk_json_free(doc);
}

START_TEST(every_record_of_the_file_is_reproduced)
{
    struct rk_bytes file = RK_BYTES_NONE;
    struct rk_err err;
    rk_ctx *ctx = NULL;
    unsigned line = 0;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_file_read(vector_file, 1 << 24, &file, &err), RK_OK);
    for (char *at = (char *)file.p, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        line++;
        check_record(ctx, at, (size_t)(end - at), line);
    }
    ck_assert_uint_gt(line, 0);
    printf("%u records\n", line);
    rk_bytes_done(&file);
    rk_ctx_free(ctx);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("ek");
    TCase *tc = tcase_create("vectors");
    SRunner *runner;
    int failed;

    if (argc != 2)
        return EXIT_FAILURE;
    vector_file = argv[1];
    tcase_add_test(tc, every_record_of_the_file_is_reproduced);
    tcase_set_timeout(tc, 900);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
