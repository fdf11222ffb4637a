/* SPDX-License-Identifier: Apache-2.0 */
/* The release's CA certificates, for the stores of those who verify. */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/certs.h"

#include <stdbool.h>

struct rk_enroll_ca {
    struct rk_bytes der;
    /* For a file: "root", "issuing" or "intermediate", a hyphen, 16 hex digits of the SHA-256. */
    char name[40];
    bool root; /* its own issuer */
};
struct rk_enroll_chain {
    struct rk_enroll_ca ca[RK_CHAIN_MAX];
    size_t count;
};
void rk_enroll_chain_done(struct rk_enroll_chain *chain); /* for RK_AUTO */
/* Those of a ca/chain.pem, the issuing CA first. RK_E_FORMAT, RK_E_VERIFY. */
enum rk_rc rk_enroll_chain_read(const struct rk_bytes *pem, struct rk_enroll_chain *ret,
                                struct rk_err *err) RK_MUST_CHECK;
