/* SPDX-License-Identifier: Apache-2.0 */
/* A check of a live TPM at work: the EKs that it has, and what was found of them. */
#pragma once

#include "base/err.h"
#include "rotkit/release.h"
#include "rotkit/tpmcheck.h"
#include "rotkit/trust.h"

enum { RK_TEMPLATES_MAX = 16 };

/* An EK of this TPM, made when it is first asked for. */
struct rk_seen_ek {
    const struct rk_ek_template *tpl;
    bool asked, has; /* has: this TPM can make it */
    struct rk_tpm_public ek;
};

struct rk_checking {
    const rk_ctx *ctx;
    rk_tpm *tpm;
    const struct rk_tpm_check_options *options;
    struct rk_seen_ek seen[RK_TEMPLATES_MAX];
    size_t seen_count;
    struct rk_release_device device; /* once verdict.known, or options->device names it */
    rk_trust *trust;                 /* NULL: the release has no chain */
    int64_t now;
    struct rk_tpm_verdict verdict;
};

/* NULL in *ret when the TPM cannot make it. */
enum rk_rc rk_checking_ek(struct rk_checking *c, size_t i, const struct rk_tpm_public **ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* The row of a template, or seen_count. */
size_t rk_checking_template(const struct rk_checking *c, const char *name);
/* The template whose EK of this TPM has these public bytes or this key, or NULL. */
enum rk_rc rk_checking_whose(struct rk_checking *c, const struct rk_bytes *public_tpm2b,
                             const struct rk_bytes *spki, const char **ret_template,
                             struct rk_err *err) RK_MUST_CHECK;
void rk_checking_report(struct rk_checking *c, enum rk_tpm_subject subject,
                        const char *template_name, uint32_t handle, enum rk_tpm_cause cause,
                        const char *fmt, ...) RK_PRINTF(6, 7);
