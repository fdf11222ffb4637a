/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of things in words; the plurals are those of an English dictionary. */
#include "rotkit/counted.h"

#include "suite.h"

static const struct {
    uint64_t count;
    const char *one, *text;
} cases[] = {
    { 0, "device", "0 devices" },
    { 1, "device", "1 device" },
    { 2, "EK certificate", "2 EK certificates" },
    { 1, "entry", "1 entry" },
    { 21, "entry", "21 entries" },
    { 2, "key", "2 keys" },
    { 2, "clash", "2 clashes" },
    { 2, "match", "2 matches" },
    { 2, "index", "2 indexes" },
    { UINT64_MAX, "byte", "18446744073709551615 bytes" },
};

START_TEST(one_is_single_and_all_else_is_plural) /* loop test */
{
    ck_assert_str_eq(RK_COUNTED(cases[_i].count, cases[_i].one), cases[_i].text);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, one_is_single_and_all_else_is_plural, 0,
                        (int)(sizeof cases / sizeof cases[0]));
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "counted", .add = add, .timeout_s = 4 });
}
