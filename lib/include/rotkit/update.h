/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An update from one release to the next: judged before it is shipped, and packed. A device's EK
 * follows from its EPS and the derivation of its firmware TPM, so an update that changes either
 * leaves every certificate without its key (formats/jetson-ftpm-ekb.md 4.3, ek-derivation.md 6).
 */
#pragma once

#include "rotkit/unit_id.h"
#include "rotkit/mac.h"
#include "rotkit/seed_files.h"
#include "rotkit/signer.h"
#include "rotkit/version.h"

enum rk_update_result {
    RK_UPDATE_HOLDS,
    RK_UPDATE_DECLARED,       /* changes, and the newer release says so */
    RK_UPDATE_NOT_RECOMPUTED, /* no seeds for it, or out of the sample */
    RK_UPDATE_UNKNOWN,        /* a release does not state it, so nobody can tell */
    RK_UPDATE_BREAKS,
    RK_UPDATE_RESULTS
};
const char *rk_update_result_name(enum rk_update_result result); /* "breaks" */

struct rk_update_finding {
    enum rk_update_result result;
    const char *rule;            /* "version", "component", "derivation", ... */
    const struct rk_unit_id *sn; /* NULL: of no one device */
    char text[320];
};
struct rk_update_options { /* everything is borrowed */
    const char *older, *newer;
    EVP_PKEY *pub; /* the key that must have signed both releases; NULL: not checked */
    /* To recompute from: a KDK database with its EPS seeds, or a master key; NULL: neither. */
    struct rk_seed_files seeds;
    const rk_mac *master;
    uint64_t sample; /* recompute this many devices, spread evenly; 0: all */
    size_t jobs;     /* threads that recompute; 0: as many as the process has processors */
    void (*report)(void *arg, const struct rk_update_finding *finding); /* may be NULL */
    void *arg;
};
struct rk_update_verdict {
    size_t faults;            /* findings that break something */
    size_t unknown;           /* findings of which nobody can tell */
    uint64_t devices, broken; /* of the older release */
    uint64_t recomputed;      /* devices whose EKs were made again */
    char from[RK_VERSION_TEXT], to[RK_VERSION_TEXT];
    char first[400]; /* the first fault, else the first that is unknown; "" when there is none */
};
/*
 * Verifies both releases, then holds the newer against the older: versions and ratchets never fall;
 * derivation, seed inputs and NV layout stay or are declared; both slots read the key blob; parts
 * of the capsules fit both slots; every device of the older release keeps its EKs, by what the
 * newer one states and by recomputation. RK_OK when all could be looked at, whatever the verdict.
 * RK_E_USAGE when a release states no version. Findings come in the same order on any number of
 * threads.
 */
enum rk_rc rk_update_check(const rk_ctx *ctx, const struct rk_update_options *options,
                           struct rk_update_verdict *ret, struct rk_err *err) RK_MUST_CHECK;

struct rk_update_make_options { /* borrowed */
    const char *older, *newer;
    const char *path; /* folder of the bundle; must not exist. Not used with to_sign */
    /*
     * A folder for the signature from elsewhere (sigbook.h), at most one of the two: with to_sign
     * it is written and no bundle is made; with attach its signature is taken. NULL: the key signs.
     */
    const char *to_sign, *attach;
    const char *tool; /* "rotkit 0.1.0" */
    rk_signer *signer;
    enum rk_scheme scheme; /* RK_SCHEME_NONE: the key's default */
    EVP_PKEY *pub;         /* who must have signed both releases; NULL: the signer */
    bool dry_run;
};
struct rk_update_made {
    size_t payloads;
    uint64_t wanted;                  /* signatures that to_sign asks for; 0: the bundle is made */
    struct rk_update_verdict verdict; /* without recomputation */
};
/*
 * The bundle: every image of the newer release in a format that the platform's row updates by, the
 * manifest update.json (our own format, which it says) and its detached signature update.json.sig,
 * made as release.json.sig is. Built beside its place, verified as rk_update_verify does, then
 * renamed. RK_E_VERIFY when rk_update_check finds a fault, RK_E_UNKNOWN when it cannot tell;
 * RK_E_USAGE when the release holds no such image.
 */
enum rk_rc rk_update_make(const rk_ctx *ctx, const struct rk_update_make_options *options,
                          struct rk_update_made *ret, struct rk_err *err) RK_MUST_CHECK;

/* True when path is a folder that holds an update.json. */
bool rk_update_is(const char *path);
struct rk_update_report {
    char from[RK_VERSION_TEXT], to[RK_VERSION_TEXT];
    size_t payloads;
    char signer[96];     /* "not checked", or what the key was that signed */
    char unchecked[256]; /* what was asked and could not be checked, and why; "": nothing */
};
/*
 * Verifies a bundle from public material alone: update.json.sig by the key that update.json names,
 * and with `pub` (NULL: not checked) that this is it; every payload present with its size and
 * digest, whole in its format, which the platform updates by, and signed by the key that
 * update.json names for it; nothing else there. RK_E_VERIFY names
 * the file.
 */
enum rk_rc rk_update_verify(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                            struct rk_update_report *ret, struct rk_err *err) RK_MUST_CHECK;
