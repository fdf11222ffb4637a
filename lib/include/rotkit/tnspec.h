/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TNSPEC, what names a kind of board in NVIDIA's update packages:
 * BOARDID-FAB-SKU-REVISION-FUSELEVEL-CHIPREVISION-MACHINE-ROOTDEVICE, MACHINE with dashes of its
 * own. Sources: boot-images.md 3.1, jetson-factory.md 5.
 */
#pragma once

#include "ftpmprov/bytes.h"

#include <stdbool.h>

enum { RK_TNSPEC_MAX = 127 }; /* characters; edk2-nvidia has room for no more */

/*
 * Token by token between dashes: as many on both sides, and an empty one on either side matches
 * anything. An empty entry spec is for every board.
 */
bool rk_tnspec_matches(const char *entry_spec, const char *board_spec);
/* The fuse level, fifth token: exactly "0-" is a board whose production fuse is not burnt. */
bool rk_tnspec_is_production(const char *board_spec);
/*
 * The fields in which they differ, "FAB: package 300, board 500; machine: ...", "" when they match.
 * who: what the second is called, "board". Cut at size.
 */
void rk_tnspec_difference(const char *entry_spec, const char *board_spec, const char *who,
                          char *ret, size_t size);
/*
 * What the BSP makes a board's compat spec of: FAB, revision and chip revision left empty. A sample
 * for people, and a way to tell whether one would help; what a board has is its own to say.
 */
void rk_tnspec_compat_like(const char *board_spec, char ret[RK_TNSPEC_MAX + 1]);

/* What a file says of its board; "" and 0: nothing. */
struct rk_tnspec_file {
    char spec[RK_TNSPEC_MAX + 1], compat[RK_TNSPEC_MAX + 1];
    uint64_t chip; /* TEGRA_CHIPID */
};
/* Chip of a board that does not say which: Orin's. */
enum { RK_TNSPEC_CHIP = 0x23 };
/* The platform of a chip, as in manifests; NULL: none that is known. */
const char *rk_tnspec_platform(uint64_t chip);
/*
 * nv_boot_control.conf (TNSPEC, COMPATIBLE_SPEC, TEGRA_CHIPID) or a copy of an efivar,
 * TegraPlatformSpec or TegraPlatformCompatSpec: four bytes of attributes and ASCII, as edk2-nvidia
 * reads it; which of the two it is only its name says, so it fills `spec`. RK_E_FORMAT.
 */
enum rk_rc rk_tnspec_file_read(const uint8_t *file, size_t len, struct rk_tnspec_file *ret,
                               struct rk_err *err) RK_MUST_CHECK;
