/* SPDX-License-Identifier: Apache-2.0 */
/* Which provisioned device a live TPM is, and what does not match, with the likely cause. */
#pragma once

#include "rotkit/identity.h"
#include "rotkit/mac.h"
#include "rotkit/release.h"
#include "rotkit/seed_files.h"
#include "rotkit/tpm.h"

enum rk_tpm_cause {
    RK_TPM_FINE,
    RK_TPM_NOT_PROVISIONED,  /* a certificate is not there */
    RK_TPM_HALF_PROVISIONED, /* an index is defined and not, or not wholly, written */
    RK_TPM_UNKNOWN_EK,       /* no device of the release has it, and no seeds were given */
    RK_TPM_EPS_NOT_INJECTED, /* no seed given makes it: the EPS is random */
    RK_TPM_OTHER_PROFILE,    /* the TPM derives by another release of the reference code */
    RK_TPM_OTHER_BLOB,       /* another device's key blob */
    RK_TPM_OTHER_DEVICE,     /* a certificate of another device */
    RK_TPM_WRONG_TEMPLATE,   /* the EK of another template */
    RK_TPM_OTHER_CERT,       /* another certificate for this EK, or something else */
    RK_TPM_INVALID_CERT,     /* the CA's chain does not accept it now */
    RK_TPM_NOT_IN_RELEASE,   /* the seeds make this EK, the release has no such device */
    RK_TPM_WRONG_ATTRIBUTES, /* the right bytes in an index that is not open (struct rk_tpm_nv) */
    RK_TPM_CAUSES
};
const char *rk_tpm_cause_name(enum rk_tpm_cause cause); /* "EPS not injected" */

enum rk_tpm_subject { RK_TPM_EK, RK_TPM_CERTIFICATE, RK_TPM_PERSISTENT, RK_TPM_CHAIN };
struct rk_tpm_finding {
    enum rk_tpm_subject subject;
    const char *template_name; /* NULL: of no one template */
    uint32_t handle;           /* NV index or persistent handle; 0: none */
    enum rk_tpm_cause cause;
    char text[320]; /* what was found */
};

struct rk_tpm_check_options { /* everything is borrowed */
    rk_release_view *release;
    const struct rk_unit_id *device; /* the unit in hand; NULL: whichever it is */
    bool ek_only;                    /* leave NV and persistent keys aside */
    bool persistent; /* read the persistent EKs instead of making them: no authorisation needed */
    /* To recompute from: files of the platform, or a master key; NULL: neither. */
    struct rk_seed_files seeds;
    const rk_mac *master;
    const struct rk_platform *platform;
    void (*report)(void *arg, const struct rk_tpm_finding *finding);
    void *arg;
};

struct rk_tpm_verdict {
    bool known; /* sn is the device that this TPM is */
    struct rk_unit_id sn;
    enum rk_tpm_cause cause; /* of the first mismatch; RK_TPM_FINE: all matches */
    size_t mismatches;
};
/*
 * Makes the EK of every template that the release certifies, finds the device that has it, then
 * compares EKs, NV certificates, the CA chain in NV and persistent EKs. RK_OK when all could be
 * looked at, whatever the verdict. RK_E_USAGE when the clock stands before 2020, since the validity
 * of certificates cannot be told then, or the release states no EK; RK_E_VERIFY when a certificate
 * of the release is for another key than the EK it stands beside.
 */
enum rk_rc rk_tpm_check(const rk_ctx *ctx, rk_tpm *tpm, const struct rk_tpm_check_options *options,
                        struct rk_tpm_verdict *ret, struct rk_err *err) RK_MUST_CHECK;

struct rk_tpm_attest_options { /* borrowed */
    rk_release_view *release;
    const struct rk_unit_id *device; /* NULL: whichever of the release this TPM is */
    const char *template_name;       /* NULL: each EK that the release certifies */
    enum rk_tpm_key key;
};
struct rk_tpm_attested {
    struct rk_unit_id sn;
    struct rk_tpm_public key; /* lives in the same TPM as the EKs */
    size_t eks;
};
void rk_tpm_attested_done(struct rk_tpm_attested *attested);
/*
 * Third-party attestation, as Azure DPS does it: a credential for the key, made in software with
 * the EK that the release states, is activated in the TPM. RK_E_VERIFY when this TPM is not that
 * device.
 */
enum rk_rc rk_tpm_attest(const rk_ctx *ctx, rk_tpm *tpm,
                         const struct rk_tpm_attest_options *options, struct rk_tpm_attested *ret,
                         struct rk_err *err) RK_MUST_CHECK;

enum rk_tpm_action { RK_TPM_KEPT, RK_TPM_WRITTEN, RK_TPM_COMPLETED, RK_TPM_REPLACED, RK_TPM_SET };
struct rk_tpm_handle { /* where an EK shall persist */
    const char *template_name;
    uint32_t handle; /* 0: nowhere */
};
struct rk_tpm_provision_options { /* borrowed */
    rk_release_view *release;
    const struct rk_unit_id *device; /* NULL: whichever of the release this TPM is */
    enum rk_tpm_hierarchy by;        /* who makes the NV indices: platform or owner */
    bool no_chain;
    const struct rk_tpm_handle *handle; /* instead of rk_tpm_ek_handle */
    size_t handle_count;
    /* New authorisation values, by hierarchy; NULL: as it is. Not for the platform. */
    const struct rk_secret *auth[RK_TPM_HIERARCHIES];
    bool dry_run;
    /* One call a thing; what: "certificate L-1", handle 0 for an authorisation. */
    void (*report)(void *arg, const char *what, uint32_t handle, enum rk_tpm_action action);
    void *arg;
};
/*
 * Makes a TPM hold what the release has for its device: certificates, CA chain from 0x01C00100
 * (without the root, which a verifier brings along), persistent EKs, authorisation values, in this
 * order. Looks at everything before it writes anything: identities, authorisations, sizes, and the
 * room, which it takes (indices defined, EKs kept) and gives back when all does not fit. So it is
 * done or changes nothing, unless the TPM or this program is cut off: what that leaves, and what
 * is right, the next run completes and keeps.
 * RK_E_VERIFY when the EKs are not the release's or an index or handle holds another identity;
 * RK_E_USAGE when a certificate is larger than the TPM's NV indices; RK_E_KEY for authorisations;
 * RK_E_IO when there is no room.
 */
enum rk_rc rk_tpm_provision(const rk_ctx *ctx, rk_tpm *tpm,
                            const struct rk_tpm_provision_options *options, struct rk_unit_id *ret,
                            struct rk_err *err) RK_MUST_CHECK;

struct rk_tpm_script_options { /* borrowed */
    rk_release_view *release;
    const char *tool;                   /* what made it, "rotkit 0.1.0" */
    const struct rk_tpm_handle *handle; /* default: 0x81010001 for L-1, 0x81010002 for L-2 */
    size_t handle_count;
};
/*
 * A POSIX shell script that provisions any device of the release on the device itself, by
 * tpm2-tools alone: certificates out of the key blob by a helper program, held against the EKs that
 * the TPM makes, then to NV. L-1 and L-2, since a key blob carries no other certificates. Source:
 * formats/jetson-ftpm-ekb.md 4.2. RK_E_USAGE when the release does not certify both.
 */
enum rk_rc rk_tpm_script(const struct rk_tpm_script_options *options, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;
