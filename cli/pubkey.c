/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pubkey.h"

#include "rotkit/file.h"

#include <string.h>

enum rk_rc pubkey_open(const struct app *app, const char *name, const struct rk_pin *pin,
                       rk_signer **ret, struct rk_err *err)
{
    bool prefixed = strncmp(name, "pub:", 4) == 0;
    char uri[RK_PATH_MAX + 4];
    int n = snprintf(uri, sizeof uri, "%s%s", prefixed ? "" : "pub:", name);
    struct rk_err second;

    if (strncmp(name, "pkcs11:", 7) == 0 || strncmp(name, "helper:", 7) == 0)
        return rk_signer_open(app->ctx, name, pin, ret, err);
    if (n < 0 || (size_t)n >= sizeof uri)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", name);
    if (rk_signer_open(app->ctx, uri, NULL, ret, err) == RK_OK)
        return RK_OK;
    /* A private key has a public half; what the first reader said stands if it is none either. */
    if (err->rc == RK_E_KEY && !prefixed &&
        rk_signer_open(app->ctx, name, pin, ret, &second) == RK_OK)
        return RK_OK;
    return err->rc;
}
