/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/exits.h"

/* clang-format off */
static const struct exit_row rows[] = {
    { RK_OK,         0, "done" },
    { RK_E_INTERNAL, 1, "internal error, or out of memory" },
    { RK_E_USAGE,    2, "usage, manifest, malformed, unknown or refused input" },
    { RK_E_VERIFY,   3, "verification failed: something does not hold" },
    { RK_E_KEY,      4, "key, HSM or TPM authorisation" },
    { RK_E_LEDGER,   5, "licence or ledger" },
    { RK_E_PARTIAL,  6, "some devices of a batch failed" },
    { RK_E_IO,       7, "input or output, TPM or network out of reach" },
    { RK_E_UNKNOWN,  8, "nothing is wrong so far, but what was asked could not be checked" },
    { RK_E_FORMAT,   2, NULL },
    { RK_E_NOMEM,    1, NULL },
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };

const struct exit_row *exit_row_at(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

int exit_code_of(enum rk_rc rc)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].rc == rc)
            return rows[i].code;
    return 1;
}

static size_t gravity(enum rk_rc rc)
{
    static const enum rk_rc order[] = { RK_E_VERIFY, RK_E_INTERNAL, RK_E_NOMEM, RK_E_LEDGER,
                                        RK_E_KEY,    RK_E_PARTIAL,  RK_E_IO,    RK_E_USAGE,
                                        RK_E_FORMAT, RK_E_UNKNOWN,  RK_OK };
    size_t i = 0;

    while (order[i] != rc)
        i++;
    return i;
}

enum rk_rc exit_graver(enum rk_rc a, enum rk_rc b)
{
    return gravity(b) < gravity(a) ? b : a;
}
