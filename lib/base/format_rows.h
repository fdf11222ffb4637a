/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that keys, ftpm, bct and image put into the one table of formats (build/formats.c). */
#pragma once

#include "base/format.h"

extern const struct rk_format rk_format_ekb, rk_format_nvftpm; /* keys */
extern const struct rk_format rk_format_x509;                  /* ftpm */
/* image */
extern const struct rk_format rk_format_bup, rk_format_capsule, rk_format_kernel_encrypted;
extern const struct rk_format rk_format_qspi, rk_format_raw, rk_format_tegra_bch;
extern const struct rk_format rk_format_fip, rk_format_kernel_cms, rk_format_uefi_auth;
extern const struct rk_format rk_format_uefi_pe;
