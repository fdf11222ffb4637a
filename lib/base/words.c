/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/words.h"

#include <string.h>

/* U+0080 to U+009F, which terminals obey, and what turns the direction of writing or breaks lines:
 * U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069. */
static bool is_control(const uint8_t *at, size_t n)
{
    if (n == 1)
        return at[0] < ' ' || at[0] == 0x7f;
    if (at[0] == 0xc2)
        return at[1] < 0xa0;
    if (n < 3 || at[0] != 0xe2)
        return false;
    return (at[1] == 0x80 &&
            (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae))) ||
           (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

/* One character of RFC 3629: a lead byte, n - 1 behind it, no longer than needed, no surrogate. */
static bool is_utf8(const uint8_t *at, size_t n)
{
    if (n == 1)
        return at[0] < 0x80;
    if (n == 2)
        return at[0] >= 0xc2 && at[0] <= 0xdf;
    if (n == 3)
        return at[0] >= 0xe0 && at[0] <= 0xef && (at[0] != 0xe0 || at[1] >= 0xa0) &&
               (at[0] != 0xed || at[1] < 0xa0);
    return n == 4 && at[0] >= 0xf0 && at[0] <= 0xf4 && (at[0] != 0xf0 || at[1] >= 0x90) &&
           (at[0] != 0xf4 || at[1] < 0x90);
}

/* A lead byte, and all that follow one. */
static size_t character(const uint8_t *text, size_t len)
{
    size_t n = 1;

    while (text[0] >= 0xc0 && n < len && (text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

bool rk_words_are_utf8(const uint8_t *text, size_t len)
{
    for (size_t n; len != 0; text += n, len -= n) {
        n = character(text, len);
        if (!is_utf8(text, n))
            return false;
    }
    return true;
}

void rk_words_show(const uint8_t *text, size_t len, char *ret, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        size_t n = character(text + i, len - i);

        if (used + n >= size)
            break;
        if (!is_utf8(text + i, n) || is_control(text + i, n))
            memset(ret + used, '?', n);
        else
            memmove(ret + used, text + i, n);
        used += n;
        i += n;
    }
    ret[used] = '\0';
}
