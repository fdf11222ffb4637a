/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pubkey.h"

#include "rotkit/key.h"

#include <string.h>

enum rk_rc pubkey_open(const struct app *app, const char *name, const struct rk_pin *pin,
                       rk_signer **ret, struct rk_err *err)
{
    bool prefixed = strncmp(name, "pub:", 4) == 0;
    struct rk_err second;

    if (strncmp(name, "pkcs11:", 7) == 0 || strncmp(name, "helper:", 7) == 0)
        return rk_signer_open(app->ctx, name, pin, ret, err);
    if (rk_signer_open_public(app->ctx, name + (prefixed ? 4 : 0), ret, err) == RK_OK)
        return RK_OK;
    /* A private key has a public half; what the first reader said stands if it is none either. */
    if (err->rc == RK_E_KEY && !prefixed &&
        rk_signer_open(app->ctx, name, pin, ret, &second) == RK_OK)
        return RK_OK;
    return err->rc;
}
