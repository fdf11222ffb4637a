/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a vbmeta structure and its descriptors, and its signature. */
#include "image/avb.h"

#include "base/layout.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "base/work.h"
#include "rotkit/counted.h"
#include "rotkit/public.h"
#include "rotkit/words.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/core_names.h>

enum {
    AUX_MAX = 1 << 20,
    DESCRIPTOR_HEAD = 16,
    LIBAVB_MINOR = 3 /* of the newest libavb, 1.3.0, whose structures are read here */
};

struct hash_descriptor {
    uint64_t image_size;
    uint8_t algorithm[32];
    uint32_t name_len, salt_len, digest_len, flags;
    uint8_t reserved[60];
};
struct tree_descriptor {
    uint32_t version;
    uint64_t image_size, tree_offset, tree_size;
    uint32_t data_block, hash_block, fec_roots;
    uint64_t fec_offset, fec_size;
    uint8_t algorithm[32];
    uint32_t name_len, salt_len, digest_len, flags;
    uint8_t reserved[60];
};
struct chain_descriptor {
    uint32_t rollback_location, name_len, key_len, flags;
    uint8_t reserved[60];
};
enum { FOOTER_FIELDS = 6, HASH_FIELDS = 7, TREE_FIELDS = 15, CHAIN_FIELDS = 5 };
/* clang-format off */
static const struct rk_field footer_layout[FOOTER_FIELDS] = {
    RK_BYTES(struct rk_avb_footer, magic),
    RK_BE(struct rk_avb_footer, major),
    RK_BE(struct rk_avb_footer, minor),
    RK_BE(struct rk_avb_footer, original_size),
    RK_BE(struct rk_avb_footer, vbmeta_offset),
    RK_BE(struct rk_avb_footer, vbmeta_size),
};
const struct rk_field rk_avb_vbmeta_layout[RK_AVB_VBMETA_FIELDS] = {
    RK_BYTES(struct rk_avb_vbmeta, magic),
    RK_BE(struct rk_avb_vbmeta, major),
    RK_BE(struct rk_avb_vbmeta, minor),
    RK_BE(struct rk_avb_vbmeta, auth_size),
    RK_BE(struct rk_avb_vbmeta, aux_size),
    RK_BE(struct rk_avb_vbmeta, algorithm),
    RK_BE(struct rk_avb_vbmeta, hash_offset),
    RK_BE(struct rk_avb_vbmeta, hash_size),
    RK_BE(struct rk_avb_vbmeta, sig_offset),
    RK_BE(struct rk_avb_vbmeta, sig_size),
    RK_BE(struct rk_avb_vbmeta, key_offset),
    RK_BE(struct rk_avb_vbmeta, key_size),
    RK_BE(struct rk_avb_vbmeta, metadata_offset),
    RK_BE(struct rk_avb_vbmeta, metadata_size),
    RK_BE(struct rk_avb_vbmeta, descriptors_offset),
    RK_BE(struct rk_avb_vbmeta, descriptors_size),
    RK_BE(struct rk_avb_vbmeta, rollback_index),
    RK_BE(struct rk_avb_vbmeta, flags),
    RK_BE(struct rk_avb_vbmeta, rollback_location),
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
static const struct rk_field tree_layout[TREE_FIELDS] = {
    RK_BE(struct tree_descriptor, version),
    RK_BE(struct tree_descriptor, image_size),
    RK_BE(struct tree_descriptor, tree_offset),
    RK_BE(struct tree_descriptor, tree_size),
    RK_BE(struct tree_descriptor, data_block),
    RK_BE(struct tree_descriptor, hash_block),
    RK_BE(struct tree_descriptor, fec_roots),
    RK_BE(struct tree_descriptor, fec_offset),
    RK_BE(struct tree_descriptor, fec_size),
    RK_BYTES(struct tree_descriptor, algorithm),
    RK_BE(struct tree_descriptor, name_len),
    RK_BE(struct tree_descriptor, salt_len),
    RK_BE(struct tree_descriptor, digest_len),
    RK_BE(struct tree_descriptor, flags),
    RK_BYTES(struct tree_descriptor, reserved),
};
static const struct rk_field chain_layout[CHAIN_FIELDS] = {
    RK_BE(struct chain_descriptor, rollback_location),
    RK_BE(struct chain_descriptor, name_len),
    RK_BE(struct chain_descriptor, key_len),
    RK_BE(struct chain_descriptor, flags),
    RK_BYTES(struct chain_descriptor, reserved),
};
static const struct rk_avb_algorithm algorithms[] = {
    { 1, 2048, "SHA256", RK_SCHEME_RSA_PKCS1_SHA256 },
    { 2, 4096, "SHA256", RK_SCHEME_RSA_PKCS1_SHA256 },
    { 3, 8192, "SHA256", RK_SCHEME_RSA_PKCS1_SHA256 },
    { 4, 2048, "SHA512", RK_SCHEME_RSA_PKCS1_SHA512 },
    { 5, 4096, "SHA512", RK_SCHEME_RSA_PKCS1_SHA512 },
    { 6, 8192, "SHA512", RK_SCHEME_RSA_PKCS1_SHA512 },
};
/* clang-format on */

void rk_avb_done(struct rk_avb *avb)
{
    rk_bytes_done(&avb->covered);
    rk_free(avb->descriptor);
    avb->descriptor = NULL;
}

static bool has_footer(const uint8_t *file, size_t len)
{
    return len >= RK_AVB_FOOTER + RK_AVB_HEADER &&
           memcmp(file + len - RK_AVB_FOOTER, "AVBf", 4) == 0;
}

bool rk_avb_is(const uint8_t *file, size_t len)
{
    return has_footer(file, len) || (len >= RK_AVB_HEADER && memcmp(file, "AVB0", 4) == 0);
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

static enum rk_rc read_footer(const uint8_t *file, size_t len, struct rk_avb *a, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file + len - RK_AVB_FOOTER,
                        .len = RK_AVB_FOOTER,
                        .base = len - RK_AVB_FOOTER };

    rk_layout_read(footer_layout, FOOTER_FIELDS, &rd, &a->footer);
    if (a->footer.major != 1)
        return rk_fail(err, RK_E_FORMAT, "footer version %u.%u, expected 1.x", a->footer.major,
                       a->footer.minor);
    if (within(a->footer.vbmeta_offset, a->footer.vbmeta_size, len - RK_AVB_FOOTER, "vbmeta",
               err) ||
        within(0, a->footer.original_size, a->footer.vbmeta_offset, "image", err))
        return err->rc;
    if (a->footer.vbmeta_size < RK_AVB_HEADER)
        return rk_fail(err, RK_E_FORMAT, "vbmeta of %s, its header has 256",
                       RK_COUNTED(a->footer.vbmeta_size, "byte"));
    return RK_OK;
}

static enum rk_rc check_blocks(const struct rk_avb_vbmeta *v, uint64_t size, struct rk_err *err)
{
    if (memcmp(v->magic, "AVB0", 4) != 0 || v->major != 1)
        return rk_fail(err, RK_E_FORMAT, "no vbmeta header AVB0 of version 1.x");
    if (v->minor > LIBAVB_MINOR)
        return rk_fail(err, RK_E_FORMAT, "vbmeta wants libavb 1.%u, known are 1.0 to 1.%d",
                       v->minor, LIBAVB_MINOR);
    if (v->aux_size > AUX_MAX || v->auth_size > AUX_MAX ||
        RK_AVB_HEADER + v->auth_size + v->aux_size > size)
        return rk_fail(err, RK_E_FORMAT,
                       "authentication and auxiliary block of %" PRIu64
                       " and %s in a vbmeta of %" PRIu64,
                       v->auth_size, RK_COUNTED(v->aux_size, "byte"), size);
    if (within(v->hash_offset, v->hash_size, v->auth_size, "hash", err) ||
        within(v->sig_offset, v->sig_size, v->auth_size, "signature", err) ||
        within(v->key_offset, v->key_size, v->aux_size, "public key", err) ||
        within(v->descriptors_offset, v->descriptors_size, v->aux_size, "descriptors", err))
        return err->rc;
    return RK_OK;
}

static enum rk_rc find_algorithm(const struct rk_avb_vbmeta *v, const struct rk_avb_algorithm **ret,
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

enum rk_rc rk_avb_check_hash(const struct rk_avb *a, struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = 0;

    if (a->algorithm == NULL)
        return RK_OK;
    if (rk_work_hash(a->covered.len, err))
        return err->rc;
    if (EVP_Q_digest(NULL, a->algorithm->digest, NULL, a->covered.p, a->covered.len, digest,
                     &len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", a->algorithm->digest);
    if (len != a->vbmeta.hash_size || memcmp(digest, a->auth + a->vbmeta.hash_offset, len) != 0)
        return rk_fail(err, RK_E_VERIFY, "vbmeta's hash does not hold");
    return RK_OK;
}

/* ---- descriptors ---- */

static const uint8_t *take_name(struct rk_rd *rd, uint32_t len, struct rk_avb_descriptor *d)
{
    const uint8_t *name = rk_rd_take(rd, len);

    if (name != NULL && len <= RK_AVB_NAME_MAX)
        rk_words_show(name, len, d->name, sizeof d->name);
    return name;
}

static void take_digest(struct rk_rd *rd, struct rk_avb_descriptor *d, const uint8_t algorithm[32],
                        uint32_t salt_len, uint32_t digest_len)
{
    memcpy(d->algorithm, algorithm, 32);
    d->salt = rk_rd_take(rd, salt_len);
    d->salt_len = salt_len;
    d->digest = rk_rd_take(rd, digest_len);
    d->digest_len = digest_len;
}

static void read_hash(struct rk_rd *rd, struct rk_avb_descriptor *d)
{
    struct hash_descriptor h;

    rk_layout_read(hash_layout, HASH_FIELDS, rd, &h);
    d->image_size = h.image_size;
    (void)take_name(rd, h.name_len, d);
    take_digest(rd, d, h.algorithm, h.salt_len, h.digest_len);
}

static void read_tree(struct rk_rd *rd, struct rk_avb_descriptor *d)
{
    struct tree_descriptor t;

    rk_layout_read(tree_layout, TREE_FIELDS, rd, &t);
    d->image_size = t.image_size;
    d->tree_offset = t.tree_offset;
    d->tree_size = t.tree_size;
    d->fec_offset = t.fec_offset;
    d->fec_size = t.fec_size;
    d->data_block = t.data_block;
    d->hash_block = t.hash_block;
    (void)take_name(rd, t.name_len, d);
    take_digest(rd, d, t.algorithm, t.salt_len, t.digest_len);
}

static void read_chain(struct rk_rd *rd, struct rk_avb_descriptor *d)
{
    struct chain_descriptor c;

    rk_layout_read(chain_layout, CHAIN_FIELDS, rd, &c);
    d->location = c.rollback_location;
    (void)take_name(rd, c.name_len, d);
    d->key = rk_rd_take(rd, c.key_len);
    d->key_len = c.key_len;
}

static void read_property(struct rk_rd *rd, struct rk_avb_descriptor *d)
{
    uint64_t key = rk_rd_be(rd, 8), value = rk_rd_be(rd, 8);

    (void)take_name(rd, key > UINT32_MAX ? UINT32_MAX : (uint32_t)key, d);
    (void)rk_rd_take(rd, 1);
    (void)rk_rd_take(rd, (size_t)value);
}

static void read_cmdline(struct rk_rd *rd, struct rk_avb_descriptor *d)
{
    uint32_t len;

    (void)rk_rd_be(rd, 4);
    len = (uint32_t)rk_rd_be(rd, 4);
    (void)take_name(rd, len, d);
}

static enum rk_rc read_descriptors(struct rk_avb *a, struct rk_err *err)
{
    static void (*const readers[])(struct rk_rd *, struct rk_avb_descriptor *) = {
        [RK_AVB_PROPERTY] = read_property, [RK_AVB_HASHTREE] = read_tree, [RK_AVB_HASH] = read_hash,
        [RK_AVB_CMDLINE] = read_cmdline,   [RK_AVB_CHAIN] = read_chain,
    };
    struct rk_rd rd = { .buf = a->aux + a->vbmeta.descriptors_offset,
                        .len = (size_t)a->vbmeta.descriptors_size };

    a->descriptor = rk_alloc(RK_AVB_DESCRIPTORS_MAX, sizeof a->descriptor[0]);
    if (a->descriptor == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; rk_rd_left(&rd) != 0; i++) {
        size_t at = rk_rd_offset(&rd);
        uint64_t tag = rk_rd_be(&rd, 8), size = rk_rd_be(&rd, 8);
        struct rk_rd one = rk_rd_sub(&rd, (size_t)size);
        struct rk_avb_descriptor *d;

        if (rk_rd_ok(&rd, err) || i == RK_AVB_DESCRIPTORS_MAX)
            return rk_fail(err, RK_E_FORMAT, "descriptor %zu is cut short or one too many", i);
        d = &a->descriptor[i];
        if (size % 8 != 0)
            return rk_fail(err, RK_E_FORMAT, "descriptor %zu: %s, no multiple of 8", i,
                           RK_COUNTED(size, "byte"));
        *d = (struct rk_avb_descriptor) {
            .tag = tag,
            .at = (size_t)(a->aux - a->file) + (size_t)a->vbmeta.descriptors_offset + at,
            .len = DESCRIPTOR_HEAD + (size_t)size,
        };
        if (tag < sizeof readers / sizeof readers[0])
            readers[tag](&one, d);
        if (rk_rd_ok(&one, err))
            return rk_wrap(err, "descriptor %zu", i);
        a->descriptor_count++;
    }
    return RK_OK;
}

enum rk_rc rk_avb_read(const uint8_t *file, size_t len, struct rk_avb *a, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_AVB_HEADER + AUX_MAX);
    struct rk_rd rd;

    *a = (struct rk_avb) { .file = file, .len = len, .has_footer = has_footer(file, len) };
    if (!rk_avb_is(file, len))
        return rk_fail(err, RK_E_FORMAT,
                       "no AVBf footer in the last 64 bytes, no AVB0 at the start");
    a->footer = (struct rk_avb_footer) { .vbmeta_size = len };
    if (a->has_footer && read_footer(file, len, a, err))
        return err->rc;
    a->header = file + a->footer.vbmeta_offset;
    rd = (struct rk_rd) { .buf = a->header, .len = RK_AVB_HEADER };
    rk_layout_read(rk_avb_vbmeta_layout, RK_AVB_VBMETA_FIELDS, &rd, &a->vbmeta);
    if (check_blocks(&a->vbmeta, a->footer.vbmeta_size, err) ||
        find_algorithm(&a->vbmeta, &a->algorithm, err))
        return err->rc;
    a->auth = a->header + RK_AVB_HEADER;
    a->aux = a->auth + a->vbmeta.auth_size;
    rk_wr_bytes(&wr, a->header, RK_AVB_HEADER);
    rk_wr_bytes(&wr, a->aux, (size_t)a->vbmeta.aux_size);
    if (rk_wr_end(&wr, &a->covered, err) || read_descriptors(a, err))
        return err->rc;
    return RK_OK;
}

enum rk_rc rk_avb_check_signature(const struct rk_request *request, const struct rk_avb *a,
                                  EVP_PKEY *pub, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes wanted = RK_BYTES_NONE;

    if (a->algorithm == NULL)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (EVP_PKEY_get_bits(pub) != a->algorithm->bits || rk_avb_key_write(pub, &wanted, err) ||
        a->vbmeta.key_size != wanted.len ||
        memcmp(a->aux + a->vbmeta.key_offset, wanted.p, wanted.len) != 0)
        return rk_fail(err, RK_E_VERIFY, "signed by another key than the one given");
    if (rk_avb_check_hash(a, err))
        return err->rc;
    return rk_signature_check(request->ctx, pub, a->algorithm->scheme, a->covered.p, a->covered.len,
                              a->auth + a->vbmeta.sig_offset, (size_t)a->vbmeta.sig_size, err);
}
