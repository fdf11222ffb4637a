/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit device`, one file each. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_device_new, cmd_device_derive, cmd_device_retire, cmd_device_reissue;
