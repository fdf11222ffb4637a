/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key grammar (design.md, "The command line"): one row for each place where a key may be. A
 * row says what a key there can do; what it cannot has its reason.
 */
#pragma once

#include "rotkit/mac.h"
#include "rotkit/signer.h"

struct rk_key_name {
    const char *uri;  /* as it was written */
    const char *rest; /* behind "file:", "pkcs11:" ... */
};

struct rk_key_source {
    const char *prefix; /* "" for a plain path */
    const char *what;   /* "a key in a file" */
    enum rk_rc (*signer)(const rk_ctx *ctx, const struct rk_key_name *name,
                         const struct rk_pin *pin, rk_signer **ret, struct rk_err *err);
    /* Keys that stay where they are; NULL where the bytes can be had. */
    enum rk_rc (*mac)(const rk_ctx *ctx, const struct rk_key_name *name, size_t key_len,
                      rk_mac **ret, struct rk_err *err);
    /* The bytes of a symmetric key of key_len bytes; 0: 16 or 32. */
    enum rk_rc (*read)(const struct rk_key_name *name, size_t key_len, struct rk_secret *ret,
                       struct rk_err *err);
    /* The name with its relative paths below `folder`; NULL: there is no path in it. */
    enum rk_rc (*below)(const struct rk_key_name *name, const char *folder, char *ret, size_t size,
                        struct rk_err *err);
};

/* sources.c, the table: every source, ended by NULL. The plain path is last: it takes anything. */
extern const struct rk_key_source *const rk_key_sources[];

/* RK_E_USAGE for an unknown scheme, with the known ones. */
enum rk_rc rk_key_source_find(const char *uri, struct rk_key_name *ret_name,
                              const struct rk_key_source **ret, struct rk_err *err) RK_MUST_CHECK;
