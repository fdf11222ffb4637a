/* SPDX-License-Identifier: Apache-2.0 */
/* What licences and checkpoints share: a signed text. */
#pragma once

#include "base/err.h"
#include "rotkit/json.h"
#include "rotkit/signer.h"

/* SHA-256 of the key's SubjectPublicKeyInfo. */
enum rk_rc rk_signed_text_key(const rk_signer *key, uint8_t ret[32],
                              struct rk_err *err) RK_MUST_CHECK;
/* Puts "scheme" and "signature" over text. */
enum rk_rc rk_signed_text_sign(rk_signer *key, const struct rk_bytes *text, struct rk_jv at,
                               struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY when the key is not the one with this id, or the signature does not hold. */
enum rk_rc rk_signed_text_check(const rk_ctx *ctx, const rk_signer *key, const uint8_t key_id[32],
                                enum rk_scheme scheme, const struct rk_bytes *signature,
                                const struct rk_bytes *text, struct rk_err *err) RK_MUST_CHECK;
/* "scheme" and "signature". */
enum rk_rc rk_signed_text_read(struct rk_jv at, enum rk_scheme *ret_scheme, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
