/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit licence`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_licence_issue, cmd_licence_show, cmd_licence_split, cmd_licence_verify;
