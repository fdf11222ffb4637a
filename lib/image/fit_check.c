/* SPDX-License-Identifier: Apache-2.0 */
/* FIT images: whether every configuration is signed, by whom, and over all that it loads. */
#include "image/fit.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "rotkit/signer.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

enum { SIGNATURES_MAX = 16 }; /* of one configuration */

/* ---- one signature ---- */

/* What U-Boot would not boot although the file can be read: it does not hold. */
static enum rk_rc does_not_hold(struct rk_err *err)
{
    if (err->rc == RK_E_FORMAT)
        err->rc = RK_E_VERIFY;
    return err->rc;
}

/* Every node that the configuration needs must be among those that are signed. */
static enum rk_rc check_complete(const uint8_t *fdt, int conf, int node, struct rk_err *err)
{
    RK_AUTO(rk_fit_nodes_done) struct rk_fit_nodes needed = RK_FIT_NODES_NONE;
    const char *path;

    if (rk_fit_list_nodes(fdt, conf, false, &needed, err))
        return does_not_hold(err);
    path = (const char *)needed.list.buf;
    for (size_t i = 0; i < needed.count; i++, path += strlen(path) + 1) {
        if (fdt_stringlist_search(fdt, node, "hashed-nodes", path) < 0)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" is not among the signed nodes", path);
    }
    return RK_OK;
}

/* PKCS #1 v1.5 tells by itself whether a key made a signature, whatever of. */
static bool is_made_by(const rk_ctx *ctx, EVP_PKEY *pub, const uint8_t *value, size_t len)
{
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *run = EVP_PKEY_CTX_new_from_pkey(rk_ctx_libctx(ctx), pub, rk_ctx_propq(ctx));
    uint8_t digest_info[1024];
    size_t out = sizeof digest_info;
    bool made = run != NULL && EVP_PKEY_verify_recover_init(run) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(run, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_verify_recover(run, digest_info, &out, value, len) == 1;

    ERR_clear_error();
    return made;
}

/* A signature that does not hold: of another key, or of other bytes. */
static enum rk_rc tell_why(const struct rk_request *request, const uint8_t *fdt, int node,
                           const struct rk_fit_algo *algo, struct rk_err *err)
{
    const char *hint = rk_fit_text(fdt, node, "key-name-hint");
    int len = 0;
    const uint8_t *value = fdt_getprop(fdt, node, "value", &len);
    char name[96];

    (void)snprintf(name, sizeof name, "which it calls \"%.64s\"", hint == NULL ? "" : hint);
    if (algo->raw_ecdsa || algo->pss)
        return rk_fail(err, RK_E_VERIFY,
                       "signed by another key than the one given, %s, or changed since: the "
                       "signature does not hold",
                       name);
    return is_made_by(request->ctx, request->key[0].pub, value, (size_t)len)
               ? rk_fail(err, RK_E_VERIFY, "signed by the key given, and changed since")
               : rk_fail(err, RK_E_VERIFY, "signed by another key than the one given, %s", name);
}

static enum rk_rc check_value(const struct rk_request *request, const struct rk_fit_algo *algo,
                              const struct rk_bytes *message, const uint8_t *value, size_t len,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;

    if (len != algo->signature_len)
        return rk_fail(err, RK_E_VERIFY, "a signature of %s, expected %zu", RK_COUNTED(len, "byte"),
                       algo->signature_len);
    if (algo->raw_ecdsa && rk_ecdsa_from_raw(value, len, &der, err))
        return err->rc;
    return rk_signature_check(request->ctx, request->key[0].pub, algo->scheme, message->p,
                              message->len, algo->raw_ecdsa ? der.p : value,
                              algo->raw_ecdsa ? der.len : len, err);
}

/* How far a signature came: of several, the one that came furthest is told. */
enum stage { UNSIGNED, OTHER_KEY, INCOMPLETE, DIFFERS };

static enum rk_rc check_signature(const struct rk_request *request, const uint8_t *fdt, int conf,
                                  int node, enum stage *stage, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_fit_algo algo;
    int len = 0;
    const uint8_t *value = fdt_getprop(fdt, node, "value", &len);

    *stage = UNSIGNED;
    if (value == NULL)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    *stage = OTHER_KEY;
    if (rk_fit_algo_of_node(fdt, node, request->key[0].pub, &algo, err))
        return err->rc;
    *stage = INCOMPLETE;
    if (check_complete(fdt, conf, node, err) ||
        rk_fit_stored_region(fdt, node, NULL, &message, err))
        return does_not_hold(err);
    *stage = DIFFERS;
    if (check_value(request, &algo, &message, value, (size_t)len, err) != RK_E_VERIFY)
        return err->rc;
    return tell_why(request, fdt, node, &algo, err);
}

/* ---- a configuration ---- */

/* The data of an image is signed by way of its hash node. */
static enum rk_rc guard_image(const uint8_t *file, size_t len, const char *name, struct rk_map *map,
                              struct rk_err *err)
{
    int image = rk_fit_find(file, "images", name);
    struct rk_fit_data data;

    if (!rk_fit_has_data(file, image))
        return rk_fail(err, RK_E_VERIFY, "image \"%.64s\" has no data", name);
    /* The signature does not cover where it stands, and the hash is over one place alone: U-Boot's
     * command "source" hashes what is outside of the tree, and runs what is inside. */
    if (rk_fit_places(file, image) > 1)
        return rk_fail(err, RK_E_VERIFY,
                       "image \"%.64s\" has data in more than one place, and not all of U-Boot "
                       "takes the one that is hashed",
                       name);
    if (rk_fit_find_data(file, len, image, &data, err))
        return err->rc;
    /* One whose hash is not known here has a mark that says so. */
    if (!rk_fit_has_strong_hash(file, image))
        return RK_OK;
    return rk_map_guard(map, data.at, data.len, RK_GUARD_SIGNATURE, "FIT signature, by its hash",
                        err);
}

static enum rk_rc guard_data(const uint8_t *file, size_t len, int conf, struct rk_map *map,
                             struct rk_err *err)
{
    for (size_t i = 0; rk_fit_image_props[i] != NULL; i++) {
        int count = fdt_stringlist_count(file, conf, rk_fit_image_props[i]);

        for (int k = 0; k < count; k++) {
            const char *name = fdt_stringlist_get(file, conf, rk_fit_image_props[i], k, NULL);

            if (guard_image(file, len, name, map, err))
                return err->rc;
        }
    }
    return RK_OK;
}

static enum rk_rc keep(const uint8_t *file, size_t len, int conf, int node, struct rk_map *map,
                       struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    int value_len = 0;
    const uint8_t *value = fdt_getprop(file, node, "value", &value_len);

    if (rk_map_checked(map, (uint64_t)(value - file), (uint64_t)value_len, err) ||
        rk_fit_stored_region(file, node, map, &message, err))
        return err->rc;
    return guard_data(file, len, conf, map, err);
}

/* One signature that holds is enough: the others are for other keys. */
static enum rk_rc check_conf(const struct rk_request *request, const uint8_t *file, size_t len,
                             int conf, struct rk_map *map, struct rk_err *err)
{
    enum stage furthest = UNSIGNED, stage;
    struct rk_err why;
    int node, count = 0;

    (void)rk_fail(err, RK_E_VERIFY, "is not signed");
    fdt_for_each_subnode(node, file, conf)
    {
        if (!rk_fit_is_named(file, node, "signature"))
            continue;
        if (count++ == SIGNATURES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %s",
                           RK_COUNTED(SIGNATURES_MAX, "signature"));
        if (check_signature(request, file, conf, node, &stage, &why) == RK_OK)
            return keep(file, len, conf, node, map, err);
        if (why.rc != RK_E_VERIFY) {
            *err = why;
            return err->rc;
        }
        if (stage > furthest) {
            furthest = stage;
            *err = why;
        }
    }
    return err->rc;
}

/* ---- the whole ---- */

/*
 * A signature over one image says nothing of what it is booted with. Where configurations are not
 * signed, signed images of other FITs can be put together anew, with other addresses.
 */
static enum rk_rc refuse_images_alone(const uint8_t *file, struct rk_err *err)
{
    if (rk_fit_signatures(file, "configurations") != 0 || rk_fit_signatures(file, "images") == 0)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "images are signed, configurations are not: that is not enough, since no "
                   "signature says which images, addresses and device tree belong together (sign "
                   "the configurations, and have U-Boot's key require \"conf\")");
}

static enum rk_rc check_confs(const struct rk_request *request, const uint8_t *file, size_t len,
                              struct rk_map *map, struct rk_err *err)
{
    int count = 0;

    for (int conf = rk_fit_first(file, "configurations"); conf >= 0;
         conf = fdt_next_subnode(file, conf)) {
        if (check_conf(request, file, len, conf, map, err))
            return rk_wrap(err, "configuration %s", fdt_get_name(file, conf, NULL));
        count++;
    }
    if (count == 0)
        return rk_fail(err, RK_E_VERIFY, "has no configuration, so nothing is signed");
    (void)snprintf(map->signer, sizeof map->signer, "the key given");
    (void)snprintf(map->integrity, sizeof map->integrity, "hashes and %s hold",
                   RK_COUNTED(count, "signed configuration"));
    return RK_OK;
}

enum rk_rc rk_fit_check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    bool keyed = request->key_count != 0, is_signed, go;

    if (rk_fit_open(file, len, err))
        return err->rc;
    is_signed = rk_fit_signatures(file, "configurations") != 0;
    if ((rk_request_asks_signer(request) && refuse_images_alone(file, err)) ||
        rk_check_begin(request, keyed || is_signed, RK_NEED_PUB, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (is_signed && rk_fit_check_names(file, RK_E_VERIFY, err))
        return err->rc;
    return check_confs(request, file, len, map, err);
}
