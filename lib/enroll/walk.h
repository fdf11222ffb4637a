/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of a release that an enrolment is about: for targets and for their checks. */
#pragma once

#include "rotkit/chain.h"
#include "rotkit/enroll_target.h"

/* The devices that are asked for, in ascending order when that is all of them. */
typedef enum rk_rc (*rk_enroll_visit)(void *arg, const struct rk_release_device *device,
                                      struct rk_err *err);
enum rk_rc rk_enroll_each(const struct rk_enroll_options *options, rk_enroll_visit visit, void *arg,
                          struct rk_err *err) RK_MUST_CHECK;
/* One of them. RK_E_USAGE when the release does not have it. */
enum rk_rc rk_enroll_device(const struct rk_enroll_options *options, const struct rk_unit_id *sn,
                            struct rk_release_device *ret, struct rk_err *err) RK_MUST_CHECK;
/* A file of the release outside its devices; one that it does not have leaves *ret empty. */
enum rk_rc rk_enroll_find_file(const struct rk_enroll_options *options, const char *path,
                               size_t max, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* Its images; the version that it states. */
enum rk_rc rk_enroll_images(const struct rk_enroll_options *options, rk_release_image_visit visit,
                            void *arg, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_enroll_version(const struct rk_enroll_options *options,
                             struct rk_release_version **ret, struct rk_err *err) RK_MUST_CHECK;
/* The CA's certificates. RK_E_USAGE when the release has none. */
enum rk_rc rk_enroll_ca_chain(const struct rk_enroll_options *options, struct rk_enroll_chain *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* How many those are. RK_E_USAGE when the release has none. */
enum rk_rc rk_enroll_device_count(const struct rk_enroll_options *options, uint64_t *ret,
                                  struct rk_err *err) RK_MUST_CHECK;
bool rk_enroll_asks_for(const struct rk_enroll_options *options, const struct rk_unit_id *sn);
/* The device's EK of this template (case does not matter). RK_E_USAGE when it states none. */
enum rk_rc rk_enroll_ek(const struct rk_release_device *device, const char *template_name,
                        const struct rk_release_ek **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * The Device SN of a text as rk_unit_id_text writes it: RK_E_VERIFY for another form of it,
 * RK_E_USAGE for what is none.
 */
enum rk_rc rk_enroll_sn(const char *text, struct rk_unit_id *ret, struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY unless sn is above last: so it shows in flat memory that no device is there twice. */
enum rk_rc rk_enroll_ascends(const struct rk_unit_id *last, const struct rk_unit_id *sn,
                             struct rk_err *err) RK_MUST_CHECK;
