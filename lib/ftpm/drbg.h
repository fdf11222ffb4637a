/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generator that the TPM 2.0 reference code seeds for a primary key: AES CTR_DRBG behind a
 * derivation function of its own, which is not that of SP 800-90A.
 * Source: formats/ek-derivation.md 3.1, 3.2.
 */
#pragma once

#include "base/ctr_drbg.h"

/* Seeds from EPS | label with its NUL | Name of the template. */
enum rk_rc rk_drbg_init(const rk_ctx *ctx, const struct rk_secret *eps, const uint8_t *name,
                        size_t name_len, size_t key_len, struct rk_drbg *ret,
                        struct rk_err *err) RK_MUST_CHECK;
