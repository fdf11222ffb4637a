/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a connection to a live TPM: what the files of lib/tpm/live*.c share. */
#pragma once

#include "base/err.h"
#include "rotkit/tpm.h"

#include <tss2/tss2_esys.h>

struct rk_tpm {
    const rk_ctx *ctx;
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
    struct rk_secret given[RK_TPM_HIERARCHIES]; /* what rk_tpm_options named */
};
/* How most commands are authorised: by one password, without further sessions. */
#define RK_LIVE_PASSWORD ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE
#define RK_LIVE_NO_AUTH  ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE

/*
 * The error of a TSS2_RC: fmt says what could not be done, tpm2-tss' words say why, a context line
 * what to do about it.
 */
enum rk_rc rk_live_fail(struct rk_err *err, TSS2_RC rc, const char *fmt, ...) RK_PRINTF(3, 4);
/*
 * The same of a command that a hierarchy authorised: says whether its authorisation was not given
 * or is wrong, or the hierarchy is off, and how to do without it.
 */
enum rk_rc rk_live_fail_as(struct rk_err *err, const rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy,
                           TSS2_RC rc, const char *fmt, ...) RK_PRINTF(5, 6);

/* A loaded object or session that is flushed when it goes out of scope. */
struct rk_live_object {
    rk_tpm *tpm;
    ESYS_TR handle;  /* ESYS_TR_NONE: nothing to flush */
    bool persistent; /* only ESYS' own record of it goes */
    TPM2B_PUBLIC area;
};
#define RK_LIVE_OBJECT_NONE                                                                        \
    {                                                                                              \
        .handle = ESYS_TR_NONE                                                                     \
    }
void rk_live_object_done(struct rk_live_object *object); /* for RK_AUTO */
/* TPM2_CreatePrimary; `what` names the object in errors. */
enum rk_rc rk_live_create(rk_tpm *tpm, enum rk_tpm_hierarchy hierarchy, const TPMT_PUBLIC *area,
                          const char *what, struct rk_live_object *ret,
                          struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_live_describe(const rk_ctx *ctx, const TPMT_PUBLIC *area, struct rk_tpm_public *ret,
                            struct rk_err *err) RK_MUST_CHECK;
ESYS_TR rk_live_hierarchy(enum rk_tpm_hierarchy hierarchy);
const char *rk_live_hierarchy_name(enum rk_tpm_hierarchy hierarchy);
/* One TPM property (TPM_PT_*); 0 when the TPM does not state it. */
enum rk_rc rk_live_property(rk_tpm *tpm, uint32_t property, uint32_t *ret,
                            struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_live_property_find(rk_tpm *tpm, uint32_t property, uint32_t *ret, bool *ret_stated,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Before an authorisation value that may be wrong is tried on an object without noDA: RK_E_KEY when
 * an earlier try, or a power cut, counts already (and more than `bearable` do), so that no run that
 * comes again and again locks the TPM out. `what` names the object in the error.
 */
enum rk_rc rk_live_may_guess(rk_tpm *tpm, uint32_t bearable, const char *what,
                             struct rk_err *err) RK_MUST_CHECK;
/* TPM_CAP_PCRS: the banks that are active, and which PCRs they have. */
enum rk_rc rk_live_banks(rk_tpm *tpm, TPML_PCR_SELECTION *ret, struct rk_err *err) RK_MUST_CHECK;
/* Whether a persistent, transient or NV handle is in use. */
enum rk_rc rk_live_in_use(rk_tpm *tpm, uint32_t handle, bool *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* A policy session that meets the policy of this template's EK. */
enum rk_rc rk_live_ek_session(rk_tpm *tpm, const struct rk_ek_template *tpl,
                              struct rk_live_object *ret, struct rk_err *err) RK_MUST_CHECK;
/* The key itself, loaded; see enum rk_tpm_key. */
enum rk_rc rk_live_key(rk_tpm *tpm, enum rk_tpm_key key, struct rk_live_object *ret,
                       struct rk_err *err) RK_MUST_CHECK;
