/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include <string.h>

enum { WORD_MAX = 32, TOO_FAR = 4 };

/* Edit distance of words of at most WORD_MAX characters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1], a_len = strlen(a), b_len = strlen(b);

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

struct nearest nearest_to(const char *wanted)
{
    return (struct nearest) { .wanted = wanted, .distance = TOO_FAR };
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t d = distance(nearest->wanted, word);

    /* As many edits as the word has letters is no likeness. */
    if (d >= nearest->distance || d >= strlen(word))
        return;
    nearest->distance = d;
    nearest->word = word;
}
