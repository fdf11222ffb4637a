/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verified index names, read. release.json and secrets/index.json name the indices of
 * buckets by their SHA-256, those name files by theirs: whoever reads through here gets the bytes
 * that are named, or RK_E_VERIFY.
 */
#pragma once

#include "base/err.h"
#include "base/folder.h"
#include "rotkit/json.h"

#include <stdbool.h>

/* RK_E_VERIFY unless `want` is the SHA-256 of the bytes in hex; NULL: none is stated. */
enum rk_rc rk_named_check_digest(const struct rk_bytes *bytes, const char *what, const char *want,
                                 struct rk_err *err) RK_MUST_CHECK;

/* A file as an index names it: {path, role, size, sha256}; borrowed from the index. */
struct rk_named {
    const char *path, *role, *sha256;
    struct rk_jv entry;
};
/* RK_E_VERIFY unless it is of a file below `below` ("devices/0102.../"). */
enum rk_rc rk_named_of(struct rk_jv entry, const char *below, struct rk_named *ret,
                       struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_named_read(const char *root, const struct rk_named *named, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* The entry of a list (release.json's "files") with this path; false: there is none. */
bool rk_named_find(struct rk_jv files, const char *path, struct rk_named *ret);
/*
 * The paths that stand in a place against those that an index names; both are sorted here.
 * RK_E_VERIFY for one that is not named, named twice, or missing.
 */
enum rk_rc rk_named_compare(struct rk_names *standing, struct rk_names *named, const char *index,
                            struct rk_err *err) RK_MUST_CHECK;

/* ---- a bucket ---- */

struct rk_bucket {
    char path[64], below[64]; /* "devices/0102.../index.json", "devices/0102.../" */
    struct rk_bytes text;
    rk_json *doc;
    struct rk_jv files;
    size_t at; /* where a search starts: files are asked for in their order */
};
void rk_bucket_done(struct rk_bucket *bucket);
/* Its parts, of "devices/0102.../index.json"; false for a path of another form. */
bool rk_bucket_split(const char *path, char ret_top[16], char ret_bucket[32]);
/* sha256 NULL: nothing names the index. */
enum rk_rc rk_bucket_open(const char *root, const char *path, const char *sha256,
                          struct rk_bucket *ret, struct rk_err *err) RK_MUST_CHECK;
/* The bucket that an entry of "buckets" names: {path, sha256}. */
enum rk_rc rk_bucket_of(const char *root, struct rk_jv entry, struct rk_bucket *ret,
                        struct rk_err *err) RK_MUST_CHECK;
size_t rk_bucket_count(const struct rk_bucket *bucket);
enum rk_rc rk_bucket_at(const struct rk_bucket *bucket, size_t i, struct rk_named *ret,
                        struct rk_err *err) RK_MUST_CHECK;

/* ---- all buckets ---- */

struct rk_tree {
    const char *root;
    struct rk_jv buckets;    /* of an index that was verified; borrowed */
    struct rk_bucket bucket; /* the one at hand */
};
void rk_tree_done(struct rk_tree *tree);
/* The bucket that this path is in, at hand then; *ret_found false when none is named. */
enum rk_rc rk_tree_open_bucket(struct rk_tree *tree, const char *path, bool *ret_found,
                               struct rk_err *err) RK_MUST_CHECK;
/* One that is not named has a path of NULL. */
enum rk_rc rk_tree_find(struct rk_tree *tree, const char *path, struct rk_named *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY when it is not named. */
enum rk_rc rk_tree_read(struct rk_tree *tree, const char *path, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
