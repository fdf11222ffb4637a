/* SPDX-License-Identifier: Apache-2.0 */
/* The known key that a mistyped one most likely means. */
#include "manifest/rows.h"

#include "rotkit/words.h"

#include <string.h>

enum { NAME_DISTANCE_MAX = 3 };

const char *rk_manifest_nearest(const struct rk_mrow *rows, const char *name)
{
    const char *best = NULL;
    size_t near = (strlen(name) + 2) / 3; /* a short name has few letters to get wrong */
    size_t best_distance = (near < NAME_DISTANCE_MAX ? near : NAME_DISTANCE_MAX) + 1;

    for (; rows->key != NULL; rows++) {
        size_t d = rk_word_distance(name, rows->key);

        /* As many edits as the key has letters is no likeness. */
        if (d < best_distance && d < strlen(rows->key)) {
            best_distance = d;
            best = rows->key;
        }
    }
    return best;
}
