/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart two words are, for suggestions. */
#pragma once

#include "ftpmprov/err.h"

enum { RK_WORD_MAX = 64 };

/* Levenshtein distance; RK_WORD_MAX when a word is longer than that. */
RK_API size_t rk_word_distance(const char *a, const char *b);

/*
 * UTF-8 of anybody's for people: what would move a terminal's cursor becomes '?'; what does not fit
 * into size is left out, by whole characters.
 */
void rk_words_show(const uint8_t *text, size_t len, char *ret, size_t size);
