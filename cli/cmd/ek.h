/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit ek`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_ek_csr, cmd_ek_derive, cmd_ek_lint;
