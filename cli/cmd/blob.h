/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit blob`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_blob_pack, cmd_blob_open, cmd_blob_luks;
