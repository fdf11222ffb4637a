/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation keys and credential activation. Source: TPM 2.0 Part 3, 12.5; Part 1, 24. */
#include "tpm/live.h"

#include "rotkit/counted.h"
#include "rotkit/template.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#define SRK_HANDLE 0x81000001u

/*
 * The storage root key: TCG TPM v2.0 Provisioning Guidance, 7.5.1. All carry noDA: the use of a key
 * without it, and a power cut behind that, count as a failed authorisation, and three of them lock
 * a TPM out.
 */
/* clang-format off */
#define FIXED (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |   \
               TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED)
static const struct {
    const char *name;
    enum rk_tpm_hierarchy hierarchy;
    TPMT_PUBLIC area;
} keys[] = {
    [RK_TPM_SRK] = { "the storage root key", RK_TPM_OWNER, {
        .type = TPM2_ALG_RSA, .nameAlg = TPM2_ALG_SHA256,
        .objectAttributes = FIXED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_NODA,
        .parameters.rsaDetail = { .symmetric = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128,
                                                 .mode.aes = TPM2_ALG_CFB },
                                  .scheme.scheme = TPM2_ALG_NULL, .keyBits = 2048 },
        .unique.rsa.size = 256 } },
    [RK_TPM_AK_ECC] = { "the attestation key", RK_TPM_ENDORSEMENT, {
        .type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
        .objectAttributes = FIXED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_NODA,
        .parameters.eccDetail = { .symmetric.algorithm = TPM2_ALG_NULL,
                                  .scheme = { .scheme = TPM2_ALG_ECDSA,
                                              .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
                                  .curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL } } },
    [RK_TPM_AK_RSA] = { "the attestation key", RK_TPM_ENDORSEMENT, {
        .type = TPM2_ALG_RSA, .nameAlg = TPM2_ALG_SHA256,
        .objectAttributes = FIXED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_NODA,
        .parameters.rsaDetail = { .symmetric.algorithm = TPM2_ALG_NULL,
                                  .scheme = { .scheme = TPM2_ALG_RSASSA,
                                              .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
                                  .keyBits = 2048 } } },
};
/* clang-format on */

/* Whatever stands at the handle is no storage root for that. */
static enum rk_rc check_srk(const TPMT_PUBLIC *area, struct rk_err *err)
{
    const TPMA_OBJECT wanted = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
                               TPMA_OBJECT_FIXEDPARENT;

    if ((area->objectAttributes & (wanted | TPMA_OBJECT_SIGN_ENCRYPT)) == wanted)
        return RK_OK;
    (void)rk_fail(err, RK_E_VERIFY,
                  "the object at 0x%08X is no storage root key: its attributes are 0x%08x, "
                  "expected fixedTPM, fixedParent, restricted and decrypt, without sign",
                  SRK_HANDLE, area->objectAttributes);
    return rk_note(err,
                   "if it may go, remove it (tpm2_evictcontrol -C o -c 0x%08X): without one there "
                   "the storage root key is made as owner; or take another key (--key ak-ecc)",
                   SRK_HANDLE);
}

/* A persistent object: nothing to flush, but ESYS' own record of it. */
static enum rk_rc open_srk(rk_tpm *tpm, struct rk_live_object *ret, struct rk_err *err)
{
    TPM2B_PUBLIC *area = NULL;
    TSS2_RC rc = Esys_TR_FromTPMPublic(tpm->esys, SRK_HANDLE, RK_LIVE_NO_AUTH, &ret->handle);

    ret->tpm = tpm;
    ret->persistent = true;
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_ReadPublic(tpm->esys, ret->handle, RK_LIVE_NO_AUTH, &area, NULL, NULL);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail(err, rc, "cannot read the object at 0x%08X", SRK_HANDLE);
    ret->area = *area;
    Esys_Free(area);
    return check_srk(&ret->area.publicArea, err);
}

enum rk_rc rk_live_key(rk_tpm *tpm, enum rk_tpm_key key, struct rk_live_object *ret,
                       struct rk_err *err)
{
    bool there = false;

    if (key == RK_TPM_SRK && rk_live_in_use(tpm, SRK_HANDLE, &there, err))
        return err->rc;
    if (there)
        return open_srk(tpm, ret, err);
    return rk_live_create(tpm, keys[key].hierarchy, &keys[key].area, keys[key].name, ret, err);
}

enum rk_rc rk_tpm_key_public(rk_tpm *tpm, enum rk_tpm_key key, struct rk_tpm_public *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_live_object_done) struct rk_live_object object = RK_LIVE_OBJECT_NONE;

    if (rk_live_key(tpm, key, &object, err))
        return err->rc;
    return rk_live_describe(tpm->ctx, &object.area.publicArea, ret, err);
}

static enum rk_rc unmarshal(const struct rk_credential *in, TPM2B_ID_OBJECT *id,
                            TPM2B_ENCRYPTED_SECRET *secret, struct rk_err *err)
{
    size_t at = 0;

    if (Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(in->id_object.p, in->id_object.len, &at, id) !=
            TSS2_RC_SUCCESS ||
        at != in->id_object.len)
        return rk_fail(err, RK_E_FORMAT, "no TPM2B_ID_OBJECT of %s",
                       RK_COUNTED(in->id_object.len, "byte"));
    at = 0;
    if (Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(in->secret.p, in->secret.len, &at, secret) !=
            TSS2_RC_SUCCESS ||
        at != in->secret.len)
        return rk_fail(err, RK_E_FORMAT, "no TPM2B_ENCRYPTED_SECRET of %s",
                       RK_COUNTED(in->secret.len, "byte"));
    return RK_OK;
}

static enum rk_rc copy_value(TPM2B_DIGEST *value, struct rk_secret *ret, struct rk_err *err)
{
    enum rk_rc rc = rk_secret_copy(value->buffer, value->size, ret, err);

    OPENSSL_cleanse(value, sizeof *value);
    Esys_Free(value);
    return rc;
}

/*
 * A credential for another EK, or another Name, fails its integrity check or does not decrypt. What
 * libtpms says when OAEP does not decode is TPM_RC_FAILURE, without being in failure mode: then its
 * self-test still stands.
 */
static bool is_foreign(rk_tpm *tpm, TSS2_RC rc)
{
    static const TSS2_RC foreign[] = { TPM2_RC_INTEGRITY, TPM2_RC_VALUE, TPM2_RC_SIZE,
                                       TPM2_RC_ECC_POINT };
    enum { CODE = 0xbf };
    TPM2B_MAX_BUFFER *data = NULL;
    TPM2_RC result = TPM2_RC_FAILURE;

    if (rc == TPM2_RC_FAILURE) {
        if (Esys_GetTestResult(tpm->esys, RK_LIVE_NO_AUTH, &data, &result) != TSS2_RC_SUCCESS)
            return false;
        Esys_Free(data);
        return result == TPM2_RC_SUCCESS;
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if ((rc & TPM2_RC_FMT1) != 0 && (rc & CODE) == (foreign[i] & CODE))
            return true;
    }
    return false;
}

/* A storage root key of others may lack noDA: each failure, and each power cut behind, counts. */
static enum rk_rc check_da(rk_tpm *tpm, const struct rk_live_object *key, struct rk_err *err)
{
    char what[64];
    uint32_t max;

    if ((key->area.publicArea.objectAttributes & TPMA_OBJECT_NODA) != 0)
        return RK_OK;
    (void)snprintf(what, sizeof what, "the storage root key at 0x%08X", SRK_HANDLE);
    if (rk_live_property(tpm, TPM2_PT_MAX_AUTH_FAIL, &max, err) ||
        rk_live_may_guess(tpm, max > 2 ? max - 2 : 0, what, err))
        return err->rc;
    rk_warn(tpm->ctx, "%s lacks noDA: a power cut behind its use counts towards the TPM's lockout",
            what);
    return RK_OK;
}

enum rk_rc rk_tpm_activate(rk_tpm *tpm, const struct rk_ek_template *tpl, enum rk_tpm_key key,
                           const struct rk_credential *credential, struct rk_secret *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_live_object_done) struct rk_live_object ek = RK_LIVE_OBJECT_NONE;
    RK_AUTO(rk_live_object_done) struct rk_live_object object = RK_LIVE_OBJECT_NONE;
    RK_AUTO(rk_live_object_done) struct rk_live_object session = RK_LIVE_OBJECT_NONE;
    TPM2B_ENCRYPTED_SECRET secret = { .size = 0 };
    TPM2B_ID_OBJECT id = { .size = 0 };
    TPM2B_DIGEST *value = NULL;

    if (unmarshal(credential, &id, &secret, err) ||
        rk_live_create(tpm, RK_TPM_ENDORSEMENT, &tpl->public_area, "the EK", &ek, err) ||
        rk_live_key(tpm, key, &object, err) || check_da(tpm, &object, err) ||
        rk_live_ek_session(tpm, tpl, &session, err))
        return err->rc;
    TSS2_RC rc = Esys_ActivateCredential(tpm->esys, object.handle, ek.handle, ESYS_TR_PASSWORD,
                                         session.handle, ESYS_TR_NONE, &id, &secret, &value);
    if (rc == TSS2_RC_SUCCESS)
        return copy_value(value, ret, err);
    if (is_foreign(tpm, rc))
        return rk_fail(err, RK_E_VERIFY, "EK %s: the credential is not for this TPM and %s (0x%x)",
                       tpl->name, keys[key].name, rc);
    return rk_live_fail(err, rc, "EK %s: cannot activate the credential", tpl->name);
}
