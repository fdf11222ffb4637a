/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a FIT's signatures and images, as U-Boot carries them in its device tree. Source:
 * boot-images.md 5.3, "Public key dtb"; /cipher as Debian's mkimage 2023.01 writes it (key-len,
 * key).
 */
#include "image/fit.h"

#include "image/dtb.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum { ROOM = 8192 };

static bool put_number(void *fdt, int node, const char *name, const BIGNUM *number, int len)
{
    uint8_t bytes[1024];

    return len <= (int)sizeof bytes && BN_bn2binpad(number, bytes, len) == len &&
           fdt_setprop(fdt, node, name, bytes, len) == 0;
}

/* R^2 mod n, and -1/n mod 2^32: what U-Boot's Montgomery multiplication starts from. */
static bool put_montgomery(void *fdt, int node, const BIGNUM *n, int len)
{
    RK_AUTO(rk_bn_ctx_done) BN_CTX *ctx = BN_CTX_new();
    RK_AUTO(rk_bn_done) BIGNUM *r = BN_new();
    RK_AUTO(rk_bn_done) BIGNUM *word = BN_new();
    RK_AUTO(rk_bn_done) BIGNUM *inverse = BN_new();

    return ctx != NULL && r != NULL && word != NULL && inverse != NULL &&
           BN_set_bit(r, 16 * len) == 1 && BN_nnmod(r, r, n, ctx) == 1 &&
           put_number(fdt, node, "rsa,r-squared", r, len) && BN_set_bit(word, 32) == 1 &&
           BN_mod_inverse(inverse, n, word, ctx) != NULL && BN_sub(inverse, word, inverse) == 1 &&
           fdt_setprop_u32(fdt, node, "rsa,n0-inverse", (uint32_t)BN_get_word(inverse)) == 0;
}

static bool put_key(void *fdt, int node, EVP_PKEY *pub)
{
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    RK_AUTO(rk_bn_done) BIGNUM *e = NULL;
    int bits = EVP_PKEY_get_bits(pub);

    return EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
           EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
           fdt_setprop_u32(fdt, node, "rsa,num-bits", (uint32_t)bits) == 0 &&
           fdt_setprop_u64(fdt, node, "rsa,exponent", BN_get_word(e)) == 0 &&
           put_number(fdt, node, "rsa,modulus", n, bits / 8) &&
           put_montgomery(fdt, node, n, bits / 8);
}

/* The tree that the key goes into, with room; a new one when there is none. */
static enum rk_rc open_base(const struct rk_input *base, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = RK_DTB_NONE;
    int rc;

    if (base != NULL && rk_dtb_open(base->p, base->len, &dtb, err))
        return rk_wrap(err, "part \"%s\"", base->name);
    if (rk_bytes_new(dtb.len + ROOM, ret, err))
        return err->rc;
    rc = base == NULL ? fdt_create_empty_tree(ret->p, (int)ret->len)
                      : fdt_open_into(dtb.fdt, ret->p, (int)ret->len);
    return rc == 0 ? RK_OK : rk_dtb_fail(rc, "device tree", err);
}

/* The node below `parent`, which is below the root, empty: what was there is replaced. */
static int empty_node(void *fdt, const char *parent, const char *name)
{
    int above = fdt_subnode_offset(fdt, 0, parent), node;

    if (above == -FDT_ERR_NOTFOUND)
        above = fdt_add_subnode(fdt, 0, parent);
    node = above < 0 ? above : fdt_subnode_offset(fdt, above, name);
    if (node >= 0)
        (void)fdt_del_node(fdt, node);
    return above < 0 ? above : fdt_add_subnode(fdt, above, name);
}

static bool put_signature_key(void *fdt, const struct rk_fit_keys *keys)
{
    char node_name[RK_FIT_PATH];
    int node;

    (void)snprintf(node_name, sizeof node_name, "key-%.*s", RK_FIT_NAME, keys->name);
    node = empty_node(fdt, "signature", node_name);
    return node >= 0 && rk_fdt_put_text(fdt, node, "required", "conf") == 0 &&
           rk_fdt_put_text(fdt, node, "algo", keys->algo) == 0 &&
           rk_fdt_put_text(fdt, node, "key-name-hint", keys->name) == 0 &&
           put_key(fdt, node, keys->pub);
}

static bool put_content_key(void *fdt, const struct rk_fit_keys *keys)
{
    char node_name[RK_FIT_PATH];
    int node;

    (void)snprintf(node_name, sizeof node_name, "key-" RK_FIT_CIPHER "-%.*s", RK_FIT_NAME,
                   keys->content_name);
    node = empty_node(fdt, "cipher", node_name);
    return node >= 0 && fdt_setprop_u32(fdt, node, "key-len", (uint32_t)keys->content->len) == 0 &&
           fdt_setprop(fdt, node, "key", keys->content->p, (int)keys->content->len) == 0;
}

/* A key other than ours that the tree requires of every configuration; NULL: there is none. */
static const char *other_required(const void *fdt, const char *name)
{
    int node;

    fdt_for_each_subnode(node, fdt, fdt_subnode_offset(fdt, 0, "signature"))
    {
        const char *required = rk_fit_text(fdt, node, "required");
        const char *found = fdt_get_name(fdt, node, NULL);

        if (required != NULL && strcmp(required, "conf") == 0 && strncmp(found, "key-", 4) == 0 &&
            strcmp(found + 4, name) != 0)
            return found;
    }
    return NULL;
}

/* U-Boot asks for a signature by each required key, unless its tree says that any will do. */
static enum rk_rc put_mode(void *fdt, const struct rk_fit_keys *keys, struct rk_err *err)
{
    const char *mode = keys->required_mode, *other = other_required(fdt, keys->name);
    int signature = fdt_subnode_offset(fdt, 0, "signature");

    if (mode != NULL && strcmp(mode, "any") != 0 && strcmp(mode, "all") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"required-mode\": expected any or all");
    if (mode == NULL && other != NULL && rk_fit_text(fdt, signature, "required-mode") == NULL) {
        (void)rk_fail(err, RK_E_USAGE,
                      "the tree requires \"%.64s\" too: U-Boot would boot only what is signed by "
                      "both keys",
                      other);
        return rk_note(err,
                       "--set required-mode=any boots what either has signed; all wants both, of "
                       "which sign fit makes one");
    }
    if (mode != NULL && rk_fdt_put_text(fdt, signature, "required-mode", mode) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

static enum rk_rc check_name(const char *setting, const char *name, struct rk_err *err)
{
    if (name[0] == '\0' || strnlen(name, RK_FIT_NAME + 1) > RK_FIT_NAME ||
        strpbrk(name, "@/") != NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"%s\": expected 1 to %s, no @ and no /", setting,
                       RK_COUNTED(RK_FIT_NAME, "character"));
    return RK_OK;
}

/* Whether the tree had another key under the same name, which is not in it any more. */
static enum rk_rc warn_of_replaced(const struct rk_fit_keys *keys, const struct rk_input *base,
                                   const void *fdt, struct rk_err *err)
{
    char path[RK_FIT_PATH];
    const void *was, *is;
    int was_len, is_len;
    struct rk_dtb dtb;

    if (base == NULL)
        return RK_OK;
    if (rk_dtb_open(base->p, base->len, &dtb, err))
        return rk_wrap(err, "part \"%s\"", base->name);
    (void)snprintf(path, sizeof path, "/signature/key-%.*s", RK_FIT_NAME, keys->name);
    was = fdt_getprop(dtb.fdt, fdt_path_offset(dtb.fdt, path), "rsa,modulus", &was_len);
    is = fdt_getprop(fdt, fdt_path_offset(fdt, path), "rsa,modulus", &is_len);
    if (was != NULL && is != NULL && (was_len != is_len || memcmp(was, is, (size_t)is_len) != 0))
        rk_warn(keys->ctx,
                "the tree had another key \"%s\", which is replaced: what that one signed will not "
                "boot; --set key-name=NAME and required-mode=any keep both",
                keys->name);
    return RK_OK;
}

enum rk_rc rk_fit_key_dtb(const struct rk_fit_keys *keys, const struct rk_input *base,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes tree = RK_BYTES_NONE;

    if (check_name("key-name", keys->name, err) ||
        (keys->content != NULL && check_name("content-key-name", keys->content_name, err)) ||
        open_base(base, &tree, err))
        return err->rc;
    if (!put_signature_key(tree.p, keys))
        return rk_fail_ossl(err, RK_E_KEY, "the key cannot be put into a device tree");
    if (put_mode(tree.p, keys, err) || warn_of_replaced(keys, base, tree.p, err))
        return err->rc;
    if ((keys->content != NULL && !put_content_key(tree.p, keys)) || fdt_pack(tree.p) != 0)
        return rk_fail_ossl(err, RK_E_KEY, "the key cannot be put into a device tree");
    return rk_bytes_copy(tree.p, fdt_totalsize(tree.p), ret, err);
}
