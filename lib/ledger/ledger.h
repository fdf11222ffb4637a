/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a ledger: the transaction every act runs in, entries, units. */
#pragma once

#include "base/err.h"
#include "rotkit/licence.h"
#include "ledger/db.h"
#include "ledger/tally.h"

enum {
    RK_UNIT_TEXT = 21,
    RK_UNIT_BEFORE = 96,
    RK_HEX32 = 65,
    RK_NOTE_MAX = 200,
    RK_KEYS_MAX = 8192,
    RK_KEY_MAX = 500
};

/* What a licence gave to others, read from the entries that say so. */
struct rk_split {
    char child[RK_LICENCE_ID_MAX];
    uint64_t seq, units, reissues, first_sn, last_sn;
};
struct rk_splits {
    bool valid;
    char licence[RK_LICENCE_ID_MAX];
    uint8_t digest[32]; /* of the entries, see rk_ledger_sum */
    struct rk_split *v;
    size_t count;
};

/* Entries that were gone through from the first: how many, and the hash of the last. */
struct rk_chain {
    uint64_t size;
    uint8_t head[32];
};

struct rk_ledger {
    const rk_ctx *ctx;
    rk_db *db; /* NULL: the ledger that counts nothing */
    char build[RK_HEX32];
    struct rk_licence licence; /* id "": none in use */
    bool has_licence, reading;
    bool guarded; /* tables, indexes and triggers were found to be ours */
    /* Of the transaction at work: */
    uint64_t size; /* entries */
    uint8_t head[32];
    int64_t now;              /* never before the last entry or checkpoint */
    int64_t clock, signed_at; /* of the system; of the last checkpoint, 0: none */
    uint64_t fresh;           /* units that the act takes from the licence in use */
    struct rk_chain below;    /* what holds below a checkpoint of the key; only grows */
    /* What entries say, up to the last transaction that came through. */
    struct rk_tally tally;
    const rk_signer *key;    /* whose checkpoints are believed; NULL: nobody's */
    struct rk_splits splits; /* of the licence in use */
};

/* Runs act in one transaction, again when the database says that a new try may cure it. */
typedef enum rk_rc (*rk_ledger_act)(rk_ledger *ledger, void *arg, struct rk_err *err);
enum rk_rc rk_ledger_transact(rk_ledger *ledger, rk_ledger_act act, void *arg,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * The same for an act that decides or appends: before it, the entries are counted up to the last
 * (ledger->tally), and the clock is within its bounds; behind it, the licences' rows are put as
 * they are now. RK_E_LEDGER where what is read differs from the entries.
 */
enum rk_rc rk_ledger_decide(rk_ledger *ledger, rk_ledger_act act, void *arg,
                            struct rk_err *err) RK_MUST_CHECK;

/* count.c: goes through the entries below the last checkpoint of the ledger's key, as far as they
 * have not been. For an act that only looks: nobody has to wait for it. */
enum rk_rc rk_ledger_hold_below(rk_ledger *ledger, struct rk_err *err) RK_MUST_CHECK;
/* count.c: brings the tally up to the last entry, from a checkpoint by the ledger's key. */
enum rk_rc rk_ledger_count_entries(rk_ledger *ledger, struct rk_err *err) RK_MUST_CHECK;

/* One entry; what is NULL stands as empty. */
struct rk_entry {
    const char *kind, *unit, *licence, *build, *inputs, *digest, *keys, *note;
    const char *before; /* of a unit: "kind licence" of its last entry, "" when there is none */
    bool committed;     /* one of its entries is a commit */
};
/* Puts it behind the last one, into the tally too; its columns are text that may stand there. */
enum rk_rc rk_ledger_append(rk_ledger *ledger, const struct rk_entry *entry,
                            struct rk_err *err) RK_MUST_CHECK;
/* entry.c: the hash of an entry, from the columns of its row, seq and time first. */
enum rk_rc rk_entry_hash(const uint8_t before[32], const char *const column[10], uint8_t ret[32],
                         struct rk_err *err) RK_MUST_CHECK;
/* entry.c: the hash of a row that stands behind `size` entries, the last of them with hash head.
 * RK_E_VERIFY when its number is not the next one, or it was stored with another hash. */
enum rk_rc rk_entry_next(uint64_t size, const uint8_t head[32], const char *const *column,
                         uint8_t ret[32], struct rk_err *err) RK_MUST_CHECK;
/* entry.c: text that may stand in an entry: printable ASCII, no tab. */
bool rk_entry_text(const char *text);

enum rk_unit_state {
    RK_UNIT_FREE, /* never seen, or voided */
    RK_UNIT_RESERVED,
    RK_UNIT_ISSUED,
    RK_UNIT_REISSUE,   /* issued once; a record allows to make it anew */
    RK_UNIT_REISSUING, /* reserved to be made anew */
    RK_UNIT_RETIRED,
    RK_UNIT_STATES,
};
/* As it stands in the tables, and the kind of entry that leads to it. */
struct rk_unit_state_row {
    const char *name;
    bool charged; /* stands for a unit of its licence */
};
extern const struct rk_unit_state_row rk_unit_states[RK_UNIT_STATES];
enum rk_unit_state rk_unit_state_find(const char *name); /* RK_UNIT_STATES: unknown */
/* The state behind an entry of this kind, "" for none; committed: it is, or an earlier one is, a
 * commit. A licence behind a space is left aside. RK_UNIT_STATES: unknown. */
enum rk_unit_state rk_unit_state_behind(const char *kind, bool committed);
/* Whether an entry of this kind may follow. */
bool rk_unit_may(enum rk_unit_state state, const char *kind);

struct rk_unit_row {
    char unit[RK_UNIT_TEXT];
    enum rk_unit_state state;
    char before[RK_UNIT_BEFORE]; /* see rk_entry */
    bool committed;
    char licence[RK_LICENCE_ID_MAX], build[RK_HEX32], inputs[RK_HEX32], digest[RK_HEX32];
};
/* unit.c: RK_E_LEDGER, and what to do then. */
enum rk_rc rk_fail_retired(const char *unit, struct rk_err *err);
/* unit_row.c: by the last entry about it, which must have its hash; its row must say the same. */
enum rk_rc rk_unit_get(rk_ledger *ledger, const struct rk_unit_id *sn, struct rk_unit_row *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* Appends an entry of this kind about the unit, and puts the row as it is now. */
enum rk_rc rk_unit_put(rk_ledger *ledger, const struct rk_unit_row *row, const char *kind,
                       const char *keys, const char *note, struct rk_err *err) RK_MUST_CHECK;
/* unit_row.c: whether an id of rotkit_key (kind, value, unit, the entry's unit and ids) stands in
 * its entry. */
enum rk_rc rk_id_compare(const char *const *column, struct rk_err *err) RK_MUST_CHECK;

/* licence_row.c: whether the row (RK_SQL_LICENCE_GET) says what the entries say; NULL: no row. */
enum rk_rc rk_sum_compare(const struct rk_ledger_sum *sum, const char *const *column,
                          struct rk_err *err) RK_MUST_CHECK;
/* licence_row.c: the row of a licence is there and says what its entries say. */
enum rk_rc rk_licence_row_compare(rk_ledger *ledger, const struct rk_ledger_sum *sum,
                                  struct rk_err *err) RK_MUST_CHECK;
/* licence_row.c: puts the rows of licences that differ from what they were before. */
enum rk_rc rk_licence_rows_put(rk_ledger *ledger, const struct rk_tally *before,
                               struct rk_err *err) RK_MUST_CHECK;

/* splits.c: the splits of a licence, from its entries, compared with the sum and with their rows;
 * kept in the ledger until there are more. */
enum rk_rc rk_splits_read(rk_ledger *ledger, const struct rk_ledger_sum *sum,
                          struct rk_err *err) RK_MUST_CHECK;
void rk_splits_done(struct rk_splits *splits);

/* licence_split.c: the row of what entry seq says that the licence gave away. */
enum rk_rc rk_split_row_put(rk_ledger *ledger, const char *licence,
                            const struct rk_terms_note *note, uint64_t seq,
                            struct rk_err *err) RK_MUST_CHECK;
/* licence_account.c: whether a licence names this OEM id and serial number; RK_E_LEDGER. */
enum rk_rc rk_licence_reaches(const struct rk_licence *licence, const struct rk_unit_id *sn,
                              uint64_t *ret_serial, struct rk_err *err) RK_MUST_CHECK;
/* licence_account.c: whether the licence in use covers a unit, the count left aside; none in use
 * covers it where the ledger has none. */
enum rk_rc rk_licence_covers(rk_ledger *ledger, const struct rk_unit_id *sn,
                             struct rk_err *err) RK_MUST_CHECK;
/* licence_account.c: whether the licence in use has as many units as the act has taken. */
enum rk_rc rk_licence_spend(rk_ledger *ledger, struct rk_err *err) RK_MUST_CHECK;
/* licence_account.c: enters a licence that is new. RK_E_LEDGER when it has ended, or is in the
 * ledger with other terms. */
enum rk_rc rk_licence_enter(rk_ledger *ledger, const struct rk_licence *licence,
                            struct rk_err *err) RK_MUST_CHECK;
/* licence_account.c: RK_E_LEDGER, with how many are left. */
enum rk_rc rk_licence_used_up(const struct rk_licence *licence, uint64_t spent, uint64_t wanted,
                              struct rk_err *err) RK_MUST_CHECK;
