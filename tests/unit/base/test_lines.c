/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/lines.h"

#include "fault.h"
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct rk_err err;

/* Every line in brackets, its number in front, "+" behind one that a newline ends. */
static void show(const struct rk_line *line, char *ret, size_t size)
{
    size_t used = strlen(ret);

    (void)snprintf(ret + used, size - used, "%u[%.*s]%s", (unsigned)line->number, (int)line->len,
                   line->p, line->ended ? "+" : "");
}

static const struct {
    const char *text, *lines;
} texts[] = {
    { "", "" },
    { "a", "1[a]" },
    { "a\n", "1[a]+" },
    { "\n", "1[]+" },
    { "\n\n", "1[]+2[]+" },
    { "a\r\nb", "1[a]+2[b]" },
    { "a\r", "1[a]" },
    { "\r\n\r\r\nc\n", "1[]+2[\r]+3[c]+" },
    { "one\n\nthree\nfour", "1[one]+2[]+3[three]+4[four]" },
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

START_TEST(a_cursor_reads_each_line)
{
    struct rk_line_cursor cursor = { .p = texts[_i].text, .left = strlen(texts[_i].text) };
    struct rk_line line = { .number = 99 };
    char found[128] = "";

    while (rk_line_next(&cursor, &line)) {
        rk_line_drop_cr(&line);
        show(&line, found, sizeof found);
    }
    ck_assert_str_eq(found, texts[_i].lines);
    line.number = 99;
    ck_assert(!rk_line_next(&cursor, &line));
    ck_assert_uint_eq(line.number, 99); /* untouched at the end */
}
END_TEST

START_TEST(a_line_may_hold_a_nul)
{
    struct rk_line_cursor cursor = { .p = "a\0b\nc", .left = 5 };
    struct rk_line line;

    ck_assert(rk_line_next(&cursor, &line));
    ck_assert_uint_eq(line.len, 3);
    ck_assert(rk_line_next(&cursor, &line));
    ck_assert_uint_eq(line.len, 1);
    ck_assert(!rk_line_next(&cursor, &line));
}
END_TEST

/* A file of this text, in the folder of the test. */
static const char *file_of(const char *text, size_t len)
{
    static const char path[] = TEST_SCRATCH "/lines.txt";
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

START_TEST(a_reader_reads_each_line)
{
    const char *path = file_of(texts[_i].text, strlen(texts[_i].text));
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    struct rk_line line;
    char found[128] = "";
    bool more;

    ck_assert_int_eq(rk_line_reader_open(path, 5, &reader, &err), RK_OK);
    for (;;) {
        ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
        if (!more)
            break;
        rk_line_drop_cr(&line);
        show(&line, found, sizeof found);
    }
    ck_assert_str_eq(found, texts[_i].lines);
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
    ck_assert(!more);
    rk_line_reader_done(&reader);
}
END_TEST

/* Lines of every length up to the longest, three times over: far more than the room has. */
START_TEST(a_reader_keeps_its_place_over_many_rooms)
{
    enum { LONGEST = 700, LINES = 3 * (LONGEST + 1) };
    static char text[LINES * (LONGEST + 1)], wanted[LONGEST];
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    struct rk_line line;
    size_t len = 0;
    bool more;

    for (size_t i = 0; i < LINES; i++) {
        memset(text + len, 'a' + (int)(i % 26), i % (LONGEST + 1));
        len += i % (LONGEST + 1);
        text[len++] = '\n';
    }
    ck_assert_int_eq(rk_line_reader_open(file_of(text, len), LONGEST, &reader, &err), RK_OK);
    for (size_t i = 0; i < LINES; i++) {
        ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
        ck_assert(more && line.ended);
        ck_assert_uint_eq(line.number, i + 1);
        ck_assert_uint_eq(line.len, i % (LONGEST + 1));
        memset(wanted, 'a' + (int)(i % 26), sizeof wanted);
        ck_assert_mem_eq(line.p, wanted, line.len);
    }
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
    ck_assert(!more);
    rk_line_reader_done(&reader);
}
END_TEST

START_TEST(a_reader_refuses_a_line_longer_than_its_limit)
{
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    struct rk_line line = { .number = 99 };
    char wanted[sizeof TEST_SCRATCH + 100];
    const char *path = file_of("123456\n1234567\n8", 16);
    bool more;

    ck_assert_int_eq(rk_line_reader_open(path, 6, &reader, &err), RK_OK);
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
    ck_assert_uint_eq(line.len, 6);
    line.number = 99;
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_E_USAGE);
    (void)snprintf(wanted, sizeof wanted, "%s:2: line of more than 6 characters", path);
    ck_assert_str_eq(err.msg, wanted);
    ck_assert_uint_eq(err.line, 2);
    ck_assert_uint_eq(line.number, 99); /* untouched */
    rk_line_reader_done(&reader);
}
END_TEST

START_TEST(a_line_without_end_is_refused_at_the_greatest_limit)
{
    static char text[5 * RK_LINE_MAX];
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    struct rk_line line;
    bool more;

    memset(text, 'x', sizeof text);
    ck_assert_int_eq(rk_line_reader_open(file_of(text, sizeof text), RK_LINE_MAX, &reader, &err),
                     RK_OK);
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_E_USAGE);
    rk_line_reader_done(&reader);
    ck_assert_int_eq(rk_line_reader_open(file_of(text, RK_LINE_MAX), RK_LINE_MAX, &reader, &err),
                     RK_OK);
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
    ck_assert_uint_eq(line.len, RK_LINE_MAX);
    rk_line_reader_done(&reader);
}
END_TEST

START_TEST(a_reader_says_what_it_cannot_open_or_read)
{
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    struct rk_line line;
    bool more;

    ck_assert_int_eq(rk_line_reader_open("/nowhere/at/all", 10, &reader, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot open \"/nowhere/at/all\": No such file or directory");
    ck_assert_int_eq(rk_line_reader_open("/", 10, &reader, &err), RK_OK);
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot read \"/\": Is a directory");
    rk_line_reader_done(&reader);
}
END_TEST

START_TEST(no_path_is_standard_input_and_leaves_it_open)
{
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    int fd = open(file_of("in\n", 3), O_RDONLY | O_CLOEXEC);
    struct rk_line line;
    bool more;

    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO); /* check forks: nobody else's */
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(rk_line_reader_open(NULL, 10, &reader, &err), RK_OK);
    ck_assert_str_eq(reader.path, "standard input");
    ck_assert_int_eq(rk_line_reader_next(&reader, &line, &more, &err), RK_OK);
    ck_assert_mem_eq(line.p, "in", 2);
    rk_line_reader_done(&reader);
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
}
END_TEST

static enum rk_rc read_all(void *path)
{
    struct rk_line_reader reader = RK_LINE_READER_NONE;
    struct rk_line line;
    struct rk_err e;
    bool more = true;
    enum rk_rc rc = rk_line_reader_open(path, 10, &reader, &e);

    for (uint64_t n = 0; rc == RK_OK && more; n++) {
        rc = rk_line_reader_next(&reader, &line, &more, &e);
        if (rc == RK_OK && more != (n < 2))
            rc = RK_E_INTERNAL;
    }
    rk_line_reader_done(&reader);
    return rc;
}

START_TEST(want_of_memory_is_told)
{
    char path[sizeof TEST_SCRATCH + 100];

    (void)snprintf(path, sizeof path, "%s", file_of("one\ntwo\n", 8));
    ck_assert_int_eq(fault_sweep(read_all, path, 20), 1); /* the room */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_cursor_reads_each_line, 0, TEXTS);
    tcase_add_test(tc, a_line_may_hold_a_nul);
    tcase_add_loop_test(tc, a_reader_reads_each_line, 0, TEXTS);
    tcase_add_test(tc, a_reader_keeps_its_place_over_many_rooms);
    tcase_add_test(tc, a_reader_refuses_a_line_longer_than_its_limit);
    tcase_add_test(tc, a_line_without_end_is_refused_at_the_greatest_limit);
    tcase_add_test(tc, a_reader_says_what_it_cannot_open_or_read);
    tcase_add_test(tc, no_path_is_standard_input_and_leaves_it_open);
    tcase_add_test(tc, want_of_memory_is_told);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "lines", .add = add });
}
