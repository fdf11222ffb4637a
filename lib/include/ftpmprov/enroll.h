/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolments of a release's devices with a verifier. Source: formats/azure-dps.md. */
#pragma once

#include "ftpmprov/release.h"

/* Microsoft's bulk operation takes at most ten enrolments. */
enum { RK_ENROLL_BATCH = 10, RK_ENROLL_ID_MAX = 128 };

struct rk_enroll_options {
    const char *release;
    const char *template_name; /* whose EK is enrolled, such as "L-1"; case does not matter */
    bool id_is_sn;             /* registration id: the Device SN, else the digest of the EK */
    bool retire;               /* batches that delete instead of create */
    /* Only this device; NULL: all. */
    const struct rk_device_sn *device;
};
struct rk_enroll_report {
    uint64_t devices, files;
};
/* Takes one file; the content is borrowed. */
typedef enum rk_rc (*rk_enroll_sink)(void *arg, const char *name, const struct rk_bytes *bytes,
                                     struct rk_err *err);

/*
 * The registration id that the Azure C SDK derives: SHA-256 of the marshalled TPM2B_PUBLIC, base32
 * in lower case, no padding; 52 characters and a NUL.
 */
RK_API enum rk_rc rk_enroll_registration_id(const struct rk_bytes *public_tpm2b, char ret[53],
                                            struct rk_err *err) RK_MUST_CHECK;
/*
 * Azure DPS: files azure-dps-000001.json ..., each the body of one bulk operation. A file holds
 * devices of one bucket only, in ascending order. Memory does not grow with the number of devices.
 * The release has been verified before. RK_E_USAGE when a device has no EK of the template, or one
 * that DPS does not take (other than RSA), or when the release has no device.
 */
RK_API enum rk_rc rk_enroll_azure_dps(const struct rk_enroll_options *options, rk_enroll_sink sink,
                                      void *arg, struct rk_enroll_report *ret,
                                      struct rk_err *err) RK_MUST_CHECK;
