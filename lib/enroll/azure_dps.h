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

/* What settings and parts make of each device. */
enum { RK_DPS_ID_EK, RK_DPS_ID_SN };
enum { RK_DPS_CREATE, RK_DPS_UPDATE, RK_DPS_DELETE };
struct rk_dps_rule {
    const char *template_name;
    size_t id, mode;
    rk_json *twin;              /* NULL: none */
    const struct rk_input *srk; /* NULL: none */
};
extern const char *const rk_dps_modes[]; /* by number; NULL behind the last */
extern const struct rk_setting_row rk_dps_settings[];
enum rk_rc rk_dps_rule_open(const struct rk_request *request, struct rk_dps_rule *ret,
                            struct rk_err *err) RK_MUST_CHECK;
void rk_dps_rule_done(struct rk_dps_rule *rule); /* for RK_AUTO */
/* The enrolment of one device, behind those that stand in the array. */
enum rk_rc rk_dps_put(const struct rk_dps_rule *rule, const struct rk_unit_id *sn,
                      const struct rk_bytes *ek, struct rk_jv enrollments,
                      struct rk_err *err) RK_MUST_CHECK;

/* The members that a template may give each enrolment. RK_E_FORMAT names the place. */
enum rk_rc rk_dps_check_twin(rk_json *twin, struct rk_err *err) RK_MUST_CHECK;
/* A file of enrolments by the service's rules alone. RK_E_FORMAT names the place. */
enum rk_rc rk_dps_check_operation(rk_json *doc, struct rk_err *err) RK_MUST_CHECK;
/* Each file of a folder against the service's rules, each enrolment against the release. */
enum rk_rc rk_dps_check(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;

/*
 * Storage root keys, a line a device: Device SN, one blank, base64 of the TPM2B_PUBLIC; sorted by
 * Device SN, none twice. RK_E_USAGE names the line.
 */
enum rk_rc rk_dps_srk_check(const struct rk_input *file, struct rk_err *err) RK_MUST_CHECK;
/* A device's key in a file that has been checked. RK_E_USAGE when it has none. */
enum rk_rc rk_dps_srk_find(const struct rk_input *file, const struct rk_unit_id *sn,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
