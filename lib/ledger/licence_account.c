/* SPDX-License-Identifier: Apache-2.0 */
/* Licences in the ledger: which is in use, what it covers, what is left of it. */
#include "ledger/ledger.h"

#include "base/digest.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A licence's row. */
struct account {
    bool found;
    char terms[RK_HEX32];
    uint64_t units, reissues, spent, reissued;
};

static enum rk_rc read_account(void *arg, const char *const *column, struct rk_err *err)
{
    struct account *account = arg;

    account->found = true;
    (void)snprintf(account->terms, sizeof account->terms, "%s", column[0]);
    if (rk_parse_u64(column[1], INT64_MAX, &account->units, err) ||
        rk_parse_u64(column[2], INT64_MAX, &account->reissues, err) ||
        rk_parse_u64(column[3], INT64_MAX, &account->spent, err) ||
        rk_parse_u64(column[4], INT64_MAX, &account->reissued, err))
        return rk_wrap(err, "a licence's row in the ledger");
    return RK_OK;
}

static enum rk_rc get_account(rk_ledger *ledger, const char *id, struct account *ret,
                              struct rk_err *err)
{
    const struct rk_sql_value key = RK_SQL_TEXT(id);

    *ret = (struct account) { .found = false };
    return ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_GET, &key, 1, read_account, ret, err);
}

static enum rk_rc terms_digest(const struct rk_licence *licence, char ret[RK_HEX32],
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    uint8_t digest[32];

    if (rk_licence_text(licence, &text, err) || rk_sha256(text.p, text.len, digest, err))
        return err->rc;
    rk_hex_write(digest, sizeof digest, ret);
    return RK_OK;
}

static enum rk_rc not_expired(const rk_ledger *ledger, const struct rk_licence *licence,
                              struct rk_err *err)
{
    if (licence->not_after == 0 || ledger->now <= licence->not_after)
        return RK_OK;
    (void)rk_fail(err, RK_E_LEDGER, "licence \"%s\" has ended: at %" PRId64 ", now it is %" PRId64,
                  licence->id, licence->not_after, ledger->now);
    return rk_note(err, "seconds since 1970, by the later of the clock and the ledger's entries");
}

/* The licence as the ledger knows it; entered when it is new. */
static enum rk_rc enter(rk_ledger *ledger, const struct rk_licence *licence, struct rk_err *err)
{
    struct account account;
    char terms[RK_HEX32];
    const struct rk_entry entry = { .kind = "licence", .licence = licence->id, .digest = terms };

    if (terms_digest(licence, terms, err) || get_account(ledger, licence->id, &account, err))
        return err->rc;
    if (account.found && strcmp(account.terms, terms) != 0)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\" is in the ledger with other terms",
                       licence->id);
    if (account.found || ledger->reading)
        return RK_OK;
    const struct rk_sql_value put[] = { RK_SQL_TEXT(licence->id), RK_SQL_TEXT(terms),
                                        RK_SQL_NUMBER(licence->units),
                                        RK_SQL_NUMBER(licence->reissues) };
    if (ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_PUT, put, 4, NULL, NULL, err))
        return err->rc;
    return rk_ledger_append(ledger, &entry, err);
}

struct use {
    const struct rk_licence *licence;
    const char *product;
};

static enum rk_rc use(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct use *u = arg;

    if (strcmp(u->licence->product, u->product) != 0)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\" is for product \"%s\", not for \"%s\"",
                       u->licence->id, u->licence->product, u->product);
    if (not_expired(ledger, u->licence, err))
        return err->rc;
    return enter(ledger, u->licence, err);
}

enum rk_rc rk_ledger_use_licence(rk_ledger *ledger, const struct rk_licence *licence,
                                 const char *product, struct rk_err *err)
{
    struct use arg = { licence, product };

    if (rk_ledger_transact(ledger, use, &arg, err))
        return err->rc;
    ledger->licence = *licence;
    ledger->has_licence = true;
    return RK_OK;
}

/* ---- what it covers ---- */

static uint64_t serial_of(const struct rk_device_sn *sn)
{
    uint64_t v = 0;

    for (size_t i = 2; i < RK_DEVICE_SN_LEN; i++)
        v = v << 8 | sn->b[i];
    return v;
}

struct splits {
    char serial[17];
    char child[RK_LICENCE_ID_MAX]; /* the one that the serial number went to; "": none */
};

static enum rk_rc read_split(void *arg, const char *const *column, struct rk_err *err)
{
    struct splits *splits = arg;

    (void)err;
    if (strcmp(splits->serial, column[1]) >= 0 && strcmp(splits->serial, column[2]) <= 0)
        (void)snprintf(splits->child, sizeof splits->child, "%s", column[0]);
    return RK_OK;
}

static bool lists_oem(const struct rk_licence *licence, uint16_t oem)
{
    for (size_t i = 0; i < licence->oem_id_count; i++) {
        if (licence->oem_id[i] == oem)
            return true;
    }
    return licence->oem_id_count == 0;
}

enum rk_rc rk_licence_covers(rk_ledger *ledger, const struct rk_device_sn *sn, struct rk_err *err)
{
    const struct rk_licence *licence = &ledger->licence;
    const struct rk_sql_value key = RK_SQL_TEXT(licence->id);
    uint16_t oem = (uint16_t)(sn->b[0] << 8 | sn->b[1]);
    uint64_t serial = serial_of(sn);
    struct splits splits = { .child = "" };
    char unit[RK_UNIT_TEXT];

    if (!ledger->has_licence)
        return RK_OK;
    rk_device_sn_text(sn, unit);
    if (!lists_oem(licence, oem))
        return rk_fail(err, RK_E_LEDGER, "unit %s: licence \"%s\" does not cover OEM id %04x", unit,
                       licence->id, oem);
    if (serial < licence->first_sn || serial > licence->last_sn)
        return rk_fail(err, RK_E_LEDGER,
                       "unit %s: licence \"%s\" covers serial numbers %016" PRIx64
                       " to %016" PRIx64,
                       unit, licence->id, licence->first_sn, licence->last_sn);
    if (not_expired(ledger, licence, err))
        return err->rc;
    (void)snprintf(splits.serial, sizeof splits.serial, "%016" PRIx64, serial);
    if (ledger->db->ops->run(ledger->db, RK_SQL_SPLIT_LIST, &key, 1, read_split, &splits, err))
        return err->rc;
    if (splits.child[0] != '\0')
        return rk_fail(err, RK_E_LEDGER, "unit %s: its serial number went to licence \"%s\"", unit,
                       splits.child);
    return RK_OK;
}

static enum rk_rc used_up(const struct rk_licence *licence, const struct account *account,
                          uint64_t wanted, struct rk_err *err)
{
    return rk_fail(err, RK_E_LEDGER,
                   "licence \"%s\" does not cover %" PRIu64 " more units: %" PRIu64 " of %" PRIu64
                   " left",
                   licence->id, wanted, account->units - account->spent, account->units);
}

enum rk_rc rk_licence_spend(rk_ledger *ledger, struct rk_err *err)
{
    const struct rk_sql_value spend[] = { RK_SQL_NUMBER(ledger->spent), RK_SQL_NUMBER(0),
                                          RK_SQL_TEXT(ledger->licence.id) };
    struct account account;

    if (!ledger->has_licence || ledger->spent == 0)
        return RK_OK;
    if (get_account(ledger, ledger->licence.id, &account, err))
        return err->rc;
    if ((uint64_t)ledger->spent > account.units - account.spent)
        return used_up(&ledger->licence, &account, (uint64_t)ledger->spent, err);
    return ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_SPEND, spend, 3, NULL, NULL, err);
}

static enum rk_rc afford(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const uint64_t *wanted = arg;
    struct account account;

    if (get_account(ledger, ledger->licence.id, &account, err))
        return err->rc;
    if (!account.found) /* in a dry run: not entered yet */
        account.units = ledger->licence.units;
    if (*wanted > account.units - account.spent)
        return used_up(&ledger->licence, &account, *wanted, err);
    return RK_OK;
}

enum rk_rc rk_ledger_afford(rk_ledger *ledger, uint64_t units, struct rk_err *err)
{
    return ledger->has_licence ? rk_ledger_transact(ledger, afford, &units, err) : RK_OK;
}

/* ---- splitting it ---- */

struct split {
    const struct rk_licence *parent, *child;
    size_t count;
};

static enum rk_rc read_count(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_parse_u64(column[0], INT64_MAX, arg, err);
}

/* None of the parent's own units, and no other child, may stand in the range. */
static enum rk_rc range_is_free(rk_ledger *ledger, const struct rk_licence *parent,
                                const struct rk_licence *child, const char *first, const char *last,
                                struct rk_err *err)
{
    const struct rk_sql_value between[] = { RK_SQL_TEXT(parent->id), RK_SQL_TEXT(first),
                                            RK_SQL_TEXT(last) };
    uint64_t used = 0;

    if (ledger->db->ops->run(ledger->db, RK_SQL_UNITS_BETWEEN, between, 3, read_count, &used, err))
        return err->rc;
    if (used != 0)
        return rk_fail(err, RK_E_LEDGER,
                       "licence \"%s\": %" PRIu64 " units of \"%s\" stand in its range already",
                       child->id, used, parent->id);
    return RK_OK;
}

struct overlap {
    const char *first, *last;
    char other[RK_LICENCE_ID_MAX];
};

static enum rk_rc check_overlap(void *arg, const char *const *column, struct rk_err *err)
{
    struct overlap *overlap = arg;

    (void)err;
    if (strcmp(column[1], overlap->last) <= 0 && strcmp(column[2], overlap->first) >= 0)
        (void)snprintf(overlap->other, sizeof overlap->other, "%s", column[0]);
    return RK_OK;
}

static enum rk_rc put_child(rk_ledger *ledger, const struct rk_licence *parent,
                            const struct rk_licence *child, struct rk_err *err)
{
    char first[17], last[17], terms[RK_HEX32];
    const struct rk_sql_value put[] = { RK_SQL_TEXT(child->id), RK_SQL_TEXT(parent->id),
                                        RK_SQL_TEXT(first), RK_SQL_TEXT(last),
                                        RK_SQL_NUMBER(child->units) };
    const struct rk_sql_value spend[] = { RK_SQL_NUMBER(child->units),
                                          RK_SQL_NUMBER(child->reissues), RK_SQL_TEXT(parent->id) };
    const struct rk_entry entry = {
        .kind = "split", .licence = parent->id, .digest = terms, .note = child->id
    };
    struct overlap overlap = { first, last, "" };
    struct account account;

    (void)snprintf(first, sizeof first, "%016" PRIx64, child->first_sn);
    (void)snprintf(last, sizeof last, "%016" PRIx64, child->last_sn);
    if (terms_digest(child, terms, err) || get_account(ledger, parent->id, &account, err))
        return err->rc;
    if (child->units > account.units - account.spent)
        return used_up(parent, &account, child->units, err);
    if (child->reissues > account.reissues - account.reissued)
        return rk_fail(err, RK_E_LEDGER,
                       "licence \"%s\" has %" PRIu64 " reissues left, not %" PRIu64, parent->id,
                       account.reissues - account.reissued, child->reissues);
    if (range_is_free(ledger, parent, child, first, last, err) ||
        ledger->db->ops->run(ledger->db, RK_SQL_SPLIT_LIST, put + 1, 1, check_overlap, &overlap,
                             err))
        return err->rc;
    if (overlap.other[0] != '\0')
        return rk_fail(err, RK_E_LEDGER,
                       "licence \"%s\": its serial numbers overlap with those of \"%s\"", child->id,
                       overlap.other);
    if (ledger->db->ops->run(ledger->db, RK_SQL_SPLIT_PUT, put, 5, NULL, NULL, err) ||
        ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_SPEND, spend, 3, NULL, NULL, err))
        return err->rc;
    return rk_ledger_append(ledger, &entry, err);
}

static enum rk_rc split_all(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct split *split = arg;

    if (not_expired(ledger, split->parent, err) || enter(ledger, split->parent, err))
        return err->rc;
    for (size_t i = 0; i < split->count; i++) {
        if (put_child(ledger, split->parent, &split->child[i], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_ledger_split(rk_ledger *ledger, const struct rk_licence *parent,
                           const struct rk_licence *children, size_t count, struct rk_err *err)
{
    struct split split = { parent, children, count };

    for (size_t i = 0; i < count; i++) {
        if (rk_licence_within(&children[i], parent, err))
            return err->rc;
    }
    return rk_ledger_transact(ledger, split_all, &split, err);
}
