/* SPDX-License-Identifier: Apache-2.0 */
/* MACs and key derivations against published answers. */
#include "ftpmprov/hex.h"
#include "ftpmprov/mac.h"

#include "suite.h"

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
    ck_assert_int_eq(rk_hkdf_sha256(ctx, zero, 1, &ikm, "", 0, 42, &got, &err), RK_OK);
    is_hex(&got,
           "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    rk_secret_done(&got);
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

static const struct {
    const char *uri;
    enum rk_rc rc;
    const char *message;
} bad[] = {
    { "env:ROTKIT_NO_SUCH", RK_E_KEY, "environment variable \"ROTKIT_NO_SUCH\" is not set" },
    { "env:ROTKIT_SHORT", RK_E_USAGE,
      "environment variable \"ROTKIT_SHORT\": 4 bytes, expected 16 or 32" },
    { "pkcs11:object=x", RK_E_USAGE, "symmetric keys come from a file or env: in this version" },
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
    tcase_add_loop_test(tc, a_key_that_cannot_be_had_is_refused, 0, 5);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "kdf", .add = add, .load = load, .unload = unload });
}
