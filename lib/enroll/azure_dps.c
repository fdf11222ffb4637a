/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk operations for Azure's Device Provisioning Service. Source: formats/azure-dps.md 5.1. */
#include "enroll/azure_dps.h"

#include "base/wr.h"
#include "enroll/files.h"
#include "enroll/registration_id.h"
#include "enroll/walk.h"
#include "rotkit/base64.h"
#include "rotkit/json.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct rk_part_row parts[] = {
    { "twin", false, false, "JSON members for each enrolment: initialTwin, capabilities, iotHubHostName, provisioningStatus; ${sn} and ${registration_id} in a text are the device's" },
    { "srk",  false, false, "a line a device, sorted: Device SN, blank, storage root key (TPM2B_PUBLIC in base64)" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row settings[] = {
    { "id", "ek", "registration id: ek (digest of the EK, as Azure's C SDK has it) or sn (Device SN)" },
    { "template", "l-1", "the EK to enrol: l-1 or azure-sdk" },
    { "mode", "create", "what the service does: create, update or delete" },
    { NULL, NULL, NULL },
};
/* clang-format on */
const char *const rk_dps_ids[] = { "ek", "sn", NULL };
const char *const rk_dps_modes[] = { "create", "update", "delete", NULL };

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
        return rk_fail(err, RK_E_USAGE,
                       "%zu bytes for %zu enrolments, the service takes %d: shorten the twin",
                       text.len, w->count, RK_DPS_MESSAGE_MAX);
    if (rk_enroll_put(w->out, name, &text, err))
        return err->rc;
    rk_json_free(w->doc);
    w->doc = NULL;
    w->count = 0;
    return RK_OK;
}

/* ---- one enrolment ---- */

static enum rk_rc put_base64(struct rk_jv at, const char *key, const struct rk_bytes *bytes,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_base64_write(bytes->p, bytes->len, &text, err))
        return err->rc;
    rk_json_put_str(at, key, (const char *)text.p);
    return RK_OK;
}

static enum rk_rc put_keys(const struct rk_dps_rule *rule, const struct rk_device_sn *sn,
                           const struct rk_bytes *ek, struct rk_jv at, struct rk_err *err)
{
    struct rk_jv attestation = rk_json_put_object(at, "attestation"), tpm;
    RK_AUTO(rk_bytes_done) struct rk_bytes srk = RK_BYTES_NONE;

    rk_json_put_str(attestation, "type", "tpm");
    tpm = rk_json_put_object(attestation, "tpm");
    if (put_base64(tpm, "endorsementKey", ek, err))
        return err->rc;
    if (rule->srk == NULL)
        return RK_OK;
    if (rk_dps_srk_find(rule->srk, sn, &srk, err))
        return rk_wrap(err, "srk");
    return put_base64(tpm, "storageRootKey", &srk, err);
}

struct device_texts {
    const char *sn, *registration_id;
};

static const char *text_of(const struct device_texts *texts, const char *name, size_t len)
{
    if (len == strlen("sn") && memcmp(name, "sn", len) == 0)
        return texts->sn;
    if (len == strlen("registration_id") && memcmp(name, "registration_id", len) == 0)
        return texts->registration_id;
    return NULL;
}

/* ${sn} and ${registration_id} in a text of the twin. */
static enum rk_rc fill_text(void *arg, const char *text, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_DPS_MESSAGE_MAX);

    for (const char *at = text; *at != '\0';) {
        const char *mark = strstr(at, "${"), *end = mark == NULL ? NULL : strchr(mark, '}');
        const char *value;

        if (mark == NULL) {
            rk_wr_str(&wr, at);
            break;
        }
        value = end == NULL ? NULL : text_of(arg, mark + 2, (size_t)(end - mark - 2));
        if (value == NULL)
            return rk_fail(err, RK_E_USAGE,
                           "twin: text \"%s\": expected ${sn} or ${registration_id}", text);
        rk_wr_bytes(&wr, at, (size_t)(mark - at));
        rk_wr_str(&wr, value);
        at = end + 1;
    }
    return rk_wr_end(&wr, ret, err);
}

/* A Device SN of 20 hex digits keeps the service's rule for ids as it is. */
enum rk_rc rk_dps_put(const struct rk_dps_rule *rule, const struct rk_device_sn *sn,
                      const struct rk_bytes *ek, struct rk_jv enrollments, struct rk_err *err)
{
    struct rk_jv at = rk_json_put_object(enrollments, NULL);
    char id[53], text[21];
    struct device_texts texts = { .sn = text };

    rk_device_sn_text(sn, text);
    if (rule->id == RK_DPS_ID_EK && rk_enroll_registration_id(ek, id, err))
        return err->rc;
    texts.registration_id = rule->id == RK_DPS_ID_SN ? text : id;
    rk_json_put_str(at, "registrationId", texts.registration_id);
    rk_json_put_str(at, "deviceId", text);
    if (put_keys(rule, sn, ek, at, err))
        return err->rc;
    if (rule->mode == RK_DPS_DELETE)
        return RK_OK;
    if (rk_json_get(rk_json_root(rule->twin), "provisioningStatus").v == NULL)
        rk_json_put_str(at, "provisioningStatus", "enabled");
    return rk_json_put_filled(at, rk_json_root(rule->twin), fill_text, &texts, err);
}

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

void rk_dps_rule_done(struct rk_dps_rule *rule)
{
    rk_json_free(rule->twin);
    rule->twin = NULL;
}

enum rk_rc rk_dps_rule_open(const struct rk_request *request, struct rk_dps_rule *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_dps_rule_done)
    struct rk_dps_rule rule = { .template_name = rk_request_setting(request, settings, "template"),
                                .srk = rk_request_part(request, "srk") };
    const struct rk_input *twin = rk_request_part(request, "twin");

    if (rk_request_choice(request, settings, "id", rk_dps_ids, &rule.id, err) ||
        rk_request_choice(request, settings, "mode", rk_dps_modes, &rule.mode, err))
        return err->rc;
    if (rule.mode == RK_DPS_DELETE && request->part_count != 0)
        return rk_fail(err, RK_E_USAGE, "mode delete takes no part \"%s\"", request->part[0].name);
    if (rule.srk != NULL && rk_dps_srk_check(rule.srk, err))
        return rk_wrap(err, "srk");
    if (twin != NULL &&
        (rk_json_parse(twin->p, twin->len, &rule.twin, err) || rk_dps_check_twin(rule.twin, err))) {
        err->rc = RK_E_USAGE;
        return rk_wrap(err, "twin");
    }
    *ret = rule;
    rule.twin = NULL;
    return RK_OK;
}

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
    .settings = settings,
    .make = make,
    .check = rk_dps_check,
};
