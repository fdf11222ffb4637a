/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/uri.h"

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
    if (p11_kit_uri_any_unrecognized(made.uri))
        return rk_fail(err, RK_E_USAGE, "key URI: an attribute is not of RFC 7512");
    source = p11_kit_uri_get_pin_source(made.uri);
    if (source != NULL && read_pin_source(source, &made, err))
        return err->rc;
    *ret = made;
    made.uri = NULL;
    return RK_OK;
}
