/* SPDX-License-Identifier: Apache-2.0 */
/* What the service takes, as rows; and folders of enrolments held against them and the release. */
#include "enroll/azure_dps.h"

#include "enroll/files.h"
#include "enroll/registration_id.h"
#include "enroll/walk.h"
#include "rotkit/base64.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ID_MAX = 128 };

/* ---- the schema ---- */

enum kind { TEXT, ID, MODE, STATUS, TPM, KEY, BOOL, FREE, MEMBERS, ENROLLMENTS };
struct row {
    const char *name;
    enum kind kind;
    bool required;
    const struct row *members; /* of MEMBERS and ENROLLMENTS */
};
#define ROW_END                                                                                    \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* clang-format off */
static const struct row tpm_rows[] = {
    { "endorsementKey", KEY, true, NULL },
    { "storageRootKey", KEY, false, NULL },
    ROW_END,
};
static const struct row attestation_rows[] = {
    { "type", TPM, true, NULL },
    { "tpm", MEMBERS, true, tpm_rows },
    ROW_END,
};
static const struct row capabilities_rows[] = {
    { "iotEdge", BOOL, true, NULL },
    ROW_END,
};
static const struct row properties_rows[] = {
    { "desired", FREE, false, NULL },
    ROW_END,
};
static const struct row twin_rows[] = {
    { "tags", FREE, false, NULL },
    { "properties", MEMBERS, false, properties_rows },
    ROW_END,
};
/* What a template may give comes first. */
#define TEMPLATE_ROWS                                       \
    { "provisioningStatus", STATUS, false, NULL },          \
    { "capabilities", MEMBERS, false, capabilities_rows },  \
    { "iotHubHostName", TEXT, false, NULL },                \
    { "initialTwin", MEMBERS, false, twin_rows }
static const struct row template_rows[] = {
    TEMPLATE_ROWS,
    ROW_END,
};
enum { TEMPLATES = sizeof template_rows / sizeof template_rows[0] - 1 };
static const struct row enrollment_rows[] = {
    TEMPLATE_ROWS,
    { "registrationId", ID, true, NULL },
    { "deviceId", ID, true, NULL },
    { "attestation", MEMBERS, true, attestation_rows },
    ROW_END,
};
static const struct row operation_rows[] = {
    { "mode", MODE, true, NULL },
    { "enrollments", ENROLLMENTS, true, enrollment_rows },
    ROW_END,
};
/* clang-format on */

static enum rk_rc check_members(struct rk_jv at, const struct row *rows, struct rk_err *err);

/* At most 128 of letters, digits and - . _ : with a letter, a digit or - at the end. */
static enum rk_rc check_id(const char *id, struct rk_err *err)
{
    size_t len = strlen(id);

    if (len == 0 || len > ID_MAX)
        return rk_fail(err, RK_E_FORMAT, "%zu characters, expected 1 to %d", len, ID_MAX);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)id[i]) && strchr("-._:", id[i]) == NULL)
            return rk_fail(err, RK_E_FORMAT,
                           "character %zu is none of letters, digits, - . _ :", i + 1);
    }
    if (!isalnum((unsigned char)id[len - 1]) && id[len - 1] != '-')
        return rk_fail(err, RK_E_FORMAT, "ends in \"%c\", expected a letter, a digit or -",
                       id[len - 1]);
    return RK_OK;
}

static enum rk_rc check_word(const char *word, const char *const *among, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (; *among != NULL; among++) {
        if (strcmp(word, *among) == 0)
            return RK_OK;
        rk_known_add(known, *among);
    }
    return rk_fail(err, RK_E_FORMAT, "unknown value \"%s\" (known: %s)", word, known);
}

static enum rk_rc check_key(const char *text, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;

    if (rk_base64_read(text, strlen(text), &key, err))
        return err->rc;
    return rk_dps_is_rsa(&key)
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "%zu bytes that are no TPM2B_PUBLIC of an RSA key",
                         key.len);
}

static enum rk_rc check_text(const char *text, enum kind kind, struct rk_err *err)
{
    static const char *const statuses[] = { "enabled", "disabled", NULL };
    static const char *const types[] = { "tpm", NULL };

    switch (kind) {
    case ID:
        return check_id(text, err);
    case KEY:
        return check_key(text, err);
    case MODE:
        return check_word(text, rk_dps_modes, err);
    case STATUS:
        return check_word(text, statuses, err);
    case TPM:
        return check_word(text, types, err);
    default:
        return RK_OK;
    }
}

static enum rk_rc check_enrollments(struct rk_jv at, const struct row *rows, struct rk_err *err)
{
    size_t count = rk_json_count(at);

    if (count == 0 || count > RK_DPS_BATCH)
        return rk_fail(err, RK_E_FORMAT, "%zu of them, expected 1 to %d", count, RK_DPS_BATCH);
    for (size_t i = 0; i < count; i++) {
        if (rk_json_kind(rk_json_at(at, i)) != RK_JSON_OBJECT)
            return rk_fail(err, RK_E_FORMAT, "%zu: expected an object", i);
        if (check_members(rk_json_at(at, i), rows, err))
            return rk_wrap(err, "%zu", i);
    }
    return RK_OK;
}

static enum rk_rc check_value(struct rk_jv at, const struct row *row, struct rk_err *err)
{
    static const struct {
        enum rk_json_kind kind;
        const char *name;
    } kinds[] = {
        [TEXT] = { RK_JSON_STRING, "a text" },       [ID] = { RK_JSON_STRING, "a text" },
        [MODE] = { RK_JSON_STRING, "a text" },       [STATUS] = { RK_JSON_STRING, "a text" },
        [TPM] = { RK_JSON_STRING, "a text" },        [KEY] = { RK_JSON_STRING, "a text" },
        [BOOL] = { RK_JSON_BOOL, "true or false" },  [FREE] = { RK_JSON_OBJECT, "an object" },
        [MEMBERS] = { RK_JSON_OBJECT, "an object" }, [ENROLLMENTS] = { RK_JSON_ARRAY, "an array" },
    };

    if (rk_json_kind(at) != kinds[row->kind].kind)
        return rk_fail(err, RK_E_FORMAT, "expected %s", kinds[row->kind].name);
    if (row->kind == ENROLLMENTS)
        return check_enrollments(at, row->members, err);
    if (row->kind == MEMBERS)
        return check_members(at, row->members, err);
    return rk_json_kind(at) == RK_JSON_STRING ? check_text(rk_json_str(at), row->kind, err) : RK_OK;
}

/* No member that no row knows, each as its row says, none missing. */
static enum rk_rc check_members(struct rk_jv at, const struct row *rows, struct rk_err *err)
{
    void *iter = NULL;
    const char *key;
    struct rk_jv value;

    while (rk_json_next(at, &iter, &key, &value)) {
        const struct row *row = rows;
        char known[RK_KNOWN_MAX] = "";

        for (; row->name != NULL && strcmp(row->name, key) != 0; row++)
            rk_known_add(known, row->name);
        if (row->name == NULL)
            return rk_fail(err, RK_E_FORMAT, "unknown member \"%s\" (known: %s)", key, known);
        if (check_value(value, row, err))
            return rk_wrap(err, "%s", key);
    }
    for (const struct row *row = rows; row->name != NULL; row++) {
        if (row->required && rk_json_get(at, row->name).v == NULL)
            return rk_fail(err, RK_E_FORMAT, "member \"%s\" is missing", row->name);
    }
    return RK_OK;
}

static enum rk_rc check_document(rk_json *doc, const struct row *rows, struct rk_err *err)
{
    if (rk_json_kind(rk_json_root(doc)) != RK_JSON_OBJECT)
        return rk_fail(err, RK_E_FORMAT, "expected an object");
    return check_members(rk_json_root(doc), rows, err);
}

enum rk_rc rk_dps_check_twin(rk_json *twin, struct rk_err *err)
{
    return check_document(twin, template_rows, err);
}

/* ---- a folder against the release ---- */

enum { UNKNOWN = 160 };
struct checking {
    const struct rk_enroll_options *options;
    struct rk_dps_rule rule; /* by which such files are made */
    struct rk_enroll_report report;
    struct rk_device_sn last; /* of the devices before, when there are any */
    char unknown[UNKNOWN];    /* the first that cannot be compared, and what is needed; "": none */
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
                       rk_dps_ids[c->rule.id]);
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

static enum rk_rc compare_member(struct checking *c, const char *sn, const struct row *row,
                                 struct rk_jv at, struct rk_jv made, struct rk_err *err)
{
    struct rk_jv tpm = rk_json_get(rk_json_get(at, "attestation"), "tpm");
    struct rk_jv found = rk_json_get(at, row->name);
    bool of_twin = row < enrollment_rows + TEMPLATES;

    if (rk_json_equal(found, rk_json_get(made, row->name)))
        return RK_OK;
    if (c->rule.mode != RK_DPS_DELETE && of_twin && c->rule.twin == NULL && found.v != NULL)
        return leave_unknown(c, sn, row->name, "twin");
    if (c->rule.mode != RK_DPS_DELETE && !of_twin && c->rule.srk == NULL &&
        rk_json_get(tpm, "storageRootKey").v != NULL)
        return leave_unknown(c, sn, "storageRootKey", "srk");
    return rk_fail(err, RK_E_VERIFY, "%s is not what the release, settings and parts make it",
                   row->name);
}

/* All of it, member by member, against what would be written for this device. */
static enum rk_rc compare_with_made(struct checking *c, const struct rk_device_sn *sn,
                                    const struct rk_bytes *key, struct rk_jv at, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv made = rk_json_put_array(rk_json_root(doc), "enrollments");
    char text[21];

    rk_device_sn_text(sn, text);
    if (rk_dps_put(&c->rule, sn, key, made, err))
        return err->rc;
    for (const struct row *row = enrollment_rows; row->name != NULL; row++) {
        if (compare_member(c, text, row, at, rk_json_at(made, 0), err))
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
    struct rk_device_sn sn;

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

    if (rk_json_parse(text->p, text->len, &doc, err) || check_document(doc, operation_rows, err) ||
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
        return rk_fail(err, RK_E_VERIFY, "%llu devices are in it, %zu were asked for",
                       (unsigned long long)c->report.devices, c->options->device_count);
    if (c->options->device_count != 0 || c->rule.mode == RK_DPS_DELETE)
        return RK_OK;
    if (rk_enroll_device_count(c->options, &devices, err))
        return err->rc;
    if (c->report.devices != devices)
        return rk_fail(err, RK_E_VERIFY, "%llu devices are enrolled, the release has %llu",
                       (unsigned long long)c->report.devices, (unsigned long long)devices);
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
