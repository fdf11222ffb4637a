/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of one bucket: every file below it with role, size and SHA-256. Written from what
 * stands on disk, read back and held against it.
 */
#pragma once

#include "base/err.h"
#include "base/folder.h"
#include "rotkit/artifact.h"
#include "rotkit/json.h"

enum {
    RK_INDEX_FILE_MAX = 1 << 24,
    RK_IMAGE_FILE_MAX = 1 << 30,
    RK_BUCKET_ENTRIES_MAX = 8192,
    RK_BUCKETS_MAX = 1 << 24
};

/*
 * Visits each file of <root>/<top>/<bucket> in order; path is relative to root. index.json is
 * skipped. RK_E_VERIFY for a folder that is empty: a folder is named by the files in it.
 */
typedef enum rk_rc (*rk_bucket_visit)(void *arg, const char *path, struct rk_err *err);
enum rk_rc rk_bucket_walk(const char *root, const char *top, const char *bucket,
                          rk_bucket_visit visit, void *arg, struct rk_err *err) RK_MUST_CHECK;

enum rk_rc rk_bucket_fail_empty(const char *folder, struct rk_err *err) RK_MUST_CHECK;

/* The buckets below <root>/<top>, sorted; none when that folder does not exist. */
enum rk_rc rk_buckets_list(const char *root, const char *top, struct rk_names *ret,
                           struct rk_err *err) RK_MUST_CHECK;

/* The role of a file by its name; false: it has none. */
bool rk_role_of_path(const rk_ctx *ctx, const char *path, struct rk_role_row *ret);

/* Makes <root>/<top>/<bucket>/index.json and tells its digest; adds to the counts. */
struct rk_index_sum {
    uint8_t sha256[32];
    uint64_t devices, files;
};
enum rk_rc rk_index_write(const rk_ctx *ctx, const char *root, const char *top, const char *bucket,
                          struct rk_index_sum *ret, struct rk_err *err) RK_MUST_CHECK;

/* Puts role, size and sha256 of one file into an array. */
enum rk_rc rk_index_put(struct rk_jv files, const char *root, const char *path, const char *role,
                        struct rk_err *err) RK_MUST_CHECK;
