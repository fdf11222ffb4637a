/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of file formats: joins the rows that keys and ftpm export. */
#include "ftpmprov/format.h"

#include "base/format.h"
#include "base/format_rows.h"

#include <stdio.h>

/* The order is that of recognition: magic numbers first, DER last. */
static const struct rk_format *const formats[] = {
    &rk_format_ekb,
    &rk_format_nvftpm,
    &rk_format_x509,
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

const char *rk_format_name(size_t i)
{
    return i < FORMATS ? formats[i]->name : NULL;
}

static void map_done(struct rk_map *map)
{
    rk_map_done(map);
}

static enum rk_rc parse(const struct rk_format *format, const uint8_t *file, size_t len,
                        struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(map_done) struct rk_map map = { .format = format->name };
    struct rk_region *root;

    if (len > format->max)
        return rk_fail(err, RK_E_FORMAT, "%zu bytes, a %s has at most %zu", len, format->title,
                       format->max);
    if (rk_region_add(&map, NULL, 0, len, format->title, &root, err))
        return err->rc;
    if (format->parse(file, len, &map, err))
        return rk_wrap(err, "%s", format->name);
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return RK_OK;
}

static enum rk_rc unknown_format(struct rk_err *err)
{
    char known[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < FORMATS && used < sizeof known; i++) {
        int n = snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ",
                         formats[i]->name);
        used += n < 0 ? 0 : (size_t)n;
    }
    return rk_fail(err, RK_E_FORMAT, "unknown format (known: %s)", known);
}

enum rk_rc rk_format_inspect(const uint8_t *file, size_t len, struct rk_map *ret,
                             struct rk_err *err)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (formats[i]->recognise(file, len))
            return parse(formats[i], file, len, ret, err);
    }
    return unknown_format(err);
}
