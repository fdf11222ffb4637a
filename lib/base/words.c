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

void rk_words_show(const uint8_t *text, size_t len, char *ret, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        size_t n = 1;

        while (i + n < len && (text[i + n] & 0xc0) == 0x80)
            n++;
        if (used + n >= size)
            break;
        if (n > 1 && !(text[i] == 0xc2 && text[i + 1] < 0xa0))
            memcpy(ret + used, text + i, n);
        else
            memset(ret + used, n > 1 || text[i] < ' ' || text[i] == 0x7f ? '?' : text[i], n);
        used += n;
        i += n;
    }
    ret[used] = '\0';
}
