/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of rk_ctx. */
#pragma once

#include "base/err.h"
#include "rotkit/ctx.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* What a folder above keeps for as long as the process works: made at first use, ended with the
 * context. */
struct rk_ctx_state {
    pthread_mutex_t lock;
    void *of_keys; /* tokens, see keys/token.h */
    void (*end_keys)(void *of_keys);
    bool weak_offered;     /* whoever fails says how to allow it */
    unsigned weak_allowed; /* bits of rows of keys/policy.c: set before threads start */
    atomic_uint weak_used; /* those that something was taken by */
};

/* What there is: rows of rooms above this one, known here by name alone. NULL ends each list. */
struct rk_tables {
    const struct rk_format *const *formats;
    const struct rk_platform *const *platforms;
    const struct rk_enroll_target *const *targets;
};

struct rk_ctx {
    struct rk_ctx_state *state;
    const struct rk_tables *tables; /* borrowed */
    OSSL_LIB_CTX *libctx;           /* NULL: OpenSSL's default */
    const char *propq;
    void (*warn)(void *arg, const char *text);
    void *warn_arg;
    void (*further)(void *arg, const struct rk_err *err);
    void *further_arg;
    int (*random)(void *arg, uint8_t *bytes, size_t len);
    void *random_arg;
    int64_t (*clock)(void *arg); /* NULL: the system's */
    void *clock_arg;
};

/* rk_ctx_new (lib/tables) is this with the tables of the library. */
enum rk_rc rk_ctx_make(const struct rk_tables *tables, rk_ctx **ret,
                       struct rk_err *err) RK_MUST_CHECK;
