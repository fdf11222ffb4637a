/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verifier does with public material alone, far from the TPM: credentials for its keys,
 * quotes, event logs. Sources: TPM 2.0 Part 1, annexes B.10 and C.6 and section 24; Part 2, 10.12;
 * TCG PC Client Platform Firmware Profile, section 10.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/ctx.h"

#include <stdbool.h>

/* What TPM2_ActivateCredential takes, each marshalled. */
struct rk_credential {
    struct rk_bytes id_object; /* TPM2B_ID_OBJECT */
    struct rk_bytes secret;    /* TPM2B_ENCRYPTED_SECRET */
};
void rk_credential_done(struct rk_credential *credential);
/*
 * TPM2_MakeCredential in software: `value` (at most a digest of the EK's nameAlg long) for the key
 * of this Name in the TPM of this EK (marshalled TPM2B_PUBLIC). RK_E_USAGE for an EK that is no
 * restricted decryption key, or with another symmetric cipher than AES-CFB.
 */
enum rk_rc rk_credential_make(const rk_ctx *ctx, const struct rk_bytes *ek_public_tpm2b,
                              const uint8_t *name, size_t name_len, const struct rk_secret *value,
                              struct rk_credential *ret, struct rk_err *err) RK_MUST_CHECK;
/* The file that tpm2_makecredential writes and tpm2_activatecredential reads. */
enum rk_rc rk_credential_write(const struct rk_credential *credential, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_credential_read(const uint8_t *file, size_t len, struct rk_credential *ret,
                              struct rk_err *err) RK_MUST_CHECK;

/* A bank of PCRs: sha1, sha256, sha384, sha512, sm3_256. */
struct rk_pcr_bank {
    const char *name; /* as tpm2-tools call it */
    const char *md;   /* as OpenSSL does */
    uint16_t alg;     /* TPM_ALG_ID */
    uint16_t len;     /* of a value */
};
enum rk_rc rk_pcr_bank_find(const char *name, const struct rk_pcr_bank **ret,
                            struct rk_err *err) RK_MUST_CHECK;
const struct rk_pcr_bank *rk_pcr_bank_of(uint16_t alg); /* NULL: none */
const struct rk_pcr_bank *rk_pcr_bank_default(void);    /* SHA-256 */

/* PCR values of one bank; bit i of mask: value[i] counts. */
enum { RK_PCRS = 24, RK_PCR_MAX = 64 };
struct rk_pcrs {
    const struct rk_pcr_bank *bank;
    uint32_t mask;
    uint8_t value[RK_PCRS][RK_PCR_MAX]; /* bank->len bytes of it */
};
/* What TPM2_Quote returns, each marshalled. */
struct rk_quote {
    struct rk_bytes attest;    /* TPMS_ATTEST */
    struct rk_bytes signature; /* TPMT_SIGNATURE */
};
void rk_quote_done(struct rk_quote *quote);
struct rk_quote_facts {
    uint64_t clock_ms, firmware_version;
    uint32_t reset_count, restart_count;
    bool clock_safe; /* false: the TPM's clock may have gone back, as after a power loss */
};
/*
 * RK_E_VERIFY unless the quote is by the AK (marshalled TPM2B_PUBLIC, a restricted signing key that
 * never leaves its TPM; RSASSA or ECDSA with SHA-256), carries the nonce and quotes exactly the
 * PCRs of `pcrs`, of its bank, with their values.
 */
enum rk_rc rk_quote_verify(const rk_ctx *ctx, const struct rk_bytes *ak_public_tpm2b,
                           const struct rk_quote *quote, const uint8_t *nonce, size_t nonce_len,
                           const struct rk_pcrs *pcrs, struct rk_quote_facts *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * The PCRs of a bank that a crypto-agile event log ends with (mask: those with events; the others
 * have the value that they start with). PCR 0 starts with the locality that a StartupLocality event
 * states, or with 4 when an H-CRTM event is measured and none does. Zeros or ones may fill the
 * log's area behind it, and it may be its head alone. RK_E_FORMAT when it is cut short or
 * malformed, RK_E_USAGE when it has no digests of the bank, as a log of a TPM 1.2.
 */
enum rk_rc rk_eventlog_replay(const uint8_t *log, size_t len, const struct rk_pcr_bank *bank,
                              struct rk_pcrs *ret, struct rk_err *err) RK_MUST_CHECK;
