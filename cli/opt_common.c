/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/opt_common.h"

#include "rotkit/open_keys.h"

#include <string.h>

/* clang-format off */
const struct opt opt_common[] = {
    { "help",    'h', OPT_FLAG,    NULL, NULL, "show this help", false },
    { "quiet",   'q', OPT_FLAG,    NULL, NULL, "no notes, no progress", false },
    { "allow-open-keys", 0, OPT_FLAG, NULL, NULL, "take key files that others may write, or whose folder they may", false },
    { "require-locked-memory", 0, OPT_FLAG, NULL, NULL, "refuse to work when secrets may be swapped out", false },
    OPT_END,
};
/* clang-format on */

bool opt_common_set(struct app *app, const char *name, char letter)
{
    if (letter == 'h' || (name != NULL && strcmp(name, "help") == 0))
        app->stopped = true;
    else if (letter == 'q' || (name != NULL && strcmp(name, "quiet") == 0))
        app->quiet = true;
    else if (name != NULL && strcmp(name, "require-locked-memory") == 0)
        app->require_locked = true;
    else if (name != NULL && strcmp(name, "allow-open-keys") == 0)
        rk_open_keys_refuse(false);
    else
        return false;
    return true;
}
