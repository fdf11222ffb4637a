/* SPDX-License-Identifier: Apache-2.0 */
/* What every platform's row does with a manifest's words and a unit. */
#include "rotkit/platform.h"

#include "rotkit/key.h"
#include "rotkit/template.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rk_unit_done(struct rk_unit *unit)
{
    for (size_t i = 0; i < RK_UNIT_SECRETS_MAX; i++)
        rk_secret_done(&unit->secret[i]);
    for (size_t i = 0; i < RK_UNIT_CERTS_MAX; i++)
        rk_bytes_done(&unit->cert[i]);
}

enum rk_rc rk_fail_no_identity(const struct rk_platform *platform, struct rk_err *err)
{
    return rk_fail(err, RK_E_USAGE, "platform %s has no fTPM identity chain here, only key blobs",
                   platform->name);
}

enum rk_rc rk_unit_derive(const rk_ctx *ctx, const struct rk_platform *platform,
                          const struct rk_unit *unit, struct rk_identity *ret, struct rk_err *err)
{
    return platform->derive == NULL ? rk_fail_no_identity(platform, err)
                                    : platform->derive(ctx, unit, ret, err);
}

enum rk_rc rk_unit_from_master(const struct rk_platform *platform, const rk_mac *master,
                               const struct rk_unit_id *sn, struct rk_unit *ret, struct rk_err *err)
{
    return platform->from_master == NULL ? rk_fail_no_identity(platform, err)
                                         : platform->from_master(master, sn, ret, err);
}

enum rk_rc rk_given_at(const struct rk_given *given, struct rk_where at, const char *name,
                       struct rk_err *err)
{
    (void)rk_wrap(err, "%s", name);
    (void)rk_wrap(err, "%s:%u:%u", given->manifest, at.line, at.column);
    (void)snprintf(err->file, sizeof err->file, "%s", given->manifest);
    err->line = at.line;
    err->column = at.column;
    return err->rc;
}

enum rk_rc rk_given_fail(const struct rk_given *given, struct rk_where at, struct rk_err *err,
                         const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return rk_fail_at(err, RK_E_USAGE, given->manifest, at.line, at.column, "%s", text);
}

enum rk_rc rk_given_read_key(const struct rk_given *given, const struct rk_mstr *from,
                             const char *name, size_t len, struct rk_secret *ret,
                             struct rk_err *err)
{
    if (from->v == NULL)
        return RK_OK;
    if (rk_secret_read(from->v, len, ret, err))
        return rk_given_at(given, from->at, name, err);
    return RK_OK;
}

const struct rk_bytes *rk_making_cert(const struct rk_making *making, const char *template_name)
{
    const struct rk_ek_template *tpl;

    for (size_t i = 0; making->odm && i < making->template_count; i++) {
        if (strcmp(making->templates[i]->name, template_name) == 0)
            return &making->cert[i];
    }
    for (size_t i = 0; !making->odm && (tpl = rk_ek_template_in_blob(i)) != NULL; i++) {
        if (strcmp(tpl->name, template_name) == 0)
            return &making->unit->cert[i];
    }
    return NULL;
}
