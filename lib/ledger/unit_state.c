/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a unit, and the kinds of entry that lead from one to another. */
#include "ledger/ledger.h"

#include <string.h>

/* clang-format off */
const struct rk_unit_state_row rk_unit_states[RK_UNIT_STATES] = {
    [RK_UNIT_FREE]      = { "void",      false },
    [RK_UNIT_RESERVED]  = { "reserved",  true },
    [RK_UNIT_ISSUED]    = { "issued",    true },
    [RK_UNIT_REISSUE]   = { "reissue",   true },
    [RK_UNIT_REISSUING] = { "reissuing", true },
    [RK_UNIT_RETIRED]   = { "retired",   true },
};

#define FROM(state) (1u << RK_UNIT_##state)
static const struct step {
    const char *kind;
    unsigned from;                   /* the states that it may follow */
    enum rk_unit_state fresh, again; /* the one behind it: never committed so far, or before */
} steps[] = {
    { "reserve", FROM(FREE) | FROM(RESERVED) | FROM(REISSUE) | FROM(REISSUING), RK_UNIT_RESERVED, RK_UNIT_REISSUING },
    { "commit",  FROM(RESERVED) | FROM(REISSUING), RK_UNIT_ISSUED,  RK_UNIT_ISSUED },
    { "remake",  FROM(ISSUED),                     RK_UNIT_ISSUED,  RK_UNIT_ISSUED },
    { "void",    FROM(RESERVED) | FROM(REISSUING), RK_UNIT_FREE,    RK_UNIT_REISSUE },
    { "reissue", FROM(ISSUED),                     RK_UNIT_REISSUE, RK_UNIT_REISSUE },
    { "retire",  FROM(ISSUED) | FROM(REISSUE),     RK_UNIT_RETIRED, RK_UNIT_RETIRED },
};
/* clang-format on */

enum rk_unit_state rk_unit_state_find(const char *name)
{
    enum rk_unit_state state = RK_UNIT_FREE;

    while (state < RK_UNIT_STATES && strcmp(rk_unit_states[state].name, name) != 0)
        state++;
    return state;
}

static const struct step *find_step(const char *kind, size_t len)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strlen(steps[i].kind) == len && memcmp(steps[i].kind, kind, len) == 0)
            return &steps[i];
    }
    return NULL;
}

enum rk_unit_state rk_unit_state_behind(const char *kind, bool committed)
{
    size_t len = strcspn(kind, " ");
    const struct step *step = find_step(kind, len);

    if (len == 0)
        return RK_UNIT_FREE;
    if (step == NULL)
        return RK_UNIT_STATES;
    return committed ? step->again : step->fresh;
}

bool rk_unit_may(enum rk_unit_state state, const char *kind)
{
    const struct step *step = find_step(kind, strlen(kind));

    return step != NULL && (step->from >> state & 1u) != 0;
}
