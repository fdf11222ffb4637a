/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit ca`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_ca_init, cmd_ca_issue, cmd_ca_crl, cmd_ca_self;
