/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/base64.h"

#include "suite.h"

#include <string.h>

static struct rk_err err;

/* RFC 4648 section 10, and bytes that use all of the alphabet's ends. */
static const struct {
    const char *bytes;
    size_t len;
    const char *text;
} known[] = {
    { "", 0, "" },
    { "f", 1, "Zg==" },
    { "fo", 2, "Zm8=" },
    { "foo", 3, "Zm9v" },
    { "foob", 4, "Zm9vYg==" },
    { "fooba", 5, "Zm9vYmE=" },
    { "foobar", 6, "Zm9vYmFy" },
    { "\xfb\xff\xbf", 3, "+/+/" },
    { "\0\0\0", 3, "AAAA" },
};

START_TEST(known_answers_go_both_ways)
{
    struct rk_bytes text = RK_BYTES_NONE, bytes = RK_BYTES_NONE;

    ck_assert_int_eq(rk_base64_write((const uint8_t *)known[_i].bytes, known[_i].len, &text, &err),
                     RK_OK);
    ck_assert_str_eq((const char *)text.p, known[_i].text);
    ck_assert_int_eq(rk_base64_read(known[_i].text, strlen(known[_i].text), &bytes, &err), RK_OK);
    ck_assert_uint_eq(bytes.len, known[_i].len);
    ck_assert_mem_eq(bytes.p, known[_i].bytes, known[_i].len);
    rk_bytes_done(&text);
    rk_bytes_done(&bytes);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    { "Zg=", "base64: 3 characters, expected a multiple of 4" },
    { "Zg", "base64: 2 characters, expected a multiple of 4" },
    { "Zh==", "base64: misplaced padding, or bits behind the end" },
    { "Zm9=", "base64: misplaced padding, or bits behind the end" },
    { "====", "base64: misplaced padding, or bits behind the end" },
    { "Z===", "base64: misplaced padding, or bits behind the end" },
    { "Zg==Zg==", "base64: misplaced padding, or bits behind the end" },
    { "Zm9\n", "base64: a character that is none of its alphabet" },
    { " Zm9vYg=", "base64: a character that is none of its alphabet" },
    { "-_-_", "base64: a character that is none of its alphabet" },
};

START_TEST(what_is_not_the_text_of_its_bytes_is_refused)
{
    struct rk_bytes bytes = RK_BYTES_NONE;

    ck_assert_msg(rk_base64_read(bad[_i].text, strlen(bad[_i].text), &bytes, &err) == RK_E_FORMAT,
                  "\"%s\" is taken", bad[_i].text);
    ck_assert_ptr_null(bytes.p);
    ck_assert_str_eq(err.msg, bad[_i].message);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, known_answers_go_both_ways, 0, sizeof known / sizeof known[0]);
    tcase_add_loop_test(tc, what_is_not_the_text_of_its_bytes_is_refused, 0,
                        sizeof bad / sizeof bad[0]);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "base64", .add = add });
}
