/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is strong enough: one policy for all that signs and all that is verified. At least RSA of
 * 2048 bits, EC of 256 bits and SHA-256 (NIST SP 800-131A revision 2). rk_signer_sign, a round of
 * signatures, rk_signature_check and rk_trust_check ask it; who checks a signature otherwise asks
 * it himself. Certificates: rotkit/cert_policy.h.
 */
#pragma once

#include "rotkit/ctx.h"

#include <stdbool.h>

/* What may be allowed all the same, by name: "rsa1024". */
struct rk_weak {
    const char *name, *what;
};
/* Rows in table order; NULL past the end. */
const struct rk_weak *rk_weak_at(size_t i);
/* From here on, a refusal says that --allow-weak would take it: for commands that have it. */
void rk_policy_offer(rk_ctx *ctx);
/*
 * From here on, takes what is named so; before threads use the context. RK_E_USAGE for a name that
 * is unknown, with those that are known.
 */
enum rk_rc rk_policy_allow(rk_ctx *ctx, const char *name, struct rk_err *err) RK_MUST_CHECK;
/*
 * The names of what was weak and was allowed since the last call, "rsa1024, sha1"; "" for nothing.
 * Whoever reports a result says them.
 */
enum { RK_WEAK_TEXT = 64 };
void rk_policy_take_weak(const rk_ctx *ctx, char ret[RK_WEAK_TEXT]);

/*
 * Fails with `refused` (RK_E_VERIFY where a signature is checked, RK_E_KEY where one is made) when
 * the key is weak and was not allowed, or of a type or with parameters that nothing here judges.
 */
enum rk_rc rk_policy_check_key(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_rc refused,
                               struct rk_err *err) RK_MUST_CHECK;
/* The same for a digest by OpenSSL's NID; NID_undef: the scheme has no digest of its own. */
enum rk_rc rk_policy_check_digest(const rk_ctx *ctx, int nid, enum rk_rc refused,
                                  struct rk_err *err) RK_MUST_CHECK;
