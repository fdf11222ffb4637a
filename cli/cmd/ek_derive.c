/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ek derive: the EKs a TPM makes from its Endorsement Primary Seed. */
#include "cli/cmd/ek.h"

#include "cli/ek_json.h"
#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/pem.h"

struct derive {
    const char *eps, *profile, *templates;
    struct ek_choice choice;
};

static void derive_done(struct derive *in)
{
    ek_choice_done(&in->choice);
}

static enum rk_rc print(const struct app *app, const struct rk_ek *ek, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (app->json) {
        if (ek_put(rk_json_root(doc), ek, err))
            return err->rc;
        return out_json_line(app, doc, err);
    }
    if (rk_pem_encode(RK_PEM_PUBLIC_KEY, &ek->spki, &pem, err))
        return err->rc;
    (void)fprintf(app->out, "template %s, profile %s\n", rk_ek_template_name(ek->tpl),
                  rk_ek_profile_name(ek->profile));
    return out_bytes(app, pem.p, pem.len, err);
}

static enum rk_rc one_eps(const struct app *app, const struct derive *in,
                          const struct rk_secret *eps, struct rk_err *err)
{
    for (size_t i = 0; i < in->choice.count; i++) {
        RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;

        if (rk_ek_derive(app->ctx, eps, in->choice.profile, in->choice.tpl[i], &ek, err))
            return rk_wrap(err, "template %s", rk_ek_template_name(in->choice.tpl[i]));
        if (print(app, &ek, err))
            return err->rc;
    }
    return RK_OK;
}

/* Puts file and line in front of what is wrong with this EPS. */
static enum rk_rc at_line(const struct rk_line_reader *lines, struct rk_err *err)
{
    return rk_wrap(err, "%s:%llu", lines->path, (unsigned long long)lines->number);
}

static enum rk_rc all_lines(const struct app *app, const struct derive *in,
                            struct rk_line_reader *lines, struct rk_err *err)
{
    size_t eps_len = rk_ek_profile_eps_len(in->choice.profile);
    struct rk_line line;
    bool more;

    for (;;) {
        RK_AUTO(rk_secret_done) struct rk_secret eps = RK_SECRET_NONE;

        if (rk_line_reader_next(lines, &line, &more, err))
            return err->rc;
        if (!more)
            return lines->number != 0
                       ? RK_OK
                       : rk_fail(err, RK_E_USAGE, "\"%s\" is empty, expected an EPS a line",
                                 lines->path);
        rk_line_drop_cr(&line);
        if (rk_secret_from_hex(line.p, line.len, eps_len, &eps, err)) {
            (void)rk_wrap(err, "EPS of profile %s", rk_ek_profile_name(in->choice.profile));
            return at_line(lines, err);
        }
        if (one_eps(app, in, &eps, err))
            return at_line(lines, err);
    }
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(derive_done) struct derive in = { .eps = NULL };
    RK_AUTO(rk_line_reader_done) struct rk_line_reader lines = RK_LINE_READER_NONE;
    char templates[EK_TEMPLATE_HELP_MAX];
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "eps",      0, OPT_STR, &in.eps,       "FILE", "EPS as hex, one a line; - is standard input", true },
        { "profile",  0, OPT_STR, &in.profile,   "NAME", EK_PROFILE_HELP, false },
        { "template", 0, OPT_STR, &in.templates, "LIST", ek_template_help(templates), false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) ||
        ek_choose(in.profile, in.templates, &in.choice, err) || ek_open_eps(in.eps, &lines, err))
        return err->rc;
    return all_lines(app, &in, &lines, err);
}

const struct cmd cmd_ek_derive = {
    .name = "derive",
    .args = "",
    .summary = "compute EKs from an EPS",
    .about = "For each EPS and template, with --json one object a line: template, profile, name,\n"
             "public_tpm2b (hex) and public_pem.",
    .run = run,
};
