/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/platform.h"

#include "base/ctx.h"
#include "rotkit/counted.h"
#include "rotkit/request.h"

#include <string.h>

static bool is_called(const struct rk_platform *platform, const char *name)
{
    return strcmp(platform->name, name) == 0 ||
           (platform->also != NULL && strcmp(platform->also, name) == 0);
}

enum rk_rc rk_platform_find(const rk_ctx *ctx, const char *name, const struct rk_platform **ret,
                            struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    if (name == NULL)
        name = ctx->tables->platforms[0]->name;
    for (const struct rk_platform *const *row = ctx->tables->platforms; *row != NULL; row++) {
        if (is_called(*row, name) && (*row)->refusal != NULL)
            return rk_fail(err, RK_E_USAGE, "platform \"%s\" %s", name, (*row)->refusal);
        if (is_called(*row, name)) {
            *ret = *row;
            return RK_OK;
        }
        if ((*row)->refusal == NULL)
            rk_known_add(known, (*row)->name);
    }
    return rk_fail(err, RK_E_USAGE, "unknown platform \"%s\" (known: %s)", name, known);
}

const struct rk_platform *rk_platform_at(const rk_ctx *ctx, size_t i)
{
    return ctx->tables->platforms[i];
}

const char *rk_platform_name(const struct rk_platform *platform)
{
    return platform->name;
}

size_t rk_platform_root_key_len(const struct rk_platform *platform)
{
    return platform->root_key_len;
}

const char *rk_platform_default_profile(const struct rk_platform *platform)
{
    return platform->ek_profile;
}

bool rk_platform_updates_by(const struct rk_platform *platform, const char *format)
{
    for (size_t i = 0; i < RK_PLATFORM_FORMATS_MAX; i++) {
        if (platform->update_formats[i] != NULL && strcmp(platform->update_formats[i], format) == 0)
            return true;
    }
    return false;
}

const struct rk_init_file *rk_platform_init_files(const struct rk_platform *platform)
{
    return platform->init_files;
}

const char *rk_platform_page_of(const rk_ctx *ctx, const char *name)
{
    const struct rk_platform *row;

    for (size_t i = 0; (row = rk_platform_at(ctx, i)) != NULL; i++) {
        if (strcmp(row->name, name) == 0)
            return row->page;
    }
    return NULL;
}

size_t rk_platform_file(const struct rk_platform *platform, const char *key)
{
    const struct rk_device_file *file = platform->device_files;

    for (size_t i = 0; file != NULL && file[i].key != NULL; i++) {
        if (strcmp(file[i].key, key) == 0)
            return i;
    }
    return RK_DEVICE_FILES_MAX;
}

bool rk_platform_reads(const struct rk_platform *platform, const char *file)
{
    return rk_platform_file(platform, file) != RK_DEVICE_FILES_MAX;
}

enum rk_rc rk_platform_secret(const struct rk_platform *platform, const rk_mac *master,
                              const struct rk_unit_id *sn, size_t which, struct rk_secret *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = *sn };

    if (rk_unit_from_master(platform, master, sn, &unit, err))
        return err->rc;
    *ret = rk_secret_take(&unit.secret[which]);
    return RK_OK;
}

enum rk_rc rk_master_fits(const rk_mac *master, struct rk_err *err)
{
    enum { MASTER = 32 };

    return rk_mac_key_len(master) == MASTER
               ? RK_OK
               : rk_fail(err, RK_E_USAGE, "master key of %s, expected %d",
                         RK_COUNTED(rk_mac_key_len(master), "byte"), MASTER);
}
