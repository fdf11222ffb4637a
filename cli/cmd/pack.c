/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit pack: builds an image from its parts. */
#include "cli/commands.h"

#include "cli/request.h"

#include "rotkit/file.h"

static enum rk_rc pack(const struct app *app, struct request_args *args,
                       const struct operands *operands, const char *out, struct rk_err *err)
{
    RK_AUTO(request_done) struct request *request = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    bool secret;

    args->parts = operands->v + 1;
    args->part_count = operands->count - 1;
    if (request_check_output(app, out, err) || request_open(app, args, &request, err))
        return err->rc;
    secret = rk_format_keeps_secret(operands->v[0], &request->core);
    if (args->secret != NULL && !secret)
        return opt_fail(app, err, "--content-key: what is packed here carries no such key");
    if (rk_format_build(operands->v[0], &request->core, &made, err))
        return err->rc;
    if (args->secret == NULL ? request_write(app, out, &made, err)
                             : request_write_secret(app, out, &made, err))
        return err->rc;
    return request_tell_made(app, operands->v[0], out, &made, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct opt_list firmware = { .count = 0 };
    struct request_args args = { .firmware = &firmware };
    const char *out = NULL;
    bool formats = false;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &out, "FILE", "where the image goes (- for standard output)", false },
        { "set", 0, OPT_LIST, &args.set, "NAME=VALUE", "a setting of the format", false },
        { "content-key", 0, OPT_STR, &args.secret, "URI", "symmetric key that goes into what is made, which is a secret then (mode 0600)", false },
        { "for", 0, OPT_LIST, &firmware, "FIRMWARE[+OPTION]", "refuse what this firmware does not take, see 'rotkit help firmware'", false },
        { "formats", 0, OPT_FLAG, &formats, NULL, "list the formats, their parts and settings", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 1 + REQUEST_PARTS_MAX, &operands, err))
        return err->rc;
    if (formats)
        return request_print_formats(app, err);
    if (operands.count == 0)
        return opt_fail(app, err, "an operand is missing: rotkit pack FORMAT NAME=FILE...");
    if (out == NULL)
        return opt_fail(app, err, "-o FILE is missing");
    return pack(app, &args, &operands, out, err);
}

const struct cmd cmd_pack = {
    .name = "pack",
    .args = "FORMAT NAME=FILE...",
    .summary = "build an image from its parts",
    .about = "'rotkit pack --formats' lists the formats, and the parts and settings each takes.\n"
             "What was made is read back by the format's own parser before it is written.",
    .run = run,
};
