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
    struct progress progress = { .app = &app, .one = "device" };

    for (uint64_t i = 0; i <= 3; i++)
        progress_step(&progress, &(struct rk_progress) { .done = i, .total = 3 });
    progress_end(&progress);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

static const struct {
    struct rk_progress at;
    uint64_t began_at;
    int64_t elapsed_ms;
    const char *text;
} lines[] = {
    { { 0, 20, 0 }, 0, 0, "0 of 20 devices" },
    { { 1, 1, 0 }, 1, 0, "1 of 1 device" },
    { { 900, 1000, 0 }, 1, 10, "900 of 1000 devices" }, /* no guess from the first moments */
    { { 1, 20, 0 }, 1, 60000, "1 of 20 devices" },      /* none from nothing either */
    { { 500, 1000, 500 }, 500, 5000, "500 of 1000 devices" },
    { { 21, 41, 0 }, 1, 10000, "21 of 41 devices, 2.0 a second, 10 s left" },
    /* what an interrupted build had made does not count as speed */
    { { 600, 1000, 500 }, 500, 10000, "600 of 1000 devices, 10 a second, 40 s left" },
    { { 1001, 13001, 0 }, 1, 10000, "1001 of 13001 devices, 100 a second, 2 min left" },
    { { 101, 1000000, 0 }, 1, 10000, "101 of 1000000 devices, 10 a second, 28 h left" },
};

START_TEST(the_time_left_is_told_once_it_can_be) /* loop test */
{
    struct app app = { .err = stderr };
    struct progress progress = { .app = &app, .one = "device", .began_at = lines[_i].began_at };
    char text[PROGRESS_TEXT_MAX];

    progress_text(&progress, &lines[_i].at, lines[_i].elapsed_ms, text);
    ck_assert_str_eq(text, lines[_i].text);
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
    tcase_add_loop_test(tc, the_time_left_is_told_once_it_can_be, 0,
                        (int)(sizeof lines / sizeof lines[0]));
    tcase_add_loop_test(tc, a_signal_is_remembered_and_becomes_the_exit_code, 0, 2);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "progress", .add = add, .timeout_s = 4 });
}
