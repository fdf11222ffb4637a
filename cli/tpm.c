/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm.h"

#include <stdlib.h>

enum rk_rc tpm_open(const struct app *app, const struct tpm_args *args, rk_tpm **ret,
                    struct rk_err *err)
{
    const struct rk_tpm_options options = {
        .tcti = args->tcti,
        .auth = { [RK_TPM_OWNER] = { args->owner },
                  [RK_TPM_ENDORSEMENT] = { args->endorsement },
                  [RK_TPM_LOCKOUT] = { args->lockout },
                  [RK_TPM_PLATFORM] = { args->platform } },
    };

    (void)setenv("TSS2_LOG", "all+NONE", 0);
    return rk_tpm_open(app->ctx, &options, ret, err);
}
