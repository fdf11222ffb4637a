/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit match: would this update fit this board? */
#include "cli/commands.h"

#include "cli/request.h"
#include "cli/out.h"

#include "rotkit/file.h"
#include "rotkit/tnspec.h"

#include <inttypes.h>

struct telling {
    const struct app *app;
    struct rk_jv list;
};

static void tell(void *arg, const struct rk_bup_choice *choice)
{
    const struct telling *t = arg;
    struct rk_jv o;

    if (!t->app->json) {
        (void)fprintf(t->app->out, "%-8s %s%s%s%s%s%s\n", choice->chosen ? "install" : "skip",
                      choice->name, choice->spec[0] == '\0' ? "" : " (", choice->spec,
                      choice->spec[0] == '\0' ? "" : ")", choice->chosen ? "" : ": ",
                      choice->chosen ? "" : choice->why);
        return;
    }
    o = rk_json_put_object(t->list, NULL);
    rk_json_put_str(o, "name", choice->name);
    rk_json_put_str(o, "tnspec", choice->spec);
    rk_json_put_u64(o, "op_mode", choice->op_mode);
    rk_json_put_u64(o, "offset", choice->offset);
    rk_json_put_u64(o, "length", choice->len);
    rk_json_put_bool(o, "install", choice->chosen);
    if (!choice->chosen)
        rk_json_put_str(o, "why", choice->why);
}

static enum rk_rc match(const struct app *app, const char *path, const char *board,
                        const char *compat, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct telling t = { .app = app, .list = rk_json_put_array(rk_json_root(doc), "entries") };
    enum rk_rc rc;

    if (rk_file_read(path, REQUEST_FILE_MAX, &file, err))
        return err->rc;
    rc = rk_bup_match(file.p, file.len, board, compat, tell, &t, err);
    if (rc != RK_OK && rc != RK_E_VERIFY)
        return rk_wrap(err, "\"%s\"", path);
    if (app->json) {
        struct rk_err printing;

        rk_json_put_bool(rk_json_root(doc), "fits", rc == RK_OK);
        if (out_json(app, doc, &printing)) {
            *err = printing;
            return err->rc;
        }
    }
    return rc == RK_OK ? RK_OK : rk_wrap(err, "\"%s\"", path);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const char *board = NULL, *compat = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "board", 0, OPT_STR, &board, "TNSPEC", "the board, as its UEFI variable TegraPlatformSpec has it", true },
        { "compat", 0, OPT_STR, &compat, "TNSPEC", "its TegraPlatformCompatSpec", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    return match(app, operands.v[0], board, compat, err);
}

const struct cmd cmd_match = {
    .name = "match",
    .args = "PACKAGE",
    .summary = "tell whether an update package or capsule fits a board",
    .about =
        "Each entry is held against the board as the updater does it: as many tokens on both\n"
        "sides, an empty one matches anything, and the full spec wins over the compat spec. Exit\n"
        "code 3 when an entry of the package has no form for the board.",
    .run = run,
};
