/* SPDX-License-Identifier: Apache-2.0 */
/* The CA chain as NV indices hold it. Source: formats/ek-certificate.md 4.3. */
#pragma once

#include "base/err.h"
#include "rotkit/release.h"
#include "rotkit/tpm.h"

#define RK_CHAIN_INDEX 0x01C00100u
enum { RK_CHAIN_PARTS_MAX = 8 };

/* Concatenated DER certificates, issuing CA first, one part an index from RK_CHAIN_INDEX on. */
struct rk_tpm_chain {
    struct rk_bytes part[RK_CHAIN_PARTS_MAX];
    size_t count;
};
void rk_tpm_chain_done(struct rk_tpm_chain *chain);
/*
 * The release's ca/chain.pem without self-signed certificates, as many whole ones an index as fit
 * into limit bytes (0: one an index). RK_E_USAGE when one alone does not fit.
 */
enum rk_rc rk_tpm_chain_read(rk_release_view *release, uint32_t limit, struct rk_tpm_chain *ret,
                             struct rk_err *err) RK_MUST_CHECK;
