/* SPDX-License-Identifier: Apache-2.0 */
/* What UEFI requires of a package. Source: boot-images.md 3.1; T194 and T264: edk2-nvidia's
 * Silicon/NVIDIA/Library/FmpDeviceLib/FwImageNames.c of 2024 and 2025. */
#include "platform/tegra/bup.h"

#include "rotkit/bup_match.h"

#include <string.h>

enum { REQUIRED_MAX = 24 };

/* clang-format off */
static const struct required {
    const char *platform;
    const char *name[REQUIRED_MAX];
} required[] = {
    { "t234",
      { "adsp-fw", "bpmp-fw", "bpmp-fw-dtb", "cpu-bootloader", "dce-fw", "mb1", "MB1_BCT", "mb2",
        "mb2rf", "MEM_BCT", "mts-mce", "nvdec", "psc_bl1", "psc-fw", "pscrf", "pva-fw", "rce-fw",
        "sc7", "secure-os", "spe-fw", "VER" } },
    { "t194",
      { "adsp-fw", "bootloader-dtb", "bpmp-fw", "bpmp-fw-dtb", "cpu-bootloader", "mb1", "MB1_BCT",
        "mb2", "MEM_BCT", "mts-mce", "mts-preboot", "mts-proper", "rce-fw", "sc7", "secure-os",
        "spe-fw", "VER" } },
    { "t264",
      { "adsp0-fw", "adsp1-fw", "bpmp-fw", "bpmp-fw-dtb", "cpu-bootloader", "mb1", "MB1_BCT",
        "mb2", "MEM_BCT", "psc_bl1", "psc-fw", "rce-fw", "sc7", "VER" } },
};
/* clang-format on */

const char *rk_bup_required(const char *platform, size_t i)
{
    for (size_t k = 0; k < sizeof required / sizeof required[0]; k++) {
        if (strcmp(required[k].platform, platform) == 0)
            return i < REQUIRED_MAX ? required[k].name[i] : NULL;
    }
    return NULL;
}
