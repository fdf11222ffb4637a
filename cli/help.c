/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/opt_common.h"
#include "cli/tokens.h"

#include "rotkit/format.h"
#include "rotkit/policy.h"

#include <string.h>

enum { SUMMARY_COLUMN = 13, SUB_COLUMN = 14, FIRMWARE_COLUMN = 13, HELP_COLUMN = 32 };

void help_overview(FILE *to, const struct cmd *const *verbs)
{
    (void)fprintf(to, "usage: rotkit <verb> [options] [operands]\n\n");
    for (const struct cmd *const *cmd = verbs; *cmd != NULL; cmd++)
        (void)fprintf(to, "  %-*s%s\n", SUMMARY_COLUMN, (*cmd)->name, (*cmd)->summary);
    (void)fprintf(to, "\nsee 'rotkit help VERB', 'rotkit help keys', 'rotkit help firmware' and\n"
                      "'rotkit help optee'; "
                      "rotkit --version tells the version\n");
}

static void help_tokens(FILE *to)
{
    (void)fputs(
        "In a token, token=LABEL or serial=NUMBER names the token, object=LABEL or id=%0A%0B the\n"
        "key; id= without a value names the one that has no id. Its public half is what it says\n"
        "itself, else its public key or certificate: of the same id, modulus or label; of NSS's\n"
        "keys the certificate's label is theirs. In the URI's query, behind '?' and '&':\n\n"
        "  module-path=/FILE      the module\n"
        "  module-name=NAME       the module by p11-kit's name of it, or its file without lib and\n"
        "                         .so in p11-kit's folder or in that of module-path; without "
        "both,\n"
        "                         all modules that p11-kit is configured with are looked through\n"
        "  pin-source=SOURCE      where the PIN comes from: file:PATH, fd:N, env:NAME; a wrong "
        "PIN\n"
        "                         is tried once\n"
        "  x-init-reserved=TEXT   what the module is started with, as in p11-kit's settings\n\n"
        "Tokens that rotkit is tried with, and what they can:\n\n",
        to);
    for (size_t i = 0; token_family_at(i) != NULL; i++)
        (void)fprintf(to, "  %-*s%s\n  %*s%s\n", SUB_COLUMN, token_family_at(i)->name,
                      token_family_at(i)->query, SUB_COLUMN, "", token_family_at(i)->can);
}

void help_keys(FILE *to)
{
    (void)fputs(
        "rotkit help keys: how keys are named, and what is strong enough\n\n"
        "  PATH, file:PATH        a private key in PEM or DER, encrypted or not; a symmetric key "
        "as\n"
        "                         hex text\n"
        "  pub:PATH               the public half of a key that is elsewhere; of a certificate, "
        "its\n"
        "                         key is taken\n"
        "  pkcs11:URI             a key in a token (RFC 7512), see below\n"
        "  helper:PROGRAM?public=FILE\n"
        "                         a program that signs, and its public key\n"
        "  env:NAME               a symmetric key as hex text in an environment variable\n\n"
        "What signs, what is verified, and every certificate on the way has at least RSA of 2048\n"
        "bits, EC of 256 bits and SHA-256. --allow-weak NAME takes what is weaker, where a format\n"
        "asks for it; the answer names what was taken so:\n\n",
        to);
    for (size_t i = 0; rk_weak_at(i) != NULL; i++)
        (void)fprintf(to, "  %-*s%s\n", SUMMARY_COLUMN, rk_weak_at(i)->name, rk_weak_at(i)->what);
    (void)fputs("\nNothing allows what is weaker still, RSA of 512 bits say.\n\n", to);
    help_tokens(to);
}

static void one_rule(void *arg, const char *format, const struct rk_demand *demand)
{
    FILE *to = arg;

    (void)fprintf(to, "  %-*s%-*s%s: %s\n", SUMMARY_COLUMN, format, FIRMWARE_COLUMN,
                  demand->firmware, demand->fact, demand->rule);
    if (demand->option != NULL)
        (void)fprintf(to, "  %*sunless it is built with %s: --for %s+%s\n",
                      SUMMARY_COLUMN + FIRMWARE_COLUMN, "", demand->option, demand->firmware,
                      demand->option);
}

void help_firmware(const rk_ctx *ctx, FILE *to)
{
    (void)fputs(
        "rotkit help firmware: what firmware takes\n\n"
        "A file can be right by its format and still be refused by the board's firmware. --for\n"
        "FIRMWARE refuses what that one does not take: pack, sign and encrypt make nothing of it,\n"
        "verify says that it does not hold. Without --for, what is made is warned of. +OPTION\n"
        "says that the firmware is built with an option that lifts a rule.\n\n",
        to);
    rk_firmware_rules(ctx, one_rule, to);
}

void help_group(FILE *to, const struct cmd *group)
{
    (void)fprintf(to, "rotkit %s: %s\n\n", group->name, group->summary);
    for (const struct cmd *const *sub = group->subs; *sub != NULL; sub++)
        (void)fprintf(to, "  %s %-*s%s\n", group->name, SUB_COLUMN, (*sub)->name, (*sub)->summary);
    (void)fprintf(to, "\nsee 'rotkit help %s VERB'\n", group->name);
}

static void one_option(FILE *to, const struct opt *row)
{
    char left[64];
    char letter[8] = "    ";

    if (row->letter != '\0')
        (void)snprintf(letter, sizeof letter, "-%c, ", row->letter);
    (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->arg == NULL ? "" : " ",
                   row->arg == NULL ? "" : row->arg);
    if (strlen(left) + 3 > HELP_COLUMN)
        (void)fprintf(to, "  %s\n  %*s", left, HELP_COLUMN - 2, "");
    else
        (void)fprintf(to, "  %-*s", HELP_COLUMN - 2, left);
    (void)fprintf(to, "%s%s\n", row->help, row->required ? " (required)" : "");
}

void help_command(FILE *to, const struct cmd *cmd, const char *verb, const struct opt *rows)
{
    (void)fprintf(to, "usage: rotkit %s [options]%s%s\n\n%s\n", verb,
                  cmd->args[0] == '\0' ? "" : " ", cmd->args, cmd->summary);
    if (cmd->about != NULL)
        (void)fprintf(to, "\n%s\n", cmd->about);
    (void)fprintf(to, "\noptions:\n");
    for (const struct opt *row = rows; row->name != NULL; row++)
        one_option(to, row);
    for (const struct opt *row = opt_common; row->name != NULL; row++)
        one_option(to, row);
}
