/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that a key at hand made while others were wanted elsewhere. Most schemes are random:
 * made anew in the next round, a signature would change what wraps it, and what is wanted with it,
 * without end. They are kept in the folder of the round, in a file of rotkit's own, each beside
 * what it is over: SHA-256 of key and message, and the scheme. What is read there is believed by
 * nobody here: sigbook.c holds it against key and message before it is used.
 */
#pragma once

#include "keys/wants.h"

#define RK_SIGKEPT_FILE "kept-signatures"
enum { RK_SIGKEPT_MAX = 4 * RK_WANTS_MAX, RK_SIGKEPT_SIGNATURE_MAX = 8192 };

struct rk_sigkept_item {
    uint8_t id[RK_WANT_ID];
    bool asked; /* in this run: what nobody asks for any more is not kept on */
    struct rk_bytes signature;
};

struct rk_sigkept {
    struct rk_sigkept_item *before, *fresh; /* read, sorted by id; made in this run */
    size_t before_count, fresh_count;
    uint32_t *slot; /* of fresh: its place, from 1; 0 is free. Its messages are ours, none is chosen
                       to collide. */
    size_t slots;   /* a power of two, or none */
};
void rk_sigkept_done(struct rk_sigkept *kept);

/* Fills an empty one from a file's content. RK_E_FORMAT. */
enum rk_rc rk_sigkept_parse(const struct rk_bytes *file, struct rk_sigkept *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* NULL when there is none. It stands where it is until the next add. */
struct rk_sigkept_item *rk_sigkept_find(struct rk_sigkept *kept, const uint8_t id[RK_WANT_ID]);
/* Keeps a copy; there is none of this id. */
enum rk_rc rk_sigkept_add(struct rk_sigkept *kept, const uint8_t id[RK_WANT_ID],
                          const struct rk_bytes *signature, struct rk_err *err) RK_MUST_CHECK;
/* The file: what was asked for, in the order of the ids. Empty *ret when nothing was ever kept. */
enum rk_rc rk_sigkept_write(const struct rk_sigkept *kept, struct rk_bytes *ret,
                            struct rk_err *err) RK_MUST_CHECK;
