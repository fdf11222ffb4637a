/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/seeds.h"

#include "pipeline/devices.h"

#include <string.h>

static const struct {
    const char *key;
    size_t member;
} files[] = {
    { "kdk-db", offsetof(struct rk_seed_files, kdk_db) },
    { "eps-seeds", offsetof(struct rk_seed_files, eps_seeds) },
    { "eps-db", offsetof(struct rk_seed_files, eps_db) },
};
enum { FILES = sizeof files / sizeof files[0] };

static const char *path_of(const struct rk_seed_files *given, size_t i)
{
    return *(const char *const *)(const void *)((const uint8_t *)given + files[i].member);
}

bool rk_seeds_given(const struct rk_seeds_from *from)
{
    bool any = from->master != NULL;

    for (size_t i = 0; i < FILES; i++)
        any = any || path_of(&from->files, i) != NULL;
    return any;
}

struct by_master {
    const struct rk_seeds_from *from;
    rk_seeds_visit visit;
    void *arg;
};

static enum rk_rc visit_by_master(void *arg, const struct rk_unit_id *sn, bool *more,
                                  struct rk_err *err)
{
    RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = *sn };
    struct by_master *by = arg;

    if (rk_unit_from_master(by->from->platform, by->from->master, sn, &unit, err))
        return err->rc;
    return by->visit(by->arg, &unit, more, err);
}

static enum rk_rc find_paths(const struct rk_seeds_from *given, struct rk_devices_from *ret,
                             struct rk_err *err)
{
    for (size_t i = 0; i < FILES; i++) {
        const char *path = path_of(&given->files, i);
        size_t place = rk_platform_file(given->platform, files[i].key);

        if (path != NULL && place == RK_DEVICE_FILES_MAX)
            return rk_fail(err, RK_E_USAGE, "platform %s reads its units from no %s",
                           rk_platform_name(given->platform), files[i].key);
        if (path != NULL)
            ret->path[place] = path;
    }
    return RK_OK;
}

static enum rk_rc each_of_files(const struct rk_seeds_from *given, rk_seeds_visit visit, void *arg,
                                struct rk_err *err)
{
    RK_AUTO(rk_devices_done) rk_devices *devices = NULL;
    struct rk_devices_from from = { .platform = given->platform };
    bool there = true, more = true;

    if (find_paths(given, &from, err) || rk_devices_open(&from, &devices, err))
        return err->rc;
    while (there && more) {
        RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = { { 0 } } };

        if (rk_devices_next(devices, &unit, &there, err) ||
            (there && visit(arg, &unit, &more, err)))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_seeds_each(const struct rk_seeds_from *from, rk_seeds_visit visit, void *arg,
                         struct rk_err *err)
{
    struct by_master by = { .from = from, .visit = visit, .arg = arg };

    return from->master != NULL
               ? rk_release_view_each_device(from->release, visit_by_master, &by, err)
               : each_of_files(from, visit, arg, err);
}
