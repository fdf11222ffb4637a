/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform for tests/cli/rows-added.sh, with a list of makers of its own. Nothing in it is
 * secret: an EPS is the Device SN over and over, so that a shell can say what the EK must be.
 */
#include "base/wr.h"
#include "rotkit/platform.h"

enum { EPS = 64, NOTE_MAX = 64 };

static enum rk_rc from_master(const rk_mac *master, const struct rk_unit_id *sn,
                              struct rk_unit *ret, struct rk_err *err)
{
    (void)master;
    (void)err;
    ret->sn = *sn;
    return RK_OK;
}

static enum rk_rc derive(const rk_ctx *ctx, const struct rk_unit *unit, struct rk_identity *ret,
                         struct rk_err *err)
{
    (void)ctx;
    if (rk_secret_new(EPS, &ret->eps, err))
        return err->rc;
    for (size_t i = 0; i < EPS; i++)
        ret->eps.p[i] = unit->sn.b[i % sizeof unit->sn.b];
    return RK_OK;
}

static bool always(const struct rk_making *making)
{
    (void)making;
    return true;
}

static enum rk_rc make_note(const struct rk_making *making, struct rk_artifact *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(NOTE_MAX);
    char text[21];

    rk_unit_id_text(&making->unit->sn, text);
    rk_wr_printf(&wr, "unit %s\n", text);
    return rk_wr_end(&wr, &ret->bytes, err);
}

static const struct rk_maker makers[] = {
    { .role = { "test-row", "note.txt", RK_PLACE_DEVICE, NULL, NULL, false },
      .what = "note",
      .wants = always,
      .make = make_note },
    { .role = { .role = NULL } },
};

const struct rk_platform rk_platform_test = {
    .name = "test-row",
    .title = "row of a test",
    .ek_profile = "test-row",
    .from_master = from_master,
    .derive = derive,
    .makers = makers,
};
