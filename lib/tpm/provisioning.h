/* SPDX-License-Identifier: Apache-2.0 */
/* A provisioning at work: what is to be done, planned before anything is written. */
#pragma once

#include "base/err.h"
#include "rotkit/release.h"
#include "rotkit/tpmcheck.h"
#include "tpm/chain.h"

enum { RK_ITEMS_MAX = RK_RELEASE_EKS_MAX + RK_CHAIN_PARTS_MAX };

struct rk_item { /* one NV index */
    char what[32];
    uint32_t index;
    const struct rk_bytes *bytes;
    const struct rk_bytes *spki_of; /* the certificate whose key an older one may have; or NULL */
    enum rk_tpm_action action;
    struct rk_tpm_nv before; /* as it was found */
    bool taken;              /* it is this run that has removed or defined it */
};

struct rk_kept { /* one persistent EK */
    const char *template_name;
    uint32_t handle; /* 0: nowhere */
    bool missing;    /* not at its handle yet */
    bool taken;      /* it is this run that has put it there */
};

struct rk_provision {
    rk_tpm *tpm;
    const struct rk_tpm_provision_options *options;
    struct rk_release_device device;
    struct rk_tpm_chain chain;
    struct rk_item item[RK_ITEMS_MAX]; /* certificates, then the chain */
    size_t item_count;
    struct rk_kept kept[RK_RELEASE_EKS_MAX];
    size_t kept_count;
    bool in_force[RK_TPM_HIERARCHIES]; /* the new authorisation value is there already */
};

/* ---- authorisations ---- */

/*
 * A second run meets the values that the first one has set, while its command line still names the
 * old ones: so a hierarchy that has a value is tried with the new one first.
 */
enum rk_rc rk_provision_adopt(struct rk_provision *p, struct rk_err *err) RK_MUST_CHECK;
/* Whether all that the plan needs is authorised; nothing in the TPM changes. */
enum rk_rc rk_provision_look_at_auths(const struct rk_provision *p,
                                      struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_provision_set_auths(const struct rk_provision *p, struct rk_err *err) RK_MUST_CHECK;

/* ---- writing ---- */

/*
 * Takes all the room that the plan needs: defines what is missing, keeps the EKs, replaces what is
 * to be replaced. When one of them fails, takes the others back: all of it or none.
 */
enum rk_rc rk_provision_claim(struct rk_provision *p, struct rk_err *err) RK_MUST_CHECK;
/* Fills it. */
enum rk_rc rk_provision_fill(const struct rk_provision *p, struct rk_err *err) RK_MUST_CHECK;

static inline void rk_provision_report(const struct rk_provision *p, const char *what,
                                       uint32_t handle, enum rk_tpm_action action)
{
    if (p->options->report != NULL)
        p->options->report(p->options->arg, what, handle, action);
}
