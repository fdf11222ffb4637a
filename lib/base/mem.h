/* SPDX-License-Identifier: Apache-2.0 */
/* Library memory: zeroed, overflow-checked, over OPENSSL_zalloc so that one hook can make it fail.
 */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>
#include <stdint.h>

void *rk_alloc(size_t count, size_t size); /* NULL on overflow or exhaustion */
void rk_free(void *p);
char *rk_strdup(const char *text);
void rk_free_str(char **text); /* for RK_AUTO */

/* False on overflow, and *ret untouched. */
bool rk_add(size_t a, size_t b, size_t *ret) RK_MUST_CHECK;
bool rk_mul(size_t a, size_t b, size_t *ret) RK_MUST_CHECK;

bool rk_all_zero(const uint8_t *bytes, size_t len);
