/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd/tpm_args.h"

#include "rotkit/hex.h"

#include <stdlib.h>
#include <string.h>

enum rk_rc tpm_open(const struct app *app, const struct tpm_args *args, rk_tpm **ret,
                    struct rk_err *err)
{
    const struct rk_tpm_options options = {
        .tcti = args->tcti,
        .auth = { [RK_TPM_OWNER] = RK_PIN_INIT(args->owner),
                  [RK_TPM_ENDORSEMENT] = RK_PIN_INIT(args->endorsement),
                  [RK_TPM_LOCKOUT] = RK_PIN_INIT(args->lockout),
                  [RK_TPM_PLATFORM] = RK_PIN_INIT(args->platform) },
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

/* 0x81000000 to 0x817FFFFF are the owner's, who keeps the EKs; beyond it is the platform's. */
enum { OWNERS = 0x81000000 >> 23 };

static enum rk_rc read_handle(struct tpm_handles *to, size_t i, struct rk_err *err)
{
    const char *text = to->args.v[i], *value = strchr(text, '=');
    uint64_t handle = 0;

    if (value == NULL || (size_t)(value - text) >= sizeof to->name[i])
        return rk_fail(err, RK_E_USAGE, "--handle \"%s\": expected such as L-2=0x81010002", text);
    (void)snprintf(to->name[i], sizeof to->name[i], "%.*s", (int)(value - text), text);
    value++;
    if (rk_ek_template_find(to->name[i]) == NULL)
        return rk_fail(err, RK_E_USAGE, "--handle: unknown template \"%s\"", to->name[i]);
    if (strcmp(value, "none") != 0 &&
        (rk_parse_u64(value, UINT32_MAX, &handle, err) || handle >> 23 != OWNERS))
        return rk_fail(err, RK_E_USAGE,
                       "--handle \"%s\": expected 0x81000000 to 0x817FFFFF, or none", text);
    to->handle[i] =
        (struct rk_tpm_handle) { .template_name = to->name[i], .handle = (uint32_t)handle };
    return RK_OK;
}

enum rk_rc tpm_handles_read(struct tpm_handles *handles, struct rk_err *err)
{
    if (handles->args.count > TPM_HANDLES_MAX)
        return rk_fail(err, RK_E_USAGE, "more than %d --handle", TPM_HANDLES_MAX);
    for (size_t i = 0; i < handles->args.count; i++) {
        if (read_handle(handles, i, err))
            return err->rc;
    }
    return RK_OK;
}
