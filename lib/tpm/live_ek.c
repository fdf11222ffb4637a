/* SPDX-License-Identifier: Apache-2.0 */
/* Primary and persistent keys of a live TPM. */
#include "tpm/live.h"

#include "rotkit/public_area.h"
#include "rotkit/template.h"

#include <string.h>

void rk_tpm_public_done(struct rk_tpm_public *object)
{
    rk_bytes_done(&object->public_tpm2b);
    rk_bytes_done(&object->spki);
    object->name_len = 0;
}

void rk_live_object_done(struct rk_live_object *object)
{
    if (object->handle == ESYS_TR_NONE)
        return;
    if (object->persistent)
        (void)Esys_TR_Close(object->tpm->esys, &object->handle);
    else
        (void)Esys_FlushContext(object->tpm->esys, object->handle);
    object->handle = ESYS_TR_NONE;
}

uint32_t rk_tpm_ek_handle(const struct rk_ek_template *tpl)
{
    return tpl->handle;
}

enum rk_rc rk_live_create(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy, const TPMT_PUBLIC *area,
                          const char *what, struct rk_live_object *ret, struct rk_err *err)
{
    const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
    const TPM2B_PUBLIC in = { .publicArea = *area };
    const TPM2B_DATA no_info = { .size = 0 };
    const TPML_PCR_SELECTION no_pcrs = { .count = 0 };
    TPM2B_PUBLIC *made = NULL;
    ESYS_TR handle;
    TSS2_RC rc =
        Esys_CreatePrimary(tpm->esys, rk_live_hierarchy(hierarchy), RK_LIVE_PASSWORD, &sensitive,
                           &in, &no_info, &no_pcrs, &handle, &made, NULL, NULL, NULL);

    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail_as(err, tpm, hierarchy, rc, "cannot make %s in the %s hierarchy", what,
                               rk_live_hierarchy_name(hierarchy));
    *ret = (struct rk_live_object) { .tpm = tpm, .handle = handle, .area = *made };
    Esys_Free(made);
    return RK_OK;
}

enum rk_rc rk_live_describe(const rk_ctx *ctx, const TPMT_PUBLIC *area, struct rk_tpm_public *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_tpm_public_done) struct rk_tpm_public made = RK_TPM_PUBLIC_NONE;

    if (rk_template_marshal(area, &made.public_tpm2b, err) ||
        rk_template_name(ctx, area, made.name, &made.name_len, err) ||
        (rk_area_has_key(area) && rk_area_spki(ctx, area, &made.spki, err)))
        return err->rc;
    *ret = made;
    made = (struct rk_tpm_public)RK_TPM_PUBLIC_NONE;
    return RK_OK;
}

enum rk_rc rk_tpm_make_ek(rk_tpm *tpm, const struct rk_ek_template *tpl, struct rk_tpm_public *ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_live_object_done) struct rk_live_object ek = RK_LIVE_OBJECT_NONE;

    if (rk_live_create(tpm, RK_TPM_ENDORSEMENT, &tpl->public_area, "the EK", &ek, err) ||
        rk_live_describe(tpm->ctx, &ek.area.publicArea, ret, err))
        return rk_wrap(err, "template %s", tpl->name);
    return RK_OK;
}

enum rk_rc rk_tpm_read_persistent(rk_tpm *tpm, uint32_t handle, struct rk_tpm_public *ret,
                                  bool *ret_found, struct rk_err *err)
{
    TPM2B_PUBLIC *area = NULL;
    ESYS_TR object = ESYS_TR_NONE;
    TSS2_RC rc;

    if (rk_live_in_use(tpm, handle, ret_found, err))
        return err->rc;
    if (!*ret_found)
        return RK_OK;
    rc = Esys_TR_FromTPMPublic(tpm->esys, handle, RK_LIVE_NO_AUTH, &object);
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_ReadPublic(tpm->esys, object, RK_LIVE_NO_AUTH, &area, NULL, NULL);
    (void)Esys_TR_Close(tpm->esys, &object);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail(err, rc, "cannot read the object at 0x%08X", handle);
    enum rk_rc made = rk_live_describe(tpm->ctx, &area->publicArea, ret, err);
    Esys_Free(area);
    return made;
}

enum rk_rc rk_tpm_persist_ek(rk_tpm *tpm, const struct rk_ek_template *tpl, uint32_t handle,
                             struct rk_err *err)
{
    RK_AUTO(rk_live_object_done) struct rk_live_object ek = RK_LIVE_OBJECT_NONE;
    RK_AUTO(rk_live_object_done) struct rk_live_object kept = RK_LIVE_OBJECT_NONE;
    TSS2_RC rc;

    kept.tpm = tpm;
    kept.persistent = true;
    if (rk_live_create(tpm, RK_TPM_ENDORSEMENT, &tpl->public_area, "the EK", &ek, err))
        return rk_wrap(err, "template %s", tpl->name);
    rc = Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, ek.handle, RK_LIVE_PASSWORD, handle,
                           &kept.handle);
    if (rc == TSS2_RC_SUCCESS)
        return RK_OK;
    kept.handle = ESYS_TR_NONE;
    return rk_live_fail_as(err, tpm, RK_TPM_OWNER, rc, "cannot keep EK %s at 0x%08X as owner",
                           tpl->name, handle);
}

enum rk_rc rk_tpm_evict(rk_tpm *tpm, uint32_t handle, struct rk_err *err)
{
    ESYS_TR object = ESYS_TR_NONE, none = ESYS_TR_NONE;
    TSS2_RC rc = Esys_TR_FromTPMPublic(tpm->esys, handle, RK_LIVE_NO_AUTH, &object);

    if (rc == TSS2_RC_SUCCESS)
        rc =
            Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, object, RK_LIVE_PASSWORD, handle, &none);
    return rc == TSS2_RC_SUCCESS
               ? RK_OK
               : rk_live_fail_as(err, tpm, RK_TPM_OWNER, rc,
                                 "cannot remove the key at 0x%08X as owner", handle);
}
