/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit inspect: finds a file's format and shows what is in it, without a key. */
#include "cli/commands.h"

#include "cli/cmd/inspect_release.h"
#include "cli/request.h"
#include "cli/out.h"

#include "rotkit/file.h"
#include "rotkit/format.h"
#include "rotkit/release.h"

static enum rk_rc print_text(const struct app *app, const struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_map_text(map, &text, err))
        return err->rc;
    return out_bytes(app, text.p, text.len, err);
}

static enum rk_rc print_json(const struct app *app, const struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();

    rk_map_json(map, rk_json_root(doc));
    return out_json(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map map = { .format = NULL };
    const char *page = NULL;
    struct rk_err why;
    enum rk_rc rc;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "html", 0, OPT_STR, &page, "FILE", "write a page with the layout drawn to scale", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    if (rk_release_is(operands.v[0]))
        return page == NULL ? inspect_release(app, operands.v[0], err)
                            : opt_fail(app, err, "--html is for one file, \"%s\" is a release",
                                       operands.v[0]);
    if (rk_file_read(operands.v[0], REQUEST_FILE_MAX, &file, err))
        return err->rc;
    rc = rk_format_inspect(app->ctx, file.p, file.len, &map, &why);
    if (rc != RK_OK)
        (void)rk_wrap(&why, "\"%s\"", operands.v[0]);
    if (map.root != NULL && (page != NULL ? request_write_page(app, &map, operands.v[0], page, err)
                             : app->json  ? print_json(app, &map, err)
                                          : print_text(app, &map, err)))
        return err->rc;
    if (rc != RK_OK)
        *err = why;
    return rc;
}

const struct cmd cmd_inspect = {
    .name = "inspect",
    .args = "PATH",
    .summary = "show what is in a file or a release",
    .about =
        "The format is found by content; no key is needed, and no secret is shown.\n"
        "Each line is offset, size and name; in brackets the digest and the signature that\n"
        "cover it. What does not hold is drawn too, and exit code 3 says so. Of a release folder,\n"
        "product, versions, devices by count, images with their signers, the CA and what\n"
        "is unsigned are told, as release.json says; 'rotkit verify' holds it all.",
    .run = run,
};
