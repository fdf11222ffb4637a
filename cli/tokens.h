/* SPDX-License-Identifier: Apache-2.0 */
/* The families of tokens that the tests run: how a key URI names their module, what they can. */
#pragma once

#include <stddef.h>

struct token_family {
    const char *name, *query, *can;
};

/* NULL behind the last. */
const struct token_family *token_family_at(size_t i);
