/* SPDX-License-Identifier: Apache-2.0 */
/* The licence in use: what it covers, what is left of it. It counts by its signed file; what was
 * taken from it is counted from the entries. */
#include "ledger/ledger.h"

#include "rotkit/counted.h"

#include <inttypes.h>
#include <string.h>

static enum rk_rc not_expired(const rk_ledger *ledger, const struct rk_licence *licence,
                              struct rk_err *err)
{
    if (licence->not_after == 0 || ledger->now <= licence->not_after)
        return RK_OK;
    (void)rk_fail(err, RK_E_LEDGER, "licence \"%s\" has ended: at %" PRId64 ", now it is %" PRId64,
                  licence->id, licence->not_after, ledger->now);
    (void)rk_note(err, "seconds since 1970, by the later of the clock and the ledger's entries");
    return ledger->clock >= ledger->now
               ? err->rc
               : rk_note(err, "when the clock is right, and the ledger ran ahead: "
                              "rotkit ledger correct-time");
}

static enum rk_rc same_terms(const struct rk_ledger_sum *sum, const struct rk_licence *licence,
                             const char *terms, struct rk_err *err)
{
    if (strcmp(sum->terms, terms) != 0)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\" is in the ledger with other terms",
                       licence->id);
    if (sum->units != licence->units || sum->reissues != licence->reissues)
        return rk_fail(err, RK_E_LEDGER,
                       "licence \"%s\": the ledger's entry says %s and %s, the licence %" PRIu64
                       " and %" PRIu64,
                       licence->id, RK_COUNTED(sum->units, "unit"),
                       RK_COUNTED(sum->reissues, "reissue"), licence->units, licence->reissues);
    return RK_OK;
}

enum rk_rc rk_licence_enter(rk_ledger *ledger, const struct rk_licence *licence, struct rk_err *err)
{
    const struct rk_terms_note amounts = { .units = licence->units, .reissues = licence->reissues };
    const struct rk_ledger_sum *sum = rk_tally_find(&ledger->tally, licence->id);
    char terms[RK_HEX32], note[RK_TERMS_NOTE_MAX];
    const struct rk_entry entry = {
        .kind = "licence", .licence = licence->id, .digest = terms, .note = note
    };

    if (not_expired(ledger, licence, err) || rk_terms_digest(licence, terms, err))
        return err->rc;
    if (sum != NULL)
        return same_terms(sum, licence, terms, err) || rk_licence_row_compare(ledger, sum, err) ||
                       rk_splits_read(ledger, sum, err)
                   ? err->rc
                   : RK_OK;
    if (ledger->reading)
        return RK_OK;
    rk_terms_note_write(&amounts, note);
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
    return rk_licence_enter(ledger, u->licence, err);
}

enum rk_rc rk_ledger_use_licence(rk_ledger *ledger, const struct rk_licence *licence,
                                 const char *product, struct rk_err *err)
{
    struct use arg = { licence, product };

    if (rk_ledger_decide(ledger, use, &arg, err))
        return err->rc;
    ledger->licence = *licence;
    ledger->has_licence = true;
    return RK_OK;
}

/* ---- what it covers ---- */

static bool lists_oem(const struct rk_licence *licence, uint16_t oem)
{
    for (size_t i = 0; i < licence->oem_id_count; i++) {
        if (licence->oem_id[i] == oem)
            return true;
    }
    return licence->oem_id_count == 0;
}

enum rk_rc rk_licence_reaches(const struct rk_licence *licence, const struct rk_unit_id *sn,
                              uint64_t *ret_serial, struct rk_err *err)
{
    uint16_t oem = (uint16_t)(sn->b[0] << 8 | sn->b[1]);
    uint64_t serial = 0;
    char unit[RK_UNIT_TEXT];

    for (size_t i = 2; i < RK_UNIT_ID_LEN; i++)
        serial = serial << 8 | sn->b[i];
    *ret_serial = serial;
    rk_unit_id_text(sn, unit);
    if (!lists_oem(licence, oem))
        return rk_fail(err, RK_E_LEDGER, "unit %s: licence \"%s\" does not cover OEM id %04x", unit,
                       licence->id, oem);
    if (serial < licence->first_sn || serial > licence->last_sn)
        return rk_fail(err, RK_E_LEDGER,
                       "unit %s: licence \"%s\" covers serial numbers %016" PRIx64
                       " to %016" PRIx64,
                       unit, licence->id, licence->first_sn, licence->last_sn);
    return RK_OK;
}

enum rk_rc rk_licence_covers(rk_ledger *ledger, const struct rk_unit_id *sn, struct rk_err *err)
{
    const struct rk_licence *licence = &ledger->licence;
    const struct rk_ledger_sum *sum = rk_tally_find(&ledger->tally, licence->id);
    char unit[RK_UNIT_TEXT];
    uint64_t serial;

    if (!ledger->has_licence)
        return !rk_tally_wants_licence(&ledger->tally, "reserve", "")
                   ? RK_OK
                   : rk_fail(err, RK_E_LEDGER,
                             "the ledger counts by licences: name one (licence.file)");
    if (rk_licence_reaches(licence, sn, &serial, err) || not_expired(ledger, licence, err))
        return err->rc;
    if (sum == NULL) /* in a dry run: not entered yet */
        return RK_OK;
    if (rk_splits_read(ledger, sum, err))
        return err->rc;
    rk_unit_id_text(sn, unit);
    for (size_t i = 0; i < ledger->splits.count; i++) {
        const struct rk_split *split = &ledger->splits.v[i];

        if (serial >= split->first_sn && serial <= split->last_sn)
            return rk_fail(err, RK_E_LEDGER, "unit %s: its serial number went to licence \"%s\"",
                           unit, split->child);
    }
    return RK_OK;
}

enum rk_rc rk_licence_used_up(const struct rk_licence *licence, uint64_t spent, uint64_t wanted,
                              struct rk_err *err)
{
    return rk_fail(err, RK_E_LEDGER,
                   "licence \"%s\" does not cover %s: %" PRIu64 " of %" PRIu64 " left", licence->id,
                   RK_COUNTED(wanted, "more unit"),
                   licence->units > spent ? licence->units - spent : 0, licence->units);
}

enum rk_rc rk_licence_spend(rk_ledger *ledger, struct rk_err *err)
{
    const struct rk_ledger_sum *sum = rk_tally_find(&ledger->tally, ledger->licence.id);

    if (!ledger->has_licence || ledger->fresh == 0)
        return RK_OK;
    if (sum == NULL)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\" is not in the ledger", ledger->licence.id);
    return sum->spent <= ledger->licence.units
               ? RK_OK
               : rk_licence_used_up(&ledger->licence, sum->spent - ledger->fresh, ledger->fresh,
                                    err);
}

static enum rk_rc afford(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const uint64_t *wanted = arg;
    const struct rk_ledger_sum *sum = rk_tally_find(&ledger->tally, ledger->licence.id);
    uint64_t spent = sum == NULL ? 0 : sum->spent; /* in a dry run: not entered yet */

    return spent > ledger->licence.units || *wanted > ledger->licence.units - spent
               ? rk_licence_used_up(&ledger->licence, spent, *wanted, err)
               : RK_OK;
}

enum rk_rc rk_ledger_afford(rk_ledger *ledger, uint64_t units, struct rk_err *err)
{
    return ledger->has_licence ? rk_ledger_decide(ledger, afford, &units, err) : RK_OK;
}
