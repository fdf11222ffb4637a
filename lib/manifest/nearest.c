/* SPDX-License-Identifier: Apache-2.0 */
/* The known key that a mistyped one most likely means. */
#include "manifest/rows.h"

#include <string.h>

enum { NAME_DISTANCE_MAX = 3, NAME_MAX_LEN = 64 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    size_t la = strlen(a), lb = strlen(b);

    if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
        return NAME_MAX_LEN;
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

const char *rk_manifest_nearest(const struct rk_mrow *rows, const char *name)
{
    const char *best = NULL;
    size_t near = (strlen(name) + 2) / 3; /* a short name has few letters to get wrong */
    size_t best_distance = (near < NAME_DISTANCE_MAX ? near : NAME_DISTANCE_MAX) + 1;

    for (; rows->key != NULL; rows++) {
        size_t d = distance(name, rows->key);

        /* As many edits as the key has letters is no likeness. */
        if (d < best_distance && d < strlen(rows->key)) {
            best_distance = d;
            best = rows->key;
        }
    }
    return best;
}
