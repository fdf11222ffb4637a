/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many certificates a format takes, as its row says: all of them at the limit, none in silence
 * above. What was taken is counted in the bytes made, by the certificate's DER as OpenSSL writes
 * it.
 */
#include "image.h"
#include "suite.h"

#include "rotkit/format_row.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>

/* Named in lib/tables alone. */
extern const struct rk_format rk_format_corim, rk_format_kernel_cms, rk_format_uefi_auth,
    rk_format_uefi_dtb, rk_format_uefi_keys_dtbo, rk_format_uefi_pe;

enum { TREE_MAX = 1024 };

static struct image_request request;
static struct rk_bytes other, other_der; /* a certificate that is not the signer's */

/* A small one: the kernel's signature has a page for all of its chain. */
static X509 *make_certificate(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *cert = X509_new();

    ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
    ck_assert_int_eq(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                                (const unsigned char *)"other", -1, -1, 0),
                     1);
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(cert), 86400));
    ck_assert_int_gt(X509_sign(cert, key, NULL), 0);
    EVP_PKEY_free(key);
    return cert;
}

static void load(void)
{
    BIO *out = BIO_new(BIO_s_mem());
    X509 *cert = make_certificate();
    unsigned char *der = NULL;
    char *text = NULL;
    long text_len;
    int len = i2d_X509(cert, &der);

    image_request_open(&request, BOOT "keys/db.key", BOOT "uefi/db.crt");
    request.sign.now = 1767225600;
    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(PEM_write_bio_X509(out, cert), 1);
    ck_assert_int_eq(rk_bytes_copy(der, (size_t)len, &other_der, &err), RK_OK);
    text_len = BIO_get_mem_data(out, &text);
    ck_assert_int_eq(rk_bytes_copy(text, (size_t)text_len, &other, &err), RK_OK);
    OPENSSL_free(der);
    X509_free(cert);
    BIO_free(out);
}

static void unload(void)
{
    rk_bytes_done(&other);
    rk_bytes_done(&other_der);
    image_request_done(&request);
}

/* `first`, and the other one `count` times. */
static struct rk_bytes repeat(const struct rk_bytes *first, size_t count)
{
    struct rk_bytes made = RK_BYTES_NONE;
    uint8_t *at;

    ck_assert_int_eq(rk_bytes_new(first->len + count * other.len, &made, &err), RK_OK);
    at = made.p;
    if (first->len != 0)
        memcpy(at, first->p, first->len);
    at += first->len;
    for (size_t i = 0; i < count; i++, at += other.len)
        memcpy(at, other.p, other.len);
    return made;
}

static size_t count_in(const struct rk_bytes *made)
{
    size_t count = 0;

    for (size_t at = 0; at + other_der.len <= made->len; at++)
        count += memcmp(made->p + at, other_der.p, other_der.len) == 0;
    return count;
}

static void check_refusal(size_t max)
{
    char wanted[80];

    (void)snprintf(wanted, sizeof wanted, "one too many, at most %zu may stand there", max);
    ck_assert_msg(strstr(err.msg, wanted) != NULL, "%s", err.msg);
    (void)snprintf(wanted, sizeof wanted, "certificate %zu, line ", max + 1);
    ck_assert_msg(strstr(err.msg, wanted) != NULL, "%s", err.msg);
}

/* ---- parts ---- */

static const struct {
    const struct rk_format *format;
    const char *part;
    size_t max; /* UEFI's lists as we read them; boot-images.md 3.2 */
} packed[] = {
    { &rk_format_uefi_auth, "cert", 256 },
    { &rk_format_uefi_keys_dtbo, "db", 256 },
    { &rk_format_uefi_dtb, "cert", 32 },
};
enum { PACKED = sizeof packed / sizeof packed[0] };

static enum rk_rc pack(size_t row, size_t count, size_t parts, struct rk_bytes *ret)
{
    static const struct rk_bytes none;
    struct rk_bytes file = repeat(&none, count), pk = image_read(BOOT "uefi/PK.esl"),
                    kek = image_read(BOOT "uefi/KEK.esl");
    uint8_t tree[TREE_MAX];
    struct rk_input part[5];
    struct rk_request build = { .ctx = request.ctx, .part = part };
    enum rk_rc rc;

    ck_assert_int_eq(fdt_create_empty_tree(tree, sizeof tree), 0);
    if (packed[row].format == &rk_format_uefi_keys_dtbo) {
        part[build.part_count++] = (struct rk_input) { "PK", pk.p, pk.len };
        part[build.part_count++] = (struct rk_input) { "KEK", kek.p, kek.len };
    } else if (packed[row].format == &rk_format_uefi_dtb)
        part[build.part_count++] = (struct rk_input) { "dtb", tree, fdt_totalsize(tree) };
    for (size_t i = 0; i < parts; i++)
        part[build.part_count++] = (struct rk_input) { packed[row].part, file.p, file.len };
    rc = rk_format_build(packed[row].format->name, &build, ret, &err);
    rk_bytes_done(&file);
    rk_bytes_done(&pk);
    rk_bytes_done(&kek);
    return rc;
}

START_TEST(a_part_holds_as_many_as_the_row_says) /* _i: a row */
{
    size_t max = packed[_i].format->part_certs_max;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes seventeen = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes more = RK_BYTES_NONE;

    ck_assert_uint_eq(max, packed[_i].max);
    ck_assert_msg(pack((size_t)_i, 17, 1, &seventeen) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(count_in(&seventeen), 17);
    ck_assert_msg(pack((size_t)_i, max, 1, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(count_in(&made), max);
    ck_assert_int_eq(pack((size_t)_i, max + 1, 1, &more), RK_E_FORMAT);
    ck_assert_ptr_null(more.p);
    check_refusal(max);
}
END_TEST

/* What two parts hold together is limited by the file that is made. */
START_TEST(parts_together_hold_no_more) /* _i: a row */
{
    size_t half = packed[_i].format->part_certs_max / 2;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes more = RK_BYTES_NONE;

    ck_assert_msg(pack((size_t)_i, half, 2, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(count_in(&made), 2 * half);
    ck_assert_int_ne(pack((size_t)_i, half + 1, 2, &more), RK_OK);
    ck_assert_ptr_null(more.p);
    ck_assert_msg(strstr(err.msg, "more than ") != NULL, "%s", err.msg);
}
END_TEST

/* ---- the signer's chain ---- */

static const struct {
    const struct rk_format *format;
    const char *file;
    struct rk_setting setting;
} signing[] = {
    { &rk_format_uefi_auth, BOOT "uefi/db.esl", { "variable", "db" } },
    { &rk_format_uefi_pe, BOOT "uefi/min_aarch64.efi", { NULL, NULL } },
    { &rk_format_kernel_cms, BOOT "kernel/boot.img", { NULL, NULL } },
    { &rk_format_corim, TEST_DATA "/vectors/corim/unsigned.cbor", { NULL, NULL } },
};
enum { SIGNING = sizeof signing / sizeof signing[0] };

static enum rk_rc sign(size_t row, size_t chain, struct rk_bytes *ret)
{
    struct rk_bytes cert = repeat(&request.cert, chain - 1), file = image_read(signing[row].file);
    enum rk_rc rc;

    request.sign.cert = &cert;
    request.sign.setting = &signing[row].setting;
    request.sign.setting_count = signing[row].setting.name == NULL ? 0 : 1;
    rc = rk_format_sign(signing[row].format->name, &request.sign, &request.signer, file.p, file.len,
                        ret, &err);
    rk_bytes_done(&cert);
    rk_bytes_done(&file);
    return rc;
}

START_TEST(a_chain_is_signed_with_whole_or_not_at_all) /* _i: a row */
{
    size_t max = signing[_i].format->chain_max;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes more = RK_BYTES_NONE;

    ck_assert_uint_eq(max, 8);
    ck_assert_msg(sign((size_t)_i, max, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(count_in(&made), max - 1);
    ck_assert_int_eq(sign((size_t)_i, max + 1, &more), RK_E_FORMAT);
    ck_assert_ptr_null(more.p);
    check_refusal(max);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_part_holds_as_many_as_the_row_says, 0, PACKED);
    tcase_add_loop_test(tc, parts_together_hold_no_more, 0, PACKED);
    tcase_add_loop_test(tc, a_chain_is_signed_with_whole_or_not_at_all, 0, SIGNING);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "cert_limits", .add = add, .load = load, .unload = unload });
}
