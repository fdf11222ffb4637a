/* SPDX-License-Identifier: Apache-2.0 */
/* Entries against licence files: what the ledger says of licences itself has no part in it. */
#include "ledger/verify.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

enum { GONE_MAX = 1 << 20 };

/* A range that a licence gave away. */
struct gone {
    const struct rk_licence *from, *to;
};
struct rk_verify_licences {
    const struct rk_licence *v; /* borrowed */
    char (*terms)[RK_HEX32];
    size_t count;
    struct gone *gone;
    size_t gone_count;
    uint64_t unlicensed; /* units that are charged to no licence */
};

void rk_verify_licences_free(struct rk_verify_licences *l)
{
    if (l == NULL)
        return;
    rk_grown_free(l->gone);
    rk_free(l->terms);
    rk_free(l);
}

enum rk_rc rk_verify_licences_new(const struct rk_licence *licences, size_t count,
                                  struct rk_verify_licences **ret, struct rk_err *err)
{
    RK_AUTO(rk_verify_licences_done) struct rk_verify_licences *l = rk_alloc(1, sizeof *l);

    if (l == NULL || (l->terms = rk_alloc(count == 0 ? 1 : count, sizeof *l->terms)) == NULL)
        return rk_fail_nomem(err);
    l->v = licences;
    for (; l->count < count; l->count++) {
        if (rk_terms_digest(&licences[l->count], l->terms[l->count], err))
            return err->rc;
    }
    *ret = l;
    l = NULL;
    return RK_OK;
}

static const struct rk_licence *find(const struct rk_verify_licences *l, const char *terms)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->terms[i], terms) == 0)
            return &l->v[i];
    }
    return NULL;
}

static enum rk_rc want(const struct rk_verify_licences *l, const char *const *column,
                       const char *id, const struct rk_licence **ret, struct rk_err *err)
{
    *ret = find(l, column[RK_ENTRY_DIGEST]);
    if (*ret != NULL && strcmp((*ret)->id, id) == 0)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "licence \"%s\": entry %s names terms %.16s, which no licence given has", id,
                   column[RK_ENTRY_SEQ], column[RK_ENTRY_DIGEST]);
}

static enum rk_rc other_amounts(const struct rk_licence *licence, const char *const *column,
                                struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY,
                   "licence \"%s\": entry %s says \"%s\", the licence %s, %s, %016" PRIx64
                   " to %016" PRIx64,
                   licence->id, column[RK_ENTRY_SEQ], column[RK_ENTRY_NOTE],
                   RK_COUNTED(licence->units, "unit"), RK_COUNTED(licence->reissues, "reissue"),
                   licence->first_sn, licence->last_sn);
}

static enum rk_rc check_licence(const struct rk_verify_licences *l, const char *const *column,
                                struct rk_err *err)
{
    const struct rk_licence *licence;
    struct rk_terms_note note;

    if (want(l, column, column[RK_ENTRY_LICENCE], &licence, err))
        return err->rc;
    return rk_terms_note_read(column[RK_ENTRY_NOTE], false, &note) &&
                   (!note.stated ||
                    (note.units == licence->units && note.reissues == licence->reissues))
               ? RK_OK
               : other_amounts(licence, column, err);
}

/* The licence that an entry before has entered by this id. */
static const struct rk_licence *by_id(const struct rk_verify_licences *l, const char *id)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->v[i].id, id) == 0)
            return &l->v[i];
    }
    return NULL;
}

static enum rk_rc add_gone(struct rk_verify_licences *l, const struct rk_licence *from,
                           const struct rk_licence *to, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct gone), GONE_MAX, RK_E_USAGE,
                                             "splits of licences" };
    void *items = l->gone;

    if (rk_grow(&growth, &items, l->gone_count, 1, err))
        return err->rc;
    l->gone = items;
    l->gone[l->gone_count++] = (struct gone) { from, to };
    return RK_OK;
}

static enum rk_rc check_split(struct rk_verify_licences *l, const char *const *column,
                              struct rk_err *err)
{
    const struct rk_licence *child, *parent = by_id(l, column[RK_ENTRY_LICENCE]);
    struct rk_terms_note note;

    if (!rk_terms_note_read(column[RK_ENTRY_NOTE], true, &note) || parent == NULL)
        return rk_fail(err, RK_E_VERIFY, "entry %s: it splits no licence given",
                       column[RK_ENTRY_SEQ]);
    if (want(l, column, note.child, &child, err))
        return err->rc;
    if (note.stated && (note.units != child->units || note.reissues != child->reissues ||
                        note.first_sn != child->first_sn || note.last_sn != child->last_sn))
        return other_amounts(child, column, err);
    if (rk_licence_within(child, parent, err)) {
        err->rc = RK_E_VERIFY;
        return rk_wrap(err, "entry %s", column[RK_ENTRY_SEQ]);
    }
    return note.entry != 0 ? RK_OK : add_gone(l, parent, child, err);
}

static enum rk_rc check_range(const struct rk_verify_licences *l, const struct rk_licence *licence,
                              const struct rk_unit_id *sn, struct rk_err *err)
{
    uint64_t serial;

    if (rk_licence_reaches(licence, sn, &serial, err))
        return err->rc;
    for (size_t i = 0; i < l->gone_count; i++) {
        const struct rk_licence *to = l->gone[i].to;

        if (l->gone[i].from == licence && serial >= to->first_sn && serial <= to->last_sn)
            return rk_fail(err, RK_E_VERIFY, "its serial number went to licence \"%s\"", to->id);
    }
    return RK_OK;
}

/* A unit that is taken from a licence: it is one of those, and in time. */
static enum rk_rc check_unit(const struct rk_verify_licences *l, const char *const *column,
                             struct rk_err *err)
{
    const struct rk_licence *licence = by_id(l, column[RK_ENTRY_LICENCE]);
    struct rk_unit_id sn;
    uint64_t time;

    if (licence == NULL)
        return rk_fail(err, RK_E_VERIFY, "licence \"%s\" of entry %s is not among those given",
                       column[RK_ENTRY_LICENCE], column[RK_ENTRY_SEQ]);
    if (rk_unit_id_parse(column[RK_ENTRY_UNIT], &sn, err) ||
        rk_parse_u64(column[RK_ENTRY_TIME], INT64_MAX, &time, err) ||
        check_range(l, licence, &sn, err)) {
        err->rc = RK_E_VERIFY;
        return rk_wrap(err, "entry %s", column[RK_ENTRY_SEQ]);
    }
    if (licence->not_after != 0 && (int64_t)time > licence->not_after)
        return rk_fail(err, RK_E_VERIFY, "entry %s: unit %s was taken behind the end of \"%s\"",
                       column[RK_ENTRY_SEQ], column[RK_ENTRY_UNIT], licence->id);
    return RK_OK;
}

/* What stands from before the first licence; the tally lets no other follow. */
static void count_unlicensed(struct rk_verify_licences *l, const char *const *column)
{
    bool committed = column[RK_ENTRY_COMMITTED][0] == '1';
    enum rk_unit_state before = rk_unit_state_behind(column[RK_ENTRY_BEFORE], committed);
    enum rk_unit_state after = rk_unit_state_behind(column[RK_ENTRY_KIND], committed);

    l->unlicensed += rk_unit_states[after].charged;
    l->unlicensed -= rk_unit_states[before].charged;
}

enum rk_rc rk_verify_licences_entry(struct rk_verify_licences *l, const char *const *column,
                                    struct rk_err *err)
{
    const char *kind = column[RK_ENTRY_KIND];
    bool committed = column[RK_ENTRY_COMMITTED][0] == '1';

    if (strcmp(kind, "licence") == 0)
        return check_licence(l, column, err);
    if (strcmp(kind, "split") == 0)
        return check_split(l, column, err);
    if (column[RK_ENTRY_UNIT][0] != '\0' && column[RK_ENTRY_LICENCE][0] == '\0')
        count_unlicensed(l, column);
    else if (strcmp(kind, "reserve") == 0 &&
             rk_unit_state_behind(column[RK_ENTRY_BEFORE], committed) == RK_UNIT_FREE)
        return check_unit(l, column, err);
    return RK_OK;
}

enum rk_rc rk_verify_licences_sums(const struct rk_verify_licences *l, const struct rk_tally *tally,
                                   struct rk_err *err)
{
    if (l->unlicensed != 0)
        return rk_fail(err, RK_E_VERIFY, "%s stand under no licence",
                       RK_COUNTED(l->unlicensed, "unit"));
    for (size_t i = 0; i < tally->count; i++) {
        const struct rk_ledger_sum *sum = &tally->sum[i];
        const struct rk_licence *licence = find(l, sum->terms);

        if (licence == NULL || sum->spent > licence->units || sum->reissued > licence->reissues)
            return rk_fail(err, RK_E_VERIFY, "licence \"%s\" is overdrawn: %s, %s", sum->id,
                           RK_COUNTED(sum->spent, "unit"), RK_COUNTED(sum->reissued, "reissue"));
    }
    return RK_OK;
}
