/* SPDX-License-Identifier: Apache-2.0 */
/* NV indices of a live TPM. Source: TPM 2.0 Part 3, 31. */
#include "tpm/live.h"

#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

#include <tss2/tss2_mu.h>

enum { NV_BUFFER_LEAST = 64 };

void rk_tpm_nv_done(struct rk_tpm_nv *nv)
{
    rk_bytes_done(&nv->bytes);
    rk_bytes_done(&nv->area);
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
    TPMS_NV_PUBLIC area;
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
    ret->area = area->nvPublic;
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

/* Whom an index lets read: its own empty password, or a hierarchy. */
struct reader {
    TPMA_NV attribute;
    bool itself;
    enum rk_tpm_hierarchy hierarchy;
};

static enum rk_rc refuse_read(const struct index *index, const struct reader *reader, TSS2_RC rc,
                              struct rk_err *err)
{
    return reader->itself ? rk_live_fail(err, rc, "cannot read NV index 0x%08X", index->number)
                          : rk_live_fail_as(err, index->tpm, reader->hierarchy, rc,
                                            "cannot read NV index 0x%08X as %s", index->number,
                                            rk_live_hierarchy_name(reader->hierarchy));
}

static enum rk_rc read_by(const struct index *index, const struct reader *reader,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    ESYS_TR by = reader->itself ? index->handle : rk_live_hierarchy(reader->hierarchy);
    uint32_t chunk;

    if (chunk_size(index->tpm, &chunk, err) || rk_bytes_new(index->area.dataSize, &bytes, err))
        return err->rc;
    for (size_t at = 0; at < bytes.len;) {
        size_t want = bytes.len - at < chunk ? bytes.len - at : chunk;
        TPM2B_MAX_NV_BUFFER *part = NULL;
        TSS2_RC rc = Esys_NV_Read(index->tpm->esys, by, index->handle, RK_LIVE_PASSWORD,
                                  (uint16_t)want, (uint16_t)at, &part);

        if (rc != TSS2_RC_SUCCESS)
            return refuse_read(index, reader, rc, err);
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

/* Without no_da a wrong password brings the TPM nearer to its lockout. */
static enum rk_rc may_try(const struct index *index, const struct reader *reader,
                          struct rk_err *err)
{
    char what[32];

    if (!reader->itself || (index->area.attributes & TPMA_NV_NO_DA) != 0)
        return RK_OK;
    (void)snprintf(what, sizeof what, "NV index 0x%08X", index->number);
    return rk_live_may_guess(index->tpm, 0, what, err);
}

/*
 * By the index's own empty password, as owner or as platform: what it allows. Where a wrong
 * password counts, it comes last. When all refuse, the owner's reason is told if he was asked: that
 * is what a user can do something about.
 */
static enum rk_rc read_all(const struct index *index, struct rk_bytes *ret, struct rk_err *err)
{
    const bool counts = (index->area.attributes & TPMA_NV_NO_DA) == 0;
    const struct reader readers[] = {
        { counts ? 0 : TPMA_NV_AUTHREAD, true, RK_TPM_OWNER },
        { TPMA_NV_OWNERREAD, false, RK_TPM_OWNER },
        { TPMA_NV_PPREAD, false, RK_TPM_PLATFORM },
        { counts ? TPMA_NV_AUTHREAD : 0, true, RK_TPM_OWNER },
    };
    bool by_owner = false;
    struct rk_err why;

    (void)rk_fail(err, RK_E_KEY, "cannot read NV index 0x%08X: only its policy allows it",
                  index->number);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if ((index->area.attributes & readers[i].attribute) == 0)
            continue;
        if (may_try(index, &readers[i], &why) == RK_OK &&
            read_by(index, &readers[i], ret, &why) == RK_OK)
            return RK_OK;
        if (!by_owner || why.rc != RK_E_KEY)
            *err = why;
        if (why.rc != RK_E_KEY)
            return err->rc;
        by_owner = by_owner || (!readers[i].itself && readers[i].hierarchy == RK_TPM_OWNER);
    }
    return err->rc;
}

static enum rk_rc marshal(const TPMS_NV_PUBLIC *area, struct rk_bytes *ret, struct rk_err *err)
{
    uint8_t buffer[sizeof *area];
    size_t len = 0;

    if (Tss2_MU_TPMS_NV_PUBLIC_Marshal(area, buffer, sizeof buffer, &len) != TSS2_RC_SUCCESS)
        return rk_fail(err, RK_E_INTERNAL, "cannot marshal an NV public area");
    return rk_bytes_copy(buffer, len, ret, err);
}

enum rk_rc rk_tpm_nv_read(rk_tpm *tpm, uint32_t index_number, struct rk_tpm_nv *ret,
                          struct rk_err *err)
{
    RK_AUTO(index_done) struct index index = { .handle = ESYS_TR_NONE };
    RK_AUTO(rk_tpm_nv_done) struct rk_tpm_nv nv = { .state = RK_TPM_NV_ABSENT };
    bool in_use;

    if (rk_live_in_use(tpm, index_number, &in_use, err))
        return err->rc;
    if (in_use) {
        if (open_index(tpm, index_number, &index, err) || marshal(&index.area, &nv.area, err))
            return err->rc;
        nv.attributes = index.area.attributes;
        nv.by_platform = (nv.attributes & TPMA_NV_PLATFORMCREATE) != 0;
        nv.by_policy = (nv.attributes & TPMA_NV_POLICY_DELETE) != 0;
        nv.open = is_open(nv.attributes);
        nv.state = RK_TPM_NV_UNWRITTEN;
    }
    if ((nv.attributes & TPMA_NV_WRITTEN) != 0) {
        if (read_all(&index, &nv.bytes, err))
            return err->rc;
        nv.state = RK_TPM_NV_WRITTEN;
    }
    *ret = nv;
    nv = (struct rk_tpm_nv) { .state = RK_TPM_NV_ABSENT };
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

static enum rk_rc define(rk_tpm *tpm, const TPMS_NV_PUBLIC *area, struct rk_err *err)
{
    enum rk_tpm_hierarchy by =
        (area->attributes & TPMA_NV_PLATFORMCREATE) != 0 ? RK_TPM_PLATFORM : RK_TPM_OWNER;
    RK_AUTO(index_done) struct index made = { .tpm = tpm, .handle = ESYS_TR_NONE };
    const TPM2B_NV_PUBLIC in = { .nvPublic = *area };
    const TPM2B_AUTH none = { .size = 0 };
    TSS2_RC rc = Esys_NV_DefineSpace(tpm->esys, rk_live_hierarchy(by), RK_LIVE_PASSWORD, &none, &in,
                                     &made.handle);

    if (rc == TSS2_RC_SUCCESS)
        return RK_OK;
    made.handle = ESYS_TR_NONE;
    return rk_live_fail_as(err, tpm, by, rc, "cannot define NV index 0x%08X of %s as %s",
                           area->nvIndex, RK_COUNTED(area->dataSize, "byte"),
                           rk_live_hierarchy_name(by));
}

enum rk_rc rk_tpm_nv_define(rk_tpm *tpm, uint32_t number, enum rk_tpm_hierarchy by, size_t len,
                            struct rk_err *err)
{
    const TPMS_NV_PUBLIC area = {
        .nvIndex = number,
        .nameAlg = TPM2_ALG_SHA256,
        .attributes = COMMON | (by == RK_TPM_PLATFORM ? TPMA_NV_PLATFORMCREATE | TPMA_NV_PPWRITE
                                                      : TPMA_NV_OWNERWRITE),
        .dataSize = (uint16_t)len
    };

    if (len > UINT16_MAX)
        return rk_fail(err, RK_E_USAGE, "NV index 0x%08X: %s, no index holds that", number,
                       RK_COUNTED(len, "byte"));
    return define(tpm, &area, err);
}

/* Who may write it; what ESYS calls it. */
static enum rk_rc writer_of(const struct index *index, ESYS_TR *ret, struct rk_err *err)
{
    const TPMA_NV attributes = index->area.attributes;

    if ((attributes & TPMA_NV_PPWRITE) != 0)
        *ret = ESYS_TR_RH_PLATFORM;
    else if ((attributes & TPMA_NV_OWNERWRITE) != 0)
        *ret = ESYS_TR_RH_OWNER;
    else if ((attributes & TPMA_NV_AUTHWRITE) != 0)
        *ret = index->handle;
    else
        return rk_fail(err, RK_E_KEY, "cannot write NV index 0x%08X: only its policy allows it",
                       index->number);
    return RK_OK;
}

static enum rk_rc write_all(const struct index *index, const struct rk_bytes *bytes,
                            struct rk_err *err)
{
    uint32_t chunk;
    ESYS_TR by;

    if (chunk_size(index->tpm, &chunk, err) || writer_of(index, &by, err))
        return err->rc;
    for (size_t at = 0; at < bytes->len;) {
        size_t n = bytes->len - at < chunk ? bytes->len - at : chunk;
        TPM2B_MAX_NV_BUFFER part = { .size = (uint16_t)n };

        memcpy(part.buffer, bytes->p + at, n);
        TSS2_RC rc = Esys_NV_Write(index->tpm->esys, by, index->handle, RK_LIVE_PASSWORD, &part,
                                   (uint16_t)at);
        if (rc != TSS2_RC_SUCCESS)
            return rk_live_fail(err, rc, "cannot write NV index 0x%08X", index->number);
        at += n;
    }
    return RK_OK;
}

enum rk_rc rk_tpm_nv_write(rk_tpm *tpm, uint32_t number, const struct rk_bytes *bytes,
                           struct rk_err *err)
{
    RK_AUTO(index_done) struct index index = { .handle = ESYS_TR_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;

    if (open_index(tpm, number, &index, err) || write_all(&index, bytes, err) ||
        read_all(&index, &again, err))
        return err->rc;
    if (!rk_bytes_equal(&again, bytes))
        return rk_fail(err, RK_E_VERIFY, "NV index 0x%08X does not read back as written", number);
    return RK_OK;
}

enum rk_rc rk_tpm_nv_restore(rk_tpm *tpm, const struct rk_tpm_nv *nv, struct rk_err *err)
{
    TPMS_NV_PUBLIC area = { .nvIndex = 0 };
    size_t at = 0;

    if (Tss2_MU_TPMS_NV_PUBLIC_Unmarshal(nv->area.p, nv->area.len, &at, &area) != TSS2_RC_SUCCESS)
        return rk_fail(err, RK_E_INTERNAL, "cannot unmarshal an NV public area");
    area.attributes &= ~(TPMA_NV)(TPMA_NV_WRITTEN | TPMA_NV_WRITELOCKED | TPMA_NV_READLOCKED);
    if (define(tpm, &area, err))
        return err->rc;
    return nv->state == RK_TPM_NV_WRITTEN ? rk_tpm_nv_write(tpm, area.nvIndex, &nv->bytes, err)
                                          : RK_OK;
}

enum rk_rc rk_tpm_nv_remove(rk_tpm *tpm, uint32_t number, struct rk_err *err)
{
    RK_AUTO(index_done) struct index index = { .handle = ESYS_TR_NONE };
    enum rk_tpm_hierarchy by;

    if (open_index(tpm, number, &index, err))
        return err->rc;
    by = (index.area.attributes & TPMA_NV_PLATFORMCREATE) != 0 ? RK_TPM_PLATFORM : RK_TPM_OWNER;
    TSS2_RC rc =
        Esys_NV_UndefineSpace(tpm->esys, rk_live_hierarchy(by), index.handle, RK_LIVE_PASSWORD);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail_as(err, tpm, by, rc, "cannot remove NV index 0x%08X as %s", number,
                               rk_live_hierarchy_name(by));
    index.handle = ESYS_TR_NONE; /* gone from ESYS too */
    return RK_OK;
}
