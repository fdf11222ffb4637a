/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public key parameters (PCP): a key as boot files of Tegra hold it and as it is hashed for the
 * fuses: little-endian, zero behind the key. RSA-3072, P-256, P-521, Ed25519. Source:
 * boot-images.md 2.3.
 */
#pragma once

#include "base/err.h"

#include <openssl/types.h>

enum { RK_PCP_WIRE = 384 };

/* RK_E_USAGE for a key that cannot be fused. */
enum rk_rc rk_pcp(EVP_PKEY *pub, uint8_t ret[RK_PCP_WIRE], struct rk_err *err) RK_MUST_CHECK;
/* What BootSecurityInfo calls a key of this type: its bits [2:0]. */
enum rk_rc rk_pcp_auth_scheme(EVP_PKEY *pub, uint32_t *ret, struct rk_err *err) RK_MUST_CHECK;
/* What a value of those bits stands for: "P-256"; NULL: for nothing. */
const char *rk_pcp_scheme_name(uint32_t scheme);
