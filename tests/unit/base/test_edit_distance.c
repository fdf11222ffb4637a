/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/edit_distance.h"

#include "suite.h"

#include <string.h>

/* Distances counted by hand. */
static const struct {
    const char *a, *b;
    size_t distance;
} known[] = {
    { "", "", 0 },
    { "abc", "abc", 0 },
    { "", "abc", 3 },
    { "kitten", "sitting", 3 },
    { "derive", "drive", 1 },
    { "sign", "singe", 2 },
    { "flaw", "lawn", 2 },
    { "ab", "xy", 2 },
};

START_TEST(the_distance_is_that_of_a_count_by_hand)
{
    ck_assert_uint_eq(rk_edit_distance(known[_i].a, known[_i].b), known[_i].distance);
    ck_assert_uint_eq(rk_edit_distance(known[_i].b, known[_i].a), known[_i].distance);
}
END_TEST

START_TEST(a_word_too_long_is_near_to_none)
{
    char word[RK_EDIT_WORD_MAX + 2];

    memset(word, 'a', sizeof word);
    word[RK_EDIT_WORD_MAX + 1] = '\0';
    ck_assert_uint_eq(rk_edit_distance(word, word), RK_EDIT_WORD_MAX);
    word[RK_EDIT_WORD_MAX] = '\0';
    ck_assert_uint_eq(rk_edit_distance(word, word), 0);
}
END_TEST

START_TEST(the_nearest_word_is_near)
{
    struct rk_nearest nearest = rk_nearest_to("derive");

    rk_nearest_offer(&nearest, "blob");
    ck_assert_ptr_null(nearest.word);
    rk_nearest_offer(&nearest, "drive");
    rk_nearest_offer(&nearest, "deriv3s");
    ck_assert_str_eq(nearest.word, "drive");
    nearest = rk_nearest_to("ab");
    rk_nearest_offer(&nearest, "xy"); /* two edits, two letters */
    ck_assert_ptr_null(nearest.word);
    rk_nearest_offer(&nearest, "a");
    ck_assert_ptr_null(nearest.word);
    rk_nearest_offer(&nearest, "abc");
    ck_assert_str_eq(nearest.word, "abc");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, the_distance_is_that_of_a_count_by_hand, 0,
                        (int)(sizeof known / sizeof known[0]));
    tcase_add_test(tc, a_word_too_long_is_near_to_none);
    tcase_add_test(tc, the_nearest_word_is_near);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "edit_distance", .add = add });
}
