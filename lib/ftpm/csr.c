/* SPDX-License-Identifier: Apache-2.0 */
/* EK CSRs: being written. */
#include "ftpmprov/ekcert.h"

#include "base/err.h"

enum rk_rc rk_ekcsr_make(const rk_ctx *ctx, rk_signer *pair,
                         const struct rk_ekcert_profile *profile, const char *subject_cn,
                         struct rk_bytes *ret, struct rk_err *err)
{
    (void)ctx, (void)pair, (void)profile, (void)subject_cn, (void)ret;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
