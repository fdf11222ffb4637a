/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/faults.h"

#include "base/mem.h"

#include <string.h>

void rk_mfaults_free(struct rk_mfaults *faults)
{
    rk_free(faults);
}

static bool has_place(const struct rk_err *err)
{
    return err->line != 0 && (err->rc == RK_E_USAGE || err->rc == RK_E_FORMAT);
}

static bool is_before(const struct rk_err *a, const struct rk_err *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static bool is_kept(const struct rk_mfaults *faults, const struct rk_err *err)
{
    for (size_t i = 0; i < faults->kept; i++) {
        const struct rk_err *v = &faults->v[i];

        if (v->line == err->line && v->column == err->column && strcmp(v->msg, err->msg) == 0)
            return true;
    }
    return false;
}

/* Those of one place stay in the order in which they were found. */
static void insert(struct rk_mfaults *faults, const struct rk_err *err)
{
    size_t at = faults->kept;

    while (at > 0 && is_before(err, &faults->v[at - 1]))
        at--;
    if (at == RK_MFAULTS_TOLD)
        return;
    if (faults->kept < RK_MFAULTS_TOLD)
        faults->kept++;
    memmove(&faults->v[at + 1], &faults->v[at], (faults->kept - 1 - at) * sizeof *err);
    faults->v[at] = *err;
}

enum rk_rc rk_mfaults_keep(struct rk_mfaults *faults, const struct rk_err *err)
{
    if (!has_place(err) || faults->count == RK_MFAULTS_MAX)
        return err->rc;
    if (is_kept(faults, err))
        return RK_OK;
    insert(faults, err);
    faults->count++;
    return faults->count == RK_MFAULTS_MAX ? err->rc : RK_OK;
}

enum rk_rc rk_mfaults_end(const rk_ctx *ctx, const struct rk_mfaults *faults, struct rk_err *err)
{
    struct rk_err left_out;

    if (faults->count == 0)
        return RK_OK;
    for (size_t i = 1; i < faults->kept; i++)
        rk_further(ctx, &faults->v[i]);
    if (faults->count > faults->kept) {
        (void)rk_fail(&left_out, faults->v[0].rc, "and %s%zu more",
                      faults->count == RK_MFAULTS_MAX ? "at least " : "",
                      faults->count - faults->kept);
        rk_further(ctx, &left_out);
    }
    *err = faults->v[0];
    return err->rc;
}
