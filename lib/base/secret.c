/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpmprov/secret.h"

#include "base/err.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <string.h>

#include <openssl/crypto.h>

enum rk_rc rk_secret_new(size_t len, struct rk_secret *ret, struct rk_err *err)
{
    uint8_t *p = OPENSSL_secure_zalloc(len == 0 ? 1 : len);

    if (p == NULL) {
        (void)rk_fail_nomem(err);
        return rk_note(err,
                       "secure memory is exhausted: lower --jobs or raise the memory lock limit");
    }
    *ret = (struct rk_secret) { .p = p, .len = len };
    return RK_OK;
}

enum rk_rc rk_secret_copy(const void *bytes, size_t len, struct rk_secret *ret, struct rk_err *err)
{
    if (rk_secret_new(len, ret, err))
        return err->rc;
    if (len != 0)
        memcpy(ret->p, bytes, len);
    return RK_OK;
}

void rk_secret_done(struct rk_secret *secret)
{
    if (secret->p != NULL)
        OPENSSL_secure_clear_free(secret->p, secret->len == 0 ? 1 : secret->len);
    *secret = (struct rk_secret)RK_SECRET_NONE;
}

struct rk_secret rk_secret_take(struct rk_secret *secret)
{
    struct rk_secret taken = *secret;

    *secret = (struct rk_secret)RK_SECRET_NONE;
    return taken;
}

bool rk_secret_equal(const struct rk_secret *a, const struct rk_secret *b)
{
    return a->len == b->len && CRYPTO_memcmp(a->p, b->p, a->len) == 0;
}

enum rk_rc rk_secret_from_hex(const char *text, size_t text_len, size_t want_len,
                              struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    size_t found;

    if (rk_secret_new(want_len, &key, err) ||
        rk_hex_read_key(text, text_len, key.p, key.len, &found, err))
        return err->rc;
    if (found != want_len)
        return rk_fail(err, RK_E_USAGE, "%s, expected %zu", RK_COUNTED(found, "byte"), want_len);
    *ret = rk_secret_take(&key);
    return RK_OK;
}
