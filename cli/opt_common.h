/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every command has. */
#pragma once

#include "cli/opt.h"

/* For help and pages; bound to nothing. */
extern const struct opt opt_common[];

/* Does what the option says; false when `name` (or the letter; name is then NULL) is none of them.
 */
bool opt_common_set(struct app *app, const char *name, char letter);
