/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/tnspec.h"

#include "platform/tegra/bup.h"

#include <stdio.h>
#include <string.h>

static size_t token_count(const char *spec)
{
    size_t count = 1;

    for (; *spec != '\0'; spec++)
        count += *spec == '-';
    return count;
}

bool rk_tnspec_matches(const char *entry, const char *board)
{
    if (entry[0] == '\0')
        return true;
    if (token_count(entry) != token_count(board))
        return false;
    for (;;) {
        size_t a = strcspn(entry, "-"), b = strcspn(board, "-");

        if (a != 0 && b != 0 && (a != b || memcmp(entry, board, a) != 0))
            return false;
        if (entry[a] == '\0')
            return true;
        entry += a + 1;
        board += b + 1;
    }
}

bool rk_tnspec_is_production(const char *board)
{
    for (int i = 0; i < 4; i++) {
        board += strcspn(board, "-");
        board += *board == '-';
    }
    return !(board[0] == '0' && (board[1] == '-' || board[1] == '\0'));
}

static const char *why_not(const struct rk_bup_entry *e, const char *board, const char *compat)
{
    bool production = rk_tnspec_is_production(board);

    if (e->op_mode == 1 && production)
        return "for boards without the production fuse";
    if (e->op_mode == 2 && !production)
        return "for boards with the production fuse";
    if (rk_tnspec_matches(e->spec, board) || (compat != NULL && rk_tnspec_matches(e->spec, compat)))
        return NULL;
    return "for another board";
}

/* The package itself, or the first one inside. */
static enum rk_rc find_bup(const uint8_t *file, size_t len, size_t *ret, struct rk_err *err)
{
    for (size_t at = 0; at + 16 <= len; at++) {
        if (file[at] == 'N' && rk_bup_is(file + at, len - at)) {
            *ret = at;
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_FORMAT, "no update package (NVIDIA__BLOB__V) inside");
}

struct matching {
    const uint8_t *file;
    size_t len;
    struct rk_bup bup;
    const char *board, *compat;
};

/* An entry without a spec is a fallback, as one of the compat spec: it fits any board, fully none.
 */
static bool fits_fully(const struct rk_bup_entry *e, const char *board)
{
    return e->spec[0] != '\0' && rk_tnspec_matches(e->spec, board);
}

/*
 * As edk2-nvidia's FwPackageGetImageIndex chooses (jetson-factory.md 5): the full spec wins
 * wherever it stands; else the first that the compat spec fits or that has no spec.
 */
static enum rk_rc is_chosen(const struct matching *m, size_t i, const struct rk_bup_entry *e,
                            const char **ret_why, struct rk_err *err)
{
    bool full = fits_fully(e, m->board);
    struct rk_bup_entry other;

    *ret_why = why_not(e, m->board, m->compat);
    for (size_t k = 0; *ret_why == NULL && k < m->bup.count; k++) {
        bool other_full;

        if (k == i)
            continue;
        if (rk_bup_read_entry(m->file, m->len, &m->bup, k, &other, err))
            return err->rc;
        if (strcmp(other.name, e->name) != 0 || why_not(&other, m->board, m->compat) != NULL)
            continue;
        other_full = fits_fully(&other, m->board);
        if (other_full && !full)
            *ret_why = "another entry fits the full spec";
        else if (other_full == full && k < i)
            *ret_why = "an earlier entry fits as well";
    }
    return RK_OK;
}

/* Every name of the package must have one entry that the board takes. */
static enum rk_rc name_is_served(const struct matching *m, const char *name, struct rk_err *err)
{
    struct rk_bup_entry e;

    for (size_t i = 0; i < m->bup.count; i++) {
        if (rk_bup_read_entry(m->file, m->len, &m->bup, i, &e, err))
            return err->rc;
        if (strcmp(e.name, name) == 0 && why_not(&e, m->board, m->compat) == NULL)
            return RK_OK;
    }
    return rk_fail(err, RK_E_VERIFY,
                   "no entry \"%s\" fits the board \"%s\": it would be left as it is", name,
                   m->board);
}

enum rk_rc rk_bup_match(const uint8_t *file, size_t len, const char *board, const char *compat,
                        void (*each)(void *arg, const struct rk_bup_choice *choice), void *arg,
                        struct rk_err *err)
{
    struct matching m = { .board = board, .compat = compat };
    struct rk_bup_entry e;
    size_t at;

    if (find_bup(file, len, &at, err))
        return err->rc;
    m.file = file + at;
    m.len = len - at;
    if (rk_bup_read_header(m.file, m.len, &m.bup, err) || rk_bup_check(m.file, m.len, &m.bup, err))
        return rk_wrap(err, "bup");
    for (size_t i = 0; i < m.bup.count; i++) {
        struct rk_bup_choice choice = { .op_mode = 0 };

        if (rk_bup_read_entry(m.file, m.len, &m.bup, i, &e, err) ||
            is_chosen(&m, i, &e, &choice.why, err))
            return err->rc;
        memcpy(choice.name, e.name, sizeof choice.name);
        memcpy(choice.spec, e.spec, sizeof choice.spec);
        choice.op_mode = e.op_mode;
        choice.offset = at + e.offset;
        choice.len = e.len;
        choice.chosen = choice.why == NULL;
        each(arg, &choice);
    }
    for (size_t i = 0; i < m.bup.count; i++) {
        if (rk_bup_read_entry(m.file, m.len, &m.bup, i, &e, err) || name_is_served(&m, e.name, err))
            return err->rc;
    }
    return RK_OK;
}
