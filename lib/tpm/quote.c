/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes, held against an AK, a nonce and PCR values. Source: TPM 2.0 Part 2, 10.12. */
#include "rotkit/attest.h"

#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/public_area.h"
#include "rotkit/signer.h"

#include <string.h>

#include <tss2/tss2_mu.h>

void rk_quote_done(struct rk_quote *quote)
{
    rk_bytes_done(&quote->attest);
    rk_bytes_done(&quote->signature);
}

/* ---- the signature ---- */

static enum rk_rc read_signature(const struct rk_bytes *bytes, enum rk_scheme *ret_scheme,
                                 struct rk_bytes *ret, struct rk_err *err)
{
    TPMT_SIGNATURE sig = { .sigAlg = TPM2_ALG_NULL };
    const TPMS_SIGNATURE_ECDSA *ecdsa = &sig.signature.ecdsa;
    size_t used = 0;

    if (Tss2_MU_TPMT_SIGNATURE_Unmarshal(bytes->p, bytes->len, &used, &sig) != TSS2_RC_SUCCESS ||
        used != bytes->len)
        return rk_fail(err, RK_E_FORMAT, "no TPMT_SIGNATURE of %s", RK_COUNTED(bytes->len, "byte"));
    if (sig.sigAlg == TPM2_ALG_RSASSA && sig.signature.rsassa.hash == TPM2_ALG_SHA256) {
        *ret_scheme = RK_SCHEME_RSA_PKCS1_SHA256;
        return rk_bytes_copy(sig.signature.rsassa.sig.buffer, sig.signature.rsassa.sig.size, ret,
                             err);
    }
    if (sig.sigAlg == TPM2_ALG_ECDSA && ecdsa->hash == TPM2_ALG_SHA256) {
        *ret_scheme = RK_SCHEME_ECDSA_SHA256;
        return rk_ecdsa_der(BN_bin2bn(ecdsa->signatureR.buffer, ecdsa->signatureR.size, NULL),
                            BN_bin2bn(ecdsa->signatureS.buffer, ecdsa->signatureS.size, NULL), ret,
                            err);
    }
    return rk_fail(err, RK_E_VERIFY,
                   "signed by algorithm 0x%04x, expected RSASSA or ECDSA with SHA-256", sig.sigAlg);
}

/* What only a restricted signing key that never leaves its TPM can say. */
static enum rk_rc check_ak(const TPMT_PUBLIC *area, struct rk_err *err)
{
    const TPMA_OBJECT wanted = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |
                               TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                               TPMA_OBJECT_SENSITIVEDATAORIGIN;

    if ((area->objectAttributes & (wanted | TPMA_OBJECT_DECRYPT)) != wanted)
        return rk_fail(err, RK_E_VERIFY,
                       "the AK's attributes are 0x%08x: no restricted signing key of one TPM",
                       area->objectAttributes);
    return RK_OK;
}

static enum rk_rc check_signature(const rk_ctx *ctx, const struct rk_bytes *ak_public_tpm2b,
                                  const struct rk_quote *quote, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *ak = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes sig = RK_BYTES_NONE;
    enum rk_scheme scheme;
    TPMT_PUBLIC area;

    if (rk_area_read(ak_public_tpm2b->p, ak_public_tpm2b->len, &area, err) ||
        check_ak(&area, err) || rk_area_pkey(ctx, &area, &ak, err) ||
        read_signature(&quote->signature, &scheme, &sig, err))
        return err->rc;
    return rk_signature_check(ctx, ak, scheme, quote->attest.p, quote->attest.len, sig.p, sig.len,
                              err);
}

/* ---- the statement ---- */

static enum rk_rc check_selection(const TPML_PCR_SELECTION *found, const struct rk_pcrs *pcrs,
                                  struct rk_err *err)
{
    const TPMS_PCR_SELECTION *bank = &found->pcrSelections[0];
    uint32_t quoted = 0;

    if (found->count != 1 || bank->hash != pcrs->bank->alg)
        return rk_fail(err, RK_E_VERIFY,
                       "the quote is over %s, the first 0x%04x, expected %s alone",
                       RK_COUNTED(found->count, "PCR bank"), bank->hash, pcrs->bank->name);
    for (size_t i = 0; i < bank->sizeofSelect && i < sizeof bank->pcrSelect; i++)
        quoted |= (uint32_t)bank->pcrSelect[i] << (8 * i);
    if (quoted != pcrs->mask)
        return rk_fail(err, RK_E_VERIFY, "the quote is over PCRs 0x%06x, expected 0x%06x", quoted,
                       pcrs->mask);
    return RK_OK;
}

/* By the hash of the signature, whatever the bank's. */
static enum rk_rc check_digest(const TPM2B_DIGEST *found, const struct rk_pcrs *pcrs,
                               struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t digest[32];
    bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

    for (size_t i = 0; good && i < RK_PCRS; i++) {
        if ((pcrs->mask >> i & 1) != 0)
            good = EVP_DigestUpdate(md, pcrs->value[i], pcrs->bank->len) == 1;
    }
    if (!good || EVP_DigestFinal_ex(md, digest, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    if (found->size != sizeof digest || memcmp(found->buffer, digest, sizeof digest) != 0)
        return rk_fail(err, RK_E_VERIFY, "the quoted PCRs have other values");
    return RK_OK;
}

static enum rk_rc check_statement(const struct rk_bytes *bytes, const uint8_t *nonce,
                                  size_t nonce_len, const struct rk_pcrs *pcrs,
                                  struct rk_quote_facts *ret, struct rk_err *err)
{
    TPMS_ATTEST attest = { .magic = 0 };
    const TPMS_QUOTE_INFO *quote = &attest.attested.quote;
    size_t used = 0;

    if (Tss2_MU_TPMS_ATTEST_Unmarshal(bytes->p, bytes->len, &used, &attest) != TSS2_RC_SUCCESS ||
        used != bytes->len)
        return rk_fail(err, RK_E_FORMAT, "no TPMS_ATTEST of %s", RK_COUNTED(bytes->len, "byte"));
    if (attest.magic != TPM2_GENERATED_VALUE || attest.type != TPM2_ST_ATTEST_QUOTE)
        return rk_fail(err, RK_E_VERIFY, "no quote: magic 0x%08x, type 0x%04x", attest.magic,
                       attest.type);
    if (attest.extraData.size != nonce_len ||
        memcmp(attest.extraData.buffer, nonce, nonce_len) != 0)
        return rk_fail(err, RK_E_VERIFY, "the quote answers another nonce");
    if (check_selection(&quote->pcrSelect, pcrs, err) || check_digest(&quote->pcrDigest, pcrs, err))
        return err->rc;
    *ret = (struct rk_quote_facts) { .clock_ms = attest.clockInfo.clock,
                                     .firmware_version = attest.firmwareVersion,
                                     .reset_count = attest.clockInfo.resetCount,
                                     .restart_count = attest.clockInfo.restartCount,
                                     .clock_safe = attest.clockInfo.safe != 0 };
    return RK_OK;
}

enum rk_rc rk_quote_verify(const rk_ctx *ctx, const struct rk_bytes *ak_public_tpm2b,
                           const struct rk_quote *quote, const uint8_t *nonce, size_t nonce_len,
                           const struct rk_pcrs *pcrs, struct rk_quote_facts *ret,
                           struct rk_err *err)
{
    struct rk_quote_facts facts;

    if (check_signature(ctx, ak_public_tpm2b, quote, err) ||
        check_statement(&quote->attest, nonce, nonce_len, pcrs, &facts, err))
        return rk_wrap(err, "quote");
    *ret = facts;
    return RK_OK;
}
