/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes and PCRs of a live TPM. Source: TPM 2.0 Part 3, 18.4 and 22.4. */
#include "tpm/live.h"

#include "rotkit/counted.h"
#include "rotkit/request.h"

#include <string.h>

#include <tss2/tss2_mu.h>

static TPML_PCR_SELECTION selection(const struct rk_pcr_bank *bank, uint32_t mask)
{
    TPML_PCR_SELECTION pcrs = { .count = 1 };

    pcrs.pcrSelections[0].hash = bank->alg;
    pcrs.pcrSelections[0].sizeofSelect = RK_PCRS / 8;
    for (size_t i = 0; i < RK_PCRS / 8; i++)
        pcrs.pcrSelections[0].pcrSelect[i] = (uint8_t)(mask >> (8 * i));
    return pcrs;
}

static enum rk_rc marshal_signature(const TPMT_SIGNATURE *signature, struct rk_bytes *ret,
                                    struct rk_err *err)
{
    uint8_t buffer[sizeof *signature];
    size_t len = 0;

    if (Tss2_MU_TPMT_SIGNATURE_Marshal(signature, buffer, sizeof buffer, &len) != TSS2_RC_SUCCESS)
        return rk_fail(err, RK_E_INTERNAL, "cannot marshal a signature");
    return rk_bytes_copy(buffer, len, ret, err);
}

enum rk_rc rk_tpm_quote(rk_tpm *tpm, enum rk_tpm_key ak, const struct rk_pcrs *pcrs,
                        const uint8_t *nonce, size_t nonce_len, struct rk_quote *ret,
                        struct rk_err *err)
{
    RK_AUTO(rk_live_object_done) struct rk_live_object key = RK_LIVE_OBJECT_NONE;
    const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
    const TPML_PCR_SELECTION which = selection(pcrs->bank, pcrs->mask);
    TPM2B_DATA data = { .size = (uint16_t)nonce_len };
    TPMT_SIGNATURE *signature = NULL;
    TPM2B_ATTEST *attest = NULL;
    TSS2_RC rc;

    if (nonce_len > sizeof data.buffer)
        return rk_fail(err, RK_E_USAGE, "a nonce of %s, at most %zu", RK_COUNTED(nonce_len, "byte"),
                       sizeof data.buffer);
    memcpy(data.buffer, nonce, nonce_len);
    if (rk_live_key(tpm, ak, &key, err))
        return err->rc;
    rc = Esys_Quote(tpm->esys, key.handle, RK_LIVE_PASSWORD, &data, &own, &which, &attest,
                    &signature);
    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail(err, rc, "cannot quote");
    RK_AUTO(rk_quote_done) struct rk_quote quote = { .attest = RK_BYTES_NONE };
    enum rk_rc made = rk_bytes_copy(attest->attestationData, attest->size, &quote.attest, err);
    if (made == RK_OK)
        made = marshal_signature(signature, &quote.signature, err);
    Esys_Free(attest);
    Esys_Free(signature);
    if (made != RK_OK)
        return made;
    *ret = quote;
    quote = (struct rk_quote) { .attest = RK_BYTES_NONE };
    return RK_OK;
}

/* Values come in the order of the PCRs, as many as fit into one answer. */
static enum rk_rc copy_values(const TPML_PCR_SELECTION *which, const TPML_DIGEST *values,
                              struct rk_pcrs *pcrs, struct rk_err *err)
{
    size_t at = 0;

    for (size_t i = 0; i < RK_PCRS; i++) {
        if ((which->pcrSelections[0].pcrSelect[i / 8] >> (i % 8) & 1) == 0)
            continue;
        if (at == values->count || values->digests[at].size != pcrs->bank->len)
            return rk_fail(err, RK_E_IO, "the TPM returns other PCRs than it says");
        memcpy(pcrs->value[i], values->digests[at++].buffer, pcrs->bank->len);
        pcrs->mask |= 1u << i;
    }
    return RK_OK;
}

/* What is not active cannot be read: it is said instead of being asked for. */
static enum rk_rc check_bank(rk_tpm *tpm, const struct rk_pcr_bank *bank, uint32_t mask,
                             struct rk_err *err)
{
    TPML_PCR_SELECTION active = { .count = 0 };
    char known[RK_KNOWN_MAX] = "";
    uint32_t has = 0;

    if (rk_live_banks(tpm, &active, err))
        return err->rc;
    for (size_t i = 0; i < active.count && i < TPM2_NUM_PCR_BANKS; i++) {
        const TPMS_PCR_SELECTION *one = &active.pcrSelections[i];
        const struct rk_pcr_bank *other = rk_pcr_bank_of(one->hash);
        uint32_t pcrs = 0;

        for (size_t k = 0; k < one->sizeofSelect && k < sizeof one->pcrSelect; k++)
            pcrs |= (uint32_t)one->pcrSelect[k] << (8 * k);
        if (one->hash == bank->alg)
            has = pcrs;
        if (pcrs != 0 && other != NULL)
            rk_known_add(known, other->name);
    }
    if ((mask & ~has) == 0)
        return RK_OK;
    if (has == 0)
        (void)rk_fail(err, RK_E_USAGE, "this TPM has no %s bank of PCRs (active: %s)", bank->name,
                      known[0] == '\0' ? "none that is known" : known);
    else
        (void)rk_fail(err, RK_E_USAGE, "the %s bank of this TPM lacks PCRs 0x%06x", bank->name,
                      mask & ~has);
    return rk_note(err, "take an active bank (--bank), or have firmware activate this one "
                        "(tpm2_pcrallocate)");
}

static enum rk_rc read_some(rk_tpm *tpm, uint32_t mask, struct rk_pcrs *pcrs, struct rk_err *err)
{
    const TPML_PCR_SELECTION wanted = selection(pcrs->bank, mask);
    TPML_PCR_SELECTION *which = NULL;
    TPML_DIGEST *values = NULL;
    uint32_t counter;
    TSS2_RC rc = Esys_PCR_Read(tpm->esys, RK_LIVE_NO_AUTH, &wanted, &counter, &which, &values);

    if (rc != TSS2_RC_SUCCESS)
        return rk_live_fail(err, rc, "cannot read PCRs");
    enum rk_rc taken = which->count == 1 ? copy_values(which, values, pcrs, err) : RK_OK;
    Esys_Free(which);
    Esys_Free(values);
    return taken;
}

enum rk_rc rk_tpm_pcr_read(rk_tpm *tpm, const struct rk_pcr_bank *bank, uint32_t pcr_mask,
                           struct rk_pcrs *ret, struct rk_err *err)
{
    struct rk_pcrs pcrs = { .bank = bank };

    if (check_bank(tpm, bank, pcr_mask, err))
        return err->rc;
    while (pcrs.mask != pcr_mask) {
        uint32_t before = pcrs.mask;

        if (read_some(tpm, pcr_mask & ~pcrs.mask, &pcrs, err))
            return err->rc;
        if (pcrs.mask == before)
            return rk_fail(err, RK_E_IO, "the TPM does not return %s PCRs 0x%06x", bank->name,
                           pcr_mask & ~pcrs.mask);
    }
    *ret = pcrs;
    return RK_OK;
}
