/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart two words are, and which known word is nearest: "did you mean". */
#pragma once

#include <stddef.h>

enum { RK_EDIT_WORD_MAX = 64 };

/* Levenshtein distance; RK_EDIT_WORD_MAX when a word is longer than that. */
size_t rk_edit_distance(const char *a, const char *b);

/* Hand every known word to rk_nearest_offer, then read `word`. */
struct rk_nearest {
    const char *wanted, *word; /* word NULL: none is near */
    size_t distance;           /* a nearer word has less */
};
struct rk_nearest rk_nearest_to(const char *wanted);
void rk_nearest_offer(struct rk_nearest *nearest, const char *word);
