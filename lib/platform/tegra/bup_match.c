/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's own loops, in their order: the package's header, how many images, for each partition
 * of the board its image and its size, for each required image its partition.
 */
#include "rotkit/bup_match.h"

#include "base/mem.h"
#include "base/rd.h"
#include "platform/tegra/bup.h"
#include "rotkit/counted.h"
#include "rotkit/esrt.h"

#include <stdio.h>
#include <string.h>

/* An entry, and how the board's strings fit it: asked once, since a package has up to 512. */
struct candidate {
    struct rk_bup_entry e;
    bool full, compat,
        fuse; /* an entry without a spec fits no board fully, and any as a fallback */
};
struct matching {
    const struct rk_bup_board *board;
    const struct rk_bup_told *told;
    struct rk_bup_verdict *verdict;
    struct candidate *entry;
    size_t count;
    bool compat_would_do;        /* for an image that is missing */
    struct rk_bup_finding first; /* of the status that the board would report */
};

static void matching_done(struct matching *m)
{
    rk_free(m->entry);
}

bool rk_bup_starts(const uint8_t *file, size_t len)
{
    return rk_bup_is(file, len);
}

static bool fits(const struct candidate *c)
{
    return c->fuse && (c->full || c->compat);
}

/*
 * The entry that the board takes for a name, as FwPackageGetImageIndex chooses it
 * (jetson-factory.md 5): one that fits the full spec wins wherever it stands, else the first that
 * the compat spec fits or that has no spec. NULL: none.
 */
static const struct candidate *choose(const struct matching *m, const char *name)
{
    const struct candidate *fallback = NULL;

    for (size_t i = 0; i < m->count; i++) {
        const struct candidate *c = &m->entry[i];

        if (!fits(c) || strcmp(c->e.name, name) != 0)
            continue;
        if (c->full)
            return c;
        fallback = fallback == NULL ? c : fallback;
    }
    return fallback;
}

/* ---- why an entry is not taken ---- */

static void say_other_board(const struct matching *m, const struct candidate *c, char *ret,
                            size_t size)
{
    char full[200], compat[160] = "";

    rk_tnspec_difference(c->e.spec, m->board->spec, "board", full, sizeof full);
    if (m->board->compat != NULL)
        rk_tnspec_difference(c->e.spec, m->board->compat, "compat", compat, sizeof compat);
    (void)snprintf(ret, size, "%s%s%s", full, compat[0] == '\0' ? "" : "; ", compat);
}

/* NULL when nothing but the board's strings is against it. */
static const char *fuse_reason(const struct candidate *c)
{
    if (c->fuse)
        return NULL;
    return c->e.op_mode == 1 ? "for boards without the production fuse"
                             : "for boards with the production fuse";
}

static void say_why_not(const struct matching *m, const struct candidate *c, char *ret, size_t size)
{
    const struct candidate *chosen = choose(m, c->e.name);
    const char *text = fuse_reason(c);

    ret[0] = '\0';
    if (chosen == c)
        return;
    if (text == NULL && !fits(c)) {
        say_other_board(m, c, ret, size);
        return;
    }
    if (text == NULL)
        text = chosen->full && !c->full ? "another entry fits the full spec"
                                        : "an earlier entry fits as well";
    (void)snprintf(ret, size, "%s", text);
}

/* Whether a compat spec as the BSP makes it would fit one of this name. */
static bool compat_would_do(const struct matching *m, const char *name)
{
    char like[RK_TNSPEC_MAX + 1];

    if (m->board->compat != NULL)
        return false;
    rk_tnspec_compat_like(m->board->spec, like);
    for (size_t i = 0; i < m->count; i++) {
        const struct candidate *c = &m->entry[i];

        if (c->fuse && strcmp(c->e.name, name) == 0 && rk_tnspec_matches(c->e.spec, like))
            return true;
    }
    return false;
}

/* ---- findings ---- */

/* The board looks for missing images and sizes before it looks for partitions. */
static bool is_earlier(uint32_t a, uint32_t b)
{
    return b == 0 || (b == RK_ESRT_NO_PARTITION && a != b) ||
           (b == RK_ESRT_TOO_BIG && a == RK_ESRT_NOT_IN_PACKAGE);
}

static void find(struct matching *m, const struct rk_bup_finding *finding)
{
    if (finding->status != 0 && is_earlier(finding->status, m->verdict->status)) {
        m->verdict->status = finding->status;
        m->first = *finding;
    }
    m->told->finding(m->told->arg, finding);
}

/* Why none of the entries of this name is taken. */
static void say_missing(const struct matching *m, const char *name, char *ret, size_t size)
{
    (void)snprintf(ret, size, "not in the package");
    for (size_t i = 0; i < m->count; i++) {
        const struct candidate *c = &m->entry[i];

        if (strcmp(c->e.name, name) == 0) {
            say_why_not(m, c, ret, size);
            return;
        }
    }
}

static const struct rk_slot_size *find_slot(const struct rk_bup_board *board, const char *name)
{
    for (size_t i = 0; i < board->slot_count; i++) {
        if (strcmp(board->slot[i].name, name) == 0)
            return &board->slot[i];
    }
    return NULL;
}

/* The board writes to the slot that does not run, which may be either. */
static void hold_size(struct matching *m, const struct candidate *c)
{
    const struct rk_slot_size *slot = find_slot(m->board, c->e.name);
    struct rk_bup_finding finding = { .name = c->e.name, .status = RK_ESRT_TOO_BIG };

    for (size_t i = 0; slot != NULL && i < 2; i++) {
        if (c->e.len <= slot->size[i])
            continue;
        (void)snprintf(finding.why, sizeof finding.why, "%s, slot %c has %llu",
                       RK_COUNTED(c->e.len, "byte"), i == 0 ? 'A' : 'B',
                       (unsigned long long)slot->size[i]);
        find(m, &finding);
        return;
    }
}

/*
 * UEFI of R39 alone asks for it, on boards that have its partition; a layout without one is of a
 * board before.
 */
static bool came_with_r39(const char *name)
{
    return strcmp(name, "pva-fw") == 0;
}

/* True when the board has a place for it, or that is not known. */
static bool has_place(struct matching *m, const char *name)
{
    struct rk_bup_finding finding = { .name = name, .status = RK_ESRT_NO_PARTITION };

    if (m->board->slot_count == 0 || find_slot(m->board, name) != NULL)
        return true;
    if (came_with_r39(name))
        finding.status = 0;
    (void)snprintf(finding.why, sizeof finding.why, "no layout has slots for it%s",
                   finding.status == 0 ? ": UEFI of R39 requires them, that of R36 and before not"
                                       : "");
    find(m, &finding);
    return false;
}

static void require(struct matching *m, const char *name)
{
    struct rk_bup_finding finding = { .name = name, .status = RK_ESRT_NOT_IN_PACKAGE };

    m->verdict->required++;
    if (!has_place(m, name) || choose(m, name) != NULL)
        return;
    m->verdict->missing++;
    m->compat_would_do = m->compat_would_do || compat_would_do(m, name);
    say_missing(m, name, finding.why, sizeof finding.why);
    find(m, &finding);
}

/* ---- the package ---- */

/* Below what does not hold. */
static enum rk_rc says(const struct matching *m, uint32_t status, struct rk_err *err)
{
    m->verdict->status = status;
    return rk_note(err, "the board would report %u, %s", status, rk_esrt_name(status));
}

/* What the board makes of a header that rk_bup_read_header does not take. */
static uint32_t header_status(const uint8_t *file, size_t len)
{
    struct rk_rd rd = { .buf = file, .len = len };
    uint64_t size, header, count;

    (void)rk_rd_take(&rd, 20);
    size = rk_rd_le(&rd, 4);
    header = rk_rd_le(&rd, 4);
    count = rk_rd_le(&rd, 4);
    if (rd.want != 0 || size < header + count * (uint64_t)RK_BUP_ENTRY_V3)
        return RK_ESRT_PACKAGE_HEADER;
    return size > len ? RK_ESRT_PACKAGE_SIZE : RK_ESRT_ENTRY_TABLE;
}

static enum rk_rc read_package(struct matching *m, const uint8_t *file, size_t len,
                               struct rk_bup *bup, struct rk_err *err)
{
    if (rk_bup_read_header(file, len, bup, err)) {
        (void)rk_wrap(err, "bup");
        return says(m, header_status(file, len), err);
    }
    if (bup->layout != 3 || bup->type != 0) {
        (void)rk_fail(err, RK_E_VERIFY,
                      bup->layout != 3 ? "a package of V2: UEFI reads V3 alone"
                                       : "the package is of type BMP, not an update");
        return says(m, RK_ESRT_PACKAGE_HEADER, err);
    }
    if (rk_bup_check(file, len, bup, err)) {
        (void)rk_wrap(err, "bup");
        return says(m, RK_ESRT_ENTRY_TABLE, err);
    }
    return RK_OK;
}

static enum rk_rc read_entries(struct matching *m, const uint8_t *file, size_t len,
                               const struct rk_bup *bup, struct rk_err *err)
{
    const struct rk_bup_board *board = m->board;
    bool production = rk_tnspec_is_production(board->spec);

    m->entry = rk_alloc(bup->count, sizeof *m->entry);
    if (m->entry == NULL)
        return rk_fail_nomem(err);
    for (; m->count < bup->count; m->count++) {
        struct candidate *c = &m->entry[m->count];

        if (rk_bup_read_entry(file, len, bup, m->count, &c->e, err))
            return err->rc;
        c->full = c->e.spec[0] != '\0' && rk_tnspec_matches(c->e.spec, board->spec);
        c->compat = c->e.spec[0] == '\0' ||
                    (board->compat != NULL && rk_tnspec_matches(c->e.spec, board->compat));
        c->fuse = c->e.op_mode == 0 || (c->e.op_mode == 2) == production;
    }
    return RK_OK;
}

static void tell_entries(const struct matching *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct candidate *c = &m->entry[i];
        struct rk_bup_choice choice = { .op_mode = c->e.op_mode };

        memcpy(choice.name, c->e.name, sizeof choice.name);
        memcpy(choice.spec, c->e.spec, sizeof choice.spec);
        choice.offset = c->e.offset;
        choice.len = c->e.len;
        say_why_not(m, c, choice.why, sizeof choice.why);
        choice.chosen = choice.why[0] == '\0';
        m->told->entry(m->told->arg, &choice);
    }
}

/* ---- one image, or all ---- */

static enum rk_rc hold_single(struct matching *m, struct rk_err *err)
{
    const struct candidate *c = &m->entry[0];
    char why[200];

    if (!m->board->single_image) {
        (void)rk_fail(err, RK_E_VERIFY, "a package of one image, \"%s\"", c->e.name);
        (void)says(m, RK_ESRT_SINGLE_IMAGE, err);
        return rk_note(err, "where the board's firmware is built with PcdFmpSingleImageUpdate, say "
                            "--single-image");
    }
    if (choose(m, c->e.name) == c) {
        hold_size(m, c);
        return RK_OK;
    }
    say_why_not(m, c, why, sizeof why);
    (void)rk_fail(err, RK_E_VERIFY, "its one image \"%s\" is not for this board (%s)", c->e.name,
                  why);
    return says(m, RK_ESRT_SINGLE_NOT_SET, err);
}

static void hold_all(struct matching *m)
{
    const char *name;

    for (size_t i = 0; (name = rk_bup_required(m->board->platform, i)) != NULL; i++)
        require(m, name);
    for (size_t i = 0; i < m->count; i++) {
        if (choose(m, m->entry[i].e.name) == &m->entry[i])
            hold_size(m, &m->entry[i]);
    }
}

static enum rk_rc conclude(struct matching *m, struct rk_err *err)
{
    const struct rk_bup_verdict *v = m->verdict;

    if (v->status == 0)
        return RK_OK;
    if (v->status == RK_ESRT_NOT_IN_PACKAGE)
        (void)rk_fail(err, RK_E_VERIFY,
                      "%zu of %s that UEFI of %s requires have no entry for the board "
                      "\"%s\", the first \"%s\" (%s)",
                      v->missing, RK_COUNTED(v->required, "image"), m->board->platform,
                      m->board->spec, m->first.name, m->first.why);
    else
        (void)rk_fail(err, RK_E_VERIFY, "image \"%s\": %s", m->first.name, m->first.why);
    (void)says(m, v->status, err);
    if (m->compat_would_do)
        (void)rk_note(err, "--compat was not given, and may decide: COMPATIBLE_SPEC of "
                           "nv_boot_control.conf, or TegraPlatformCompatSpec");
    return err->rc;
}

enum rk_rc rk_bup_match(const uint8_t *file, size_t len, const struct rk_bup_board *board,
                        const struct rk_bup_told *told, struct rk_bup_verdict *ret,
                        struct rk_err *err)
{
    RK_AUTO(matching_done) struct matching m = { .board = board, .told = told, .verdict = ret };
    struct rk_bup bup;

    *ret = (struct rk_bup_verdict) { .status = 0 };
    if (rk_bup_required(board->platform, 0) == NULL)
        return rk_fail(err, RK_E_USAGE, "which images UEFI of \"%s\" requires is not known",
                       board->platform);
    if (read_package(&m, file, len, &bup, err) || read_entries(&m, file, len, &bup, err))
        return err->rc;
    tell_entries(&m);
    if (m.count == 1 && hold_single(&m, err))
        return err->rc;
    if (m.count != 1)
        hold_all(&m);
    return conclude(&m, err);
}
