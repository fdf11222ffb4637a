/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies that a hierarchy's authorisation meets: those of EKs, and one that only asks whether the
 * authorisation is right. Source: TCG EK Credential Profile 2.x, B.6. An EK of the high templates
 * would take its empty authorisation value as well; but no EK carries noDA, so a power cut behind
 * that counts towards the TPM's lockout.
 */
#include "tpm/live.h"

#include "rotkit/template.h"

#include <string.h>

/*
 * PolicyC of each hash: PolicyAuthorizeNV of the index 0x01C07F01, 02, 03. PolicyB, which the high
 * templates carry, is PolicyOR of PolicyA and this one.
 */
/* clang-format off */
static const struct {
    TPMI_ALG_HASH hash;
    TPM2B_DIGEST digest;
} policy_c[] = {
    { TPM2_ALG_SHA256, { .size = 32, .buffer = { 0x37, 0x67, 0xe2, 0xed, 0xd4, 0x3f, 0xf4, 0x5a, 0x3a, 0x7e, 0x1e, 0xae,
        0xfc, 0xef, 0x78, 0x64, 0x3d, 0xca, 0x96, 0x46, 0x32, 0xe7, 0xaa, 0xd8,
        0x2c, 0x67, 0x3a, 0x30, 0xd8, 0x63, 0x3f, 0xde } } },
    { TPM2_ALG_SHA384, { .size = 48, .buffer = { 0xd6, 0x03, 0x2c, 0xe6, 0x1f, 0x2f, 0xb3, 0xc2, 0x40, 0xeb, 0x3c, 0xf6,
        0xa3, 0x32, 0x37, 0xef, 0x2b, 0x6a, 0x16, 0xf4, 0x29, 0x3c, 0x22, 0xb4,
        0x55, 0xe2, 0x61, 0xcf, 0xfd, 0x21, 0x7a, 0xd5, 0xb4, 0x94, 0x7c, 0x2d,
        0x73, 0xe6, 0x30, 0x05, 0xee, 0xd2, 0xdc, 0x2b, 0x35, 0x93, 0xd1, 0x65 } } },
    { TPM2_ALG_SHA512, { .size = 64, .buffer = { 0x58, 0x9e, 0xe1, 0xe1, 0x46, 0x54, 0x47, 0x16, 0xe8, 0xde, 0xaf, 0xe6,
        0xdb, 0x24, 0x7b, 0x01, 0xb8, 0x1e, 0x9f, 0x9c, 0x7d, 0xd1, 0x6b, 0x81,
        0x4a, 0xa1, 0x59, 0x13, 0x87, 0x49, 0x10, 0x5f, 0xba, 0x53, 0x88, 0xdd,
        0x1d, 0xea, 0x70, 0x2f, 0x35, 0x24, 0x0c, 0x18, 0x49, 0x33, 0x12, 0x1e,
        0x2c, 0x61, 0xb8, 0xf5, 0x0d, 0x3e, 0xf9, 0x13, 0x93, 0xa4, 0x9a, 0x38,
        0xc3, 0xf7, 0x3f, 0xc8 } } },
};
/* clang-format on */

static enum rk_rc refuse(struct rk_err *err, TSS2_RC rc)
{
    return rk_live_fail(err, rc, "cannot meet the EK's policy");
}

/* PolicyA is met: on to PolicyB, where the template has it. */
static enum rk_rc go_on(rk_tpm *tpm, const TPMT_PUBLIC *area, ESYS_TR session, struct rk_err *err)
{
    TPML_DIGEST either = { .count = 2 };
    TPM2B_DIGEST *met = NULL;
    size_t i = 0;
    TSS2_RC rc = Esys_PolicyGetDigest(tpm->esys, session, RK_LIVE_NO_AUTH, &met);

    if (rc != TSS2_RC_SUCCESS)
        return refuse(err, rc);
    either.digests[0] = *met;
    Esys_Free(met);
    if (either.digests[0].size == area->authPolicy.size &&
        memcmp(either.digests[0].buffer, area->authPolicy.buffer, area->authPolicy.size) == 0)
        return RK_OK;
    while (i < sizeof policy_c / sizeof policy_c[0] && policy_c[i].hash != area->nameAlg)
        i++;
    if (i == sizeof policy_c / sizeof policy_c[0])
        return rk_fail(err, RK_E_USAGE, "an EK of name algorithm 0x%04x: its policy is not known",
                       area->nameAlg);
    either.digests[1] = policy_c[i].digest;
    rc = Esys_PolicyOR(tpm->esys, session, RK_LIVE_NO_AUTH, &either);
    return rc == TSS2_RC_SUCCESS ? RK_OK : refuse(err, rc);
}

/* A session in which TPM2_PolicySecret by this hierarchy holds; `what` cannot be done else. */
static enum rk_rc start(rk_tpm *tpm, TPMI_ALG_HASH hash, enum rk_tpm_hierarchy hierarchy,
                        const char *what, struct rk_live_object *ret, struct rk_err *err)
{
    const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
    TSS2_RC rc = Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, RK_LIVE_NO_AUTH, NULL,
                                       TPM2_SE_POLICY, &none, hash, &ret->handle);

    if (rc != TSS2_RC_SUCCESS) {
        ret->handle = ESYS_TR_NONE;
        return rk_live_fail(err, rc, "cannot start a policy session");
    }
    ret->tpm = tpm;
    rc = Esys_PolicySecret(tpm->esys, rk_live_hierarchy(hierarchy), ret->handle, RK_LIVE_PASSWORD,
                           NULL, NULL, NULL, 0, NULL, NULL);
    return rc == TSS2_RC_SUCCESS ? RK_OK
                                 : rk_live_fail_as(err, tpm, hierarchy, rc, "cannot %s as %s", what,
                                                   rk_live_hierarchy_name(hierarchy));
}

enum rk_rc rk_live_ek_session(rk_tpm *tpm, const struct rk_ek_template *tpl,
                              struct rk_live_object *ret, struct rk_err *err)
{
    return start(tpm, tpl->public_area.nameAlg, RK_TPM_ENDORSEMENT, "use the EK", ret, err) ||
                   go_on(tpm, &tpl->public_area, ret->handle, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_tpm_ask_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy, struct rk_err *err)
{
    RK_AUTO(rk_live_object_done) struct rk_live_object session = RK_LIVE_OBJECT_NONE;

    return start(tpm, TPM2_ALG_SHA256, hierarchy, "do anything", &session, err);
}

enum rk_rc rk_tpm_try_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           const struct rk_secret *value, struct rk_err *err)
{
    struct rk_err ours;

    if (rk_tpm_use_auth(tpm, hierarchy, value, err))
        return err->rc;
    if (rk_tpm_ask_auth(tpm, hierarchy, err) == RK_OK)
        return RK_OK;
    return rk_tpm_use_auth(tpm, hierarchy, &tpm->given[hierarchy], &ours) != RK_OK
               ? rk_fail(err, ours.rc, "%s", ours.msg)
               : err->rc;
}
