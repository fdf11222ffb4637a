/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit completion: shell code that completes verbs and options, from the rows. */
#include "cli/commands.h"

#include "cli/opt_common.h"
#include "cli/rows.h"

#include <string.h>

static void put_options(FILE *out, const struct opt *rows, bool valued_only)
{
    for (const struct opt *row = rows; row->name != NULL; row++) {
        if (valued_only && row->arg == NULL)
            continue;
        (void)fprintf(out, " --%s", row->name);
        if (row->letter != '\0')
            (void)fprintf(out, " -%c", row->letter);
    }
}

static void put_case(void *arg, const struct cmd *cmd, const char *verb, const struct opt *rows)
{
    FILE *out = arg;

    (void)cmd;
    (void)fprintf(out, "    '%s')\n        words='", verb);
    put_options(out, rows, false);
    put_options(out, opt_common, false);
    (void)fputs("'\n        valued='", out);
    put_options(out, rows, true);
    (void)fputs("' ;;\n", out);
}

static void put_groups(FILE *out, const struct cmd *const *verbs)
{
    for (const struct cmd *const *cmd = verbs; *cmd != NULL; cmd++) {
        if ((*cmd)->subs == NULL)
            continue;
        (void)fprintf(out, "    '%s') words='", (*cmd)->name);
        for (const struct cmd *const *sub = (*cmd)->subs; *sub != NULL; sub++)
            (void)fprintf(out, " %s", (*sub)->name);
        (void)fputs("' ;;\n", out);
    }
}

static void put_bash(const struct app *app)
{
    FILE *out = app->out;

    (void)fputs("# bash completion for rotkit, made by `rotkit completion bash`\n"
                "_rotkit()\n"
                "{\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                "    local at=1 verb=rotkit words= valued=\n"
                "    if [ \"$COMP_CWORD\" -gt 1 ]; then\n"
                "        [ \"${COMP_WORDS[1]}\" = help ] && at=2\n"
                "        [ \"$COMP_CWORD\" -gt \"$at\" ] && verb=${COMP_WORDS[at]}\n"
                "    fi\n"
                "    case $verb in\n"
                "    blank",
                out);
    for (const struct cmd *const *cmd = app->verbs; *cmd != NULL; cmd++) {
        if ((*cmd)->subs != NULL)
            (void)fprintf(out, " | '%s'", (*cmd)->name);
    }
    (void)fputs(")\n"
                "        at=$((at + 1))\n"
                "        [ \"$COMP_CWORD\" -gt \"$at\" ] && verb=\"$verb ${COMP_WORDS[at]}\" ;;\n"
                "    esac\n"
                "    case $verb in\n"
                "    rotkit) words='help --help --version",
                out);
    for (const struct cmd *const *cmd = app->verbs; *cmd != NULL; cmd++)
        (void)fprintf(out, " %s", (*cmd)->name);
    (void)fputs("' ;;\n", out);
    put_groups(out, app->verbs);
    rows_of_all(app, put_case, out);
    (void)fputs("    esac\n"
                "    # A value or an operand: the shell completes file names.\n"
                "    case \" $valued \" in *\" $prev \"*) return ;; esac\n"
                "    case $words,$cur in *' --quiet '*,[!-]* | *' --quiet '*,) return ;; esac\n"
                "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "}\n"
                "complete -o default -F _rotkit rotkit\n",
                out);
}

static const struct shell {
    const char *name;
    void (*put)(const struct app *app);
} shells[] = {
    { "bash", put_bash },
};

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct operands operands;
    const struct opt rows[] = { OPT_END };

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, operands.v[0]) == 0) {
            shells[i].put(app);
            return RK_OK;
        }
    }
    return opt_fail(app, err, "unknown shell \"%s\" (known: bash)", operands.v[0]);
}

const struct cmd cmd_completion = {
    .name = "completion",
    .args = "SHELL",
    .summary = "print shell completion code",
    .about = "SHELL is bash. Use it as: source <(rotkit completion bash)",
    .run = run,
};
