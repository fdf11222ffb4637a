/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live TPM 2.0 by any TCTI of tpm2-tss: its EKs, its certificates in NV, its persistent keys.
 * Sources: TPM 2.0 Part 3; formats/ek-certificate.md 4.3.
 *
 * Every call: RK_E_IO when the TPM cannot be reached, is busy or in failure mode, RK_E_KEY when it
 * refuses an authorisation or is locked out, RK_E_USAGE when it cannot do what is asked. The text
 * carries the reason as tpm2-tss decodes it.
 *
 * tpm2-tss writes a log of its own to stderr; TSS2_LOG=all+NONE in the environment stops it.
 */
#pragma once

#include "rotkit/attest.h"
#include "rotkit/ek.h"
#include "rotkit/signer.h"

#include <stdbool.h>

typedef struct rk_tpm rk_tpm;

enum rk_tpm_hierarchy {
    RK_TPM_OWNER,
    RK_TPM_ENDORSEMENT,
    RK_TPM_LOCKOUT,
    RK_TPM_PLATFORM,
    RK_TPM_HIERARCHIES
};

struct rk_tpm_options {
    const char *tcti;                       /* "device:/dev/tpmrm0", ...; NULL: tpm2-tss' default */
    struct rk_pin auth[RK_TPM_HIERARCHIES]; /* source NULL: the empty authorisation value */
};
/* One command has been answered when this returns RK_OK. */
enum rk_rc rk_tpm_open(const rk_ctx *ctx, const struct rk_tpm_options *options, rk_tpm **ret,
                       struct rk_err *err) RK_MUST_CHECK;
void rk_tpm_free(rk_tpm *tpm);
RK_CLEANUP(rk_tpm_done, rk_tpm, rk_tpm_free)

/* The public half of an object in the TPM. */
struct rk_tpm_public {
    struct rk_bytes public_tpm2b; /* TPM2B_PUBLIC, marshalled */
    struct rk_bytes spki; /* SubjectPublicKeyInfo, DER; empty for a key that is no RSA or EC */
    uint8_t name[RK_EK_NAME_MAX];
    size_t name_len;
};
#define RK_TPM_PUBLIC_NONE                                                                         \
    {                                                                                              \
        .name_len = 0                                                                              \
    }
void rk_tpm_public_done(struct rk_tpm_public *object);

/* TPM2_CreatePrimary in the endorsement hierarchy; the object is flushed at once. */
enum rk_rc rk_tpm_make_ek(rk_tpm *tpm, const struct rk_ek_template *tpl, struct rk_tpm_public *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* A persistent object; *ret_found false, and ret untouched, when the handle is free. */
enum rk_rc rk_tpm_read_persistent(rk_tpm *tpm, uint32_t handle, struct rk_tpm_public *ret,
                                  bool *ret_found, struct rk_err *err) RK_MUST_CHECK;
/*
 * Where a template's EK persists by convention: 0x81010001 for L-1, else 0x810100xx with the low
 * byte of its NV index, as swtpm does. 0 for a template without an index.
 */
uint32_t rk_tpm_ek_handle(const struct rk_ek_template *tpl);

enum rk_tpm_nv_state { RK_TPM_NV_ABSENT, RK_TPM_NV_UNWRITTEN, RK_TPM_NV_WRITTEN };
struct rk_tpm_nv {
    enum rk_tpm_nv_state state;
    uint32_t attributes;   /* TPMA_NV; what matters of it: */
    bool by_platform;      /* who made it, and may remove it; else the owner */
    bool by_policy;        /* only the index's own policy lets it be removed */
    bool open;             /* all can read it whatever happens, none write it by its own password */
    struct rk_bytes bytes; /* of a written index: all of it */
    struct rk_bytes area;  /* of a defined one: TPMS_NV_PUBLIC, marshalled */
};
void rk_tpm_nv_done(struct rk_tpm_nv *nv);
/* Reads by the index's own empty authorisation, as owner or as platform: what it allows first. */
enum rk_rc rk_tpm_nv_read(rk_tpm *tpm, uint32_t index, struct rk_tpm_nv *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* The certificate at the start of an index: some makers pad with 00 or FF. The whole when it is
 * none. */
size_t rk_tpm_nv_cert_len(const struct rk_bytes *bytes);

/* The largest index this TPM takes, in bytes; 0 when it does not say. */
enum rk_rc rk_tpm_nv_limit(rk_tpm *tpm, uint32_t *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Defines a free index for a certificate. By the platform: platformcreate, ppwrite; by the owner:
 * ownerwrite; always writedefine, ppread, ownerread, authread, no_da, as the EK profile has them
 * (ek-certificate.md 4.3).
 */
enum rk_rc rk_tpm_nv_define(rk_tpm *tpm, uint32_t index, enum rk_tpm_hierarchy by, size_t len,
                            struct rk_err *err) RK_MUST_CHECK;
/* Writes an index whole, as whoever may, and reads it back. */
enum rk_rc rk_tpm_nv_write(rk_tpm *tpm, uint32_t index, const struct rk_bytes *bytes,
                           struct rk_err *err) RK_MUST_CHECK;
/* Defines and writes an index as it was when rk_tpm_nv_read saw it. */
enum rk_rc rk_tpm_nv_restore(rk_tpm *tpm, const struct rk_tpm_nv *nv,
                             struct rk_err *err) RK_MUST_CHECK;
/* Removes an index, by whoever made it. */
enum rk_rc rk_tpm_nv_remove(rk_tpm *tpm, uint32_t index, struct rk_err *err) RK_MUST_CHECK;
/* Makes an EK persistent at a free handle, by the owner. */
enum rk_rc rk_tpm_persist_ek(rk_tpm *tpm, const struct rk_ek_template *tpl, uint32_t handle,
                             struct rk_err *err) RK_MUST_CHECK;
/* Takes a persistent object away, by the owner. */
enum rk_rc rk_tpm_evict(rk_tpm *tpm, uint32_t handle, struct rk_err *err) RK_MUST_CHECK;
/* False when the TPM says that it cannot keep another one. */
enum rk_rc rk_tpm_persistent_room(rk_tpm *tpm, bool *ret, struct rk_err *err) RK_MUST_CHECK;

/* Whether the owner, endorsement or lockout authorisation value has been set to other than empty.
 */
enum rk_rc rk_tpm_has_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy, bool *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* From here on authorises with this value. */
enum rk_rc rk_tpm_use_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           const struct rk_secret *value, struct rk_err *err) RK_MUST_CHECK;
/* Whether rk_tpm_options named a value other than the empty one. */
bool rk_tpm_auth_given(const rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy);
/*
 * Whether the TPM takes the authorisation in use: RK_E_KEY if not, or when the hierarchy is off.
 * Nothing in the TPM changes; but the lockout authorisation allows one failure only, and is then
 * refused for as long as the TPM's lockout recovery takes.
 */
enum rk_rc rk_tpm_ask_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * rk_tpm_use_auth if the value is the right one; else RK_E_KEY, and what rk_tpm_options named still
 * counts.
 */
enum rk_rc rk_tpm_try_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           const struct rk_secret *value, struct rk_err *err) RK_MUST_CHECK;
/* TPM2_HierarchyChangeAuth, and rk_tpm_use_auth of the new value. */
enum rk_rc rk_tpm_change_auth(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                              const struct rk_secret *value, struct rk_err *err) RK_MUST_CHECK;

/*
 * Keys that attestation is about; each is the same in every run until its hierarchy's seed changes.
 * Those that are made carry noDA, and EKs are used by their policy: no power cut behind a use
 * counts towards the TPM's lockout. RK_E_VERIFY when what is at 0x81000001 is no storage root key:
 * a restricted decryption key that never leaves its TPM and parent.
 */
enum rk_tpm_key {
    RK_TPM_SRK,    /* RSA-2048 storage key: the object at 0x81000001, or made as owner */
    RK_TPM_AK_ECC, /* restricted signing key, P-256, ECDSA with SHA-256, endorsement hierarchy */
    RK_TPM_AK_RSA, /* the same, RSA-2048, RSASSA with SHA-256 */
};
enum rk_rc rk_tpm_key_public(rk_tpm *tpm, enum rk_tpm_key key, struct rk_tpm_public *ret,
                             struct rk_err *err) RK_MUST_CHECK;
/*
 * TPM2_ActivateCredential for that key under the EK of a template: by the EK's policy,
 * which the endorsement hierarchy's authorisation meets.
 * RK_E_VERIFY when the credential is not for this TPM and key.
 */
enum rk_rc rk_tpm_activate(rk_tpm *tpm, const struct rk_ek_template *tpl, enum rk_tpm_key key,
                           const struct rk_credential *credential, struct rk_secret *ret,
                           struct rk_err *err) RK_MUST_CHECK;

/* TPM2_Quote over one bank, by one of the AKs. */
enum rk_rc rk_tpm_quote(rk_tpm *tpm, enum rk_tpm_key ak, const struct rk_pcrs *pcrs,
                        const uint8_t *nonce, size_t nonce_len, struct rk_quote *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/*
 * The values that the PCRs of pcr_mask have now. RK_E_USAGE when the bank is not active in this
 * TPM, or lacks one of them; the error names the banks that are.
 */
enum rk_rc rk_tpm_pcr_read(rk_tpm *tpm, const struct rk_pcr_bank *bank, uint32_t pcr_mask,
                           struct rk_pcrs *ret, struct rk_err *err) RK_MUST_CHECK;
