/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/source.h"

#include "base/err.h"
#include "base/options.h"
#include "keys/helper.h"
#include "keys/key_file.h"
#include "keys/token/key.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"

#include <stdlib.h>
#include <string.h>

static enum rk_rc read_file(const struct rk_key_name *name, size_t len, struct rk_secret *ret,
                            struct rk_err *err)
{
    return rk_file_read_key(name->rest, len, ret, err);
}

static enum rk_rc read_env(const struct rk_key_name *name, size_t len, struct rk_secret *ret,
                           struct rk_err *err)
{
    const char *text = secure_getenv(name->rest);
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    size_t found;

    if (text == NULL)
        return rk_fail(err, RK_E_KEY, "environment variable \"%s\" is not set", name->rest);
    if (rk_secret_new(len == 0 ? 32 : len, &key, err))
        return err->rc;
    if (rk_hex_read_key(text, strlen(text), key.p, key.len, &found, err))
        return rk_wrap(err, "environment variable \"%s\"", name->rest);
    if (len != 0 && found != len)
        return rk_fail(err, RK_E_USAGE, "environment variable \"%s\": %zu bytes, expected %zu",
                       name->rest, found, len);
    if (len == 0 && found != 16 && found != 32)
        return rk_fail(err, RK_E_USAGE, "environment variable \"%s\": %zu bytes, expected 16 or 32",
                       name->rest, found);
    return rk_secret_copy(key.p, found, ret, err);
}

/* clang-format off */
static const struct rk_key_source sources[] = {
    { "file:",   "a key file",                rk_key_file_open,        NULL,              read_file },
    { "pub:",    "a public key",              rk_key_file_open_public, NULL,              NULL },
    { "pkcs11:", "a key in a token",          rk_token_signer_open,    rk_token_mac_open, NULL },
    { "helper:", "a key behind a helper",     rk_helper_open,          NULL,              NULL },
    { "env:",    "a key in the environment",  NULL,                    NULL,              read_env },
    /* last: it takes anything */
    { "",        "a key file",                rk_key_file_open,        NULL,              read_file },
};
/* clang-format on */
enum { SOURCES = sizeof sources / sizeof sources[0] };

/* Length of a leading "scheme:", colon included; 0 when uri is a plain path. */
static size_t scheme_len(const char *uri)
{
    size_t len = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

    return len != 0 && uri[len] == ':' ? len + 1 : 0;
}

enum rk_rc rk_key_source_find(const char *uri, struct rk_key_name *ret_name,
                              const struct rk_key_source **ret, struct rk_err *err)
{
    const struct rk_key_source *row = sources;
    size_t len;

    while (strncmp(uri, row->prefix, strlen(row->prefix)) != 0)
        row++;
    len = strlen(row->prefix);
    if (len == 0 && scheme_len(uri) != 0) {
        (void)rk_fail(err, RK_E_USAGE,
                      "unknown key scheme \"%.*s\" (known: file, pub, pkcs11, helper, env)",
                      (int)scheme_len(uri), uri);
        return rk_note(err, "a path with a colon in it is named file:PATH");
    }
    *ret_name = (struct rk_key_name) { .uri = uri, .rest = uri + len };
    *ret = row;
    return RK_OK;
}

enum rk_rc rk_signer_open(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                          rk_signer **ret, struct rk_err *err)
{
    const struct rk_key_source *source;
    struct rk_key_name name;
    struct rk_pin known;

    if (rk_options_copy(&known, sizeof known, pin, err) ||
        rk_key_source_find(uri, &name, &source, err))
        return err->rc;
    if (source->signer == NULL)
        return rk_fail(err, RK_E_USAGE, "\"%s\" names symmetric keys only, and this key signs",
                       source->prefix);
    return source->signer(ctx, &name, pin == NULL ? NULL : &known, ret, err);
}

enum rk_rc rk_secret_read(const char *uri, size_t key_len, struct rk_secret *ret,
                          struct rk_err *err)
{
    const struct rk_key_source *source;
    struct rk_key_name name;

    if (rk_key_source_find(uri, &name, &source, err))
        return err->rc;
    if (source->read == NULL)
        return rk_fail(err, RK_E_USAGE, "%s (\"%s\") cannot serve here: its bytes are needed",
                       source->what, source->prefix);
    return source->read(&name, key_len, ret, err);
}

enum rk_rc rk_mac_open(const rk_ctx *ctx, const char *uri, size_t key_len, rk_mac **ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    const struct rk_key_source *source;
    struct rk_key_name name;

    if (rk_key_source_find(uri, &name, &source, err))
        return err->rc;
    if (source->mac != NULL)
        return source->mac(ctx, &name, key_len, ret, err);
    if (source->read == NULL)
        return rk_fail(err, RK_E_USAGE, "%s (\"%s\") is no symmetric key", source->what,
                       source->prefix);
    if (source->read(&name, key_len, &key, err))
        return err->rc;
    return rk_mac_from_secret(ctx, &key, ret, err);
}
