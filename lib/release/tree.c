/* SPDX-License-Identifier: Apache-2.0 */
#include "release/tree.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "release/index.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

/* ---- one file ---- */

enum rk_rc rk_named_check_digest(const struct rk_bytes *bytes, const char *what, const char *want,
                                 struct rk_err *err)
{
    uint8_t digest[32];
    char text[65];

    if (rk_sha256(bytes->p, bytes->len, digest, err))
        return err->rc;
    rk_hex_write(digest, sizeof digest, text);
    if (want == NULL || strcmp(want, text) != 0)
        return rk_fail(err, RK_E_VERIFY, "\"%s\": SHA-256 is %s, the index says %.64s", what, text,
                       want == NULL ? "nothing" : want);
    return RK_OK;
}

enum rk_rc rk_named_of(struct rk_jv entry, const char *below, struct rk_named *ret,
                       struct rk_err *err)
{
    const struct rk_named named = {
        .path = rk_json_str(rk_json_get(entry, "path")),
        .role = rk_json_str(rk_json_get(entry, "role")),
        .sha256 = rk_json_str(rk_json_get(entry, "sha256")),
        .entry = entry,
    };

    if (named.path == NULL || named.role == NULL || strncmp(named.path, below, strlen(below)) != 0)
        return rk_fail(err, RK_E_VERIFY, "an index entry names no file below \"%s\"", below);
    *ret = named;
    return RK_OK;
}

enum rk_rc rk_named_read(const char *root, const struct rk_named *named, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    size_t max = strcmp(named->role, "image") == 0 ? RK_IMAGE_FILE_MAX : RK_INDEX_FILE_MAX;

    if (rk_beneath_read(root, named->path, max, &bytes, err) ||
        rk_named_check_digest(&bytes, named->path, named->sha256, err))
        return err->rc;
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}

bool rk_named_find(struct rk_jv files, const char *path, struct rk_named *ret)
{
    struct rk_err other;

    for (size_t i = 0; i < rk_json_count(files); i++) {
        if (rk_named_of(rk_json_at(files, i), path, ret, &other) == RK_OK &&
            strcmp(ret->path, path) == 0)
            return true;
    }
    return false;
}

/* ---- names ---- */

enum rk_rc rk_named_compare(struct rk_names *standing, struct rk_names *named, const char *index,
                            struct rk_err *err)
{
    size_t i = 0;

    rk_names_sort(standing);
    rk_names_sort(named);
    for (size_t k = 0; k < named->count; k++) {
        const char *name = named->name[k];
        int order = i == standing->count ? 1 : strcmp(standing->name[i], name);

        if (k > 0 && strcmp(named->name[k - 1], name) == 0)
            return rk_fail(err, RK_E_VERIFY, "%s names \"%s\" twice", index, name);
        if (order > 0)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" is missing", name);
        if (order < 0)
            break;
        i++;
    }
    if (i < standing->count)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" stands here, and %s does not name it",
                       standing->name[i], index);
    return RK_OK;
}

/* ---- a bucket ---- */

void rk_bucket_done(struct rk_bucket *bucket)
{
    rk_bytes_done(&bucket->text);
    rk_json_free(bucket->doc);
    *bucket = (struct rk_bucket) { .doc = NULL };
}

bool rk_bucket_split(const char *path, char ret_top[16], char ret_bucket[32])
{
    const char *first = strchr(path, '/');
    const char *second = first == NULL ? NULL : strchr(first + 1, '/');

    if (second == NULL || strcmp(second, "/index.json") != 0 || first - path > 15 ||
        second - first > 31)
        return false;
    (void)snprintf(ret_top, 16, "%.*s", (int)(first - path), path);
    (void)snprintf(ret_bucket, 32, "%.*s", (int)(second - first - 1), first + 1);
    return true;
}

enum rk_rc rk_bucket_open(const char *root, const char *path, const char *sha256,
                          struct rk_bucket *ret, struct rk_err *err)
{
    RK_AUTO(rk_bucket_done) struct rk_bucket bucket = { .doc = NULL };
    int n = snprintf(bucket.path, sizeof bucket.path, "%s", path);
    char *slash;

    if (n < 0 || (size_t)n >= sizeof bucket.path)
        return rk_fail(err, RK_E_VERIFY, "\"%.80s\" is no index of a bucket", path);
    memcpy(bucket.below, bucket.path, sizeof bucket.below);
    slash = strrchr(bucket.below, '/');
    if (slash != NULL)
        slash[1] = '\0';
    if (rk_beneath_read(root, path, RK_INDEX_FILE_MAX, &bucket.text, err) ||
        (sha256 != NULL && rk_named_check_digest(&bucket.text, path, sha256, err)))
        return err->rc;
    if (rk_json_parse(bucket.text.p, bucket.text.len, &bucket.doc, err))
        return rk_wrap(err, "\"%s\"", path);
    bucket.files = rk_json_get(rk_json_root(bucket.doc), "files");
    *ret = bucket;
    bucket = (struct rk_bucket) { .doc = NULL };
    return RK_OK;
}

enum rk_rc rk_bucket_of(const char *root, struct rk_jv entry, struct rk_bucket *ret,
                        struct rk_err *err)
{
    const char *path = rk_json_str(rk_json_get(entry, "path"));
    const char *sha256 = rk_json_str(rk_json_get(entry, "sha256"));
    char top[16], bucket[32];

    if (path == NULL || sha256 == NULL || !rk_bucket_split(path, top, bucket))
        return rk_fail(err, RK_E_VERIFY, "a bucket is malformed");
    return rk_bucket_open(root, path, sha256, ret, err);
}

size_t rk_bucket_count(const struct rk_bucket *bucket)
{
    return rk_json_count(bucket->files);
}

enum rk_rc rk_bucket_at(const struct rk_bucket *bucket, size_t i, struct rk_named *ret,
                        struct rk_err *err)
{
    return rk_named_of(rk_json_at(bucket->files, i), bucket->below, ret, err);
}

/* ---- all buckets ---- */

void rk_tree_done(struct rk_tree *tree)
{
    rk_bucket_done(&tree->bucket);
}

enum rk_rc rk_tree_open_bucket(struct rk_tree *tree, const char *path, bool *ret_found,
                               struct rk_err *err)
{
    const char *first = strchr(path, '/'), *second = first == NULL ? NULL : strchr(first + 1, '/');
    size_t len = second == NULL ? 0 : (size_t)(second - path) + 1;

    *ret_found = len != 0 && tree->bucket.doc != NULL && strlen(tree->bucket.below) == len &&
                 memcmp(tree->bucket.below, path, len) == 0;
    if (len == 0 || *ret_found)
        return RK_OK;
    rk_bucket_done(&tree->bucket);
    for (size_t i = 0; i < rk_json_count(tree->buckets); i++) {
        struct rk_jv entry = rk_json_at(tree->buckets, i);
        const char *index = rk_json_str(rk_json_get(entry, "path"));

        if (index == NULL || strncmp(index, path, len) != 0 ||
            strcmp(index + len, "index.json") != 0)
            continue;
        *ret_found = true;
        return rk_bucket_of(tree->root, entry, &tree->bucket, err);
    }
    return RK_OK;
}

enum rk_rc rk_tree_find(struct rk_tree *tree, const char *path, struct rk_named *ret,
                        struct rk_err *err)
{
    struct rk_bucket *bucket = &tree->bucket;
    size_t count;
    bool found;

    if (rk_tree_open_bucket(tree, path, &found, err))
        return err->rc;
    count = found ? rk_bucket_count(bucket) : 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = (bucket->at + i) % count;

        if (rk_bucket_at(bucket, at, ret, err))
            return err->rc;
        if (strcmp(ret->path, path) == 0) {
            bucket->at = at;
            return RK_OK;
        }
    }
    *ret = (struct rk_named) { .path = NULL };
    return RK_OK;
}

enum rk_rc rk_tree_read(struct rk_tree *tree, const char *path, struct rk_bytes *ret,
                        struct rk_err *err)
{
    struct rk_named named;

    if (rk_tree_find(tree, path, &named, err))
        return err->rc;
    if (named.path == NULL)
        return rk_fail(err, RK_E_VERIFY, "\"%.300s\" is in no index of the release", path);
    return rk_named_read(tree->root, &named, ret, err);
}
