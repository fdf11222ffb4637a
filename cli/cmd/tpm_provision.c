/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm provision: certificates, CA chain, persistent EKs and authorisations into a TPM. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "cli/out.h"
#include "rotkit/identity.h"

#include <string.h>

struct provision {
    struct tpm_args args;
    const char *release, *device, *by, *new_auth[RK_TPM_HIERARCHIES];
    struct from from;
    struct tpm_handles handles;
    struct rk_tpm_provision_options options;
    struct rk_unit_id sn;
    struct rk_secret auth[RK_TPM_HIERARCHIES];
    const struct app *app;
    struct rk_jv done;
};

static void provision_done(struct provision *in)
{
    for (int i = 0; i < RK_TPM_HIERARCHIES; i++)
        rk_secret_done(&in->auth[i]);
}

static const char *const actions[] = {
    [RK_TPM_KEPT] = "there already", [RK_TPM_WRITTEN] = "written", [RK_TPM_COMPLETED] = "completed",
    [RK_TPM_REPLACED] = "replaced",  [RK_TPM_SET] = "set",
};

static void report(void *arg, const char *what, uint32_t handle, enum rk_tpm_action action)
{
    const struct provision *in = arg;
    const char *would = in->app->dry_run && action != RK_TPM_KEPT ? "would be " : "";
    char number[16] = "", result[32];
    struct rk_jv at;

    (void)snprintf(result, sizeof result, "%s%s", would, actions[action]);
    if (handle != 0)
        (void)snprintf(number, sizeof number, "0x%08X", handle);
    if (!in->app->json) {
        (void)fprintf(in->app->out, handle != 0 ? "%s (%s): %s\n" : "%s%s: %s\n", what, number,
                      result);
        return;
    }
    at = rk_json_put_object(in->done, NULL);
    rk_json_put_str(at, "what", what);
    if (handle != 0)
        rk_json_put_str(at, "handle", number);
    rk_json_put_str(at, "result", result);
}

static enum rk_rc read_options(const struct app *app, struct provision *in, struct rk_err *err)
{
    struct rk_tpm_provision_options *to = &in->options;

    if (in->by != NULL && strcmp(in->by, "platform") != 0 && strcmp(in->by, "owner") != 0)
        return opt_fail(app, err, "--by \"%s\": expected platform or owner", in->by);
    to->by = in->by != NULL && in->by[0] == 'o' ? RK_TPM_OWNER : RK_TPM_PLATFORM;
    if (in->device != NULL) {
        if (rk_unit_parse(in->device, &in->sn, err))
            return rk_wrap(err, "--device");
        to->device = &in->sn;
    }
    if (tpm_handles_read(&in->handles, err))
        return err->rc;
    to->handle = in->handles.handle;
    to->handle_count = in->handles.args.count;
    to->dry_run = app->dry_run;
    for (int i = 0; i < RK_TPM_HIERARCHIES; i++) {
        const struct rk_pin pin = RK_PIN_INIT(in->new_auth[i]);

        if (pin.source == NULL)
            continue;
        if (rk_passphrase_read(&pin, "authorisation", "TPM", &in->auth[i], err))
            return rk_wrap(err, "new authorisation");
        to->auth[i] = &in->auth[i];
    }
    return RK_OK;
}

static enum rk_rc provision(struct app *app, struct provision *in, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    RK_AUTO(rk_tpm_done) rk_tpm *tpm = NULL;
    struct rk_unit_id sn;
    char text[21];

    if (read_options(app, in, err) || from_open_devices(app, &in->from, in->release, &view, err) ||
        tpm_open(app, &in->args, &tpm, err))
        return err->rc;
    in->options.release = view;
    in->app = app;
    in->done = rk_json_put_array(rk_json_root(doc), "done");
    in->options.report = report;
    in->options.arg = in;
    if (rk_tpm_provision(app->ctx, tpm, &in->options, &sn, err))
        return err->rc;
    rk_unit_id_text(&sn, text);
    if (!app->json) {
        (void)fprintf(app->out, "%s: %s\n", text, app->dry_run ? "dry run" : "provisioned");
        return RK_OK;
    }
    rk_json_put_str(rk_json_root(doc), "device_sn", text);
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(provision_done) struct provision in = { .device = NULL };
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "release",  0, OPT_STR,  &in.release,          "DIR",  "the release that has the device's certificates", true },
        FROM_PUB(&in.from),
        FROM_UNSIGNED(&in.from),
        OPT_TCTI(in.args),
        { "device",   0, OPT_STR,  &in.device,           "SN",   "the unit in hand: another device's TPM is refused", false },
        { "by",       0, OPT_STR,  &in.by,               "WHO",  "who makes the NV indices: platform (default), or owner where firmware keeps the platform hierarchy to itself", false },
        { "no-chain", 0, OPT_FLAG, &in.options.no_chain, NULL,   "leave the CA chain out of NV", false },
        { "handle",   0, OPT_LIST, &in.handles.args,         "TEMPLATE=HANDLE", "where an EK persists, or none (default: 0x81010001 for L-1, 0x8101000A for L-2, ...); may repeat", false },
        OPT_TPM_AUTH(in.args, endorsement),
        OPT_TPM_AUTH(in.args, owner),
        OPT_TPM_AUTH(in.args, platform),
        OPT_TPM_AUTH(in.args, lockout),
        { "new-endorsement-auth", 0, OPT_STR, &in.new_auth[RK_TPM_ENDORSEMENT], "SOURCE", "set this endorsement authorisation value", false },
        { "new-owner-auth",       0, OPT_STR, &in.new_auth[RK_TPM_OWNER],       "SOURCE", "set this owner authorisation value", false },
        { "new-lockout-auth",     0, OPT_STR, &in.new_auth[RK_TPM_LOCKOUT],     "SOURCE", "set this lockout authorisation value", false },
        OPT_JSON(app),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err))
        return err->rc;
    return provision(app, &in, err);
}

const struct cmd cmd_tpm_provision = {
    .name = "provision",
    .args = "",
    .summary = "write certificates and CA chain to NV, persist EKs, set authorisations",
    .about =
        "Looks at all of it first and refuses, with nothing written, when the EKs are not those "
        "of\n"
        "a device of the release, an index or handle holds another identity, an authorisation is\n"
        "missing or wrong, or there is no room: it is done, or changes nothing. What is right is\n"
        "kept, and what a run that was cut off left is completed, so the same command may run\n"
        "again. Certificates go before the CA chain, which goes to 0x01C00100 and on, without the\n"
        "root, which verifiers bring along.\n"
        "The platform hierarchy, which firmware has, or else the owner (--by owner) makes the NV\n"
        "indices; the owner keeps the EKs; the endorsement hierarchy makes them. A lockout\n"
        "authorisation that is set already is named with --lockout-auth.",
    .run = run,
};
