/* SPDX-License-Identifier: Apache-2.0 */
/* What readers of a module print: each fuse once, none that is secret, and equal to itself. */
#include "fuzz.h"

#include "rotkit/fuse_file.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set set = { .soc = NULL };
    enum rk_fuse_fate fate[RK_FUSES_MAX];
    struct rk_err err;

    if (rk_fuse_reading(data, size, rk_fuse_soc_at(0), &set, &err) != RK_OK) {
        FUZZ_HOLDS(err.rc == RK_E_FORMAT);
        return false;
    }
    rk_fuse_against_burnt(&set, &set, fate, &findings);
    for (size_t i = 0; i < set.count; i++) {
        FUZZ_HOLDS(!set.fuse[i].row->secret && fate[i] == RK_FUSE_EQUAL);
        FUZZ_HOLDS(set.fuse[i].value.len == set.fuse[i].row->size);
    }
    FUZZ_HOLDS(findings.count == 0);
    return true;
}
