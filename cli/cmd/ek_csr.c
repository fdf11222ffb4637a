/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ek csr: the certificate request of an EK, as a key blob in online mode carries it. */
#include "cli/cmd/ek.h"

#include "cli/ek_json.h"
#include "cli/opt.h"

#include "rotkit/ekcert.h"
#include "rotkit/publish.h"

enum { SPEC_REVISION_DEFAULT = 159 };

struct csr {
    const char *eps, *profile_name, *template_name, *subject, *out;
    struct rk_ekcert_profile profile;
    struct opt_u64 spec_revision;
    struct ek_choice choice;
};

static void csr_done(struct csr *in)
{
    ek_choice_done(&in->choice);
}

/* The one EPS of the file. */
static enum rk_rc read_eps(const struct csr *in, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_line_reader_done) struct rk_line_reader lines = RK_LINE_READER_NONE;
    struct rk_line line;
    bool more;

    if (ek_open_eps(in->eps, &lines, err) || rk_line_reader_next(&lines, &line, &more, err))
        return err->rc;
    if (!more)
        return rk_fail(err, RK_E_USAGE, "%s: holds no EPS", in->eps);
    rk_line_drop_cr(&line);
    if (rk_secret_from_hex(line.p, line.len, rk_ek_profile_eps_len(in->choice.profile), ret, err))
        return rk_wrap(err, "%s:1", in->eps);
    return RK_OK;
}

static enum rk_rc make(const struct app *app, const struct csr *in, struct rk_bytes *ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret eps = RK_SECRET_NONE;
    RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;
    RK_AUTO(rk_signer_done) rk_signer *pair = NULL;

    if (read_eps(in, &eps, err) ||
        rk_ek_derive_pair(app->ctx, &eps, in->choice.profile, in->choice.tpl[0], &ek, err) ||
        rk_signer_from_pkey(app->ctx, ek.pkey, &pair, err))
        return err->rc;
    return rk_ekcsr_make(app->ctx, pair, &in->profile, in->subject, ret, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(csr_done) struct csr in = { .profile.spec_family = "2.0" };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "eps",           0, OPT_STR, &in.eps,                  "FILE", "the EPS as hex text, - is standard input", true },
        { "template",      0, OPT_STR, &in.template_name,        "T",    "EK template: L-1 for tag 96, L-2 for tag 97", true },
        { "profile",       0, OPT_STR, &in.profile_name,         "P",    "derivation profile (default ms-159)", false },
        { "manufacturer",  0, OPT_STR, &in.profile.manufacturer, "ID",   "id: and 8 hex digits of the TCG vendor id", true },
        { "model",         0, OPT_STR, &in.profile.model,        "TEXT", "TPM model", true },
        { "version",       0, OPT_STR, &in.profile.version,      "ID",   "id: and firmware version in hex", true },
        { "spec-revision", 0, OPT_U64, &in.spec_revision,        "N",    "TPM specification revision (default 159)", false },
        { "subject",       0, OPT_STR, &in.subject,              "CN",   "subject common name (default: empty subject)", false },
        { "output",      'o', OPT_STR, &in.out,                  "FILE", "CSR to write (DER), - is standard output", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) ||
        ek_choose(in.profile_name, in.template_name, &in.choice, err))
        return err->rc;
    if (in.choice.count != 1)
        return opt_fail(app, err, "--template: one template, found %zu", in.choice.count);
    if (in.spec_revision.v > UINT32_MAX)
        return opt_fail(app, err, "--spec-revision is a 32-bit number");
    in.profile.spec_revision =
        in.spec_revision.set ? (uint32_t)in.spec_revision.v : SPEC_REVISION_DEFAULT;
    if (make(app, &in, &der, err))
        return err->rc;
    return app->dry_run ? RK_OK : rk_file_write(in.out, RK_FILE_PUBLIC, der.p, der.len, err);
}

const struct cmd cmd_ek_csr = {
    .name = "csr",
    .args = "",
    .summary = "write the certificate request of an EK",
    .about =
        "The request is signed by the EK itself, which no TPM does with an EK later on: only who\n"
        "knows the EPS can make it. A key blob in online mode carries it (tags 96 and 97).",
    .run = run,
};
