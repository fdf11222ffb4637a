/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart two words are, for suggestions. */
#pragma once

#include "ftpmprov/err.h"

enum { RK_WORD_MAX = 64 };

/* Levenshtein distance; RK_WORD_MAX when a word is longer than that. */
RK_API size_t rk_word_distance(const char *a, const char *b);
