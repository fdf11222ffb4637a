/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of rk_mac: a symmetric key, and whoever can compute with it. */
#pragma once

#include "base/err.h"
#include "rotkit/mac.h"

struct rk_mac_ops { /* safe to call from several threads at once */
    enum rk_rc (*compute)(void *self, const rk_ctx *ctx, enum rk_mac_alg alg, const void *msg,
                          size_t msg_len, struct rk_secret *ret, struct rk_err *err);
    enum rk_rc (*aes_block)(void *self, const rk_ctx *ctx, const uint8_t in[16],
                            struct rk_secret *ret, struct rk_err *err);
    void (*free)(void *self);
};

/* Takes self on success. */
enum rk_rc rk_mac_new(const rk_ctx *ctx, size_t key_len, const struct rk_mac_ops *ops, void *self,
                      rk_mac **ret, struct rk_err *err) RK_MUST_CHECK;
