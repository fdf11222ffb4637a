/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/words.h"

#include <string.h>

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
