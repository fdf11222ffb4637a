/* SPDX-License-Identifier: Apache-2.0 */
/* NVFTPM containers, ODM to OEM, 1.0 and 1.1. Source: formats/jetson-ftpm-ekb.md 3.3. */
#pragma once

#include "ftpmprov/nvftpm.h"
#include "rotkit/unit_id.h"

enum rk_nvftpm_mode { RK_NVFTPM_OFFLINE, RK_NVFTPM_ONLINE };

struct rk_nvftpm {
    uint16_t minor; /* 0 or 1 */
    struct rk_unit_id sn;
    struct rk_secret eps_seed;                        /* 32 bytes */
    struct rk_bytes ek_cert_rsa, ek_cert_ecc;         /* offline: tags 3, 4 */
    struct rk_bytes sid_cert, ek_csr_rsa, ek_csr_ecc; /* online, minor 1: tags 5, 6, 7 */
};
void rk_nvftpm_done(struct rk_nvftpm *c);
/* In the order of the tags. RK_E_USAGE for a set that rk_nvftpm_read would refuse. */
enum rk_rc rk_nvftpm_write(const struct rk_nvftpm *c, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* Refuses any other version, tag, repetition, incomplete set, empty value or size mismatch
 * (RK_E_FORMAT). */
enum rk_rc rk_nvftpm_read(const uint8_t *file, size_t len, struct rk_nvftpm *ret,
                          struct rk_err *err) RK_MUST_CHECK;
