/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm check: which provisioned device a TPM is, and what does not match. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "cli/out.h"
#include "cli/seeds_option.h"
#include "rotkit/identity.h"

enum { MASTER_LEN = 32 };

struct check {
    struct tpm_args args;
    const char *release, *device, *master, *platform;
    struct from from;
    struct rk_tpm_check_options options;
    struct rk_unit_id sn;
    const struct app *app;
    rk_json *doc;
    struct rk_jv findings;
};

static const char *const subjects[] = {
    [RK_TPM_EK] = "EK",
    [RK_TPM_CERTIFICATE] = "certificate",
    [RK_TPM_PERSISTENT] = "persistent EK",
    [RK_TPM_CHAIN] = "CA chain",
};

static void print(const struct check *in, const struct rk_tpm_finding *finding)
{
    FILE *to = in->app->out;

    (void)fputs(subjects[finding->subject], to);
    if (finding->template_name != NULL)
        (void)fprintf(to, " %s", finding->template_name);
    if (finding->handle != 0)
        (void)fprintf(to, " (0x%08X)", finding->handle);
    if (finding->cause != RK_TPM_FINE)
        (void)fprintf(to, ": %s", rk_tpm_cause_name(finding->cause));
    (void)fprintf(to, ": %s\n", finding->text);
}

static void report(void *arg, const struct rk_tpm_finding *finding)
{
    const struct check *in = arg;
    struct rk_jv at;
    char handle[16];

    if (!in->app->json) {
        print(in, finding);
        return;
    }
    at = rk_json_put_object(in->findings, NULL);
    rk_json_put_str(at, "subject", subjects[finding->subject]);
    if (finding->template_name != NULL)
        rk_json_put_str(at, "template", finding->template_name);
    if (finding->handle != 0) {
        (void)snprintf(handle, sizeof handle, "0x%08X", finding->handle);
        rk_json_put_str(at, "handle", handle);
    }
    rk_json_put_str(at, "result", rk_tpm_cause_name(finding->cause));
    rk_json_put_str(at, "text", finding->text);
}

static enum rk_rc conclude(const struct check *in, const struct rk_tpm_verdict *verdict,
                           struct rk_err *err)
{
    struct rk_jv root = rk_json_root(in->doc);
    char sn[21] = "unknown device";

    if (verdict->known)
        rk_unit_id_text(&verdict->sn, sn);
    if (in->app->json) {
        if (verdict->known)
            rk_json_put_str(root, "device_sn", sn);
        rk_json_put_str(root, "verdict", rk_tpm_cause_name(verdict->cause));
        if (out_json(in->app, in->doc, err))
            return err->rc;
    } else {
        (void)fprintf(in->app->out, "%s: %s\n", sn, rk_tpm_cause_name(verdict->cause));
    }
    if (verdict->cause == RK_TPM_FINE)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY, "%s: %s (%zu found)", sn, rk_tpm_cause_name(verdict->cause),
                   verdict->mismatches);
}

static enum rk_rc read_options(const struct app *app, struct check *in, rk_mac **master,
                               struct rk_err *err)
{
    struct rk_tpm_check_options *to = &in->options;
    bool given;

    if (seeds_option_check(app, &to->seeds, in->master, &given, err))
        return err->rc;
    if (in->device != NULL) {
        if (rk_unit_parse(in->device, &in->sn, err))
            return rk_wrap(err, "--device");
        to->device = &in->sn;
    }
    if (in->master != NULL && rk_mac_open(app->ctx, in->master, MASTER_LEN, master, err))
        return rk_wrap(err, "--master");
    to->master = *master;
    return RK_OK;
}

/* The one given, or the release's own. */
static enum rk_rc find_platform(const struct app *app, const struct check *in,
                                const rk_release_view *view, const struct rk_platform **ret,
                                struct rk_err *err)
{
    const char *name = in->platform;

    if (name == NULL && rk_json_want_str(rk_release_view_root(view), "platform", &name, err))
        return rk_wrap(err, "\"%s\": release.json", in->release);
    return rk_platform_find(app->ctx, name, ret, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct check in = { .app = app, .options = { .report = report, .arg = &in } };
    RK_AUTO(rk_mac_done) rk_mac *master = NULL;
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    RK_AUTO(rk_tpm_done) rk_tpm *tpm = NULL;
    struct rk_tpm_verdict verdict;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "release",    0, OPT_STR,  &in.release,            "DIR",  "the release that certifies the devices", true },
        FROM_PUB(&in.from),
        FROM_UNSIGNED(&in.from),
        OPT_TCTI(in.args),
        { "device",     0, OPT_STR,  &in.device,             "SN",   "the unit in hand: another device's EK is a mismatch", false },
        { "ek-only",    0, OPT_FLAG, &in.options.ek_only,    NULL,   "compare the EKs alone, not what NV and handles hold", false },
        { "persistent", 0, OPT_FLAG, &in.options.persistent, NULL,   "read the persistent EKs instead of making them", false },
        OPT_SEEDS(in.options.seeds),
        { "master",     0, OPT_STR,  &in.master,             "KEY",  "master key, instead of such files", false },
        { "platform",   0, OPT_STR,  &in.platform,           "NAME", "of the devices (default: that of the release)", false },
        OPT_TPM_AUTH(in.args, endorsement),
        OPT_TPM_AUTH(in.args, owner),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) ||
        read_options(app, &in, &master, err) ||
        from_open_devices(app, &in.from, in.release, &view, err) ||
        find_platform(app, &in, view, &in.options.platform, err) ||
        tpm_open(app, &in.args, &tpm, err))
        return err->rc;
    in.options.release = view;
    in.doc = doc;
    in.findings = rk_json_put_array(rk_json_root(doc), "findings");
    if (rk_tpm_check(app->ctx, tpm, &in.options, &verdict, err))
        return err->rc;
    return conclude(&in, &verdict, err);
}

const struct cmd cmd_tpm_check = {
    .name = "check",
    .args = "",
    .summary = "compare a TPM with the release: EKs, certificates, persistent keys",
    .about =
        "Makes the EK of each template that the release certifies and looks for the device that\n"
        "has it; then compares every EK, the certificates in NV, the CA chain there and the\n"
        "persistent EKs. A mismatch is named with its likely cause, which for an EK takes the\n"
        "seeds to recompute from (the devices' files, or --master): other profile, other\n"
        "device's blob, EPS not injected. Without them it is an unknown EK. Exit code 3 on a\n"
        "mismatch, 4 when the TPM refuses an authorisation, 7 when it cannot be reached.",
    .run = run,
};
