/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit enroll azure-dps: bulk operations for Azure's Device Provisioning Service. */
#include "enroll.h"

#include "opt.h"
#include "out.h"
#include "staging.h"

#include "ftpmprov/enroll.h"

#include <string.h>

static enum rk_rc keep(void *arg, const char *name, const struct rk_bytes *bytes,
                       struct rk_err *err)
{
    const struct new_file file = { .path = name, .bytes = bytes->p, .len = bytes->len };

    return staging_write(arg, &file, err);
}

static enum rk_rc answer(const struct app *app, const struct rk_enroll_report *report,
                         struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();

    if (app->json) {
        rk_json_put_u64(rk_json_root(doc), "devices", report->devices);
        rk_json_put_u64(rk_json_root(doc), "files", report->files);
        return out_json(app, doc, err);
    }
    out_note(app, "%llu devices in %llu files", (unsigned long long)report->devices,
             (unsigned long long)report->files);
    return RK_OK;
}

static enum rk_rc read_rule(const struct app *app, const char *rule, bool *ret, struct rk_err *err)
{
    *ret = rule != NULL && strcmp(rule, "sn") == 0;
    if (rule == NULL || *ret || strcmp(rule, "ek") == 0)
        return RK_OK;
    return opt_fail(app, err, "--id: unknown rule \"%s\" (known: ek, sn)", rule);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(staging_done) struct staging staging = STAGING_NONE;
    struct rk_enroll_options options = { .template_name = NULL };
    const char *output = NULL, *rule = NULL, *device = NULL;
    struct rk_release_report verified;
    struct rk_enroll_report report;
    struct rk_device_sn sn;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output",   'o', OPT_STR,  &output,                "DIR",  "new folder for the files", true },
        { "id",        0,  OPT_STR,  &rule,                  "RULE", "registration id: ek (digest of the EK, default) or sn", false },
        { "template",  0,  OPT_STR,  &options.template_name, "NAME", "the EK to enrol: L-1 (default)", false },
        { "device",    0,  OPT_STR,  &device,                "SN",   "this device alone", false },
        { "retire",    0,  OPT_FLAG, &options.retire,        NULL,   "batches that delete the enrolments", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        read_rule(app, rule, &options.id_is_sn, err))
        return err->rc;
    if (device != NULL) {
        if (rk_device_sn_parse(device, &sn, err))
            return rk_wrap(err, "--device");
        options.device = &sn;
    }
    if (options.template_name == NULL)
        options.template_name = "L-1";
    options.release = operands.v[0];
    if (!rk_release_is(options.release))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json",
                       options.release);
    if (rk_release_verify(app->ctx, options.release, NULL, &verified, err) ||
        staging_open(app, output, &staging, err) ||
        rk_enroll_azure_dps(&options, keep, &staging, &report, err) ||
        staging_publish(&staging, err))
        return err->rc;
    return answer(app, &report, err);
}

const struct cmd cmd_enroll_azure_dps = {
    .name = "azure-dps",
    .args = "RELEASE",
    .summary = "individual TPM enrolments for Azure DPS, ten to a file",
    .about =
        "Verifies the release (as rotkit verify does without a key), then writes files that are\n"
        "each the body of one bulk operation: POST /enrollments?api-version=2021-10-01. The\n"
        "registration id is the one that Azure's C SDK derives from the EK, or the Device SN for\n"
        "clients that are configured with it. With --retire the batches delete; name one unit\n"
        "with --device. The service answers for each enrolment: creating one that is there\n"
        "already is refused by it, so a batch may be sent again.",
    .run = run,
};
