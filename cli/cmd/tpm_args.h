/* SPDX-License-Identifier: Apache-2.0 */
/* The options that the verbs of `rotkit tpm` share. */
#pragma once

#include "cli/from.h"

#include "rotkit/json.h"
#include "rotkit/tpmcheck.h"

struct tpm_args {
    const char *tcti;
    const char *owner, *endorsement, *lockout, *platform; /* sources of authorisation values */
};
#define OPT_TCTI(args)                                                                             \
    {                                                                                              \
        "tcti", 0, OPT_STR, &(args).tcti, "TCTI",                                                  \
            "the TPM, such as device:/dev/tpmrm0 (default: tpm2-tss' own)", false                  \
    }
#define OPT_TPM_AUTH(args, name)                                                                   \
    {                                                                                              \
#name "-auth", 0, OPT_STR, &(args).name, "SOURCE",                                         \
            #name " authorisation value: fd:N, file:PATH or env:NAME (default: empty)", false      \
    }

/* Connects. tpm2-tss' own log goes nowhere unless the user has set TSS2_LOG. */
enum rk_rc tpm_open(const struct app *app, const struct tpm_args *args, rk_tpm **ret,
                    struct rk_err *err) RK_MUST_CHECK;

#define TPM_KEY_HELP "srk (default), ak-ecc or ak-rsa"
/* NULL: the storage root key. RK_E_USAGE for an unknown kind. */
enum rk_rc tpm_key_find(const char *kind, enum rk_tpm_key *ret, struct rk_err *err) RK_MUST_CHECK;
/* key_name, key_public_tpm2b */
void tpm_key_put(struct rk_jv at, const struct rk_tpm_public *key);

/* --handle TEMPLATE=HANDLE, any number of them: "L-2=0x81010002", or "L-2=none" for handle 0. */
enum { TPM_HANDLES_MAX = 16 };
struct tpm_handles {
    struct opt_list args;
    struct rk_tpm_handle handle[TPM_HANDLES_MAX]; /* points into name */
    char name[TPM_HANDLES_MAX][16];
};
enum rk_rc tpm_handles_read(struct tpm_handles *handles, struct rk_err *err) RK_MUST_CHECK;
