/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit sign: signs an image of any format. */
#include "commands.h"

#include "job.h"

#include "ftpmprov/file.h"

static enum rk_rc sign(const struct app *app, const struct job_args *args,
                       const struct operands *operands, const char *out, struct rk_err *err)
{
    RK_AUTO(job_done) struct job *job = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;

    if (job_open(app, args, &job, err) || rk_file_read(operands->v[1], JOB_FILE_MAX, &file, err))
        return err->rc;
    if (rk_format_sign(operands->v[0], &job->job, job->signer, file.p, file.len, &made, err))
        return rk_wrap(err, "\"%s\"", operands->v[1]);
    return job_write(app, out, &made, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct job_args args = { .parts = NULL };
    struct opt_list with = { .count = 0 };
    const char *out = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key", 0, OPT_STR, &args.key, "URI", "the key that signs", true },
        { "key-for", 0, OPT_LIST, &args.key_for, "ROLE=URI", "the key of one role, where a format has several", false },
        { "passphrase", 0, OPT_STR, &args.passphrase, "SOURCE", "of the keys: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "cert", 0, OPT_STR, &args.cert, "FILE", "the signer's certificate (PEM), then its chain", false },
        { "content-key", 0, OPT_STR, &args.secret, "URI", "symmetric key of an encrypted image whose plaintext is signed", false },
        { "scheme", 0, OPT_STR, &args.scheme, "NAME", "signature scheme, e.g. rsa-pss-sha512 (default: the format's)", false },
        { "with", 0, OPT_LIST, &with, "NAME=FILE", "a further file that the format takes", false },
        { "set", 0, OPT_LIST, &args.set, "NAME=VALUE", "a setting of the format", false },
        { "output", 'o', OPT_STR, &out, "FILE", "where the signed image goes (- for standard output)", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err))
        return err->rc;
    args.parts = (char *const *)(const void *)with.v;
    args.part_count = with.count;
    return sign(app, &args, &operands, out, err);
}

const struct cmd cmd_sign = {
    .name = "sign",
    .args = "FORMAT IN",
    .summary = "sign an image",
    .about =
        "FORMAT is one of 'rotkit pack --formats', or raw with --scheme for a bare signature.\n"
        "Every signature is held against its public key, and the signed image is read back,\n"
        "before anything is written.",
    .run = run,
};
