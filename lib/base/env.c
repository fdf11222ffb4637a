/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/env.h"

#include "base/err.h"

#include <stdlib.h>

enum rk_rc rk_env_named(const char *name, enum rk_rc rc, const char **ret, struct rk_err *err)
{
    const char *text = secure_getenv(name);

    if (text == NULL)
        return rk_fail(err, rc, "environment variable \"%s\" is not set", name);
    *ret = text;
    return RK_OK;
}
