/* SPDX-License-Identifier: Apache-2.0 */
/* NV indices of a live TPM. Source: TPM 2.0 Part 3, 31. */
#include "tpm/live.h"

#include "rotkit/counted.h"

#include <string.h>

enum { NV_BUFFER_LEAST = 64 };

void rk_tpm_nv_done(struct rk_tpm_nv *nv)
{
    rk_bytes_done(&nv->bytes);
    nv->state = RK_TPM_NV_ABSENT;
}

size_t rk_tpm_nv_cert_len(const struct rk_bytes *bytes)
{
    size_t len;

    if (bytes->len < 4 || bytes->p[0] != 0x30 || bytes->p[1] != 0x82)
        return bytes->len;
    len = 4 + ((size_t)bytes->p[2] << 8 | bytes->p[3]);
    if (len > bytes->len)
        return bytes->len;
    for (size_t i = len; i < bytes->len; i++) {
        if (bytes->p[i] != 0x00 && bytes->p[i] != 0xff)
            return bytes->len;
    }
    return len;
}

/* A verifier reads by the index's own, empty authorisation, also in lockout and after a restart. */
static bool is_open(uint32_t attributes)
{
    const uint32_t wanted = TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA;
    const uint32_t unwanted = TPMA_NV_AUTHWRITE | TPMA_NV_READ_STCLEAR | TPMA_NV_CLEAR_STCLEAR;

    return (attributes & (wanted | unwanted)) == wanted;
}

/* An index as ESYS knows it; closed when it goes out of scope. */
struct index {
    rk_tpm *tpm;
    ESYS_TR handle;
    uint32_t number;
    uint32_t attributes;
    uint16_t size;
};

static void index_done(struct index *index)
{
    if (index->handle != ESYS_TR_NONE)
        (void)Esys_TR_Close(index->tpm->esys, &index->handle);
}

static enum rk_rc open_index(rk_tpm *tpm, uint32_t number, struct index *ret, struct rk_err *err)
{
    TPM2B_NV_PUBLIC *area = NULL;
    TSS2_RC rc;

    ret->tpm = tpm;
    ret->number = number;
    rc = Esys_TR_FromTPMPublic(tpm->esys, number, RK_LIVE_NO_AUTH, &ret->handle);
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_NV_ReadPublic(tpm->esys, ret->handle, RK_LIVE_NO_AUTH, &area, NULL);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail(err, rc, "cannot look at NV index 0x%08X", number);
    ret->attributes = area->nvPublic.attributes;
    ret->size = area->nvPublic.dataSize;
    Esys_Free(area);
    return RK_OK;
}

/* How many bytes one command reads or writes. */
static enum rk_rc chunk_size(rk_tpm *tpm, uint32_t *ret, struct rk_err *err)
{
    if (rk_live_property(tpm, TPM2_PT_NV_BUFFER_MAX, ret, err))
        return err->rc;
    if (*ret > TPM2_MAX_NV_BUFFER_SIZE)
        *ret = TPM2_MAX_NV_BUFFER_SIZE;
    if (*ret < NV_BUFFER_LEAST)
        *ret = NV_BUFFER_LEAST;
    return RK_OK;
}

static enum rk_rc read_by(const struct index *index, ESYS_TR reader, struct rk_bytes *ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    uint32_t chunk;

    if (chunk_size(index->tpm, &chunk, err) || rk_bytes_new(index->size, &bytes, err))
        return err->rc;
    for (size_t at = 0; at < bytes.len;) {
        size_t want = bytes.len - at < chunk ? bytes.len - at : chunk;
        TPM2B_MAX_NV_BUFFER *part = NULL;
        TSS2_RC rc = Esys_NV_Read(index->tpm->esys, reader, index->handle, RK_LIVE_PASSWORD,
                                  (uint16_t)want, (uint16_t)at, &part);

        if (rc != TSS2_RC_SUCCESS)
            return rk_live_fail(err, rc, "cannot read NV index 0x%08X", index->number);
        if (part->size != want) {
            Esys_Free(part);
            return rk_fail(err, RK_E_IO, "NV index 0x%08X: the TPM returns another length",
                           index->number);
        }
        memcpy(bytes.p + at, part->buffer, want);
        Esys_Free(part);
        at += want;
    }
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}

/*
 * By the index's own empty password, as owner or as platform: what it allows. Without no_da a wrong
 * password brings the TPM nearer to its lockout, so there that comes last.
 */
static enum rk_rc read_all(const struct index *index, struct rk_bytes *ret, struct rk_err *err)
{
    const bool counts = (index->attributes & TPMA_NV_NO_DA) == 0;
    const struct {
        uint32_t attribute;
        ESYS_TR reader;
    } readers[] = { { counts ? 0 : TPMA_NV_AUTHREAD, index->handle },
                    { TPMA_NV_OWNERREAD, ESYS_TR_RH_OWNER },
                    { TPMA_NV_PPREAD, ESYS_TR_RH_PLATFORM },
                    { counts ? TPMA_NV_AUTHREAD : 0, index->handle } };

    (void)rk_fail(err, RK_E_KEY, "cannot read NV index 0x%08X: only its policy allows it",
                  index->number);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if ((index->attributes & readers[i].attribute) == 0)
            continue;
        if (read_by(index, readers[i].reader, ret, err) == RK_OK)
            return RK_OK;
        if (err->rc != RK_E_KEY)
            return err->rc;
    }
    return err->rc;
}

enum rk_rc rk_tpm_nv_read(rk_tpm *tpm, uint32_t index_number, struct rk_tpm_nv *ret,
                          struct rk_err *err)
{
    RK_AUTO(index_done) struct index index = { .handle = ESYS_TR_NONE };
    struct rk_tpm_nv nv = { .state = RK_TPM_NV_ABSENT };
    bool in_use;

    if (rk_live_in_use(tpm, index_number, &in_use, err))
        return err->rc;
    if (in_use) {
        if (open_index(tpm, index_number, &index, err))
            return err->rc;
        nv.attributes = index.attributes;
        nv.by_platform = (index.attributes & TPMA_NV_PLATFORMCREATE) != 0;
        nv.by_policy = (index.attributes & TPMA_NV_POLICY_DELETE) != 0;
        nv.open = is_open(index.attributes);
        nv.state = RK_TPM_NV_UNWRITTEN;
    }
    if ((nv.attributes & TPMA_NV_WRITTEN) != 0) {
        nv.state = RK_TPM_NV_WRITTEN;
        if (read_all(&index, &nv.bytes, err))
            return err->rc;
    }
    *ret = nv;
    return RK_OK;
}

enum rk_rc rk_tpm_nv_limit(rk_tpm *tpm, uint32_t *ret, struct rk_err *err)
{
    return rk_live_property(tpm, TPM2_PT_NV_INDEX_MAX, ret, err);
}

/* ---- writing ---- */

/* ek-certificate.md 4.3: what swtpm and the PC Client profile set. */
#define COMMON                                                                                     \
    (TPMA_NV_WRITEDEFINE | TPMA_NV_PPREAD | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA)

static enum rk_rc define(rk_tpm *tpm, uint32_t number, enum rk_tpm_hierarchy by, size_t len,
                         struct index *ret, struct rk_err *err)
{
    const TPM2B_NV_PUBLIC area = {
        .nvPublic = { .nvIndex = number,
                      .nameAlg = TPM2_ALG_SHA256,
                      .attributes =
                          COMMON | (by == RK_TPM_PLATFORM ? TPMA_NV_PLATFORMCREATE | TPMA_NV_PPWRITE
                                                          : TPMA_NV_OWNERWRITE),
                      .dataSize = (uint16_t)len }
    };
    const TPM2B_AUTH none = { .size = 0 };
    TSS2_RC rc = Esys_NV_DefineSpace(tpm->esys, rk_live_hierarchy(by), RK_LIVE_PASSWORD, &none,
                                     &area, &ret->handle);

    if (rc != TSS2_RC_SUCCESS) {
        ret->handle = ESYS_TR_NONE;
        return rk_live_fail(err, rc, "cannot define NV index 0x%08X of %s as %s", number,
                            RK_COUNTED(len, "byte"), rk_live_hierarchy_name(by));
    }
    ret->tpm = tpm;
    ret->number = number;
    ret->size = (uint16_t)len;
    ret->attributes = area.nvPublic.attributes;
    return RK_OK;
}

static enum rk_rc write_all(const struct index *index, enum rk_tpm_hierarchy by,
                            const struct rk_bytes *bytes, struct rk_err *err)
{
    uint32_t chunk;

    if (chunk_size(index->tpm, &chunk, err))
        return err->rc;
    for (size_t at = 0; at < bytes->len;) {
        size_t n = bytes->len - at < chunk ? bytes->len - at : chunk;
        TPM2B_MAX_NV_BUFFER part = { .size = (uint16_t)n };

        memcpy(part.buffer, bytes->p + at, n);
        TSS2_RC rc = Esys_NV_Write(index->tpm->esys, rk_live_hierarchy(by), index->handle,
                                   RK_LIVE_PASSWORD, &part, (uint16_t)at);
        if (rc != TSS2_RC_SUCCESS)
            return rk_live_fail(err, rc, "cannot write NV index 0x%08X", index->number);
        at += n;
    }
    return RK_OK;
}

enum rk_rc rk_tpm_nv_store(rk_tpm *tpm, uint32_t number, enum rk_tpm_hierarchy by,
                           const struct rk_bytes *bytes, struct rk_err *err)
{
    RK_AUTO(index_done) struct index index = { .handle = ESYS_TR_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;

    if (bytes->len > UINT16_MAX)
        return rk_fail(err, RK_E_USAGE, "NV index 0x%08X: %s, no index holds that", number,
                       RK_COUNTED(bytes->len, "byte"));
    if (define(tpm, number, by, bytes->len, &index, err) || write_all(&index, by, bytes, err) ||
        read_all(&index, &again, err))
        return err->rc;
    if (!rk_bytes_equal(&again, bytes))
        return rk_fail(err, RK_E_VERIFY, "NV index 0x%08X does not read back as written", number);
    return RK_OK;
}

enum rk_rc rk_tpm_nv_remove(rk_tpm *tpm, uint32_t number, struct rk_err *err)
{
    RK_AUTO(index_done) struct index index = { .handle = ESYS_TR_NONE };
    enum rk_tpm_hierarchy by;

    if (open_index(tpm, number, &index, err))
        return err->rc;
    by = (index.attributes & TPMA_NV_PLATFORMCREATE) != 0 ? RK_TPM_PLATFORM : RK_TPM_OWNER;
    TSS2_RC rc =
        Esys_NV_UndefineSpace(tpm->esys, rk_live_hierarchy(by), index.handle, RK_LIVE_PASSWORD);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail(err, rc, "cannot remove NV index 0x%08X as %s", number,
                            rk_live_hierarchy_name(by));
    index.handle = ESYS_TR_NONE; /* gone from ESYS too */
    return RK_OK;
}
