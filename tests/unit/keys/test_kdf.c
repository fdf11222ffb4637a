/* SPDX-License-Identifier: Apache-2.0 */
/* MACs and key derivations against published answers. */
#include "rotkit/hex.h"
#include "rotkit/mac.h"

#include "fault.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static rk_ctx *ctx;
static struct rk_err err;

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static void unload(void)
{
    rk_ctx_free(ctx);
}

static void secret_from(const char *hex, struct rk_secret *ret)
{
    ck_assert_int_eq(rk_secret_from_hex(hex, strlen(hex), strlen(hex) / 2, ret, &err), RK_OK);
}

static void is_hex(const struct rk_secret *got, const char *want)
{
    char text[257];

    rk_hex_write(got->p, got->len, text);
    ck_assert_str_eq(text, want);
}

static const struct {
    enum rk_mac_alg alg;
    const char *key, *msg, *want, *source;
} macs[] = {
    { RK_MAC_AES_CMAC, "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
      "070a16b46b4d4144f79bdd9dd04a287c", "RFC 4493, example 2" },
    { RK_MAC_AES_CMAC, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      "6bc1bee22e409f96e93d7e117393172a", "28a7023f452e8f82bd4bf28d8c37c35c", "SP 800-38B, D.3" },
    { RK_MAC_HMAC_SHA256, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "RFC 4231, case 2" },
};

START_TEST(macs_agree_with_the_published_answers)
{
    struct rk_secret key = RK_SECRET_NONE, msg = RK_SECRET_NONE, got = RK_SECRET_NONE;
    rk_mac *mac = NULL;

    secret_from(macs[_i].key, &key);
    secret_from(macs[_i].msg, &msg);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &mac, &err), RK_OK);
    ck_assert_int_eq(rk_mac_compute(mac, macs[_i].alg, msg.p, msg.len, &got, &err), RK_OK);
    is_hex(&got, macs[_i].want);
    rk_mac_free(mac);
    rk_secret_done(&key);
    rk_secret_done(&msg);
    rk_secret_done(&got);
}
END_TEST

/* FIPS 197, C.3 */
START_TEST(one_aes_block)
{
    struct rk_secret key = RK_SECRET_NONE, in = RK_SECRET_NONE, got = RK_SECRET_NONE;
    rk_mac *mac = NULL;

    secret_from("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", &key);
    secret_from("00112233445566778899aabbccddeeff", &in);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &mac, &err), RK_OK);
    ck_assert_int_eq(rk_mac_aes_block(mac, in.p, &got, &err), RK_OK);
    is_hex(&got, "8ea2b7ca516745bfeafc49904b496089");
    rk_mac_free(mac);
    rk_secret_done(&key);
    rk_secret_done(&in);
    rk_secret_done(&got);
}
END_TEST

/* RFC 5869, A.1 and A.3 (no salt is a salt of zeros) */
START_TEST(hkdf_agrees_with_rfc_5869)
{
    struct rk_secret ikm = RK_SECRET_NONE, salt = RK_SECRET_NONE, info = RK_SECRET_NONE,
                     got = RK_SECRET_NONE;
    static const uint8_t zero[1];

    secret_from("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", &ikm);
    secret_from("000102030405060708090a0b0c", &salt);
    secret_from("f0f1f2f3f4f5f6f7f8f9", &info);
    ck_assert_int_eq(rk_hkdf_sha256(ctx, salt.p, salt.len, &ikm, info.p, info.len, 42, &got, &err),
                     RK_OK);
    is_hex(&got,
           "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    rk_secret_done(&got);
    for (size_t salt_len = 0; salt_len < 2; salt_len++) {
        ck_assert_int_eq(rk_hkdf_sha256(ctx, zero, salt_len, &ikm, "", 0, 42, &got, &err), RK_OK);
        is_hex(
            &got,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
        rk_secret_done(&got);
    }
    rk_secret_done(&ikm);
    rk_secret_done(&salt);
    rk_secret_done(&info);
}
END_TEST

/* SP 800-108 by hand: one HMAC over counter | label | 00 | context | length, judged by `openssl
 * kdf`:
 * openssl kdf -keylen 40 -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt mode:COUNTER \
 *   -kdfopt hexkey:0b..0b(32) -kdfopt salt:label -kdfopt info:context KBKDF */
START_TEST(kdf108_agrees_with_openssls_kbkdf)
{
    struct rk_secret key = RK_SECRET_NONE, got = RK_SECRET_NONE;
    rk_mac *mac = NULL;
    const struct rk_kdf108 kdf = { .alg = RK_MAC_HMAC_SHA256,
                                   .counter_bits = 32,
                                   .label = "label",
                                   .context = (const uint8_t *)"context",
                                   .context_len = 7,
                                   .out_len = 40 };

    secret_from("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", &key);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &mac, &err), RK_OK);
    ck_assert_int_eq(rk_kdf108(mac, &kdf, &got, &err), RK_OK);
    is_hex(&got,
           "6a965f5d05abd624c61b7189340864da6dbc8d7d5760e5667e11a3edae0a39b5d1700ab39696bdd8");
    rk_mac_free(mac);
    rk_secret_done(&key);
    rk_secret_done(&got);
}
END_TEST

/* Counter of 8 bits over CMAC, two blocks and a half. By openssl, block by block:
 * printf '\1label\0context\0\0\1\100' | openssl mac -cipher AES-128-CBC -macopt hexkey:0b..0b CMAC
 */
START_TEST(kdf108_over_cmac_agrees_with_openssls_mac)
{
    struct rk_secret key = RK_SECRET_NONE, got = RK_SECRET_NONE;
    rk_mac *mac = NULL;
    const struct rk_kdf108 kdf = { .alg = RK_MAC_AES_CMAC,
                                   .counter_bits = 8,
                                   .label = "label",
                                   .context = (const uint8_t *)"context",
                                   .context_len = 7,
                                   .out_len = 40 };

    secret_from("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", &key);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &mac, &err), RK_OK);
    ck_assert_int_eq(rk_kdf108(mac, &kdf, &got, &err), RK_OK);
    is_hex(&got,
           "947a14fbdefec43ee1fcd20b0bc57b51693a1adf8420f8ed3ccb65dbd697564ea40140d85e8c5da6");
    rk_mac_free(mac);
    rk_secret_done(&key);
    rk_secret_done(&got);
}
END_TEST

/* The longest output, and the first that is refused. */
START_TEST(derivations_end_at_255_bytes)
{
    static const uint8_t long_context[1100];
    struct rk_secret key = RK_SECRET_NONE, got = RK_SECRET_NONE;
    struct rk_kdf108 kdf = {
        .alg = RK_MAC_HMAC_SHA256, .counter_bits = 8, .label = "x", .out_len = 255
    };
    rk_mac *mac = NULL;

    secret_from("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", &key);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &mac, &err), RK_OK);
    ck_assert_int_eq(rk_kdf108(mac, &kdf, &got, &err), RK_OK);
    ck_assert_uint_eq(got.len, 255);
    rk_secret_done(&got);
    kdf.out_len = 256;
    ck_assert_int_eq(rk_kdf108(mac, &kdf, &got, &err), RK_E_INTERNAL);
    ck_assert_str_eq(err.msg, "key derivation: 256 bytes with a counter of 8 bits");
    kdf.out_len = 16;
    kdf.counter_bits = 16;
    ck_assert_int_eq(rk_kdf108(mac, &kdf, &got, &err), RK_E_INTERNAL);
    ck_assert_str_eq(err.msg, "key derivation: 16 bytes with a counter of 16 bits");
    kdf.counter_bits = 32;
    kdf.context = long_context;
    kdf.context_len = sizeof long_context;
    ck_assert_int_eq(rk_kdf108(mac, &kdf, &got, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "key derivation: label and context are too long");
    ck_assert_int_eq(rk_hkdf_sha256(ctx, NULL, 0, &key, "", 0, 256, &got, &err), RK_E_INTERNAL);
    ck_assert_str_eq(err.msg, "key derivation: 256 bytes");
    ck_assert_ptr_null(got.p);
    rk_mac_free(mac);
    rk_secret_done(&key);
}
END_TEST

START_TEST(aes_takes_keys_of_16_or_32_bytes)
{
    static const uint8_t block[16];
    struct rk_secret key = RK_SECRET_NONE, got = RK_SECRET_NONE;
    rk_mac *mac = NULL;

    ck_assert_int_eq(rk_secret_new((size_t)_i, &key, &err), RK_OK);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &mac, &err), RK_OK);
    enum rk_rc want = _i == 16 || _i == 32 ? RK_OK : RK_E_USAGE;
    char message[64];
    snprintf(message, sizeof message, "AES key of %d byte%s, expected 16 or 32", _i,
             _i == 1 ? "" : "s");
    ck_assert_int_eq(rk_mac_compute(mac, RK_MAC_AES_CMAC, block, 16, &got, &err), want);
    ck_assert(want == RK_OK || strcmp(err.msg, message) == 0);
    rk_secret_done(&got);
    ck_assert_int_eq(rk_mac_aes_block(mac, block, &got, &err), want);
    ck_assert(want == RK_OK || strcmp(err.msg, message) == 0);
    rk_secret_done(&got);
    rk_mac_free(mac);
    rk_secret_done(&key);
}
END_TEST

/* 64 bytes as well as 16: the length is the caller's. */
START_TEST(a_key_of_any_length_comes_from_the_environment)
{
    struct rk_secret got = RK_SECRET_NONE;
    size_t len = (size_t)_i;
    char text[2 * 96 + 1], message[128];

    memset(text, 'a', 2 * len);
    text[2 * len] = 0;
    ck_assert_int_eq(setenv("ROTKIT_KEY", text, 1), 0);
    ck_assert_msg(rk_secret_read("env:ROTKIT_KEY", len, &got, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(got.len, len);
    ck_assert(got.p[len - 1] == 0xaa);
    rk_secret_done(&got);
    ck_assert_int_eq(rk_secret_read("env:ROTKIT_KEY", len + 1, &got, &err), RK_E_USAGE);
    snprintf(message, sizeof message,
             "environment variable \"ROTKIT_KEY\": %zu byte%s, expected %zu", len,
             len == 1 ? "" : "s", len + 1);
    ck_assert_str_eq(err.msg, message);
    ck_assert_ptr_null(got.p);
}
END_TEST

static enum rk_rc derive(void *arg)
{
    const struct rk_secret *ikm = arg;
    struct rk_secret one = RK_SECRET_NONE, two = RK_SECRET_NONE;
    const struct rk_kdf108 kdf = {
        .alg = RK_MAC_HMAC_SHA256, .counter_bits = 32, .label = "x", .out_len = 40
    };
    struct rk_err mine;
    rk_mac *mac = NULL;
    enum rk_rc rc = rk_mac_from_secret(ctx, ikm, &mac, &mine);

    rc = rc == RK_OK ? rk_kdf108(mac, &kdf, &one, &mine) : rc;
    rc = rc == RK_OK ? rk_hkdf_sha256(ctx, NULL, 0, ikm, "", 0, 42, &two, &mine) : rc;
    if (rc != RK_OK && rc != RK_E_INTERNAL &&
        (rc != RK_E_NOMEM || strstr(mine.msg, "out of memory") == NULL))
        rc = RK_E_IO; /* neither ours saying what it is, nor a failure of OpenSSL's own */
    rk_secret_done(&one);
    rk_secret_done(&two);
    rk_mac_free(mac);
    return rc;
}

START_TEST(every_failing_allocation_is_survived)
{
    struct rk_secret ikm = RK_SECRET_NONE;

    secret_from("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", &ikm);
    /* Once without: OpenSSL 3.0 itself crashes when memory fails in the first fetch of a method. */
    ck_assert_int_eq(derive(&ikm), RK_OK);
    ck_assert_int_gt(fault_sweep(derive, &ikm, 1000), 10);
    rk_secret_done(&ikm);
}
END_TEST

static const struct {
    const char *uri;
    enum rk_rc rc;
    const char *message;
} bad[] = {
    { "env:ROTKIT_NO_SUCH", RK_E_KEY, "environment variable \"ROTKIT_NO_SUCH\" is not set" },
    { "env:ROTKIT_SHORT", RK_E_USAGE,
      "environment variable \"ROTKIT_SHORT\": 4 bytes, expected 16 or 32" },
    { "pkcs11:object=x?module-path=/no/such.so", RK_E_KEY,
      "PKCS #11 module \"/no/such.so\": No such file or directory" },
    { "helper:/x?public=y", RK_E_USAGE, "a key behind a helper (\"helper:\") is no symmetric key" },
    { "file:/no/such", RK_E_IO, "cannot open \"/no/such\": No such file or directory" },
    { "/no/such", RK_E_IO, "cannot open \"/no/such\": No such file or directory" },
};

START_TEST(a_key_that_cannot_be_had_is_refused)
{
    rk_mac *mac = NULL;

    ck_assert_int_eq(setenv("ROTKIT_SHORT", "00112233", 1), 0);
    ck_assert_int_eq(rk_mac_open(ctx, bad[_i].uri, 0, &mac, &err), bad[_i].rc);
    ck_assert_str_eq(err.msg, bad[_i].message);
    ck_assert_ptr_null(mac);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, macs_agree_with_the_published_answers, 0, 3);
    tcase_add_test(tc, one_aes_block);
    tcase_add_test(tc, hkdf_agrees_with_rfc_5869);
    tcase_add_test(tc, kdf108_agrees_with_openssls_kbkdf);
    tcase_add_test(tc, kdf108_over_cmac_agrees_with_openssls_mac);
    tcase_add_test(tc, derivations_end_at_255_bytes);
    tcase_add_loop_test(tc, aes_takes_keys_of_16_or_32_bytes, 0, 34);
    tcase_add_loop_test(tc, a_key_of_any_length_comes_from_the_environment, 1, 95);
    tcase_add_test(tc, every_failing_allocation_is_survived);
    tcase_add_loop_test(tc, a_key_that_cannot_be_had_is_refused, 0, 5);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(
        &(struct suite_options) { .name = "kdf", .add = add, .load = load, .unload = unload });
}
