/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which entries of an update package a board takes, as edk2-nvidia's FwPackageLib decides it.
 * Source: boot-images.md 3.1.
 */
#pragma once

#include "ftpmprov/bytes.h"

#include <stdbool.h>

/*
 * Token by token between dashes: as many on both sides, and an empty one on either side matches
 * anything. An empty entry spec is for every board.
 */
bool rk_tnspec_matches(const char *entry_spec, const char *board_spec);
/* The fuse level, fifth token: "0" is a board whose production fuse is not burnt. */
bool rk_tnspec_is_production(const char *board_spec);

struct rk_bup_choice {
    char name[41], spec[129];
    unsigned op_mode; /* 0 any board, 1 non-production, 2 production */
    uint64_t offset, len;
    bool chosen;     /* the board would install it */
    const char *why; /* when not */
};
/*
 * What a board of this spec and compat spec (NULL: none) would install of the BUP inside `file`, a
 * package or a capsule around one. Calls `each` for every entry. RK_E_VERIFY when nothing would be
 * installed, or when an entry name is in the package but in no form for this board.
 */
enum rk_rc rk_bup_match(const uint8_t *file, size_t len, const char *board_spec,
                        const char *compat_spec,
                        void (*each)(void *arg, const struct rk_bup_choice *choice), void *arg,
                        struct rk_err *err) RK_MUST_CHECK;
