/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys out of TPM public areas. Source: TPM 2.0 Part 2, 11.2 and 12.2. */
#pragma once

#include "base/err.h"
#include "ftpmprov/bytes.h"
#include "rotkit/ctx.h"

#include <stdbool.h>
#include <tss2/tss2_tpm2_types.h>

/* RSA, or EC on a curve of rk_template_curve, with a key in `unique`. */
bool rk_area_has_key(const TPMT_PUBLIC *area);
/* RK_E_USAGE for any other; RK_E_FORMAT for a point that is not on its curve. */
enum rk_rc rk_area_pkey(const rk_ctx *ctx, const TPMT_PUBLIC *area, EVP_PKEY **ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* SubjectPublicKeyInfo, DER. */
enum rk_rc rk_area_spki(const rk_ctx *ctx, const TPMT_PUBLIC *area, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* A marshalled TPM2B_PUBLIC of exactly len bytes. RK_E_FORMAT when it is none. */
enum rk_rc rk_area_read(const uint8_t *public_tpm2b, size_t len, TPMT_PUBLIC *ret,
                        struct rk_err *err) RK_MUST_CHECK;
