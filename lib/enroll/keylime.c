/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keylime: CA certificates for its tpm_cert_store, a list of the EKs that may enrol, and a script
 * for its tenant that holds an EK against the list. Source: formats/ek-certificate.md 4.5.
 */
#include "enroll/keylime.h"

#include "base/digest.h"
#include "base/wr.h"
#include "enroll/files.h"
#include "enroll/walk.h"
#include "rotkit/chain.h"
#include "rotkit/ekcert.h"
#include "rotkit/certs.h"
#include "rotkit/hex.h"
#include "rotkit/pem.h"

#include <stdio.h>
#include <string.h>

enum { DIGEST = 32, STORE_MAX = RK_CHAIN_MAX * 2 * RK_CERT_MAX };

static enum rk_rc put_store(struct rk_enroll_out *out, const struct rk_enroll_chain *chain,
                            struct rk_err *err)
{
    char name[96];

    for (size_t i = 0; i < chain->count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

        (void)snprintf(name, sizeof name, RK_KEYLIME_STORE "/%s.pem", chain->ca[i].name);
        if (rk_pem_encode(RK_PEM_CERTIFICATE, &chain->ca[i].der, &pem, err) ||
            rk_enroll_put(out, name, &pem, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- what Keylime would refuse ---- */

static bool refused_by_keylime(const struct rk_lint_finding *finding)
{
    const char *name;

    for (size_t i = 0; (name = rk_lint_verifier_at(i)) != NULL; i++) {
        if (strcmp(name, "keylime") == 0)
            return rk_lint_verifier_refuses(i, finding);
    }
    return false;
}

/* The first finding is kept. */
static void keep_refusal(void *arg, const struct rk_lint_finding *finding)
{
    struct rk_lint_finding *first = arg;

    if (first->rule == NULL && finding->level == RK_LINT_ERROR && refused_by_keylime(finding))
        *first = *finding;
}

/* Under the CAs of its store: the signature counts, over what pyasn1 makes of a loose certificate.
 */
static enum rk_rc check_cert(const struct rk_release_ek *ek, const struct rk_bytes *ca,
                             struct rk_err *err)
{
    struct rk_lint_finding refusal = { .rule = NULL };

    if (ek->cert.len == 0)
        return rk_fail(err, RK_E_USAGE, "EK \"%s\" has no certificate", ek->template_name);
    if (rk_ekcert_lint(ek->cert.p, ek->cert.len, ca, keep_refusal, &refusal, err))
        return err->rc;
    if (refusal.rule != NULL)
        return rk_fail(err, RK_E_USAGE,
                       "Keylime refuses the certificate of EK \"%s\": rule %s: %s (rotkit ek lint "
                       "--verifier keylime says more)",
                       ek->template_name, refusal.rule, refusal.text);
    return RK_OK;
}

/* ---- the list ---- */

struct listing {
    const char *template_name;
    const struct rk_bytes *ca; /* of the store, PEM */
    struct rk_numbered_files lines;
};

static void listing_done(struct listing *listing)
{
    rk_numbered_files_done(&listing->lines);
}

static enum rk_rc list_device(void *arg, const struct rk_release_device *device, struct rk_err *err)
{
    struct listing *listing = arg;
    const struct rk_release_ek *ek;
    struct rk_ekcert_ids ids;
    uint8_t digest[DIGEST];
    char hex[2 * DIGEST + 1], sn[21];

    if (rk_enroll_ek(device, listing->template_name, &ek, err) ||
        check_cert(ek, listing->ca, err) || rk_ekcert_ids(ek->cert.p, ek->cert.len, &ids, err) ||
        rk_sha256(ids.spki, ids.spki_len, digest, err))
        return err->rc;
    rk_hex_write(digest, DIGEST, hex);
    rk_unit_id_text(&device->sn, sn);
    rk_wr_printf(rk_numbered_files_wr(&listing->lines), "%s  %s\n", hex, sn);
    listing->lines.out->report.devices++;
    return rk_numbered_files_next(&listing->lines, err);
}

static enum rk_rc put_list(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                           const struct rk_bytes *ca, struct rk_err *err)
{
    RK_AUTO(listing_done)
    struct listing listing = {
        .template_name = rk_request_setting(options->request, rk_keylime_settings, "template"),
        .ca = ca,
        .lines = { .out = out, .before = RK_KEYLIME_LIST "/", .after = "", .head = "" },
    };

    if (rk_enroll_each(options, list_device, &listing, err) ||
        rk_numbered_files_end(&listing.lines, err))
        return err->rc;
    return RK_OK;
}

static enum rk_rc store_text(const struct rk_enroll_chain *chain, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr text = RK_WR_MAX(STORE_MAX);

    for (size_t i = 0; i < chain->count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

        if (rk_pem_encode(RK_PEM_CERTIFICATE, &chain->ca[i].der, &pem, err))
            return err->rc;
        rk_wr_bytes(&text, pem.p, pem.len);
    }
    return rk_wr_end(&text, ret, err);
}

static enum rk_rc make(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err)
{
    RK_AUTO(rk_enroll_chain_done) struct rk_enroll_chain chain = { .count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes script = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes ca = RK_BYTES_NONE;
    uint64_t devices;

    if (rk_enroll_ca_chain(options, &chain, err) ||
        rk_enroll_device_count(options, &devices, err) || put_store(out, &chain, err) ||
        store_text(&chain, &ca, err) || put_list(options, out, &ca, err) ||
        rk_bytes_copy(rk_keylime_script, strlen((const char *)rk_keylime_script), &script, err))
        return err->rc;
    return rk_enroll_put(out, RK_KEYLIME_SCRIPT, &script, err);
}

const struct rk_enroll_target rk_enroll_keylime = {
    .name = "keylime",
    .title = "Keylime: tpm_cert_store, list of EKs, and the tenant's ek_check_script",
    .settings = rk_keylime_settings,
    .make = make,
    .check = rk_keylime_check,
};
