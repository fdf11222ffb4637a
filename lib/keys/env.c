/* SPDX-License-Identifier: Apache-2.0 */
/* A symmetric key in the environment: "env:NAME", in hex digits. */
#include "keys/source.h"

#include "base/err.h"
#include "rotkit/counted.h"
#include "rotkit/env.h"
#include "rotkit/hex.h"

#include <string.h>

static enum rk_rc read_env(const struct rk_key_name *name, size_t len, struct rk_secret *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    const char *text;
    size_t found;

    if (rk_env_named(name->rest, RK_E_KEY, &text, err) ||
        rk_secret_new(len == 0 ? 32 : len, &key, err))
        return err->rc;
    if (rk_hex_read_key(text, strlen(text), key.p, key.len, &found, err))
        return rk_wrap(err, "environment variable \"%s\"", name->rest);
    if (len != 0 && found != len)
        return rk_fail(err, RK_E_USAGE, "environment variable \"%s\": %s, expected %zu", name->rest,
                       RK_COUNTED(found, "byte"), len);
    if (len == 0 && found != 16 && found != 32)
        return rk_fail(err, RK_E_USAGE, "environment variable \"%s\": %s, expected 16 or 32",
                       name->rest, RK_COUNTED(found, "byte"));
    return rk_secret_copy(key.p, found, ret, err);
}

const struct rk_key_source rk_key_source_env = {
    .prefix = "env:", .what = "a key in the environment", .read = read_env
};
