/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the parts of a capsule fit both slots? The updater writes each to the slot that does not run,
 * which may be either; what the device was partitioned with is the older release's to say.
 */
#include "update/update.h"

#include "update/findings.h"
#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/format.h"
#include "rotkit/identity.h"
#include "rotkit/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 1 << 30 };

static const struct rk_slot_size *find_slot(const struct rk_release_version *in, const char *name)
{
    for (size_t i = 0; i < in->slot_count; i++) {
        if (strcmp(in->slot[i].name, name) == 0)
            return &in->slot[i];
    }
    return NULL;
}

/* An update moves no partition. */
static void check_slots_stay(struct rk_updating *u)
{
    for (size_t i = 0; i < u->now->slot_count; i++) {
        const struct rk_slot_size *now = &u->now->slot[i], *was = find_slot(u->was, now->name);

        if (was != NULL && memcmp(was->size, now->size, sizeof was->size) != 0)
            rk_updating_report(u, RK_UPDATE_BREAKS, "size", NULL,
                               "slots of \"%s\" are stated as %" PRIu64 " and %s, were %" PRIu64
                               " and %" PRIu64 ": an update moves no partition",
                               now->name, now->size[0], RK_COUNTED(now->size[1], "byte"),
                               was->size[0], was->size[1]);
    }
}

static void check_part(struct rk_updating *u, const char *image, const struct rk_region *part)
{
    const struct rk_slot_size *slot;
    char name[RK_COMPONENT_NAME];

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(part->name, " "), part->name);
    slot = find_slot(u->was, name);
    if (slot == NULL)
        slot = find_slot(u->now, name);
    if (slot == NULL) {
        rk_updating_report(u, RK_UPDATE_UNKNOWN, "size", NULL,
                           "\"%s\" of \"%s\": the size of its slots is unknown; state it in "
                           "release.update.slots or layout",
                           name, image);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (part->len > slot->size[i])
            rk_updating_report(u, RK_UPDATE_BREAKS, "size", NULL,
                               "\"%s\" of \"%s\": %s, slot %c has %" PRIu64, name, image,
                               RK_COUNTED(part->len, "byte"), i == 0 ? 'A' : 'B', slot->size[i]);
    }
}

/* The package inside a capsule; NULL when it carries something else. */
static const struct rk_region *find_package(const struct rk_region *list)
{
    const struct rk_region *found = NULL;

    for (; found == NULL && list != NULL; list = list->next)
        found = strcmp(list->nested_format, "bup") == 0 ? list : find_package(list->child);
    return found;
}

static void check_capsule(struct rk_updating *u, const char *image, const struct rk_map *map)
{
    const struct rk_region *package = find_package(map->root);

    if (package == NULL) {
        rk_updating_report(u, RK_UPDATE_UNKNOWN, "size", NULL,
                           "\"%s\" carries no package that is understood, so nobody can tell "
                           "whether it fits the slots",
                           image);
        return;
    }
    for (const struct rk_region *part = package->child; part != NULL; part = part->next) {
        if (strcmp(part->name, "header") != 0 && strcmp(part->name, "entry table") != 0)
            check_part(u, image, part);
    }
}

static enum rk_rc check_image(void *arg, const struct rk_release_image_entry *image,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    struct rk_updating *u = arg;

    if (strcmp(image->format, "capsule") != 0)
        return RK_OK; /* trusted applications lie in a file system */
    if (rk_release_view_read(u->newer, image->path, &bytes, err))
        return err->rc;
    if (rk_format_inspect(u->ctx, bytes.p, bytes.len, &map, err))
        return rk_wrap(err, "\"%s/%s\"", u->options->newer, image->path);
    check_capsule(u, image->path, &map);
    return RK_OK;
}

enum rk_rc rk_update_size(struct rk_updating *u, struct rk_err *err)
{
    size_t before = rk_updating_found(u);

    check_slots_stay(u);
    if (rk_release_view_images(u->newer, check_image, u, err))
        return err->rc;
    if (rk_updating_found(u) == before)
        rk_updating_report(u, RK_UPDATE_HOLDS, "size", NULL,
                           "every part of every capsule fits both slots");
    return RK_OK;
}
