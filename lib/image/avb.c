/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avb: a partition image with an Android Verified Boot footer, read and verified. Source:
 * boot-images.md 5.5; the hash descriptor's fields are those that the golden has (avbtool's text
 * stands beside it).
 */
#include "rotkit/format_row.h"
#include "base/work.h"
#include "base/layout.h"
#include "base/ossl.h"
#include "rotkit/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum {
    IMAGE_MAX = 1 << 30,
    FOOTER = 64,
    HEADER = 256,
    AUX_MAX = 1 << 20,
    HASH_DESCRIPTOR = 2,
    DESCRIPTOR_HEAD = 16,
    DESCRIPTORS_MAX = 64,
};

struct footer {
    uint8_t magic[4];
    uint32_t major, minor;
    uint64_t original_size, vbmeta_offset, vbmeta_size;
};
struct vbmeta {
    uint8_t magic[4];
    uint32_t major, minor;
    uint64_t auth_size, aux_size;
    uint32_t algorithm;
    uint64_t hash_offset, hash_size, sig_offset, sig_size, key_offset, key_size;
    uint64_t metadata_offset, metadata_size, descriptors_offset, descriptors_size, rollback_index;
    uint32_t flags, rollback_location;
};
struct hash_descriptor {
    uint64_t image_size;
    uint8_t algorithm[32];
    uint32_t name_len, salt_len, digest_len, flags;
    uint8_t reserved[60];
};
enum { FOOTER_FIELDS = 6, VBMETA_FIELDS = 19, HASH_FIELDS = 7 };
/* clang-format off */
static const struct rk_field footer_layout[FOOTER_FIELDS] = {
    RK_BYTES(struct footer, magic),
    RK_BE(struct footer, major),
    RK_BE(struct footer, minor),
    RK_BE(struct footer, original_size),
    RK_BE(struct footer, vbmeta_offset),
    RK_BE(struct footer, vbmeta_size),
};
static const struct rk_field vbmeta_layout[VBMETA_FIELDS] = {
    RK_BYTES(struct vbmeta, magic),
    RK_BE(struct vbmeta, major),
    RK_BE(struct vbmeta, minor),
    RK_BE(struct vbmeta, auth_size),
    RK_BE(struct vbmeta, aux_size),
    RK_BE(struct vbmeta, algorithm),
    RK_BE(struct vbmeta, hash_offset),
    RK_BE(struct vbmeta, hash_size),
    RK_BE(struct vbmeta, sig_offset),
    RK_BE(struct vbmeta, sig_size),
    RK_BE(struct vbmeta, key_offset),
    RK_BE(struct vbmeta, key_size),
    RK_BE(struct vbmeta, metadata_offset),
    RK_BE(struct vbmeta, metadata_size),
    RK_BE(struct vbmeta, descriptors_offset),
    RK_BE(struct vbmeta, descriptors_size),
    RK_BE(struct vbmeta, rollback_index),
    RK_BE(struct vbmeta, flags),
    RK_BE(struct vbmeta, rollback_location),
};
static const struct rk_field hash_layout[HASH_FIELDS] = {
    RK_BE(struct hash_descriptor, image_size),
    RK_BYTES(struct hash_descriptor, algorithm),
    RK_BE(struct hash_descriptor, name_len),
    RK_BE(struct hash_descriptor, salt_len),
    RK_BE(struct hash_descriptor, digest_len),
    RK_BE(struct hash_descriptor, flags),
    RK_BYTES(struct hash_descriptor, reserved),
};
static const struct algorithm {
    uint32_t id;
    int bits;
    const char *digest;
    enum rk_scheme scheme;
} algorithms[] = {
    { 1, 2048, "SHA256", RK_SCHEME_RSA_PKCS1_SHA256 },
    { 2, 4096, "SHA256", RK_SCHEME_RSA_PKCS1_SHA256 },
    { 3, 8192, "SHA256", RK_SCHEME_RSA_PKCS1_SHA256 },
    { 4, 2048, "SHA512", RK_SCHEME_RSA_PKCS1_SHA512 },
    { 5, 4096, "SHA512", RK_SCHEME_RSA_PKCS1_SHA512 },
    { 6, 8192, "SHA512", RK_SCHEME_RSA_PKCS1_SHA512 },
};
/* clang-format on */

/* What was read; all pointers into the file. */
struct avb {
    struct footer footer;
    struct vbmeta vbmeta;
    const struct algorithm *algorithm; /* NULL: not signed */
    const uint8_t *file, *header, *auth, *aux;
    const rk_ctx *policy;    /* what is too weak for a signature over it; NULL: not asked */
    struct rk_bytes covered; /* header ‖ aux: what hash and signature are over */
};

static void avb_done(struct avb *a)
{
    rk_bytes_done(&a->covered);
}

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= FOOTER + HEADER && memcmp(file + len - FOOTER, "AVBf", 4) == 0;
}

/* [offset, offset + size) of a block. */
static enum rk_rc within(uint64_t offset, uint64_t size, uint64_t block, const char *what,
                         struct rk_err *err)
{
    if (offset <= block && size <= block - offset)
        return RK_OK;
    return rk_fail(err, RK_E_FORMAT,
                   "%s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " do not fit into 0x%" PRIx64, what,
                   size, offset, block);
}

static enum rk_rc read_footer(const uint8_t *file, size_t len, struct avb *a, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file + len - FOOTER, .len = FOOTER, .base = len - FOOTER };

    rk_layout_read(footer_layout, FOOTER_FIELDS, &rd, &a->footer);
    if (a->footer.major != 1)
        return rk_fail(err, RK_E_FORMAT, "footer version %u.%u, expected 1.x", a->footer.major,
                       a->footer.minor);
    if (within(a->footer.vbmeta_offset, a->footer.vbmeta_size, len - FOOTER, "vbmeta", err) ||
        within(0, a->footer.original_size, a->footer.vbmeta_offset, "image", err))
        return err->rc;
    if (a->footer.vbmeta_size < HEADER)
        return rk_fail(err, RK_E_FORMAT, "vbmeta of %" PRIu64 " bytes, its header has 256",
                       a->footer.vbmeta_size);
    return RK_OK;
}

static enum rk_rc check_blocks(const struct vbmeta *v, uint64_t size, struct rk_err *err)
{
    if (memcmp(v->magic, "AVB0", 4) != 0 || v->major != 1)
        return rk_fail(err, RK_E_FORMAT, "no vbmeta header AVB0 of version 1.x");
    if (v->aux_size > AUX_MAX || v->auth_size > AUX_MAX ||
        HEADER + v->auth_size + v->aux_size > size)
        return rk_fail(err, RK_E_FORMAT,
                       "authentication and auxiliary block of %" PRIu64 " and %" PRIu64
                       " bytes in a vbmeta of %" PRIu64,
                       v->auth_size, v->aux_size, size);
    if (within(v->hash_offset, v->hash_size, v->auth_size, "hash", err) ||
        within(v->sig_offset, v->sig_size, v->auth_size, "signature", err) ||
        within(v->key_offset, v->key_size, v->aux_size, "public key", err) ||
        within(v->descriptors_offset, v->descriptors_size, v->aux_size, "descriptors", err))
        return err->rc;
    return RK_OK;
}

static enum rk_rc find_algorithm(const struct vbmeta *v, const struct algorithm **ret,
                                 struct rk_err *err)
{
    *ret = NULL;
    if (v->algorithm == 0)
        return RK_OK;
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (algorithms[i].id == v->algorithm)
            *ret = &algorithms[i];
    }
    if (*ret == NULL)
        return rk_fail(err, RK_E_FORMAT, "unknown algorithm %u, expected 0 to 6", v->algorithm);
    return RK_OK;
}

static enum rk_rc read_avb(const uint8_t *file, size_t len, struct avb *a, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(HEADER + AUX_MAX);
    struct rk_rd rd;

    if (!recognise(file, len))
        return rk_fail(err, RK_E_FORMAT, "no AVBf footer in the last 64 bytes");
    if (read_footer(file, len, a, err))
        return err->rc;
    a->file = file;
    a->header = file + a->footer.vbmeta_offset;
    rd = (struct rk_rd) { .buf = a->header, .len = HEADER };
    rk_layout_read(vbmeta_layout, VBMETA_FIELDS, &rd, &a->vbmeta);
    if (check_blocks(&a->vbmeta, a->footer.vbmeta_size, err) ||
        find_algorithm(&a->vbmeta, &a->algorithm, err))
        return err->rc;
    a->auth = a->header + HEADER;
    a->aux = a->auth + a->vbmeta.auth_size;
    rk_wr_bytes(&wr, a->header, HEADER);
    rk_wr_bytes(&wr, a->aux, (size_t)a->vbmeta.aux_size);
    return rk_wr_end(&wr, &a->covered, err);
}

static enum rk_rc check_digest(const char *name, const uint8_t *salt, size_t salt_len,
                               const uint8_t *bytes, size_t len, const uint8_t *want,
                               size_t want_len, const char *what, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    const EVP_MD *md = EVP_get_digestbyname(name);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (md == NULL)
        return rk_fail(err, RK_E_FORMAT, "%s: unknown hash algorithm \"%s\"", what, name);
    if (rk_work_hash(salt_len + len, err))
        return err->rc;
    if (run == NULL || EVP_DigestInit_ex(run, md, NULL) != 1 ||
        EVP_DigestUpdate(run, salt, salt_len) != 1 || EVP_DigestUpdate(run, bytes, len) != 1 ||
        EVP_DigestFinal_ex(run, digest, &n) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", name);
    if (n != want_len || memcmp(digest, want, n) != 0)
        return rk_fail(err, RK_E_VERIFY, "%s does not hold", what);
    return RK_OK;
}

/* The image's own digest, salted; `held` is told when there was one. */
static enum rk_rc check_hash(const struct avb *a, struct rk_rd *rd, bool *held, struct rk_err *err)
{
    struct hash_descriptor h;
    const uint8_t *salt, *digest;
    char name[sizeof h.algorithm + 1] = "";

    rk_layout_read(hash_layout, HASH_FIELDS, rd, &h);
    (void)rk_rd_take(rd, h.name_len);
    salt = rk_rd_take(rd, h.salt_len);
    digest = rk_rd_take(rd, h.digest_len);
    if (rk_rd_ok(rd, err))
        return rk_wrap(err, "hash descriptor");
    if (h.image_size != a->footer.original_size)
        return rk_fail(err, RK_E_FORMAT,
                       "the descriptor is over %" PRIu64 " bytes, the image has %" PRIu64,
                       h.image_size, a->footer.original_size);
    memcpy(name, h.algorithm, sizeof h.algorithm);
    *held = true;
    if (check_digest(name, salt, h.salt_len, a->file, (size_t)h.image_size, digest, h.digest_len,
                     "the image's digest", err))
        return err->rc;
    return a->policy != NULL &&
                   rk_policy_check_digest(a->policy, EVP_MD_get_type(EVP_get_digestbyname(name)),
                                          RK_E_VERIFY, err)
               ? rk_wrap(err, "the image's digest")
               : RK_OK;
}

static enum rk_rc check_descriptors(const struct avb *a, bool *held, struct rk_err *err)
{
    struct rk_rd rd = { .buf = a->aux + a->vbmeta.descriptors_offset,
                        .len = (size_t)a->vbmeta.descriptors_size };

    for (int i = 0; rk_rd_left(&rd) != 0; i++) {
        uint64_t tag = rk_rd_be(&rd, 8), size = rk_rd_be(&rd, 8);
        struct rk_rd one = rk_rd_sub(&rd, (size_t)size);

        if (rk_rd_ok(&rd, err) || i == DESCRIPTORS_MAX)
            return rk_fail(err, RK_E_FORMAT, "descriptor %d is cut short or one too many", i);
        if (tag == HASH_DESCRIPTOR && check_hash(a, &one, held, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc add_regions(const struct avb *a, size_t len, struct rk_map *map,
                              struct rk_err *err)
{
    size_t at = (size_t)a->footer.vbmeta_offset, original = (size_t)a->footer.original_size;
    struct rk_region *region;

    if (rk_region_add(map, map->root, 0, original, "image", &region, err))
        return err->rc;
    region->nested = region->loaded = true;
    if (rk_region_add(map, map->root, at, HEADER, "vbmeta header", &region, err) ||
        rk_layout_map(vbmeta_layout, VBMETA_FIELDS, &a->vbmeta, at, region, err))
        return err->rc;
    region->loaded = true;
    rk_region_set_child_ratchet(region, "rollback_index", a->vbmeta.rollback_index);
    if (rk_region_add(map, map->root, at + HEADER, a->vbmeta.auth_size, "authentication block",
                      &region, err) ||
        rk_region_add(map, map->root, at + HEADER + a->vbmeta.auth_size, a->vbmeta.aux_size,
                      "auxiliary block", &region, err))
        return err->rc;
    return rk_region_add(map, map->root, len - FOOTER, FOOTER, "footer", &region, err);
}

static enum rk_rc guard_vbmeta(const struct avb *a, enum rk_guard_kind kind, const char *by,
                               struct rk_map *map, struct rk_err *err)
{
    uint64_t at = a->footer.vbmeta_offset;

    if (rk_map_guard(map, at, HEADER, kind, by, err))
        return err->rc;
    return rk_map_guard(map, at + HEADER + a->vbmeta.auth_size, a->vbmeta.aux_size, kind, by, err);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(avb_done) struct avb a = { .file = file };
    enum rk_rc vbmeta = RK_OK, image;
    bool held = false;

    if (read_avb(file, len, &a, err))
        return err->rc;
    if (a.algorithm != NULL)
        vbmeta = check_digest(a.algorithm->digest, NULL, 0, a.covered.p, a.covered.len,
                              a.auth + a.vbmeta.hash_offset, (size_t)a.vbmeta.hash_size,
                              "vbmeta's hash", err);
    if (rk_map_compared(map, vbmeta, a.footer.vbmeta_offset, HEADER, NULL, err))
        return err->rc;
    image = check_descriptors(&a, &held, err);
    if (rk_map_compared(map, image, 0, a.footer.original_size, NULL, err) ||
        add_regions(&a, len, map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s",
                   held ? "digests ok" : "no hash descriptor",
                   a.algorithm == NULL ? "not signed" : "signature not checked: needs the key");
    if (held && image == RK_OK &&
        rk_map_guard(map, 0, a.footer.original_size, RK_GUARD_DIGEST, "hash descriptor", err))
        return err->rc;
    return a.algorithm == NULL || vbmeta != RK_OK
               ? RK_OK
               : guard_vbmeta(&a, RK_GUARD_DIGEST, "vbmeta's hash", map, err);
}

/* The key inside is the one given: num_bits, n0inv, modulus, R^2. */
static enum rk_rc check_key(const struct avb *a, EVP_PKEY *pub, struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    size_t bytes = (size_t)a->algorithm->bits / 8;
    const uint8_t *key = a->aux + a->vbmeta.key_offset;
    uint8_t modulus[1024];

    if (!EVP_PKEY_is_a(pub, "RSA") || EVP_PKEY_get_bits(pub) != a->algorithm->bits ||
        a->vbmeta.key_size != 8 + 2 * bytes ||
        EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        BN_bn2binpad(n, modulus, (int)bytes) != (int)bytes ||
        memcmp(key + 8, modulus, bytes) != 0) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "signed by another key than the one given");
    }
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(avb_done) struct avb a = { .file = file };
    bool keyed = request->key_count != 0, held = false, go;
    uint64_t auth_at;

    a.policy = keyed ? request->ctx : NULL;
    if (read_avb(file, len, &a, err) || check_descriptors(&a, &held, err) ||
        rk_check_begin(request, keyed || a.algorithm != NULL, RK_NEED_PUB, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (a.algorithm == NULL || !held)
        return rk_fail(err, RK_E_VERIFY, "is not signed, or its signature is not over the image");
    if (check_key(&a, request->key[0].pub, err) ||
        rk_signature_check(request->ctx, request->key[0].pub, a.algorithm->scheme, a.covered.p,
                           a.covered.len, a.auth + a.vbmeta.sig_offset, (size_t)a.vbmeta.sig_size,
                           err))
        return err->rc;
    auth_at = a.footer.vbmeta_offset + HEADER;
    (void)snprintf(map->integrity, sizeof map->integrity, "digests and signature hold");
    (void)snprintf(map->signer, sizeof map->signer, "the key given");
    if (rk_map_checked(map, auth_at + a.vbmeta.hash_offset, a.vbmeta.hash_size, err) ||
        rk_map_checked(map, auth_at + a.vbmeta.sig_offset, a.vbmeta.sig_size, err) ||
        rk_map_guard(map, 0, a.footer.original_size, RK_GUARD_SIGNATURE,
                     "vbmeta signature, by its digest", err))
        return err->rc;
    return guard_vbmeta(&a, RK_GUARD_SIGNATURE, "vbmeta signature", map, err);
}

const struct rk_format rk_format_avb = {
    .name = "avb",
    .title = "image with AVB footer",
    .max = IMAGE_MAX,
    .recognise = recognise,
    .parse = parse,
    .refusal = "AVB footers are read and verified here; avbtool makes them",
    .check = check,
};
