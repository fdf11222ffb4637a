/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/script.h"

#include "base/wr.h"
#include "tpm/chain.h"
#include "rotkit/counted.h"
#include "rotkit/json.h"
#include "rotkit/file.h"
#include "rotkit/release.h"
#include "rotkit/template.h"
#include "rotkit/tpmcheck.h"

#include <stdio.h>
#include <string.h>

enum { SCRIPT_MAX = 1 << 20, NV_LIMIT = 2048, BYTES_A_LINE = 24 };

/* In single quotes, whatever the text. */
static void put_quoted(struct rk_wr *wr, const char *text)
{
    rk_wr_str(wr, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            rk_wr_str(wr, "'\\''");
        else
            rk_wr_bytes(wr, text, 1);
    }
    rk_wr_str(wr, "'");
}

static void put_rows(struct rk_wr *wr, const struct rk_tpm_script_options *options)
{
    const struct rk_ek_template *tpl;

    rk_wr_str(wr, "# template:NV index:persistent handle:algorithm of tpm2_createek\neks='");
    for (size_t i = 0; (tpl = rk_ek_template_in_blob(i)) != NULL; i++) {
        uint32_t handle = tpl->script_handle;

        for (size_t k = 0; k < options->handle_count; k++) {
            if (strcmp(options->handle[k].template_name, tpl->name) == 0)
                handle = options->handle[k].handle;
        }
        rk_wr_printf(wr, "%s%s:0x%08X:0x%08X:%s", i == 0 ? "" : "\n", tpl->name, tpl->nv_index,
                     handle, tpl->public_area.type == TPM2_ALG_RSA ? "rsa" : "ecc");
    }
    rk_wr_str(wr, "'\n");
}

/* A function that prints the DER of the CA chain: octal escapes are all that POSIX has. */
static void put_chain(struct rk_wr *wr, const struct rk_bytes *chain)
{
    rk_wr_str(wr, "# The CA chain in DER, for NV index 0x01C00100.\nchain() {\n    :\n");
    for (size_t at = 0; at < chain->len; at += BYTES_A_LINE) {
        rk_wr_str(wr, "    printf '");
        for (size_t i = at; i < chain->len && i < at + BYTES_A_LINE; i++)
            rk_wr_printf(wr, "\\%03o", chain->p[i]);
        rk_wr_str(wr, "'\n");
    }
    rk_wr_str(wr, "}\n");
}

static enum rk_rc first_device(void *arg, const struct rk_unit_id *sn, bool *more,
                               struct rk_err *err)
{
    (void)err;
    *more = false;
    *(struct rk_unit_id *)arg = *sn;
    return RK_OK;
}

/* The script is for all devices, and all are certified alike: one tells. */
static enum rk_rc check_templates(rk_release_view *release, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    struct rk_unit_id sn = { .b = { 0 } };
    const struct rk_ek_template *tpl;
    char wanted[64] = "";
    bool all = true;

    if (rk_release_view_each_device(release, first_device, &sn, err) ||
        rk_release_view_device(release, &sn, &device, err))
        return err->rc;
    for (size_t i = 0; (tpl = rk_ek_template_in_blob(i)) != NULL; i++) {
        size_t used = strlen(wanted);
        bool found = false;

        for (size_t k = 0; k < device.ek_count; k++)
            found = found || strcmp(device.ek[k].template_name, tpl->name) == 0;
        all = all && found;
        (void)snprintf(wanted + used, sizeof wanted - used, "%s%s", i == 0 ? "" : " and ",
                       tpl->name);
    }
    return all ? RK_OK
               : rk_fail(err, RK_E_USAGE, "release \"%s\" does not certify both %s",
                         rk_release_view_path(release), wanted);
}

static void put_head(const struct rk_tpm_script_options *options, struct rk_wr *wr)
{
    const char *product =
        rk_json_str(rk_json_get(rk_release_view_root(options->release), "product"));

    rk_wr_printf(wr,
                 "#!/bin/sh\n# Provisions the firmware TPM of a device, on the device, by "
                 "tpm2-tools; -h says how.\n# Made by %s.\n# shellcheck disable=SC2317 # functions "
                 "are called by name\nset -u\nproduct=",
                 options->tool);
    put_quoted(wr, product == NULL ? "device" : product);
    rk_wr_str(wr, "\n");
}

enum rk_rc rk_tpm_script(const struct rk_tpm_script_options *options, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_tpm_chain_done) struct rk_tpm_chain chain = { .count = 0 };
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(SCRIPT_MAX);
    const struct rk_bytes none = RK_BYTES_NONE;

    if (check_templates(options->release, err) ||
        rk_tpm_chain_read(options->release, NV_LIMIT, &chain, err))
        return err->rc;
    if (chain.count > 1)
        return rk_fail(err, RK_E_USAGE, "the CA chain does not fit into one NV index of %s",
                       RK_COUNTED(NV_LIMIT, "byte"));
    put_head(options, &wr);
    put_rows(&wr, options);
    put_chain(&wr, chain.count == 0 ? &none : &chain.part[0]);
    rk_wr_str(&wr, (const char *)rk_device_script);
    return rk_wr_end(&wr, ret, err);
}
