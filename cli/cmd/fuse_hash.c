/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit fuse hash: the PublicKeyHash fuse value of a key. */
#include "cli/cmd/fuse.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"

#include "rotkit/fuse.h"
#include "rotkit/hex.h"

static enum rk_rc print_json(const struct app *app, const uint8_t hash[64], uint32_t scheme,
                             struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);

    rk_json_put_hex(at, "public_key_hash", hash, 64);
    rk_json_put_u64(at, "auth_scheme", scheme);
    rk_json_put_str(at, "status", FUSE_HASH_STATUS);
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    const struct opt rows[] = { OPT_JSON(app), OPT_END };
    struct operands operands;
    uint8_t hash[64];
    char text[2 * sizeof hash + 1];
    uint32_t scheme;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        pubkey_open(app, operands.v[0], NULL, &key, err))
        return err->rc;
    if (rk_fuse_public_key_hash(rk_signer_pkey(key), hash, err) ||
        rk_fuse_auth_scheme(rk_signer_pkey(key), &scheme, err))
        return rk_wrap(err, "\"%s\"", operands.v[0]);
    if (app->json)
        return print_json(app, hash, scheme, err);
    rk_hex_write(hash, sizeof hash, text);
    (void)fprintf(app->out, "%s\n", text);
    out_note(app, "status: %s: no output of NVIDIA's tool has confirmed this rule",
             FUSE_HASH_STATUS);
    out_note(app, FUSE_HASH_ADVICE);
    return RK_OK;
}

const struct cmd cmd_fuse_hash = {
    .name = "hash",
    .args = "PUBKEY",
    .summary = "PublicKeyHash of a PKC key",
    .about =
        "For RSA-3072, P-256, P-521 and Ed25519. The rule is read from published tools; no output\n"
        "of NVIDIA's own tool has confirmed it: " FUSE_HASH_ADVICE ".",
    .run = run,
};
