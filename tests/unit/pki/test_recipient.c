/* SPDX-License-Identifier: Apache-2.0 */
/* The factory certificate that init makes: fit to receive, and its key opens what is sealed to it.
 */
#include "rotkit/cms.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

enum { FROM = 1767225600, UNTIL = FROM + 86400 };

static rk_ctx *new_ctx(void)
{
    rk_ctx *ctx = NULL;
    struct rk_err err;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    return ctx;
}

static EVP_PKEY *read_key(const struct rk_secret *pem)
{
    BIO *in = BIO_new_mem_buf(pem->p, (int)pem->len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);

    BIO_free(in);
    ck_assert_ptr_nonnull(key);
    return key;
}

START_TEST(what_is_sealed_to_it_its_key_opens)
{
    static const char text[] = "thirty-two bytes of no importance";
    rk_ctx *ctx = new_ctx();
    struct rk_cms_recipient factory = RK_CMS_RECIPIENT_NONE, other = RK_CMS_RECIPIENT_NONE;
    struct rk_secret content = RK_SECRET_NONE, opened = RK_SECRET_NONE, none = RK_SECRET_NONE;
    struct rk_bytes cms = RK_BYTES_NONE;
    rk_signer *key = NULL, *other_key = NULL;
    struct rk_err err;

    ck_assert_int_eq(rk_cms_make_recipient(ctx, "Factory", FROM, UNTIL, &factory, &err), RK_OK);
    ck_assert_int_eq(rk_cms_make_recipient(ctx, "Factory", FROM, UNTIL, &other, &err), RK_OK);
    EVP_PKEY *pkey = read_key(&factory.key), *other_pkey = read_key(&other.key);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, pkey, &key, &err), RK_OK);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, other_pkey, &other_key, &err), RK_OK);
    ck_assert_int_eq(rk_secret_copy(text, sizeof text, &content, &err), RK_OK);
    ck_assert_int_eq(rk_cms_seal(ctx, &factory.certificate, &content, &cms, &err), RK_OK);
    ck_assert_int_eq(rk_cms_open(ctx, key, cms.p, cms.len, &opened, &err), RK_OK);
    ck_assert(rk_secret_equal(&opened, &content));
    ck_assert_int_ne(rk_cms_open(ctx, other_key, cms.p, cms.len, &none, &err), RK_OK);
    ck_assert_ptr_null(none.p);
    rk_signer_free(key);
    rk_signer_free(other_key);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(other_pkey);
    rk_bytes_done(&cms);
    rk_secret_done(&opened);
    rk_secret_done(&content);
    rk_cms_recipient_done(&factory);
    rk_cms_recipient_done(&other);
    rk_ctx_free(ctx);
}
END_TEST

START_TEST(it_may_receive_within_its_time_only)
{
    static const struct {
        int64_t when;
        enum rk_rc rc;
    } times[] = {
        { FROM - 1, RK_E_USAGE }, { FROM, RK_OK }, { UNTIL, RK_OK }, { UNTIL + 1, RK_E_USAGE }
    };
    rk_ctx *ctx = new_ctx();
    struct rk_cms_recipient factory = RK_CMS_RECIPIENT_NONE;
    struct rk_err err;

    ck_assert_int_eq(rk_cms_make_recipient(ctx, "Factory", FROM, UNTIL, &factory, &err), RK_OK);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        ck_assert_int_eq(rk_cms_check_recipient(ctx, &factory.certificate, times[i].when, &err),
                         times[i].rc);
    rk_cms_recipient_done(&factory);
    rk_ctx_free(ctx);
}
END_TEST

START_TEST(a_name_that_x520_does_not_allow_is_refused)
{
    char name[66];
    rk_ctx *ctx = new_ctx();
    struct rk_cms_recipient factory = RK_CMS_RECIPIENT_NONE;
    struct rk_err err;

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(rk_cms_make_recipient(ctx, name, FROM, UNTIL, &factory, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_cms_make_recipient(ctx, "", FROM, UNTIL, &factory, &err), RK_E_USAGE);
    ck_assert_ptr_null(factory.certificate.p);
    ck_assert_ptr_null(factory.key.p);
    rk_ctx_free(ctx);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, what_is_sealed_to_it_its_key_opens);
    tcase_add_test(tc, it_may_receive_within_its_time_only);
    tcase_add_test(tc, a_name_that_x520_does_not_allow_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "recipient", .add = add, .timeout_s = 4 });
}
