/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm quote-check: an AK proven to live in the device, and a quote by it verified. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "cli/out.h"

#include "rotkit/identity.h"
#include "rotkit/publish.h"
#include "rotkit/hex.h"
#include "rotkit/pem.h"

#include <inttypes.h>
#include <string.h>

enum { NONCE = 32, LOG_MAX = 1 << 24, PCRS_DEFAULT = 0xff };

struct quote_check {
    struct tpm_args args;
    const char *release, *device, *template_name, *ak, *pcrs, *bank_name, *event_log, *ak_public;
    struct from from;
    enum rk_tpm_key which;
    uint32_t mask;
    const struct rk_pcr_bank *bank;
};

/* "0,2,4-7" */
static enum rk_rc read_mask(const char *text, uint32_t *ret, struct rk_err *err)
{
    uint32_t mask = 0;
    char part[16];

    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        uint64_t first, last;
        char *dash;

        if (len == 0 || len >= sizeof part)
            return rk_fail(err, RK_E_USAGE, "--pcrs \"%s\": expected such as 0,2,4-7", text);
        (void)snprintf(part, sizeof part, "%.*s", (int)len, at);
        dash = strchr(part, '-');
        if (dash != NULL)
            *dash = '\0';
        if (rk_parse_u64(part, RK_PCRS - 1, &first, err) ||
            rk_parse_u64(dash == NULL ? part : dash + 1, RK_PCRS - 1, &last, err))
            return rk_wrap(err, "--pcrs");
        if (last < first)
            return rk_fail(err, RK_E_USAGE, "--pcrs \"%s\": expected such as 0,2,4-7", text);
        for (uint64_t i = first; i <= last; i++)
            mask |= UINT32_C(1) << i;
        at += len;
        if (*at == '\0')
            break;
    }
    *ret = mask;
    return RK_OK;
}

/* The values that the event log ends with, for the PCRs that are quoted. */
static enum rk_rc replay(const struct quote_check *in, struct rk_pcrs *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes log = RK_BYTES_NONE;

    if (in->event_log == NULL)
        return RK_OK;
    if (rk_file_read(in->event_log, LOG_MAX, &log, err))
        return err->rc;
    if (rk_eventlog_replay(log.p, log.len, in->bank, ret, err))
        return rk_wrap(err, "\"%s\"", in->event_log);
    ret->mask = in->mask; /* a PCR without events keeps its start value */
    return RK_OK;
}

/* Names the PCRs that the log does not account for. */
static enum rk_rc name_differences(const struct rk_pcrs *wanted, const struct rk_pcrs *found,
                                   struct rk_err *err)
{
    const size_t len = wanted->bank->len;
    char a[2 * RK_PCR_MAX + 1], b[2 * RK_PCR_MAX + 1];

    for (size_t i = 0; i < RK_PCRS; i++) {
        if ((wanted->mask >> i & 1) == 0 || memcmp(wanted->value[i], found->value[i], len) == 0)
            continue;
        rk_hex_write(wanted->value[i], len, a);
        rk_hex_write(found->value[i], len, b);
        (void)rk_note(err, "PCR %zu is %.16s..., the event log ends with %.16s...", i, b, a);
    }
    return err->rc;
}

static enum rk_rc check_quote(const struct app *app, const struct quote_check *in, rk_tpm *tpm,
                              const struct rk_tpm_public *ak, struct rk_pcrs *pcrs,
                              struct rk_quote_facts *ret, struct rk_err *err)
{
    RK_AUTO(rk_quote_done) struct rk_quote quote = { .attest = RK_BYTES_NONE };
    struct rk_pcrs found = { .mask = 0 };
    uint8_t nonce[NONCE];

    if (rk_random(app->ctx, nonce, sizeof nonce, err) ||
        rk_tpm_pcr_read(tpm, in->bank, in->mask, &found, err))
        return err->rc;
    if (in->event_log == NULL)
        *pcrs = found;
    if (rk_tpm_quote(tpm, in->which, pcrs, nonce, sizeof nonce, &quote, err))
        return err->rc;
    if (rk_quote_verify(app->ctx, &ak->public_tpm2b, &quote, nonce, sizeof nonce, pcrs, ret, err))
        return name_differences(pcrs, &found, err);
    return RK_OK;
}

static enum rk_rc write_ak(const struct quote_check *in, const struct rk_tpm_public *ak,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (in->ak_public == NULL)
        return RK_OK;
    if (rk_pem_encode(RK_PEM_PUBLIC_KEY, &ak->spki, &pem, err))
        return err->rc;
    return rk_file_write(in->ak_public, RK_FILE_PUBLIC, pem.p, pem.len, err);
}

static enum rk_rc tell(const struct app *app, const struct quote_check *in,
                       const struct rk_tpm_attested *attested, const struct rk_pcrs *pcrs,
                       const struct rk_quote_facts *facts, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    const char *source = in->event_log != NULL ? "event log" : "TPM";
    struct rk_jv root = rk_json_root(doc), list;
    char sn[21], number[4];

    rk_unit_id_text(&attested->sn, sn);
    if (!app->json) {
        (void)fprintf(app->out, "%s: quote holds: %s PCRs 0x%06x as the %s has them; clock %s\n",
                      sn, in->bank->name, in->mask, source,
                      facts->clock_safe ? "safe" : "not safe");
        return RK_OK;
    }
    rk_json_put_str(root, "device_sn", sn);
    tpm_key_put(root, &attested->key);
    rk_json_put_str(root, "pcrs_from", source);
    rk_json_put_str(root, "bank", in->bank->name);
    list = rk_json_put_object(root, "pcrs");
    for (unsigned i = 0; i < RK_PCRS; i++) {
        if ((pcrs->mask >> i & 1) == 0)
            continue;
        (void)snprintf(number, sizeof number, "%u", i);
        rk_json_put_hex(list, number, pcrs->value[i], pcrs->bank->len);
    }
    rk_json_put_u64(root, "clock_ms", facts->clock_ms);
    rk_json_put_bool(root, "clock_safe", facts->clock_safe);
    rk_json_put_u64(root, "reset_count", facts->reset_count);
    rk_json_put_u64(root, "restart_count", facts->restart_count);
    rk_json_put_u64(root, "firmware_version", facts->firmware_version);
    return out_json(app, doc, err);
}

static enum rk_rc check(const struct app *app, const struct quote_check *in, struct rk_err *err)
{
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    RK_AUTO(rk_tpm_done) rk_tpm *tpm = NULL;
    RK_AUTO(rk_tpm_attested_done) struct rk_tpm_attested attested = { .eks = 0 };
    struct rk_tpm_attest_options options = { .template_name = in->template_name, .key = in->which };
    struct rk_quote_facts facts;
    struct rk_pcrs pcrs = { .bank = in->bank, .mask = 0 };
    struct rk_unit_id sn;

    if (in->device != NULL) {
        if (rk_unit_parse(in->device, &sn, err))
            return rk_wrap(err, "--device");
        options.device = &sn;
    }
    if (replay(in, &pcrs, err) || from_open_devices(app, &in->from, in->release, &view, err) ||
        tpm_open(app, &in->args, &tpm, err))
        return err->rc;
    options.release = view;
    if (rk_tpm_attest(app->ctx, tpm, &options, &attested, err) ||
        check_quote(app, in, tpm, &attested.key, &pcrs, &facts, err) ||
        write_ak(in, &attested.key, err))
        return err->rc;
    return tell(app, in, &attested, &pcrs, &facts, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct quote_check in = { .mask = PCRS_DEFAULT, .bank = rk_pcr_bank_default() };
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "release",   0, OPT_STR, &in.release,       "DIR",  "the release that states the EKs", true },
        FROM_PUB(&in.from),
        FROM_UNSIGNED(&in.from),
        OPT_TCTI(in.args),
        { "device",    0, OPT_STR, &in.device,        "SN",   "as this device (default: whichever the TPM is)", false },
        { "template",  0, OPT_STR, &in.template_name, "NAME", "activate by this EK (default: every certified one)", false },
        { "ak",        0, OPT_STR, &in.ak,            "TYPE", "attestation key: ecc (default) or rsa", false },
        { "pcrs",      0, OPT_STR, &in.pcrs,          "LIST", "PCRs to quote (default: 0-7)", false },
        { "bank",      0, OPT_STR, &in.bank_name,     "NAME", "of this bank: sha1, sha256 (default), sha384, sha512, sm3_256", false },
        { "event-log", 0, OPT_STR, &in.event_log,     "FILE", "TCG event log that must account for them (default: whatever the TPM has)", false },
        { "ak-public", 0, OPT_STR, &in.ak_public,     "FILE", "write the AK as PEM once all holds, for rotkit ca issue --aik", false },
        OPT_TPM_AUTH(in.args, endorsement),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) ||
        (in.pcrs != NULL && read_mask(in.pcrs, &in.mask, err)))
        return err->rc;
    if (in.ak != NULL && strcmp(in.ak, "ecc") != 0 && strcmp(in.ak, "rsa") != 0)
        return opt_fail(app, err, "--ak \"%s\": expected ecc or rsa", in.ak);
    if (in.bank_name != NULL && rk_pcr_bank_find(in.bank_name, &in.bank, err))
        return rk_wrap(err, "--bank");
    in.which = in.ak != NULL && in.ak[0] == 'r' ? RK_TPM_AK_RSA : RK_TPM_AK_ECC;
    return check(app, &in, err);
}

const struct cmd cmd_tpm_quote_check = {
    .name = "quote-check",
    .args = "",
    .summary = "make an attestation key, prove where it lives, verify a quote by it",
    .about =
        "The AK is a primary key of the endorsement hierarchy: the same in each run. Credential\n"
        "activation proves that it lives in the TPM of the device; then a quote over PCRs is held\n"
        "against the AK, a fresh nonce, and the values that the event log replays to "
        "(crypto-agile\n"
        "format, as /sys/kernel/security/tpm0/binary_bios_measurements). Exit code 3 when one of\n"
        "them does not hold.",
    .run = run,
};
