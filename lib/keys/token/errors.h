/* SPDX-License-Identifier: Apache-2.0 */
/* What PKCS#11 numbers mean, in words a person can act on. Source: PKCS #11 2.40 and 3.0, OASIS. */
#pragma once

#include "base/err.h"

#include <p11-kit/pkcs11.h>

/*
 * "what: CKR_NAME (0x...): what it means and what to do"; RK_E_KEY. Sets the error whole.
 */
enum rk_rc rk_token_fail(struct rk_err *err, CK_RV rv, const char *fmt, ...)
    RK_PRINTF(3, 4); /* as rk_fail */
enum { RK_TOKEN_CODE = 80 };
/* "CKR_NAME (0x...)", and for one that has no name, whose it is. Returns room. */
const char *rk_token_code(CK_RV rv, char room[RK_TOKEN_CODE]);
const char *rk_token_mechanism_name(CK_MECHANISM_TYPE type); /* "CKM_..." */
const char *rk_token_class_name(CK_OBJECT_CLASS type);       /* "private key" */
