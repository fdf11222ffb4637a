/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ca crl: the next revocation list of the EK CA. */
#include "cli/cmd/ca.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/certs.h"
#include "rotkit/crl.h"
#include "rotkit/publish.h"
#include "rotkit/pem.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    DAYS_DEFAULT = 30,
    DAYS_MAX = 3650,
    DAY_SECONDS = 86400,
    CRL_MAX = 64 << 20,
    CERT_MAX = 65536
};

struct listing {
    const char *cert, *key, *passphrase, *old, *reason, *out;
    struct opt_list revoke;
    struct opt_u64 days;
    bool pem;
};

static enum rk_rc read_old(const struct listing *in, const rk_ca *ca, struct rk_crl *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (in->old == NULL)
        return RK_OK;
    if (rk_file_read(in->old, CRL_MAX, &file, err) || rk_crl_read(ca, file.p, file.len, ret, err))
        return rk_wrap(err, "--crl \"%s\"", in->old);
    return RK_OK;
}

static enum rk_rc add_all(const struct app *app, const struct listing *in, const rk_ca *ca,
                          int64_t now, struct rk_crl *crl, struct rk_err *err)
{
    enum rk_crl_reason reason = RK_CRL_UNSPECIFIED;

    if (in->reason != NULL && rk_crl_reason_find(in->reason, &reason, err))
        return rk_wrap(err, "--reason");
    for (size_t i = 0; i < in->revoke.count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
        RK_AUTO(rk_bytes_done) struct rk_bytes cert = RK_BYTES_NONE;
        struct rk_crl_entry entry;
        bool added;

        if (rk_file_read(in->revoke.v[i], CERT_MAX, &file, err) ||
            rk_certs_read_der(file.p, file.len, &cert, err) ||
            rk_crl_entry_of(ca, &cert, &entry, err))
            return rk_wrap(err, "--revoke \"%s\"", in->revoke.v[i]);
        entry.revoked = now;
        entry.reason = reason;
        if (rk_crl_add(crl, &entry, &added, err))
            return err->rc;
        if (!added)
            out_note(app, "\"%s\" is on the list already", in->revoke.v[i]);
    }
    return RK_OK;
}

/* A list that was shipped is not followed by an older one: what was revoked would hold again. */
static enum rk_rc check_there(const struct listing *in, const rk_ca *ca, uint64_t number,
                              struct rk_err *err)
{
    RK_AUTO(rk_crl_done) struct rk_crl there = RK_CRL_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (strcmp(in->out, "-") == 0 || access(in->out, F_OK) != 0)
        return RK_OK;
    if (rk_file_read(in->out, CRL_MAX, &file, err))
        return err->rc;
    if (rk_crl_read(ca, file.p, file.len, &there, err) != RK_OK || there.number <= number)
        return RK_OK; /* none of this CA's, or an older one */
    (void)rk_fail(err, RK_E_USAGE,
                  "\"%s\" is list %" PRIu64 " of this CA, and this would be list %" PRIu64, in->out,
                  there.number, number);
    return rk_note(err, "go on from it: --crl \"%s\"", in->out);
}

static enum rk_rc issue(const struct app *app, const struct listing *in, struct rk_bytes *ret,
                        struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(in->passphrase);
    uint64_t days = in->days.set ? in->days.v : DAYS_DEFAULT;
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_ca_done) rk_ca *ca = NULL;
    RK_AUTO(rk_crl_done) struct rk_crl crl = RK_CRL_NONE;
    int64_t now;

    if (days == 0 || days > DAYS_MAX)
        return opt_fail(app, err, "--days: %llu, expected 1 to %d", (unsigned long long)days,
                        DAYS_MAX);
    if (rk_signer_open(app->ctx, in->key, &pin, &key, err))
        return rk_wrap(err, "--key");
    if (rk_clock_now(app->ctx, &now, err) || rk_ca_open(app->ctx, in->cert, key, now, &ca, err) ||
        read_old(in, ca, &crl, err) || check_there(in, ca, crl.number + 1, err) ||
        add_all(app, in, ca, now, &crl, err))
        return err->rc;
    return rk_crl_issue(app->ctx, ca, &crl, now, now + (int64_t)days * DAY_SECONDS, ret, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct listing in = { .cert = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "cert",       0,   OPT_STR,  &in.cert,       "FILE",   "issuing CA's certificate, the rest of its chain behind it", true },
        { "key",        0,   OPT_STR,  &in.key,        "KEY",    "issuing CA's private key", true },
        { "passphrase", 0,   OPT_STR,  &in.passphrase, "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "crl",        0,   OPT_STR,  &in.old,        "FILE",   "the list so far (default: a first, empty one)", false },
        { "revoke",     0,   OPT_LIST, &in.revoke,     "CERT",   "certificate (PEM or DER) to put on it; may repeat", false },
        { "reason",     0,   OPT_STR,  &in.reason,     "WORD",   "unspecified (default), key-compromise, superseded or cessation-of-operation", false },
        { "days",       0,   OPT_U64,  &in.days,       "N",      "until the next list is due (default 30)", false },
        { "pem",        0,   OPT_FLAG, &in.pem,        NULL,     "write PEM instead of DER", false },
        { "output",     'o', OPT_STR,  &in.out,        "FILE",   "list to write, - is standard output", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || issue(app, &in, &der, err) ||
        (in.pem && rk_pem_encode(RK_PEM_CRL, &der, &pem, err)))
        return err->rc;
    if (app->dry_run)
        return RK_OK;
    return rk_file_write(in.out, RK_FILE_PUBLIC, in.pem ? pem.p : der.p, in.pem ? pem.len : der.len,
                         err);
}

const struct cmd cmd_ca_crl = {
    .name = "crl",
    .args = "",
    .summary = "issue the CA's next revocation list",
    .about =
        "Takes the list so far, puts certificates on it, and issues it under the next number. A\n"
        "certificate of another CA, and a list of another CA, are refused. A certificate that\n"
        "is on the list keeps its date and reason. A list with a higher number is not overwritten.",
    .run = run,
};
