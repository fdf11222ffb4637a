/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit ledger: a unit (Device SN) is reserved before its identity is made, committed before
 * what was made becomes visible, voided when nothing came of it. It holds hashes and public ids
 * alone. The same rules run on SQLite (a path) and on PostgreSQL (a postgresql:// URI).
 *
 * Entries only ever grow: entry n has the hash SHA-256(hash of entry n-1 || line of entry n), the
 * hash before the first being 32 zero bytes. A line is, in ASCII, with tabs between:
 *   seq time kind unit licence build inputs digest keys note
 * seq and time in decimal (seconds since 1970), unit as 20 hex digits, inputs and digest in hex,
 * keys as kind=value with commas between; what a kind has no use for is empty. No newline. In note:
 *   ledger   the ledger's id, 32 hex digits
 *   licence  units=<n> reissues=<n>; digest is SHA-256 of the licence's signed text
 *   split    <child's id> units=<n> reissues=<n> first=<16 hex digits> last=<16 hex digits>; digest
 *            is of the child's signed text
 *   time     was=<n>: the time of before, which the clock takes back; a checkpoint signs it
 * A ledger of format 1 had no amounts in licence and split: rebuild appends the same entry with
 * them, and entry=<seq> behind.
 *
 * What is decided is decided by entries. The tables of units, ids, licences and splits are a cache:
 * where they differ from the entries that are read, every act but verify is refused by RK_E_LEDGER.
 */
#pragma once

#include "ftpmprov/ledger.h"
#include "rotkit/unit_id.h"
#include "rotkit/licence.h"

/* One unit on its way through the ledger. */
struct rk_ledger_unit {
    struct rk_unit_id sn;
    uint8_t inputs[32]; /* SHA-256 over all that the unit is made of */
    uint8_t digest[32]; /* commit: SHA-256 over what was made */
    char *keys;         /* commit: ids that no other unit may have, see rk_ledger_unit_add */
};
void rk_ledger_unit_done(struct rk_ledger_unit *unit);
/*
 * Adds an id to keys: kind is "soc", "ek:<template>", "cert:<issuer key>", "dps" or another of the
 * caller's. Both parts are of letters, digits and "._:-"; RK_E_USAGE when not. At most 500
 * characters, all ids of a unit at most 8 KiB.
 */
enum rk_rc rk_ledger_unit_add(struct rk_ledger_unit *unit, const char *kind, const char *value,
                              struct rk_err *err) RK_MUST_CHECK;

enum rk_ledger_mode {
    RK_LEDGER_READ,    /* RK_E_IO when it is not there */
    RK_LEDGER_WRITE,   /* the same, to be written */
    RK_LEDGER_CREATE,  /* made when it is not there */
    RK_LEDGER_REBUILD, /* to be written, of an older format, too: for rk_ledger_rebuild alone */
};
/* Takes every reservation, remembers none. */
enum rk_rc rk_ledger_open_none(rk_ledger **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * where: a path (SQLite) or postgresql://... (libpq; a password in it is refused with RK_E_USAGE:
 * PGPASSFILE and the environment have their place for it). build names who owns reservations made
 * here; NULL for none. RK_E_LEDGER when another process keeps it locked, RK_E_FORMAT when it is no
 * ledger, RK_E_IO when it is out of reach.
 */
enum rk_rc rk_ledger_open(const rk_ctx *ctx, const char *where, enum rk_ledger_mode mode,
                          const uint8_t build[32], rk_ledger **ret,
                          struct rk_err *err) RK_MUST_CHECK;
RK_CLEANUP(rk_ledger_done, rk_ledger, rk_ledger_close)
/*
 * Checkpoints of this key are believed from here on: what is decided starts from the sums that the
 * last of them signs. Without a key, and without a checkpoint of it, all entries are counted.
 *   key: borrowed, as long as the ledger is open
 */
void rk_ledger_use_key(rk_ledger *ledger, const rk_signer *key);

/*
 * All units or none, in one durable transaction. A unit that this build holds already, or that was
 * committed with the same inputs, costs nothing. RK_E_LEDGER when a unit may not be made (quota,
 * another build's, other inputs, retired); says which and why. Once a licence stands in the ledger,
 * no unit is taken without one (rk_ledger_use_licence): RK_E_LEDGER.
 */
enum rk_rc rk_ledger_reserve(rk_ledger *ledger, const struct rk_ledger_unit *units, size_t count,
                             struct rk_err *err) RK_MUST_CHECK;
/* All units or none; durable on return. RK_E_LEDGER when an id belongs to another unit. */
enum rk_rc rk_ledger_commit(rk_ledger *ledger, const struct rk_ledger_unit *units, size_t count,
                            struct rk_err *err) RK_MUST_CHECK;
/* Is the unit issued, made of these inputs? A ledger that counts nothing says yes. */
enum rk_rc rk_ledger_has(rk_ledger *ledger, const struct rk_ledger_unit *unit, bool *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* Gives back what this build has reserved and not committed; other units are left alone. */
enum rk_rc rk_ledger_void(rk_ledger *ledger, const struct rk_ledger_unit *units, size_t count,
                          struct rk_err *err) RK_MUST_CHECK;

/* ---- licences ---- */

/*
 * Reservations from here on are charged to this licence, which the ledger enters when it is new.
 * RK_E_LEDGER when it is for another product, has ended, or is in the ledger with other terms.
 */
enum rk_rc rk_ledger_use_licence(rk_ledger *ledger, const struct rk_licence *licence,
                                 const char *product, struct rk_err *err) RK_MUST_CHECK;
/* Before anything is made: which of these units are new to the ledger. RK_E_LEDGER as
 * rk_ledger_reserve, the count left aside. */
enum rk_rc rk_ledger_survey(rk_ledger *ledger, const struct rk_unit_id *sn, size_t count,
                            uint64_t *ret_new, struct rk_err *err) RK_MUST_CHECK;
/* RK_E_LEDGER when the licence in use has not so many units left. */
enum rk_rc rk_ledger_afford(rk_ledger *ledger, uint64_t units, struct rk_err *err) RK_MUST_CHECK;
/*
 * Records that these licences were split from the parent, and charges it with them, all or none;
 * one that was recorded before with the same terms stays as it is. RK_E_LEDGER when one goes beyond
 * the parent, they overlap, or units were made there.
 */
enum rk_rc rk_ledger_split(rk_ledger *ledger, const struct rk_licence *parent,
                           const struct rk_licence *children, size_t count,
                           struct rk_err *err) RK_MUST_CHECK;

/* ---- acts that a person records ---- */

enum rk_ledger_record {
    RK_LEDGER_VOID,    /* a reservation of whatever build is given back */
    RK_LEDGER_REISSUE, /* an issued unit may be made anew, once, from other inputs */
    RK_LEDGER_RETIRE,  /* a unit will never be made again */
};
/* RK_E_LEDGER when the unit's state does not allow it, or the licence no more reissues. */
enum rk_rc rk_ledger_put_record(rk_ledger *ledger, enum rk_ledger_record kind,
                                const struct rk_unit_id *sn, const char *reason,
                                struct rk_err *err) RK_MUST_CHECK;

/* ---- checkpoints ---- */

/* What a licence stands at after an entry of the ledger, counted from the entries. */
struct rk_ledger_sum {
    char id[RK_LICENCE_ID_MAX];
    char terms[65]; /* SHA-256 of the licence's signed text, hex */
    uint64_t units, reissues, spent, reissued;
    uint8_t splits[32]; /* s_n = SHA-256(s_n-1 | hash of the n-th entry "split"), from 32 zeros */
};
/*
 * What a ledger was at one time, signed. The file is JSON with these members; what is signed is
 * this text, every line ended by one newline, the last line once for each licence, by id:
 *   rotkit ledger checkpoint 2
 *   ledger: <32 hex digits, from the note of entry 1>
 *   size: <entries, decimal>
 *   head: <hash of the last one, hex>
 *   time: <seconds since 1970, decimal>
 *   key: <SHA-256 of the signer's SubjectPublicKeyInfo, hex>
 *   licence: <id> terms=<hex> units=<n> reissues=<n> spent=<n> reissued=<n> splits=<hex>
 * Format 1, of ledgers before 0.2.0, has "1" in the first line and no lines "licence".
 */
enum { RK_CHECKPOINT_FILE_MAX = 1 << 24 };
struct rk_checkpoint {
    unsigned format;
    char ledger[33];
    uint64_t size;
    uint8_t head[32];
    int64_t time;
    uint8_t key_sha256[32];
    struct rk_ledger_sum *sum; /* by id */
    size_t sum_count;
    enum rk_scheme scheme;
    struct rk_bytes signature;
};
void rk_checkpoint_done(struct rk_checkpoint *checkpoint);
/* The file. RK_E_FORMAT when malformed; RK_E_VERIFY when it is not signed by this key. */
enum rk_rc rk_checkpoint_read(const rk_ctx *ctx, const uint8_t *file, size_t len,
                              const rk_signer *key, struct rk_checkpoint *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* Signs the ledger as it stands, keeps that in it, and makes the file; the one of before when the
 * ledger has not grown since. */
enum rk_rc rk_ledger_checkpoint(rk_ledger *ledger, rk_signer *key, struct rk_bytes *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* RK_E_LEDGER when the ledger is another one, or older than the checkpoint: it was put back. */
enum rk_rc rk_ledger_compare_checkpoint(rk_ledger *ledger, const struct rk_checkpoint *checkpoint,
                                        struct rk_err *err) RK_MUST_CHECK;

/*
 * An anchor: a folder with the last checkpoint, checkpoint.json, that is kept apart from the
 * ledger. compare: whether the ledger goes on from it; a folder without one is no fault.
 * RK_E_LEDGER when it does not, RK_E_VERIFY when the checkpoint is not signed by the key.
 */
enum rk_rc rk_anchor_compare(const rk_ctx *ctx, rk_ledger *ledger, const rk_signer *key,
                             const char *folder, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_anchor_write(const char *folder, const struct rk_bytes *file,
                           struct rk_err *err) RK_MUST_CHECK;

/*
 * Says that the clock is right: an entry of its own, and a checkpoint that signs it. A ledger whose
 * time ran ahead goes on from the clock's; so does one that the clock is far ahead of.
 *   ret_before: the ledger's time until now
 *   ret_now: from here on
 */
enum rk_rc rk_ledger_correct_time(rk_ledger *ledger, rk_signer *key, int64_t *ret_before,
                                  int64_t *ret_now, struct rk_err *err) RK_MUST_CHECK;
/*
 * PostgreSQL: lets a role add entries and checkpoints and read the ledger, and nothing else.
 *   role: there already; RK_E_USAGE when not, or when the ledger is a file
 */
enum rk_rc rk_ledger_grant(rk_ledger *ledger, const char *role, struct rk_err *err) RK_MUST_CHECK;

/* ---- looking at it ---- */

struct rk_ledger_row { /* one unit as it stands; texts are borrowed during the call */
    const char *unit, *state, *licence, *build, *inputs, *digest;
    uint64_t seq;
    int64_t time; /* of the last entry about it */
};
typedef enum rk_rc (*rk_ledger_visit)(void *arg, const struct rk_ledger_row *row,
                                      struct rk_err *err);
/* Every unit, by Device SN. */
enum rk_rc rk_ledger_each(rk_ledger *ledger, rk_ledger_visit visit, void *arg,
                          struct rk_err *err) RK_MUST_CHECK;
/* Every id of every unit. */
typedef enum rk_rc (*rk_ledger_visit_key)(void *arg, const char *unit, const char *kind,
                                          const char *value, struct rk_err *err);
enum rk_rc rk_ledger_each_key(rk_ledger *ledger, rk_ledger_visit_key visit, void *arg,
                              struct rk_err *err) RK_MUST_CHECK;

struct rk_ledger_licence_status {
    char id[RK_LICENCE_ID_MAX];
    uint64_t units, spent, reissues, reissued;
};
struct rk_ledger_status {
    char ledger[33];
    uint64_t entries, checkpoints, checkpoint_size; /* of the last checkpoint */
    int64_t time;                                   /* of the last entry; 0: none */
    uint64_t reserved, issued, reissue, retired, voided;
    struct rk_ledger_licence_status *licence;
    size_t licence_count;
};
void rk_ledger_status_done(struct rk_ledger_status *status);
enum rk_rc rk_ledger_status(rk_ledger *ledger, struct rk_ledger_status *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * Recomputes the chain and what it counts, compares every checkpoint with it (and, with a key, its
 * signature), every table, and the triggers that guard them. RK_E_VERIFY says what does not hold.
 */
enum rk_rc rk_ledger_verify(rk_ledger *ledger, const rk_signer *key,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * The same, and every licence and child licence that an entry names must be among these, whose
 * signatures the caller has checked: their terms, not what the ledger says of them, are what units
 * are counted against.
 */
enum rk_rc rk_ledger_verify_licences(rk_ledger *ledger, const rk_signer *key,
                                     const struct rk_licence *licences, size_t count,
                                     struct rk_err *err) RK_MUST_CHECK;
/*
 * Makes the tables anew from the entries, which must hold together and be what every checkpoint in
 * the ledger says (and, with a key, its signature). The ledger is open by RK_LEDGER_REBUILD.
 *   licences: of a ledger of format 1, every licence and child licence that its entries name by
 *       digest, and no other; their amounts become entries of their own
 * RK_E_LEDGER when the entries do not hold, a licence is missing, or one is named by no entry.
 */
enum rk_rc rk_ledger_rebuild(rk_ledger *ledger, const rk_signer *key,
                             const struct rk_licence *licences, size_t count,
                             struct rk_err *err) RK_MUST_CHECK;
