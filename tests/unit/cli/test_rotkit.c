/* SPDX-License-Identifier: Apache-2.0 */
/* The whole program in one process: dispatch, exit codes, help and pages from the rows. */
#include "cli/commands.h"
#include "cli/exits.h"
#include "cli/opt_common.h"
#include "cli/rows.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

struct ran {
    int code;
    char *out, *err;
};

static struct ran run(const char *a, const char *b, const char *c, const char *d)
{
    const char *const words[] = { "rotkit", a, b, c, d };
    char copy[5][64], *argv[6] = { NULL };
    int argc = 0;
    struct ran ran = { .code = -1 };
    size_t out_len, err_len;
    FILE *out = open_memstream(&ran.out, &out_len), *err = open_memstream(&ran.err, &err_len);

    for (size_t i = 0; i < 5 && words[i] != NULL; i++) {
        (void)snprintf(copy[i], sizeof copy[i], "%s", words[i]);
        argv[argc++] = copy[i];
    }
    ran.code = rotkit_main(argc, argv, out, err);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(fclose(err), 0);
    return ran;
}

static void ran_done(struct ran *ran)
{
    free(ran->out);
    free(ran->err);
}

START_TEST(two_commands_run_in_one_process_and_share_nothing)
{
    struct ran first = run("ek", "derive", "--json", "--epsi=x");
    struct ran second = run("ek", "derive", "--epsi=x", NULL);
    struct ran third = run("ek", "derive", "--epsi=x", NULL);

    ck_assert_int_eq(first.code, 2);
    ck_assert_ptr_nonnull(strstr(first.err, "{\"error\":{\"code\":2,"));
    ck_assert_int_eq(second.code, 2);
    ck_assert_ptr_null(strchr(second.err, '{'));
    ck_assert_str_eq(second.err, third.err);
    ck_assert_str_eq(second.out, "");
    ran_done(&first);
    ran_done(&second);
    ran_done(&third);
}
END_TEST

START_TEST(a_fault_before_json_is_told_in_json)
{
    struct ran ran = run("ek", "derive", "--epsi=x", "--json");

    ck_assert_int_eq(ran.code, 2);
    ck_assert_str_eq(ran.out, "");
    ck_assert_str_eq(ran.err,
                     "{\"error\":{\"code\":2,\"message\":\"unknown option \\\"--epsi\\\" (did you "
                     "mean \\\"--eps\\\"?)\",\"context\":[\"see 'rotkit help ek derive'\"]}}\n");
    ran_done(&ran);
}
END_TEST

/* Issue "Trust", 1: 3 before 7 before 2 before 8 before 0. */
START_TEST(of_several_operands_the_gravest_counts)
{
    static const enum rk_rc order[] = { RK_E_VERIFY, RK_E_INTERNAL, RK_E_NOMEM,   RK_E_IO,
                                        RK_E_USAGE,  RK_E_FORMAT,   RK_E_UNKNOWN, RK_OK };

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
            ck_assert_int_eq(exit_graver(order[i], order[k]), order[i < k ? i : k]);
    }
}
END_TEST

START_TEST(every_kind_of_fault_has_its_exit_code)
{
    /* design.md, "The command line" */
    static const struct {
        enum rk_rc rc;
        int code;
    } wanted[] = {
        { RK_OK, 0 },        { RK_E_INTERNAL, 1 }, { RK_E_USAGE, 2 },   { RK_E_VERIFY, 3 },
        { RK_E_KEY, 4 },     { RK_E_LEDGER, 5 },   { RK_E_PARTIAL, 6 }, { RK_E_IO, 7 },
        { RK_E_UNKNOWN, 8 }, { RK_E_FORMAT, 2 },   { RK_E_NOMEM, 1 },
    };

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        ck_assert_int_eq(exit_code_of(wanted[i].rc), wanted[i].code);
    }
}
END_TEST

static const struct usage {
    const char *a, *b, *err;
} usages[] = {
    { NULL, NULL, "rotkit: a verb is missing\n  see 'rotkit help'\n" },
    { "kk", NULL, "rotkit: unknown verb \"kk\" (did you mean \"ek\"?)\n  see 'rotkit help'\n" },
    { "frobnicate", NULL, "rotkit: unknown verb \"frobnicate\"\n  see 'rotkit help'\n" },
    { "ek", NULL, "rotkit: \"ek\" wants a second verb\n  see 'rotkit help ek'\n" },
    { "ek", "drive",
      "rotkit: unknown verb \"ek drive\" (did you mean \"ek derive\"?)\n  see 'rotkit help ek'\n" },
    { "help", "frobnicate", "rotkit: unknown verb \"frobnicate\"\n  see 'rotkit help'\n" },
    { "man", "frobnicate", "rotkit: unknown verb \"frobnicate\"\n  see 'rotkit help man'\n" },
    { "completion", "tcsh",
      "rotkit: unknown shell \"tcsh\" (known: bash)\n  see 'rotkit help completion'\n" },
};

START_TEST(a_usage_fault_is_one_line_and_where_to_read_on) /* loop test */
{
    struct ran ran = run(usages[_i].a, usages[_i].b, NULL, NULL);

    ck_assert_int_eq(ran.code, 2);
    ck_assert_str_eq(ran.err, usages[_i].err);
    ck_assert_str_eq(ran.out, "");
    ran_done(&ran);
}
END_TEST

START_TEST(help_and_version_go_to_stdout)
{
    struct ran help = run("help", NULL, NULL, NULL), same = run("--help", NULL, NULL, NULL);
    struct ran version = run("--version", NULL, NULL, NULL);
    struct ran verb = run("help", "ek", "derive", NULL), dashed = run("ek", "derive", "-h", NULL);

    ck_assert_int_eq(help.code | same.code | version.code | verb.code | dashed.code, 0);
    ck_assert_str_eq(help.out, same.out);
    ck_assert_str_eq(verb.out, dashed.out);
    ck_assert_str_eq(version.out, "rotkit " ROTKIT_VERSION "\n");
    for (const struct cmd *const *cmd = commands; *cmd != NULL; cmd++)
        ck_assert_ptr_nonnull(strstr(help.out, (*cmd)->summary));
    ck_assert_str_eq(help.err, "");
    ck_assert_str_eq(verb.err, "");
    ran_done(&help);
    ran_done(&same);
    ran_done(&version);
    ran_done(&verb);
    ran_done(&dashed);
}
END_TEST

struct seen {
    size_t commands;
    const char *completion;
};

/* Every row is sound, in the command's help, in its page and in the completion. */
static void check_rows(void *arg, const struct cmd *cmd, const char *verb, const struct opt *rows)
{
    struct seen *seen = arg;
    char first[32], needle[128];
    const char *blank = strchr(verb, ' ');
    struct ran help, page;

    (void)snprintf(first, sizeof first, "%.*s",
                   (int)(blank == NULL ? strlen(verb) : (size_t)(blank - verb)), verb);
    help = run("help", first, blank == NULL ? NULL : blank + 1, NULL);
    page = run("man", first, NULL, NULL);
    seen->commands++;
    ck_assert_int_eq(help.code | page.code, 0);
    ck_assert(cmd->run != NULL);
    for (const struct opt *row = rows; row->name != NULL; row++) {
        bool valued = row->kind != OPT_FLAG;

        ck_assert_msg((row->arg != NULL) == valued, "%s --%s: kind and arg differ", verb,
                      row->name);
        for (const struct opt *other = row + 1; other->name != NULL; other++) {
            ck_assert_msg(strcmp(row->name, other->name) != 0, "%s --%s twice", verb, row->name);
            ck_assert_msg(row->letter == 0 || row->letter != other->letter, "%s -%c twice", verb,
                          row->letter);
        }
        for (const struct opt *common = opt_common; common->name != NULL; common++)
            ck_assert_str_ne(row->name, common->name);
        (void)snprintf(needle, sizeof needle, "--%s", row->name);
        ck_assert_msg(strstr(help.out, needle) != NULL, "%s: no %s in the help", verb, needle);
        ck_assert_msg(strstr(seen->completion, needle) != NULL, "%s: %s not completed", verb,
                      needle);
        (void)snprintf(needle, sizeof needle, " Fl -%s", row->name);
        ck_assert_msg(strstr(page.out, needle) != NULL, "%s: no %s in the page", verb, needle);
    }
    ran_done(&help);
    ran_done(&page);
}

START_TEST(every_row_is_sound_and_in_help_page_and_completion)
{
    struct ran completion = run("completion", "bash", NULL, NULL);
    struct seen seen = { .completion = completion.out };
    const struct app app = { .verbs = commands };

    ck_assert_int_eq(completion.code, 0);
    rows_of_all(&app, check_rows, &seen);
    ck_assert_uint_ge(seen.commands, 8);
    ran_done(&completion);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, two_commands_run_in_one_process_and_share_nothing);
    tcase_add_test(tc, a_fault_before_json_is_told_in_json);
    tcase_add_test(tc, every_kind_of_fault_has_its_exit_code);
    tcase_add_test(tc, of_several_operands_the_gravest_counts);
    tcase_add_loop_test(tc, a_usage_fault_is_one_line_and_where_to_read_on, 0,
                        (int)(sizeof usages / sizeof usages[0]));
    tcase_add_test(tc, help_and_version_go_to_stdout);
    tcase_add_test(tc, every_row_is_sound_and_in_help_page_and_completion);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "rotkit", .add = add, .timeout_s = 60 });
}
