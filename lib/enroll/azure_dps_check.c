/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of enrolments, whoever wrote them, held against the rules and the release. */
#include "enroll/azure_dps.h"

#include "enroll/files.h"
#include "enroll/registration_id.h"
#include "enroll/walk.h"
#include "rotkit/base64.h"
#include "rotkit/counted.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- a folder against the release ---- */

enum { UNKNOWN = 160 };
struct checking {
    const struct rk_enroll_options *options;
    struct rk_dps_rule rule; /* by which such files are made */
    struct rk_enroll_report report;
    struct rk_unit_id last; /* of the devices before, when there are any */
    char unknown[UNKNOWN];  /* the first that cannot be compared, and what is needed; "": none */
};

/* The release's EK of these bytes. */
static enum rk_rc find_ek(const struct checking *c, const struct rk_release_device *device,
                          const struct rk_bytes *key, struct rk_err *err)
{
    const struct rk_release_ek *ek = device->ek, *end = device->ek + device->ek_count;

    while (ek != end && !rk_bytes_equal(&ek->public_tpm2b, key))
        ek++;
    if (ek != end && strcasecmp(ek->template_name, c->rule.template_name) != 0)
        return rk_fail(err, RK_E_VERIFY, "EK \"%s\", expected \"%s\"", ek->template_name,
                       c->rule.template_name);
    if (ek != end)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY, "the endorsement key is none that the release states for it");
}

static enum rk_rc check_registration(const struct checking *c, const char *id, const char *sn,
                                     const struct rk_bytes *key, struct rk_err *err)
{
    char of_key[53];
    bool is_sn = strcmp(id, sn) == 0;

    if (rk_enroll_registration_id(key, of_key, err))
        return err->rc;
    if ((is_sn || strcmp(id, of_key) == 0) && is_sn != (c->rule.id == RK_DPS_ID_SN))
        return rk_fail(err, RK_E_VERIFY, "registration id \"%s\" is not by id=%s", id,
                       c->rule.id == RK_DPS_ID_SN ? "sn" : "ek");
    if (is_sn || strcmp(id, of_key) == 0)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "registration id \"%s\" is neither its Device SN nor the id of its key, \"%s\"",
                   id, of_key);
}

/* What came from a file that is not named here. */
static enum rk_rc leave_unknown(struct checking *c, const char *sn, const char *what,
                                const char *part)
{
    if (c->unknown[0] == '\0')
        (void)snprintf(c->unknown, sizeof c->unknown, "%s of device %s: needs %s=FILE", what, sn,
                       part);
    return RK_OK;
}

/* All that an enrolment may have, by the schema. */
static const struct member {
    const char *name;
    bool of_twin; /* it may come from part twin */
} members[] = {
    { "provisioningStatus", true }, { "capabilities", true },    { "iotHubHostName", true },
    { "initialTwin", true },        { "registrationId", false }, { "deviceId", false },
    { "attestation", false },
};

static enum rk_rc compare_member(struct checking *c, const char *sn, const struct member *member,
                                 struct rk_jv at, struct rk_jv made, struct rk_err *err)
{
    struct rk_jv tpm = rk_json_get(rk_json_get(at, "attestation"), "tpm");
    struct rk_jv found = rk_json_get(at, member->name);

    if (rk_json_equal(found, rk_json_get(made, member->name)))
        return RK_OK;
    if (c->rule.mode != RK_DPS_DELETE && member->of_twin && c->rule.twin == NULL && found.v != NULL)
        return leave_unknown(c, sn, member->name, "twin");
    if (c->rule.mode != RK_DPS_DELETE && !member->of_twin && c->rule.srk == NULL &&
        rk_json_get(tpm, "storageRootKey").v != NULL)
        return leave_unknown(c, sn, "storageRootKey", "srk");
    return rk_fail(err, RK_E_VERIFY, "%s is not what the release, settings and parts make it",
                   member->name);
}

/* All of it, member by member, against what would be written for this device. */
static enum rk_rc compare_with_made(struct checking *c, const struct rk_unit_id *sn,
                                    const struct rk_bytes *key, struct rk_jv at, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv made = rk_json_put_array(rk_json_root(doc), "enrollments");
    char text[21];

    rk_unit_id_text(sn, text);
    if (rk_dps_put(&c->rule, sn, key, made, err))
        return err->rc;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (compare_member(c, text, &members[i], at, rk_json_at(made, 0), err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc check_enrollment(struct checking *c, struct rk_jv at, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
    const char *id = rk_json_str(rk_json_get(at, "deviceId"));
    struct rk_jv tpm = rk_json_get(rk_json_get(at, "attestation"), "tpm");
    const char *text = rk_json_str(rk_json_get(tpm, "endorsementKey"));
    struct rk_unit_id sn;

    if (rk_enroll_sn(id, &sn, err) || rk_enroll_device(c->options, &sn, &device, err) ||
        rk_base64_read(text, strlen(text), &key, err) || find_ek(c, &device, &key, err) ||
        check_registration(c, rk_json_str(rk_json_get(at, "registrationId")), id, &key, err) ||
        (c->report.devices != 0 && rk_enroll_ascends(&c->last, &sn, err)) ||
        compare_with_made(c, &sn, &key, at, err))
        return rk_wrap(err, "device %s", id);
    if (!rk_enroll_asks_for(c->options, &sn))
        return rk_fail(err, RK_E_VERIFY, "device %s: was not asked for", id);
    c->last = sn;
    c->report.devices++;
    return RK_OK;
}

static enum rk_rc check_mode(const struct checking *c, const char *mode, struct rk_err *err)
{
    const char *expected = rk_dps_modes[c->rule.mode];

    return strcmp(mode, expected) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "mode %s, expected %s", mode, expected);
}

static enum rk_rc check_file(void *arg, const struct rk_bytes *text, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    struct checking *c = arg;
    struct rk_jv enrollments;

    if (rk_json_parse(text->p, text->len, &doc, err) || rk_dps_check_operation(doc, err) ||
        check_mode(c, rk_json_str(rk_json_get(rk_json_root(doc), "mode")), err))
        return err->rc;
    enrollments = rk_json_get(rk_json_root(doc), "enrollments");
    for (size_t i = 0; i < rk_json_count(enrollments); i++) {
        if (check_enrollment(c, rk_json_at(enrollments, i), err))
            return err->rc;
    }
    return RK_OK;
}

/* Whoever retires names some; whoever enrols a release, all; of those that were asked for, each. */
static enum rk_rc check_all_there(const struct checking *c, struct rk_err *err)
{
    uint64_t devices;

    if (c->options->device_count != 0 && c->report.devices != c->options->device_count)
        return rk_fail(err, RK_E_VERIFY, "it has %s, %zu were asked for",
                       RK_COUNTED(c->report.devices, "device"), c->options->device_count);
    if (c->options->device_count != 0 || c->rule.mode == RK_DPS_DELETE)
        return RK_OK;
    if (rk_enroll_device_count(c->options, &devices, err))
        return err->rc;
    if (c->report.devices != devices)
        return rk_fail(err, RK_E_VERIFY, "it enrols %s, the release has %llu",
                       RK_COUNTED(c->report.devices, "device"), (unsigned long long)devices);
    return RK_OK;
}

static enum rk_rc check_folder(struct checking *c, const char *folder, struct rk_err *err)
{
    if (rk_enroll_each_file(folder, RK_DPS_MESSAGE_MAX, check_file, c, &c->report.files, err))
        return err->rc;
    if (c->report.files == 0)
        return rk_fail(err, RK_E_VERIFY, "the folder is empty");
    return check_all_there(c, err);
}

static void checking_done(struct checking *c)
{
    rk_dps_rule_done(&c->rule);
}

enum rk_rc rk_dps_check(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err)
{
    RK_AUTO(checking_done) struct checking c = { .options = options };

    if (rk_dps_rule_open(options->request, &c.rule, err))
        return err->rc;
    if (check_folder(&c, folder, err)) {
        if (err->rc == RK_E_FORMAT || err->rc == RK_E_USAGE)
            err->rc = RK_E_VERIFY;
        return err->rc;
    }
    if (c.unknown[0] != '\0')
        return rk_fail(err, RK_E_UNKNOWN, "could not be checked: %s", c.unknown);
    *ret = c.report;
    return RK_OK;
}
