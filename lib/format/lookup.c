/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the context's table of formats, by name and by content. */
#include "base/ctx.h"
#include "rotkit/format_table.h"
#include "rotkit/request.h"

#include <string.h>

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
        .needs_cert = format->needs_cert,
        .payload_key = format->payload_key,
        .detaches = format->detaches,
    };
}

bool rk_format_at(const rk_ctx *ctx, size_t i, struct rk_format_info *ret)
{
    const struct rk_format *const *formats = ctx->tables->formats;

    for (size_t k = 0; k < i && *formats != NULL; k++)
        formats++;
    if (*formats == NULL)
        return false;
    fill_info(*formats, ret);
    return true;
}

static enum rk_rc unknown_name(const rk_ctx *ctx, const char *name, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (const struct rk_format *const *row = ctx->tables->formats; *row != NULL; row++)
        rk_known_add(known, (*row)->name);
    return rk_fail(err, RK_E_USAGE, "unknown format \"%s\" (known: %s)", name, known);
}

enum rk_rc rk_format_row(const rk_ctx *ctx, const char *name, const struct rk_format **ret,
                         struct rk_err *err)
{
    for (const struct rk_format *const *row = ctx->tables->formats; *row != NULL; row++) {
        if (strcmp((*row)->name, name) == 0) {
            *ret = *row;
            return RK_OK;
        }
    }
    return unknown_name(ctx, name, err);
}

enum rk_rc rk_format_find(const rk_ctx *ctx, const char *name, struct rk_format_info *ret,
                          struct rk_err *err)
{
    const struct rk_format *format;

    if (rk_format_row(ctx, name, &format, err))
        return err->rc;
    fill_info(format, ret);
    return RK_OK;
}

const struct rk_format *rk_format_recognise(const rk_ctx *ctx, const uint8_t *file, size_t len)
{
    for (const struct rk_format *const *row = ctx->tables->formats; *row != NULL; row++) {
        if ((*row)->recognise != NULL && (*row)->recognise(file, len))
            return *row;
    }
    return NULL;
}
