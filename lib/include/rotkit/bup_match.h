/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a board's UEFI would install an update package, asked from both sides: which entry of the
 * package each board takes, and whether every image that the board requires has one and fits its
 * partitions. As edk2-nvidia's FmpDeviceLib and FwPackageLib decide it (boot-images.md 3.1,
 * jetson-factory.md 5).
 */
#pragma once

#include "rotkit/slots.h"
#include "rotkit/tnspec.h"

struct rk_bup_board {
    const char *spec;
    const char *compat;              /* NULL: not known, which is not "none" */
    const char *platform;            /* its name in manifests */
    const struct rk_slot_size *slot; /* of its flash layouts */
    size_t slot_count;               /* 0: not known */
    bool single_image;               /* its firmware is built to take a package of one image */
};

/* One entry. */
struct rk_bup_choice {
    char name[41], spec[129];
    unsigned op_mode; /* 0 any board, 1 non-production, 2 production */
    uint64_t offset, len;
    bool chosen;   /* the board would install it */
    char why[400]; /* when not */
};
/* What an image lacks. */
struct rk_bup_finding {
    const char *name;
    uint32_t status; /* what the board would report in its ESRT; 0: a remark */
    char why[400];
};
struct rk_bup_told {
    void (*entry)(void *arg, const struct rk_bup_choice *choice);
    void (*finding)(void *arg, const struct rk_bup_finding *finding);
    void *arg;
};
struct rk_bup_verdict {
    uint32_t status;          /* what the board would report; 0: it installs it */
    size_t required, missing; /* images that UEFI requires, and those without an entry */
};

/* Whether a package begins here. */
bool rk_bup_starts(const uint8_t *file, size_t len);
/*
 * Every entry is told, then every finding. RK_E_VERIFY when the board would not install it, with
 * the status that it would report in *ret and in the message; RK_E_FORMAT for what is no package,
 * with the status as well; RK_E_USAGE for a platform whose images are not known.
 */
enum rk_rc rk_bup_match(const uint8_t *file, size_t len, const struct rk_bup_board *board,
                        const struct rk_bup_told *told, struct rk_bup_verdict *ret,
                        struct rk_err *err) RK_MUST_CHECK;

/* Image i that UEFI of this platform requires; NULL past the end, and for an unknown platform. */
const char *rk_bup_required(const char *platform, size_t i);
