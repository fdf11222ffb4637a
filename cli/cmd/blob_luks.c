/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit blob luks: the passphrase of an encrypted disk, as the board will make it. */
#include "cli/cmd/blob.h"
#include "cli/cmd/blob_read.h"

#include "cli/opt.h"

#include "rotkit/counted.h"
#include "rotkit/luks.h"
#include "rotkit/publish.h"

#include <string.h>

struct luks_options {
    const char *disk_key, *blob;
    struct blob_source source;
    const char *context, *ecid, *platform, *out;
    bool no_newline;
};

static enum rk_rc check(const struct app *app, const struct luks_options *in, struct rk_err *err)
{
    if ((in->disk_key == NULL) == (in->blob == NULL))
        return opt_fail(app, err, "give --disk-key KEY, or --blob EKS.IMG that holds it");
    if (in->blob != NULL && in->source.root_key == NULL)
        return opt_fail(app, err, "--blob needs --root-key: the fuse key it was made with");
    if (in->blob == NULL &&
        (in->source.root_key != NULL || in->source.fv != NULL || in->source.at.set))
        return opt_fail(app, err, "--root-key, --fv and --at are for --blob");
    return RK_OK;
}

static enum rk_rc key_of_blob(const struct app *app, const struct luks_options *in, rk_mac **ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_ekb_done) struct rk_ekb ekb = { .item_count = 0 };
    struct blob_place place;
    const struct rk_secret *key;

    if (blob_read(app, &in->source, in->blob, &place, &ekb, err))
        return err->rc;
    key = rk_ekb_find(&ekb, RK_EKB_TAG_DISK_KEY);
    if (key == NULL)
        return rk_fail(err, RK_E_USAGE, "\"%s\": no tag 2 (disk encryption key) inside", in->blob);
    return rk_mac_from_secret(app->ctx, key, ret, err);
}

static enum rk_rc open_key(const struct app *app, const struct luks_options *in, rk_mac **ret,
                           struct rk_err *err)
{
    if (in->blob != NULL)
        return key_of_blob(app, in, ret, err);
    return rk_mac_open(app->ctx, in->disk_key, RK_LUKS_KEY, ret, err) ? rk_wrap(err, "--disk-key")
                                                                      : RK_OK;
}

/* Not through stdio, which would keep a copy. */
static enum rk_rc put(const struct luks_options *in, const struct rk_secret *digits,
                      struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret line = RK_SECRET_NONE;

    if (rk_secret_new(digits->len + 1, &line, err))
        return err->rc;
    memcpy(line.p, digits->p, digits->len);
    line.p[digits->len] = '\n';
    return rk_file_write(in->out == NULL ? "-" : in->out, RK_FILE_PRIVATE, line.p,
                         in->no_newline ? digits->len : line.len, err);
}

static enum rk_rc make(const struct app *app, const struct luks_options *in, struct rk_err *err)
{
    RK_AUTO(rk_mac_done) rk_mac *key = NULL;
    RK_AUTO(rk_secret_done) struct rk_secret digits = RK_SECRET_NONE;
    char ecid[RK_LUKS_ECID + 1];

    if (rk_luks_platform(app->ctx, in->platform, err))
        return err->rc;
    if (in->ecid != NULL && rk_luks_ecid(in->ecid, ecid, err))
        return rk_wrap(err, "--ecid");
    if (strlen(in->context) > RK_LUKS_CONTEXT_MAX)
        return rk_fail(err, RK_E_USAGE, "--context: %s, at most %d",
                       RK_COUNTED(strlen(in->context), "byte"), RK_LUKS_CONTEXT_MAX);
    if (open_key(app, in, &key, err) ||
        rk_luks_passphrase(key, in->ecid != NULL ? ecid : NULL, in->context, &digits, err))
        return err->rc;
    return put(in, &digits, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct luks_options in = { .disk_key = NULL };
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "disk-key",   0, OPT_STR,  &in.disk_key,        "KEY",     "the disk key, 16 bytes: tag 2 of the key blob", false },
        { "blob",       0, OPT_STR,  &in.blob,            "EKS.IMG", "the key blob that holds it, instead", false },
        { "root-key",   0, OPT_STR,  &in.source.root_key, "KEY",     "with --blob: the fuse key it was made with", false },
        { "fv",         0, OPT_STR,  &in.source.fv,       "FILE",    "with --blob: FV, 16 bytes, for 1.0 and legacy", false },
        { "at",         0, OPT_U64,  &in.source.at,       "OFFSET",  "with --blob: where in a dump, when it holds several", false },
        { "context",    0, OPT_STR,  &in.context,         "TEXT",    "what the board is asked for: NVIDIA's scripts give the disk's UUID", true },
        { "ecid",       0, OPT_STR,  &in.ecid,            "HEX",     "of this board alone (default: the passphrase of all boards of the key)", false },
        { "platform",   0, OPT_STR,  &in.platform,        "NAME",    "a Jetson by its name in manifests (default: Jetson Orin)", false },
        { "no-newline", 0, OPT_FLAG, &in.no_newline,      NULL,      "end without a newline, for cryptsetup --key-file", false },
        { "output",   'o', OPT_STR,  &in.out,             "FILE",    "where it goes, mode 0600, or /dev/fd/N (default: standard output)", false },
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || check(app, &in, err))
        return err->rc;
    return make(app, &in, err);
}

const struct cmd cmd_blob_luks = {
    .name = "luks",
    .args = "",
    .summary = "the passphrase of an encrypted disk, as the board will make it",
    .about =
        "By the KDF of NVIDIA's published generator. With --ecid it is that board's, else that of\n"
        "all boards with the disk key; a board is asked for the one or the other. TEXT has at "
        "most\n"
        "40 bytes, and the board must be given the same. Of the ECID count the low 100 bits.\n"
        "The line ends with a newline, as the generator's does: cryptsetup reading a passphrase\n"
        "from its input stops there, with --key-file it takes the newline along: --no-newline.",
    .run = run,
};
