/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ca issue: the EK certificate of one public key. */
#include "cli/cmd/ca.h"

#include "cli/opt.h"
#include "cli/pubkey.h"
#include "cli/time_option.h"

#include "rotkit/devicedb.h"
#include "rotkit/ekcert.h"
#include "rotkit/identity.h"
#include "rotkit/publish.h"
#include "rotkit/pem.h"

enum { SPEC_REVISION_DEFAULT = 159 };

struct issue {
    const char *cert, *key, *passphrase, *public_key, *device, *not_before, *not_after, *out;
    struct rk_ekcert_profile profile;
    struct opt_u64 spec_level, spec_revision;
    struct opt_list aia, crl, policy;
    bool pem;
};

static enum rk_rc read_profile(const struct app *app, struct issue *in, struct rk_err *err)
{
    struct rk_ekcert_profile *to = &in->profile;

    to->spec_family = "2.0";
    if (in->spec_level.v > UINT32_MAX || in->spec_revision.v > UINT32_MAX)
        return opt_fail(app, err, "--spec-level and --spec-revision are 32-bit numbers");
    to->spec_level = (uint32_t)in->spec_level.v;
    to->spec_revision =
        in->spec_revision.set ? (uint32_t)in->spec_revision.v : SPEC_REVISION_DEFAULT;
    to->aia_urls = in->aia.v;
    to->aia_count = in->aia.count;
    to->crl_urls = in->crl.v;
    to->crl_count = in->crl.count;
    to->policy_oids = in->policy.v;
    to->policy_count = in->policy.count;
    if (time_option(app, "not-before", in->not_before, &to->not_before, err) ||
        time_option_until("not-after", in->not_after, &to->not_after, err))
        return err->rc;
    if (to->not_after <= to->not_before)
        return opt_fail(app, err, "--not-after is not after --not-before");
    return RK_OK;
}

/* Nothing leaves that the chain would not accept: read back as a verifier does. */
static enum rk_rc check(const struct app *app, const struct issue *in, const rk_ca *ca, int64_t now,
                        const struct rk_bytes *cert, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes chain = RK_BYTES_NONE;
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;
    int64_t from = in->profile.not_before;
    const struct rk_trust_question asked = { .use = in->profile.aik ? RK_CERT_AK : RK_CERT_EK,
                                             .when = now > from ? now : from };

    if (rk_ca_chain_pem(ca, &chain, err) || rk_trust_open_chain(app->ctx, &chain, &trust, err) ||
        rk_trust_check_der(trust, cert->p, cert->len, &asked, NULL, err))
        return rk_wrap(err, "certificate just issued");
    return RK_OK;
}

static enum rk_rc issue(const struct app *app, const struct issue *in, struct rk_bytes *ret,
                        struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(in->passphrase);
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_signer_done) rk_signer *public_key = NULL;
    RK_AUTO(rk_ca_done) rk_ca *ca = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes cert = RK_BYTES_NONE;
    struct rk_unit_id sn;
    int64_t now;

    if (rk_unit_parse(in->device, &sn, err))
        return rk_wrap(err, "--device");
    if (pubkey_open(app, in->public_key, NULL, &public_key, err))
        return rk_wrap(err, "--public-key");
    if (rk_signer_open(app->ctx, in->key, &pin, &key, err))
        return rk_wrap(err, "--key");
    if (rk_clock_now(app->ctx, &now, err) || rk_ca_open(app->ctx, in->cert, key, now, &ca, err) ||
        rk_ekcert_issue(app->ctx, ca, &in->profile, sn.b, sizeof sn.b, rk_signer_spki(public_key),
                        &cert, err) ||
        check(app, in, ca, now, &cert, err))
        return err->rc;
    *ret = rk_bytes_take(&cert);
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct issue in = { .cert = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "cert",          0, OPT_STR,  &in.cert,                 "FILE",   "issuing CA's certificate, the rest of its chain behind it", true },
        { "key",           0, OPT_STR,  &in.key,                  "KEY",    "issuing CA's private key", true },
        { "passphrase",    0, OPT_STR,  &in.passphrase,           "SOURCE", "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "public-key",    0, OPT_STR,  &in.public_key,           "FILE",   "the EK: a public key in PEM or DER", true },
        { "device",        0, OPT_STR,  &in.device,               "SN",     "Device SN, 20 hex digits: the serial number depends on it", true },
        { "manufacturer",  0, OPT_STR,  &in.profile.manufacturer, "ID",     "id: and 8 hex digits of the TCG vendor id", true },
        { "model",         0, OPT_STR,  &in.profile.model,        "TEXT",   "TPM model", true },
        { "version",       0, OPT_STR,  &in.profile.version,      "ID",     "id: and firmware version in hex", true },
        { "spec-level",    0, OPT_U64,  &in.spec_level,           "N",      "TPM specification level (default 0)", false },
        { "spec-revision", 0, OPT_U64,  &in.spec_revision,        "N",      "TPM specification revision (default 159)", false },
        { "subject",       0, OPT_STR,  &in.profile.subject_cn,   "CN",     "subject common name (default: empty subject)", false },
        { "not-before",    0, OPT_STR,  &in.not_before,           "DATE",   "start of validity (default: now)", false },
        { "not-after",     0, OPT_STR,  &in.not_after,            "DATE",   "end of validity, or never (default)", false },
        { "aia-url",       0, OPT_LIST, &in.aia,                  "URL",    "where the issuing CA's certificate is found; may repeat", false },
        { "crl-url",       0, OPT_LIST, &in.crl,                  "URL",    "where the CRL is found; may repeat", false },
        { "policy",        0, OPT_LIST, &in.policy,               "OID",    "certificate policy; may repeat", false },
        { "aik",           0, OPT_FLAG, &in.profile.aik,          NULL,     "certify an attestation key that rotkit tpm quote-check has proven", false },
        { "pem",           0, OPT_FLAG, &in.pem,                  NULL,     "write PEM instead of DER", false },
        { "output",      'o', OPT_STR,  &in.out,                  "FILE",   "certificate to write, - is standard output", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || read_profile(app, &in, err) ||
        issue(app, &in, &der, err) ||
        (in.pem && rk_pem_encode(RK_PEM_CERTIFICATE, &der, &pem, err)))
        return err->rc;
    if (app->dry_run)
        return RK_OK;
    return rk_file_write(in.out, RK_FILE_PUBLIC, in.pem ? pem.p : der.p, in.pem ? pem.len : der.len,
                         err);
}

const struct cmd cmd_ca_issue = {
    .name = "issue",
    .args = "",
    .summary = "issue the EK certificate of a public key",
    .about =
        "Issues by the TCG EK credential profile, from the public key alone, and reads the result\n"
        "back against the CA's chain before it is written. The serial number follows from issuer,\n"
        "device and key: the same call gives the same certificate body.",
    .run = run,
};
