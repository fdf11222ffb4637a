/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/hex.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct rk_err err;

START_TEST(every_byte_goes_both_ways)
{
    char text[3], want[3];
    uint8_t byte = (uint8_t)_i, back;

    rk_hex_write(&byte, 1, text);
    snprintf(want, sizeof want, "%02x", byte); /* libc is the judge */
    ck_assert_str_eq(text, want);
    ck_assert_int_eq(rk_hex_read(text, 2, &back, 1, &err), RK_OK);
    ck_assert_uint_eq(back, byte);
    snprintf(want, sizeof want, "%02X", byte);
    ck_assert_int_eq(rk_hex_read(want, 2, &back, 1, &err), RK_OK);
    ck_assert_uint_eq(back, byte);
}
END_TEST

START_TEST(every_character_that_is_no_digit_is_refused)
{
    char text[2] = { '0', (char)_i };
    uint8_t back;
    bool digit = strchr("0123456789abcdefABCDEF", _i) != NULL && _i != 0;

    ck_assert_int_eq(rk_hex_read(text, 2, &back, 1, &err), digit ? RK_OK : RK_E_USAGE);
    if (!digit)
        ck_assert_str_eq(err.msg, "character 2 is no hex digit");
}
END_TEST

static void key_is(const char *text, const char *want_hex)
{
    uint8_t key[32];
    char got[65];
    size_t len = 0;

    ck_assert_msg(rk_hex_read_key(text, strlen(text), key, sizeof key, &len, &err) == RK_OK,
                  "%s: %s", text, err.msg);
    rk_hex_write(key, len, got);
    ck_assert_str_eq(got, want_hex);
}

START_TEST(both_spellings_of_a_key_file_are_the_same_key)
{
    const char *plain = "2d4a614e645267556b58703273357638792f423f4428472b4b6250655368566d";

    key_is(plain, plain);
    key_is("  0x2d4a614e645267556b58703273357638792f423f4428472b4b6250655368566d\r\n", plain);
    key_is(
        "0x2d4a614e 0x64526755 0x6b587032 0x73357638 0x792f423f 0x4428472b 0x4b625065 0x5368566d\n",
        plain);
}
END_TEST

static const struct {
    const char *text, *message;
    enum rk_rc rc; /* of a length, or of what is no hex */
} bad_keys[] = {
    { "", "0 hex digits, expected 64", RK_E_USAGE },
    { "abc", "3 hex digits, expected 64", RK_E_USAGE },
    { "0x2d4a614e  0x64526755",
      "malformed 0x words: expected at most 8 words of 8 digits, one blank between", RK_E_FORMAT },
    { "0x2d4a614e 64526755xx", "word 2 is not 0x and 8 digits", RK_E_FORMAT },
    { "0x2d4a614e 0x6452675g", "word 2: character 8 is no hex digit", RK_E_FORMAT },
    { "zz", "character 1 is no hex digit", RK_E_FORMAT },
};

START_TEST(a_malformed_key_is_refused_without_its_content)
{
    uint8_t key[32];
    size_t len;
    const char *text = bad_keys[_i].text;

    ck_assert_int_eq(rk_hex_read_key(text, strlen(text), key, sizeof key, &len, &err),
                     bad_keys[_i].rc);
    ck_assert_str_eq(err.msg, bad_keys[_i].message);
}
END_TEST

START_TEST(numbers_have_no_sign_no_blank_and_a_limit)
{
    uint64_t v = 7;

    ck_assert_int_eq(rk_parse_u64("18446744073709551615", UINT64_MAX, &v, &err), RK_OK);
    ck_assert(v == UINT64_MAX);
    ck_assert_int_eq(rk_parse_u64("0xfF", 255, &v, &err), RK_OK);
    ck_assert_uint_eq(v, 255);
    v = 7;
    ck_assert_int_eq(rk_parse_u64("18446744073709551616", UINT64_MAX, &v, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_parse_u64("256", 255, &v, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "\"256\" is above 255");
    ck_assert_int_eq(rk_parse_u64("", 255, &v, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_parse_u64("0x", 255, &v, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_parse_u64("-1", 255, &v, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_parse_u64(" 1", 255, &v, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_parse_u64("1a", 255, &v, &err), RK_E_USAGE);
    ck_assert_uint_eq(v, 7);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_byte_goes_both_ways, 0, 256);
    tcase_add_loop_test(tc, every_character_that_is_no_digit_is_refused, 0, 256);
    tcase_add_test(tc, both_spellings_of_a_key_file_are_the_same_key);
    tcase_add_loop_test(tc, a_malformed_key_is_refused_without_its_content, 0, 6);
    tcase_add_test(tc, numbers_have_no_sign_no_blank_and_a_limit);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "hex", .add = add });
}
