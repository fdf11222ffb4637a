/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes of rotkit(1), by enum rk_rc. */
#pragma once

#include "ftpmprov/err.h"

#include <stddef.h>

struct exit_row {
    enum rk_rc rc;
    int code;
    const char *meaning; /* for the page; NULL: a kind that shares the code of another row */
};

const struct exit_row *exit_row_at(size_t i); /* NULL past the end */
int exit_code_of(enum rk_rc rc);
/*
 * Of two results for two operands the graver: 3 before 7 before 2 before 8 before 0. Our own
 * mistakes, keys and ledgers stand behind 3, in this order.
 */
enum rk_rc exit_graver(enum rk_rc a, enum rk_rc b);
