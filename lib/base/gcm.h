/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM in place, as image formats have it: IV of 12 bytes, tag of 16. NIST SP 800-38D. */
#pragma once

#include "base/err.h"
#include "rotkit/ctx.h"

#include <stdbool.h>

enum { RK_GCM_IV = 12, RK_GCM_TAG = 16 };

struct rk_gcm { /* borrowed */
    const rk_ctx *ctx;
    const struct rk_secret *key; /* 16, 24 or 32 bytes */
    const uint8_t *iv, *aad;     /* aad may be NULL */
    size_t aad_len;
};
/* RK_E_KEY for a key of another length. */
enum rk_rc rk_gcm_seal(const struct rk_gcm *gcm, uint8_t *text, size_t len,
                       uint8_t ret_tag[RK_GCM_TAG], struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY when the tag does not hold; the text is then of no use. */
enum rk_rc rk_gcm_open(const struct rk_gcm *gcm, uint8_t *text, size_t len,
                       const uint8_t tag[RK_GCM_TAG], struct rk_err *err) RK_MUST_CHECK;
