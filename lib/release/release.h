/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/release share about a release that is being written. */
#pragma once

#include "base/err.h"
#include "rotkit/json.h"
#include "rotkit/publish.h"
#include "rotkit/release.h"
#include "release/journal.h"

struct rk_release {
    const rk_ctx *ctx;
    const struct rk_release_options *options;
    rk_json *doc;               /* release.json as far as it is known */
    struct rk_jv files;         /* its "files" */
    rk_json *previous;          /* release.json of the release in place; NULL: there is none */
    struct rk_journal journal;  /* of the devices; none when the options name no inputs */
    struct rk_bytes index;      /* release.json, once it is written */
    struct rk_new_folder place; /* locked as long as this build is at work */
};
enum { RK_RELEASE_JSON_MAX = 1 << 30 };

/* signature.c: of release.json */
enum { RK_RELEASE_SIG_MAX = 8192 };
#define RK_RELEASE_SIG "release.json.sig"
void rk_release_put_signer(rk_release *release);
/*
 * The file of a release at root against the key that release.json (doc, over the bytes text) names,
 * and against pub unless NULL. RK_E_VERIFY. Tells in ret_signer what was checked.
 */
enum rk_rc rk_release_verify_signature(const rk_ctx *ctx, const char *root, rk_json *doc,
                                       const struct rk_bytes *text, EVP_PKEY *pub,
                                       char ret_signer[96], struct rk_err *err) RK_MUST_CHECK;
/* writer.c: rk_release_begin, but for what is at the head of release.json. */
enum rk_rc rk_release_open(const rk_ctx *ctx, const struct rk_release_options *options,
                           rk_release **ret, struct rk_err *err) RK_MUST_CHECK;
/* staging.c: the indices and release.json, unless they have been written. */
enum rk_rc rk_release_close_index(rk_release *release, struct rk_err *err) RK_MUST_CHECK;
/* A new file of the staging folder, with the folders above it. */
enum rk_rc rk_release_stage(const rk_release *release, const char *path, enum rk_file_mode mode,
                            const void *bytes, size_t len, struct rk_err *err) RK_MUST_CHECK;
/* A file of the release in place; empty *ret when there is none. */
enum rk_rc rk_release_read_previous(const rk_release *release, const char *path,
                                    struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;

/* verify.c: rk_release_verify of a staging folder. */
enum rk_rc rk_release_verify_staged(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                    struct rk_err *err) RK_MUST_CHECK;
/* version.c: "version" and "update"; nothing when version is NULL. */
void rk_release_put_version(struct rk_jv root, const struct rk_release_version *version);

/* images.c: an image of release.json against its format and signer. Tells whether part of it is
 * encrypted, and so not looked into: that is what release.json says it is, and no more. */
enum rk_rc rk_image_verify(const rk_ctx *ctx, const char *root, struct rk_jv entry,
                           const struct rk_bytes *bytes, bool *ret_encrypted,
                           struct rk_err *err) RK_MUST_CHECK;
