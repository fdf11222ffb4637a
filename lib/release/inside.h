/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/release share about a release that is being written. */
#pragma once

#include "base/err.h"
#include "ftpmprov/json.h"
#include "ftpmprov/file.h"
#include "ftpmprov/release.h"

struct rk_release {
    const rk_ctx *ctx;
    const struct rk_release_options *options;
    rk_json *doc;       /* release.json as far as it is known */
    struct rk_jv files; /* its "files" */
    rk_json *previous;  /* release.json of the release in place; NULL: there is none */
    bool has_secrets;
    char path[RK_PATH_MAX], staging[RK_PATH_MAX];
    int lock; /* on the staging folder, as long as this build is at work; -1: none */
};
enum { RK_RELEASE_JSON_MAX = 1 << 30 };

/* images.c: an image of release.json read and held against its format and signer. */
enum rk_rc rk_image_verify(const rk_ctx *ctx, const char *root, struct rk_jv entry,
                           const struct rk_bytes *bytes, struct rk_err *err) RK_MUST_CHECK;
