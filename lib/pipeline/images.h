/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image lane: components in, images out, in the order that they need each other. Each is packed
 * or taken as it is, then encrypted and signed in the order that its format demands.
 */
#pragma once

#include "pipeline/plan.h"

typedef struct rk_images rk_images;

/*
 * Makes every image of the manifest in memory. `previous` (NULL: none) is asked for signatures that
 * it has over the same bytes. With dry_run no hand-over file is written. Signatures that are to
 * come from elsewhere are added to wants; the images that need them are not there then, and nothing
 * may be published.
 */
enum rk_rc rk_images_make(const rk_ctx *ctx, const struct rk_plan *plan, const rk_release *previous,
                          bool dry_run, struct rk_wants *wants, rk_images **ret,
                          struct rk_err *err) RK_MUST_CHECK;
void rk_images_free(rk_images *images);
/* How many of them are for the release. */
size_t rk_images_count(const rk_images *images);
/* Puts those into the release. */
enum rk_rc rk_images_publish(const rk_images *images, rk_release *release,
                             struct rk_err *err) RK_MUST_CHECK;
