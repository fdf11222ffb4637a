/* SPDX-License-Identifier: Apache-2.0 */
/* The main() of a unit test: one suite, one test case, check's fork mode left on. */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

struct suite_options {
    const char *name;
    void (*add)(TCase *tc);
    void (*load)(void), (*unload)(void); /* around every test; may be NULL */
    bool once;                           /* around all of them instead, in the parent process */
    double timeout_s;                    /* of one test; 0: 120 */
};

static inline int suite_run(const struct suite_options *options)
{
    Suite *suite = suite_create(options->name);
    TCase *tc = tcase_create(options->name);
    SRunner *runner;
    int failed;

    if (options->load != NULL && options->once)
        tcase_add_unchecked_fixture(tc, options->load, options->unload);
    else if (options->load != NULL)
        tcase_add_checked_fixture(tc, options->load, options->unload);
    tcase_set_timeout(tc, options->timeout_s == 0 ? 120 : options->timeout_s);
    options->add(tc);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
