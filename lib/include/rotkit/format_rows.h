/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that keys, ftpm, bct, enroll and image put into the one table of formats
 * (build/formats.c). */
#pragma once

#include "rotkit/format_row.h"

/* keys */
extern const struct rk_format rk_format_ekb;
extern const struct rk_format rk_format_nvftpm;
/* ftpm */
extern const struct rk_format rk_format_x509;
/* bct */
extern const struct rk_format rk_format_t210_bct;
extern const struct rk_format rk_format_tegra_br_bct;
/* enroll */
extern const struct rk_format rk_format_corim;
/* image */
extern const struct rk_format rk_format_avb;
extern const struct rk_format rk_format_bup;
extern const struct rk_format rk_format_capsule;
extern const struct rk_format rk_format_fip;
extern const struct rk_format rk_format_fit;
extern const struct rk_format rk_format_kernel_cms;
extern const struct rk_format rk_format_kernel_encrypted;
extern const struct rk_format rk_format_optee_ta;
extern const struct rk_format rk_format_qspi;
extern const struct rk_format rk_format_raw;
extern const struct rk_format rk_format_tegra_bch;
extern const struct rk_format rk_format_uefi_auth;
extern const struct rk_format rk_format_uefi_dtb, rk_format_uefi_keys_dtbo, rk_format_uefi_pe;
