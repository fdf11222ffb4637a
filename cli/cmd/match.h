/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of rotkit match share. */
#pragma once

#include "cli/opt.h"

#include "rotkit/bup_match.h"

/* What a board is asked for with. */
struct match_args {
    const char *board, *board_file, *compat, *compat_file, *platform, *layout_device;
    struct opt_list layout;
    bool single_image;
};
/* A board, and what it points into. */
struct match_board {
    struct rk_bup_board core;
    struct rk_tnspec_file file, compat_file;
    struct rk_slot_size *slot; /* RK_SLOTS_MAX of them; NULL without a layout */
};
void match_board_done(struct match_board *board); /* for RK_AUTO */
/* match_board.c: reads the files that the options name. */
enum rk_rc match_board_read(const struct app *app, const struct match_args *args,
                            struct match_board *ret, struct rk_err *err) RK_MUST_CHECK;
/* match_status.c: --status, an ESRT status in words; "all": every one. */
enum rk_rc match_status(const struct app *app, const char *text, struct rk_err *err) RK_MUST_CHECK;
