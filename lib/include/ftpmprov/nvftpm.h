/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVFTPM containers, which an ODM hands over to the OEM: 1.0 and 1.1. Source: NVIDIA's
 * "Firmware TPM" in the Jetson Linux Developer Guide, r36, and its tools.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/secret.h"

/* A container, read. */
typedef struct rk_nvftpm rk_nvftpm;

/* Public values of a container. */
enum rk_nvftpm_part {
    RK_NVFTPM_EK_CERT_RSA, /* offline mode; DER */
    RK_NVFTPM_EK_CERT_ECC,
    RK_NVFTPM_SID_CERT, /* online mode, version 1.1 */
    RK_NVFTPM_EK_CSR_RSA,
    RK_NVFTPM_EK_CSR_ECC,
};

/*
 * Reads a container.
 *   file: its bytes
 *   len: bytes
 *   ret: the container; freed with rk_nvftpm_free
 * RK_E_FORMAT for another version, a tag that is unknown or stands twice, an incomplete set, an
 * empty value, or a size that does not match; RK_E_NOMEM.
 */
RK_API enum rk_rc rk_nvftpm_open(const uint8_t *file, size_t len, rk_nvftpm **ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Wipes and frees.
 *   container: may be NULL
 */
RK_API void rk_nvftpm_free(rk_nvftpm *container);
/*
 * Whose it is.
 *   container: the container
 *   ret: the Device SN: 20 hex digits and a NUL
 */
RK_API void rk_nvftpm_device_sn(const rk_nvftpm *container, char ret[21]);
/*
 * The EPS seed.
 *   container: the container
 * Returns 32 bytes that live as long as the container.
 */
RK_API const struct rk_secret *rk_nvftpm_eps_seed(const rk_nvftpm *container);
/*
 * A public value.
 *   container: the container
 *   part: which
 * Returns bytes that live as long as the container; NULL when it has no such value.
 */
RK_API const struct rk_bytes *rk_nvftpm_part(const rk_nvftpm *container, enum rk_nvftpm_part part);
