/* SPDX-License-Identifier: Apache-2.0 */
/* Fuse files of anybody's, as of each SoC: what holds is written and read back as it was. */
#include "fuzz.h"

#include "rotkit/fuse_file.h"

#include <string.h>

/* In the order of the file, which is that of burning where nothing failed. */
static void same(const struct rk_fuse_set *a, const struct rk_fuse_set *b)
{
    FUZZ_HOLDS(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct rk_fuse *there = rk_fuse_get(b, a->fuse[i].row->name);

        FUZZ_HOLDS(there != NULL && rk_secret_equal(&there->value, &a->fuse[i].value));
    }
}

static void write_and_read(const struct rk_fuse_set *set)
{
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set again = { .soc = NULL };
    RK_AUTO(rk_secret_done) struct rk_secret xml = RK_SECRET_NONE;
    struct rk_err err;

    FUZZ_DO(rk_fuse_set_xml(set, &xml, &err));
    FUZZ_DO(rk_fuse_file_read(xml.p, xml.len, set->soc, &again, &findings, &err));
    FUZZ_HOLDS(findings.count == 0);
    same(set, &again);
}

static bool read_as(const uint8_t *data, size_t size, const struct rk_fuse_soc *soc)
{
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set set = { .soc = NULL };
    const struct rk_fuse_known nothing = { .has_preset = false };
    struct rk_err err;

    if (rk_fuse_file_read(data, size, soc, &set, &findings, &err) != RK_OK) {
        FUZZ_HOLDS(err.rc == RK_E_FORMAT);
        return false;
    }
    for (size_t i = 0; i < set.count; i++) {
        FUZZ_HOLDS(set.fuse[i].offset + set.fuse[i].len <= size);
        FUZZ_HOLDS(data[set.fuse[i].offset] == '<');
    }
    rk_fuse_rules(&set, &nothing, &findings);
    if (findings.of[RK_FUSE_FAILS] == 0 && set.count != 0 && !set.is_list && !set.rpmb)
        write_and_read(&set);
    return findings.of[RK_FUSE_FAILS] == 0;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    const struct rk_fuse_soc *soc;
    bool taken = false;

    for (size_t i = 0; (soc = rk_fuse_soc_at(i)) != NULL; i++)
        taken = read_as(data, size, soc) || taken;
    return taken;
}
