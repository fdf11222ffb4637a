/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit encrypt: encrypts an image under a symmetric key. */
#include "commands.h"

#include "job.h"

#include "ftpmprov/file.h"

static enum rk_rc encrypt(const struct app *app, const struct job_args *args,
                          const struct operands *operands, const char *out, struct rk_err *err)
{
    RK_AUTO(job_done) struct job *job = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;

    if (job_open(app, args, &job, err) || rk_file_read(operands->v[1], JOB_FILE_MAX, &file, err))
        return err->rc;
    if (rk_format_encrypt(operands->v[0], &job->job, file.p, file.len, &made, err))
        return rk_wrap(err, "\"%s\"", operands->v[1]);
    return job_write(app, out, &made, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct job_args args = { .parts = NULL };
    const char *out = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key", 0, OPT_STR, &args.secret, "URI", "the symmetric key: PATH, file:PATH or env:NAME (hex)", true },
        { "reproducible", 0, OPT_FLAG, &args.reproducible, NULL, "derive the IV from key and content instead of drawing it", false },
        { "set", 0, OPT_LIST, &args.set, "NAME=VALUE", "a setting of the format", false },
        { "output", 'o', OPT_STR, &out, "FILE", "where the encrypted image goes (- for standard output)", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err))
        return err->rc;
    return encrypt(app, &args, &operands, out, err);
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
