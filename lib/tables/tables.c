/* SPDX-License-Identifier: Apache-2.0 */
/* Which formats, platforms and enrolment targets there are. Adding one is its file and a row here.
 */
#include "base/ctx.h"
#include "rotkit/enroll_target.h"
#include "rotkit/format_rows.h"
#include "rotkit/platform.h"

/* The order is that of recognition: magic numbers first, DER last. */
/* clang-format off */
static const struct rk_format *const formats[] = {
    &rk_format_qspi, /* told by its end: its start may look like a BCT */
    &rk_format_avb,  /* likewise */
    &rk_format_ekb,
    &rk_format_nvftpm,
    &rk_format_kernel_encrypted,
    &rk_format_tegra_bch,
    &rk_format_tegra_br_bct,
    &rk_format_t210_bct,
    &rk_format_bup,
    &rk_format_capsule,
    &rk_format_fip,
    &rk_format_fit,
    &rk_format_optee_ta,
    &rk_format_uefi_auth,
    &rk_format_uefi_pe,
    &rk_format_kernel_cms,
    &rk_format_uefi_keys_dtbo,
    &rk_format_uefi_dtb,
    &rk_format_corim,
    &rk_format_x509,
    &rk_format_raw,
    NULL,
};

static const struct rk_platform *const platforms[] = {
    &rk_platform_orin,
    &rk_platform_xavier,
    &rk_platform_thor, /* refused, with the reason */
    NULL,
};

static const struct rk_enroll_target *const targets[] = {
    &rk_enroll_azure_dps,
    &rk_enroll_keylime,
    &rk_enroll_adcs,
    &rk_enroll_hgs,
    &rk_enroll_corim,
    &rk_enroll_csv,
    NULL,
};
/* clang-format on */

static const struct rk_tables tables = { formats, platforms, targets };

enum rk_rc rk_ctx_new(rk_ctx **ret, struct rk_err *err)
{
    return rk_ctx_make(&tables, ret, err);
}
