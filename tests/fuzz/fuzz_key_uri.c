/* SPDX-License-Identifier: Apache-2.0 */
/* Names of keys: schemes, RFC 7512 URIs. Nothing is opened, no message shows a PIN. */
#include "fuzz.h"

#include "keys/source.h"
#include "keys/token/uri.h"

#include <stdlib.h>
#include <string.h>

static bool parse_uri(const char *text)
{
    static const char *const sources[] = { "file:", "fd:", "env:" };
    struct rk_token_uri uri = { .uri = NULL };
    struct rk_pin pin;
    struct rk_err err;
    bool known = false;

    if (rk_token_uri_parse(text, &uri, &err)) {
        FUZZ_HOLDS(uri.uri == NULL);
        return false;
    }
    FUZZ_HOLDS(p11_kit_uri_get_pin_value(uri.uri) == NULL);
    pin = rk_token_pin(&uri, NULL);
    for (size_t i = 0; pin.source != NULL && i < 3; i++)
        known = known || strncmp(pin.source, sources[i], strlen(sources[i])) == 0;
    FUZZ_HOLDS(pin.source == NULL || known);
    rk_token_uri_done(&uri);
    return true;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const struct rk_key_source *source = NULL;
    struct rk_key_name name;
    struct rk_err err;
    bool taken;

    if (text == NULL)
        return false;
    taken = rk_key_source_find(text, &name, &source, &err) == RK_OK;
    if (taken) {
        FUZZ_HOLDS(strncmp(text, source->prefix, strlen(source->prefix)) == 0);
        FUZZ_HOLDS(name.uri == text && name.rest == text + strlen(source->prefix));
        if (strcmp(source->prefix, "pkcs11:") == 0)
            taken = parse_uri(text);
    }
    free(text);
    return taken;
}
