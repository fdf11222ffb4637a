/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes of rotkit(1), by enum rk_rc. */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>

struct exit_row {
    enum rk_rc rc;
    int code;
    const char *meaning; /* for the page; NULL: a kind that shares the code of another row */
};

const struct exit_row *exit_row_at(size_t i); /* NULL past the end */
/* `verifying`: a malformed file is what verify looks for, so it leaves as 3. */
int exit_code_of(enum rk_rc rc, bool verifying);
