/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse-xml: a fuse file as inspect and verify see it. Which SoC it is for it does not say: it is
 * held to the rules of the one whose it fits best. `fuse check` is told the SoC, and what else is
 * known. Source: jetson-factory.md 1, 2.
 */
#include "rotkit/fuse_file.h"

#include "platform/tegra/fuse_doc.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "rotkit/hex.h"

#include <stdio.h>

/* A file as one for one SoC. */
struct reading {
    struct rk_fuse_set set;
    struct rk_fuse_findings findings;
};

static void reading_free(struct reading *reading)
{
    if (reading == NULL)
        return;
    rk_fuse_set_done(&reading->set);
    rk_fuse_findings_done(&reading->findings);
    rk_free(reading);
}

RK_CLEANUP(reading_done, struct reading, reading_free)

static bool recognise(const uint8_t *file, size_t len)
{
    return rk_fuse_doc_is(file, len);
}

static enum rk_rc read_as(const struct rk_fuse_soc *soc, const uint8_t *file, size_t len,
                          struct reading **ret, struct rk_err *err)
{
    RK_AUTO(reading_done) struct reading *reading = rk_alloc(1, sizeof *reading);
    const struct rk_fuse_known nothing = { .has_preset = false };

    if (reading == NULL)
        return rk_fail_nomem(err);
    if (rk_fuse_file_read(file, len, soc, &reading->set, &reading->findings, err))
        return err->rc;
    rk_fuse_rules(&reading->set, &nothing, &reading->findings);
    *ret = reading;
    reading = NULL;
    return RK_OK;
}

/* One that holds; then by how many of the names are its own, and how much speaks against it. */
static bool fits_better(const struct reading *a, const struct reading *b)
{
    const size_t *x = a->findings.of, *y = b->findings.of;
    bool holds = x[RK_FUSE_FAILS] + x[RK_FUSE_UNKNOWN] == 0;

    if (holds != (y[RK_FUSE_FAILS] + y[RK_FUSE_UNKNOWN] == 0))
        return holds;
    if (a->set.count != b->set.count)
        return a->set.count > b->set.count;
    if (x[RK_FUSE_FAILS] != y[RK_FUSE_FAILS])
        return x[RK_FUSE_FAILS] < y[RK_FUSE_FAILS];
    return x[RK_FUSE_UNKNOWN] < y[RK_FUSE_UNKNOWN];
}

static enum rk_rc read_best(const uint8_t *file, size_t len, struct reading **ret,
                            struct rk_err *err)
{
    RK_AUTO(reading_done) struct reading *best = NULL;
    const struct rk_fuse_soc *soc;

    for (size_t i = 0; (soc = rk_fuse_soc_at(i)) != NULL; i++) {
        RK_AUTO(reading_done) struct reading *one = NULL;

        if (read_as(soc, file, len, &one, err))
            return err->rc;
        if (best == NULL || fits_better(one, best)) {
            struct reading *worse = best;

            best = one;
            one = worse;
        }
    }
    *ret = best;
    best = NULL;
    return RK_OK;
}

/* Values of public fuses in full, of secret ones never. */
static void note_value(const struct rk_fuse *fuse, char *note, size_t size)
{
    char hex[2 * RK_FUSE_VALUE_MAX + 1];

    if (fuse->value.p == NULL) {
        (void)snprintf(note, size, "no value");
    } else if (fuse->row->secret) {
        (void)snprintf(note, size, "%s, hidden", RK_COUNTED(fuse->value.len, "byte"));
    } else {
        rk_hex_write(fuse->value.p, fuse->value.len, hex);
        (void)snprintf(note, size, "0x%s", hex);
    }
}

static enum rk_rc add_regions(const struct rk_fuse_set *set, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;

    for (size_t i = 0; i < set->count; i++) {
        const struct rk_fuse *fuse = &set->fuse[i];

        if (rk_region_add(map, map->root, fuse->offset, fuse->len, fuse->row->name, &region, err))
            return err->rc;
        note_value(fuse, region->note, sizeof region->note);
    }
    return RK_OK;
}

/* Where a finding is in the file: its fuse, or all of it. */
static void place_of(const struct rk_fuse_set *set, const struct rk_fuse_finding *finding,
                     size_t file_len, uint64_t *ret_offset, uint64_t *ret_len)
{
    *ret_offset = 0;
    *ret_len = file_len;
    for (size_t i = 0; finding->line != 0 && i < set->count; i++) {
        if (set->fuse[i].line != finding->line)
            continue;
        *ret_offset = set->fuse[i].offset;
        *ret_len = set->fuse[i].len;
        return;
    }
}

static enum rk_rc add_findings(const struct reading *reading, size_t len, struct rk_map *map,
                               struct rk_err *err)
{
    uint64_t at, size;
    char what[160];

    for (size_t i = 0; i < reading->findings.count; i++) {
        const struct rk_fuse_finding *f = &reading->findings.item[i];

        place_of(&reading->set, f, len, &at, &size);
        (void)snprintf(what, sizeof what, "%s%s%.120s", f->fuse, f->fuse[0] == '\0' ? "" : ": ",
                       f->text);
        if (f->weight == RK_FUSE_UNKNOWN &&
            rk_map_unknown(map, at, size, RK_NEED_NOTHING, what, err))
            return err->rc;
        if (f->weight != RK_FUSE_FAILS)
            continue;
        (void)rk_fail(err, RK_E_VERIFY, "line %u: %s%s%s", f->line, f->fuse,
                      f->fuse[0] == '\0' ? "" : ": ", f->text);
        if (rk_map_compared(map, RK_E_VERIFY, at, size, "rule", err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(reading_done) struct reading *reading = NULL;

    if (read_best(file, len, &reading, err) || add_regions(&reading->set, map, err) ||
        add_findings(reading, len, map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "as %s: %s%s; %s", reading->set.soc->name,
                   RK_COUNTED(reading->set.count, "fuse"),
                   reading->set.is_list ? ", a list without values" : "",
                   reading->findings.of[RK_FUSE_FAILS] == 0
                       ? "names, sizes and rules hold; nothing signs it, fuse check compares it"
                       : "fuse check tells all that is wrong");
    return RK_OK;
}

const struct rk_format rk_format_fuse_xml = {
    .name = "fuse-xml",
    .title = "fuse file (genericfuse XML)",
    .max = RK_FUSE_FILE_MAX,
    .recognise = recognise,
    .parse = parse,
    .refusal = "rotkit fuse xml writes fuse files",
};
