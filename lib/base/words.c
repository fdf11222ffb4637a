/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/words.h"

#include <string.h>

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* One row of the table at a time. */
size_t rk_word_distance(const char *a, const char *b)
{
    size_t row[RK_WORD_MAX + 1];
    size_t la = strlen(a), lb = strlen(b);

    if (la > RK_WORD_MAX || lb > RK_WORD_MAX)
        return RK_WORD_MAX;
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
