/* SPDX-License-Identifier: Apache-2.0 */
/* The lint: being written. */
#include "ftpmprov/ekcert.h"

#include "base/err.h"

enum rk_rc rk_ekcert_lint(const uint8_t *der, size_t len,
                          void (*report)(void *arg, const struct rk_lint_finding *finding),
                          void *arg, struct rk_err *err)
{
    (void)der, (void)len, (void)report, (void)arg;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
