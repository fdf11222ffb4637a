/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/uri.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void rk_token_uri_done(struct rk_token_uri *uri)
{
    p11_kit_uri_free(uri->uri);
    uri->uri = NULL;
}

struct rk_pin rk_token_pin(const struct rk_token_uri *uri, const struct rk_pin *pin)
{
    if (pin != NULL && pin->source != NULL)
        return *pin;
    return (struct rk_pin)RK_PIN_INIT(uri->pin_source[0] == '\0' ? NULL : uri->pin_source);
}

const char *rk_token_uri_init_reserved(const struct rk_token_uri *uri)
{
    return p11_kit_uri_get_vendor_query(uri->uri, "x-init-reserved");
}

/* ---- the attributes that are honoured ---- */

enum { NAMES_MAX = 13 };

static const struct part {
    const char *where;
    char separator;
    const char *names[NAMES_MAX + 1];
} path_part = { "path",
                ';',
                { "token", "manufacturer", "serial", "model", "object", "id", "type",
                  "library-manufacturer", "library-description", "library-version",
                  "slot-manufacturer", "slot-description", "slot-id" } },
  query_part = { "query", '&', { "module-path", "module-name", "pin-source", "x-init-reserved" } };

static size_t find_name(const struct part *part, const char *name, size_t len)
{
    size_t i = 0;

    while (part->names[i] != NULL &&
           (strlen(part->names[i]) != len || strncmp(part->names[i], name, len) != 0))
        i++;
    return i;
}

static enum rk_rc say_unknown(const struct part *part, const char *name, size_t len,
                              struct rk_err *err)
{
    char known[256] = "";

    for (size_t i = 0; part->names[i] != NULL; i++) {
        size_t used = strlen(known);

        (void)snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ",
                       part->names[i]);
    }
    (void)rk_fail(err, RK_E_USAGE, "key URI: unknown attribute \"%.*s\" in its %s",
                  len < 64 ? (int)len : 64, name, part->where);
    return rk_note(err, "known there: %s", known);
}

static enum rk_rc check_part(const char *text, size_t text_len, const struct part *part,
                             struct rk_err *err)
{
    bool seen[NAMES_MAX + 1] = { false };

    for (const char *at = text, *end = text + text_len; at < end;) {
        const char *stop = memchr(at, part->separator, (size_t)(end - at));
        const char *value;
        size_t i;

        stop = stop == NULL ? end : stop;
        value = memchr(at, '=', (size_t)(stop - at));
        if (value == NULL)
            return rk_fail(err, RK_E_USAGE,
                           "key URI: something in its %s is no NAME=VALUE (RFC 7512: "
                           "pkcs11:token=...;object=...)",
                           part->where);
        i = find_name(part, at, (size_t)(value - at));
        if (part->names[i] == NULL)
            return say_unknown(part, at, (size_t)(value - at), err);
        if (seen[i])
            return rk_fail(err, RK_E_USAGE, "key URI: %s= stands there twice", part->names[i]);
        seen[i] = true;
        at = stop + (stop < end);
    }
    return RK_OK;
}

/* p11-kit skips what it does not know, so the names are looked at here. */
static enum rk_rc check_names(const char *text, struct rk_err *err)
{
    const char *path = strchr(text, ':'), *query = strchr(text, '?');

    path = path == NULL ? text : path + 1;
    if (query == NULL)
        return check_part(path, strlen(path), &path_part, err);
    if (check_part(path, query < path ? 0 : (size_t)(query - path), &path_part, err))
        return err->rc;
    return check_part(query + 1, strlen(query + 1), &query_part, err);
}

/* RFC 7512, 2.4: an absolute path, with or without "file:"; "|program" is refused. */
static enum rk_rc read_pin_source(const char *source, struct rk_token_uri *ret, struct rk_err *err)
{
    static const char *const prefixes[] = { "file://", "file:", "fd:", "env:", "/" };
    /* what they become: a path stands behind "file:" */
    static const char *const ours[] = { "file:", "file:", "fd:", "env:", "file:/" };
    size_t i = 0;
    int n;

    while (i < 5 && strncmp(source, prefixes[i], strlen(prefixes[i])) != 0)
        i++;
    if (i == 5)
        return rk_fail(err, RK_E_USAGE,
                       "key URI: pin-source is none of file:PATH, an absolute path, fd:N, "
                       "env:NAME");
    n = snprintf(ret->pin_source, sizeof ret->pin_source, "%s%s", ours[i],
                 source + strlen(prefixes[i]));
    if (n < 0 || (size_t)n >= sizeof ret->pin_source)
        return rk_fail(err, RK_E_USAGE, "key URI: pin-source is too long");
    return RK_OK;
}

enum rk_rc rk_token_uri_parse(const char *text, struct rk_token_uri *ret, struct rk_err *err)
{
    RK_AUTO(rk_token_uri_done) struct rk_token_uri made = { .uri = p11_kit_uri_new() };
    const char *source;
    int rv;

    if (made.uri == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    rv = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, made.uri);
    if (rv != P11_KIT_URI_OK)
        return rk_fail(err, RK_E_USAGE, "key URI: %s (RFC 7512: pkcs11:token=...;object=...)",
                       p11_kit_uri_message(rv));
    if (p11_kit_uri_get_pin_value(made.uri) != NULL)
        return rk_fail(err, RK_E_USAGE, "a key URI must not carry pin-value: name a pin-source");
    if (check_names(text, err))
        return err->rc;
    if (p11_kit_uri_any_unrecognized(made.uri)) /* a value: no type of object, no version */
        return rk_fail(err, RK_E_USAGE, "key URI: the value of an attribute is not of RFC 7512");
    source = p11_kit_uri_get_pin_source(made.uri);
    if (source != NULL && read_pin_source(source, &made, err))
        return err->rc;
    *ret = made;
    made.uri = NULL;
    return RK_OK;
}
