/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit encrypt: encrypts an image under a symmetric key. */
#include "cli/commands.h"

#include "cli/request.h"

static enum rk_rc encrypt(const char *format, struct request *request, const struct rk_bytes *file,
                          struct rk_bytes *ret, struct rk_err *err)
{
    return rk_format_encrypt(format, &request->core, file->p, file->len, ret, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct opt_list firmware = { .count = 0 };
    struct request_args args = { .firmware = &firmware };
    const char *out = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key", 0, OPT_STR, &args.secret, "URI", "the symmetric key: PATH, file:PATH or env:NAME (hex)", true },
        { "reproducible", 0, OPT_FLAG, &args.reproducible, NULL, "derive the IV from key and content instead of drawing it", false },
        { "set", 0, OPT_LIST, &args.set, "NAME=VALUE", "a setting of the format", false },
        { "for", 0, OPT_LIST, &firmware, "FIRMWARE[+OPTION]", "refuse what this firmware does not take, see 'rotkit help firmware'", false },
        { "output", 'o', OPT_STR, &out, "FILE", "where the encrypted image goes (- for standard output)", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err))
        return err->rc;
    return request_change(app, &args, &operands, out, encrypt, err);
}

const struct cmd cmd_encrypt = {
    .name = "encrypt",
    .args = "FORMAT IN",
    .summary = "encrypt an image",
    .about =
        "FORMAT is one of 'rotkit pack --formats'. Whether an image is signed before or after\n"
        "it is encrypted is the format's own rule: optee-ta before signing, fip and\n"
        "kernel-encrypted after.",
    .run = run,
};
