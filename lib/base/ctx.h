/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of rk_ctx. */
#pragma once

#include "base/err.h"
#include "ftpmprov/ctx.h"

struct rk_ctx {
    OSSL_LIB_CTX *libctx; /* NULL: OpenSSL's default */
    const char *propq;
    void (*warn)(void *arg, const char *text);
    void *warn_arg;
    int (*random)(void *arg, uint8_t *bytes, size_t len);
    void *random_arg;
};
