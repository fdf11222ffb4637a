/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a manifest, collected over the whole of it: who mends one line a run loses an
 * afternoon. A fault is an error with its place; anything else (no memory, our own mistake) ends
 * the walk as ever.
 */
#pragma once

#include "base/err.h"
#include "rotkit/ctx.h"

#include <stdbool.h>

enum {
    RK_MFAULTS_TOLD = 20,
    RK_MFAULTS_MAX = 1000 /* the walk ends here: what follows is no manifest, and costs time */
};

struct rk_mfaults {
    struct rk_err v[RK_MFAULTS_TOLD]; /* the first, in order of the file */
    size_t kept, count;
    uint32_t sections; /* bit i: something is wrong in row i of the top */
};

void rk_mfaults_free(struct rk_mfaults *faults);
/* Keeps the error: RK_OK when the walk may go on, else what ends it, which is *err. */
enum rk_rc rk_mfaults_keep(struct rk_mfaults *faults, const struct rk_err *err) RK_MUST_CHECK;
/* No fault: RK_OK. Else the first of them into *err; the others are handed to rk_further. */
enum rk_rc rk_mfaults_end(const rk_ctx *ctx, const struct rk_mfaults *faults,
                          struct rk_err *err) RK_MUST_CHECK;
