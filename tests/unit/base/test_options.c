/* SPDX-License-Identifier: Apache-2.0 */
/* Options structs that grow, and the sizes that the installed headers promise. */
#include "base/options.h"

#include "ftpmprov/bytes.h"
#include "ftpmprov/secret.h"

#include "suite.h"

#include <stddef.h>

/* The three transparent structs, on machines of 64 bits. A change here is a new soname. */
_Static_assert(sizeof(struct rk_bytes) == 16 && offsetof(struct rk_bytes, len) == 8, "rk_bytes");
_Static_assert(sizeof(struct rk_secret) == 16 && offsetof(struct rk_secret, len) == 8, "rk_secret");
_Static_assert(sizeof(struct rk_err) == 1304 && offsetof(struct rk_err, msg) == 4 &&
                   offsetof(struct rk_err, file) == 1028 && offsetof(struct rk_err, line) == 1284 &&
                   offsetof(struct rk_err, column) == 1288 &&
                   offsetof(struct rk_err, offset) == 1296,
               "rk_err");
_Static_assert(RK_E_UNKNOWN == 8 && RK_E_FORMAT == 9 && RK_E_NOMEM == 10,
               "the kinds of error keep their numbers");

struct older {
    size_t size;
    const char *first;
};
struct newer {
    size_t size;
    const char *first;
    const char *second;
};

START_TEST(no_options_are_the_defaults)
{
    struct newer known = { .first = "left over" };
    struct rk_err err;

    ck_assert_int_eq(rk_options_copy(&known, sizeof known, NULL, &err), RK_OK);
    ck_assert_uint_eq(known.size, sizeof known);
    ck_assert_ptr_null(known.first);
    ck_assert_ptr_null(known.second);
}
END_TEST

START_TEST(an_older_caller_has_the_defaults_of_what_it_does_not_know)
{
    const struct older from = { sizeof from, "first" };
    struct newer known = { .second = "left over" };
    struct rk_err err;

    ck_assert_int_eq(rk_options_copy(&known, sizeof known, &from, &err), RK_OK);
    ck_assert_uint_eq(known.size, sizeof known);
    ck_assert_str_eq(known.first, "first");
    ck_assert_ptr_null(known.second);
}
END_TEST

START_TEST(a_newer_caller_is_served_when_it_asks_for_nothing_new)
{
    struct newer from = { sizeof from, "first", NULL };
    struct older known;
    struct rk_err err;

    ck_assert_int_eq(rk_options_copy(&known, sizeof known, &from, &err), RK_OK);
    ck_assert_str_eq(known.first, "first");
    from.second = "second";
    ck_assert_int_eq(rk_options_copy(&known, sizeof known, &from, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "options of a newer library: 24 bytes, 16 are known, and the others "
                              "ask for something");
}
END_TEST

START_TEST(options_without_their_size_are_refused)
{
    const struct newer from = { 0, "first", NULL };
    struct newer known;
    struct rk_err err;

    ck_assert_int_eq(rk_options_copy(&known, sizeof known, &from, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "options without their size: begin with their _INIT macro");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, no_options_are_the_defaults);
    tcase_add_test(tc, an_older_caller_has_the_defaults_of_what_it_does_not_know);
    tcase_add_test(tc, a_newer_caller_is_served_when_it_asks_for_nothing_new);
    tcase_add_test(tc, options_without_their_size_are_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "options", .add = add });
}
