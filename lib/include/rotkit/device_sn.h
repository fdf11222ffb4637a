/* SPDX-License-Identifier: Apache-2.0 */
/* The Device SN: the OEM's id and a serial number. Source: formats/jetson-ftpm-ekb.md 1.1. */
#pragma once

#include "ftpmprov/err.h"

enum { RK_DEVICE_SN_LEN = 10 };

/* BE16(OEM_ID) | BE64(SN) */
struct rk_device_sn {
    uint8_t b[RK_DEVICE_SN_LEN];
};

/* "01020000000100000002" (20 digits) or "0102-0000000100000002". */
enum rk_rc rk_device_sn_parse(const char *text, struct rk_device_sn *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* 20 hex digits and a NUL. */
void rk_device_sn_text(const struct rk_device_sn *sn, char ret[21]);
/* OEM id and SN into the 10 bytes; the next SN, RK_E_USAGE on overflow. */
void rk_device_sn_make(uint16_t oem_id, uint64_t sn, struct rk_device_sn *ret);
enum rk_rc rk_device_sn_next(struct rk_device_sn *sn, struct rk_err *err) RK_MUST_CHECK;
