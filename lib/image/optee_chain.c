/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed header of OP-TEE, and chains of subkeys. Source: boot-images.md 5.2; what is compared
 * is what OP-TEE's loader of trusted applications compares.
 */
#include "image/optee.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum { SIG_MAX = 512, SUBKEY_WIRE = 36, ATTRS_MAX = 16, IMAGE_MAX = 8192 };

#define MODULUS   UINT32_C(0xd0000130)
#define EXPONENT  UINT32_C(0xd0000230)
#define NO_DEPTH  UINT32_MAX /* above the first subkey */
#define NEXT_NAME "name of the next level"

/* clang-format off */
const struct rk_field rk_optee_shdr_layout[RK_OPTEE_SHDR_FIELDS] = {
    RK_LE(struct rk_optee_shdr, magic),
    RK_LE(struct rk_optee_shdr, img_type),
    RK_LE(struct rk_optee_shdr, img_size),
    RK_LE(struct rk_optee_shdr, algo),
    RK_LE(struct rk_optee_shdr, hash_size),
    RK_LE(struct rk_optee_shdr, sig_size),
};
static const struct rk_optee_algo algos[] = {
    { 0x70414930, "rsa-pss-sha256",   RK_SCHEME_RSA_PSS_SHA256 },
    { 0x70004830, "rsa-pkcs1-sha256", RK_SCHEME_RSA_PKCS1_SHA256 },
};
enum { SUBKEY_FIELDS = 6 };
static const struct rk_field subkey_layout[SUBKEY_FIELDS] = {
    RK_BYTES(struct rk_optee_subkey, uuid),
    RK_LE(struct rk_optee_subkey, name_size),
    RK_LE(struct rk_optee_subkey, version),
    RK_LE(struct rk_optee_subkey, max_depth),
    RK_LE(struct rk_optee_subkey, algo),
    RK_LE(struct rk_optee_subkey, attr_count),
};
/* clang-format on */

enum rk_rc rk_optee_algo_find(const char *name, const struct rk_optee_algo **ret,
                              struct rk_err *err)
{
    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++) {
        if (strcmp(algos[i].name, name) == 0) {
            *ret = &algos[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE, "setting \"algo\": expected %s or %s, found \"%s\"",
                   algos[0].name, algos[1].name, name);
}

static const struct rk_optee_algo *algo_of(uint32_t id)
{
    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++) {
        if (algos[i].id == id)
            return &algos[i];
    }
    return NULL;
}

enum rk_rc rk_optee_key_fits(EVP_PKEY *key, struct rk_err *err)
{
    int bits = EVP_PKEY_get_bits(key);

    if (EVP_PKEY_is_a(key, "RSA") && (bits == 2048 || bits == 3072 || bits == 4096))
        return RK_OK;
    return rk_fail(err, RK_E_KEY,
                   "OP-TEE takes RSA keys of 2048, 3072 or 4096 bits, this is %s with %d",
                   EVP_PKEY_get0_type_name(key), bits);
}

/* ---- the signed header ---- */

static enum rk_rc check_shdr(const struct rk_optee_shdr *h, const struct rk_optee_algo **ret,
                             struct rk_err *err)
{
    if (h->magic != RK_OPTEE_MAGIC)
        return rk_fail(err, RK_E_FORMAT, "magic 0x%08x, expected 0x%08x", h->magic, RK_OPTEE_MAGIC);
    if (h->img_type == 0)
        return rk_fail(
            err, RK_E_FORMAT,
            "img_type 0, a legacy TA: OP-TEE's scripts make none since 3.7, sign it anew");
    if (h->img_type > RK_OPTEE_SUBKEY)
        return rk_fail(err, RK_E_FORMAT, "img_type %u, expected 1, 2 or 3", h->img_type);
    *ret = algo_of(h->algo);
    if (*ret == NULL)
        return rk_fail(err, RK_E_FORMAT, "algo 0x%08x, expected 0x70414930 or 0x70004830", h->algo);
    if (h->hash_size != RK_OPTEE_HASH ||
        (h->sig_size != 256 && h->sig_size != 384 && h->sig_size != SIG_MAX))
        return rk_fail(err, RK_E_FORMAT,
                       "hash_size %u and sig_size %u, expected 32 and 256, 384 or 512",
                       h->hash_size, h->sig_size);
    return RK_OK;
}

enum rk_rc rk_optee_signed_read(struct rk_rd *rd, struct rk_optee_signed *ret, struct rk_err *err)
{
    *ret = (struct rk_optee_signed) { .at = rk_rd_offset(rd) };
    rk_layout_read(rk_optee_shdr_layout, RK_OPTEE_SHDR_FIELDS, rd, &ret->shdr);
    if (rk_rd_ok(rd, err) || check_shdr(&ret->shdr, &ret->algo, err))
        return err->rc;
    ret->hash = rk_rd_take(rd, RK_OPTEE_HASH);
    ret->sig = rk_rd_take(rd, ret->shdr.sig_size);
    return rk_rd_ok(rd, err);
}

bool rk_optee_is_signed(const struct rk_optee_signed *head)
{
    return !rk_all_zero(head->sig, head->shdr.sig_size);
}

enum rk_rc rk_optee_signed_map(const struct rk_optee_signed *head, struct rk_map *map,
                               struct rk_region *parent, struct rk_err *err)
{
    size_t hash_at = head->at + RK_OPTEE_SHDR_WIRE;
    struct rk_region *region;

    if (rk_region_add(map, parent, head->at, RK_OPTEE_SHDR_WIRE, "shdr", &region, err) ||
        rk_layout_map(rk_optee_shdr_layout, RK_OPTEE_SHDR_FIELDS, &head->shdr, head->at, region,
                      err))
        return err->rc;
    return rk_region_add(map, parent, hash_at, RK_OPTEE_HASH, "hash", &region, err) ||
                   rk_region_add(map, parent, hash_at + RK_OPTEE_HASH, head->shdr.sig_size,
                                 "signature", &region, err)
               ? err->rc
               : RK_OK;
}

/* The signature is over the hash in the file, so it can be held without any other key. */
enum rk_rc rk_optee_signed_check(const struct rk_request *request,
                                 const struct rk_optee_signed *head, EVP_PKEY *key,
                                 struct rk_map *map, struct rk_err *err)
{
    size_t hash_at = head->at + RK_OPTEE_SHDR_WIRE;

    if (!rk_optee_is_signed(head))
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (rk_signature_check_digest(request->ctx, key, head->algo->scheme, head->hash, RK_OPTEE_HASH,
                                  head->sig, head->shdr.sig_size, err)) {
        err->rc = err->rc == RK_E_KEY ? RK_E_VERIFY : err->rc;
        return err->rc;
    }
    if (rk_map_checked(map, hash_at + RK_OPTEE_HASH, head->shdr.sig_size, err))
        return err->rc;
    return rk_map_guard(map, hash_at, RK_OPTEE_HASH, RK_GUARD_SIGNATURE, "signature", err);
}

/* ---- reading a chain ---- */

/* An RSA number: the value of an attribute, without leading zeros. */
static enum rk_rc read_attr(const struct rk_optee_subkey *s, struct rk_rd *rd,
                            const uint8_t **ret_modulus, size_t *ret_modulus_len,
                            const uint8_t **ret_exponent, size_t *ret_exponent_len,
                            struct rk_err *err)
{
    uint32_t id = (uint32_t)rk_rd_le(rd, 4), offset = (uint32_t)rk_rd_le(rd, 4),
             size = (uint32_t)rk_rd_le(rd, 4);
    const uint8_t *value;

    if (rk_rd_ok(rd, err))
        return rk_wrap(err, "attribute");
    if (offset > s->head.shdr.img_size || size > s->head.shdr.img_size - offset)
        return rk_fail(err, RK_E_FORMAT, "attribute 0x%08x: %s at %u do not fit into img_size %u",
                       id, RK_COUNTED(size, "byte"), offset, s->head.shdr.img_size);
    if ((id == MODULUS && *ret_modulus != NULL) || (id == EXPONENT && *ret_exponent != NULL))
        return rk_fail(err, RK_E_FORMAT, "attribute 0x%08x is there twice", id);
    value = s->image + offset;
    for (; size != 0 && *value == 0; value++)
        size--;
    if (id == MODULUS) {
        *ret_modulus = value;
        *ret_modulus_len = size;
    } else if (id == EXPONENT) {
        *ret_exponent = value;
        *ret_exponent_len = size;
    }
    return RK_OK;
}

/* UUID, header and attributes, which img_size bounds. */
static enum rk_rc read_image(struct rk_optee_subkey *s, size_t at, struct rk_err *err)
{
    struct rk_rd rd = { .buf = s->image, .len = s->head.shdr.img_size, .base = at };

    if (rd.len > IMAGE_MAX)
        return rk_fail(err, RK_E_FORMAT, "img_size %zu, at most %d of a subkey", rd.len, IMAGE_MAX);
    rk_layout_read(subkey_layout, SUBKEY_FIELDS, &rd, s);
    if (rk_rd_ok(&rd, err))
        return rk_wrap(err, "subkey header");
    if (algo_of(s->algo) == NULL)
        return rk_fail(err, RK_E_FORMAT,
                       "algo 0x%08x of the subkey, expected 0x70414930 or 0x70004830", s->algo);
    if (s->attr_count > ATTRS_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, at most %d", RK_COUNTED(s->attr_count, "attribute"),
                       ATTRS_MAX);
    for (uint32_t i = 0; i < s->attr_count; i++) {
        if (read_attr(s, &rd, &s->modulus, &s->modulus_len, &s->exponent, &s->exponent_len, err))
            return err->rc;
    }
    if (s->modulus == NULL || s->exponent == NULL)
        return rk_fail(err, RK_E_FORMAT, "no RSA modulus or no public exponent in its attributes");
    if (s->name_size > RK_OPTEE_NAME_MAX)
        return rk_fail(err, RK_E_FORMAT, "name_size %u, at most %d here", s->name_size,
                       RK_OPTEE_NAME_MAX);
    return RK_OK;
}

static enum rk_rc read_subkey(struct rk_rd *rd, struct rk_optee_subkey *ret, struct rk_err *err)
{
    size_t at;

    *ret = (struct rk_optee_subkey) { .image = NULL };
    if (rk_optee_signed_read(rd, &ret->head, err))
        return err->rc;
    at = rk_rd_offset(rd);
    ret->image = rk_rd_take(rd, ret->head.shdr.img_size);
    if (rk_rd_ok(rd, err) || read_image(ret, at, err))
        return err->rc;
    if (rk_rd_left(rd) != 0 && ret->name_size != 0)
        ret->name = rk_rd_take(rd, ret->name_size);
    if (rk_rd_ok(rd, err))
        return rk_wrap(err, NEXT_NAME);
    return rk_optee_next_uuid(ret->uuid, (const char *)ret->name,
                              ret->name == NULL ? 0 : ret->name_size, ret->next, err);
}

/* The type of the header that stands next. */
static bool is_subkey(const struct rk_rd *rd)
{
    struct rk_rd ahead = *rd;
    uint64_t magic = rk_rd_le(&ahead, 4);
    struct rk_err ignored;

    return rk_rd_le(&ahead, 4) == RK_OPTEE_SUBKEY && magic == RK_OPTEE_MAGIC &&
           rk_rd_ok(&ahead, &ignored) == RK_OK;
}

enum rk_rc rk_optee_chain_read(const uint8_t *file, size_t len, struct rk_optee_chain *ret,
                               struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    ret->count = 0;
    while (rk_rd_left(&rd) != 0 && is_subkey(&rd)) {
        if (ret->count == RK_OPTEE_SUBKEYS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %s",
                           RK_COUNTED(RK_OPTEE_SUBKEYS_MAX, "subkey"));
        if (read_subkey(&rd, &ret->subkey[ret->count], err))
            return rk_wrap(err, "subkey %zu", ret->count + 1);
        ret->count++;
    }
    ret->end = rk_rd_offset(&rd);
    return RK_OK;
}

/* ---- UUIDs ---- */

enum rk_rc rk_optee_next_uuid(const uint8_t uuid[RK_OPTEE_UUID], const char *name, size_t name_len,
                              uint8_t ret[RK_OPTEE_UUID], struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    uint8_t digest[64];
    size_t len = 0;

    while (len < name_len && name[len] != '\0')
        len++;
    memcpy(ret, uuid, RK_OPTEE_UUID);
    if (name_len == 0)
        return RK_OK;
    if (run == NULL || EVP_DigestInit_ex(run, EVP_sha512(), NULL) != 1 ||
        EVP_DigestUpdate(run, uuid, RK_OPTEE_UUID) != 1 || EVP_DigestUpdate(run, name, len) != 1 ||
        EVP_DigestFinal_ex(run, digest, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-512");
    memcpy(ret, digest, RK_OPTEE_UUID);
    ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x50);
    ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
    return RK_OK;
}

/* ---- what holds without a key ---- */

static enum rk_rc check_hash(const struct rk_optee_subkey *s, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_OPTEE_SHDR_WIRE + IMAGE_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    uint8_t digest[RK_OPTEE_HASH];

    rk_layout_write(rk_optee_shdr_layout, RK_OPTEE_SHDR_FIELDS, &s->head.shdr, &wr);
    rk_wr_bytes(&wr, s->image, s->head.shdr.img_size);
    if (rk_wr_end(&wr, &bytes, err) || rk_sha256(bytes.p, bytes.len, digest, err))
        return err->rc;
    return memcmp(digest, s->head.hash, sizeof digest) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "hash at 0x%zx does not hold: header or key changed",
                         s->head.at + RK_OPTEE_SHDR_WIRE);
}

/* OP-TEE's names end at their first zero: what stands behind it would be covered by nothing. */
static enum rk_rc check_name(const struct rk_optee_subkey *s, struct rk_err *err)
{
    size_t len = 0;

    if (s->name == NULL)
        return RK_OK;
    while (len < s->name_size && s->name[len] != 0)
        len++;
    return rk_all_zero(s->name + len, s->name_size - len)
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "bytes other than zero behind the " NEXT_NAME);
}

static enum rk_rc check_one(const struct rk_optee_chain *chain, size_t i, struct rk_err *err)
{
    const struct rk_optee_subkey *s = &chain->subkey[i], *above = i == 0 ? NULL : s - 1;
    uint32_t depth = above == NULL ? NO_DEPTH : above->max_depth;
    char wanted[RK_GUID_TEXT];

    if (check_hash(s, err) || check_name(s, err))
        return err->rc;
    if (s->max_depth >= depth)
        return rk_fail(err, RK_E_VERIFY, "max_depth %u, expected less than %u: OP-TEE refuses it",
                       s->max_depth, depth);
    if (above == NULL || memcmp(s->uuid, above->next, RK_OPTEE_UUID) == 0)
        return RK_OK;
    rk_uuid_text(above->next, wanted);
    return rk_fail(err, RK_E_VERIFY, "another UUID than the subkey above gives it by its name: %s",
                   wanted);
}

enum rk_rc rk_optee_chain_holds(const struct rk_optee_chain *chain, struct rk_err *err)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (check_one(chain, i, err))
            return rk_wrap(err, "subkey %zu", i + 1);
    }
    return RK_OK;
}

/* ---- the map ---- */

static enum rk_rc map_subkey(const struct rk_optee_subkey *s, size_t i, struct rk_map *map,
                             struct rk_err *err)
{
    size_t image_at = s->head.at + RK_OPTEE_SHDR_WIRE + RK_OPTEE_HASH + s->head.shdr.sig_size,
           behind = image_at + s->head.shdr.img_size;
    struct rk_region *level, *region;
    char name[32], uuid[RK_GUID_TEXT];

    (void)snprintf(name, sizeof name, "subkey %zu", i + 1);
    if (rk_region_add(map, map->root, s->head.at,
                      behind - s->head.at + (s->name == NULL ? 0 : s->name_size), name, &level,
                      err) ||
        rk_optee_signed_map(&s->head, map, level, err) ||
        rk_region_add(map, level, image_at, SUBKEY_WIRE, "shdr_subkey", &region, err) ||
        rk_layout_map(subkey_layout, SUBKEY_FIELDS, s, image_at, region, err))
        return err->rc;
    rk_uuid_text(s->uuid, uuid);
    (void)snprintf(region->note, sizeof region->note, "%s", uuid);
    region->loaded = true;
    rk_region_set_child_ratchet(region, "version", s->version);
    if (rk_region_add(map, level, image_at + SUBKEY_WIRE, s->head.shdr.img_size - SUBKEY_WIRE,
                      "public key", &region, err))
        return err->rc;
    region->loaded = true;
    (void)snprintf(region->note, sizeof region->note, "RSA-%zu", s->modulus_len * 8);
    if (s->name == NULL)
        return RK_OK;
    if (rk_region_add(map, level, behind, s->name_size, NEXT_NAME, &region, err))
        return err->rc;
    region->loaded = true;
    rk_uuid_text(s->next, uuid);
    (void)snprintf(region->note, sizeof region->note, "gives %s", uuid);
    return RK_OK;
}

static enum rk_rc guard_subkey(const struct rk_optee_subkey *s, enum rk_guard_kind kind,
                               const char *by, struct rk_map *map, struct rk_err *err)
{
    size_t image_at = s->head.at + RK_OPTEE_SHDR_WIRE + RK_OPTEE_HASH + s->head.shdr.sig_size;

    if (rk_map_guard(map, s->head.at, RK_OPTEE_SHDR_WIRE, kind, by, err) ||
        rk_map_guard(map, image_at, s->head.shdr.img_size, kind, by, err))
        return err->rc;
    return s->name == NULL ? RK_OK
                           : rk_map_guard(map, image_at + s->head.shdr.img_size, s->name_size, kind,
                                          "UUID of the next level", err);
}

enum rk_rc rk_optee_chain_map(const struct rk_optee_chain *chain, struct rk_map *map,
                              struct rk_err *err)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (map_subkey(&chain->subkey[i], i, map, err) ||
            guard_subkey(&chain->subkey[i], RK_GUARD_DIGEST, "hash (SHA-256)", map, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- signatures ---- */

enum rk_rc rk_optee_subkey_key(const struct rk_ctx *ctx, const struct rk_optee_subkey *s,
                               EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *n = BN_bin2bn(s->modulus, (int)s->modulus_len, NULL);
    RK_AUTO(rk_bn_done) BIGNUM *e = BN_bin2bn(s->exponent, (int)s->exponent_len, NULL);
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(rk_ctx_libctx(ctx), "RSA", rk_ctx_propq(ctx));
    RK_AUTO(rk_params_done) OSSL_PARAM *params = NULL;

    if (n == NULL || e == NULL || bld == NULL || make == NULL ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "key of a subkey");
    params = OSSL_PARAM_BLD_to_param(bld);
    if (params == NULL || EVP_PKEY_fromdata_init(make) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "key of a subkey");
    if (EVP_PKEY_fromdata(make, ret, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY, "the key in it is none");
    return RK_OK;
}

enum rk_rc rk_optee_chain_check(const struct rk_request *request,
                                const struct rk_optee_chain *chain, EVP_PKEY *root,
                                struct rk_map *map, EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = EVP_PKEY_up_ref(root) == 1 ? root : NULL;

    if (key == NULL)
        return rk_fail_ossl(err, RK_E_INTERNAL, "key");
    for (size_t i = 0; i < chain->count; i++) {
        const struct rk_optee_subkey *s = &chain->subkey[i];
        EVP_PKEY *below = NULL;

        if (rk_optee_signed_check(request, &s->head, key, map, err) ||
            guard_subkey(s, RK_GUARD_SIGNATURE, "signature", map, err) ||
            rk_optee_subkey_key(request->ctx, s, &below, err))
            return rk_wrap(err, "subkey %zu", i + 1);
        EVP_PKEY_free(key);
        key = below;
    }
    *ret = key;
    key = NULL;
    return RK_OK;
}
