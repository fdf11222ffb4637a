/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ek lint: what verifiers would refuse about EK certificates, rule by rule. */
#include "cli/cmd/ek.h"

#include "rotkit/counted.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/ekcert.h"
#include "rotkit/file.h"

#include <string.h>

enum { CERT_MAX = 65536, CA_FILE_MAX = 1 << 20 };
#define EVERY_RULE SIZE_MAX

struct lint { /* one certificate being looked at */
    const struct app *app;
    const char *path;
    size_t verifier;           /* EVERY_RULE, or the place of one in the library's list */
    bool all;                  /* what is no fault, too */
    const struct rk_bytes *ca; /* NULL: not given */
    size_t errors, warnings;
    struct rk_err *err; /* the first output that failed */
    enum rk_rc rc;
};

static const char *const levels[] = {
    [RK_LINT_OK] = "ok",
    [RK_LINT_INFO] = "info",
    [RK_LINT_WARN] = "warning",
    [RK_LINT_ERROR] = "error",
};

static enum rk_rc find_verifier(const struct app *app, const char *name, size_t *ret,
                                struct rk_err *err)
{
    char known[128] = "";
    const char *one;

    for (size_t i = 0; (one = rk_lint_verifier_at(i)) != NULL; i++) {
        size_t len = strlen(known);

        if (strcmp(name, one) == 0) {
            *ret = i;
            return RK_OK;
        }
        (void)snprintf(known + len, sizeof known - len, "%s%s", len == 0 ? "" : ", ", one);
    }
    return opt_fail(app, err, "--verifier: no rules of \"%s\" are known (known: %s)", name, known);
}

static enum rk_rc print_json(const struct lint *lint, const struct rk_lint_finding *finding)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc);

    rk_json_put_str(root, "file", lint->path);
    rk_json_put_str(root, "level", levels[finding->level]);
    rk_json_put_str(root, "rule", finding->rule);
    rk_json_put_str(root, "verifier", finding->verifier);
    rk_json_put_str(root, "source", finding->source);
    rk_json_put_str(root, "text", finding->text);
    return out_json_line(lint->app, doc, lint->err);
}

static void print_text(const struct lint *lint, const struct rk_lint_finding *finding)
{
    (void)fprintf(lint->app->out, "%s: %s: %s: %s\n    %s; %s\n", lint->path,
                  levels[finding->level], finding->rule, finding->text, finding->verifier,
                  finding->source);
}

/* With --verifier an error is what that one refuses; without, whatever is wrong to anybody. */
static enum rk_lint_level level_of(const struct lint *lint, const struct rk_lint_finding *finding)
{
    if (lint->verifier == EVERY_RULE)
        return finding->level;
    return rk_lint_verifier_refuses(lint->verifier, finding) ? RK_LINT_ERROR : RK_LINT_WARN;
}

static void report(void *arg, const struct rk_lint_finding *found)
{
    struct lint *lint = arg;
    struct rk_lint_finding finding = *found;

    if (lint->verifier != EVERY_RULE && !rk_lint_verifier_is_told(lint->verifier, found))
        return;
    finding.level = level_of(lint, found);
    lint->errors += finding.level == RK_LINT_ERROR;
    lint->warnings += finding.level == RK_LINT_WARN;
    if (lint->rc != RK_OK || (finding.level == RK_LINT_OK && !lint->all))
        return;
    if (lint->app->json)
        lint->rc = print_json(lint, &finding);
    else
        print_text(lint, &finding);
}

static enum rk_rc one(struct lint *lint, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (rk_file_read(lint->path, CERT_MAX, &file, err))
        return err->rc;
    if (rk_ekcert_lint(file.p, file.len, lint->ca, report, lint, err))
        return rk_wrap(err, "\"%s\"", lint->path);
    return lint->rc;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes ca = RK_BYTES_NONE;
    struct operands operands;
    size_t errors = 0, warnings = 0, bad = 0, verifier = EVERY_RULE;
    const char *name = NULL, *ca_path = NULL;
    bool all = false;
    /* clang-format off */
    const struct opt rows[] = {
        { "verifier", 0, OPT_STR, &name, "NAME", "only what go-attestation, keylime or secboot says; exit 3 exactly where it refuses", false },
        { "ca", 0, OPT_STR, &ca_path, "FILE", "CA certificates that verifiers trust: issuer and signature are asked as well", false },
        { "all", 'a', OPT_FLAG, &all, NULL, "say what is no fault, too, but a verifier's choice", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, SIZE_MAX, &operands, err) ||
        (name != NULL && find_verifier(app, name, &verifier, err)) ||
        (ca_path != NULL && rk_file_read(ca_path, CA_FILE_MAX, &ca, err)))
        return err->rc;
    for (size_t i = 0; i < operands.count; i++) {
        struct lint lint = { .app = app,
                             .path = operands.v[i],
                             .verifier = verifier,
                             .all = all,
                             .ca = ca_path == NULL ? NULL : &ca,
                             .err = err };

        if (one(&lint, err))
            return err->rc;
        errors += lint.errors;
        warnings += lint.warnings;
        bad += lint.errors != 0;
    }
    if (bad != 0)
        return rk_fail(err, RK_E_VERIFY, "%zu of %s would be refused: %s, %s", bad,
                       RK_COUNTED(operands.count, "certificate"), RK_COUNTED(errors, "error"),
                       RK_COUNTED(warnings, "warning"));
    out_note(app, "no errors, %s", RK_COUNTED(warnings, "warning"));
    return RK_OK;
}

const struct cmd cmd_ek_lint = {
    .name = "lint",
    .args = "CERT...",
    .summary = "check EK certificates against the profile and its verifiers",
    .about =
        "A finding names its rule, who refuses a certificate over it (\"no rule known\" when "
        "nobody\n"
        "is known to), and where that is written. With --json one object a line: file, level, "
        "rule,\n"
        "verifier, source, text. A file is PEM, DER, or DER between bytes 00 or ff, as a TPM's NV\n"
        "index gives it. Exit code 3 when a finding is an error; with --verifier NAME exactly when "
        "NAME\n"
        "refuses, its X.509 parser included; 2 when there is no certificate in the file.",
    .run = run,
};
