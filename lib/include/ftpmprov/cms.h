/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret outputs: CMS AuthEnvelopedData (RFC 5083), AES-256-GCM, to one recipient certificate. RSA
 * recipients by OAEP-SHA-256, EC ones by ECDH (RFC 5753). DER.
 */
#pragma once

#include "ftpmprov/signer.h"

/* recipient_pem: the factory certificate. RK_E_USAGE when it may not receive (keyUsage, key type, expired at `when`). */
RK_API enum rk_rc rk_cms_seal(const rk_ctx *ctx, const struct rk_bytes *recipient_pem,
                              const struct rk_secret *content, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* Opens with the recipient's key; content is handed out only after the tag has been checked. RK_E_VERIFY else. */
RK_API enum rk_rc rk_cms_open(const rk_ctx *ctx, rk_signer *key, const uint8_t *cms, size_t len,
                              struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
/* The certificate's own check, before a batch starts. */
RK_API enum rk_rc rk_cms_check_recipient(const rk_ctx *ctx, const struct rk_bytes *recipient_pem,
                                         int64_t when, struct rk_err *err) RK_MUST_CHECK;
