/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm key: the public half of the keys that attestation is about. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "cli/out.h"

#include "rotkit/pem.h"

static enum rk_rc print(const struct app *app, const struct rk_tpm_public *key, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (app->json) {
        doc = rk_json_new();
        tpm_key_put(rk_json_root(doc), key);
        return out_json(app, doc, err);
    }
    if (rk_pem_encode(RK_PEM_PUBLIC_KEY, &key->spki, &pem, err))
        return err->rc;
    return out_bytes(app, pem.p, pem.len, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct tpm_args args = { .tcti = NULL };
    RK_AUTO(rk_tpm_done) rk_tpm *tpm = NULL;
    RK_AUTO(rk_tpm_public_done) struct rk_tpm_public key = RK_TPM_PUBLIC_NONE;
    const char *kind = NULL;
    enum rk_tpm_key which;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        OPT_TCTI(args),
        { "key", 0, OPT_STR, &kind, "KIND", TPM_KEY_HELP, false },
        OPT_TPM_AUTH(args, endorsement),
        OPT_TPM_AUTH(args, owner),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || tpm_key_find(kind, &which, err) ||
        tpm_open(app, &args, &tpm, err) || rk_tpm_key_public(tpm, which, &key, err))
        return err->rc;
    return print(app, &key, err);
}

const struct cmd cmd_tpm_key = {
    .name = "key",
    .args = "",
    .summary = "print the storage root key or an attestation key of a TPM",
    .about = "As PEM; with --json the Name too, which `rotkit tpm challenge` takes.",
    .run = run,
};
