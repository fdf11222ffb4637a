/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include "ftpmprov/file.h"

#include <stdlib.h>
#include <string.h>

/* Of the grammar, but their bytes are not to be had. */
static const char *const elsewhere[] = { "pkcs11:", "helper:", "pub:" };

static enum rk_rc from_environment(const char *name, size_t len, struct rk_secret *ret,
                                   struct rk_err *err)
{
    const char *text = secure_getenv(name);

    if (text == NULL)
        return rk_fail(err, RK_E_KEY, "environment variable \"%s\" is not set", name);
    if (rk_secret_from_hex(text, strlen(text), len, ret, err))
        return rk_wrap(err, "environment variable \"%s\"", name);
    return RK_OK;
}

enum rk_rc key_read(const char *uri, size_t len, struct rk_secret *ret, struct rk_err *err)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        if (strncmp(uri, elsewhere[i], strlen(elsewhere[i])) == 0)
            return rk_fail(err, RK_E_USAGE, "a \"%s\" key cannot serve here: its bytes are needed",
                           elsewhere[i]);
    if (strncmp(uri, "env:", 4) == 0)
        return from_environment(uri + 4, len, ret, err);
    return rk_file_read_key(strncmp(uri, "file:", 5) == 0 ? uri + 5 : uri, len, ret, err);
}
