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

/*
 * Runs body with the 1st, 2nd, ... allocation failing until a run meets none. Returns the number of
 * runs that failed, or -1 when one of them did not answer RK_E_NOMEM or (for want of memory inside
 * OpenSSL) another error, but RK_OK after a fault was injected into library memory, or when more
 * than `limit` runs were needed. Bodies use no ck_assert and release what they hold.
 */
int fault_sweep(enum rk_rc (*body)(void *arg), void *arg, int limit);
