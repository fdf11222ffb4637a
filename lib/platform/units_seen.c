/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/units_seen.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <string.h>

struct rk_unit_seen {
    struct rk_unit_id sn;
    uint32_t line; /* 0: free */
};

void rk_units_seen_done(struct rk_units_seen *seen)
{
    rk_free(seen->slot);
    *seen = (struct rk_units_seen) { .slot = NULL };
}

static size_t hash(const struct rk_unit_id *sn)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < RK_UNIT_ID_LEN; i++)
        h = (h ^ sn->b[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot of sn, or the free one where it belongs. */
static struct rk_unit_seen *find_slot(const struct rk_units_seen *seen, const struct rk_unit_id *sn)
{
    size_t i = hash(sn) & (seen->room - 1);

    while (seen->slot[i].line != 0 && memcmp(seen->slot[i].sn.b, sn->b, RK_UNIT_ID_LEN) != 0)
        i = (i + 1) & (seen->room - 1);
    return &seen->slot[i];
}

static enum rk_rc grow(struct rk_units_seen *seen, struct rk_err *err)
{
    struct rk_units_seen wider = { .room = seen->room == 0 ? 1024 : 2 * seen->room,
                                   .used = seen->used };

    wider.slot = rk_alloc(wider.room, sizeof *wider.slot);
    if (wider.slot == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < seen->room; i++) {
        if (seen->slot[i].line != 0)
            *find_slot(&wider, &seen->slot[i].sn) = seen->slot[i];
    }
    rk_free(seen->slot);
    *seen = wider;
    return RK_OK;
}

enum rk_rc rk_units_seen_add(struct rk_units_seen *seen, const char *path, uint64_t line,
                             const struct rk_unit_id *sn, struct rk_err *err)
{
    struct rk_unit_seen *slot;
    char text[21];

    if (line > UINT32_MAX)
        return rk_fail_at(err, RK_E_USAGE, path, 0, 0, "more than %s",
                          RK_COUNTED(UINT32_MAX, "line"));
    if (2 * seen->used >= seen->room && grow(seen, err))
        return err->rc;
    slot = find_slot(seen, sn);
    if (slot->line != 0) {
        rk_unit_id_text(sn, text);
        return rk_fail_at(err, RK_E_USAGE, path, (unsigned)line, 0,
                          "device %s is on line %llu already: two devices would have one identity",
                          text, (unsigned long long)slot->line);
    }
    *slot = (struct rk_unit_seen) { *sn, (uint32_t)line };
    seen->used++;
    return RK_OK;
}

uint32_t rk_units_seen_line(const struct rk_units_seen *seen, const struct rk_unit_id *sn)
{
    return seen->room == 0 ? 0 : find_slot(seen, sn)->line;
}
