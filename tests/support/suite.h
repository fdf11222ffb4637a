/* SPDX-License-Identifier: Apache-2.0 */
/* The main() of a unit test: one suite, one test case, check's fork mode left on. */
#pragma once

#include <check.h>
#include <stdlib.h>

struct suite_options {
    const char *name;
    void (*add)(TCase *tc);
    void (*load)(void), (*unload)(void); /* around every test; may be NULL */
};

static inline int suite_run(const struct suite_options *options)
{
    Suite *suite = suite_create(options->name);
    TCase *tc = tcase_create(options->name);
    SRunner *runner;
    int failed;

    if (options->load != NULL)
        tcase_add_checked_fixture(tc, options->load, options->unload);
    tcase_set_timeout(tc, 120);
    options->add(tc);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
