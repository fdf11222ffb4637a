/* SPDX-License-Identifier: Apache-2.0 */
/* A container format for tests/cli/rows-added.sh: a magic number, and the payload behind it. */
#include "base/wr.h"
#include "rotkit/format_row.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 8, ROOM = 1 << 20 };
static const char magic[MAGIC + 1] = "TESTROW1";

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= MAGIC && memcmp(file, magic, MAGIC) == 0;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;

    (void)file;
    if (len == MAGIC)
        return rk_fail(err, RK_E_FORMAT, "there is no payload");
    if (rk_region_add(map, map->root, 0, MAGIC, "magic", &region, err) ||
        rk_region_add(map, map->root, MAGIC, len - MAGIC, "payload", &region, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds");
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_input *payload = rk_request_part(request, "payload");
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(ROOM);

    rk_wr_str(&wr, magic);
    rk_wr_bytes(&wr, payload->p, payload->len);
    return rk_wr_end(&wr, ret, err);
}

static const struct rk_part_row parts[] = {
    { "payload", true, false, "any bytes" },
    { NULL, false, false, NULL },
};

const struct rk_format rk_format_test = {
    .name = "test-row",
    .title = "row of a test",
    .max = ROOM,
    .recognise = recognise,
    .parse = parse,
    .parts = parts,
    .build = build,
};
