/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-encrypted: the golden byte for byte given its IV, fresh and derived IVs, wrong keys,
 * hostile headers, every cut, every flipped byte. Offsets are those of boot-images.md 1.3 and 5.0.
 */
#include "image.h"
#include "suite.h"

#include <openssl/evp.h>
#include <stdio.h>

#define GOLDEN BOOT "kernel/boot_userkey.enc"
#define PLAIN  BOOT "kernel/boot_signed.img"

enum {
    OUTER = 0x4,
    OUTER_FROM = 0x44,
    INNER = 0x50,
    SIGNATURE = 0x90,
    SIGNED = 0xfc0,
    COMPONENT = 0x1400,
    LENGTH = 0x1404,
    FLAGS = 0x141c,
    STRING = 0x1430,
    IV = 0x1444,
    TAG = 0x1450,
    DIGEST = 0x1460,
    HEADER = 0x2000,
};

static rk_ctx *ctx;
static struct rk_secret key = RK_SECRET_NONE;
static struct rk_request request;
static const struct rk_setting golden_settings[] = {
    { "derivation-string", "rotkit-test-0001" },
    { "iv", "a0a1a2a3a4a5a6a7a8a9aaab" },
};

static void use_key(size_t len)
{
    rk_secret_done(&key);
    ck_assert_int_eq(rk_secret_new(len, &key, &err), RK_OK);
    for (size_t i = 0; i < len; i++)
        key.p[i] = (uint8_t)i;
    request = (struct rk_request) { .ctx = ctx, .secret = &key };
    request.setting = golden_settings;
    request.setting_count = 1;
}

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    use_key(32);
}

static void unload(void)
{
    rk_secret_done(&key);
    rk_ctx_free(ctx);
}

static void rehash(struct rk_bytes *file)
{
    const struct {
        size_t from, to, into;
    } digests[] = { { HEADER, file->len, DIGEST },
                    { SIGNED, HEADER, INNER },
                    { OUTER_FROM, HEADER, OUTER } };

    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(EVP_Digest(file->p + digests[i].from, digests[i].to - digests[i].from,
                                    file->p + digests[i].into, NULL, EVP_sha512(), NULL),
                         1);
}

static enum rk_rc check(const struct rk_bytes *file)
{
    struct rk_request keyed = { .ctx = ctx, .secret = &key };

    return image_verify("kernel-encrypted", &keyed, file->p, file->len);
}

static struct rk_bytes encrypted(const void *plain, size_t len)
{
    struct rk_bytes made = RK_BYTES_NONE;

    ck_assert_msg(rk_format_encrypt("kernel-encrypted", &request, plain, len, &made, &err) == RK_OK,
                  "%s", err.msg);
    return made;
}

START_TEST(golden_is_made_byte_for_byte_given_its_iv)
{
    struct rk_bytes plain = image_read(PLAIN), want = image_read(GOLDEN), made;

    request.setting_count = 2;
    made = encrypted(plain.p, plain.len);
    ck_assert_uint_eq(made.len, want.len);
    ck_assert_mem_eq(made.p, want.p, want.len);
    ck_assert_msg(check(&want) == RK_OK, "%s", err.msg);
    rk_bytes_done(&made);
    rk_bytes_done(&plain);
    rk_bytes_done(&want);
}
END_TEST

START_TEST(golden_is_told_from_a_boot_image)
{
    struct rk_bytes golden = image_read(GOLDEN);
    struct rk_bytes boot = image_read(BOOT "tegra/bch_XXXX_64x22.bin");
    struct rk_map map = { .root = NULL };

    ck_assert_int_eq(rk_format_inspect(ctx, golden.p, golden.len, &map, &err), RK_OK);
    ck_assert_str_eq(map.format, "kernel-encrypted");
    rk_map_done(&map);
    memset(&map, 0, sizeof map);
    ck_assert_int_eq(rk_format_inspect(ctx, boot.p, boot.len, &map, &err), RK_OK);
    ck_assert_str_eq(map.format, "tegra-bch");
    rk_map_done(&map);
    rk_bytes_done(&golden);
    rk_bytes_done(&boot);
}
END_TEST

START_TEST(iv_is_fresh_each_time_or_derived_from_all_that_goes_in)
{
    static const struct rk_setting other[] = { { "derivation-string", "rotkit-test-0002" } };
    struct rk_bytes a = encrypted("kernel", 6), b = encrypted("kernel", 6), c, d, e;

    ck_assert(memcmp(a.p + IV, b.p + IV, 12) != 0);
    rk_bytes_done(&a);
    rk_bytes_done(&b);
    request.reproducible = true;
    a = encrypted("kernel", 6);
    b = encrypted("kernel", 6);
    c = encrypted("kernem", 6);
    request.setting = other;
    d = encrypted("kernel", 6);
    key.p[0] ^= 1;
    e = encrypted("kernel", 6);
    ck_assert_mem_eq(a.p, b.p, a.len);
    ck_assert(memcmp(a.p + IV, c.p + IV, 12) != 0);
    ck_assert(memcmp(a.p + IV, d.p + IV, 12) != 0);
    ck_assert(memcmp(d.p + IV, e.p + IV, 12) != 0);
    rk_bytes_done(&a);
    rk_bytes_done(&b);
    rk_bytes_done(&c);
    rk_bytes_done(&d);
    rk_bytes_done(&e);
}
END_TEST

START_TEST(padding_is_always_there) /* _i: bytes of plaintext */
{
    static const uint8_t plain[33] = { 7 };
    struct rk_bytes made = encrypted(plain, (size_t)_i);

    ck_assert_uint_eq(made.len, HEADER + ((size_t)_i / 16 + 1) * 16);
    ck_assert_msg(check(&made) == RK_OK, "%s", err.msg);
    rk_bytes_done(&made);
}
END_TEST

START_TEST(user_key_has_16_or_32_bytes) /* _i: bytes */
{
    struct rk_bytes made = RK_BYTES_NONE;
    enum rk_rc rc;

    use_key((size_t)_i);
    rc = rk_format_encrypt("kernel-encrypted", &request, (const uint8_t *)"x", 1, &made, &err);
    ck_assert_int_eq(rc, _i == 16 || _i == 32 ? RK_OK : RK_E_KEY);
    rk_bytes_done(&made);
}
END_TEST

START_TEST(another_key_is_told_and_none_asked_for)
{
    struct rk_bytes golden = image_read(GOLDEN);
    struct image_request pub;

    key.p[31] ^= 1;
    ck_assert_int_eq(check(&golden), RK_E_VERIFY);
    ck_assert_str_eq(err.msg,
                     "kernel-encrypted: the GCM tag at 0x1450 does not hold: another key, or "
                     "header bytes 0x1400 to 0x144f or the ciphertext are changed");
    image_request_open(&pub, BOOT "keys/p256.pem", BOOT "uefi/db.crt");
    ck_assert_int_eq(image_verify(NULL, &pub.verify, golden.p, golden.len), RK_E_UNKNOWN);
    ck_assert_str_eq(err.msg, "kernel-encrypted: could not be checked: GCM tag and the signature "
                              "inside: needs the encryption key: --key");
    image_request_done(&pub);
    rk_bytes_done(&golden);
}
END_TEST

/* 5.0: the tag covers [0x1400, 0x1450) and the ciphertext; the rest is held by digests alone. */
START_TEST(a_flip_with_digests_made_good_fails_exactly_where_the_tag_covers)
{
    struct rk_bytes file = encrypted("0123456789abcdef", 16);
    const struct {
        size_t from, to;
        bool either;
    } rows[] = {
        { 0, OUTER, true },               /* magic: no longer an image */
        { OUTER, OUTER_FROM, false },     /* 1.3: OuterDigest, made good */
        { OUTER_FROM, SIGNATURE, false }, /* 1.3: reserved, InnerDigest */
        { SIGNATURE, 0xba0, true },       /* 1.3: an OEM signature: no kernel payload */
        { 0xba0, COMPONENT, false },      /* 5.0: before the AAD */
        { DIGEST, 0x14a0, false },        /* 1.3: component digest, made good */
        { 0x14a0, 0x1aa0, false },        /* 5.0: behind tag and digest */
        { 0x1aa0, 0x1aa4, true },         /* 1.3: a stage 1 component: no kernel payload */
        { 0x1aa4, HEADER, false },
    };

    for (size_t i = 0; i < file.len; i++) {
        bool may = false, either = false;
        enum rk_rc rc;

        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            if (i >= rows[k].from && i < rows[k].to) {
                may = true;
                either = rows[k].either;
            }
        }
        file.p[i] ^= 0x01;
        rehash(&file);
        rc = check(&file);
        if (!may || either)
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: not noticed", i);
        else
            ck_assert_msg(rc == RK_OK, "0x%zx is not covered: %s", i, err.msg);
        if ((i < OUTER || i >= OUTER_FROM) && (i < INNER || i >= SIGNATURE) &&
            (i < DIGEST || i >= DIGEST + 64))
            file.p[i] ^= 0x01;
        rehash(&file);
    }
    ck_assert_int_eq(check(&file), RK_OK);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_and_every_flip_is_noticed_without_a_key)
{
    struct rk_bytes file = encrypted("0123456789abcdef", 16);
    struct rk_request keyless = { .ctx = ctx };

    for (size_t len = 0; len < file.len; len++)
        ck_assert_int_eq(image_verify("kernel-encrypted", &keyless, file.p, len), RK_E_FORMAT);
    image_flip("kernel-encrypted", &keyless, &file, NULL, 0);
    rk_bytes_done(&file);
}
END_TEST

static const struct {
    size_t at;
    uint64_t value;
    const char *wanted;
} hostile[] = {
    { LENGTH, 0,
      "length at 0x1404 is 0, expected a multiple of 16 within the 32 bytes that "
      "follow the header" },
    { LENGTH, 17,
      "length at 0x1404 is 17, expected a multiple of 16 within the 32 bytes that "
      "follow the header" },
    { LENGTH, 48,
      "length at 0x1404 is 48, expected a multiple of 16 within the 32 bytes that "
      "follow the header" },
    { LENGTH, 0xfffffff0,
      "length at 0x1404 is 4294967280, expected a multiple of 16 within the 32 bytes that follow "
      "the header" },
    { FLAGS, 0, "no NVDA header marked as encrypted by a user key" },
    { DIGEST, 0, "the component's digest does not hold: SHA-512 of [0x2000, 0x2020)" },
};

START_TEST(hostile_header_is_refused_with_its_fault) /* _i: which */
{
    struct rk_bytes file = encrypted("0123456789abcdef", 16);
    char wanted[200];

    image_put_le(file.p + hostile[_i].at, 4, hostile[_i].value);
    ck_assert_int_eq(
        EVP_Digest(file.p + SIGNED, HEADER - SIGNED, file.p + INNER, NULL, EVP_sha512(), NULL), 1);
    ck_assert_int_eq(EVP_Digest(file.p + OUTER_FROM, HEADER - OUTER_FROM, file.p + OUTER, NULL,
                                EVP_sha512(), NULL),
                     1);
    ck_assert(check(&file) != RK_OK);
    (void)snprintf(wanted, sizeof wanted, "kernel-encrypted: %s", hostile[_i].wanted);
    ck_assert_str_eq(err.msg, wanted);
    rk_bytes_done(&file);
}
END_TEST

/*
 * The derivation string is 16 raw bytes. This file: plaintext "k", key 00..1f, string "ab" and 14
 * zeros, version 0x01020304, IV 12 zeros; key and ciphertext by `openssl kdf` (KBKDF) and
 * Python's cryptography.
 */
START_TEST(zero_bytes_in_the_derivation_string_are_part_of_it)
{
    static const uint8_t known[32] = { 0x65, 0x87, 0x5b, 0x2d, 0x0a, 0xf1, 0x58, 0x3b,
                                       0xec, 0xea, 0x09, 0x9f, 0x00, 0x68, 0x95, 0x22,
                                       0x62, 0x04, 0xdd, 0x8e, 0xac, 0x89, 0x76, 0x64,
                                       0xe2, 0xae, 0x0b, 0xb1, 0x50, 0xb8, 0xcc, 0x28 };
    struct rk_bytes file = encrypted("k", 1);

    memset(file.p + COMPONENT, 0, 0xa0);
    image_put_le(file.p + LENGTH, 4, 16);
    image_put_le(file.p + 0x1410, 4, 0x01020304);
    image_put_le(file.p + FLAGS, 4, 1 << 26);
    memcpy(file.p + STRING, "ab", 2);
    memcpy(file.p + TAG, known, 16);
    memcpy(file.p + HEADER, known + 16, 16);
    rehash(&file);
    ck_assert_msg(check(&file) == RK_OK, "%s", err.msg);
    file.p[STRING + 15] = 1;
    rehash(&file);
    ck_assert_int_eq(check(&file), RK_E_VERIFY);
    rk_bytes_done(&file);
}
END_TEST

static const struct {
    const char *name, *value, *wanted;
} bad_settings[] = {
    { "derivation-string", "short", "setting \"derivation-string\": expected 16 characters" },
    { "derivation-string", NULL, "setting \"derivation-string\": expected 16 characters" },
    { "magic", "KERNEL", "setting \"magic\": expected four characters" },
};

START_TEST(settings_that_make_no_sense_are_refused) /* _i: which */
{
    const struct rk_setting set[] = { { bad_settings[_i].name, bad_settings[_i].value },
                                      golden_settings[0] };
    struct rk_bytes made = RK_BYTES_NONE;
    char wanted[200];

    request.setting = set;
    request.setting_count = set[0].value == NULL ? 0 : _i < 2 ? 1 : 2;
    ck_assert_int_eq(
        rk_format_encrypt("kernel-encrypted", &request, (const uint8_t *)"x", 1, &made, &err),
        RK_E_USAGE);
    (void)snprintf(wanted, sizeof wanted, "encrypt kernel-encrypted: %s", bad_settings[_i].wanted);
    ck_assert_str_eq(err.msg, wanted);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, golden_is_made_byte_for_byte_given_its_iv);
    tcase_add_test(tc, golden_is_told_from_a_boot_image);
    tcase_add_test(tc, iv_is_fresh_each_time_or_derived_from_all_that_goes_in);
    tcase_add_loop_test(tc, padding_is_always_there, 1, 33);
    tcase_add_loop_test(tc, user_key_has_16_or_32_bytes, 1, 35);
    tcase_add_test(tc, another_key_is_told_and_none_asked_for);
    tcase_add_test(tc, a_flip_with_digests_made_good_fails_exactly_where_the_tag_covers);
    tcase_add_test(tc, every_cut_and_every_flip_is_noticed_without_a_key);
    tcase_add_loop_test(tc, hostile_header_is_refused_with_its_fault, 0,
                        (int)(sizeof hostile / sizeof hostile[0]));
    tcase_add_test(tc, zero_bytes_in_the_derivation_string_are_part_of_it);
    tcase_add_loop_test(tc, settings_that_make_no_sense_are_refused, 0, 3);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "kernel_encrypted", .add = add, .load = load, .unload = unload });
}
