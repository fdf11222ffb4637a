/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The id of a unit, on any platform: its maker's id and a serial number, 20 hex digits as text.
 * Jetson calls it the Device SN (formats/jetson-ftpm-ekb.md 1.1), and so do messages and files.
 */
#pragma once

#include "ftpmprov/err.h"

enum { RK_UNIT_ID_LEN = 10 };

/* BE16(OEM_ID) | BE64(SN) */
struct rk_unit_id {
    uint8_t b[RK_UNIT_ID_LEN];
};

/* "01020000000100000002": 20 digits, either case. RK_E_USAGE. */
enum rk_rc rk_unit_id_parse(const char *text, struct rk_unit_id *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* 20 hex digits and a NUL. */
void rk_unit_id_text(const struct rk_unit_id *sn, char ret[21]);
/* OEM id and SN into the 10 bytes; the next SN, RK_E_USAGE on overflow. */
void rk_unit_id_make(uint16_t oem_id, uint64_t sn, struct rk_unit_id *ret);
enum rk_rc rk_unit_id_next(struct rk_unit_id *sn, struct rk_err *err) RK_MUST_CHECK;
