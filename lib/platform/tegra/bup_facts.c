/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What UEFI asks of a package whatever the board: for each kind of board that it names, an entry of
 * every required image. rotkit match asks for one board.
 */
#include "platform/tegra/bup.h"

#include "base/mem.h"
#include "rotkit/bup_match.h"

#include <stdio.h>
#include <string.h>

#define FIRMWARE "edk2-nvidia"
/* clang-format off */
const struct rk_demand rk_bup_demands[] = {
    { FIRMWARE, "package without", "",
      "a board refuses it, with status 6151 in its ESRT; rotkit match says what a board lacks", NULL },
    { FIRMWARE, "number of images", "", "it refuses a package of one, with status 6153",
      "PcdFmpSingleImageUpdate" },
    { FIRMWARE, "package layout", "V3", "it refuses another, with status 6145", NULL },
    { FIRMWARE, "package type", "update", "it refuses another, with status 6145", NULL },
    { .firmware = NULL },
};
/* Images that only one platform has; a package without any of them is T234's. */
static const struct sign {
    const char *image, *platform;
} signs[] = {
    { "adsp0-fw", "t264" },    { "adsp1-fw", "t264" },   { "bootloader-dtb", "t194" },
    { "mts-preboot", "t194" }, { "mts-proper", "t194" },
};
/* clang-format on */

struct package {
    struct rk_bup_entry *entry;
    size_t count;
};

static void package_done(struct package *package)
{
    rk_free(package->entry);
}

static const char *platform_of(const struct package *p)
{
    for (size_t i = 0; i < p->count; i++) {
        for (size_t k = 0; k < sizeof signs / sizeof signs[0]; k++) {
            if (strcmp(p->entry[i].name, signs[k].image) == 0)
                return signs[k].platform;
        }
    }
    return "t234";
}

/* Whether a board of this spec and fuse finds an image. */
static bool is_served(const struct package *p, const bool *fits, const char *name, uint32_t mode)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct rk_bup_entry *e = &p->entry[i];

        if (fits[i] && (e->op_mode == 0 || e->op_mode == mode) && strcmp(e->name, name) == 0)
            return true;
    }
    return false;
}

static size_t count_missing(const struct package *p, const bool *fits, uint32_t mode,
                            const char **ret_first)
{
    const char *platform = platform_of(p), *name;
    size_t missing = 0;

    for (size_t i = 0; (name = rk_bup_required(platform, i)) != NULL; i++) {
        if (is_served(p, fits, name, mode))
            continue;
        *ret_first = missing == 0 ? name : *ret_first;
        missing++;
    }
    return missing;
}

/* A package may be for boards of one fuse level alone: what counts is the level it serves better.
 */
static size_t lacks(const struct package *p, const char *spec, const char **ret_first)
{
    bool fits[RK_BUP_ENTRIES_MAX];
    const char *first[2] = { NULL, NULL };
    size_t missing[2];

    for (size_t i = 0; i < p->count; i++)
        fits[i] = p->entry[i].spec[0] == '\0' ||
                  (spec[0] != '\0' && rk_tnspec_matches(p->entry[i].spec, spec));
    missing[0] = count_missing(p, fits, 1, &first[0]);
    missing[1] = count_missing(p, fits, 2, &first[1]);
    *ret_first = missing[1] <= missing[0] ? first[1] : first[0];
    return missing[1] <= missing[0] ? missing[1] : missing[0];
}

static bool is_new(const struct package *p, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(p->entry[k].spec, p->entry[i].spec) == 0)
            return false;
    }
    return true;
}

static bool names_boards(const struct package *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->entry[i].spec[0] != '\0')
            return true;
    }
    return false;
}

/* The first kind of board that would refuse it. */
static enum rk_rc state_missing(const struct package *p, struct rk_map *map, struct rk_err *err)
{
    bool names = names_boards(p);

    for (size_t i = 0; i < p->count; i++) {
        const struct rk_bup_entry *e = &p->entry[i];
        const char *first = NULL;
        char value[64];
        size_t missing;

        if ((names && e->spec[0] == '\0') || !is_new(p, i))
            continue;
        missing = lacks(p, e->spec, &first);
        if (missing == 0)
            continue;
        if (missing == 1)
            (void)snprintf(value, sizeof value, "%s", first);
        else
            (void)snprintf(value, sizeof value, "%s and %zu more", first, missing - 1);
        return rk_map_fact(map, e->at, RK_BUP_ENTRY_V3, "package without", value, err);
    }
    return RK_OK;
}

static enum rk_rc read_package(const uint8_t *file, size_t len, const struct rk_bup *bup,
                               struct package *ret, struct rk_err *err)
{
    ret->entry = rk_alloc(bup->count, sizeof *ret->entry);
    if (ret->entry == NULL)
        return rk_fail_nomem(err);
    for (; ret->count < bup->count; ret->count++) {
        if (rk_bup_read_entry(file, len, bup, ret->count, &ret->entry[ret->count], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_bup_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(package_done) struct package p = { .count = 0 };
    struct rk_bup bup;

    (void)request;
    if (rk_bup_read_header(file, len, &bup, err) ||
        rk_map_fact(map, 0, bup.header_size, "package layout", bup.layout == 3 ? "V3" : "V2",
                    err) ||
        rk_map_fact(map, 0, bup.header_size, "package type", bup.type == 0 ? "update" : "BMP", err))
        return err->rc;
    if (bup.layout != 3 || bup.type != 0)
        return RK_OK;
    if (bup.count == 1)
        return rk_map_fact(map, bup.header_size, RK_BUP_ENTRY_V3, "number of images", "1", err);
    if (read_package(file, len, &bup, &p, err))
        return err->rc;
    return state_missing(&p, map, err);
}
