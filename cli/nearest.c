/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nearest.h"

#include "rotkit/words.h"

#include <string.h>

enum { TOO_FAR = 4 };

struct nearest nearest_to(const char *wanted)
{
    return (struct nearest) { .wanted = wanted, .distance = TOO_FAR };
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t d = rk_word_distance(nearest->wanted, word);

    /* As many edits as the word has letters is no likeness. */
    if (d >= nearest->distance || d >= strlen(word))
        return;
    nearest->distance = d;
    nearest->word = word;
}
