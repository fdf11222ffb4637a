/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a trust: trust.c puts it together, trust_path.c holds certificates against it. */
#pragma once

#include "rotkit/trust.h"
#include "rotkit/x509.h"

#include <openssl/x509_vfy.h>

struct rk_trust {
    const rk_ctx *ctx;
    STACK_OF(X509) * between; /* on the way to an anchor */
    STACK_OF(X509) * anchors;
    X509_STORE *store; /* of the anchors */
    STACK_OF(X509_CRL) * crls;
    size_t crl_entries; /* of all of them */
};
