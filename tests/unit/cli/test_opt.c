/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows: what they bind, and each way of getting them wrong. */
#include "cli/opt.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

static enum rk_rc no_run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    (void)app, (void)argc, (void)argv;
    return rk_fail(err, RK_E_INTERNAL, "never run");
}
static const struct cmd cmd_test = {
    .name = "test", .args = "FILE", .summary = "x", .run = no_run
};

struct bound {
    bool flag;
    const char *str;
    struct opt_u64 number;
    struct opt_list list;
    struct operands operands;
    struct app app;
    struct rk_err err;
};

enum { WORDS_MAX = 80 };

/* Reads `line`, split at blanks, with one or two operands allowed. */
static enum rk_rc parse(struct bound *to, char *line, size_t min)
{
    char *argv[WORDS_MAX] = { NULL }, *rest = NULL;
    int argc = 0;
    const struct opt rows[] = {
        { "flag", 'f', OPT_FLAG, &to->flag, NULL, "h", false },
        { "string", 's', OPT_STR, &to->str, "TEXT", "h", false },
        { "number", 0, OPT_U64, &to->number, "N", "h", false },
        { "list", 'l', OPT_LIST, &to->list, "TEXT", "h", false },
        OPT_END,
    };

    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    to->app.cmd = &cmd_test;
    (void)snprintf(to->app.verb, sizeof to->app.verb, "test");
    return opt_parse(&to->app, rows, argc, argv, min, 2, &to->operands, &to->err);
}

START_TEST(rows_bind_local_variables)
{
    struct bound b = { .flag = false };
    char line[] = "test -f --string=a=b --number 0x10 --list one -ltwo --list= file";

    ck_assert_int_eq(parse(&b, line, 1), RK_OK);
    ck_assert(b.flag);
    ck_assert_str_eq(b.str, "a=b");
    ck_assert(b.number.set);
    ck_assert_uint_eq(b.number.v, 16);
    ck_assert_uint_eq(b.list.count, 3);
    ck_assert_str_eq(b.list.v[0], "one");
    ck_assert_str_eq(b.list.v[1], "two");
    ck_assert_str_eq(b.list.v[2], "");
    ck_assert_uint_eq(b.operands.count, 1);
    ck_assert_str_eq(b.operands.v[0], "file");
}
END_TEST

START_TEST(operands_stand_anywhere_and_a_double_dash_ends_options)
{
    struct bound b = { .flag = false };
    char line[] = "test - --flag -- --string";

    ck_assert_int_eq(parse(&b, line, 1), RK_OK);
    ck_assert(b.flag);
    ck_assert_ptr_null(b.str);
    ck_assert_uint_eq(b.operands.count, 2);
    ck_assert_str_eq(b.operands.v[0], "-");
    ck_assert_str_eq(b.operands.v[1], "--string");
}
END_TEST

START_TEST(common_options_are_read_beside_the_rows)
{
    struct bound b = { .flag = false };
    char line[] = "test -q file";

    ck_assert_int_eq(parse(&b, line, 1), RK_OK);
    ck_assert(b.app.quiet);
    ck_assert(!b.app.require_locked);
}
END_TEST

#define SEE "\n  see 'rotkit help test'"
static const struct fault {
    const char *line, *message;
} faults[] = {
    { "test --strnig x f", "unknown option \"--strnig\" (did you mean \"--string\"?)" SEE },
    { "test --quit f", "unknown option \"--quit\" (did you mean \"--quiet\"?)" SEE },
    { "test --entirely f", "unknown option \"--entirely\"" SEE },
    { "test -fz f", "unknown option \"-z\"" SEE },
    { "test --flag=1 f", "--flag takes no value" SEE },
    { "test f --string", "--string wants TEXT" SEE },
    { "test f -s", "--string wants TEXT" SEE },
    { "test -s a --string b f", "--string given twice" SEE },
    { "test --number 1 --number 1 f", "--number given twice" SEE },
    { "test", "an operand is missing: rotkit test FILE" SEE },
    { "test a b c", "unexpected operand \"c\"" SEE },
};

START_TEST(each_fault_is_told_in_one_line_and_a_pointer_to_the_help) /* loop test */
{
    struct bound b = { .flag = false };
    char line[128];

    (void)snprintf(line, sizeof line, "%s", faults[_i].line);
    ck_assert_int_eq(parse(&b, line, 1), RK_E_USAGE);
    ck_assert_str_eq(b.err.msg, faults[_i].message);
    ck_assert_uint_eq(b.operands.count, 0);
}
END_TEST

START_TEST(numbers_refuse_what_is_no_number)
{
    static const char *const bad[] = { "test --number -1 f", "test --number 1x f",
                                       "test --number= f", "test --number 18446744073709551616 f" };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bound b = { .flag = false };
        char line[128];

        (void)snprintf(line, sizeof line, "%s", bad[i]);
        ck_assert_int_eq(parse(&b, line, 1), RK_E_USAGE);
        ck_assert_int_eq(strncmp(b.err.msg, "--number: ", 10), 0);
        ck_assert(!b.number.set);
    }
}
END_TEST

START_TEST(a_list_has_an_end)
{
    struct bound b = { .flag = false };
    char line[512] = "test f";

    for (int i = 0; i < OPT_LIST_MAX; i++)
        (void)snprintf(line + strlen(line), sizeof line - strlen(line), " -lx");
    char full[512], over[600];
    (void)snprintf(full, sizeof full, "%s", line);
    (void)snprintf(over, sizeof over, "%s -ly", line);
    ck_assert_int_eq(parse(&b, full, 1), RK_OK);
    ck_assert_uint_eq(b.list.count, OPT_LIST_MAX);
    b = (struct bound) { .flag = false };
    ck_assert_int_eq(parse(&b, over, 1), RK_E_USAGE);
    ck_assert_str_eq(b.err.msg, "--list given more than 64 times" SEE);
}
END_TEST

START_TEST(a_required_option_is_missed)
{
    const char *eps = NULL;
    struct operands operands;
    struct rk_err err;
    struct app app = { .cmd = &cmd_test, .verb = "test" };
    char name[] = "test";
    char *argv[] = { name, NULL };
    const struct opt rows[] = { { "eps", 0, OPT_STR, &eps, "FILE", "h", true }, OPT_END };

    ck_assert_int_eq(opt_parse(&app, rows, 1, argv, 0, 0, &operands, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "--eps FILE is missing" SEE);
}
END_TEST

START_TEST(memory_that_cannot_be_locked_is_refused_on_demand)
{
    struct bound b = { .flag = false };
    char line[] = "test --require-locked-memory f";

    b.app.arena = ARENA_UNLOCKED;
    ck_assert_int_eq(parse(&b, line, 1), RK_E_IO);
    ck_assert_str_eq(b.err.msg, "memory cannot be locked: the memory lock limit is too low");
}
END_TEST

START_TEST(unlocked_memory_is_said_and_not_with_quiet)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct bound b = { .app = { .err = to, .arena = ARENA_UNLOCKED } }, quiet = b;
    char line[] = "test f", quiet_line[] = "test -q f";

    ck_assert_int_eq(parse(&quiet, quiet_line, 1), RK_OK);
    ck_assert_int_eq(parse(&b, line, 1), RK_OK);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_str_eq(text, "rotkit: warning: secrets are wiped but may be swapped: "
                           "the memory lock limit is too low\n");
    free(text);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, rows_bind_local_variables);
    tcase_add_test(tc, operands_stand_anywhere_and_a_double_dash_ends_options);
    tcase_add_test(tc, common_options_are_read_beside_the_rows);
    tcase_add_loop_test(tc, each_fault_is_told_in_one_line_and_a_pointer_to_the_help, 0,
                        (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(tc, numbers_refuse_what_is_no_number);
    tcase_add_test(tc, a_list_has_an_end);
    tcase_add_test(tc, a_required_option_is_missed);
    tcase_add_test(tc, memory_that_cannot_be_locked_is_refused_on_demand);
    tcase_add_test(tc, unlocked_memory_is_said_and_not_with_quiet);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "opt", .add = add, .timeout_s = 4 });
}
