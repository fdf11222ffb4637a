/* SPDX-License-Identifier: Apache-2.0 */
/* The service's rules, for the writer of enrolments and for their check. formats/azure-dps.md 5.1
 */
#pragma once

#include "rotkit/enroll_target.h"
#include "rotkit/json.h"

enum {
    RK_DPS_BATCH = 10,              /* enrolments in a bulk operation */
    RK_DPS_MESSAGE_MAX = 96 * 1024, /* bytes */
};

/* The members that a template may give each enrolment. RK_E_FORMAT names the place. */
enum rk_rc rk_dps_check_twin(rk_json *twin, struct rk_err *err) RK_MUST_CHECK;
/* Each file of a folder against the service's rules, each enrolment against the release. */
enum rk_rc rk_dps_check(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;

/*
 * Storage root keys, a line a device: Device SN, one blank, base64 of the TPM2B_PUBLIC; sorted by
 * Device SN, none twice. RK_E_USAGE names the line.
 */
enum rk_rc rk_dps_srk_check(const struct rk_input *file, struct rk_err *err) RK_MUST_CHECK;
/* A device's key in a file that has been checked. RK_E_USAGE when it has none. */
enum rk_rc rk_dps_srk_find(const struct rk_input *file, const struct rk_device_sn *sn,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
