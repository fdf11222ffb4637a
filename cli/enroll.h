/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of rotkit enroll. */
#pragma once

#include "app.h"

extern const struct cmd cmd_enroll_azure_dps;
