/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of rk_signer: a public key, and whoever can sign with its private half. */
#pragma once

#include "keys/scheme.h"

struct rk_signer_ops {
    /* Safe to call from several threads at once. */
    enum rk_rc (*sign)(void *self, const rk_ctx *ctx, const struct rk_scheme_row *scheme,
                       const uint8_t *msg, size_t msg_len, struct rk_bytes *ret,
                       struct rk_err *err);
    void (*free)(void *self);
    bool outside; /* the key is not in this process: its signatures are held against the public
                     key before anybody sees them */
};

/*
 * Takes a reference to pub and, on success, self (freed by ops->free). ops NULL: a public key
 * alone.
 */
enum rk_rc rk_signer_new(const rk_ctx *ctx, EVP_PKEY *pub, const struct rk_signer_ops *ops,
                         void *self, rk_signer **ret, struct rk_err *err) RK_MUST_CHECK;
const rk_ctx *rk_signer_ctx(const rk_signer *signer); /* the context it was opened with */
