/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in numbered files: each line once, in order, no file above the limit, none empty. */
#include "enroll/files.h"

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rk_err err;

struct seen {
    uint64_t files, lines;
    size_t largest;
    const char *fail_at; /* NULL: no file fails */
};

/* Counts, and holds each line against the number that it says. */
static enum rk_rc look(void *arg, const char *name, const struct rk_bytes *bytes, struct rk_err *e)
{
    struct seen *seen = arg;
    char wanted[64];
    size_t count = 0, used = strlen("head\n");

    (void)snprintf(wanted, sizeof wanted, "list/%06llu.txt", (unsigned long long)++seen->files);
    ck_assert_str_eq(name, wanted);
    if (seen->fail_at != NULL && strcmp(name, seen->fail_at) == 0)
        return rk_fail(e, RK_E_IO, "no room");
    ck_assert_mem_eq(bytes->p, "head\n", used);
    while (used < bytes->len) {
        int n = snprintf(wanted, sizeof wanted, "line %llu\n", (unsigned long long)seen->lines++);

        ck_assert_uint_le(used + (size_t)n, bytes->len);
        ck_assert_mem_eq(bytes->p + used, wanted, (size_t)n);
        used += (size_t)n;
        count++;
    }
    seen->largest = count > seen->largest ? count : seen->largest;
    return RK_OK;
}

static enum rk_rc write_lines(uint64_t count, struct seen *seen, struct rk_enroll_report *ret)
{
    struct rk_enroll_out out = { .sink = look, .arg = seen };
    RK_AUTO(rk_numbered_files_done)
    struct rk_numbered_files lines = {
        .out = &out, .before = "list/", .after = ".txt", .head = "head\n"
    };

    for (uint64_t i = 0; i < count; i++) {
        rk_wr_printf(rk_numbered_files_wr(&lines), "line %llu\n", (unsigned long long)i);
        if (rk_numbered_files_next(&lines, &err))
            return err.rc;
    }
    if (rk_numbered_files_end(&lines, &err))
        return err.rc;
    *ret = out.report;
    return RK_OK;
}

static const struct {
    uint64_t lines, files;
    size_t largest;
} counts[] = {
    { 0, 0, 0 },
    { 1, 1, 1 },
    { RK_ENROLL_LINES, 1, RK_ENROLL_LINES },
    { RK_ENROLL_LINES + 1, 2, RK_ENROLL_LINES },
    { 3 * RK_ENROLL_LINES, 3, RK_ENROLL_LINES },
};

START_TEST(every_line_stands_in_one_file) /* loop test: _i is the count */
{
    struct seen seen = { .files = 0 };
    struct rk_enroll_report report = { .files = 99 };

    ck_assert_int_eq(write_lines(counts[_i].lines, &seen, &report), RK_OK);
    ck_assert_uint_eq(seen.lines, counts[_i].lines);
    ck_assert_uint_eq(seen.files, counts[_i].files);
    ck_assert_uint_eq(seen.largest, counts[_i].largest);
    ck_assert_uint_eq(report.files, counts[_i].files);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_ends_it)
{
    struct seen seen = { .fail_at = "list/000002.txt" };
    struct rk_enroll_report report = { .files = 99 };

    ck_assert_int_eq(write_lines(3 * RK_ENROLL_LINES, &seen, &report), RK_E_IO);
    ck_assert_str_eq(err.msg, "no room");
    ck_assert_uint_eq(seen.files, 2);
    ck_assert_uint_eq(report.files, 99);
}
END_TEST

/* A line longer than there is room for in the file is an error, not a file cut short. */
START_TEST(lines_that_outgrow_their_file_are_refused)
{
    struct seen seen = { .files = 0 };
    struct rk_enroll_out out = { .sink = look, .arg = &seen };
    RK_AUTO(rk_numbered_files_done)
    struct rk_numbered_files lines = { .out = &out, .before = "", .after = "", .head = "" };

    rk_wr_fill_byte(rk_numbered_files_wr(&lines), 'x',
                    (size_t)RK_ENROLL_LINES * RK_ENROLL_LINE_MAX);
    ck_assert_int_eq(rk_numbered_files_next(&lines, &err), RK_OK);
    rk_wr_fill_byte(rk_numbered_files_wr(&lines), 'x', RK_ENROLL_LINE_MAX + 1);
    ck_assert_int_eq(rk_numbered_files_next(&lines, &err), RK_OK);
    ck_assert_int_eq(rk_numbered_files_end(&lines, &err), RK_E_USAGE);
    ck_assert_uint_eq(seen.files, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_line_stands_in_one_file, 0,
                        (int)(sizeof counts / sizeof counts[0]));
    tcase_add_test(tc, a_file_that_cannot_be_written_ends_it);
    tcase_add_test(tc, lines_that_outgrow_their_file_are_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "enroll_files", .add = add });
}
