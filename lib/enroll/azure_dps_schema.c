/* SPDX-License-Identifier: Apache-2.0 */
/* What the service takes, as rows. */
#include "enroll/azure_dps.h"

#include "base/err.h"
#include "enroll/registration_id.h"
#include "rotkit/base64.h"
#include "rotkit/counted.h"
#include "rotkit/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *const rk_dps_modes[] = { "create", "update", "delete", NULL };

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
        return rk_fail(err, RK_E_FORMAT, "%s, expected 1 to %d", RK_COUNTED(len, "character"),
                       ID_MAX);
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
               : rk_fail(err, RK_E_FORMAT, "%s that are no TPM2B_PUBLIC of an RSA key",
                         RK_COUNTED(key.len, "byte"));
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

enum rk_rc rk_dps_check_operation(rk_json *doc, struct rk_err *err)
{
    return check_document(doc, operation_rows, err);
}

enum rk_rc rk_dps_check_twin(rk_json *twin, struct rk_err *err)
{
    return check_document(twin, template_rows, err);
}
