/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What entries say when they are counted one after the other: the chain's head, and what each
 * licence was charged with. Tables have no part in it.
 */
#pragma once

#include "base/err.h"
#include "rotkit/ledger.h"

#include <stdbool.h>

/* The columns of an entry, and what a count asks of the entries about the same unit before it. */
enum rk_entry_column {
    RK_ENTRY_SEQ,
    RK_ENTRY_TIME,
    RK_ENTRY_KIND,
    RK_ENTRY_UNIT,
    RK_ENTRY_LICENCE,
    RK_ENTRY_BUILD,
    RK_ENTRY_INPUTS,
    RK_ENTRY_DIGEST,
    RK_ENTRY_KEYS,
    RK_ENTRY_NOTE,
    RK_ENTRY_HASH, /* the hash is over those above */
    RK_ENTRY_COLUMNS,
    RK_ENTRY_BEFORE = RK_ENTRY_COLUMNS, /* "kind licence" of the last one; "": there is none */
    RK_ENTRY_COMMITTED,                 /* "1": one of them is a commit */
    RK_ENTRY_COUNTED_COLUMNS,
};

/* terms.c: what an entry "licence" or "split" notes. */
struct rk_terms_note {
    char child[RK_LICENCE_ID_MAX]; /* split: whose terms these are */
    bool stated;                   /* false: of format 1, without amounts */
    uint64_t units, reissues;
    uint64_t first_sn, last_sn; /* split */
    uint64_t entry;             /* the entry of format 1 whose amounts these are; 0: none */
};
enum { RK_TERMS_NOTE_MAX = 256 };
void rk_terms_note_write(const struct rk_terms_note *note, char ret[RK_TERMS_NOTE_MAX]);
/* False unless the text is what rk_terms_note_write writes, or format 1. */
bool rk_terms_note_read(const char *text, bool split, struct rk_terms_note *ret);
/* SHA-256 of the licence's signed text, in hex. */
enum rk_rc rk_terms_digest(const struct rk_licence *licence, char ret[65],
                           struct rk_err *err) RK_MUST_CHECK;

struct rk_tally {
    bool valid;    /* false: nothing is counted yet */
    uint64_t size; /* entries */
    uint8_t head[32];
    int64_t time;       /* of the last one */
    uint64_t unstated;  /* licences and splits of format 1 whose amounts no entry states */
    uint64_t ids;       /* that entries bring */
    uint64_t splits;    /* with amounts */
    uint64_t corrected; /* the last entry "time"; 0: none */
    uint8_t corrected_head[32];
    struct rk_ledger_sum *sum; /* by id */
    size_t count;
};
void rk_tally_done(struct rk_tally *tally);
enum rk_rc rk_tally_copy(const struct rk_tally *tally, struct rk_tally *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* NULL when no entry has entered this licence. */
struct rk_ledger_sum *rk_tally_find(const struct rk_tally *tally, const char *id);
/*
 * Whether an entry of this kind about a unit must name a licence, and does not: behind the first
 * entry "licence" nothing is reserved or reissued but under one. What stands there from before
 * stays, and may be committed, remade, given back and retired.
 */
bool rk_tally_wants_licence(const struct rk_tally *tally, const char *kind, const char *licence);
/* The sums that a checkpoint signs. */
enum rk_rc rk_tally_start(struct rk_tally *tally, const struct rk_checkpoint *checkpoint,
                          struct rk_err *err) RK_MUST_CHECK;
/*
 * Adds the next entry, RK_ENTRY_COUNTED_COLUMNS columns. RK_E_VERIFY when it does not follow from
 * the ones before: its number, time, hash, its unit's state, its licence and that one's units.
 */
enum rk_rc rk_tally_add(struct rk_tally *tally, const char *const *column,
                        struct rk_err *err) RK_MUST_CHECK;
/* The same for an entry of our own: its hash is known, limits are the caller's to ask. */
enum rk_rc rk_tally_append(struct rk_tally *tally, const char *const *column,
                           const uint8_t hash[32], struct rk_err *err) RK_MUST_CHECK;
