/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known word nearest to an unknown one. */
#pragma once

#include <stddef.h>

/* Starts with nothing near enough; hand every known word to nearest_offer, then read `word`. */
struct nearest {
    const char *wanted, *word; /* word NULL: none is near */
    size_t distance;
};
struct nearest nearest_to(const char *wanted);
void nearest_offer(struct nearest *nearest, const char *word);
