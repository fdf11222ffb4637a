/* SPDX-License-Identifier: Apache-2.0 */
/* What a target of enrolment is: one row, and the file that has its functions. */
#pragma once

#include "rotkit/job.h"
#include "rotkit/enroll.h"

/* Where the files go that a target makes. */
struct rk_enroll_out {
    rk_enroll_sink sink;
    void *arg;
    struct rk_enroll_report report; /* the target counts its devices, rk_enroll_put the files */
};

struct rk_enroll_target {
    const char *name;  /* as in `rotkit enroll NAME` */
    const char *title; /* for people */
    const struct rk_part_row *parts;
    const struct rk_setting_row *settings;
    bool signs;
    const char *no_devices; /* why it takes no choice of devices; NULL: it does */
    enum rk_rc (*make)(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err);
    /* NULL: the files have no rules of their own. */
    enum rk_rc (*check)(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err);
};

extern const struct rk_enroll_target rk_enroll_azure_dps, rk_enroll_keylime, rk_enroll_adcs,
    rk_enroll_hgs, rk_enroll_corim, rk_enroll_csv;

/* ---- for the targets ---- */

/* The devices that are asked for, in ascending order when that is all of them. */
typedef enum rk_rc (*rk_enroll_visit)(void *arg, const struct rk_release_device *device,
                                      struct rk_err *err);
enum rk_rc rk_enroll_each(const struct rk_enroll_options *options, rk_enroll_visit visit, void *arg,
                          struct rk_err *err) RK_MUST_CHECK;
/* How many those are. RK_E_USAGE when the release has none. */
enum rk_rc rk_enroll_device_count(const struct rk_enroll_options *options, uint64_t *ret,
                                  struct rk_err *err) RK_MUST_CHECK;
bool rk_enroll_asks_for(const struct rk_enroll_options *options, const struct rk_device_sn *sn);
enum rk_rc rk_enroll_put(struct rk_enroll_out *out, const char *name, const struct rk_bytes *bytes,
                         struct rk_err *err) RK_MUST_CHECK;
/* The device's EK of this template (case does not matter). RK_E_USAGE when it states none. */
enum rk_rc rk_enroll_ek(const struct rk_release_device *device, const char *template_name,
                        const struct rk_release_ek **ret, struct rk_err *err) RK_MUST_CHECK;
/* The setting's place among the values that it may have, ended by NULL. */
enum rk_rc rk_enroll_choice(const struct rk_job *job, const struct rk_setting_row *settings,
                            const char *name, const char *const *values, size_t *ret,
                            struct rk_err *err) RK_MUST_CHECK;

/* ---- for their checks ---- */

/* Each file of the folder, in the order of the names, of at most max bytes; *files counts them. */
typedef enum rk_rc (*rk_enroll_file)(void *arg, const struct rk_bytes *bytes, struct rk_err *err);
enum rk_rc rk_enroll_each_file(const char *folder, size_t max, rk_enroll_file each, void *arg,
                               uint64_t *files, struct rk_err *err) RK_MUST_CHECK;
/*
 * The Device SN of a text as rk_device_sn_text writes it: RK_E_VERIFY for another form of it,
 * RK_E_USAGE for what is none.
 */
enum rk_rc rk_enroll_sn(const char *text, struct rk_device_sn *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY unless sn is above last: so it shows in flat memory that no device is there twice. */
enum rk_rc rk_enroll_ascends(const struct rk_device_sn *last, const struct rk_device_sn *sn,
                             struct rk_err *err) RK_MUST_CHECK;
