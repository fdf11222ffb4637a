/* SPDX-License-Identifier: Apache-2.0 */
/* The units that a file has named: each with its line, however many and however alike they are. */
#include "platform/units_seen.h"

#include "fault.h"
#include "suite.h"

#include <string.h>

static struct rk_err err;

static struct rk_unit_id unit(uint64_t serial)
{
    struct rk_unit_id sn;

    rk_unit_id_make(1, serial, &sn);
    return sn;
}

START_TEST(an_empty_one_has_none)
{
    struct rk_units_seen seen = { .slot = NULL };
    const struct rk_unit_id sn = unit(0);

    ck_assert_uint_eq(rk_units_seen_line(&seen, &sn), 0);
    rk_units_seen_done(&seen);
}
END_TEST

/* Numbers that differ in few bits, through several growths. */
START_TEST(each_unit_has_its_line)
{
    enum { UNITS = 5000 };
    struct rk_units_seen seen = { .slot = NULL };

    for (uint32_t i = 0; i < UNITS; i++) {
        const struct rk_unit_id sn = unit((uint64_t)i << 32 | (i & 7));

        ck_assert_int_eq(rk_units_seen_add(&seen, "f", i + 2, &sn, &err), RK_OK);
    }
    ck_assert_uint_eq(seen.used, UNITS);
    ck_assert_uint_le(2 * seen.used, seen.room);
    for (uint32_t i = 0; i < UNITS; i++) {
        const struct rk_unit_id sn = unit((uint64_t)i << 32 | (i & 7));
        const struct rk_unit_id other = unit((uint64_t)i << 32 | 8);

        ck_assert_uint_eq(rk_units_seen_line(&seen, &sn), i + 2);
        ck_assert_uint_eq(rk_units_seen_line(&seen, &other), 0);
    }
    rk_units_seen_done(&seen);
    ck_assert_ptr_null(seen.slot);
}
END_TEST

START_TEST(a_repeat_names_both_lines)
{
    struct rk_units_seen seen = { .slot = NULL };
    const struct rk_unit_id sn = unit(1);

    ck_assert_int_eq(rk_units_seen_add(&seen, "f", 7, &sn, &err), RK_OK);
    ck_assert_int_eq(rk_units_seen_add(&seen, "f", 9, &sn, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "f:9: device 00010000000000000001 is on line 7 already: two devices "
                              "would have one identity");
    ck_assert_uint_eq(rk_units_seen_line(&seen, &sn), 7);
    ck_assert_uint_eq(seen.used, 1);
    ck_assert_int_eq(rk_units_seen_add(&seen, "f", (uint64_t)UINT32_MAX + 1, &sn, &err),
                     RK_E_USAGE);
    ck_assert_str_eq(err.msg, "f: more than 4294967295 lines");
    rk_units_seen_done(&seen);
}
END_TEST

/* Where a unit is put cannot be foreseen: a file cannot be made of units that all collide. */
START_TEST(no_two_sets_have_one_order)
{
    enum { SLOT = 16 };
    struct rk_units_seen a = { .slot = NULL }, b = { .slot = NULL };

    for (uint32_t i = 0; i < 100; i++) {
        const struct rk_unit_id sn = unit(i);

        ck_assert_int_eq(rk_units_seen_add(&a, "f", i + 2, &sn, &err), RK_OK);
        ck_assert_int_eq(rk_units_seen_add(&b, "f", i + 2, &sn, &err), RK_OK);
    }
    ck_assert_uint_eq(a.room, b.room);
    ck_assert_mem_ne(a.slot, b.slot, a.room * SLOT);
    rk_units_seen_done(&a);
    rk_units_seen_done(&b);
}
END_TEST

static enum rk_rc sweep_body(void *arg)
{
    struct rk_units_seen seen = { .slot = NULL };
    enum rk_rc rc = RK_OK;
    struct rk_err own;

    (void)arg;
    for (uint32_t i = 0; rc == RK_OK && i < 3000; i++) {
        const struct rk_unit_id sn = unit(i);

        rc = rk_units_seen_add(&seen, "f", i + 2, &sn, &own);
    }
    rk_units_seen_done(&seen);
    return rc;
}

START_TEST(growing_survives_failing_allocations)
{
    ck_assert_int_eq(sweep_body(NULL), RK_OK); /* what OpenSSL fetches once */
    ck_assert_int_ge(fault_sweep(sweep_body, NULL, 100), 4);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, an_empty_one_has_none);
    tcase_add_test(tc, each_unit_has_its_line);
    tcase_add_test(tc, no_two_sets_have_one_order);
    tcase_add_test(tc, a_repeat_names_both_lines);
    tcase_add_test(tc, growing_survives_failing_allocations);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "units_seen", .add = add });
}
