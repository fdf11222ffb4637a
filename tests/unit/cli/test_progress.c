/* SPDX-License-Identifier: Apache-2.0 */
/* Long runs: silent in a log, stopped by a signal. */
#include "cli/progress.h"

#include "suite.h"

#include <stdlib.h>

START_TEST(a_log_gets_no_progress_line)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct app app = { .err = to };
    struct progress progress = { .app = &app, .what = "devices" };

    for (uint64_t i = 0; i <= 3; i++)
        progress_step(&progress, &(struct rk_progress) { .done = i, .total = 3 });
    progress_end(&progress);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

static const struct {
    int number;
    const char *message;
} signals[] = {
    { SIGINT, "stopped by signal 2; nothing was published" },
    { SIGTERM, "stopped by signal 15; nothing was published" },
};

START_TEST(a_signal_is_remembered_and_becomes_the_exit_code) /* loop test */
{
    struct app app = { .err = stderr };
    struct rk_err err;
    const volatile sig_atomic_t *stop = stop_on_signal();

    ck_assert_int_eq(*stop, 0);
    ck_assert_int_eq(raise(signals[_i].number), 0);
    ck_assert_int_eq(*stop, signals[_i].number);
    ck_assert_int_eq(app.stop_signal, 0);
    ck_assert_int_eq(stopped_by_signal(&app, &err), RK_E_INTERNAL);
    ck_assert_int_eq(app.stop_signal, signals[_i].number);
    ck_assert_str_eq(err.msg, signals[_i].message);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_log_gets_no_progress_line);
    tcase_add_loop_test(tc, a_signal_is_remembered_and_becomes_the_exit_code, 0, 2);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "progress", .add = add, .timeout_s = 4 });
}
