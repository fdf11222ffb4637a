/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/units_seen.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <string.h>

#include <openssl/rand.h>

struct rk_unit_seen {
    struct rk_unit_id sn;
    uint32_t line; /* 0: free */
};

void rk_units_seen_done(struct rk_units_seen *seen)
{
    rk_free(seen->slot);
    *seen = (struct rk_units_seen) { .slot = NULL };
}

static uint64_t be32(const uint8_t *p)
{
    return (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
}

/* Multilinear, by numbers that who wrote the file does not know: else a file could be made of units
 * that all fall into one slot, and a million rows would take hours. */
static size_t hash(const struct rk_units_seen *seen, const struct rk_unit_id *sn)
{
    const uint64_t *key = seen->key;
    uint64_t h =
        key[0] + key[1] * (be32(sn->b) >> 16) + key[2] * be32(sn->b + 2) + key[3] * be32(sn->b + 6);

    return (size_t)(h >> 32);
}

/* The slot of sn, or the free one where it belongs. */
static struct rk_unit_seen *find_slot(const struct rk_units_seen *seen, const struct rk_unit_id *sn)
{
    size_t i = hash(seen, sn) & (seen->room - 1);

    while (seen->slot[i].line != 0 && memcmp(seen->slot[i].sn.b, sn->b, RK_UNIT_ID_LEN) != 0)
        i = (i + 1) & (seen->room - 1);
    return &seen->slot[i];
}

static enum rk_rc grow(struct rk_units_seen *seen, struct rk_err *err)
{
    struct rk_units_seen wider = { .room = seen->room == 0 ? 1024 : 2 * seen->room,
                                   .used = seen->used };

    if (seen->room == 0 && RAND_bytes((uint8_t *)wider.key, sizeof wider.key) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "no random numbers");
    if (seen->room != 0)
        memcpy(wider.key, seen->key, sizeof wider.key);
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
