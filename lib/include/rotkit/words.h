/* SPDX-License-Identifier: Apache-2.0 */
/* Text of anybody's, shown to people. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * UTF-8 of anybody's for people: what would move a terminal's cursor or turn the direction of its
 * text, and what is no UTF-8, becomes '?', byte for byte; what does not fit into size is left out,
 * by whole characters. ret may be text.
 */
void rk_words_show(const uint8_t *text, size_t len, char *ret, size_t size);
/* Whether all of it is UTF-8. */
bool rk_words_are_utf8(const uint8_t *text, size_t len);
