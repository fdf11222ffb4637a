/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ca init: a root CA and the issuing CA below it. */
#include "cli/cmd/ca.h"

#include "cli/ca_folder.h"
#include "cli/opt.h"
#include "cli/out.h"
#include "cli/time_option.h"

/* Thirty years: longer than the devices that the certificates are for. */
enum { DAYS_DEFAULT = 10957, DAYS_MAX = 365 * 1000, DAY_SECONDS = 86400 };

struct init {
    struct rk_ca_init ca;
    const char *root_uri, *issuing_uri, *passphrase;
    const char *not_before;
    struct opt_u64 days, issuing_days;
};

static void ca_files_done(struct rk_ca_files *files)
{
    rk_ca_files_done(files);
}

static enum rk_rc end_of(const struct app *app, const char *name, const struct opt_u64 *days,
                         uint64_t otherwise, int64_t from, int64_t *ret, struct rk_err *err)
{
    uint64_t n = days->set ? days->v : otherwise;

    if (n == 0 || n > DAYS_MAX)
        return opt_fail(app, err, "--%s: %llu, expected 1 to %d", name, (unsigned long long)n,
                        DAYS_MAX);
    *ret = from + (int64_t)n * DAY_SECONDS - 1;
    return RK_OK;
}

static enum rk_rc read_times(const struct app *app, struct init *in, struct rk_err *err)
{
    uint64_t days = in->days.set ? in->days.v : DAYS_DEFAULT;

    if (time_option(app, "not-before", in->not_before, &in->ca.not_before, err) ||
        end_of(app, "days", &in->days, days, in->ca.not_before, &in->ca.not_after_root, err) ||
        end_of(app, "issuing-days", &in->issuing_days, days, in->ca.not_before,
               &in->ca.not_after_issuing, err))
        return err->rc;
    if (in->ca.not_after_issuing > in->ca.not_after_root)
        return opt_fail(app, err, "--issuing-days: the issuing CA would outlive the root");
    return RK_OK;
}

static enum rk_rc open_key(const struct app *app, const struct init *in, const char *uri,
                           const char *option, rk_signer **ret, struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(in->passphrase);

    if (uri == NULL)
        return RK_OK;
    return rk_signer_open(app->ctx, uri, &pin, ret, err) ? rk_wrap(err, "%s", option) : RK_OK;
}

static enum rk_rc make(const struct app *app, struct init *in, const char *path, struct rk_err *err)
{
    RK_AUTO(ca_files_done) struct rk_ca_files ca = { .root_cert = RK_BYTES_NONE };
    RK_AUTO(rk_signer_done) rk_signer *root = NULL;
    RK_AUTO(rk_signer_done) rk_signer *issuing = NULL;
    RK_AUTO(staging_done) struct staging staging = STAGING_NONE;

    if (open_key(app, in, in->root_uri, "--root-key", &root, err) ||
        open_key(app, in, in->issuing_uri, "--issuing-key", &issuing, err))
        return err->rc;
    in->ca.root_key = root;
    in->ca.issuing_key = issuing;
    if (staging_open(app, path, &staging, err) || rk_ca_make(app->ctx, &in->ca, &ca, err) ||
        ca_folder_write(&staging, "", &ca, err))
        return err->rc;
    return staging_publish(&staging, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct init in = { .ca = { .key_type = NULL } };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "name",         0, OPT_STR, &in.ca.name,         "NAME", "what the CAs are called: \"NAME Root CA\", \"NAME EK CA\"", true },
        { "organization", 0, OPT_STR, &in.ca.organization, "NAME", "organisation in their names (default: NAME)", false },
        { "key-type",     0, OPT_STR, &in.ca.key_type,     "TYPE", "of keys that are made: p384 (default), p256, p521, rsa3072, rsa4096 ...", false },
        { "root-key",     0, OPT_STR, &in.root_uri,        "KEY",  "the root's key, when it is there already (pkcs11:...)", false },
        { "issuing-key",  0, OPT_STR, &in.issuing_uri,     "KEY",  "the issuing CA's key, when it is there already (pkcs11:...)", false },
        { "passphrase",   0, OPT_STR, &in.passphrase,      "FROM", "passphrase or PIN of these keys: fd:N, file:PATH or env:NAME", false },
        { "not-before",   0, OPT_STR, &in.not_before,      "DATE", "start of validity (default: now)", false },
        { "days",         0, OPT_U64, &in.days,            "N",    "validity of the root in days (default 10957)", false },
        { "issuing-days", 0, OPT_U64, &in.issuing_days,    "N",    "validity of the issuing CA in days (default: as the root)", false },
        { "crl-url",      0, OPT_STR, &in.ca.root_crl_url, "URL",  "where the root's CRL will be found", false },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) || read_times(app, &in, err))
        return err->rc;
    if (in.ca.key_type == NULL)
        in.ca.key_type = "p384";
    if (in.ca.organization == NULL)
        in.ca.organization = in.ca.name;
    if (make(app, &in, operands.v[0], err))
        return err->rc;
    if (!app->dry_run && (in.root_uri == NULL || in.issuing_uri == NULL))
        out_note(app, "private keys in \"%s\" are not encrypted: move %s off line", operands.v[0],
                 in.root_uri == NULL ? "root.key" : "issuing.key");
    return RK_OK;
}

const struct cmd cmd_ca_init = {
    .name = "init",
    .args = "DIR",
    .summary = "make a root CA and an issuing CA",
    .about = "Makes the folder DIR with root.pem, issuing.pem, chain.pem (issuing CA first), "
             "root.key and\n"
             "issuing.key (mode 0600; none for a key that is in a token). A DIR that exists is\n"
             "never touched.",
    .run = run,
};
