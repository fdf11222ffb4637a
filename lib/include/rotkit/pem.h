/* SPDX-License-Identifier: Apache-2.0 */
/* PEM text of public DER. RFC 7468. */
#pragma once

#include "ftpmprov/bytes.h"

#define RK_PEM_CERTIFICATE "CERTIFICATE"
#define RK_PEM_PUBLIC_KEY  "PUBLIC KEY"
#define RK_PEM_CRL         "X509 CRL"

/* label is one of the above. RK_E_NOMEM when there is no room for the text. */
enum rk_rc rk_pem_encode(const char *label, const struct rk_bytes *der, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;
