/* SPDX-License-Identifier: Apache-2.0 */
/* Key files that others than their owner may touch: what a program allows, and is told. */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Key files that others may write are refused (true until this is called) or taken. */
void rk_open_keys_refuse(bool refuse);
/*
 * Copies the path of the first key file that others may read; false when there was none since the
 * last call. Any thread.
 */
bool rk_open_keys_seen(char *ret, size_t size);
