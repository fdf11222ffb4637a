/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/edit_distance.h"

#include <string.h>

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* One row of the table at a time. */
size_t rk_edit_distance(const char *a, const char *b)
{
    size_t row[RK_EDIT_WORD_MAX + 1];
    size_t la = strlen(a), lb = strlen(b);

    if (la > RK_EDIT_WORD_MAX || lb > RK_EDIT_WORD_MAX)
        return RK_EDIT_WORD_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[lb];
}

struct rk_nearest rk_nearest_to(const char *wanted)
{
    enum { EDITS_MAX = 3 };
    size_t edits = (strlen(wanted) + 2) / 3; /* a short word has few letters to get wrong */

    return (struct rk_nearest) { .wanted = wanted,
                                 .distance = (edits < EDITS_MAX ? edits : EDITS_MAX) + 1 };
}

void rk_nearest_offer(struct rk_nearest *nearest, const char *word)
{
    size_t distance = rk_edit_distance(nearest->wanted, word);

    /* As many edits as the word has letters is no likeness. */
    if (distance >= nearest->distance || distance >= strlen(word))
        return;
    nearest->distance = distance;
    nearest->word = word;
}
