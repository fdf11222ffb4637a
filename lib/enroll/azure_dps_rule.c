/* SPDX-License-Identifier: Apache-2.0 */
/* One enrolment, as settings and parts make it. Source: formats/azure-dps.md 5.1. */
#include "enroll/azure_dps.h"

#include "base/wr.h"
#include "enroll/registration_id.h"
#include "rotkit/base64.h"

#include <string.h>

/* clang-format off */
const struct rk_setting_row rk_dps_settings[] = {
    { "id", "ek", "registration id: ek (digest of the EK, as Azure's C SDK has it) or sn (Device SN)" },
    { "template", "l-1", "the EK to enrol: l-1 or azure-sdk" },
    { "mode", "create", "what the service does: create, update or delete" },
    { NULL, NULL, NULL },
};
/* clang-format on */
static const char *const ids[] = { "ek", "sn", NULL };

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

static enum rk_rc put_keys(const struct rk_dps_rule *rule, const struct rk_unit_id *sn,
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
enum rk_rc rk_dps_put(const struct rk_dps_rule *rule, const struct rk_unit_id *sn,
                      const struct rk_bytes *ek, struct rk_jv enrollments, struct rk_err *err)
{
    struct rk_jv at = rk_json_put_object(enrollments, NULL);
    char id[53], text[21];
    struct device_texts texts = { .sn = text };

    rk_unit_id_text(sn, text);
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

void rk_dps_rule_done(struct rk_dps_rule *rule)
{
    rk_json_free(rule->twin);
    rule->twin = NULL;
}

enum rk_rc rk_dps_rule_open(const struct rk_request *request, struct rk_dps_rule *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_dps_rule_done)
    struct rk_dps_rule rule = { .template_name =
                                    rk_request_setting(request, rk_dps_settings, "template"),
                                .srk = rk_request_part(request, "srk") };
    const struct rk_input *twin = rk_request_part(request, "twin");

    if (rk_request_choice(request, rk_dps_settings, "id", ids, &rule.id, err) ||
        rk_request_choice(request, rk_dps_settings, "mode", rk_dps_modes, &rule.mode, err))
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
