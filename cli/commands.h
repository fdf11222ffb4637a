/* SPDX-License-Identifier: Apache-2.0 */
/* One exported symbol a verb, each from its cmd_<verb>.c. */
#pragma once

#include "app.h"
