/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR: what is refused, with its reason, and what is written. The bytes are put together by hand
 * from RFC 8949, 3 and appendix A.
 */
#include "suite.h"

#include "rotkit/cbor.h"
#include "rotkit/hex.h"

#include <string.h>

static struct rk_err err;

static size_t unhex(const char *text, uint8_t *ret)
{
    size_t len = strlen(text) / 2;

    ck_assert_int_eq(rk_hex_read(text, 2 * len, ret, len, &err), RK_OK);
    return len;
}

/* clang-format off */
static const char *const good[] = {
    "00", "17", "1818", "18ff", "190100", "1a00010000", "1b0000000100000000", "1bffffffffffffffff",
    "20", "3863", "3bffffffffffffffff",
    "40", "4401020304", "60", "6161", "62c3bc", "63e0a080", "63ed9fbf", "64f0908080", "64f48fbfbf",
    "80", "83010203", "a0", "a201020304", "a3010120016161f6", "c074323031332d30332d32315432303a30343a30305a",
    "c11a514b67b0", "c600", "d200", "d400", "d74401020304", "d81800", "d901f500", "d9d9f700",
    "f4", "f5", "f6", "f7", "f90000", "fa47c35000", "fb3ff199999999999a",
    "818181818181818181818181818181" "00",
};
static const struct {
    const char *hex, *says;
} bad[] = {
    { "", "cut short at offset 0x0" },
    { "18", "cut short at offset 0x0" },
    { "1b00000000000000", "cut short at offset 0x0" },
    { "44010203", "cut short at offset 0x0" },
    { "8201", "cut short at offset 0x2" },
    { "a2010203", "cut short at offset 0x4" },
    { "c1", "cut short at offset 0x1" },
    /* lengths of a file much larger than any */
    { "9bffffffffffffffff", "cut short at offset 0x9" },
    { "9bffffffffffffffff0000", "cut short at offset 0xb" },
    { "9b7fffffffffffffff00", "cut short at offset 0xa" },
    { "bbffffffffffffffff", "18446744073709551615 pairs in the map at offset 0x0, at most 64" },
    { "bb8000000000000000", "9223372036854775808 pairs in the map at offset 0x0, at most 64" },
    { "5bffffffffffffffff", "cut short at offset 0x0" },
    { "5bfffffffffffffff700", "cut short at offset 0x0" },
    { "7bffffffffffffffff", "cut short at offset 0x0" },
    { "5affffffff00", "cut short at offset 0x0" },
    /* indefinite lengths, and a break */
    { "9fff", "indefinite length at offset 0x0" },
    { "bfff", "indefinite length at offset 0x0" },
    { "5f4100ff", "indefinite length at offset 0x0" },
    { "7f6161ff", "indefinite length at offset 0x0" },
    { "819f00ff", "indefinite length at offset 0x1" },
    { "ff", "indefinite length at offset 0x0" },
    /* heads that are no item */
    { "1c", "no CBOR item at offset 0x0" },
    { "3e", "no CBOR item at offset 0x0" },
    { "5c00", "no CBOR item at offset 0x0" },
    { "9d", "no CBOR item at offset 0x0" },
    { "dc00", "no CBOR item at offset 0x0" },
    { "fc", "no CBOR item at offset 0x0" },
    { "f818", "no CBOR item at offset 0x0" },
    /* longer than need be */
    { "1817", "not in its shortest form at offset 0x0" },
    { "190018", "not in its shortest form at offset 0x0" },
    { "1a0000ffff", "not in its shortest form at offset 0x0" },
    { "1b00000000ffffffff", "not in its shortest form at offset 0x0" },
    { "3800", "not in its shortest form at offset 0x0" },
    { "580100", "not in its shortest form at offset 0x0" },
    { "780161", "not in its shortest form at offset 0x0" },
    { "980100", "not in its shortest form at offset 0x0" },
    { "b8010000", "not in its shortest form at offset 0x0" },
    { "d80100", "not in its shortest form at offset 0x0" },
    { "d81200", "not in its shortest form at offset 0x0" },
    /* keys */
    { "a201000100", "the key at offset 0x3 is there twice" },
    { "a3010002000100", "the key at offset 0x5 is there twice" },
    { "a2616100616100", "the key at offset 0x4 is there twice" },
    { "a220002000", "the key at offset 0x3 is there twice" },
    { "81a1" "00" "a201000100", "the key at offset 0x6 is there twice" },
    { "a1410000", "a byte string as key at offset 0x1, expected a number or text" },
    { "a1f500", "a simple value as key at offset 0x1, expected a number or text" },
    { "a18000", "an array as key at offset 0x1, expected a number or text" },
    /* text that is no UTF-8 */
    { "61ff", "the text at offset 0x0 is no UTF-8" },
    { "6180", "the text at offset 0x0 is no UTF-8" },
    { "61c3", "the text at offset 0x0 is no UTF-8" },
    { "62c0af", "the text at offset 0x0 is no UTF-8" },
    { "62c341", "the text at offset 0x0 is no UTF-8" },
    { "63e09fbf", "the text at offset 0x0 is no UTF-8" },
    { "63eda080", "the text at offset 0x0 is no UTF-8" },
    { "64f08fbfbf", "the text at offset 0x0 is no UTF-8" },
    { "64f4908080", "the text at offset 0x0 is no UTF-8" },
    { "64f5808080", "the text at offset 0x0 is no UTF-8" },
    /* too deep, by arrays, tags and maps */
    { "81818181818181818181818181818181" "00", "more than 16 deep at offset 0x10" },
    { "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1" "00", "more than 16 deep at offset 0x10" },
    { "a100a100a100a100a100a100a100a100a100a100a100a100a100a100a100a100" "00", "more than 16 deep at offset 0x20" },
    { "8000", "trailing data at offset 0x1" },
};
/* clang-format on */
enum { GOOD = sizeof good / sizeof good[0], BAD = sizeof bad / sizeof bad[0] };

START_TEST(what_is_well_formed_is_taken)
{
    uint8_t bytes[64];
    size_t len = unhex(good[_i], bytes);

    ck_assert_msg(rk_cbor_check(bytes, len, 0, &err) == RK_OK, "%s: %s", good[_i], err.msg);
}
END_TEST

START_TEST(what_is_not_is_refused_with_its_reason)
{
    uint8_t bytes[64];
    size_t len = unhex(bad[_i].hex, bytes);

    ck_assert_msg(rk_cbor_check(bytes, len, 0, &err) == RK_E_FORMAT, "%s", bad[_i].hex);
    ck_assert_msg(strncmp(err.msg, bad[_i].says, strlen(bad[_i].says)) == 0, "%s: %s", bad[_i].hex,
                  err.msg);
}
END_TEST

START_TEST(offsets_are_those_of_the_file)
{
    static const uint8_t twice[] = { 0xa2, 1, 0, 1, 0 };

    ck_assert_int_eq(rk_cbor_check(twice, sizeof twice, 0x100, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "the key at offset 0x103 is there twice");
}
END_TEST

START_TEST(a_map_has_64_pairs_at_most)
{
    uint8_t bytes[2 + 3 * 65];

    for (size_t pairs = 64; pairs <= 65; pairs++) {
        size_t len = 0;

        bytes[len++] = 0xb8;
        bytes[len++] = (uint8_t)pairs;
        for (size_t i = 0; i < pairs; i++) {
            bytes[len++] = 0x18;
            bytes[len++] = (uint8_t)(100 + i);
            bytes[len++] = 0;
        }
        ck_assert_int_eq(rk_cbor_check(bytes, len, 0, &err), pairs == 64 ? RK_OK : RK_E_FORMAT);
    }
    ck_assert_str_eq(err.msg, "65 pairs in the map at offset 0x0, at most 64");
}
END_TEST

START_TEST(numbers_keep_their_sign_and_their_limit)
{
    static const struct {
        const char *hex;
        int64_t value;
    } rows[] = { { "00", 0 },
                 { "20", -1 },
                 { "26", -7 },
                 { "3822", -35 },
                 { "190100", 256 },
                 { "1b7fffffffffffffff", INT64_MAX },
                 { "3b7fffffffffffffff", INT64_MIN } };
    uint8_t bytes[16];
    int64_t value;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rk_rd rd = { .buf = bytes, .len = unhex(rows[i].hex, bytes) };

        ck_assert_msg(rk_cbor_int(&rd, &value, &err) == RK_OK, "%s: %s", rows[i].hex, err.msg);
        ck_assert_int_eq(value, rows[i].value);
    }
    for (int i = 0; i < 2; i++) {
        struct rk_rd rd = { .buf = bytes, .len = 9 };

        (void)unhex(i == 0 ? "1b8000000000000000" : "3b8000000000000000", bytes);
        ck_assert_int_eq(rk_cbor_int(&rd, &value, &err), RK_E_FORMAT);
        ck_assert_str_eq(err.msg, "the number at offset 0x0 is beyond 2^63");
    }
}
END_TEST

/* RFC 8949, appendix A, and the tags of CoRIM and COSE. */
START_TEST(what_is_written_has_the_shortest_heads)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1024);
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    char hex[512];

    rk_cbor_put_uint(&wr, 23);
    rk_cbor_put_uint(&wr, 24);
    rk_cbor_put_uint(&wr, 1000);
    rk_cbor_put_uint(&wr, 1000000);
    rk_cbor_put_uint(&wr, UINT64_MAX);
    rk_cbor_put_int(&wr, 10);
    rk_cbor_put_int(&wr, -1);
    rk_cbor_put_int(&wr, -100);
    rk_cbor_put_int(&wr, -1000);
    rk_cbor_put_bytes(&wr, (const uint8_t *)"\1\2\3\4", 4);
    rk_cbor_put_text(&wr, "IETF");
    rk_cbor_put_array(&wr, 25);
    rk_cbor_put_map(&wr, 2);
    rk_cbor_put_tag(&wr, 18);
    rk_cbor_put_tag(&wr, 501);
    ck_assert_int_eq(rk_wr_end(&wr, &made, &err), RK_OK);
    rk_hex_write(made.p, made.len, hex);
    ck_assert_str_eq(hex, "17"
                          "1818"
                          "1903e8"
                          "1a000f4240"
                          "1bffffffffffffffff"
                          "0a"
                          "20"
                          "3863"
                          "3903e7"
                          "4401020304"
                          "6449455446"
                          "9819"
                          "a2"
                          "d2"
                          "d901f5");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, what_is_well_formed_is_taken, 0, GOOD);
    tcase_add_loop_test(tc, what_is_not_is_refused_with_its_reason, 0, BAD);
    tcase_add_test(tc, offsets_are_those_of_the_file);
    tcase_add_test(tc, a_map_has_64_pairs_at_most);
    tcase_add_test(tc, numbers_keep_their_sign_and_their_limit);
    tcase_add_test(tc, what_is_written_has_the_shortest_heads);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "cbor", .add = add });
}
