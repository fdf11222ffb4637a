/* SPDX-License-Identifier: Apache-2.0 */
/* PEM text of OpenSSL's objects. */
#pragma once

#include "base/err.h"
#include "rotkit/pem.h"
#include "ftpmprov/secret.h"

#include <openssl/types.h>

enum rk_rc rk_pem_certificate(const X509 *cert, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* PKCS#8, not encrypted, through secure memory alone. */
enum rk_rc rk_pem_private_key(const EVP_PKEY *key, struct rk_secret *ret,
                              struct rk_err *err) RK_MUST_CHECK;
