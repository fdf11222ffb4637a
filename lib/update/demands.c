/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would the devices' firmware take the capsules at all? What it asks of a package is asked here
 * from its side: an image that the package lacks is refused as much as one that is too big.
 */
#include "update/update.h"

#include "update/findings.h"
#include "rotkit/format.h"
#include "rotkit/format_table.h"
#include "rotkit/release.h"

#include <string.h>

/* Of the boards whose packages these are; the option is for packages of one image. */
static const char *const firmware[] = { "edk2-nvidia", "edk2-nvidia+PcdFmpSingleImageUpdate" };

static bool has_package(const struct rk_region *list)
{
    for (; list != NULL; list = list->next) {
        if (strcmp(list->nested_format, "bup") == 0 || has_package(list->child))
            return true;
    }
    return false;
}

static enum rk_rc takes(const struct rk_updating *u, size_t i, const struct rk_bytes *bytes,
                        struct rk_map *map, struct rk_err *err)
{
    const struct rk_request request = { .ctx = u->ctx,
                                        .firmware = &firmware[i],
                                        .firmware_count = 1 };

    return rk_firmware_takes(&request, bytes->p, map, err);
}

static enum rk_rc check_image(void *arg, const struct rk_release_image_entry *image,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    struct rk_updating *u = arg;
    struct rk_err why, other;
    enum rk_rc rc;

    if (strcmp(image->format, "capsule") != 0)
        return RK_OK;
    if (rk_release_view_read(u->newer, image->path, &bytes, err))
        return err->rc;
    if (rk_format_inspect(u->ctx, bytes.p, bytes.len, &map, err))
        return rk_wrap(err, "\"%s/%s\"", u->options->newer, image->path);
    if (!has_package(map.root)) /* rk_update_size says that it is not understood */
        return RK_OK;
    rc = takes(u, 0, &bytes, &map, &why);
    if (rc == RK_OK)
        return RK_OK;
    if (rc != RK_E_VERIFY) {
        *err = why;
        return err->rc;
    }
    why.msg[strcspn(why.msg, "\n")] = '\0';
    rk_updating_report(
        u, takes(u, 1, &bytes, &map, &other) == RK_OK ? RK_UPDATE_UNKNOWN : RK_UPDATE_BREAKS,
        "firmware", NULL, "\"%s\": %s", image->path, why.msg);
    return RK_OK;
}

enum rk_rc rk_update_demands(struct rk_updating *u, struct rk_err *err)
{
    size_t before = rk_updating_found(u);

    if (rk_release_view_images(u->newer, check_image, u, err))
        return err->rc;
    if (rk_updating_found(u) == before)
        rk_updating_report(u, RK_UPDATE_HOLDS, "firmware", NULL,
                           "every package has the images that UEFI requires");
    return RK_OK;
}
