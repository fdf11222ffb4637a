/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation faults: ours and OpenSSL's go through one hook, which makes the n-th fail. Not
 * reached: libyaml, jansson, libtss2 and the secure arena (so sweeps run without one).
 */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>

/* Must be called before anything of OpenSSL runs; false when it is too late. */
bool fault_install(void);

/* Each how many-th point a sweep tries: every one, or as FAULT_STEP in the environment says. */
int fault_step(void);

/*
 * Runs body with the 1st, 2nd, ... allocation failing, in strides of fault_step(), until a run
 * meets none, and returns how many allocations that run made. -1: a run that met one ended neither
 * in RK_E_NOMEM or (for want of memory inside OpenSSL) another error, nor in RK_OK (OpenSSL went on
 * without it, and body has checked its answer); or `limit` allocations were not enough. Bodies use
 * no ck_assert and release what they hold.
 */
int fault_sweep(enum rk_rc (*body)(void *arg), void *arg, int limit);
