/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit secret: opens the secret outputs of rotkit with the recipient's key. */
#include "cli/commands.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/cms.h"
#include "rotkit/key.h"
#include "rotkit/publish.h"
#include "rotkit/release.h"

#include <string.h>
#include <unistd.h>

/* The largest content the secure arena holds beside its copy (cli/main.c). */
enum { CMS_MAX = 1 << 19 };

struct secret_open {
    const char *key, *passphrase, *out, *release, *pub;
};

/* The file's path in the release: FILE itself, or what stands behind the release's own path. */
static const char *path_in(const char *release, const char *path)
{
    size_t len = strlen(release);

    while (len > 1 && release[len - 1] == '/')
        len--;
    return strncmp(path, release, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

/* The release is asked first whether the file is its own; what is opened is what it names. */
static enum rk_rc read_of_release(const struct app *app, const struct secret_open *in,
                                  const char *path, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_release_view_close) rk_release_view *release = NULL;
    RK_AUTO(rk_signer_done) rk_signer *pub = NULL;

    if (in->pub != NULL && rk_signer_open_public(app->ctx, in->pub, &pub, err))
        return rk_wrap(err, "--pub");
    return rk_release_view_open_secrets(app->ctx, in->release,
                                        pub == NULL ? NULL : rk_signer_pkey(pub), &release, err) ||
                   rk_release_view_read(release, path_in(in->release, path), ret, err)
               ? rk_wrap(err, "--release \"%s\"", in->release)
               : RK_OK;
}

static enum rk_rc open_secret(const struct app *app, const struct secret_open *in, const char *path,
                              struct rk_secret *ret, struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(in->passphrase);
    RK_AUTO(rk_bytes_done) struct rk_bytes cms = RK_BYTES_NONE;
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;

    if (in->release != NULL ? read_of_release(app, in, path, &cms, err)
                            : rk_file_read(path, CMS_MAX, &cms, err))
        return err->rc;
    if (rk_signer_open(app->ctx, in->key, &pin, &key, err))
        return rk_wrap(err, "--key");
    if (rk_cms_open(app->ctx, key, cms.p, cms.len, ret, err))
        return rk_wrap(err, "\"%s\"", path);
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret content = RK_SECRET_NONE;
    struct secret_open in = { .key = NULL };
    struct operands operands;
    bool to_stdout;
    /* clang-format off */
    const struct opt rows[] = {
        { "key",        0, OPT_STR, &in.key,        "KEY",    "the recipient's private key", true },
        { "passphrase", 0, OPT_STR, &in.passphrase, "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "release",    0, OPT_STR, &in.release,    "DIR",    "the signed release that FILE must be of", false },
        { "pub",        0, OPT_STR, &in.pub,        "FILE",   "with --release, which needs it: the release key that must have signed it", false },
        { "output",   'o', OPT_STR, &in.out,        "FILE",   "where the content goes, mode 0600 (default: standard output)", false },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    if (in.pub != NULL && in.release == NULL)
        return opt_fail(app, err, "--pub is for --release");
    if (in.release != NULL && in.pub == NULL)
        return opt_fail(app, err,
                        "--release needs --pub: who else would say that it is not somebody's own");
    to_stdout = in.out == NULL || strcmp(in.out, "-") == 0;
    if (to_stdout && isatty(STDOUT_FILENO) == 1)
        return opt_fail(app, err, "a secret is not written to a terminal: give -o FILE or a pipe");
    if (open_secret(app, &in, operands.v[0], &content, err))
        return err->rc;
    if (app->dry_run)
        return RK_OK;
    /* Not through stdio, which would keep a copy. */
    return rk_file_write(to_stdout ? "-" : in.out, RK_FILE_PRIVATE, content.p, content.len, err);
}

static const struct cmd cmd_secret_open = {
    .name = "open",
    .args = "FILE",
    .summary = "open a sealed file",
    .about =
        "FILE is CMS AuthEnvelopedData, as `rotkit build`, `device new` and `fuse xml` write it.\n"
        "Nothing of it is written before its tag has been checked; exit code 3 when it fails. "
        "Whoever\n"
        "has the recipient's certificate can seal: --release opens FILE (its path in the release, "
        "or\n"
        "below DIR) only when the release's signed secrets/index.json names it.",
    .run = run,
};

static const struct cmd *const subs[] = { &cmd_secret_open, NULL };

const struct cmd cmd_secret = {
    .name = "secret",
    .args = "",
    .summary = "open sealed outputs with the recipient's key",
    .subs = subs,
};
