/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a ledger: the transaction every act runs in, entries, units. */
#pragma once

#include "base/err.h"
#include "rotkit/licence.h"
#include "ledger/db.h"

enum { RK_UNIT_TEXT = 21, RK_HEX32 = 65, RK_NOTE_MAX = 200, RK_KEYS_MAX = 8192, RK_KEY_MAX = 500 };

struct rk_ledger {
    const rk_ctx *ctx;
    rk_db *db; /* NULL: the ledger that counts nothing */
    char build[RK_HEX32];
    struct rk_licence licence; /* id "": none in use */
    bool has_licence, reading;
    /* Of the transaction at work: */
    uint64_t size; /* entries */
    uint8_t head[32];
    int64_t now;             /* never before the last entry or checkpoint */
    int64_t spent, reissued; /* on the licence in use */
};

/* Runs act in one transaction, again when the database says that a new try may cure it. */
typedef enum rk_rc (*rk_ledger_act)(rk_ledger *ledger, void *arg, struct rk_err *err);
enum rk_rc rk_ledger_transact(rk_ledger *ledger, rk_ledger_act act, void *arg,
                              struct rk_err *err) RK_MUST_CHECK;

/* One entry; what is NULL stands as empty. */
struct rk_entry {
    const char *kind, *unit, *licence, *build, *inputs, *digest, *keys, *note;
};
enum rk_rc rk_ledger_append(rk_ledger *ledger, const struct rk_entry *entry,
                            struct rk_err *err) RK_MUST_CHECK;
/* entry.c: the hash of an entry, from the columns of its row, seq and time first. */
enum rk_rc rk_entry_hash(const uint8_t before[32], const char *const column[10], uint8_t ret[32],
                         struct rk_err *err) RK_MUST_CHECK;
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

struct rk_unit_row {
    char unit[RK_UNIT_TEXT];
    enum rk_unit_state state;
    char licence[RK_LICENCE_ID_MAX], build[RK_HEX32], inputs[RK_HEX32], digest[RK_HEX32];
};
enum rk_rc rk_unit_get(rk_ledger *ledger, const struct rk_device_sn *sn, struct rk_unit_row *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* Appends an entry of this kind about the unit, and puts the row as it is now. */
enum rk_rc rk_unit_put(rk_ledger *ledger, const struct rk_unit_row *row, const char *kind,
                       const char *keys, const char *note, struct rk_err *err) RK_MUST_CHECK;

/* licence_account.c: whether the licence in use covers a unit, the count left aside. */
enum rk_rc rk_licence_covers(rk_ledger *ledger, const struct rk_device_sn *sn,
                             struct rk_err *err) RK_MUST_CHECK;
/* licence_account.c: takes what ledger->spent and ->reissued say from the licence in use, or
 * refuses. */
enum rk_rc rk_licence_spend(rk_ledger *ledger, struct rk_err *err) RK_MUST_CHECK;
