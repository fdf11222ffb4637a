/* SPDX-License-Identifier: Apache-2.0 */
/* The commands below rotkit release. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_release_merge, cmd_release_archive;
