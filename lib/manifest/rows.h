/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that every platform's manifest has. One file a section; each exports its rows. */
#pragma once

#include "base/err.h"
#include "rotkit/manifest.h"
#include "rotkit/platform.h"

extern const struct rk_mrow rk_manifest_rows[], rk_devices_rows[], rk_ek_rows[],
    rk_certificate_rows[], rk_ca_rows[], rk_secrets_rows[], rk_release_rows[], rk_image_rows[],
    rk_licence_rows[];
#define RK_M(member) offsetof(struct rk_manifest, member)

/* The member that a row is about; base is what its offset counts from. */
void *rk_manifest_member(void *base, const struct rk_mrow *row);
/* The rows above with a platform's own among them. */
enum { RK_MROWS_TOP = 24, RK_MROWS_DEVICES = 16 };
struct rk_mrows {
    struct rk_mrow top[RK_MROWS_TOP], devices[RK_MROWS_DEVICES];
    char platform_help[256];
};
/* Of one platform, or of all that there are (NULL). */
enum rk_rc rk_mrows_make(const rk_ctx *ctx, const struct rk_platform *only, struct rk_mrows **ret,
                         struct rk_err *err) RK_MUST_CHECK;
void rk_mrows_done(struct rk_mrows **rows); /* for RK_AUTO */

/* The largest value of a kind of number; 0 for the other kinds. */
uint64_t rk_manifest_max(enum rk_mkind kind);

/*
 * Rules between values, each where the values that it asks are there; the faults are added to those
 * of the values.
 */
struct rk_mfaults;
enum rk_rc rk_manifest_check(const struct rk_manifest *manifest, struct rk_mfaults *faults,
                             struct rk_err *err) RK_MUST_CHECK;
