/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats that UEFI holds by PKCS #7: capsule, uefi-auth, kernel-cms. Every flipped byte, every
 * cut, sizes made to deceive, keys that do not belong. Goldens and judges: tests/cli
 * (image-vectors, peer-openssl-images, peer-efitools-auth).
 */
#include "image.h"
#include "suite.h"

static struct image_request request;

static void load(void)
{
    image_request_open(&request, BOOT "keys/db.key", BOOT "uefi/db.crt");
}

static void unload(void)
{
    image_request_done(&request);
}

static struct rk_bytes sign(const char *format, const struct rk_setting *set, size_t count,
                            const struct rk_bytes *file)
{
    struct rk_bytes made = RK_BYTES_NONE;

    request.sign.setting = set;
    request.sign.setting_count = count;
    ck_assert_msg(rk_format_sign(format, &request.sign, &request.signer, file->p, file->len, &made,
                                 &err) == RK_OK,
                  "%s", err.msg);
    return made;
}

/* A capsule around 64 bytes. */
static struct rk_bytes capsule(void)
{
    static const uint8_t bytes[64] = "payload";
    const struct rk_input part = { "payload", bytes, sizeof bytes };
    const struct rk_setting version = { "version", "3" };
    struct rk_request build = {
        .ctx = request.ctx, .part = &part, .part_count = 1, .setting = &version, .setting_count = 1
    };
    struct rk_bytes plain = RK_BYTES_NONE, made;

    ck_assert_msg(rk_format_build("capsule", &build, &plain, &err) == RK_OK, "%s", err.msg);
    made = sign("capsule", NULL, 0, &plain);
    rk_bytes_done(&plain);
    return made;
}

static struct rk_bytes variable(void)
{
    static const struct rk_setting set[] = { { "variable", "db" },
                                             { "time", "2026-02-03T04:05:06Z" } };
    struct rk_bytes list = image_read(BOOT "uefi/db.esl"), made;

    made = sign("uefi-auth", set, 2, &list);
    rk_bytes_done(&list);
    return made;
}

static struct rk_bytes boot_image(void)
{
    static const struct rk_setting appended = { "form", "appended" };
    struct rk_bytes image = image_read(BOOT "kernel/boot.img"), made;

    made = sign("kernel-cms", &appended, 1, &image);
    rk_bytes_done(&image);
    return made;
}

static size_t le32(const uint8_t *p)
{
    return (size_t)(p[0] | p[1] << 8 | p[2] << 16) | (size_t)p[3] << 24;
}

/* boot-images.md 3.2: headers to 0x60; MonotonicCount to 0x68 is signed; WIN_CERTIFICATE with the
 * DER, dwLength bytes from 0x68, is not; the rest is. */
START_TEST(every_signed_byte_of_a_capsule_is_held)
{
    struct rk_bytes file = capsule();
    struct image_free unsigned_ranges[] = { { 0, 0x60, false }, { 0x68, 0, false } };

    unsigned_ranges[1].len = le32(file.p + 0x68);
    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    image_flip("capsule", &request.verify, &file, unsigned_ranges, 2);
    rk_bytes_done(&file);
}
END_TEST

/* 5.4: EFI_TIME is signed, WIN_CERTIFICATE and DER (dwLength from 0x10) are not, the lists are. */
START_TEST(every_signed_byte_of_a_variable_is_held)
{
    struct rk_bytes file = variable();
    struct image_free unsigned_ranges[] = { { 0x10, 0, false } };

    unsigned_ranges[0].len = le32(file.p + 0x10);
    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    image_flip("uefi-auth", &request.verify, &file, unsigned_ranges, 1);
    rk_bytes_done(&file);
}
END_TEST

/* 5.0: the image, 0x2000 bytes by its header, is signed; padding and DER behind it are not. */
START_TEST(every_byte_of_a_boot_image_is_held)
{
    struct rk_bytes file = boot_image();
    const struct image_free unsigned_ranges[] = { { 0x2000, file.len - 0x2000, false } };

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    image_flip("kernel-cms", &request.verify, &file, unsigned_ranges, 1);
    rk_bytes_done(&file);
}
END_TEST

static const struct {
    const char *format;
    struct rk_bytes (*make)(void);
} all[] = { { "capsule", capsule }, { "uefi-auth", variable }, { "kernel-cms", boot_image } };

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = all[_i].make();

    for (size_t len = 0; len < file.len; len += len < 200 ? 1 : 37) {
        enum rk_rc rc = image_verify(all[_i].format, &request.verify, file.p, len);

        ck_assert_msg(rc == RK_E_FORMAT || rc == RK_E_VERIFY, "%zu bytes: %d", len, rc);
    }
    rk_bytes_done(&file);
}
END_TEST

START_TEST(another_signer_is_refused)
{
    struct rk_bytes file = all[_i].make();
    struct image_request other;

    image_request_open(&other, BOOT "keys/KEK.key", BOOT "uefi/KEK.crt");
    ck_assert_int_eq(image_verify(NULL, &other.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "signed by another key than the one given"));
    image_request_done(&other);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(a_certificate_of_another_key_is_refused_before_signing)
{
    struct rk_bytes file = image_read(BOOT "uefi/db.esl"), made = RK_BYTES_NONE;
    struct rk_bytes foreign = image_read(BOOT "uefi/KEK.crt");
    const struct rk_setting set[] = { { "variable", "db" }, { "time", "2026-02-03T04:05:06Z" } };

    request.sign.cert = &foreign;
    request.sign.setting = set;
    request.sign.setting_count = 2;
    ck_assert_int_eq(
        rk_format_sign("uefi-auth", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg,
                     "sign uefi-auth: the first certificate of the file is of another key");
    request.sign.cert = NULL;
    ck_assert_int_eq(
        rk_format_sign("uefi-auth", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, "signing a uefi-auth needs the signer's certificate");
    rk_bytes_done(&foreign);
    rk_bytes_done(&file);
}
END_TEST

/* A word of a capsule changed: boot-images.md 3.2 has the offsets. */
static const struct {
    size_t at;
    uint32_t value;
    const char *says;
} words[] = {
    { 0x10, 0x1b, "capsule: HeaderSize is 0x1b, expected 0x1c to the file's 0x" },
    { 0x10, UINT32_MAX, "capsule: HeaderSize is 0xffffffff, expected 0x1c to the file's 0x" },
    { 0x18, 0x7fffffff, "capsule: CapsuleImageSize is 2147483647, the file has " },
    { 0x20, 2, "capsule: FMP capsule header version 2 with 0 drivers and 1 payload" },
    { 0x24, 0xffff0000, "capsule: FMP capsule header version 1 with 0 drivers and 65535 payloads" },
    { 0x24, 0x20001, "capsule: item 1 of 3 is at 0x10 of the FMP capsule, expected 0x20 to 0x" },
    { 0x28, 0x0f, "capsule: item 1 of 1 is at 0xf of the FMP capsule, expected 0x10 to 0x" },
    { 0x2c, 1, "capsule: item 1 of 1 is at 0x100000010 of the FMP capsule, expected 0x10 to 0x" },
    { 0x30, 0, "capsule: image header version 0, expected 1 to 3" },
    { 0x30, 4, "capsule: image header version 4, expected 1 to 3" },
    { 0x4c, 8, "capsule: UpdateImageSize is " },
    { 0x48, UINT32_MAX, "capsule: UpdateImageSize is 4294967295 and UpdateVendorCodeSize 0, " },
    { 0x58, 4, "capsule: ImageCapsuleSupport 0x4, expected 0 to 3" },
    { 0x68, 23, "capsule: dwLength is 23, " },
    { 0x68, UINT32_MAX, "capsule: dwLength is 4294967295, " },
    { 0x6c, 0x0ef20200, "capsule: the authentication is no PKCS #7 WIN_CERTIFICATE" },
    { 0x80, 0, "capsule: the SignedData does not fill its " },
};

START_TEST(a_capsule_that_deceives_is_refused_with_its_reason)
{
    struct rk_bytes file = capsule();

    image_put_le(file.p + words[_i].at, 4, words[_i].value);
    ck_assert_int_eq(image_verify("capsule", &request.verify, file.p, file.len), RK_E_FORMAT);
    ck_assert_msg(strncmp(err.msg, words[_i].says, strlen(words[_i].says)) == 0, "%s", err.msg);
    rk_bytes_done(&file);
}
END_TEST

/* Everybody has the keys of EDK2's test certificates. */
START_TEST(edk2s_public_test_certificates_are_refused_unless_asked_for)
{
    struct rk_bytes cert = image_read(TEST_DATA "/image/edk2-names.pem"), file = RK_BYTES_NONE;
    static const struct rk_setting accept = { "accept-test-keys", "yes" };
    struct rk_bytes plain = capsule();
    struct image_request test;

    image_request_open(&test, BOOT "keys/rsa2048.pem", TEST_DATA "/image/edk2-names.pem");
    ck_assert_int_eq(
        rk_format_sign("capsule", &test.sign, &test.signer, plain.p, plain.len, &file, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign capsule: signed with EDK2's public test certificates, whose "
                              "key everybody has\n  accept-test-keys=yes takes them, on a "
                              "developer's own board");
    test.sign.setting = &accept;
    test.sign.setting_count = 1;
    ck_assert_int_eq(
        rk_format_sign("capsule", &test.sign, &test.signer, plain.p, plain.len, &file, &err),
        RK_OK);
    ck_assert_int_eq(image_verify(NULL, &test.verify, file.p, file.len), RK_E_VERIFY);
    test.verify.setting = &accept;
    test.verify.setting_count = 1;
    ck_assert_int_eq(image_verify(NULL, &test.verify, file.p, file.len), RK_OK);
    image_request_done(&test);
    rk_bytes_done(&plain);
    rk_bytes_done(&file);
    rk_bytes_done(&cert);
}
END_TEST

static void add(TCase *tc)
{
    const int formats = sizeof all / sizeof all[0];

    tcase_add_test(tc, every_signed_byte_of_a_capsule_is_held);
    tcase_add_test(tc, every_signed_byte_of_a_variable_is_held);
    tcase_add_test(tc, every_byte_of_a_boot_image_is_held);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, formats);
    tcase_add_loop_test(tc, another_signer_is_refused, 0, formats);
    tcase_add_test(tc, a_certificate_of_another_key_is_refused_before_signing);
    tcase_add_loop_test(tc, a_capsule_that_deceives_is_refused_with_its_reason, 0,
                        sizeof words / sizeof words[0]);
    tcase_add_test(tc, edk2s_public_test_certificates_are_refused_unless_asked_for);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "pkcs7_images", .add = add, .load = load, .unload = unload });
}
