/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit licence show, verify: the terms of a licence, and whether its issuer signed them. */
#include "cli/cmd/licence.h"

#include "cli/cmd/key.h"
#include "cli/cmd/licence_file.h"
#include "cli/opt.h"
#include "cli/pubkey.h"

static enum rk_rc run_show(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const struct opt rows[] = { OPT_JSON(app), OPT_END };
    struct rk_licence licence;
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        licence_read(app, operands.v[0], NULL, &licence, err))
        return err->rc;
    return licence_print(app, &licence, "not checked", err);
}

const struct cmd cmd_licence_show = {
    .name = "show",
    .args = "FILE",
    .summary = "print the terms, signature not checked",
    .run = run_show,
};

static enum rk_rc run_verify(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *issuer = NULL;
    const char *key = NULL;
    const struct rk_pin pin = RK_PIN_INIT(NULL);
    /* clang-format off */
    const struct opt rows[] = {
        { "issuer", 0, OPT_STR, &key, "KEY", "public key of the issuer", true },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */
    struct rk_licence licence;
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        pubkey_open(app, key, &pin, &issuer, err) ||
        licence_read(app, operands.v[0], issuer, &licence, err))
        return err->rc;
    return licence_print(app, &licence, "holds", err);
}

const struct cmd cmd_licence_verify = {
    .name = "verify",
    .args = "FILE",
    .summary = "check that the issuer signed the terms",
    .run = run_verify,
};
