/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform for tests/cli/rows-added.sh, with a section of the manifest, a plan and a list of
 * makers of its own, one of which makes files that the manifest names. Nothing in it is
 * secret: an EPS is the Device SN over and over, so that a shell can say what the EK must be.
 */
#include "base/err.h"
#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/platform.h"

#include <stddef.h>
#include <string.h>

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

struct settings {
    struct {
        struct rk_where at;
        struct rk_mstr file;
    } note;
};

struct plan {
    char *file;
};

static void plan_free(void *arg)
{
    struct plan *plan = arg;

    if (plan == NULL)
        return;
    rk_free(plan->file);
    rk_free(plan);
}

static enum rk_rc prepare(const rk_ctx *ctx, const struct rk_given *given, void **ret,
                          bool *ret_unconfirmed, struct rk_err *err)
{
    const struct settings *settings = given->settings;
    struct plan *plan = rk_alloc(1, sizeof *plan);

    (void)ctx;
    (void)ret_unconfirmed;
    if (plan != NULL)
        plan->file = rk_strdup(settings->note.at.line == 0 ? "none" : settings->note.file.v);
    if (plan == NULL || plan->file == NULL) {
        plan_free(plan);
        return rk_fail_nomem(err);
    }
    *ret = plan;
    return RK_OK;
}

static const char *file_name(const void *plan)
{
    return ((const struct plan *)plan)->file;
}

static bool is_named(const struct rk_making *making)
{
    return strcmp(file_name(making->plan), "none") != 0;
}

/* clang-format off */
static const struct rk_mrow note_rows[] = {
    { "file", RK_M_TEXT, offsetof(struct settings, note.file), RK_M_REQUIRED, NULL, NULL, NULL, NULL,
      "name of a second note" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct rk_mrow sections[] = {
    { "test-note", RK_M_PLATFORM, offsetof(struct settings, note.at), 0, NULL, NULL, note_rows, NULL,
      "of a test" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */

static const struct rk_maker makers[] = {
    { .role = { "test-row", "note.txt", RK_PLACE_DEVICE, NULL, NULL, false },
      .what = "note",
      .wants = always,
      .make = make_note },
    { .role = { "test-row-named", "*.txt", RK_PLACE_DEVICE, NULL, NULL, false },
      .what = "second note",
      .file = file_name,
      .wants = is_named,
      .make = make_note },
    { .role = { .role = NULL } },
};

const struct rk_platform rk_platform_test = {
    .name = "test-row",
    .title = "row of a test",
    .ek_profile = "test-row",
    .from_master = from_master,
    .derive = derive,
    .sections = sections,
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .plan_free = plan_free,
    .makers = makers,
};
