/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a descriptor says of a partition's bytes. Hash: H(salt ‖ content). Hash tree: dm-verity's,
 * version 1: H(salt ‖ block) of each block, each padded to a power of two, blocks of these hashed
 * again, until one block is left, whose digest is the root. It stands behind the content, the
 * uppermost level first. (veritysetup makes and verifies the same trees.)
 */
#include "image/avb.h"

#include "base/ossl.h"
#include "rotkit/counted.h"

#include <inttypes.h>
#include <string.h>

enum { BLOCK_MAX = 1 << 16 };
#define CONTENT_MAX UINT64_C(0x40000000)

static enum rk_rc find_digest(const struct rk_avb_descriptor *d, const EVP_MD **ret,
                              struct rk_err *err)
{
    *ret = EVP_get_digestbyname(d->algorithm);
    if (*ret == NULL)
        return rk_fail(err, RK_E_FORMAT, "unknown hash algorithm \"%s\"", d->algorithm);
    if ((size_t)EVP_MD_get_size(*ret) != d->digest_len)
        return rk_fail(err, RK_E_FORMAT, "a digest of %s, %s has %d",
                       RK_COUNTED(d->digest_len, "byte"), d->algorithm, EVP_MD_get_size(*ret));
    return RK_OK;
}

static enum rk_rc digest(const struct rk_avb_descriptor *d, const EVP_MD *md, EVP_MD_CTX *run,
                         const uint8_t *bytes, size_t len, uint8_t *ret, struct rk_err *err)
{
    if (run == NULL || EVP_DigestInit_ex(run, md, NULL) != 1 ||
        EVP_DigestUpdate(run, d->salt, d->salt_len) != 1 ||
        EVP_DigestUpdate(run, bytes, len) != 1 || EVP_DigestFinal_ex(run, ret, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", d->algorithm);
    return RK_OK;
}

static enum rk_rc check_hash(const struct rk_avb_descriptor *d, const EVP_MD *md,
                             const uint8_t *content, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    uint8_t found[EVP_MAX_MD_SIZE];

    if (digest(d, md, run, content, (size_t)d->image_size, found, err))
        return err->rc;
    return memcmp(found, d->digest, d->digest_len) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "the image's digest does not hold");
}

/* The digests of all blocks, padded to a whole number of blocks with zeros. */
static enum rk_rc hash_level(const struct rk_avb_descriptor *d, const EVP_MD *md,
                             const uint8_t *from, size_t len, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes level = RK_BYTES_NONE;
    size_t width = 1, block = d->data_block, count = len / block;

    while (width < d->digest_len)
        width *= 2;
    if (rk_bytes_new((count * width + block - 1) / block * block, &level, err))
        return err->rc;
    memset(level.p, 0, level.len);
    for (size_t i = 0; i < count; i++) {
        if (digest(d, md, run, from + i * block, block, level.p + i * width, err))
            return err->rc;
    }
    *ret = rk_bytes_take(&level);
    return RK_OK;
}

enum { LEVELS_MAX = 32 };
struct tree {
    struct rk_bytes level[LEVELS_MAX]; /* the lowest first */
    size_t count, len;
};

static void tree_done(struct tree *tree)
{
    for (size_t i = 0; i < LEVELS_MAX; i++)
        rk_bytes_done(&tree->level[i]);
}

static enum rk_rc make_tree(const struct rk_avb_descriptor *d, const EVP_MD *md,
                            const uint8_t *content, struct tree *ret, struct rk_err *err)
{
    const uint8_t *from = content;
    size_t len = (size_t)d->image_size;

    while (len > d->data_block) {
        struct rk_bytes *level = &ret->level[ret->count];

        if (ret->count == LEVELS_MAX)
            return rk_fail(err, RK_E_FORMAT, "a tree of more than %s",
                           RK_COUNTED(LEVELS_MAX, "level"));
        if (hash_level(d, md, from, len, level, err))
            return err->rc;
        ret->count++;
        ret->len += level->len;
        from = level->p;
        len = level->len;
    }
    return RK_OK;
}

/* What dm-verity reads: the tree as it stands in the partition. */
static enum rk_rc compare_tree(const struct rk_avb_descriptor *d, const struct tree *tree,
                               const uint8_t *stored, struct rk_err *err)
{
    if (tree->len != d->tree_size)
        return rk_fail(err, RK_E_FORMAT, "a tree of %s, expected %zu",
                       RK_COUNTED(d->tree_size, "byte"), tree->len);
    for (size_t i = tree->count; i-- > 0;) {
        if (memcmp(stored, tree->level[i].p, tree->level[i].len) != 0)
            return rk_fail(err, RK_E_VERIFY, "the hash tree in the image is another");
        stored += tree->level[i].len;
    }
    return RK_OK;
}

static enum rk_rc check_tree(const struct rk_avb_descriptor *d, const EVP_MD *md,
                             const uint8_t *content, struct rk_err *err)
{
    RK_AUTO(tree_done) struct tree tree = { .count = 0 };
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *run = EVP_MD_CTX_new();
    uint8_t root[EVP_MAX_MD_SIZE];
    const uint8_t *top = content;

    if (make_tree(d, md, content, &tree, err))
        return err->rc;
    if (tree.count != 0)
        top = tree.level[tree.count - 1].p;
    if (digest(d, md, run, top, d->data_block, root, err))
        return err->rc;
    if (memcmp(root, d->digest, d->digest_len) != 0)
        return rk_fail(err, RK_E_VERIFY, "the root of the image's hash tree does not hold");
    return compare_tree(d, &tree, content + d->tree_offset, err);
}

static enum rk_rc check_numbers(const struct rk_avb_descriptor *d, size_t len, struct rk_err *err)
{
    if (d->image_size > len || d->image_size > CONTENT_MAX)
        return rk_fail(err, RK_E_VERIFY, "the descriptor is over %s, the image has %zu",
                       RK_COUNTED(d->image_size, "byte"), len);
    if (d->tag == RK_AVB_HASH)
        return RK_OK;
    if (d->data_block != d->hash_block || d->data_block < 512 || d->data_block > BLOCK_MAX ||
        (d->data_block & (d->data_block - 1)) != 0 || d->image_size == 0 ||
        d->image_size % d->data_block != 0)
        return rk_fail(err, RK_E_FORMAT,
                       "blocks of %u and %s over %" PRIu64
                       ": expected one power of two from 512 that divides it",
                       d->data_block, RK_COUNTED(d->hash_block, "byte"), d->image_size);
    if (d->tree_offset > len || d->tree_size > len - d->tree_offset)
        return rk_fail(err, RK_E_VERIFY,
                       "the hash tree, %s at %" PRIu64 ", does not fit into the image's %zu",
                       RK_COUNTED(d->tree_size, "byte"), d->tree_offset, len);
    return RK_OK;
}

enum rk_rc rk_avb_check_content(const struct rk_avb_descriptor *d, const uint8_t *content,
                                size_t len, struct rk_err *err)
{
    const EVP_MD *md;

    if (find_digest(d, &md, err) || check_numbers(d, len, err))
        return err->rc;
    return d->tag == RK_AVB_HASH ? check_hash(d, md, content, err)
                                 : check_tree(d, md, content, err);
}
