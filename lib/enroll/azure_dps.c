/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk operations for Azure's Device Provisioning Service. Source: formats/azure-dps.md 5.1. */
#include "enroll/azure_dps.h"

#include "base/wr.h"
#include "enroll/files.h"
#include "enroll/registration_id.h"
#include "enroll/walk.h"
#include "rotkit/base64.h"
#include "rotkit/counted.h"
#include "rotkit/json.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct rk_part_row parts[] = {
    { "twin", false, false, "JSON members for each enrolment: initialTwin, capabilities, iotHubHostName, provisioningStatus; ${sn} and ${registration_id} in a text are the device's" },
    { "srk",  false, false, "a line a device, sorted: Device SN, blank, storage root key (TPM2B_PUBLIC in base64)" },
    { NULL, false, false, NULL },
};
/* clang-format on */

struct work {
    struct rk_enroll_out *out;
    struct rk_dps_rule rule;
    rk_json *doc; /* NULL: no file is begun */
    struct rk_jv enrollments;
    char bucket[19];
    size_t count; /* in the file */
};

static void work_done(struct work *w)
{
    rk_json_free(w->doc);
    rk_dps_rule_done(&w->rule);
}

/* ---- files of ten ---- */

static void begin(struct work *w, const char bucket[19])
{
    struct rk_jv root;

    w->doc = rk_json_new();
    root = rk_json_root(w->doc);
    rk_json_put_str(root, "mode", rk_dps_modes[w->rule.mode]);
    w->enrollments = rk_json_put_array(root, "enrollments");
    memcpy(w->bucket, bucket, sizeof w->bucket);
}

static enum rk_rc flush(struct work *w, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    char name[64];

    if (w->count == 0)
        return RK_OK;
    (void)snprintf(name, sizeof name, "azure-dps%s%s-%06llu.json",
                   w->rule.mode == RK_DPS_CREATE ? "" : "-",
                   w->rule.mode == RK_DPS_CREATE ? "" : rk_dps_modes[w->rule.mode],
                   (unsigned long long)w->out->report.files + 1);
    if (rk_json_text(w->doc, true, &text, err))
        return err->rc;
    if (text.len > RK_DPS_MESSAGE_MAX)
        return rk_fail(err, RK_E_USAGE, "%s for %s, the service takes %d: shorten the twin",
                       RK_COUNTED(text.len, "byte"), RK_COUNTED(w->count, "enrolment"),
                       RK_DPS_MESSAGE_MAX);
    if (rk_enroll_put(w->out, name, &text, err))
        return err->rc;
    rk_json_free(w->doc);
    w->doc = NULL;
    w->count = 0;
    return RK_OK;
}

/* ---- the devices ---- */

static enum rk_rc visit(void *arg, const struct rk_release_device *device, struct rk_err *err)
{
    struct work *w = arg;
    const struct rk_release_ek *ek;
    char bucket[19];

    if (rk_enroll_ek(device, w->rule.template_name, &ek, err))
        return err->rc;
    if (!rk_dps_is_rsa(&ek->public_tpm2b))
        return rk_fail(err, RK_E_USAGE, "EK \"%s\" is not RSA; DPS clients enrol RSA alone",
                       w->rule.template_name);
    rk_device_bucket(&device->sn, bucket);
    if (strcmp(bucket, w->bucket) != 0 && flush(w, err))
        return err->rc;
    if (w->doc == NULL)
        begin(w, bucket);
    if (rk_dps_put(&w->rule, &device->sn, &ek->public_tpm2b, w->enrollments, err))
        return err->rc;
    w->count++;
    w->out->report.devices++;
    return w->count == RK_DPS_BATCH ? flush(w, err) : RK_OK;
}

/* ---- the target ---- */

static enum rk_rc make(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err)
{
    RK_AUTO(work_done) struct work w = { .out = out };

    if (rk_dps_rule_open(options->request, &w.rule, err) || rk_enroll_each(options, visit, &w, err))
        return err->rc;
    if (out->report.devices == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" has no device to enrol", options->release);
    return flush(&w, err);
}

const struct rk_enroll_target rk_enroll_azure_dps = {
    .name = "azure-dps",
    .title = "individual TPM enrolments for Azure DPS, ten to a file",
    .parts = parts,
    .settings = rk_dps_settings,
    .make = make,
    .check = rk_dps_check,
};
