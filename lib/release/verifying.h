/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that verify a release share: one verification under way, and its buckets. */
#pragma once

#include "release/release.h"

struct rk_verifying {
    const rk_ctx *ctx;
    bool staged; /* not published yet: the journal still stands beside the rest */
    struct rk_release_view *view;
    const struct rk_release_asked *asked;
    rk_trust *trust;        /* by ca/chain.pem; NULL when the release has none */
    STACK_OF(X509) * chain; /* its certificates, then */
    int64_t now;
    uint64_t stated; /* devices, by release.json */
};
/* What was asked and cannot be known: the first reason is told, and all that is needed. */
void rk_verifying_unchecked(const struct rk_verifying *v, unsigned needs, const char *why);

/* What one thread has found. */
struct rk_counting {
    const struct rk_verifying *v;
    struct rk_certifying certifying;
    uint64_t files, devices;
    bool is_main; /* of the files outside the buckets, where images are */
};
/* One file as an index names it: its digest, its format, and for whom it is certified. */
enum rk_rc rk_verifying_entry(struct rk_counting *c, const struct rk_named *named,
                              struct rk_err *err) RK_MUST_CHECK;

/* A list of buckets: named by an index, or of a release that names none. */
struct rk_bucket_list {
    struct rk_jv named;              /* {path, sha256} each */
    const char *but;                 /* of these, none below this folder; NULL: all */
    const char *top;                 /* else the folders in it */
    const struct rk_names *standing; /* then */
};
/* Buckets know nothing of each other, so threads check them; the first error is the one told. */
enum rk_rc rk_verifying_buckets(struct rk_verifying *v, const struct rk_bucket_list *list,
                                uint64_t *ret_devices, struct rk_err *err) RK_MUST_CHECK;
