/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enrolment: what a release knows of its devices, its CA and its images, as the files that those
 * who attest devices take. Every target is a file of lib/enroll and a row in lib/tables; this is
 * how a caller asks by row name. Sources: formats/azure-dps.md, formats/ek-certificate.md, and each
 * target's file.
 */
#pragma once

#include "rotkit/format.h"
#include "rotkit/release.h"

struct rk_enroll_target_info {
    const char *name, *title;
    const struct rk_part_row *parts;       /* files that it takes; may be NULL */
    const struct rk_setting_row *settings; /* may be NULL */
    bool signs;                            /* takes a key */
    bool checks;                           /* rk_enroll_check knows its files */
};
/* Row i in table order; false past the end. */
bool rk_enroll_target_at(const rk_ctx *ctx, size_t i, struct rk_enroll_target_info *ret);

/* Everything is borrowed. */
struct rk_enroll_options {
    const char *target;
    const char *release;   /* has been verified */
    rk_release_view *view; /* what is read of it is what was verified; NULL: read it as it stands */
    const struct rk_unit_id *device;
    size_t device_count; /* only these devices; 0: all */
    /* Parts and settings by the target's rows, and the public half of the key that signs. */
    const struct rk_request *request;
    const struct rk_signing *by; /* who signs; may be NULL when request has no key */
};
struct rk_enroll_report {
    uint64_t devices, files;
};
/*
 * Takes one file; the content is borrowed. The name may have one folder in front, such as
 * "tpm_cert_store/root.pem".
 */
typedef enum rk_rc (*rk_enroll_sink)(void *arg, const char *name, const struct rk_bytes *bytes,
                                     struct rk_err *err);

/*
 * Makes the target's files, in a fixed order. Memory does not grow with the number of devices.
 * RK_E_USAGE for an unknown target, for a part, setting, key or devices that its row does not take,
 * and when the release lacks what the target needs; whatever else the keys and the sink give. With
 * a book of signatures in options->by, nothing is made while by->wants is not empty. A device that
 * the service would not take is found when its turn comes: after a failure, what the sink has had
 * is to be thrown away.
 */
enum rk_rc rk_enroll(const struct rk_enroll_options *options, rk_enroll_sink sink, void *arg,
                     struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Holds a folder of such files against the target's own rules and against the release; shares no
 * state with what wrote them. RK_E_VERIFY names the file and the place in it; RK_E_USAGE for a
 * target that has no such check.
 */
enum rk_rc rk_enroll_check(const struct rk_enroll_options *options, const char *folder,
                           struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;

/*
 * The registration id that the Azure C SDK derives: SHA-256 of the marshalled TPM2B_PUBLIC, base32
 * in lower case, no padding; 52 characters and a NUL. formats/azure-dps.md 5.1.
 */
enum rk_rc rk_enroll_registration_id(const struct rk_bytes *public_tpm2b, char ret[53],
                                     struct rk_err *err) RK_MUST_CHECK;
