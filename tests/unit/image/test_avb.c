/* SPDX-License-Identifier: Apache-2.0 */
/* avb: the golden's signed bytes, cuts, and numbers made to deceive. Source: boot-images.md 5.5. */
#include "image.h"
#include "suite.h"

#define GOLDEN BOOT "avb/boot.img"

static struct image_request request;

static void load(void)
{
    image_request_open(&request, BOOT "keys/rsa2048.pem", NULL);
}

static void unload(void)
{
    image_request_done(&request);
}

/*
 * 5.5: the signature covers header (0x1000 to 0x10ff) and auxiliary block (0x1240 to 0x153f); a
 * descriptor in it the image (0 to 0xfff). Not covered: authentication block, space up to the
 * footer, footer.
 */
static bool is_signed(size_t at)
{
    return at < 0x1100 || (at >= 0x1240 && at < 0x1540);
}

START_TEST(every_signed_byte_is_held)
{
    struct rk_bytes file = image_read(GOLDEN);

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    for (size_t i = 0; i < file.len; i += i >= 0x1600 && i < file.len - 64 ? 61 : 1) {
        enum rk_rc rc;

        file.p[i] ^= 0x01;
        rc = image_verify("avb", &request.verify, file.p, file.len);
        file.p[i] ^= 0x01;
        if (is_signed(i))
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: not noticed (%d)", i, rc);
        else
            ck_assert_msg(rc == RK_OK || rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: %d", i,
                          rc);
    }
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = image_read(GOLDEN);

    for (size_t len = 0; len < file.len; len += 97)
        ck_assert_int_eq(image_verify("avb", &request.verify, file.p, len), RK_E_FORMAT);
    rk_bytes_done(&file);
}
END_TEST

static void put_be(uint8_t *at, uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
}

enum { FOOTER = 73728 - 64, VBMETA = 0x1000 };
static const struct {
    size_t at;
    uint64_t value;
    const char *says;
} words[] = {
    { FOOTER + 4, 2ull << 32, "avb: footer version 2.0, expected 1.x" },
    { FOOTER + 12, UINT64_MAX, "avb: image: 0xffffffffffffffff bytes at 0x0 do not fit" },
    { FOOTER + 20, UINT64_MAX, "avb: vbmeta: 0x540 bytes at 0xffffffffffffffff do not fit" },
    { FOOTER + 28, UINT64_MAX, "avb: vbmeta: 0xffffffffffffffff bytes at 0x1000 do not fit" },
    { FOOTER + 28, 255, "avb: vbmeta of 255 bytes, its header has 256" },
    { VBMETA, 0, "avb: no vbmeta header AVB0 of version 1.x" },
    { VBMETA + 12, UINT64_MAX, "avb: authentication and auxiliary block of" },
    { VBMETA + 20, 769, "avb: authentication and auxiliary block of" },
    { VBMETA + 28, 9ull << 32, "avb: unknown algorithm 9, expected 0 to 6" },
    { VBMETA + 32, UINT64_MAX, "avb: hash: 0x20 bytes at 0xffffffffffffffff do not fit" },
    { VBMETA + 56, UINT64_MAX, "avb: signature: 0xffffffffffffffff bytes at 0x20 do not fit" },
    { VBMETA + 64, 700, "avb: public key: 0x208 bytes at 0x2bc do not fit" },
    { VBMETA + 104, 800, "avb: descriptors: 0x320 bytes at 0x0 do not fit" },
};

START_TEST(numbers_made_to_deceive_are_refused_with_their_reason)
{
    struct rk_bytes file = image_read(GOLDEN);

    put_be(file.p + words[_i].at, words[_i].value);
    ck_assert_int_eq(image_verify("avb", &request.verify, file.p, file.len), RK_E_FORMAT);
    ck_assert_msg(strncmp(err.msg, words[_i].says, strlen(words[_i].says)) == 0, "%s", err.msg);
    rk_bytes_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, every_signed_byte_is_held);
    tcase_add_test(tc, every_cut_is_refused);
    tcase_add_loop_test(tc, numbers_made_to_deceive_are_refused_with_their_reason, 0,
                        sizeof words / sizeof words[0]);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "avb", .add = add, .load = load, .unload = unload });
}
