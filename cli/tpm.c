/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm.h"

#include <stdlib.h>
#include <string.h>

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

enum rk_rc tpm_key_find(const char *kind, enum rk_tpm_key *ret, struct rk_err *err)
{
    static const char *const kinds[] = {
        [RK_TPM_SRK] = "srk", [RK_TPM_AK_ECC] = "ak-ecc", [RK_TPM_AK_RSA] = "ak-rsa"
    };

    *ret = RK_TPM_SRK;
    if (kind == NULL)
        return RK_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i], kind) == 0) {
            *ret = (enum rk_tpm_key)i;
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE, "unknown key \"%s\" (known: srk, ak-ecc, ak-rsa)", kind);
}

void tpm_key_put(struct rk_jv at, const struct rk_tpm_public *key)
{
    rk_json_put_hex(at, "key_name", key->name, key->name_len);
    rk_json_put_hex(at, "key_public_tpm2b", key->public_tpm2b.p, key->public_tpm2b.len);
}
