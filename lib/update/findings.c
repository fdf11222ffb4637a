/* SPDX-License-Identifier: Apache-2.0 */
#include "update/findings.h"

#include <stdarg.h>
#include <stdio.h>

const char *rk_update_result_name(enum rk_update_result result)
{
    static const char *const names[RK_UPDATE_RESULTS] = {
        [RK_UPDATE_HOLDS] = "holds",
        [RK_UPDATE_DECLARED] = "declared",
        [RK_UPDATE_NOT_RECOMPUTED] = "not recomputed",
        [RK_UPDATE_UNKNOWN] = "unknown",
        [RK_UPDATE_BREAKS] = "breaks",
    };

    return names[result];
}

void rk_updating_report(struct rk_updating *u, enum rk_update_result result, const char *rule,
                        const struct rk_unit_id *sn, const char *fmt, ...)
{
    struct rk_update_finding finding = { .result = result, .rule = rule, .sn = sn };
    struct rk_update_verdict *verdict = &u->verdict;
    char who[24] = "";
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(finding.text, sizeof finding.text, fmt, args);
    va_end(args);
    if ((result == RK_UPDATE_BREAKS && verdict->faults++ == 0) ||
        (result == RK_UPDATE_UNKNOWN && verdict->unknown++ == 0 && verdict->faults == 0)) {
        if (sn != NULL)
            rk_unit_id_text(sn, who);
        (void)snprintf(verdict->first, sizeof verdict->first, "%s: %s%s%s", rule, who,
                       sn == NULL ? "" : ": ", finding.text);
    }
    if (result == RK_UPDATE_BREAKS && sn == NULL)
        u->for_all = true;
    if (u->options->report != NULL)
        u->options->report(u->options->arg, &finding);
}

size_t rk_updating_found(const struct rk_updating *u)
{
    return u->verdict.faults + u->verdict.unknown;
}

enum rk_update_result rk_updating_changed(const struct rk_updating *u, enum rk_update_change change)
{
    return (u->now->changes & change) != 0 ? RK_UPDATE_DECLARED : RK_UPDATE_BREAKS;
}
