/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/man.h"

#include "cli/exits.h"
#include "cli/opt_common.h"
#include "cli/rows.h"
#include "cli/tokens.h"

#include "rotkit/format.h"
#include "rotkit/policy.h"

#include <ctype.h>
#include <string.h>

/* Running text, a line a sentence: what roff would take for a request or an escape is defused. */
static void put_text(FILE *to, const char *text)
{
    bool line_start = true, sentence_end = false;

    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", to);
        line_start = *text == '\n';
        if (*text == '\\')
            (void)fputs("\\e", to);
        else if (*text == ' ' && sentence_end)
            (void)fputc('\n', to);
        else
            (void)fputc(*text, to);
        sentence_end = *text == '.';
    }
    (void)fputc('\n', to);
}

/* Words behind a macro: each is kept from being a macro itself. */
static void put_words(FILE *to, const char *text)
{
    bool word_start = true;

    for (; *text != '\0'; text++) {
        if (word_start && *text != ' ')
            (void)fputs(" \\&", to);
        word_start = *text == ' ';
        if (*text == '"')
            (void)fputs("\\(dq", to);
        else if (!word_start)
            (void)fputc(*text, to);
    }
}

static void put_head(FILE *to, const char *name, const char *summary)
{
    (void)fputs(".Dd " ROTKIT_DATE "\n.Dt ", to);
    for (const char *p = name; *p != '\0'; p++)
        (void)fputc(toupper((unsigned char)*p), to);
    (void)fprintf(to, " 1\n.Os rotkit " ROTKIT_VERSION "\n.Sh NAME\n.Nm %s\n.Nd", name);
    put_words(to, summary);
    (void)fputc('\n', to);
}

/* "-o FILE" behind .Op or alone; the long name when there is no letter. */
static void put_synopsis_option(FILE *to, const struct opt *row)
{
    (void)fputs(row->required ? ".Fl" : ".Op Fl", to);
    if (row->letter != '\0')
        (void)fprintf(to, " %c", row->letter);
    else
        (void)fprintf(to, " -%s", row->name);
    if (row->arg != NULL) {
        (void)fputs(" Ar", to);
        put_words(to, row->arg);
    }
    (void)fputc('\n', to);
}

static void put_synopsis(void *arg, const struct cmd *cmd, const char *verb, const struct opt *rows)
{
    FILE *to = arg;

    (void)fprintf(to, ".Nm rotkit %s\n", verb);
    for (const struct opt *row = rows; row->name != NULL; row++)
        put_synopsis_option(to, row);
    if (cmd->args[0] != '\0') {
        (void)fputs(".Ar", to);
        put_words(to, cmd->args);
        (void)fputc('\n', to);
    }
}

static void put_options(FILE *to, const struct opt *rows)
{
    for (const struct opt *row = rows; row->name != NULL; row++) {
        (void)fputs(".It", to);
        if (row->letter != '\0')
            (void)fprintf(to, " Fl %c ,", row->letter);
        (void)fprintf(to, " Fl -%s", row->name);
        if (row->arg != NULL) {
            (void)fputs(" Ar", to);
            put_words(to, row->arg);
        }
        (void)fputc('\n', to);
        (void)fprintf(to, "%s", row->required ? "(required)\n" : "");
        put_text(to, row->help);
    }
}

static void put_part(void *arg, const struct cmd *cmd, const char *verb, const struct opt *rows)
{
    FILE *to = arg;

    (void)fprintf(to, ".Ss rotkit %s\n", verb);
    put_text(to, cmd->summary);
    if (cmd->about != NULL) {
        (void)fputs(".Pp\n", to);
        put_text(to, cmd->about);
    }
    if (rows->name == NULL)
        return;
    (void)fputs(".Bl -tag -width Ds\n", to);
    put_options(to, rows);
    (void)fputs(".El\n", to);
}

void man_verb(const struct app *app, FILE *to, const struct cmd *cmd)
{
    char name[64];

    (void)snprintf(name, sizeof name, "rotkit-%s", cmd->name);
    put_head(to, name, cmd->summary);
    (void)fputs(".Sh SYNOPSIS\n", to);
    rows_of(app, cmd, put_synopsis, to);
    (void)fputs(".Sh DESCRIPTION\n", to);
    rows_of(app, cmd, put_part, to);
    (void)fputs(".Ss Common options\n.Bl -tag -width Ds\n", to);
    put_options(to, opt_common);
    (void)fputs(".El\n.Sh EXIT STATUS\nAs listed in\n.Xr rotkit 1 .\n"
                ".Sh SEE ALSO\n.Xr rotkit 1\n",
                to);
}

static void put_exit_codes(FILE *to)
{
    (void)fputs(".Sh EXIT STATUS\n.Bl -tag -width 130,143\n", to);
    for (size_t i = 0; exit_row_at(i) != NULL; i++) {
        const struct exit_row *row = exit_row_at(i);

        if (row->meaning == NULL)
            continue;
        (void)fprintf(to, ".It %d\n", row->code);
        put_text(to, row->meaning);
    }
    (void)fputs(
        ".It 130, 143\nstopped by SIGINT, SIGTERM\n"
        ".It 141\nnobody read standard output to its end; what was to be done is done\n.El\n"
        ".Pp\nOf several operands of\n.Xr rotkit-verify 1\nthe gravest counts: 3 before 7 "
        "before 2 before 8 before 0.\n",
        to);
}

/* The verb that follows `name` in the alphabet; NULL after the last. */
static const char *verb_after(const struct cmd *const *verbs, const char *name)
{
    const char *next = NULL;

    for (const struct cmd *const *cmd = verbs; *cmd != NULL; cmd++) {
        if (strcmp((*cmd)->name, name) > 0 && (next == NULL || strcmp((*cmd)->name, next) < 0))
            next = (*cmd)->name;
    }
    return next;
}

static void put_see_also(FILE *to, const struct cmd *const *verbs)
{
    (void)fputs(".Sh SEE ALSO\n", to);
    for (const char *name = verb_after(verbs, ""); name != NULL; name = verb_after(verbs, name))
        (void)fprintf(to, ".Xr rotkit-%s 1 ,\n", name);
    (void)fputs(".Xr rotkit-manifest 5\n", to);
}

static const char keys[] =
    ".Sh KEYS\n"
    "Keys are named the same way everywhere, in manifests and on the command line:\n"
    ".Bl -tag -width Ds\n"
    ".It Ar path , Li file: Ns Ar path\n"
    "a private key in PEM or DER, encrypted or not;\n"
    "a symmetric key as hex text, plain or as eight 0x words\n"
    ".It Li pub: Ns Ar path\n"
    "the public half of a key that is elsewhere; of a certificate, its key is taken\n"
    ".It Li pkcs11: Ns Ar URI\n"
    "a key in a token, RFC 7512, see\n"
    ".Sx TOKENS\n"
    ".It Li helper: Ns Ar program Ns Li ?public= Ns Ar file\n"
    "a program that signs, and its public key; it gets two minutes, or\n"
    ".Li &timeout= Ns Ar seconds\n"
    "behind the file, and of the environment what has a common name (\n"
    ".Ev PATH , HOME , USER , LOGNAME , LANG , LC_ALL , TZ , TERM , TMPDIR )\n"
    "and what begins with\n"
    ".Ev ROTKIT_HELPER_\n"
    ".It Li env: Ns Ar NAME\n"
    "a symmetric key as hex text in an environment variable\n"
    ".El\n"
    ".Pp\n"
    "Passphrases come from\n"
    ".Li fd: Ns Ar N ,\n"
    ".Li file: Ns Ar path ,\n"
    ".Li env: Ns Ar NAME ,\n"
    "or a prompt on a terminal; never from an argument.\n"
    ".Pp\n"
    "What signs, what is verified, and every certificate on the way has at least RSA of 2048 "
    "bits,\n"
    "EC of 256 bits and SHA-256.\n"
    ".Fl -allow-weak\n"
    "takes what is weaker, by name:\n"
    ".Bl -tag -width rsa1024\n";
static const char environment[] =
    ".El\n"
    ".Sh ENVIRONMENT\n"
    ".Bl -tag -width SOURCE_DATE_EPOCH\n"
    ".It Ev SOURCE_DATE_EPOCH\n"
    "seconds since 1970 that stand for the present time in what is made; a ledger goes by the "
    "clock\n"
    ".It Ev ROTKIT_PRIME_SEARCH\n"
    "how RSA primes are looked for, with the same result:\n"
    ".Li ifma\n(AVX-512),\n.Li openssl\nor\n.Li portable\n(slow);\n"
    "with\n.Li ,exact\nor\n.Li exact\nalone without the test to base 2 that goes before\n"
    ".It Ev JOB_COMPLETION_INDEX , SLURM_ARRAY_TASK_ID\n"
    "which shard a task of Kubernetes or Slurm makes, with\n.Fl -shard Cm auto Ns /COUNT ;\n"
    "an array of Slurm has the count too, by\n"
    ".Ev SLURM_ARRAY_TASK_MIN , SLURM_ARRAY_TASK_MAX\nand\n.Ev SLURM_ARRAY_TASK_STEP\n"
    ".It Ev ROTKIT_REQUIRE_IFMA\n"
    "if 1, fail where AVX-512 IFMA cannot be had\n"
    ".El\n";

static const char tokens[] =
    ".El\n"
    ".Sh TOKENS\n"
    "In a token,\n.Li token=\nor\n.Li serial=\nnames the token,\n.Li object=\nor\n.Li id=\n"
    "the key;\n.Li id=\nwithout a value names the one that has no id.\n"
    "Its public half is what it says itself, else its public key or certificate:\n"
    "of the same id, modulus or label; of NSS's keys the certificate's label is theirs.\n"
    "In the query of the URI,\n.Li module-path\nnames the module's file, or\n.Li module-name\n"
    "the module by p11-kit's name of it, or its file without lib and .so in p11-kit's folder\n"
    "or in that of\n.Li module-path ;\n"
    "without both, all modules that p11-kit is configured with are looked through.\n"
    ".Li pin-source\nsays where the PIN comes from (file:PATH, fd:N, env:NAME); a wrong PIN is "
    "tried once.\n"
    ".Li x-init-reserved\nis what the module is started with, as in p11-kit's settings.\n"
    ".Pp\nTokens that rotkit is tried with, and what they can:\n"
    ".Bl -tag -width Ds\n";

static const char firmware[] =
    ".El\n"
    ".Sh FIRMWARE\n"
    "A file can be right by its format and still be refused by a board.\n"
    ".Fl -for\n"
    "refuses what the firmware named does not take, when it is made and when it is verified;\n"
    ".Li + Ns Ar OPTION\n"
    "behind the name says that it is built with an option that lifts a rule.\n"
    "Without it, what is made is warned of.\n"
    ".Bl -tag -width Ds\n";

static void put_rule(void *arg, const char *format, const struct rk_demand *demand)
{
    FILE *to = arg;

    (void)fprintf(to, ".It Li %s , %s : No %s\n%s", demand->firmware, format, demand->fact,
                  demand->rule);
    if (demand->option != NULL)
        (void)fprintf(to, ", unless it is built with\n.Li %s", demand->option);
    (void)fputc('\n', to);
}

void man_overview(const struct app *app, FILE *to)
{
    put_head(to, "rotkit", "root-of-trust provisioning for device makers");
    (void)fputs(".Sh SYNOPSIS\n.Nm\n.Ar verb\n.Op Ar options\n.Op Ar operands\n.Nm\n.Cm help\n"
                ".Op Ar verb Op Ar verb\n.Nm\n.Fl -version\n.Sh DESCRIPTION\n"
                "Results go to standard output, everything for people to standard error;\n"
                ".Sq -\nis standard input or output.\nAn option that does not apply is refused.\n"
                ".Bl -tag -width Ds\n",
                to);
    for (const struct cmd *const *cmd = app->verbs; *cmd != NULL; cmd++) {
        (void)fprintf(to, ".It Xr rotkit-%s 1\n", (*cmd)->name);
        put_text(to, (*cmd)->summary);
    }
    (void)fputs(".El\n.Pp\nEvery verb takes:\n.Bl -tag -width Ds\n", to);
    put_options(to, opt_common);
    (void)fputs(".El\n", to);
    (void)fputs(keys, to);
    for (size_t i = 0; rk_weak_at(i) != NULL; i++)
        (void)fprintf(to, ".It Li %s\n%s\n", rk_weak_at(i)->name, rk_weak_at(i)->what);
    (void)fputs(tokens, to);
    for (size_t i = 0; token_family_at(i) != NULL; i++)
        (void)fprintf(to, ".It %s\n.Li %s\n.br\n%s\n", token_family_at(i)->name,
                      token_family_at(i)->query, token_family_at(i)->can);
    (void)fputs(firmware, to);
    rk_firmware_rules(app->ctx, put_rule, to);
    (void)fputs(environment, to);
    put_exit_codes(to);
    put_see_also(to, app->verbs);
}
