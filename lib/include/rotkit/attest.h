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

/* PCR values of the SHA-256 bank; bit i of mask: value[i] counts. */
enum { RK_PCRS = 24, RK_PCR_LEN = 32 };
struct rk_pcrs {
    uint32_t mask;
    uint8_t value[RK_PCRS][RK_PCR_LEN];
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
 * PCRs of `pcrs`, with their values.
 */
enum rk_rc rk_quote_verify(const rk_ctx *ctx, const struct rk_bytes *ak_public_tpm2b,
                           const struct rk_quote *quote, const uint8_t *nonce, size_t nonce_len,
                           const struct rk_pcrs *pcrs, struct rk_quote_facts *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * The PCRs that a crypto-agile event log ends with (SHA-256 bank; mask: those with events; the
 * others have the value that they start with). Zeros or ones may fill the log's area behind it.
 * RK_E_FORMAT when it is cut short or malformed,
 * RK_E_USAGE when it has no SHA-256 digests, as a log of a TPM 1.2.
 */
enum rk_rc rk_eventlog_replay(const uint8_t *log, size_t len, struct rk_pcrs *ret,
                              struct rk_err *err) RK_MUST_CHECK;
