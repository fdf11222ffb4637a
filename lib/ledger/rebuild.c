/* SPDX-License-Identifier: Apache-2.0 */
/* Tables made anew from entries; a ledger of format 1 is given the amounts that it left out. */
#include "ledger/verify.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAMED_MAX = 1 << 20 };

/* An entry that names a licence by the digest of its terms. */
struct named {
    uint64_t seq;
    bool split, stated;
    char licence[RK_LICENCE_ID_MAX], terms[RK_HEX32];
    struct rk_terms_note note;
};

struct rebuilding {
    const rk_signer *key;
    const struct rk_licence *licences;
    char (*terms)[RK_HEX32]; /* of each */
    bool *named_too;         /* an entry names it */
    size_t count;
    struct named *named;
    size_t named_count;
};

/* A page of entries: no statement may run while one is read. */
struct entry {
    char *column[RK_ENTRY_COLUMNS + 1];
};
struct page {
    struct entry entry[RK_SQL_PAGE];
    size_t count;
};

static void empty(struct page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        for (size_t k = 0; k <= RK_ENTRY_COLUMNS; k++)
            rk_free_str(&page->entry[i].column[k]);
    }
    page->count = 0;
}

static void page_done(struct page **page)
{
    if (*page != NULL)
        empty(*page);
    rk_free(*page);
}

static enum rk_rc add_entry(void *arg, const char *const *column, struct rk_err *err)
{
    struct page *page = arg;
    struct entry *entry = &page->entry[page->count];

    if (page->count == RK_SQL_PAGE)
        return rk_fail(err, RK_E_INTERNAL, "more entries than a page has");
    *entry = (struct entry) { { NULL } };
    page->count++;
    for (size_t k = 0; k <= RK_ENTRY_COLUMNS; k++) {
        entry->column[k] = rk_strdup(column[k]);
        if (entry->column[k] == NULL)
            return rk_fail_nomem(err);
    }
    return RK_OK;
}

/* ---- rows ---- */

static enum rk_rc put_ids(rk_ledger *ledger, char *const *column, uint64_t seq, struct rk_err *err)
{
    for (char *key = column[RK_ENTRY_KEYS], *next; key != NULL && *key != '\0'; key = next) {
        char *value = strchr(key, '=');

        next = strchr(key, ',');
        if (next != NULL)
            *next++ = '\0';
        if (value == NULL)
            return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 ": id \"%s\" without a value", seq,
                           key);
        *value++ = '\0';
        const struct rk_sql_value put[] = { RK_SQL_TEXT(key), RK_SQL_TEXT(value),
                                            RK_SQL_TEXT(column[RK_ENTRY_UNIT]),
                                            RK_SQL_NUMBER(seq) };
        if (ledger->db->ops->run(ledger->db, RK_SQL_KEY_PUT, put, 4, NULL, NULL, err))
            return err->rc;
        if (ledger->db->changed == 0)
            return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 ": %s %s belongs to a unit already",
                           seq, key, value);
    }
    return RK_OK;
}

static enum rk_rc put_unit(rk_ledger *ledger, char *const *column, uint64_t seq, struct rk_err *err)
{
    bool committed = column[RK_ENTRY_COLUMNS][0] == '1';
    enum rk_unit_state state = rk_unit_state_behind(column[RK_ENTRY_KIND], committed);
    const struct rk_sql_value value[] = {
        RK_SQL_TEXT(column[RK_ENTRY_UNIT]),
        RK_SQL_NUMBER(seq),
        RK_SQL_TEXT(state < RK_UNIT_STATES ? rk_unit_states[state].name : ""),
        RK_SQL_TEXT(column[RK_ENTRY_LICENCE]),
        RK_SQL_TEXT(column[RK_ENTRY_BUILD]),
        RK_SQL_TEXT(column[RK_ENTRY_INPUTS]),
        RK_SQL_TEXT(column[RK_ENTRY_DIGEST]),
    };

    if (ledger->db->ops->run(ledger->db, RK_SQL_UNIT_PUT, value, 7, NULL, NULL, err))
        return err->rc;
    return put_ids(ledger, column, seq, err);
}

/* ---- licences that entries name ---- */

static enum rk_rc add_named(struct rebuilding *r, char *const *column, uint64_t seq, bool split,
                            struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct named), NAMED_MAX, RK_E_USAGE,
                                             "licences and splits" };
    struct named named = { .seq = seq, .split = split };
    void *items = r->named;

    if (!rk_terms_note_read(column[RK_ENTRY_NOTE], split, &named.note))
        return rk_fail(err, RK_E_VERIFY, "entry %s no licence", RK_COUNTED(seq, "name"));
    named.stated = named.note.stated;
    (void)snprintf(named.licence, sizeof named.licence, "%s", column[RK_ENTRY_LICENCE]);
    (void)snprintf(named.terms, sizeof named.terms, "%s", column[RK_ENTRY_DIGEST]);
    for (size_t i = 0; i < r->named_count && named.note.entry != 0; i++)
        r->named[i].stated = r->named[i].stated || r->named[i].seq == named.note.entry;
    if (rk_grow(&growth, &items, r->named_count, 1, err))
        return err->rc;
    r->named = items;
    r->named[r->named_count++] = named;
    return RK_OK;
}

static enum rk_rc put_entry(rk_ledger *ledger, struct rebuilding *r, char *const *column,
                            uint64_t seq, struct rk_err *err)
{
    bool split = strcmp(column[RK_ENTRY_KIND], "split") == 0;
    const struct named *named;

    if (column[RK_ENTRY_UNIT][0] != '\0')
        return put_unit(ledger, column, seq, err);
    if (!split && strcmp(column[RK_ENTRY_KIND], "licence") != 0)
        return RK_OK;
    if (add_named(r, column, seq, split, err))
        return err->rc;
    named = &r->named[r->named_count - 1];
    return split && named->stated ? rk_split_row_put(ledger, named->licence, &named->note, seq, err)
                                  : RK_OK;
}

static enum rk_rc put_rows(rk_ledger *ledger, struct rebuilding *r, struct rk_err *err)
{
    RK_AUTO(page_done) struct page *page = rk_alloc(1, sizeof *page);

    if (page == NULL)
        return rk_fail_nomem(err);
    for (uint64_t at = 0; at < ledger->size; at += page->count) {
        const struct rk_sql_value from = RK_SQL_NUMBER(at);

        empty(page);
        if (ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_PAGE, &from, 1, add_entry, page, err))
            return err->rc;
        if (page->count == 0)
            return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is missing", at + 1);
        for (size_t i = 0; i < page->count; i++) {
            if (put_entry(ledger, r, page->entry[i].column, at + 1 + i, err))
                return err->rc;
        }
    }
    return RK_OK;
}

/* ---- amounts ---- */

static const struct rk_licence *find_file(struct rebuilding *r, const char *terms)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->terms[i], terms) == 0) {
            r->named_too[i] = true;
            return &r->licences[i];
        }
    }
    return NULL;
}

static enum rk_rc state_amounts(rk_ledger *ledger, const struct named *named,
                                const struct rk_licence *file, struct rk_err *err)
{
    struct rk_terms_note amounts = { .stated = true,
                                     .units = file->units,
                                     .reissues = file->reissues,
                                     .first_sn = file->first_sn,
                                     .last_sn = file->last_sn,
                                     .entry = named->seq };
    char note[RK_TERMS_NOTE_MAX];
    const struct rk_entry entry = { .kind = named->split ? "split" : "licence",
                                    .licence = named->licence,
                                    .digest = named->terms,
                                    .note = note };

    if (named->split)
        memcpy(amounts.child, named->note.child, sizeof amounts.child);
    rk_terms_note_write(&amounts, note);
    if (rk_ledger_append(ledger, &entry, err))
        return err->rc;
    return named->split ? rk_split_row_put(ledger, named->licence, &amounts, ledger->size, err)
                        : RK_OK;
}

static enum rk_rc settle(rk_ledger *ledger, struct rebuilding *r, const struct named *named,
                         struct rk_err *err)
{
    const char *id = named->split ? named->note.child : named->licence;
    const struct rk_licence *file = find_file(r, named->terms);

    if (named->stated)
        return RK_OK;
    if (file == NULL || strcmp(file->id, id) != 0) {
        (void)rk_fail(err, RK_E_LEDGER,
                      "licence \"%s\": entry %s it by terms %.16s, and says no units", id,
                      RK_COUNTED(named->seq, "name"), named->terms);
        return rk_note(err, "give its file: --licence");
    }
    return state_amounts(ledger, named, file, err);
}

static enum rk_rc settle_all(rk_ledger *ledger, struct rebuilding *r, struct rk_err *err)
{
    for (size_t i = 0; i < r->named_count; i++) {
        if (settle(ledger, r, &r->named[i], err))
            return err->rc;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (!r->named_too[i])
            return rk_fail(err, RK_E_LEDGER, "licence \"%s\" is named by no entry of the ledger",
                           r->licences[i].id);
    }
    for (size_t i = 0; i < ledger->tally.count; i++) {
        const struct rk_ledger_sum *sum = &ledger->tally.sum[i];

        if (sum->spent > sum->units || sum->reissued > sum->reissues)
            return rk_fail(err, RK_E_LEDGER,
                           "licence \"%s\" is overdrawn: %" PRIu64 " of %s, %" PRIu64 " of %s",
                           sum->id, sum->spent, RK_COUNTED(sum->units, "unit"), sum->reissued,
                           RK_COUNTED(sum->reissues, "reissue"));
    }
    return RK_OK;
}

/* ---- all of it ---- */

static void rebuilding_done(struct rebuilding *r)
{
    rk_grown_free(r->named);
    rk_free(r->terms);
    rk_free(r->named_too);
}

/* What a try before this one has left is forgotten. */
static enum rk_rc prepare(rk_ledger *ledger, struct rebuilding *r, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint last = { .size = 0 };

    r->named_count = 0;
    rk_grown_free(r->named);
    r->named = NULL;
    rk_tally_done(&ledger->tally);
    if (ledger->db->ops->schema(ledger->db, RK_SCHEMA_BARE, err) ||
        rk_checkpoint_last(ledger, &last, err))
        return err->rc;
    if (last.time > ledger->now)
        ledger->now = last.time;
    return RK_OK;
}

static enum rk_rc rebuild(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct rk_tally none = { .valid = false };
    struct rebuilding *r = arg;

    if (prepare(ledger, r, err) || rk_verify_entries(ledger, r->key, NULL, &ledger->tally, err) ||
        put_rows(ledger, r, err))
        return err->rc;
    ledger->tally.valid = true;
    if (settle_all(ledger, r, err) || rk_licence_rows_put(ledger, &none, err) ||
        ledger->db->ops->schema(ledger->db, RK_SCHEMA_GUARDED, err))
        return err->rc;
    return ledger->db->ops->check_schema(ledger->db, err);
}

enum rk_rc rk_ledger_rebuild(rk_ledger *ledger, const rk_signer *key,
                             const struct rk_licence *licences, size_t count, struct rk_err *err)
{
    RK_AUTO(rebuilding_done)
    struct rebuilding r = { .key = key,
                            .licences = licences,
                            .terms = rk_alloc(count + 1, sizeof *r.terms),
                            .named_too = rk_alloc(count + 1, sizeof *r.named_too) };

    if (r.terms == NULL || r.named_too == NULL)
        return rk_fail_nomem(err);
    for (; r.count < count; r.count++) {
        if (rk_terms_digest(&licences[r.count], r.terms[r.count], err))
            return err->rc;
    }
    if (rk_ledger_transact(ledger, rebuild, &r, err) == RK_OK)
        return RK_OK;
    if (err->rc == RK_E_VERIFY)
        err->rc = RK_E_LEDGER;
    return err->rc;
}
