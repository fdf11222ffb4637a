/* SPDX-License-Identifier: Apache-2.0 */
/* From a manifest to a published, verified release. */
#pragma once

#include "rotkit/ctx.h"
#include "rotkit/release.h"

#include <signal.h>

struct rk_progress {
    uint64_t done, total; /* devices */
    uint64_t found;       /* of those done, made by an interrupted build */
};

struct rk_build_options {
    const char *manifest;
    const char *out;  /* NULL: release.path of the manifest */
    const char *tool; /* "rotkit 0.1.0" */
    bool plaintext_secrets;
    /*
     * A folder for signatures from elsewhere, at most one of the two. With to_sign, what no key
     * here can sign is written there (sigbook.h); with attach, its signatures are taken, and what
     * still is missing then is written as its next round. NULL: keys sign.
     */
    const char *to_sign, *attach;
    const char *anchor;    /* folder of the ledger's last checkpoint; NULL: licence.anchor */
    struct rk_shard shard; /* the part of the fleet to make; images and what is common: shard 0 */
    size_t jobs;           /* threads that make devices; 0: as many as the process has processors */
    bool dry_run;          /* everything but the release: every device is made and thrown away */
    /* Called as devices are done; may be NULL. */
    void (*progress)(void *arg, const struct rk_progress *at);
    /*
     * Called for each device that fails; the release then has the others. NULL: the first failure
     * ends the build. What would fail for every device alike (memory, files, keys) always does.
     */
    void (*failed)(void *arg, const struct rk_unit_id *sn, const struct rk_err *why);
    void *arg;
    const volatile sig_atomic_t
        *stop; /* non-zero ends the build between two devices; may be NULL */
};
struct rk_build_report {
    uint64_t devices, images;
    uint64_t resumed; /* devices taken over from an interrupted build */
    uint64_t failed;  /* devices left out; with none made, nothing is published */
    enum rk_release_outcome outcome;
    char path[1024];
    bool has_plaintext_secrets;
    bool has_unconfirmed_hash; /* a PublicKeyHash that no vendor value confirms went into a fuse
                                  file */
    bool stopped;              /* by `stop`; nothing was published */
    bool is_signed;            /* release.json.sig is there */
    uint64_t wanted, round;    /* signatures that are to come; unless 0 nothing was published */
};
/*
 * Reserve, make, commit, write, for every device; then publish. Whatever is inconsistent is refused
 * before the first device is made. On failure the release that stood there stands there still.
 */
enum rk_rc rk_build(const rk_ctx *ctx, const struct rk_build_options *options,
                    struct rk_build_report *ret, struct rk_err *err) RK_MUST_CHECK;
