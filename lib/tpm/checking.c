/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/checking.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const char *const cause_names[RK_TPM_CAUSES] = {
    [RK_TPM_FINE]             = "matches",
    [RK_TPM_NOT_PROVISIONED]  = "not provisioned",
    [RK_TPM_HALF_PROVISIONED] = "half provisioned",
    [RK_TPM_UNKNOWN_EK]       = "unknown EK",
    [RK_TPM_EPS_NOT_INJECTED] = "EPS not injected",
    [RK_TPM_OTHER_PROFILE]    = "other profile",
    [RK_TPM_OTHER_BLOB]       = "other device's blob",
    [RK_TPM_OTHER_DEVICE]     = "other device's certificate",
    [RK_TPM_WRONG_TEMPLATE]   = "wrong template",
    [RK_TPM_OTHER_CERT]       = "other certificate",
    [RK_TPM_INVALID_CERT]     = "invalid certificate",
    [RK_TPM_NOT_IN_RELEASE]   = "not in the release",
    [RK_TPM_WRONG_ATTRIBUTES] = "wrong attributes",
};
/* clang-format on */

const char *rk_tpm_cause_name(enum rk_tpm_cause cause)
{
    return cause_names[cause];
}

void rk_checking_report(struct rk_checking *c, enum rk_tpm_subject subject,
                        const char *template_name, uint32_t handle, enum rk_tpm_cause cause,
                        const char *fmt, ...)
{
    struct rk_tpm_finding finding = {
        .subject = subject, .template_name = template_name, .handle = handle, .cause = cause
    };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(finding.text, sizeof finding.text, fmt, args);
    va_end(args);
    if (cause != RK_TPM_FINE && c->verdict.mismatches++ == 0)
        c->verdict.cause = cause;
    if (c->options->report != NULL)
        c->options->report(c->options->arg, &finding);
}

/* ---- the EKs of this TPM ---- */

static enum rk_rc make_or_read(const struct rk_checking *c, struct rk_seen_ek *seen,
                               struct rk_err *err)
{
    uint32_t handle = rk_tpm_ek_handle(seen->tpl);

    if (c->options->persistent)
        return handle == 0 ? RK_OK
                           : rk_tpm_read_persistent(c->tpm, handle, &seen->ek, &seen->has, err);
    if (rk_tpm_make_ek(c->tpm, seen->tpl, &seen->ek, err) == RK_OK)
        seen->has = true;
    else if (err->rc != RK_E_USAGE) /* that one: this TPM lacks the algorithm or curve */
        return err->rc;
    return RK_OK;
}

enum rk_rc rk_checking_ek(struct rk_checking *c, size_t i, const struct rk_tpm_public **ret,
                          struct rk_err *err)
{
    struct rk_seen_ek *seen = &c->seen[i];

    if (!seen->asked && make_or_read(c, seen, err))
        return err->rc;
    seen->asked = true;
    *ret = seen->has ? &seen->ek : NULL;
    return RK_OK;
}

size_t rk_checking_template(const struct rk_checking *c, const char *name)
{
    size_t i = 0;

    while (i < c->seen_count && strcmp(rk_ek_template_name(c->seen[i].tpl), name) != 0)
        i++;
    return i;
}

static bool same(const struct rk_bytes *a, const struct rk_bytes *b)
{
    return a != NULL && b != NULL && a->len != 0 && rk_bytes_equal(a, b);
}

enum rk_rc rk_checking_whose(struct rk_checking *c, const struct rk_bytes *public_tpm2b,
                             const struct rk_bytes *spki, const char **ret_template,
                             struct rk_err *err)
{
    const struct rk_tpm_public *ek = NULL;

    for (int make = 0; make < 2; make++) { /* those that are made first: an RSA EK takes its time */
        for (size_t i = 0; i < c->seen_count; i++) {
            if (make == 0 && !c->seen[i].asked)
                continue;
            if (rk_checking_ek(c, i, &ek, err))
                return err->rc;
            if (ek != NULL && (same(&ek->public_tpm2b, public_tpm2b) || same(&ek->spki, spki))) {
                *ret_template = rk_ek_template_name(c->seen[i].tpl);
                return RK_OK;
            }
        }
    }
    *ret_template = NULL;
    return RK_OK;
}
