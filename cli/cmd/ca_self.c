/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ca self: the certificate of one who signs what firmware loads. */
#include "cli/cmd/ca.h"

#include "cli/opt.h"
#include "cli/time_option.h"

#include "rotkit/ekcert.h"
#include "rotkit/publish.h"
#include "rotkit/pem.h"

/* Thirty years, as ca init: firmware has no clock, and devices live long. */
enum { DAYS_DEFAULT = 10957, DAYS_MAX = 365 * 1000, DAY_SECONDS = 86400 };

struct self {
    struct rk_self_cert cert;
    const char *key, *passphrase, *not_before, *out;
    struct opt_u64 days;
};

static enum rk_rc read_times(const struct app *app, struct self *in, struct rk_err *err)
{
    uint64_t days = in->days.set ? in->days.v : DAYS_DEFAULT;

    if (days == 0 || days > DAYS_MAX)
        return opt_fail(app, err, "--days: %llu, expected 1 to %d", (unsigned long long)days,
                        DAYS_MAX);
    if (time_option(app, "not-before", in->not_before, &in->cert.not_before, err))
        return err->rc;
    in->cert.not_after = in->cert.not_before + (int64_t)days * DAY_SECONDS - 1;
    return RK_OK;
}

static enum rk_rc make(const struct app *app, struct self *in, struct rk_bytes *ret,
                       struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(in->passphrase);
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;

    if (rk_signer_open(app->ctx, in->key, &pin, &key, err))
        return rk_wrap(err, "--key");
    in->cert.key = key;
    if (rk_self_cert_make(app->ctx, &in->cert, &der, err))
        return err->rc;
    return rk_pem_encode(RK_PEM_CERTIFICATE, &der, ret, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct self in = { .key = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "key",          0, OPT_STR, &in.key,               "KEY",    "the key that signs, and whose certificate it is", true },
        { "passphrase",   0, OPT_STR, &in.passphrase,        "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "subject",      0, OPT_STR, &in.cert.subject,      "NAME",   "whom the certificate names: its common name", true },
        { "organization", 0, OPT_STR, &in.cert.organization, "NAME",   "the organisation beside it", false },
        { "use",          0, OPT_STR, &in.cert.use,          "USE",    "pk, kek, db, capsule or code", true },
        { "not-before",   0, OPT_STR, &in.not_before,        "DATE",   "start of validity (default: now)", false },
        { "days",         0, OPT_U64, &in.days,              "N",      "validity in days (default 10957)", false },
        { "output",     'o', OPT_STR, &in.out,               "FILE",   "certificate to write (PEM), - is standard output", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || read_times(app, &in, err) ||
        make(app, &in, &pem, err))
        return err->rc;
    if (app->dry_run)
        return RK_OK;
    return rk_file_write(in.out, RK_FILE_PUBLIC, pem.p, pem.len, err);
}

const struct cmd cmd_ca_self = {
    .name = "self",
    .args = "",
    .summary = "make a self-signed certificate for firmware's keys",
    .about =
        "Makes the certificate that firmware is given, and whose key signs what it loads: pk "
        "signs\n"
        "PK and KEK, kek signs db and dbx, db signs programs, capsule signs capsules, code signs\n"
        "other code. It is no CA, may sign only, and is held against its own key before it is\n"
        "written. UEFI firmware takes RSA (2048 to 4096 bits) for pk, kek and db, most of it\n"
        "nothing else.",
    .run = run,
};
