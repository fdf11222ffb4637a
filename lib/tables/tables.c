/* SPDX-License-Identifier: Apache-2.0 */
/* Which formats, platforms and enrolment targets there are. Adding one is its file and a row here.
 */
#include "base/ctx.h"
#include "base/rows.h"
#include "rotkit/enroll_target.h"
#include "rotkit/format_row.h"
#include "rotkit/platform.h"

/* clang-format off */
/* The order is that of recognition: magic numbers first, DER and dumps last. */
#define FORMATS(ROW)                                                                               \
    ROW(rk_format_qspi) /* told by its end: its start may look like a BCT */                       \
    ROW(rk_format_avb) /* likewise */                                                              \
    ROW(rk_format_ekb)                                                                             \
    ROW(rk_format_nvftpm)                                                                          \
    ROW(rk_format_kernel_encrypted)                                                                \
    ROW(rk_format_tegra_t194) /* NVDA as well, and told apart by its own counts */                 \
    ROW(rk_format_tegra_bch)                                                                       \
    ROW(rk_format_tegra_br_bct)                                                                    \
    ROW(rk_format_t210_bct)                                                                        \
    ROW(rk_format_bup)                                                                             \
    ROW(rk_format_capsule)                                                                         \
    ROW(rk_format_fip)                                                                             \
    ROW(rk_format_fit)                                                                             \
    ROW(rk_format_optee_subkey) /* else it would be a TA that ends too early */                    \
    ROW(rk_format_optee_ta)                                                                        \
    ROW(rk_format_uefi_auth)                                                                       \
    ROW(rk_format_uefi_pe)                                                                         \
    ROW(rk_format_kernel_cms)                                                                      \
    ROW(rk_format_uefi_update_dtbo)                                                                \
    ROW(rk_format_uefi_keys_dtbo)                                                                  \
    ROW(rk_format_uefi_variables_dtbo)                                                             \
    ROW(rk_format_uefi_dtb)                                                                        \
    ROW(rk_format_fuse_xml)                                                                        \
    ROW(rk_format_corim)                                                                           \
    ROW(rk_format_eventlog)                                                                        \
    RK_TEST_ROW(ROW, rk_format_test)                                                               \
    ROW(rk_format_x509)                                                                            \
    ROW(rk_format_flash_dump) /* searched through, so only what nothing else knows */              \
    ROW(rk_format_raw)

/* The first is the default. */
#define PLATFORMS(ROW)                                                                             \
    ROW(rk_platform_orin)                                                                          \
    ROW(rk_platform_xavier)                                                                        \
    ROW(rk_platform_thor) /* refused, with the reason */                                           \
    ROW(rk_platform_optee)                                                                         \
    RK_TEST_ROW(ROW, rk_platform_test)

#define TARGETS(ROW)                                                                               \
    ROW(rk_enroll_azure_dps)                                                                       \
    ROW(rk_enroll_keylime)                                                                         \
    ROW(rk_enroll_adcs)                                                                            \
    ROW(rk_enroll_hgs)                                                                             \
    ROW(rk_enroll_corim)                                                                           \
    ROW(rk_enroll_csv)                                                                             \
    RK_TEST_ROW(ROW, rk_enroll_test)

#define DECLARE_FORMAT(row) extern const struct rk_format row;
#define DECLARE_PLATFORM(row) extern const struct rk_platform row;
#define DECLARE_TARGET(row) extern const struct rk_enroll_target row;
FORMATS(DECLARE_FORMAT)
PLATFORMS(DECLARE_PLATFORM)
TARGETS(DECLARE_TARGET)

static const struct rk_format *const formats[] = { FORMATS(RK_ROW_ADDRESS) NULL };
static const struct rk_platform *const platforms[] = { PLATFORMS(RK_ROW_ADDRESS) NULL };
static const struct rk_enroll_target *const targets[] = { TARGETS(RK_ROW_ADDRESS) NULL };
/* clang-format on */

static const struct rk_tables tables = { formats, platforms, targets };

enum rk_rc rk_ctx_new(rk_ctx **ret, struct rk_err *err)
{
    return rk_ctx_make(&tables, ret, err);
}
