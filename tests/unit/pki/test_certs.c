/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of certificates: end, damage and too many are three answers. The files are written by
 * OpenSSL's own PEM writer, of certificates made here.
 */
#include "fault.h"
#include "suite.h"

#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/trust.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

enum { CERTS = 10 };
#define AGAIN "\n  the file was changed or cut off: get it anew from who issued it"

static X509 *certs[CERTS];
static struct rk_bytes pem[CERTS]; /* of each */
static struct rk_err err;

static void to_bytes(BIO *bio, struct rk_bytes *ret)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    ck_assert_int_eq(rk_bytes_copy(text, (size_t)len, ret, &err), RK_OK);
    BIO_free(bio);
}

static void load(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    for (int i = 0; i < CERTS; i++) {
        BIO *out = BIO_new(BIO_s_mem());
        char cn[24];

        (void)snprintf(cn, sizeof cn, "number %d", i + 1);
        certs[i] = X509_new();
        ck_assert_int_eq(X509_set_pubkey(certs[i], key), 1);
        ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(certs[i]), i + 1), 1);
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(X509_get_subject_name(certs[i]), "CN",
                                                    MBSTRING_ASC, (unsigned char *)cn, -1, -1, 0),
                         1);
        ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(certs[i]), 0));
        ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(certs[i]), 86400));
        ck_assert_int_gt(X509_sign(certs[i], key, NULL), 0);
        ck_assert_int_eq(PEM_write_bio_X509(out, certs[i]), 1);
        to_bytes(out, &pem[i]);
    }
    EVP_PKEY_free(key);
}

static void unload(void)
{
    for (int i = 0; i < CERTS; i++) {
        X509_free(certs[i]);
        rk_bytes_done(&pem[i]);
    }
}

/* The first `count` of them, one behind the other, and `text` behind. */
static struct rk_bytes join(size_t count, const char *text)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 20);
    struct rk_bytes made = RK_BYTES_NONE;

    for (size_t i = 0; i < count; i++)
        rk_wr_bytes(&wr, pem[i].p, pem[i].len);
    rk_wr_str(&wr, text);
    ck_assert_int_eq(rk_wr_end(&wr, &made, &err), RK_OK);
    return made;
}

static enum rk_rc read_all(const struct rk_bytes *file, size_t max, int *ret_count)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *read = NULL;
    enum rk_rc rc = rk_certs_read(file->p, file->len, max, &read, &err);

    *ret_count = rc == RK_OK ? sk_X509_num(read) : -1;
    if (rc != RK_OK)
        ck_assert_ptr_null(read);
    for (int i = 0; i < *ret_count; i++)
        ck_assert_int_eq(X509_cmp(sk_X509_value(read, i), certs[i]), 0);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return rc;
}

START_TEST(as_many_as_are_allowed_are_read_and_one_more_is_refused) /* _i: how many are allowed */
{
    size_t max = (size_t)_i;
    RK_AUTO(rk_bytes_done) struct rk_bytes all = join(max, "");
    RK_AUTO(rk_bytes_done) struct rk_bytes more = join(max + 1, "");
    char wanted[100];
    unsigned line = 1;
    int count;

    ck_assert_msg(read_all(&all, max, &count) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(count, _i);
    for (size_t i = 0; i < all.len; i++)
        line += all.p[i] == '\n';
    (void)snprintf(wanted, sizeof wanted,
                   "certificate %d, line %u: one too many, at most %d may stand there", _i + 1,
                   line, _i);
    ck_assert_int_eq(read_all(&more, max, &count), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, wanted);
    ck_assert_uint_eq(err.line, line);
}
END_TEST

/* What a file of two says when `find` in it (at or behind the second certificate) becomes `put`. */
static const struct damage {
    const char *find, *put, *msg;
} damages[] = {
    { "-----BEGIN CERTIFICATE-----", "----BEGIN CERTIFICATE-----",
      "certificate 2, line 7: \"----BEGIN CERTIFICATE-----\", expected -----BEGIN "
      "CERTIFICATE-----" AGAIN },
    { "-----BEGIN CERTIFICATE-----", " -----BEGIN CERTIFICATE-----", /* as OpenSSL sees it */
      "certificate 2, line 7: \" -----BEGIN CERTIFICATE-----\", expected -----BEGIN "
      "CERTIFICATE-----" AGAIN },
    { "-----BEGIN CERTIFICATE-----\n", "", /* its END tells */
      "certificate 2, line 11: \"-----END CERTIFICATE-----\", expected -----BEGIN "
      "CERTIFICATE-----" AGAIN },
    { "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICAT-----",
      "certificate 2, line 7: BEGIN CERTIFICAT, expected BEGIN CERTIFICATE" },
    { "-----BEGIN CERTIFICATE-----", "-----BEGIN PKCS7-----",
      "certificate 2, line 7: BEGIN PKCS7, expected BEGIN CERTIFICATE" },
    { "-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----",
      "certificate 2, line 7: BEGIN TRUSTED CERTIFICATE, expected BEGIN CERTIFICATE" },
    { "-----END CERTIFICATE-----", "-----END CERTIFICAT-----",
      "certificate 2, line 12: END CERTIFICAT, expected END CERTIFICATE" AGAIN },
    { "-----END CERTIFICATE-----", "",
      "certificate 2, line 7: cut off, no -----END CERTIFICATE----- follows" AGAIN },
    { "-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----",
      "certificate 2, line 12: \"-----BEGIN CERTIFICATE-----\", expected base64 or -----END "
      "CERTIFICATE-----" AGAIN },
    { "CERTIFICATE-----\nM", "CERTIFICATE-----\n*",
      NULL }, /* the line itself is quoted: "certificate 2, line 8: ..." */
    { "CERTIFICATE-----\nMI", "CERTIFICATE-----\nM",
      "certificate 2, line 7: base64: " /* and the number of characters */ },
    { "CERTIFICATE-----\nMI", "CERTIFICATE-----\nAA",
      "certificate 2, line 7: no X.509 certificate: " /* OpenSSL's reason */ },
};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

START_TEST(damage_is_told_by_its_place) /* _i: a row */
{
    const struct damage *row = &damages[_i];
    RK_AUTO(rk_bytes_done) struct rk_bytes whole = join(2, "");
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 20);
    const char *at = strstr((const char *)whole.p + pem[0].len, row->find);
    int count;

    ck_assert_ptr_nonnull(at);
    rk_wr_bytes(&wr, whole.p, (size_t)(at - (const char *)whole.p));
    rk_wr_str(&wr, row->put);
    rk_wr_str(&wr, at + strlen(row->find));
    ck_assert_int_eq(rk_wr_end(&wr, &file, &err), RK_OK);
    ck_assert_int_eq(read_all(&file, CERTS, &count), RK_E_FORMAT);
    if (row->msg == NULL)
        ck_assert_int_eq(strncmp(err.msg, "certificate 2, line 8: \"*", 25), 0);
    else
        ck_assert_msg(strncmp(err.msg, row->msg, strlen(row->msg)) == 0, "%s", err.msg);
    ck_assert_uint_ne(err.line, 0);
}
END_TEST

/* Nothing may be read of a file that is cut within its second certificate; blanks may go. */
START_TEST(no_cut_loses_a_certificate)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes whole = join(2, "");

    for (size_t len = pem[0].len - 1; len <= whole.len; len++) {
        struct rk_bytes cut = { whole.p, len };
        int count, wanted = len <= pem[0].len ? 1 : len >= whole.len - 1 ? 2 : -1;

        (void)read_all(&cut, CERTS, &count);
        ck_assert_msg(count == wanted, "cut at %zu: %d, expected %d", len, count, wanted);
    }
}
END_TEST

START_TEST(no_flipped_bit_loses_a_certificate)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes whole = join(2, "");

    for (size_t i = pem[0].len; i < whole.len - 1; i++) {
        for (int bit = 0; bit < 8; bit++) {
            RK_AUTO(rk_x509s_done) STACK_OF(X509) *read = NULL;
            enum rk_rc rc;

            whole.p[i] ^= (uint8_t)(1 << bit);
            rc = rk_certs_read(whole.p, whole.len, CERTS, &read, &err);
            whole.p[i] ^= (uint8_t)(1 << bit);
            ck_assert_msg(rc == RK_E_FORMAT || sk_X509_num(read) == 2, "byte %zu, bit %d", i, bit);
        }
    }
}
END_TEST

START_TEST(what_people_put_around_them_is_passed_over)
{
    static const char head[] =
        "\xef\xbb\xbf-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        "Bag Attributes\n  friendlyName: the one\n---\n0 s:CN = it begins like DER\n"
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n"
        "-----END RSA PRIVATE KEY-----\n";
    RK_AUTO(rk_bytes_done) struct rk_bytes two = join(2, "---\nthe end\n");
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 20);
    int count;

    rk_wr_str(&wr, head);
    for (size_t i = 0; i < two.len; i++) { /* with the line ends of another system */
        rk_wr_bytes(&wr, " \t\r", two.p[i] == '\n' ? 3 : 0);
        rk_wr_bytes(&wr, two.p + i, 1);
    }
    ck_assert_int_eq(rk_wr_end(&wr, &file, &err), RK_OK);
    ck_assert_msg(read_all(&file, 2, &count) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(count, 2);
}
END_TEST

START_TEST(a_key_without_its_end_hides_no_certificate)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes one = join(1, "");
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 20);
    int count;

    rk_wr_str(&wr, "-----BEGIN PRIVATE KEY-----\nAAAA\n");
    rk_wr_bytes(&wr, one.p, one.len);
    ck_assert_int_eq(rk_wr_end(&wr, &file, &err), RK_OK);
    ck_assert_int_eq(read_all(&file, 2, &count), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "certificate 1, line 3: \"-----BEGIN CERTIFICATE-----\", expected "
                              "base64 or -----END PRIVATE KEY-----" AGAIN);
}
END_TEST

START_TEST(der_is_one_certificate_and_not_a_byte_more)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes twice = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes one = RK_BYTES_NONE;
    int count;

    ck_assert_int_eq(rk_cert_der(certs[0], &der, &err), RK_OK);
    ck_assert_int_eq(read_all(&der, 1, &count), RK_OK);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(rk_certs_read_der(der.p, der.len, &one, &err), RK_OK);
    ck_assert(rk_bytes_equal(&one, &der));
    rk_bytes_done(&one);
    ck_assert_int_eq(rk_certs_read_der(pem[0].p, pem[0].len, &one, &err), RK_OK);
    ck_assert(rk_bytes_equal(&one, &der));
    ck_assert_int_eq(rk_bytes_new(2 * der.len, &twice, &err), RK_OK);
    memcpy(twice.p, der.p, der.len);
    memcpy(twice.p + der.len, der.p, der.len);
    ck_assert_int_eq(read_all(&twice, CERTS, &count), RK_E_FORMAT);
    ck_assert_int_eq(strncmp(err.msg, "certificate 1: trailing data at offset 0x", 41), 0);
    for (size_t len = 0; len < der.len; len++) {
        struct rk_bytes cut = { der.p, len };

        ck_assert_int_eq(read_all(&cut, 1, &count), RK_E_FORMAT);
    }
}
END_TEST

START_TEST(a_file_without_any_is_no_empty_list)
{
    static const char *const files[] = { "", "\n", "nothing",
                                         "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                         "-----END PRIVATE KEY-----\n" };
    int count;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

        ck_assert_int_eq(rk_bytes_copy(files[i], strlen(files[i]), &file, &err), RK_OK);
        ck_assert_int_eq(read_all(&file, 1, &count), RK_E_FORMAT);
        ck_assert_str_eq(err.msg, "no certificate in PEM or DER");
    }
}
END_TEST

/* The anchor of a chain that somebody brings is its last certificate or there is none. */
START_TEST(no_anchor_moves)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes eight = join(RK_CHAIN_MAX, "");
    RK_AUTO(rk_bytes_done) struct rk_bytes nine = join(RK_CHAIN_MAX + 1, "");
    RK_AUTO(rk_bytes_done) struct rk_bytes cut = join(2, "-----BEGIN CERTIFICATE-----\nAAAA\n");
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;
    const struct rk_trust_question asked = { .use = RK_CERT_ANY, .timeless = true };
    rk_ctx *ctx = NULL;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_trust_open_chain(ctx, &nine, &trust, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "CA chain: certificate 9, line 49: one too many, at most 8 may stand "
                              "there");
    ck_assert_int_eq(rk_trust_open_chain(ctx, &cut, &trust, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "CA chain: certificate 3, line 13: cut off, no -----END "
                              "CERTIFICATE----- follows" AGAIN);
    eight.p[pem[0].len + 40] = '*';
    ck_assert_int_eq(rk_trust_open_chain(ctx, &eight, &trust, &err), RK_E_FORMAT);
    eight.p[pem[0].len + 40] = pem[1].p[40];
    ck_assert_ptr_null(trust);
    ck_assert_msg(rk_trust_open_chain(ctx, &eight, &trust, &err) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(rk_trust_check(trust, certs[RK_CHAIN_MAX - 1], NULL, &asked, NULL, &err),
                     RK_OK);
    ck_assert_int_eq(rk_trust_check(trust, certs[RK_CHAIN_MAX - 2], NULL, &asked, NULL, &err),
                     RK_E_VERIFY);
    rk_ctx_free(ctx);
}
END_TEST

static enum rk_rc read_body(void *arg)
{
    const struct rk_bytes *file = arg;
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *read = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    struct rk_err e;

    if (rk_certs_read(file->p, file->len, 3, &read, &e) ||
        rk_cert_der(sk_X509_value(read, 2), &der, &e))
        return e.rc;
    return RK_OK;
}

START_TEST(exhausted_memory_is_survived)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = join(3, "");

    ck_assert_int_gt(fault_sweep(read_body, &file, 5000), 20);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, exhausted_memory_is_survived);
    tcase_add_loop_test(tc, as_many_as_are_allowed_are_read_and_one_more_is_refused, 1, CERTS);
    tcase_add_loop_test(tc, damage_is_told_by_its_place, 0, DAMAGES);
    tcase_add_test(tc, no_cut_loses_a_certificate);
    tcase_add_test(tc, no_flipped_bit_loses_a_certificate);
    tcase_add_test(tc, what_people_put_around_them_is_passed_over);
    tcase_add_test(tc, a_key_without_its_end_hides_no_certificate);
    tcase_add_test(tc, der_is_one_certificate_and_not_a_byte_more);
    tcase_add_test(tc, a_file_without_any_is_no_empty_list);
    tcase_add_test(tc, no_anchor_moves);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(
        &(struct suite_options) { .name = "certs", .add = add, .load = load, .unload = unload });
}
