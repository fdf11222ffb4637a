/* SPDX-License-Identifier: Apache-2.0 */
#include "pubkey.h"

#include "ftpmprov/file.h"

#include <string.h>

enum rk_rc pubkey_open(const struct app *app, const char *name, rk_signer **ret, struct rk_err *err)
{
    char uri[RK_PATH_MAX + 4];
    int n = snprintf(uri, sizeof uri, "%s%s", strncmp(name, "pub:", 4) == 0 ? "" : "pub:", name);

    if (n < 0 || (size_t)n >= sizeof uri)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", name);
    return rk_signer_open(app->ctx, uri, NULL, ret, err);
}
