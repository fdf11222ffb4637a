/* SPDX-License-Identifier: Apache-2.0 */
/* The commands below rotkit update. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_update_make, cmd_update_check;
