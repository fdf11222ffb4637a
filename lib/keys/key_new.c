/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs made in this process. */
#include "rotkit/key.h"

#include "base/err.h"
#include "base/ossl.h"
#include "base/pem.h"
#include "keys/signer.h"

#include <string.h>

static const struct {
    const char *name, *type, *curve;
    size_t bits; /* of RSA */
} types[] = {
    { "p384", "EC", "P-384", 0 },      { "p256", "EC", "P-256", 0 },
    { "p521", "EC", "P-521", 0 },      { "rsa2048", "RSA", NULL, 2048 },
    { "rsa3072", "RSA", NULL, 3072 },  { "rsa4096", "RSA", NULL, 4096 },
    { "ed25519", "ED25519", NULL, 0 },
};
enum { TYPES = sizeof types / sizeof types[0] };

static enum rk_rc find_type(const char *name, size_t *ret, struct rk_err *err)
{
    if (name == NULL)
        name = types[0].name;
    for (*ret = 0; *ret < TYPES; (*ret)++) {
        if (strcmp(types[*ret].name, name) == 0)
            return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE,
                   "unknown key type \"%s\" (known: p384, p256, p521, rsa2048, rsa3072, rsa4096, "
                   "ed25519)",
                   name);
}

enum rk_rc rk_key_new(const rk_ctx *ctx, const char *type, rk_signer **ret, struct rk_err *err)
{
    OSSL_LIB_CTX *lib = rk_ctx_libctx(ctx);
    const char *propq = rk_ctx_propq(ctx);
    RK_AUTO(rk_pkey_done) EVP_PKEY *pair = NULL;
    size_t i;

    if (find_type(type, &i, err))
        return err->rc;
    pair = types[i].curve != NULL ? EVP_PKEY_Q_keygen(lib, propq, types[i].type, types[i].curve)
           : types[i].bits != 0   ? EVP_PKEY_Q_keygen(lib, propq, types[i].type, types[i].bits)
                                  : EVP_PKEY_Q_keygen(lib, propq, types[i].type);
    if (pair == NULL)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot make a key");
    return rk_signer_from_pkey(ctx, pair, ret, err);
}

enum rk_rc rk_key_private_pem(const rk_signer *key, struct rk_secret *ret, struct rk_err *err)
{
    EVP_PKEY *pair = rk_signer_pair(key);

    if (pair == NULL)
        return rk_fail(err, RK_E_USAGE, "the private half of this key is elsewhere");
    return rk_pem_private_key(pair, ret, err);
}
