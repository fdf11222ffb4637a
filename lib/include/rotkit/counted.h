/* SPDX-License-Identifier: Apache-2.0 */
/* A number of things, for people: "1 file", "2 files". */
#pragma once

#include <stdint.h>

enum { RK_COUNTED_MAX = 64 };

/* `one` is a single thing, words before it too: "EK certificate", "entry", "batch". Returns ret. */
const char *rk_counted_text(char ret[RK_COUNTED_MAX], uint64_t count, const char *one);
/* For an argument of printf: the text lives as long as the block that it stands in. */
#define RK_COUNTED(count, one)                                                                     \
    rk_counted_text((char[RK_COUNTED_MAX]) { 0 }, (uint64_t)(count), (one))
