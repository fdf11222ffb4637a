/* SPDX-License-Identifier: Apache-2.0 */
/* Self-signed certificates: what they may be used for. What openssl and firmware say of them:
 * tests/cli/ca-self.sh, tests/firmware/lib-uefi-cases.sh. */
#include "image.h"
#include "suite.h"

#include "rotkit/ekcert.h"
#include "rotkit/x509.h"

static rk_ctx *ctx;
static rk_signer *key;

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_signer_open(ctx, BOOT "keys/p256.pem", NULL, &key, &err), RK_OK);
}

static void unload(void)
{
    rk_signer_free(key);
    rk_ctx_free(ctx);
}

static struct rk_self_cert wanted(const char *use)
{
    return (struct rk_self_cert) {
        .key = key, .subject = "x", .use = use, .not_before = 1767225600, .not_after = 1798761599
    };
}

static const struct {
    const char *use;
    uint32_t eku; /* UINT32_MAX: no extension */
} uses[] = { { "pk", UINT32_MAX },
             { "kek", UINT32_MAX },
             { "db", XKU_CODE_SIGN },
             { "capsule", UINT32_MAX },
             { "code", XKU_CODE_SIGN } };

START_TEST(each_use_signs_and_is_no_ca) /* _i: a use */
{
    const struct rk_self_cert in = wanted(uses[_i].use);
    struct rk_bytes der = RK_BYTES_NONE;
    X509 *cert = NULL;

    ck_assert_msg(rk_self_cert_make(ctx, &in, &der, &err) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(rk_x509_parse(der.p, der.len, &cert, &err), RK_OK);
    ck_assert_int_eq(X509_check_ca(cert), 0);
    ck_assert_uint_eq(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    ck_assert_uint_eq(X509_get_extended_key_usage(cert), uses[_i].eku);
    ck_assert_int_eq(X509_self_signed(cert, 1), 1);
    X509_free(cert);
    rk_bytes_done(&der);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused)
{
    struct rk_self_cert in = wanted("PK");
    struct rk_bytes der = RK_BYTES_NONE;

    ck_assert_int_eq(rk_self_cert_make(ctx, &in, &der, &err), RK_E_USAGE);
    in = wanted("pk");
    in.not_after = in.not_before;
    ck_assert_int_eq(rk_self_cert_make(ctx, &in, &der, &err), RK_E_USAGE);
    in = wanted("pk");
    in.subject = "\xff";
    ck_assert_int_eq(rk_self_cert_make(ctx, &in, &der, &err), RK_E_USAGE);
    ck_assert_ptr_null(der.p);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, each_use_signs_and_is_no_ca, 0, sizeof uses / sizeof uses[0]);
    tcase_add_test(tc, what_cannot_be_written_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "self_cert", .add = add, .load = load, .unload = unload });
}
