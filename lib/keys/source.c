/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/source.h"

#include "base/err.h"
#include "base/options.h"
#include "rotkit/key.h"

#include <stdio.h>
#include <string.h>

/* Length of a leading "scheme:", colon included; 0 when uri is a plain path. */
static size_t scheme_len(const char *uri)
{
    size_t len = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

    return len != 0 && uri[len] == ':' ? len + 1 : 0;
}

static enum rk_rc unknown_scheme(const char *uri, struct rk_err *err)
{
    char known[128] = "";

    for (const struct rk_key_source *const *row = rk_key_sources; *row != NULL; row++) {
        size_t len = strlen((*row)->prefix), used = strlen(known);

        if (len != 0) /* without its colon */
            (void)snprintf(known + used, sizeof known - used, "%s%.*s", used == 0 ? "" : ", ",
                           (int)(len - 1), (*row)->prefix);
    }
    (void)rk_fail(err, RK_E_USAGE, "unknown key scheme \"%.*s\" (known: %s)", (int)scheme_len(uri),
                  uri, known);
    return rk_note(err, "a path with a colon in it is named file:PATH");
}

enum rk_rc rk_key_source_find(const char *uri, struct rk_key_name *ret_name,
                              const struct rk_key_source **ret, struct rk_err *err)
{
    const struct rk_key_source *const *row = rk_key_sources;
    size_t len;

    while (strncmp(uri, (*row)->prefix, strlen((*row)->prefix)) != 0)
        row++;
    len = strlen((*row)->prefix);
    if (len == 0 && scheme_len(uri) != 0)
        return unknown_scheme(uri, err);
    *ret_name = (struct rk_key_name) { .uri = uri, .rest = uri + len };
    *ret = *row;
    return RK_OK;
}

enum rk_rc rk_key_below(const char *uri, const char *folder, char *ret, size_t size,
                        struct rk_err *err)
{
    const struct rk_key_source *const *row = rk_key_sources;
    struct rk_key_name name = { .uri = uri };

    /* A scheme that is unknown may be part of a path here. */
    while (strncmp(uri, (*row)->prefix, strlen((*row)->prefix)) != 0)
        row++;
    name.rest = uri + strlen((*row)->prefix);
    if ((*row)->below != NULL)
        return (*row)->below(&name, folder, ret, size, err);
    int n = snprintf(ret, size, "%s", uri);
    return n >= 0 && (size_t)n < size ? RK_OK : rk_fail(err, RK_E_USAGE, "key name too long");
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
