/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/grow.h"

#include "fault.h"
#include "suite.h"

#include <stdint.h>
#include <string.h>

static struct rk_err err;
static const struct rk_growth growth = { sizeof(uint32_t), 100, RK_E_FORMAT, "numbers" };

struct numbers {
    uint32_t *v;
    size_t count;
};

static enum rk_rc append(struct numbers *numbers, uint32_t value, struct rk_err *e)
{
    void *items = numbers->v;

    if (rk_grow(&growth, &items, numbers->count, 1, e))
        return e->rc;
    numbers->v = items;
    numbers->v[numbers->count++] = value;
    return RK_OK;
}

START_TEST(what_was_appended_stays_up_to_the_limit)
{
    struct numbers numbers = { NULL, 0 };

    for (uint32_t i = 0; i < 100; i++)
        ck_assert_int_eq(append(&numbers, i * i, &err), RK_OK);
    for (uint32_t i = 0; i < 100; i++)
        ck_assert_uint_eq(numbers.v[i], i * i);
    ck_assert_int_eq(append(&numbers, 1, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "more than 100 numbers");
    ck_assert_uint_eq(numbers.v[99], 99 * 99);
    rk_grown_free(numbers.v);
}
END_TEST

START_TEST(room_for_many_at_once_is_zero)
{
    void *items = NULL;
    uint32_t *v;

    ck_assert_int_eq(rk_grow(&growth, &items, 0, 3, &err), RK_OK);
    memset(items, 0xff, 3 * sizeof *v);
    ck_assert_int_eq(rk_grow(&growth, &items, 3, 97, &err), RK_OK);
    v = items;
    for (size_t i = 0; i < 100; i++)
        ck_assert_uint_eq(v[i], i < 3 ? UINT32_MAX : 0);
    ck_assert_int_eq(rk_grow(&growth, &items, 3, 98, &err), RK_E_FORMAT);
    ck_assert_int_eq(rk_grow(&growth, &items, 3, SIZE_MAX, &err), RK_E_FORMAT); /* no overflow */
    ck_assert_ptr_eq(items, v);
    rk_grown_free(items);
}
END_TEST

START_TEST(appending_moves_seldom)
{
    static const struct rk_growth many = { 1, 1 << 20, RK_E_USAGE, "bytes" };
    void *items = NULL, *before = NULL;
    size_t moves = 0;

    for (size_t count = 0; count < 1 << 20; count++) {
        ck_assert_int_eq(rk_grow(&many, &items, count, 1, &err), RK_OK);
        moves += items != before;
        before = items;
    }
    ck_assert_uint_le(moves, 18); /* 8 to 1,048,576 by doubling */
    rk_grown_free(items);
}
END_TEST

START_TEST(a_small_maximum_is_all_there_is)
{
    static const struct rk_growth one = { sizeof(uint64_t), 1, RK_E_USAGE, "things" };
    void *items = NULL;

    ck_assert_int_eq(rk_grow(&one, &items, 0, 1, &err), RK_OK);
    ck_assert_int_eq(rk_grow(&one, &items, 1, 1, &err), RK_E_USAGE);
    rk_grown_free(items);
}
END_TEST

START_TEST(a_size_that_overflows_is_no_room)
{
    static const struct rk_growth huge = { SIZE_MAX / 4, SIZE_MAX, RK_E_USAGE, "worlds" };
    void *items = NULL;

    ck_assert_int_eq(rk_grow(&huge, &items, 0, 9, &err), RK_E_NOMEM);
    ck_assert_ptr_null(items);
}
END_TEST

static enum rk_rc append_many(void *arg)
{
    struct numbers numbers = { NULL, 0 };
    enum rk_rc rc = RK_OK;
    struct rk_err e;

    (void)arg;
    for (uint32_t i = 0; i < 64 && rc == RK_OK; i++)
        rc = append(&numbers, i, &e);
    for (size_t i = 0; i < numbers.count; i++)
        rc = numbers.v[i] == i ? rc : RK_E_INTERNAL;
    rk_grown_free(numbers.v);
    return rc;
}

START_TEST(want_of_memory_loses_nothing)
{
    ck_assert_int_eq(fault_sweep(append_many, NULL, 100), 4); /* room for 8, 16, 32, 64 */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, what_was_appended_stays_up_to_the_limit);
    tcase_add_test(tc, room_for_many_at_once_is_zero);
    tcase_add_test(tc, appending_moves_seldom);
    tcase_add_test(tc, a_small_maximum_is_all_there_is);
    tcase_add_test(tc, a_size_that_overflows_is_no_room);
    tcase_add_test(tc, want_of_memory_loses_nothing);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "grow", .add = add });
}
