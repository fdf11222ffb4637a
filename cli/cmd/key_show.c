/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit key show: a key's type, the digest that releases name it by, and its public half. */
#include "cli/cmd/key.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"

#include "rotkit/counted.h"
#include "rotkit/publish.h"
#include "rotkit/hex.h"
#include "rotkit/pem.h"

#include <openssl/evp.h>

static enum rk_rc digest_of(const rk_signer *key, uint8_t ret[32], struct rk_err *err)
{
    const struct rk_bytes *spki = rk_signer_spki(key);
    size_t len = 32;

    if (EVP_Q_digest(NULL, "SHA256", NULL, spki->p, spki->len, ret, &len) != 1)
        return rk_fail(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

static enum rk_rc print_json(const struct app *app, const rk_signer *key, const uint8_t digest[32],
                             const struct rk_bytes *pem, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);

    rk_json_put_str(at, "type", EVP_PKEY_get0_type_name(rk_signer_pkey(key)));
    rk_json_put_u64(at, "bits", (uint64_t)EVP_PKEY_get_bits(rk_signer_pkey(key)));
    rk_json_put_bool(at, "can_sign", rk_signer_can_sign(key));
    rk_json_put_str(at, "default_scheme", rk_scheme_name(rk_signer_default_scheme(key)));
    rk_json_put_hex(at, "spki_sha256", digest, 32);
    rk_json_put_str(at, "public_key", (const char *)pem->p);
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    const char *out = NULL;
    struct rk_pin pin = RK_PIN_INIT(NULL);
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &out, "FILE", "write the public key here, as PEM", false },
        OPT_PASSPHRASE(pin.source),
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;
    uint8_t digest[32];
    char hex[2 * sizeof digest + 1];

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        pubkey_open(app, operands.v[0], &pin, &key, err) || digest_of(key, digest, err) ||
        rk_pem_encode(RK_PEM_PUBLIC_KEY, rk_signer_spki(key), &pem, err))
        return err->rc;
    if (out != NULL && !app->dry_run && rk_file_write(out, RK_FILE_PUBLIC, pem.p, pem.len, err))
        return err->rc;
    if (app->json)
        return print_json(app, key, digest, &pem, err);
    rk_hex_write(digest, sizeof digest, hex);
    (void)fprintf(app->out, "type: %s, %s\nsigns: %s\nSHA-256 of the public key: %s\n%s",
                  EVP_PKEY_get0_type_name(rk_signer_pkey(key)),
                  RK_COUNTED(EVP_PKEY_get_bits(rk_signer_pkey(key)), "bit"),
                  rk_signer_can_sign(key) ? rk_scheme_name(rk_signer_default_scheme(key))
                                          : "no, public only",
                  hex, out == NULL ? (const char *)pem.p : "");
    return RK_OK;
}

const struct cmd cmd_key_show = {
    .name = "show",
    .args = "KEY",
    .summary = "a key's type and public half",
    .about =
        "KEY is any key the grammar names: a file, pub:FILE, pkcs11:..., helper:... The public\n"
        "half that -o writes is what pub: takes where the key itself is in another room.",
    .run = run,
};
