/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuse files of whoever made them, and what a module has burnt: read, and held against each other,
 * against a PKC key and a key blob. Source: formats/jetson-factory.md 1, 2.
 */
#pragma once

#include "rotkit/ctx.h"
#include "rotkit/fuse_set.h"

enum { RK_FUSE_FILE_MAX = 65536, RK_FUSE_READING_MAX = 1 << 20 }; /* bytes */
/*
 * Reads genericfuse XML as a file for this SoC: names, sizes and values, what is wrong with each as
 * a finding; what can be used is in *ret. RK_E_FORMAT for what is no such XML. *ret: emptied with
 * rk_fuse_set_done, also after a failure.
 */
enum rk_rc rk_fuse_file_read(const uint8_t *text, size_t len, const struct rk_fuse_soc *soc,
                             struct rk_fuse_set *ret, struct rk_fuse_findings *findings,
                             struct rk_err *err) RK_MUST_CHECK;

/*
 * What odmfuseread.sh writes into fuse_info.txt, or nv_fuse_read.sh prints: lines "NAME: HEX".
 * Lines of other names are passed over. RK_E_FORMAT where a known one is malformed, twice with two
 * values, or none is there. *ret as above.
 */
enum rk_rc rk_fuse_reading(const uint8_t *text, size_t len, const struct rk_fuse_soc *soc,
                           struct rk_fuse_set *ret, struct rk_err *err) RK_MUST_CHECK;

enum rk_fuse_fate {                /* of a fuse of the set, in this module */
                    RK_FUSE_BURNS, /* it has none of it yet */
                    RK_FUSE_EQUAL, /* it has the value, so that the burner skips it */
                    RK_FUSE_ADDS,  /* a number: some of its bits, and none beside them */
                    RK_FUSE_CLASHES,
                    RK_FUSE_UNCLEAR, /* read, perhaps with its bytes in another order */
                    RK_FUSE_UNREAD,  /* no reader reads it */
                    RK_FUSE_FATES
};
const char *rk_fuse_fate_name(enum rk_fuse_fate fate);
/* Fills fate[i] of every fuse of the set, and finds what cannot be burnt. */
void rk_fuse_against_burnt(const struct rk_fuse_set *set, const struct rk_fuse_set *burnt,
                           enum rk_fuse_fate fate[RK_FUSES_MAX], struct rk_fuse_findings *findings);
/* Is the key one of those whose hash is in the set? By a rule that no vendor value confirms. */
void rk_fuse_against_key(const struct rk_fuse_set *set, EVP_PKEY *key,
                         struct rk_fuse_findings *findings);
/* A key blob, or the partition that holds it; fv of older forms, NULL when it is not known. Of
 * several the first counts, and that another differs is a finding. */
struct rk_fuse_blob {
    const uint8_t *p;
    size_t len;
    const uint8_t *fv;
};
enum rk_rc rk_fuse_against_blob(const rk_ctx *ctx, const struct rk_fuse_set *set,
                                const struct rk_fuse_blob *blob, struct rk_fuse_findings *findings,
                                struct rk_err *err) RK_MUST_CHECK;
