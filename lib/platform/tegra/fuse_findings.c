/* SPDX-License-Identifier: Apache-2.0 */
/* What was found about a set of fuses. */
#include "rotkit/fuse_set.h"

#include "rotkit/counted.h"
#include "rotkit/grow.h"

#include <stdarg.h>
#include <stdio.h>

void rk_fuse_findings_done(struct rk_fuse_findings *findings)
{
    rk_grown_free(findings->item);
    *findings = (struct rk_fuse_findings)RK_FUSE_FINDINGS_NONE;
}

const char *rk_fuse_weight_name(enum rk_fuse_weight weight)
{
    static const char *const names[RK_FUSE_WEIGHTS] = {
        [RK_FUSE_NOTE] = "note",
        [RK_FUSE_UNKNOWN] = "unknown",
        [RK_FUSE_FAILS] = "fails",
    };

    return names[weight];
}

void rk_fuse_find(struct rk_fuse_findings *findings, enum rk_fuse_weight weight, unsigned line,
                  const char *fuse, const char *fmt, ...)
{
    static const struct rk_growth growth = { sizeof(struct rk_fuse_finding), 256, RK_E_FORMAT,
                                             "findings" };
    void *items = findings->item;
    struct rk_fuse_finding *f;
    struct rk_err ignored;
    va_list args;

    findings->of[weight]++;
    if (rk_grow(&growth, &items, findings->count, 1, &ignored) != RK_OK) {
        findings->left_out++;
        return;
    }
    findings->item = items;
    f = &findings->item[findings->count++];
    *f = (struct rk_fuse_finding) { .weight = weight, .line = line };
    (void)snprintf(f->fuse, sizeof f->fuse, "%s", fuse == NULL ? "" : fuse);
    va_start(args, fmt);
    (void)vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
}

void rk_fuse_hint(struct rk_fuse_findings *findings, const char *fmt, ...)
{
    struct rk_fuse_finding *f;
    va_list args;

    if (findings->left_out != 0)
        return;
    f = &findings->item[findings->count - 1];
    va_start(args, fmt);
    (void)vsnprintf(f->hint, sizeof f->hint, fmt, args);
    va_end(args);
}

/* The first of this weight that was kept; NULL: none was. */
static const struct rk_fuse_finding *first_of(const struct rk_fuse_findings *findings,
                                              enum rk_fuse_weight weight)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->item[i].weight == weight)
            return &findings->item[i];
    }
    return NULL;
}

enum rk_rc rk_fuse_verdict(const struct rk_fuse_findings *findings, enum rk_rc fails,
                           struct rk_err *err)
{
    enum rk_fuse_weight weight = findings->of[RK_FUSE_FAILS] != 0 ? RK_FUSE_FAILS : RK_FUSE_UNKNOWN;
    const struct rk_fuse_finding *first = first_of(findings, weight);
    enum rk_rc rc = weight == RK_FUSE_FAILS ? fails : RK_E_UNKNOWN;

    if (findings->of[weight] == 0)
        return RK_OK;
    if (first == NULL)
        return rk_fail(err, rc, "%s more than are kept", RK_COUNTED(findings->left_out, "finding"));
    (void)rk_fail(err, rc, "%s%s%s", first->fuse, first->fuse[0] == '\0' ? "" : ": ", first->text);
    if (first->line != 0)
        (void)rk_wrap(err, "line %u", first->line);
    return first->hint[0] == '\0' ? rc : rk_note(err, "%s", first->hint);
}
