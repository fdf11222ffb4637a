/* SPDX-License-Identifier: Apache-2.0 */
/* The secure memory of the process: OpenSSL's arena, which every rk_secret comes from. */
#pragma once

enum arena {
    ARENA_LOCKED,   /* never swapped out */
    ARENA_UNLOCKED, /* wiped, but may be swapped out: the memory lock limit is too low */
    ARENA_FOREIGN,  /* made by somebody else in this process: lock state unknown */
    ARENA_NONE,     /* secrets live on the plain heap: wiped, but may be swapped out */
};

/* Makes the arena, once for the process: the first thing that uses OpenSSL. */
enum arena arena_open(void);
/* Why secrets may be swapped out; NULL when they are not. */
const char *arena_fault(enum arena arena);
