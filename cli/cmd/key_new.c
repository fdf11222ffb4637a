/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit key new: a key pair in a file, for development. */
#include "cli/cmd/key.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/seal.h"

#include "rotkit/key.h"
#include "rotkit/pem.h"

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_secret_done) struct rk_secret private_pem = RK_SECRET_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes public_pem = RK_BYTES_NONE;
    const char *type = NULL, *public_path = NULL;
    /* clang-format off */
    const struct opt rows[] = {
        { "type",   0, OPT_STR, &type,        "TYPE", "p256 (default), p384, p521, rsa2048, rsa3072, rsa4096 or ed25519", false },
        { "public", 0, OPT_STR, &public_path, "FILE", "write the public half here, as PEM", false },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        rk_key_new(app->ctx, type == NULL ? "p256" : type, &key, err) ||
        rk_key_private_pem(key, &private_pem, err) ||
        rk_pem_encode(RK_PEM_PUBLIC_KEY, rk_signer_spki(key), &public_pem, err))
        return err->rc;
    const struct new_file files[] = {
        { .path = operands.v[0], .private = true, .bytes = private_pem.p, .len = private_pem.len },
        { .path = public_path, .bytes = public_pem.p, .len = public_pem.len },
    };
    if (new_files_write(app, files, public_path == NULL ? 1 : 2, err))
        return err->rc;
    if (!app->dry_run)
        out_note(app, "\"%s\" is a development key, not encrypted: make production keys in a token",
                 operands.v[0]);
    return RK_OK;
}

const struct cmd cmd_key_new = {
    .name = "new",
    .args = "FILE",
    .summary = "make a key pair for development",
    .about = "Writes PKCS #8 PEM, not encrypted, mode 0600. A FILE that exists is never touched.\n"
             "Keys for production are made in their token, by its own tool, and never leave it.",
    .run = run,
};
