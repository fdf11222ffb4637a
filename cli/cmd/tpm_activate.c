/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm activate: third-party attestation by credential activation. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/identity.h"
#include "rotkit/publish.h"

enum { CREDENTIAL_MAX = 16384 };

struct activate {
    struct tpm_args args;
    const char *device, *template_name, *key, *release, *credential, *out;
    struct from from;
    enum rk_tpm_key which;
};

static enum rk_rc tell(const struct app *app, const struct rk_tpm_attested *attested,
                       struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    char sn[21];

    rk_unit_id_text(&attested->sn, sn);
    if (!app->json) {
        (void)fprintf(app->out, "%s: attested by %s\n", sn, RK_COUNTED(attested->eks, "EK"));
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_str(rk_json_root(doc), "device_sn", sn);
    rk_json_put_u64(rk_json_root(doc), "eks", attested->eks);
    tpm_key_put(rk_json_root(doc), &attested->key);
    return out_json(app, doc, err);
}

/* Both sides in this process: the verifier knows the release, the prover is the TPM. */
static enum rk_rc attest(const struct app *app, const struct activate *in, rk_release_view *release,
                         rk_tpm *tpm, struct rk_err *err)
{
    RK_AUTO(rk_tpm_attested_done) struct rk_tpm_attested attested = { .eks = 0 };
    struct rk_tpm_attest_options options = { .release = release,
                                             .template_name = in->template_name,
                                             .key = in->which };
    struct rk_unit_id sn;

    if (in->device != NULL) {
        if (rk_unit_parse(in->device, &sn, err))
            return rk_wrap(err, "--device");
        options.device = &sn;
    }
    if (rk_tpm_attest(app->ctx, tpm, &options, &attested, err))
        return err->rc;
    return tell(app, &attested, err);
}

/* The prover's side alone. */
static enum rk_rc answer(const struct activate *in, rk_tpm *tpm, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_credential_done) struct rk_credential credential = { .id_object = RK_BYTES_NONE };
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
    const char *name = in->template_name != NULL ? in->template_name
                                                 : rk_ek_template_name(rk_ek_template_default());
    const struct rk_ek_template *tpl = rk_ek_template_find(name);

    if (tpl == NULL)
        return rk_fail(err, RK_E_USAGE, "unknown template \"%s\"", name);
    if (rk_file_read(in->credential, CREDENTIAL_MAX, &file, err))
        return err->rc;
    if (rk_credential_read(file.p, file.len, &credential, err))
        return rk_wrap(err, "\"%s\"", in->credential);
    if (rk_tpm_activate(tpm, tpl, in->which, &credential, &value, err))
        return err->rc;
    return rk_file_write(in->out, RK_FILE_PRIVATE, value.p, value.len, err);
}

static enum rk_rc check_options(const struct app *app, struct activate *in, struct rk_err *err)
{
    if ((in->release == NULL) == (in->credential == NULL))
        return opt_fail(app, err, "give --release, or --credential");
    if ((in->credential == NULL) != (in->out == NULL))
        return opt_fail(app, err, "--credential and --output go together");
    if (in->credential != NULL && (in->device != NULL || app->json))
        return opt_fail(app, err, "--device and --json go with --release");
    if (in->credential != NULL && (in->from.pub != NULL || in->from.any_unsigned))
        return opt_fail(app, err, "--pub and --unsigned go with --release");
    return tpm_key_find(in->key, &in->which, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct activate in = { .device = NULL };
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    RK_AUTO(rk_tpm_done) rk_tpm *tpm = NULL;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "release",    0, OPT_STR, &in.release,       "DIR",  "attest against the EKs that this release states", false },
        FROM_PUB(&in.from),
        FROM_UNSIGNED(&in.from),
        OPT_TCTI(in.args),
        { "device",     0, OPT_STR, &in.device,        "SN",   "as this device (default: whichever the TPM is)", false },
        { "template",   0, OPT_STR, &in.template_name, "NAME", "by this EK (default: every certified one; L-1 with --credential)", false },
        { "key",        0, OPT_STR, &in.key,           "KIND", TPM_KEY_HELP, false },
        { "credential", 0, OPT_STR, &in.credential,    "FILE", "answer a credential that somebody else made, by rotkit or tpm2_makecredential", false },
        { "output",   'o', OPT_STR, &in.out,           "FILE", "where the secret of --credential goes, - is standard output", false },
        OPT_TPM_AUTH(in.args, endorsement),
        OPT_TPM_AUTH(in.args, owner),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || check_options(app, &in, err) ||
        (in.release != NULL && from_open_devices(app, &in.from, in.release, &view, err)) ||
        tpm_open(app, &in.args, &tpm, err))
        return err->rc;
    return in.release != NULL ? attest(app, &in, view, tpm, err) : answer(&in, tpm, err);
}

const struct cmd cmd_tpm_activate = {
    .name = "activate",
    .args = "",
    .summary = "prove by credential activation that a TPM is the certified device",
    .about =
        "With --release both sides run here, as Azure DPS does it: a secret is wrapped in "
        "software\n"
        "to the EK that the release states and to the Name of the TPM's storage root key, and "
        "only\n"
        "the TPM that holds both gives it back. With --credential the TPM answers a verifier that\n"
        "is elsewhere (rotkit tpm challenge). Exit code 3 when it is another TPM.",
    .run = run,
};
