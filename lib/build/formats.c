/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of file formats: joins the rows that keys, ftpm, bct, enroll and image export. */
#include "build/formats.h"

#include "base/format_rows.h"
#include "base/job.h"

#include <stdio.h>
#include <string.h>

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
};
/* clang-format on */
enum { FORMATS = sizeof formats / sizeof formats[0] };

static void fill_info(const struct rk_format *format, struct rk_format_info *ret)
{
    *ret = (struct rk_format_info) {
        .name = format->name,
        .title = format->title,
        .parts = format->parts,
        .settings = format->settings,
        .roles = format->roles,
        .builds = format->build != NULL,
        .signs = format->to_sign != NULL,
        .encrypts = format->encrypt != NULL,
        .checks = format->check != NULL,
        .maps = format->parse != NULL,
        .encrypts_first = format->encrypts_first,
        .fused_key = format->fused_key,
        .payload_key = format->payload_key,
        .detaches = format->detaches,
    };
}

bool rk_format_at(size_t i, struct rk_format_info *ret)
{
    if (i >= FORMATS)
        return false;
    fill_info(formats[i], ret);
    return true;
}

static enum rk_rc unknown_name(const char *name, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < FORMATS; i++)
        rk_known_add(known, formats[i]->name);
    return rk_fail(err, RK_E_USAGE, "unknown format \"%s\" (known: %s)", name, known);
}

enum rk_rc rk_format_row(const char *name, const struct rk_format **ret, struct rk_err *err)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            *ret = formats[i];
            return RK_OK;
        }
    }
    return unknown_name(name, err);
}

enum rk_rc rk_format_find(const char *name, struct rk_format_info *ret, struct rk_err *err)
{
    const struct rk_format *format;

    if (rk_format_row(name, &format, err))
        return err->rc;
    fill_info(format, ret);
    return RK_OK;
}

const struct rk_format *rk_format_recognise(const uint8_t *file, size_t len)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (formats[i]->recognise != NULL && formats[i]->recognise(file, len))
            return formats[i];
    }
    return NULL;
}
