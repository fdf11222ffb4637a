/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the promised ring share; of this project they include <ftpmprov/...> alone. */
#pragma once

#include <ftpmprov/ftpmprov.h>

#include "suite.h"

#include <stdio.h>
#include <string.h>

#define VECTORS TEST_DATA "/vectors/"

enum { FILE_MOST = 4 << 20, VALUE_MOST = 8192 };

static rk_ctx *ctx;
static struct rk_err err;

static inline void ring_load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static inline void ring_unload(void)
{
    rk_ctx_free(ctx);
    ctx = NULL;
}

/* The result of a call that must end so; what it said stands in the failure. */
#define ends(call, want)                                                                           \
    do {                                                                                           \
        enum rk_rc rc_ = (call);                                                                   \
                                                                                                   \
        ck_assert_msg(rc_ == (want), "%s: %d, expected %d: %s", #call, (int)rc_, (int)(want),      \
                      rc_ == RK_OK ? "" : err.msg);                                                \
        ck_assert(rc_ == RK_OK || err.rc == rc_);                                                  \
    } while (0)
#define works(call) ends(call, RK_OK)
/* The same, and what it said begins so: the words are another test's, that they are there is ours.
 */
#define refuses(call, want, text)                                                                  \
    do {                                                                                           \
        ends(call, want);                                                                          \
        ck_assert_msg(strstr(err.msg, (text)) != NULL, "%s: \"%s\" without \"%s\"", #call,         \
                      err.msg, (text));                                                            \
    } while (0)

static inline void file_at(const char *path, struct rk_bytes *ret)
{
    *ret = (struct rk_bytes)RK_BYTES_NONE;
    works(rk_file_read(path, FILE_MOST, ret, &err));
}

/* Hex to bytes that must be emptied. */
static inline void bytes_of(const char *hex, struct rk_bytes *ret)
{
    struct rk_secret secret = RK_SECRET_NONE;

    *ret = (struct rk_bytes)RK_BYTES_NONE;
    works(rk_secret_from_hex(hex, strlen(hex), strlen(hex) / 2, &secret, &err));
    works(rk_bytes_copy(secret.p, secret.len, ret, &err));
    rk_secret_done(&secret);
}

static inline void secret_of(const char *hex, struct rk_secret *ret)
{
    *ret = (struct rk_secret)RK_SECRET_NONE;
    works(rk_secret_from_hex(hex, strlen(hex), strlen(hex) / 2, ret, &err));
}

static inline void is_hex(const uint8_t *bytes, size_t len, const char *want)
{
    char *text = malloc(2 * len + 1);

    ck_assert_ptr_nonnull(text);
    rk_hex_write(bytes, len, text);
    ck_assert_str_eq(text, want);
    free(text);
}

/* The text of "key": "text" behind `at`, of a JSON file that a script wrote. */
static inline void value_at(const char *at, const char *key, char ret[VALUE_MOST])
{
    char lead[64];
    const char *from, *to;

    (void)snprintf(lead, sizeof lead, "\"%s\": \"", key);
    from = strstr(at, lead);
    ck_assert_msg(from != NULL, "no \"%s\"", key);
    from += strlen(lead);
    to = strchr(from, '"');
    ck_assert(to != NULL && to - from < VALUE_MOST);
    memcpy(ret, from, (size_t)(to - from));
    ret[to - from] = '\0';
}
