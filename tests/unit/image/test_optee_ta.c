/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optee-ta: the goldens hold (OP-TEE's sign_encrypt.py made them) and are made again, hostile
 * headers, every cut, every flipped byte. Offsets are those of boot-images.md 5.2 with RSA-2048.
 */
#include "image.h"
#include "suite.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#define SIGNED    BOOT "optee/ta_signed.ta"
#define PKCS1     BOOT "optee/ta_signed_pkcs1.ta"
#define ENCRYPTED BOOT "optee/ta_encrypted.ta"
#define ELF       BOOT "inputs/ta.elf"

enum {
    IMG_TYPE = 0x04,
    IMG_SIZE = 0x08,
    ALGO = 0x0c,
    HASH_SIZE = 0x10,
    SIG_SIZE = 0x12,
    HASH = 0x14,
    SIG = 0x34,
    UUID = 0x134,
    VERSION = 0x144,
    ENC_ALGO = 0x148,
    FLAGS = 0x14c,
    IV_SIZE = 0x150,
    TAG_SIZE = 0x152,
    IV = 0x154,
    TAG = 0x160,
    CIPHERTEXT = 0x170,
};

/* OP-TEE's public default key; vectors/boot/README.md. */
static const uint8_t default_key[32] = { 0xb6, 0x4d, 0x23, 0x9b, 0x1f, 0x3c, 0x7d, 0x3b,
                                         0x06, 0x50, 0x62, 0x29, 0xcd, 0x8f, 0xf7, 0xc8,
                                         0xaf, 0x2b, 0xb4, 0xdb, 0x21, 0x68, 0x62, 0x1a,
                                         0xc6, 0x2c, 0x84, 0x94, 0x84, 0x68, 0xc4, 0xf4 };

static struct image_request request;
static struct rk_secret secret = RK_SECRET_NONE;

static void load(void)
{
    image_request_open(&request, BOOT "keys/rsa2048.pem", NULL);
    ck_assert_int_eq(rk_secret_copy(default_key, sizeof default_key, &secret, &err), RK_OK);
}

static void unload(void)
{
    rk_secret_done(&secret);
    image_request_done(&request);
}

static struct rk_bytes pack(const char *version)
{
    struct rk_setting settings[] = { { "uuid", "8aaaf200-2450-11e4-abe2-0002a5d5c51b" },
                                     { "version", version } };
    struct rk_bytes elf = image_read(ELF), made = RK_BYTES_NONE;
    struct rk_input part = { "elf", elf.p, elf.len };
    struct rk_request build = { .ctx = request.ctx, .part = &part, .part_count = 1 };

    build.setting = settings;
    build.setting_count = 2;
    ck_assert_msg(rk_format_build("optee-ta", &build, &made, &err) == RK_OK, "%s", err.msg);
    rk_bytes_done(&elf);
    return made;
}

static struct rk_bytes sign(const struct rk_bytes *file, const char *algo)
{
    struct rk_setting setting = { "algo", algo };
    struct rk_bytes made = RK_BYTES_NONE;
    struct rk_request how = request.sign;

    how.setting = &setting;
    how.setting_count = 1;
    ck_assert_msg(
        rk_format_sign("optee-ta", &how, &request.signer, file->p, file->len, &made, &err) == RK_OK,
        "%s", err.msg);
    return made;
}

static struct rk_bytes encrypt(const struct rk_bytes *file, const char *level, const char *iv)
{
    struct rk_setting settings[] = { { "enc-key", level }, { "iv", iv } };
    struct rk_bytes made = RK_BYTES_NONE;
    struct rk_request how = { .ctx = request.ctx, .secret = &secret, .setting = settings };

    how.setting_count = iv == NULL ? 1 : 2;
    ck_assert_msg(rk_format_encrypt("optee-ta", &how, file->p, file->len, &made, &err) == RK_OK,
                  "%s", err.msg);
    return made;
}

START_TEST(goldens_hold_under_their_key_and_no_other) /* loop test: _i is the golden */
{
    static const char *const goldens[] = { SIGNED, PKCS1, ENCRYPTED };
    struct rk_bytes file = image_read(goldens[_i]);
    struct image_request other;

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) ==
                      (_i == 2 ? RK_E_UNKNOWN : RK_OK),
                  "%s", err.msg);
    if (_i == 2)
        ck_assert_str_eq(err.msg, "optee-ta: could not be checked: hash and GCM tag: needs the "
                                  "encryption key: --key");
    request.verify.secret = &secret;
    /* A key that opens nothing is refused. */
    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) ==
                      (_i == 2 ? RK_OK : RK_E_USAGE),
                  "%s", err.msg);
    image_request_open(&other, BOOT "keys/tw.pem", NULL);
    ck_assert_int_eq(image_verify(NULL, &other.verify, file.p, file.len), RK_E_VERIFY);
    image_request_done(&other);
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 5.2: SHA-256 over all but hash and signature; PSS with a salt of 32. */
START_TEST(openssl_alone_holds_what_we_sign)
{
    struct rk_bytes file = pack("7"), made = sign(&file, "rsa-pss-sha256");
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;

    ck_assert_int_eq(EVP_DigestVerifyInit(md, &key, EVP_sha256(), NULL, request.key.pub), 1);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 0);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, 32), 0);
    ck_assert_int_eq(EVP_DigestVerifyUpdate(md, made.p, HASH), 1);
    ck_assert_int_eq(EVP_DigestVerifyUpdate(md, made.p + UUID, made.len - UUID), 1);
    ck_assert_int_eq(EVP_DigestVerifyFinal(md, made.p + SIG, UUID - SIG), 1);
    EVP_MD_CTX_free(md);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(goldens_are_made_again)
{
    struct rk_bytes pkcs1 = image_read(PKCS1), pss = image_read(SIGNED);
    struct rk_bytes file = pack("5"), made = sign(&file, "rsa-pkcs1-sha256");

    ck_assert_uint_eq(made.len, pkcs1.len);
    ck_assert_mem_eq(made.p, pkcs1.p, made.len);
    rk_bytes_done(&made);
    made = sign(&file, "rsa-pss-sha256");
    ck_assert_uint_eq(made.len, pss.len);
    ck_assert_mem_eq(made.p, pss.p, SIG);
    ck_assert_mem_eq(made.p + UUID, pss.p + UUID, made.len - UUID);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
    rk_bytes_done(&pss);
    rk_bytes_done(&pkcs1);
}
END_TEST

START_TEST(encrypted_golden_is_made_again_but_for_its_signature)
{
    struct rk_bytes golden = image_read(ENCRYPTED), plain = image_read(SIGNED);
    struct rk_bytes sealed = encrypt(&plain, "device", "f1e585aa4018c26aaaf172ae"), made;

    request.sign.secret = request.verify.secret = &secret;
    ck_assert_int_eq(image_verify(NULL, &request.verify, sealed.p, sealed.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "optee-ta: is not signed");
    made = sign(&sealed, "rsa-pss-sha256");
    ck_assert_uint_eq(made.len, golden.len);
    ck_assert_mem_eq(made.p, golden.p, SIG);
    ck_assert_mem_eq(made.p + UUID, golden.p + UUID, made.len - UUID);
    ck_assert_msg(image_verify(NULL, &request.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    rk_bytes_done(&made);
    rk_bytes_done(&sealed);
    rk_bytes_done(&plain);
    rk_bytes_done(&golden);
}
END_TEST

START_TEST(encryption_has_its_rules)
{
    struct rk_bytes plain = image_read(SIGNED), sealed = encrypt(&plain, "class", NULL);
    struct rk_bytes again = encrypt(&plain, "class", NULL), made = RK_BYTES_NONE;
    struct rk_request how = { .ctx = request.ctx, .secret = &secret };

    ck_assert_uint_eq(sealed.p[FLAGS], 1);
    ck_assert(memcmp(sealed.p + IV, again.p + IV, 12) != 0);
    ck_assert_int_eq(rk_format_encrypt("optee-ta", &how, sealed.p, sealed.len, &made, &err),
                     RK_E_USAGE);
    ck_assert_str_eq(err.msg, "encrypt optee-ta: is encrypted already");
    ck_assert_int_eq(rk_format_sign("optee-ta", &request.sign, &request.signer, sealed.p,
                                    sealed.len, &made, &err),
                     RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign optee-ta: is encrypted, and the signature covers the "
                              "plaintext: give the encryption key too (--content-key)");
    secret.p[0] ^= 1;
    request.verify.secret = &secret;
    ck_assert_int_eq(image_verify(NULL, &request.verify, sealed.p, sealed.len), RK_E_VERIFY);
    rk_bytes_done(&again);
    again = image_read(ENCRYPTED);
    ck_assert_int_eq(image_verify(NULL, &request.verify, again.p, again.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "optee-ta: the GCM tag does not hold: another key, or changed bytes");
    rk_bytes_done(&again);
    rk_bytes_done(&sealed);
    rk_bytes_done(&plain);
}
END_TEST

START_TEST(keys_of_an_odd_size_are_refused) /* loop test: _i is the size */
{
    bool good = _i == 16 || _i == 24 || _i == 32;
    struct rk_bytes plain = image_read(SIGNED), golden = image_read(ENCRYPTED);
    struct rk_bytes made = RK_BYTES_NONE;
    struct rk_secret key = RK_SECRET_NONE;
    struct rk_request how = { .ctx = request.ctx, .secret = &key };

    ck_assert_int_eq(rk_secret_copy(default_key, (size_t)_i, &key, &err), RK_OK);
    ck_assert_int_eq(rk_format_encrypt("optee-ta", &how, plain.p, plain.len, &made, &err),
                     good ? RK_OK : RK_E_KEY);
    if (!good)
        ck_assert_str_eq(err.msg, "encrypt optee-ta: the encryption key needs 16, 24 or 32 bytes");
    ck_assert_int_eq(image_verify(NULL, &how, golden.p, golden.len), _i == 32 ? RK_OK
                                                                     : good   ? RK_E_VERIFY
                                                                              : RK_E_KEY);
    rk_secret_done(&key);
    rk_bytes_done(&made);
    rk_bytes_done(&golden);
    rk_bytes_done(&plain);
}
END_TEST

START_TEST(rsa_of_2048_to_4096_signs_and_nothing_else) /* loop test: _i is the key */
{
    static const struct {
        const char *type;
        size_t bits;
        const char *refused;
    } keys[] = {
        { "RSA", 3072, NULL },
        { "RSA", 4096, NULL },
        { "RSA", 1024,
          "sign optee-ta: OP-TEE takes RSA keys of 2048, 3072 or 4096 bits, this is RSA with "
          "1024" },
        { "P-256", 0,
          "sign optee-ta: OP-TEE takes RSA keys of 2048, 3072 or 4096 bits, this is EC with 256" },
    };
    EVP_PKEY *pkey = keys[_i].bits != 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", keys[_i].bits)
                                        : EVP_PKEY_Q_keygen(NULL, NULL, "EC", keys[_i].type);
    struct rk_bytes file = pack("1"), made = RK_BYTES_NONE;

    rk_signer_free(request.signer);
    ck_assert_int_eq(rk_signer_from_pkey(request.ctx, pkey, &request.signer, &err), RK_OK);
    request.key.pub = pkey;
    ck_assert_int_eq(
        rk_format_sign("optee-ta", &request.sign, &request.signer, file.p, file.len, &made, &err),
        keys[_i].refused == NULL ? RK_OK : RK_E_KEY);
    if (keys[_i].refused != NULL)
        ck_assert_str_eq(err.msg, keys[_i].refused);
    else
        ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_OK);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(version_may_not_fall)
{
    struct rk_bytes older = pack("6"), newer = pack("7");
    struct rk_map map[2];

    ck_assert_int_eq(rk_format_inspect(request.ctx, older.p, older.len, &map[0], &err), RK_OK);
    ck_assert_int_eq(rk_format_inspect(request.ctx, newer.p, newer.len, &map[1], &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&map[1], &map[0], &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&map[0], &map[1], &err), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "ta_version"));
    rk_map_done(&map[0]);
    rk_map_done(&map[1]);
    rk_bytes_done(&older);
    rk_bytes_done(&newer);
}
END_TEST

/* clang-format off */
static const struct {
    struct rk_setting setting;
    const char *message;
} bad_settings[] = {
    { { "uuid", "8aaaf200-2450-11e4-abe2-0002a5d5c51" },
      "pack optee-ta: setting \"uuid\": expected the form 8aaaf200-2450-11e4-abe2-0002a5d5c51b" },
    { { "uuid", "8aaaf20002450-11e4-abe2-0002a5d5c51b" },
      "pack optee-ta: setting \"uuid\": expected the form 8aaaf200-2450-11e4-abe2-0002a5d5c51b" },
    { { "uuid", "8aaaf20g-2450-11e4-abe2-0002a5d5c51b" },
      "pack optee-ta: setting \"uuid\": expected the form 8aaaf200-2450-11e4-abe2-0002a5d5c51b" },
    { { "version", "1" },
      "pack optee-ta: setting \"uuid\": expected the form 8aaaf200-2450-11e4-abe2-0002a5d5c51b" },
};
/* clang-format on */
enum { BAD_SETTINGS = sizeof bad_settings / sizeof bad_settings[0] };

START_TEST(bad_settings_are_refused) /* loop test: _i is the setting */
{
    struct rk_bytes elf = image_read(ELF), made = RK_BYTES_NONE;
    struct rk_input part = { "elf", elf.p, elf.len };
    struct rk_request build = { .ctx = request.ctx, .part = &part, .part_count = 1 };

    build.setting = &bad_settings[_i].setting;
    build.setting_count = 1;
    ck_assert_int_eq(rk_format_build("optee-ta", &build, &made, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, bad_settings[_i].message);
    rk_bytes_done(&elf);
}
END_TEST

/* clang-format off */
static const struct {
    const char *golden;
    size_t at, width;
    uint64_t value;
    enum rk_rc rc;
    const char *message;
} patches[] = {
    { SIGNED, IMG_TYPE, 4, 0, RK_E_FORMAT,
      "img_type 0, a legacy TA: OP-TEE's scripts make none since 3.7, sign it anew" },
    { SIGNED, IMG_TYPE, 4, 3, RK_E_FORMAT, 
      "subkey 1: algo 0x3543a42c of the subkey, expected 0x70414930 or 0x70004830" },
    { SIGNED, IMG_TYPE, 4, 0xffffffff, RK_E_FORMAT, "img_type 4294967295, expected 1, 2 or 3" },
    { SIGNED, IMG_SIZE, 4, 0xffffffff, RK_E_FORMAT,
      "cut short at offset 0x148: 4294967295 wanted, 2500 left" },
    { SIGNED, IMG_SIZE, 4, 2501, RK_E_FORMAT, "cut short at offset 0x148: 2501 wanted, 2500 left" },
    { SIGNED, IMG_SIZE, 4, 0, RK_E_FORMAT, "trailing data at offset 0x148: 2500 left" },
    { SIGNED, ALGO, 4, 0x70414931, RK_E_FORMAT,
      "algo 0x70414931, expected 0x70414930 or 0x70004830" },
    { SIGNED, HASH_SIZE, 2, 31, RK_E_FORMAT,
      "hash_size 31 and sig_size 256, expected 32 and 256, 384 or 512" },
    { SIGNED, SIG_SIZE, 2, 0, RK_E_FORMAT,
      "hash_size 32 and sig_size 0, expected 32 and 256, 384 or 512" },
    { SIGNED, SIG_SIZE, 2, 0xffff, RK_E_FORMAT,
      "hash_size 32 and sig_size 65535, expected 32 and 256, 384 or 512" },
    { SIGNED, SIG_SIZE, 2, 384, RK_E_FORMAT, "cut short at offset 0x1c8: 2500 wanted, 2372 left" },
    { SIGNED, HASH, 1, 0, RK_E_VERIFY, "hash at 0x14 does not hold: header or image changed" },
    { SIGNED, VERSION, 4, 4, RK_E_VERIFY, "hash at 0x14 does not hold: header or image changed" },
    { SIGNED, ALGO, 4, 0x70004830, RK_E_VERIFY,
      "hash at 0x14 does not hold: header or image changed" },
    { ENCRYPTED, ENC_ALGO, 4, 0x40000110, RK_E_FORMAT,
      "enc_algo 0x40000110, flags 0x0, iv_size 12, tag_size 16: expected AES-GCM (0x40000810), 0 "
      "or 1, 12, 16" },
    { ENCRYPTED, FLAGS, 4, 2, RK_E_FORMAT,
      "enc_algo 0x40000810, flags 0x2, iv_size 12, tag_size 16: expected AES-GCM (0x40000810), 0 "
      "or 1, 12, 16" },
    { ENCRYPTED, IV_SIZE, 2, 0xffff, RK_E_FORMAT,
      "enc_algo 0x40000810, flags 0x0, iv_size 65535, tag_size 16: expected AES-GCM "
      "(0x40000810), 0 or 1, 12, 16" },
    { ENCRYPTED, TAG_SIZE, 2, 4, RK_E_FORMAT,
      "enc_algo 0x40000810, flags 0x0, iv_size 12, tag_size 4: expected AES-GCM (0x40000810), 0 "
      "or 1, 12, 16" },
};
/* clang-format on */
enum { PATCHES = sizeof patches / sizeof patches[0] };

START_TEST(a_hostile_header_is_answered) /* loop test: _i is the patch */
{
    struct rk_bytes file = image_read(patches[_i].golden);
    char message[300];

    image_put_le(file.p + patches[_i].at, patches[_i].width, patches[_i].value);
    (void)snprintf(message, sizeof message, "optee-ta: %s", patches[_i].message);
    ck_assert_int_eq(image_verify(NULL, &request.verify, file.p, file.len), patches[_i].rc);
    ck_assert_str_eq(err.msg, message);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused) /* loop test: _i is the golden */
{
    struct rk_bytes file = image_read(_i == 0 ? SIGNED : ENCRYPTED);

    for (size_t len = 0; len < file.len; len++) {
        struct rk_bytes cut = RK_BYTES_NONE;

        ck_assert_int_eq(rk_bytes_copy(file.p, len, &cut, &err), RK_OK);
        ck_assert_int_eq(image_verify("optee-ta", &request.verify, cut.p, cut.len), RK_E_FORMAT);
        rk_bytes_done(&cut);
    }
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 5.2: the signature is over all. Without the encryption key an encrypted TA's hash
 * cannot be made, so what stands behind the signature goes unchecked, and verify says so. */
static const struct image_free without_key[] = {
    { UUID, ENC_ALGO - UUID, true },
    { ENC_ALGO, IV - ENC_ALGO, false }, /* read, so most flips are refused */
    { IV, CIPHERTEXT + 2500 - IV, true },
};

START_TEST(every_flipped_byte_is_noticed)
{
    struct rk_bytes file = image_read(SIGNED);

    image_flip(NULL, &request.verify, &file, NULL, 0);
    rk_bytes_done(&file);
    file = image_read(ENCRYPTED);
    image_flip(NULL, &request.verify, &file, without_key,
               sizeof without_key / sizeof without_key[0]);
    request.verify.secret = &secret;
    image_flip(NULL, &request.verify, &file, NULL, 0);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(what_is_not_signed_is_told)
{
    struct rk_bytes file = image_read(ENCRYPTED);
    struct rk_map map;
    char text[100];

    ck_assert_int_eq(rk_format_verify(NULL, &request.verify, file.p, file.len, &map, &err),
                     RK_E_UNKNOWN);
    rk_map_unsigned(&map, text, sizeof text);
    ck_assert_str_eq(text, "0x0-0x13, 0x34-0xb33");
    ck_assert_uint_eq(rk_map_needs(&map), 1U << RK_NEED_KEY);
    ck_assert_int_eq(map.root->outcome, RK_NOT_KNOWN);
    ck_assert_uint_eq(map.root->needs, 1U << RK_NEED_KEY);
    rk_map_done(&map);
    request.verify.secret = &secret;
    ck_assert_int_eq(rk_format_verify(NULL, &request.verify, file.p, file.len, &map, &err), RK_OK);
    rk_map_unsigned(&map, text, sizeof text);
    ck_assert_str_eq(text, "0x34-0x133");
    rk_map_done(&map);
    rk_bytes_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, goldens_hold_under_their_key_and_no_other, 0, 3);
    tcase_add_test(tc, openssl_alone_holds_what_we_sign);
    tcase_add_test(tc, goldens_are_made_again);
    tcase_add_test(tc, encrypted_golden_is_made_again_but_for_its_signature);
    tcase_add_test(tc, encryption_has_its_rules);
    tcase_add_loop_test(tc, keys_of_an_odd_size_are_refused, 1, 33);
    tcase_add_loop_test(tc, rsa_of_2048_to_4096_signs_and_nothing_else, 0, 4);
    tcase_add_test(tc, version_may_not_fall);
    tcase_add_loop_test(tc, bad_settings_are_refused, 0, BAD_SETTINGS);
    tcase_add_loop_test(tc, a_hostile_header_is_answered, 0, PATCHES);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, 2);
    tcase_add_test(tc, every_flipped_byte_is_noticed);
    tcase_add_test(tc, what_is_not_signed_is_told);
}

int main(void)
{
    static const struct suite_options options = {
        .name = "optee_ta", .add = add, .load = load, .unload = unload
    };

    return suite_run(&options);
}
