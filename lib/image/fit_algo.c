/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIT images: the names of what they are signed by. Source: boot-images.md 5.3; of U-Boot 2023.01
 * the names in boot/image-sig.c, lib/rsa and lib/ecdsa, of later ones the two larger curves.
 */
#include "image/fit.h"

#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

/* clang-format off */
static const struct hash_row {
    const char *name;
    enum rk_scheme pkcs1, pss, ecdsa;
} hash_rows[] = {
    { "sha256", RK_SCHEME_RSA_PKCS1_SHA256, RK_SCHEME_RSA_PSS_MAX_SHA256, RK_SCHEME_ECDSA_SHA256 },
    { "sha384", RK_SCHEME_RSA_PKCS1_SHA384, RK_SCHEME_RSA_PSS_MAX_SHA384, RK_SCHEME_ECDSA_SHA384 },
    { "sha512", RK_SCHEME_RSA_PKCS1_SHA512, RK_SCHEME_RSA_PSS_MAX_SHA512, RK_SCHEME_ECDSA_SHA512 },
};

static const struct key_row {
    const char *name, *type;
    int bits;
} key_rows[] = {
    { "rsa2048",   "RSA", 2048 },
    { "rsa3072",   "RSA", 3072 },
    { "rsa4096",   "RSA", 4096 },
    { "ecdsa256",  "EC",  256 },
    { "ecdsa384",  "EC",  384 },
    { "secp521r1", "EC",  521 },
};
/* clang-format on */

static const struct hash_row *find_hash(const char *algo, size_t len)
{
    for (size_t i = 0; i < sizeof hash_rows / sizeof hash_rows[0]; i++) {
        if (strlen(hash_rows[i].name) == len && strncmp(hash_rows[i].name, algo, len) == 0)
            return &hash_rows[i];
    }
    return NULL;
}

static const struct key_row *find_key(EVP_PKEY *pub)
{
    for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++) {
        if (EVP_PKEY_is_a(pub, key_rows[i].type) && EVP_PKEY_get_bits(pub) == key_rows[i].bits)
            return &key_rows[i];
    }
    return NULL;
}

/* The scheme of a hash by a key, and how long its signature is. */
static void fill(const struct hash_row *hash, const struct key_row *key, bool pss,
                 struct rk_fit_algo *ret)
{
    bool rsa = strcmp(key->type, "RSA") == 0;

    (void)snprintf(ret->name, sizeof ret->name, "%s,%s", hash->name, key->name);
    ret->raw_ecdsa = !rsa;
    ret->pss = rsa && pss;
    ret->scheme = !rsa ? hash->ecdsa : pss ? hash->pss : hash->pkcs1;
    ret->signature_len = (size_t)(rsa ? key->bits / 8 : (key->bits + 7) / 8 * 2);
}

static enum rk_rc find_padding(const char *padding, bool *pss, struct rk_err *err)
{
    *pss = padding != NULL && strcmp(padding, "pss") == 0;
    if (padding == NULL || *pss || strcmp(padding, "pkcs-1.5") == 0)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY, "unknown padding, expected pss or pkcs-1.5");
}

enum rk_rc rk_fit_algo_of_node(const void *fdt, int node, EVP_PKEY *pub, struct rk_fit_algo *ret,
                               struct rk_err *err)
{
    const char *algo = rk_fit_text(fdt, node, "algo"), *padding = rk_fit_text(fdt, node, "padding");
    const char *hint = rk_fit_text(fdt, node, "key-name-hint");
    const char *comma = algo == NULL ? NULL : strchr(algo, ',');
    const struct key_row *key = find_key(pub);
    const struct hash_row *hash;
    bool pss;

    if (comma == NULL)
        return rk_fail(err, RK_E_VERIFY, "it does not say by which algorithm it is signed");
    if (fdt_getprop(fdt, node, "padding", NULL) != NULL && padding == NULL)
        padding = "";
    if (find_padding(padding, &pss, err))
        return err->rc;
    if (key == NULL || strcmp(key->name, comma + 1) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "signed by another key, by \"%.40s\" and the key that it calls \"%.64s\": "
                       "the one given is %s with %s",
                       algo, hint == NULL ? "" : hint, EVP_PKEY_get0_type_name(pub),
                       RK_COUNTED(EVP_PKEY_get_bits(pub), "bit"));
    hash = find_hash(algo, (size_t)(comma - algo));
    if (hash == NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "signed by \"%.40s\": expected sha256, sha384 or sha512, anything else "
                       "protects no longer, or is not known",
                       algo);
    fill(hash, key, pss, ret);
    return RK_OK;
}

enum rk_rc rk_fit_algo_of_key(EVP_PKEY *pub, const char *hash_name, const char *padding,
                              struct rk_fit_algo *ret, struct rk_err *err)
{
    const struct hash_row *hash = find_hash(hash_name, strlen(hash_name));
    const struct key_row *key = find_key(pub);
    bool pss;

    if (find_padding(padding, &pss, err))
        return rk_fail(err, RK_E_USAGE, "setting \"padding\": expected pss or pkcs-1.5");
    if (hash == NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"hash\": expected sha256, sha384 or sha512");
    if (key == NULL || strcmp(key->type, "RSA") != 0)
        return rk_fail(err, RK_E_KEY,
                       "FIT signatures here are by RSA of 2048, 3072 or 4096 bits, this "
                       "is %s with %d",
                       EVP_PKEY_get0_type_name(pub), EVP_PKEY_get_bits(pub));
    fill(hash, key, pss, ret);
    return RK_OK;
}
