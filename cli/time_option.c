/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/time_option.h"

#include "rotkit/ekcert.h"

#include <string.h>

enum rk_rc time_option(const struct app *app, const char *name, const char *text, int64_t *ret,
                       struct rk_err *err)
{
    if (text == NULL)
        return rk_clock_now(app->ctx, ret, err);
    if (rk_clock_parse(text, ret, err))
        return rk_wrap(err, "--%s", name);
    return RK_OK;
}

enum rk_rc time_option_until(const char *name, const char *text, int64_t *ret, struct rk_err *err)
{
    if (text == NULL || strcmp(text, "never") == 0) {
        *ret = RK_EKCERT_NO_EXPIRY;
        return RK_OK;
    }
    if (rk_clock_parse(text, ret, err))
        return rk_wrap(err, "--%s", name);
    return RK_OK;
}
