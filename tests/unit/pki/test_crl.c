/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation lists: the work for an entry is the same whatever the length of the list, which is
 * counted and not timed; the limit; the list that comes out, as OpenSSL reads it.
 */
#include "fault.h"
#include "suite.h"

#include "base/ossl.h"
#include "rotkit/crl.h"
#include "rotkit/publish.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

enum { NOW = 1767225600, DAY = 86400 };

static struct rk_err err;

/* Serial numbers of 1 to 4 octets, big-endian, and mixed: n times an odd number. */
static struct rk_crl_entry entry_of(uint32_t n)
{
    struct rk_crl_entry entry = { .revoked = NOW, .reason = RK_CRL_SUPERSEDED };
    uint32_t number = (n + 1) * 2654435761u;

    for (int shift = 24; shift >= 0; shift -= 8) {
        if (entry.serial_len != 0 || number >> shift != 0)
            entry.serial[entry.serial_len++] = (uint8_t)(number >> shift);
    }
    return entry;
}

static void fill(struct rk_crl *crl, uint32_t count, size_t *ret_moves)
{
    const struct rk_crl_entry *last = NULL;
    bool added;

    *ret_moves = 0;
    for (uint32_t n = 0; n < count; n++) {
        struct rk_crl_entry entry = entry_of(n);

        ck_assert_msg(rk_crl_add(crl, &entry, &added, &err) == RK_OK, "%s", err.msg);
        ck_assert(added);
        *ret_moves += crl->entry != last;
        last = crl->entry;
    }
}

/* A quadratic list looks at 5,000 entries for each of 10,000, at 50,000 for each of 100,000. */
START_TEST(each_entry_costs_the_same) /* _i: how many, in ten thousands */
{
    RK_AUTO(rk_crl_done) struct rk_crl crl = RK_CRL_NONE;
    uint32_t count = (uint32_t)_i * 10000;
    uint64_t before;
    size_t moves;
    bool added;

    fill(&crl, count, &moves);
    ck_assert_uint_eq(crl.count, count);
    ck_assert_uint_le(crl.looked_at, (uint64_t)6 * count);
    ck_assert_uint_le(moves, 20); /* each time to twice the room */
    before = crl.looked_at;
    for (uint32_t n = 0; n < count; n++) { /* all are found again */
        struct rk_crl_entry entry = entry_of(n);

        ck_assert_int_eq(rk_crl_add(&crl, &entry, &added, &err), RK_OK);
        ck_assert(!added);
    }
    ck_assert_uint_eq(crl.count, count);
    ck_assert_uint_le(crl.looked_at - before, (uint64_t)3 * count);
}
END_TEST

START_TEST(a_million_fit_and_one_more_is_refused)
{
    RK_AUTO(rk_crl_done) struct rk_crl crl = RK_CRL_NONE;
    struct rk_crl_entry more = entry_of(RK_CRL_ENTRIES_MAX), known = entry_of(7);
    bool added = true;
    size_t moves;

    ck_assert_int_eq(RK_CRL_ENTRIES_MAX, 1000000);
    fill(&crl, RK_CRL_ENTRIES_MAX, &moves);
    ck_assert_int_eq(rk_crl_add(&crl, &more, &added, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "the CRL is full: 1000000 certificates, as many as one may hold\n"
                              "  begin another issuing CA, and with it another CRL");
    ck_assert(!added);
    ck_assert_uint_eq(crl.count, RK_CRL_ENTRIES_MAX);
    ck_assert_int_eq(rk_crl_add(&crl, &known, &added, &err), RK_OK); /* as it is there */
    ck_assert(!added);
}
END_TEST

/* ---- issued and read ---- */

static rk_ctx *ctx;
static rk_ca *ca;
static rk_signer *key;

static void open_ca(void)
{
    static const char path[] = TEST_SCRATCH "/crl-ca.pem";
    const struct rk_ca_init init = { .key_type = "p256",
                                     .name = "Example",
                                     .not_before = NOW - DAY,
                                     .not_after_root = NOW + 2 * DAY,
                                     .not_after_issuing = NOW + DAY };
    struct rk_ca_files files = { .root_cert = RK_BYTES_NONE };
    EVP_PKEY *pkey;
    BIO *in;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_msg(rk_ca_make(ctx, &init, &files, &err) == RK_OK, "%s", err.msg);
    in = BIO_new_mem_buf(files.issuing_key.p, (int)files.issuing_key.len);
    pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(pkey);
    ck_assert_int_eq(rk_signer_from_pkey(ctx, pkey, &key, &err), RK_OK);
    ck_assert_int_eq(
        rk_file_write(path, RK_FILE_PUBLIC, files.issuing_cert.p, files.issuing_cert.len, &err),
        RK_OK);
    ck_assert_msg(rk_ca_open(ctx, path, key, NOW, &ca, &err) == RK_OK, "%s", err.msg);
    (void)unlink(path);
    EVP_PKEY_free(pkey);
    BIO_free(in);
    rk_ca_files_done(&files);
}

static void close_ca(void)
{
    rk_ca_free(ca);
    rk_signer_free(key);
    rk_ctx_free(ctx);
}

START_TEST(openssl_finds_every_entry_of_an_issued_list)
{
    enum { COUNT = 3000 };
    RK_AUTO(rk_crl_done) struct rk_crl crl = RK_CRL_NONE;
    RK_AUTO(rk_crl_done) struct rk_crl again = RK_CRL_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    const unsigned char *at;
    X509_CRL *read;
    size_t moves;

    open_ca();
    fill(&crl, COUNT, &moves);
    ck_assert_msg(rk_crl_issue(ctx, ca, &crl, NOW, NOW + DAY, &der, &err) == RK_OK, "%s", err.msg);
    at = der.p;
    read = d2i_X509_CRL(NULL, &at, (long)der.len);
    ck_assert_ptr_nonnull(read);
    ck_assert_int_eq(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(read)), COUNT);
    for (uint32_t n = 0; n < COUNT; n++) {
        struct rk_crl_entry entry = entry_of(n);
        BIGNUM *number = BN_bin2bn(entry.serial, (int)entry.serial_len, NULL);
        ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, NULL);
        X509_REVOKED *found = NULL;

        ck_assert_int_eq(X509_CRL_get0_by_serial(read, &found, serial), 1);
        ASN1_INTEGER_free(serial);
        BN_free(number);
        /* what was issued is not put out of order: an entry that is there stays found */
        ck_assert_mem_eq(crl.entry[n].serial, entry.serial, entry.serial_len);
    }
    ck_assert_msg(rk_crl_read(ca, der.p, der.len, &again, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(again.count, COUNT);
    ck_assert_uint_eq(again.number, crl.number + 1);
    X509_CRL_free(read);
    close_ca();
}
END_TEST

static enum rk_rc grow_body(void *arg)
{
    RK_AUTO(rk_crl_done) struct rk_crl crl = RK_CRL_NONE;
    struct rk_err e;
    bool added;

    (void)arg;
    for (uint32_t n = 0; n < 200; n++) {
        struct rk_crl_entry entry = entry_of(n);

        if (rk_crl_add(&crl, &entry, &added, &e))
            return e.rc;
    }
    return crl.count == 200 ? RK_OK : RK_E_INTERNAL;
}

START_TEST(exhausted_memory_is_survived)
{
    ck_assert_int_ge(fault_sweep(grow_body, NULL, 5000), 6); /* 64, 128, 256: two each */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, exhausted_memory_is_survived);
    tcase_add_loop_test(tc, each_entry_costs_the_same, 1, 2);
    tcase_add_loop_test(tc, each_entry_costs_the_same, 10, 11);
    tcase_add_test(tc, a_million_fit_and_one_more_is_refused);
    tcase_add_test(tc, openssl_finds_every_entry_of_an_issued_list);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "crl", .add = add });
}
