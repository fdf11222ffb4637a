/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit sign: signs an image of any format. */
#include "cli/commands.h"

#include "cli/request.h"

static enum rk_rc sign(const char *format, struct request *request, const struct rk_bytes *file,
                       struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_signing by = { .signer = request->signer,
                                   .book = request->book,
                                   .wants = &request->wants };

    return rk_format_sign_by(format, &request->core, &by, file->p, file->len, ret, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct opt_list with = { .count = 0 }, allow_weak = with, firmware = with;
    struct request_args args = { .allow_weak = &allow_weak, .firmware = &firmware };
    const char *out = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key", 0, OPT_STR, &args.key, "URI", "the key that signs", true },
        { "key-for", 0, OPT_LIST, &args.key_for, "ROLE=URI", "the key of one role, where a format has several", false },
        { "passphrase", 0, OPT_STR, &args.passphrase, "SOURCE", "of the keys: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "cert", 0, OPT_STR, &args.cert, "FILE", "the signer's certificate (PEM or DER), then its chain", false },
        { "content-key", 0, OPT_STR, &args.secret, "URI", "symmetric key of an encrypted image whose plaintext is signed", false },
        { "scheme", 0, OPT_STR, &args.scheme, "NAME", "signature scheme, e.g. rsa-pss-sha512 (default: the format's)", false },
        { "with", 0, OPT_LIST, &with, "NAME=FILE", "a further file that the format takes", false },
        { "set", 0, OPT_LIST, &args.set, "NAME=VALUE", "a setting of the format", false },
        { "allow-weak", 0, OPT_LIST, &allow_weak, "NAME", "take what is too weak, see 'rotkit help keys'", false },
        { "for", 0, OPT_LIST, &firmware, "FIRMWARE[+OPTION]", "refuse what this firmware does not take, see 'rotkit help firmware'", false },
        { "output", 'o', OPT_STR, &out, "FILE", "where the signed image goes (- for standard output)", false },
        { "to-sign", 0, OPT_STR, &args.to_sign, "DIR", "sign nothing: write what is to be signed elsewhere", false },
        { "attach", 0, OPT_STR, &args.attach, "DIR", "take the signatures of a folder that --to-sign wrote", false },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err))
        return err->rc;
    if (args.to_sign != NULL && args.attach != NULL)
        return opt_fail(app, err, "--to-sign and --attach exclude each other");
    if ((args.to_sign != NULL) == (out != NULL))
        return opt_fail(app, err,
                        out == NULL ? "--output is required" : "--to-sign writes no --output");
    args.parts = (char *const *)(const void *)with.v;
    args.part_count = with.count;
    return request_change(app, &args, &operands, out, sign, err);
}

const struct cmd cmd_sign = {
    .name = "sign",
    .args = "FORMAT IN",
    .summary = "sign an image",
    .about =
        "FORMAT is one of 'rotkit pack --formats', or raw with --scheme for a bare signature.\n"
        "Every signature is held against its public key, and the signed image is read back,\n"
        "before anything is written. Where a key is elsewhere, name it pub:FILE: --to-sign DIR\n"
        "writes messages, digests and an index; somebody signs; --attach DIR goes on from there.\n"
        "Signing again replaces the signatures of fit, fip and optee-ta, and adds one to uefi-pe.",
    .run = run,
};
