/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of PEM text; the release's CA certificates, for the stores of those who verify. */
#pragma once

#include "base/ossl.h"
#include "ftpmprov/bytes.h"

#include <stdbool.h>

enum { RK_ENROLL_CHAIN_MAX = 8 };

/* The certificates of a PEM file, in its order. */
struct rk_certs {
    X509 *cert[RK_ENROLL_CHAIN_MAX];
    size_t count;
};
void rk_certs_done(struct rk_certs *certs); /* for RK_AUTO */
/* ret->count is at least 1. RK_E_USAGE when there is none, or more than fit. */
enum rk_rc rk_certs_read(const struct rk_bytes *pem, struct rk_certs *ret,
                         struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_cert_der(X509 *cert, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;

struct rk_enroll_ca {
    struct rk_bytes der;
    /* For a file: "root", "issuing" or "intermediate", a hyphen, 16 hex digits of the SHA-256. */
    char name[40];
    bool root; /* its own issuer */
};
struct rk_enroll_chain {
    struct rk_enroll_ca ca[RK_ENROLL_CHAIN_MAX];
    size_t count;
};
void rk_enroll_chain_done(struct rk_enroll_chain *chain); /* for RK_AUTO */
/* ca/chain.pem, the issuing CA first. RK_E_USAGE when the release has none. */
enum rk_rc rk_enroll_chain_read(const char *release, struct rk_enroll_chain *ret,
                                struct rk_err *err) RK_MUST_CHECK;
