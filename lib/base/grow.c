/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/grow.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

/* Doubled from a start, so that appending one after the other costs a constant for each. */
static size_t room_for(const struct rk_growth *growth, size_t count)
{
    enum { START = 8 };
    size_t room = count == 0 ? 0 : START;

    while (room < count)
        room = room > growth->max / 2 ? growth->max : 2 * room;
    return room < growth->max ? room : growth->max;
}

enum rk_rc rk_grow(const struct rk_growth *growth, void **items, size_t count, size_t more,
                   struct rk_err *err)
{
    size_t need, room;
    void *grown;

    if (!rk_add(count, more, &need) || need > growth->max)
        return rk_fail(err, growth->rc, "more than %zu %s", growth->max, growth->what);
    room = room_for(growth, need);
    if (*items != NULL && room == room_for(growth, count))
        return RK_OK;
    grown = rk_alloc(room, growth->size);
    if (grown == NULL)
        return rk_fail_nomem(err);
    if (*items != NULL)
        memcpy(grown, *items, count * growth->size);
    rk_free(*items);
    *items = grown;
    return RK_OK;
}

void rk_grown_free(void *items)
{
    rk_free(items);
}
