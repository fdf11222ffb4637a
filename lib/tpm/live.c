/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to a live TPM, and what its response codes mean for the caller. */
#include "tpm/live.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

enum { CODE_MASK = 0xffff, FORMAT_ONE = 0x80, FORMAT_ONE_CODE = 0xbf };

static const struct {
    ESYS_TR handle;
    const char *name;
    const char *instead; /* how to do without it; or NULL */
} hierarchies[RK_TPM_HIERARCHIES] = {
    [RK_TPM_OWNER] = { ESYS_TR_RH_OWNER, "owner", NULL },
    [RK_TPM_ENDORSEMENT] = { ESYS_TR_RH_ENDORSEMENT, "endorsement", NULL },
    [RK_TPM_LOCKOUT] = { ESYS_TR_RH_LOCKOUT, "lockout", NULL },
    [RK_TPM_PLATFORM] = { ESYS_TR_RH_PLATFORM, "platform",
                          "firmware keeps the platform hierarchy to itself before it starts an OS: "
                          "--by owner makes the NV indices as owner" },
};

ESYS_TR rk_live_hierarchy(enum rk_tpm_hierarchy hierarchy)
{
    return hierarchies[hierarchy].handle;
}

const char *rk_live_hierarchy_name(enum rk_tpm_hierarchy hierarchy)
{
    return hierarchies[hierarchy].name;
}

/* TPM 2.0 Part 2, 6.6: response codes, without handle, parameter and session numbers. */
/* clang-format off */
static const struct {
    TSS2_RC code;
    enum rk_rc kind;
    const char *advice;
} codes[] = {
    { TPM2_RC_INITIALIZE,       RK_E_IO,    "the TPM was not started up: its driver or firmware does that" },
    { TPM2_RC_FAILURE,          RK_E_IO,    "the TPM is in failure mode: reset the device; a TPM that stays there is broken" },
    { TPM2_RC_RETRY,            RK_E_IO,    "the TPM is busy: run the same command again later" },
    { TPM2_RC_YIELDED,          RK_E_IO,    "the TPM is busy: run the same command again later" },
    { TPM2_RC_TESTING,          RK_E_IO,    "the TPM is testing itself: run the same command again later" },
    { TPM2_RC_NV_RATE,          RK_E_IO,    "the TPM slows down NV writes: run the same command again later" },
    { TPM2_RC_NV_UNAVAILABLE,   RK_E_IO,    "the TPM's storage is not there: on a firmware TPM, check that tee-supplicant runs" },
    { TPM2_RC_OBJECT_MEMORY,    RK_E_IO,    "the TPM has no room for another object: use a resource manager (device:/dev/tpmrm0), or tpm2_flushcontext -t" },
    { TPM2_RC_SESSION_MEMORY,   RK_E_IO,    "the TPM has no room for another session: tpm2_flushcontext -l" },
    { TPM2_RC_NV_SPACE,         RK_E_IO,    "the TPM's NV storage is full: remove what is not needed (tpm2_nvreadpublic lists it), then run the same command again" },
    { TPM2_RC_NV_DEFINED,       RK_E_IO,    "something else has defined it meanwhile: run the same command again" },
    { TPM2_RC_NV_UNINITIALIZED, RK_E_IO,    "something else is writing it: run the same command again" },
    { TPM2_RC_HANDLE,           RK_E_IO,    "something else has removed it meanwhile: run the same command again" },
    { TPM2_RC_LOCKOUT,          RK_E_KEY,   "the TPM is locked out after wrong authorisations: wait, or reset it as its owner (tpm2_dictionarylockout -c)" },
    { TPM2_RC_AUTH_UNAVAILABLE, RK_E_KEY,   "this authorisation cannot be used here" },
    { TPM2_RC_AUTH_FAIL,        RK_E_KEY,   "it has an authorisation value of its own, and none was given" },
    { TPM2_RC_BAD_AUTH,         RK_E_KEY,   "it has an authorisation value of its own, and none was given" },
    { TPM2_RC_POLICY_FAIL,      RK_E_KEY,   "the key's policy is not met" },
    { TPM2_RC_HIERARCHY,        RK_E_KEY,   "the hierarchy is disabled until the next start" },
    { TPM2_RC_DISABLED,         RK_E_KEY,   "the command is disabled" },
    { TPM2_RC_NV_LOCKED,        RK_E_KEY,   "the NV index is locked" },
    { TPM2_RC_NV_AUTHORIZATION, RK_E_KEY,   "the NV index does not allow this" },
    { TPM2_RC_COMMAND_CODE,     RK_E_USAGE, "this TPM lacks the command" },
};
/* clang-format on */

/* Response codes of the TPM itself come bare, or by way of a resource manager. */
static bool from_tpm(TSS2_RC rc, TSS2_RC *ret_code)
{
    TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
    TSS2_RC code = rc & CODE_MASK;

    if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER &&
        layer != TSS2_RESMGR_RC_LAYER)
        return false;
    *ret_code = (code & FORMAT_ONE) != 0 ? code & FORMAT_ONE_CODE : code;
    return true;
}

/* What tpm2-tss says of its own: of the way to the TPM, and of answers that are none. */
static enum rk_rc classify_tss(TSS2_RC rc, const char **ret_advice)
{
    switch (rc & CODE_MASK) {
    case TSS2_BASE_RC_RSP_AUTH_FAILED:
        *ret_advice = "something between here and the TPM changes its answers";
        return RK_E_VERIFY;
    case TSS2_BASE_RC_IO_ERROR:
    case TSS2_BASE_RC_MALFORMED_RESPONSE:
    case TSS2_BASE_RC_INSUFFICIENT_RESPONSE:
        return RK_E_IO;
    default:
        return (rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER ? RK_E_IO : RK_E_INTERNAL;
    }
}

static enum rk_rc classify(TSS2_RC rc, const char **ret_advice)
{
    TSS2_RC code = 0;

    *ret_advice = NULL;
    if (!from_tpm(rc, &code))
        return classify_tss(rc, ret_advice);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        TSS2_RC known = codes[i].code;

        if (code == ((known & FORMAT_ONE) != 0 ? known & FORMAT_ONE_CODE : known)) {
            *ret_advice = codes[i].advice;
            return codes[i].kind;
        }
    }
    return RK_E_USAGE;
}

enum rk_rc rk_live_fail(struct rk_err *err, TSS2_RC rc, const char *fmt, ...)
{
    char what[256];
    const char *advice;
    enum rk_rc kind = classify(rc, &advice);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    (void)rk_fail(err, kind, "%s: %s (0x%x)", what, Tss2_RC_Decode(rc), rc);
    if (advice != NULL)
        (void)rk_note(err, "%s", advice);
    return err->rc;
}

static bool is_code(TSS2_RC rc, TSS2_RC wanted)
{
    TSS2_RC code;

    return from_tpm(rc, &code) && code == (wanted & FORMAT_ONE_CODE);
}

enum rk_rc rk_live_fail_as(struct rk_err *err, const rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           TSS2_RC rc, const char *fmt, ...)
{
    const char *name = rk_live_hierarchy_name(hierarchy);
    const bool refused = is_code(rc, TPM2_RC_AUTH_FAIL) || is_code(rc, TPM2_RC_BAD_AUTH);
    const bool off = is_code(rc, TPM2_RC_HIERARCHY);
    char what[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (!refused && !off)
        return rk_live_fail(err, rc, "%s", what);
    (void)rk_fail(err, RK_E_KEY, "%s: %s (0x%x)", what, Tss2_RC_Decode(rc), rc);
    if (off)
        (void)rk_note(err, "the %s hierarchy is disabled until the next start", name);
    else if (tpm->given[hierarchy].len == 0)
        (void)rk_note(err,
                      "no %s authorisation was given, and this TPM has one: name it with "
                      "--%s-auth",
                      name, name);
    else
        (void)rk_note(err, "the %s authorisation that was given is wrong", name);
    if (hierarchies[hierarchy].instead != NULL)
        (void)rk_note(err, "%s", hierarchies[hierarchy].instead);
    return err->rc;
}

void rk_tpm_free(rk_tpm *tpm)
{
    if (tpm == NULL)
        return;
    Esys_Finalize(&tpm->esys);
    Tss2_TctiLdr_Finalize(&tpm->tcti);
    for (int i = 0; i < RK_TPM_HIERARCHIES; i++)
        rk_secret_done(&tpm->given[i]);
    rk_free(tpm);
}

static void auth_done(TPM2B_AUTH *auth)
{
    OPENSSL_cleanse(auth, sizeof *auth);
}

static enum rk_rc to_auth(const struct rk_secret *value, enum rk_tpm_hierarchy hierarchy,
                          TPM2B_AUTH *ret, struct rk_err *err)
{
    if (value->len > sizeof ret->buffer)
        return rk_fail(err, RK_E_USAGE, "%s authorisation: longer than %s",
                       rk_live_hierarchy_name(hierarchy), RK_COUNTED(sizeof ret->buffer, "byte"));
    ret->size = (uint16_t)value->len;
    if (value->len != 0)
        memcpy(ret->buffer, value->p, value->len);
    return RK_OK;
}

enum rk_rc rk_tpm_use_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           const struct rk_secret *value, struct rk_err *err)
{
    RK_AUTO(auth_done) TPM2B_AUTH auth = { .size = 0 };

    if (to_auth(value, hierarchy, &auth, err))
        return err->rc;
    TSS2_RC rc = Esys_TR_SetAuth(tpm->esys, rk_live_hierarchy(hierarchy), &auth);
    return rc == TSS2_RC_SUCCESS
               ? RK_OK
               : rk_live_fail(err, rc, "%s authorisation", rk_live_hierarchy_name(hierarchy));
}

enum rk_rc rk_tpm_change_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                              const struct rk_secret *value, struct rk_err *err)
{
    RK_AUTO(auth_done) TPM2B_AUTH auth = { .size = 0 };

    if (to_auth(value, hierarchy, &auth, err))
        return err->rc;
    TSS2_RC rc =
        Esys_HierarchyChangeAuth(tpm->esys, rk_live_hierarchy(hierarchy), RK_LIVE_PASSWORD, &auth);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail_as(err, tpm, hierarchy, rc, "cannot change the %s authorisation",
                               rk_live_hierarchy_name(hierarchy));
    return rk_tpm_use_auth(tpm, hierarchy, value, err);
}

bool rk_tpm_auth_given(const rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy)
{
    return tpm->given[hierarchy].len != 0;
}

enum rk_rc rk_tpm_has_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy, bool *ret,
                           struct rk_err *err)
{
    static const uint32_t bits[RK_TPM_HIERARCHIES] = {
        [RK_TPM_OWNER] = TPMA_PERMANENT_OWNERAUTHSET,
        [RK_TPM_ENDORSEMENT] = TPMA_PERMANENT_ENDORSEMENTAUTHSET,
        [RK_TPM_LOCKOUT] = TPMA_PERMANENT_LOCKOUTAUTHSET,
    };
    uint32_t permanent;

    if (rk_live_property(tpm, TPM2_PT_PERMANENT, &permanent, err))
        return err->rc;
    *ret = (permanent & bits[hierarchy]) != 0;
    return RK_OK;
}

/* The value that the user names, if any. */
static enum rk_rc read_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy, const struct rk_pin *pin,
                            struct rk_err *err)
{
    const char *name = rk_live_hierarchy_name(hierarchy);
    struct rk_secret *value = &tpm->given[hierarchy];

    if (pin->source == NULL)
        return RK_OK;
    if (rk_passphrase_read(pin, "authorisation", name, value, err))
        return rk_wrap(err, "%s authorisation", name);
    return rk_tpm_use_auth(tpm, hierarchy, value, err);
}

static enum rk_rc connect_to(rk_tpm *tpm, const char *tcti, struct rk_err *err)
{
    TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti, &tpm->tcti);

    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
    if (rc == TSS2_RC_SUCCESS)
        return RK_OK;
    (void)rk_fail(err, RK_E_IO, "cannot reach a TPM by TCTI \"%s\": %s (0x%x)",
                  tcti == NULL ? "default" : tcti, Tss2_RC_Decode(rc), rc);
    return rk_note(err, "name one with --tcti, such as device:/dev/tpmrm0");
}

enum rk_rc rk_tpm_open(const rk_ctx *ctx, const struct rk_tpm_options *options, rk_tpm **ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_tpm_done) rk_tpm *tpm = rk_alloc(1, sizeof *tpm);
    uint32_t family;

    if (tpm == NULL)
        return rk_fail_nomem(err);
    tpm->ctx = ctx;
    if (connect_to(tpm, options->tcti, err) ||
        rk_live_property(tpm, TPM2_PT_FAMILY_INDICATOR, &family, err))
        return err->rc;
    for (int i = 0; i < RK_TPM_HIERARCHIES; i++) {
        if (read_auth(tpm, (enum rk_tpm_hierarchy)i, &options->auth[i], err))
            return err->rc;
    }
    *ret = tpm;
    tpm = NULL;
    return RK_OK;
}

static enum rk_rc capability(rk_tpm *tpm, TPM2_CAP cap, uint32_t first, TPMS_CAPABILITY_DATA **ret,
                             struct rk_err *err)
{
    TPMI_YES_NO more;
    TSS2_RC rc = Esys_GetCapability(tpm->esys, RK_LIVE_NO_AUTH, cap, first, 1, &more, ret);

    return rc == TSS2_RC_SUCCESS ? RK_OK : rk_live_fail(err, rc, "cannot ask the TPM");
}

RK_CLEANUP(data_done, TPMS_CAPABILITY_DATA, Esys_Free)

enum rk_rc rk_live_property_find(rk_tpm *tpm, uint32_t property, uint32_t *ret, bool *ret_stated,
                                 struct rk_err *err)
{
    RK_AUTO(data_done) TPMS_CAPABILITY_DATA *data = NULL;
    const TPML_TAGGED_TPM_PROPERTY *found;

    if (capability(tpm, TPM2_CAP_TPM_PROPERTIES, property, &data, err))
        return err->rc;
    found = &data->data.tpmProperties;
    *ret_stated = found->count != 0 && found->tpmProperty[0].property == property;
    *ret = *ret_stated ? found->tpmProperty[0].value : 0;
    return RK_OK;
}

enum rk_rc rk_live_property(rk_tpm *tpm, uint32_t property, uint32_t *ret, struct rk_err *err)
{
    bool stated;

    return rk_live_property_find(tpm, property, ret, &stated, err);
}

enum rk_rc rk_tpm_persistent_room(rk_tpm *tpm, bool *ret, struct rk_err *err)
{
    uint32_t more = 0;
    bool stated = true;

    if (rk_live_property_find(tpm, TPM2_PT_HR_PERSISTENT_AVAIL, &more, &stated, err))
        return err->rc;
    *ret = more != 0 || !stated;
    return RK_OK;
}

enum rk_rc rk_live_banks(rk_tpm *tpm, TPML_PCR_SELECTION *ret, struct rk_err *err)
{
    RK_AUTO(data_done) TPMS_CAPABILITY_DATA *data = NULL;

    if (capability(tpm, TPM2_CAP_PCRS, 0, &data, err))
        return err->rc;
    *ret = data->data.assignedPCR;
    return RK_OK;
}

enum rk_rc rk_live_may_guess(rk_tpm *tpm, uint32_t bearable, const char *what, struct rk_err *err)
{
    uint32_t counter, max;

    if (rk_live_property(tpm, TPM2_PT_LOCKOUT_COUNTER, &counter, err) ||
        rk_live_property(tpm, TPM2_PT_MAX_AUTH_FAIL, &max, err))
        return err->rc;
    if (counter <= bearable)
        return RK_OK;
    (void)rk_fail(err, RK_E_KEY,
                  "%s lacks noDA, and %u of %u failures count against this TPM: not tried", what,
                  counter, max);
    return rk_note(err, "wait until the TPM has forgotten them, or clear them with the lockout "
                        "authorisation (tpm2_dictionarylockout -c)");
}

enum rk_rc rk_live_in_use(rk_tpm *tpm, uint32_t handle, bool *ret, struct rk_err *err)
{
    RK_AUTO(data_done) TPMS_CAPABILITY_DATA *data = NULL;

    if (capability(tpm, TPM2_CAP_HANDLES, handle, &data, err))
        return err->rc;
    *ret = data->data.handles.count != 0 && data->data.handles.handle[0] == handle;
    return RK_OK;
}
