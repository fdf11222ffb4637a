/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Releases, read: whether one holds, and what it states of its devices. Form: release.json names
 * every file with size and SHA-256, release.json.sig is over its bytes; see rotkit-release(1).
 */
#pragma once

#include "ftpmprov/ekcert.h"

#include <stdbool.h>

/* What was found in a release that holds. */
typedef struct rk_release_report rk_release_report;
/* What a release states of one device. */
typedef struct rk_release_device rk_release_device;

/* Whom a release must come from. RK_RELEASE_ORIGIN_INIT makes one. */
struct rk_release_origin {
    size_t size;          /* of this struct, as the caller was compiled */
    const rk_public *key; /* who must have signed it; NULL: not asked, and a signature that is there
                           * must hold under the key that the release itself names */
    const rk_trust *trust; /* where its CA and each EK certificate must come from; NULL: not asked.
                            * With key NULL it is then not known who signed: RK_E_UNKNOWN */
};
/* Asks nothing. */
#define RK_RELEASE_ORIGIN_INIT                                                                     \
    {                                                                                              \
        .size = sizeof(struct rk_release_origin)                                                   \
    }

/*
 * Verifies a release from public material alone: its signature, each file by size, digest and
 * format, that no other file is there, sealed files by the signed index of them, and that each EK
 * certificate comes from ca/chain.pem and is for the key that its device states.
 *   path: the folder
 *   origin: NULL: nothing is asked
 *   ret: the report; freed with rk_release_report_free
 * RK_E_VERIFY names the file that does not hold, and is what an unsigned release gives of which an
 * origin is asked; RK_E_UNKNOWN when nothing fails, but a trust is asked and no key, or no list in
 * date covers a certificate, or the release was made before its sealed files and the ledger's
 * checkpoint were named by what its key signs; RK_E_FORMAT for a
 * release.json that is malformed, RK_E_IO when a file cannot be read, RK_E_USAGE for an origin of a
 * newer library, a path that is too long and a file that is too large; RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_release_report_new(const rk_ctx *ctx, const char *path,
                                        const struct rk_release_origin *origin,
                                        rk_release_report **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees it.
 *   report: may be NULL
 */
RK_API void rk_release_report_free(rk_release_report *report);
/*
 * How many devices the release has.
 *   report: the report
 * Returns their number.
 */
RK_API uint64_t rk_release_report_devices(const rk_release_report *report);
/*
 * How many files were verified: what release.json and its indexes name, these themselves and the
 * checkpoint of the ledger apart.
 *   report: the report
 * Returns their number.
 */
RK_API uint64_t rk_release_report_files(const rk_release_report *report);
/*
 * How many EK certificates were verified.
 *   report: the report
 * Returns their number.
 */
RK_API uint64_t rk_release_report_certificates(const rk_release_report *report);
/*
 * How many images were verified.
 *   report: the report
 * Returns their number.
 */
RK_API uint64_t rk_release_report_images(const rk_release_report *report);
/*
 * Who signed, for people: "not checked" when the origin had no key.
 *   report: the report
 * Returns a text that lives as long as the report.
 */
RK_API const char *rk_release_report_signer(const rk_release_report *report);
/*
 * Compares a release with the one before it: no image may be gone, no anti-rollback value may
 * fall. Both have been verified before.
 *   newer: the folder
 *   older: the folder
 * RK_E_VERIFY names the image and the value; RK_E_FORMAT, RK_E_IO, RK_E_USAGE, RK_E_INTERNAL,
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_release_not_older(const rk_ctx *ctx, const char *newer, const char *older,
                                       struct rk_err *err) RK_MUST_CHECK;
/*
 * Calls a function with the Device SN of each device, in ascending order, until it fails.
 *   path: the folder
 *   visit: gets 20 hex digits, borrowed for the call; what it returns ends the walk unless RK_OK
 *   arg: handed through
 * What visit returned; RK_E_USAGE when the folder is no release, RK_E_IO, RK_E_FORMAT, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_release_list(const char *path,
                                  enum rk_rc (*visit)(void *arg, const char *device_sn,
                                                      struct rk_err *err),
                                  void *arg, struct rk_err *err) RK_MUST_CHECK;
/*
 * Reads what a release states of one device: its EKs and their certificates.
 *   path: the folder
 *   device_sn: 20 hex digits, or 4, a hyphen and 16
 *   ret: the device; freed with rk_release_device_free
 * RK_E_USAGE when the release has no such device or the Device SN is malformed, RK_E_FORMAT when
 * what it states is malformed, RK_E_IO, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_release_device_open(const char *path, const char *device_sn,
                                         rk_release_device **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees it.
 *   device: may be NULL
 */
RK_API void rk_release_device_free(rk_release_device *device);
/*
 * How many EKs it has.
 *   device: the device
 * Returns their number; 0 in a release of an OEM, which states none.
 */
RK_API size_t rk_release_device_eks(const rk_release_device *device);
/*
 * The template of an EK.
 *   device: the device
 *   i: below rk_release_device_eks
 * Returns its name, such as "L-1"; it lives as long as the device.
 */
RK_API const char *rk_release_device_template(const rk_release_device *device, size_t i);
/*
 * The public area of an EK.
 *   device: the device
 *   i: below rk_release_device_eks
 * Returns a marshalled TPM2B_PUBLIC that lives as long as the device.
 */
RK_API const struct rk_bytes *rk_release_device_public_area(const rk_release_device *device,
                                                            size_t i);
/*
 * The certificate of an EK.
 *   device: the device
 *   i: below rk_release_device_eks
 * Returns DER that lives as long as the device; empty when the release has none.
 */
RK_API const struct rk_bytes *rk_release_device_certificate(const rk_release_device *device,
                                                            size_t i);
