/* SPDX-License-Identifier: Apache-2.0 */
/* A live TPM against the release that its device is in. */
#include "tpm/checking.h"

#include "base/folder.h"
#include "tpm/chain.h"
#include "tpm/explain.h"
#include "rotkit/counted.h"
#include "rotkit/ekcert.h"
#include "rotkit/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CLOCK_UNSET_BEFORE INT64_C(1577836800) /* 2020-01-01 */

static void checking_done(struct rk_checking *c)
{
    for (size_t i = 0; i < c->seen_count; i++)
        rk_tpm_public_done(&c->seen[i].ek);
    rk_release_device_done(&c->device);
    rk_trust_free(c->trust);
}

/* ---- which device it is ---- */

static enum rk_rc first_device(void *arg, const struct rk_unit_id *sn, bool *more,
                               struct rk_err *err)
{
    struct rk_checking *c = arg;

    *more = false;
    return rk_release_view_device(c->options->release, sn, &c->device, err);
}

/* The templates that the release certifies, by the device at hand or by its first one. */
static enum rk_rc read_reference(struct rk_checking *c, struct rk_err *err)
{
    const struct rk_tpm_check_options *options = c->options;

    if (options->device != NULL
            ? rk_release_view_device(options->release, options->device, &c->device, err)
            : rk_release_view_each_device(options->release, first_device, c, err))
        return err->rc;
    if (c->device.ek_count == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" states no EK to compare with",
                       rk_release_view_path(options->release));
    for (size_t i = 0; i < c->device.ek_count; i++) {
        if (rk_checking_template(c, c->device.ek[i].template_name) == c->seen_count)
            return rk_fail(err, RK_E_USAGE, "release \"%s\": EK of unknown template \"%s\"",
                           rk_release_view_path(options->release), c->device.ek[i].template_name);
    }
    return RK_OK;
}

static enum rk_rc use_device(struct rk_checking *c, const struct rk_unit_id *sn, struct rk_err *err)
{
    c->verdict.known = true;
    c->verdict.sn = *sn;
    rk_release_device_done(&c->device);
    return rk_release_view_device(c->options->release, sn, &c->device, err);
}

/* ECC first: such an EK costs a TPM a hundredth of an RSA one. */
static enum rk_rc find_device(struct rk_checking *c, struct rk_err *err)
{
    static const bool rounds[] = { true, false };
    const struct rk_tpm_public *ek = NULL;
    struct rk_unit_id sn;
    bool found = false;

    for (size_t round = 0; round < 2 && !found; round++) {
        for (size_t i = 0; i < c->device.ek_count && !found; i++) {
            size_t at = rk_checking_template(c, c->device.ek[i].template_name);
            enum { RSA_PUBLIC_LEAST = 256 };

            if ((c->device.ek[i].public_tpm2b.len < RSA_PUBLIC_LEAST) != rounds[round])
                continue;
            if (rk_checking_ek(c, at, &ek, err) ||
                (ek != NULL &&
                 rk_release_view_find_ek(c->options->release, &ek->public_tpm2b, &sn, &found, err)))
                return err->rc;
        }
    }
    return found ? use_device(c, &sn, err) : RK_OK;
}

/* A TPM that makes no EK at all is no stranger: what it says about the first one is the reason. */
static enum rk_rc check_any(struct rk_checking *c, struct rk_err *err)
{
    RK_AUTO(rk_tpm_public_done) struct rk_tpm_public none = RK_TPM_PUBLIC_NONE;
    size_t first = rk_checking_template(c, c->device.ek[0].template_name);

    for (size_t i = 0; i < c->seen_count; i++) {
        if (c->seen[i].has)
            return RK_OK;
    }
    if (c->options->persistent)
        return rk_fail(err, RK_E_VERIFY, "this TPM has no persistent EK");
    return rk_tpm_make_ek(c->tpm, c->seen[first].tpl, &none, err);
}

/* The device that was asked for against the one that was found. */
static bool is_wanted(struct rk_checking *c)
{
    const struct rk_unit_id *wanted = c->options->device;
    char found_text[21], wanted_text[21];

    if (wanted == NULL || memcmp(wanted, &c->verdict.sn, sizeof *wanted) == 0)
        return true;
    rk_unit_id_text(&c->verdict.sn, found_text);
    rk_unit_id_text(wanted, wanted_text);
    rk_checking_report(c, RK_TPM_EK, NULL, 0, RK_TPM_OTHER_BLOB,
                       "the EK is that of device %s, not of %s: its key blob, or the whole unit, "
                       "was swapped",
                       found_text, wanted_text);
    return false;
}

/* ---- what it holds ---- */

/* A certificate of the release that is not for the EK beside it was swapped or damaged there. */
static enum rk_rc check_stated(const struct rk_checking *c, const struct rk_release_ek *stated,
                               const struct rk_tpm_public *ek, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    const char *path = rk_release_view_path(c->options->release), *name = stated->template_name;
    char sn[21];

    if (stated->cert.len == 0)
        return RK_OK;
    rk_unit_id_text(&c->verdict.sn, sn);
    if (rk_ekcert_spki(stated->cert.p, stated->cert.len, &spki, err))
        (void)rk_wrap(err, "release \"%s\": device %s: certificate %s", path, sn, name);
    else if (!rk_bytes_equal(&spki, &ek->spki))
        (void)rk_fail(err, RK_E_VERIFY,
                      "release \"%s\": device %s: certificate %s is for another key than its EK",
                      path, sn, name);
    else
        return RK_OK;
    return rk_note(err, "the release is damaged: rotkit verify names the files that are");
}

static enum rk_rc check_eks(struct rk_checking *c, struct rk_err *err)
{
    for (size_t k = 0; k < c->device.ek_count; k++) {
        const struct rk_release_ek *stated = &c->device.ek[k];
        size_t i = rk_checking_template(c, stated->template_name);
        const struct rk_tpm_public *ek = NULL;

        if (i == c->seen_count)
            return rk_fail(err, RK_E_USAGE, "EK of unknown template \"%s\"", stated->template_name);
        if (rk_checking_ek(c, i, &ek, err))
            return err->rc;
        if (ek == NULL)
            rk_checking_report(c, RK_TPM_EK, stated->template_name, 0,
                               c->options->persistent ? RK_TPM_NOT_PROVISIONED
                                                      : RK_TPM_WRONG_TEMPLATE,
                               c->options->persistent ? "no persistent key at its handle"
                                                      : "this TPM cannot make it");
        else if (rk_bytes_equal(&ek->public_tpm2b, &stated->public_tpm2b)) {
            if (check_stated(c, stated, ek, err))
                return err->rc;
            rk_checking_report(c, RK_TPM_EK, stated->template_name, 0, RK_TPM_FINE,
                               "public area as in the release");
        } else if (rk_explain_template(c, stated, i, err))
            return err->rc;
    }
    return RK_OK;
}

/* A certificate that is not the release's: whose key is it for? */
static enum rk_rc explain_cert(struct rk_checking *c, const struct rk_release_ek *stated,
                               uint32_t index, const struct rk_bytes *found, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    const char *name = stated->template_name, *whose = NULL;
    struct rk_unit_id sn;
    struct rk_err none;
    char text[21];
    bool known;

    if (rk_ekcert_spki(found->p, rk_tpm_nv_cert_len(found), &spki, &none) != RK_OK) {
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_HALF_PROVISIONED,
                           "%s that are no certificate", RK_COUNTED(found->len, "byte"));
        return RK_OK;
    }
    if (rk_checking_whose(c, NULL, &spki, &whose, err) ||
        rk_release_view_find_spki(c->options->release, &spki, &sn, &known, err))
        return err->rc;
    if (known)
        rk_unit_id_text(&sn, text);
    if (whose != NULL && strcmp(whose, name) == 0)
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_OTHER_CERT,
                           "for this EK, but not the release's certificate");
    else if (whose != NULL)
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_WRONG_TEMPLATE,
                           "for this TPM's EK of template %s", whose);
    else if (known && memcmp(&sn, &c->verdict.sn, sizeof sn) != 0)
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_OTHER_DEVICE,
                           "for the EK of device %s", text);
    else
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_OTHER_CERT,
                           "for a key that is none of this TPM's EKs");
    return RK_OK;
}

/* The right bytes: can a verifier read them, and will they stay? */
static bool is_open(struct rk_checking *c, enum rk_tpm_subject subject, const char *name,
                    uint32_t index, const struct rk_tpm_nv *nv)
{
    if (nv->open)
        return true;
    rk_checking_report(c, subject, name, index, RK_TPM_WRONG_ATTRIBUTES,
                       "the release's, but not for everybody to read and nobody to write by the "
                       "index's own authorisation (attributes 0x%08x)",
                       nv->attributes);
    return false;
}

static void check_validity(struct rk_checking *c, const struct rk_release_ek *stated,
                           uint32_t index)
{
    struct rk_err why;

    if (c->trust != NULL &&
        rk_ekcert_verify(c->trust, stated->cert.p, stated->cert.len, c->now, &why) != RK_OK)
        rk_checking_report(c, RK_TPM_CERTIFICATE, stated->template_name, index, RK_TPM_INVALID_CERT,
                           "%s", why.msg);
    else
        rk_checking_report(c, RK_TPM_CERTIFICATE, stated->template_name, index, RK_TPM_FINE,
                           "the release's certificate");
}

static enum rk_rc check_cert(struct rk_checking *c, const struct rk_release_ek *stated,
                             struct rk_err *err)
{
    RK_AUTO(rk_tpm_nv_done) struct rk_tpm_nv nv = { .attributes = 0 };
    const char *name = stated->template_name;
    const struct rk_ek_template *tpl = rk_ek_template_find(name);
    uint32_t index = tpl == NULL ? 0 : rk_ek_template_nv_index(tpl);

    if (index == 0 || stated->cert.len == 0)
        return RK_OK;
    if (rk_tpm_nv_read(c->tpm, index, &nv, err))
        return err->rc;
    if (nv.state == RK_TPM_NV_ABSENT)
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_NOT_PROVISIONED,
                           "no certificate there");
    else if (nv.state == RK_TPM_NV_UNWRITTEN)
        rk_checking_report(c, RK_TPM_CERTIFICATE, name, index, RK_TPM_HALF_PROVISIONED,
                           "the index is defined, and nothing is written");
    else if (rk_tpm_nv_cert_len(&nv.bytes) == stated->cert.len &&
             memcmp(nv.bytes.p, stated->cert.p, stated->cert.len) == 0) {
        if (is_open(c, RK_TPM_CERTIFICATE, name, index, &nv))
            check_validity(c, stated, index);
    } else
        return explain_cert(c, stated, index, &nv.bytes, err);
    return RK_OK;
}

/* The persistent key at the handle where the template's EK belongs. None is fine. */
static enum rk_rc check_persistent(struct rk_checking *c, const struct rk_release_ek *stated,
                                   struct rk_err *err)
{
    RK_AUTO(rk_tpm_public_done) struct rk_tpm_public found = RK_TPM_PUBLIC_NONE;
    const char *name = stated->template_name, *whose = NULL;
    const struct rk_ek_template *tpl = rk_ek_template_find(name);
    uint32_t handle = tpl == NULL ? 0 : rk_tpm_ek_handle(tpl);
    bool there = false;

    if (handle == 0)
        return RK_OK;
    if (rk_tpm_read_persistent(c->tpm, handle, &found, &there, err) ||
        (there && rk_checking_whose(c, &found.public_tpm2b, NULL, &whose, err)))
        return err->rc;
    if (!there)
        rk_checking_report(c, RK_TPM_PERSISTENT, name, handle, RK_TPM_FINE, "none");
    else if (whose != NULL && strcmp(whose, name) == 0)
        rk_checking_report(c, RK_TPM_PERSISTENT, name, handle, RK_TPM_FINE, "this EK");
    else if (whose != NULL)
        rk_checking_report(c, RK_TPM_PERSISTENT, name, handle, RK_TPM_WRONG_TEMPLATE,
                           "the EK of template %s", whose);
    else
        rk_checking_report(c, RK_TPM_PERSISTENT, name, handle, RK_TPM_WRONG_TEMPLATE,
                           "a key that no template of the EK profile makes");
    return RK_OK;
}

/* Optional: a TPM provisioned by other means has none. */
static enum rk_rc check_chain(struct rk_checking *c, struct rk_err *err)
{
    RK_AUTO(rk_tpm_chain_done) struct rk_tpm_chain chain = { .count = 0 };
    uint32_t limit;

    if (rk_tpm_nv_limit(c->tpm, &limit, err))
        return err->rc;
    if (rk_tpm_chain_read(c->options->release, limit, &chain, err))
        return err->rc == RK_E_USAGE ? RK_OK : err->rc; /* no index of this TPM can hold it */
    for (uint32_t i = 0; i < chain.count; i++) {
        RK_AUTO(rk_tpm_nv_done) struct rk_tpm_nv nv = { .attributes = 0 };

        if (rk_tpm_nv_read(c->tpm, RK_CHAIN_INDEX + i, &nv, err))
            return err->rc;
        if (nv.state == RK_TPM_NV_ABSENT)
            rk_checking_report(c, RK_TPM_CHAIN, NULL, RK_CHAIN_INDEX + i, RK_TPM_FINE, "none");
        else if (nv.state == RK_TPM_NV_UNWRITTEN)
            rk_checking_report(c, RK_TPM_CHAIN, NULL, RK_CHAIN_INDEX + i, RK_TPM_HALF_PROVISIONED,
                               "the index is defined, and nothing is written");
        else if (rk_bytes_equal(&nv.bytes, &chain.part[i])) {
            if (is_open(c, RK_TPM_CHAIN, NULL, RK_CHAIN_INDEX + i, &nv))
                rk_checking_report(c, RK_TPM_CHAIN, NULL, RK_CHAIN_INDEX + i, RK_TPM_FINE,
                                   "the release's chain");
        } else
            rk_checking_report(c, RK_TPM_CHAIN, NULL, RK_CHAIN_INDEX + i, RK_TPM_OTHER_CERT,
                               "another chain");
    }
    return RK_OK;
}

static enum rk_rc check_stored(struct rk_checking *c, struct rk_err *err)
{
    for (size_t i = 0; i < c->device.ek_count; i++) {
        if (check_cert(c, &c->device.ek[i], err))
            return err->rc;
    }
    for (size_t i = 0; i < c->device.ek_count; i++) {
        if (!c->options->persistent && check_persistent(c, &c->device.ek[i], err))
            return err->rc;
    }
    return check_chain(c, err);
}

static enum rk_rc read_chain(struct rk_checking *c, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (rk_release_view_find(c->options->release, "ca/chain.pem", &pem, err))
        return err->rc;
    return pem.p != NULL && rk_trust_open_chain(c->ctx, &pem, &c->trust, err)
               ? rk_wrap(err, "\"%s/ca/chain.pem\"", rk_release_view_path(c->options->release))
               : RK_OK;
}

static enum rk_rc check_clock(struct rk_checking *c, struct rk_err *err)
{
    if (rk_clock_now(c->ctx, &c->now, err))
        return err->rc;
    if (c->now >= CLOCK_UNSET_BEFORE || c->options->ek_only)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE,
                  "the clock is unset: it says %" PRId64 " seconds since 1970, so no certificate's "
                  "validity can be told",
                  c->now);
    return rk_note(err, "set it, or compare the EKs alone (--ek-only)");
}

enum rk_rc rk_tpm_check(const rk_ctx *ctx, rk_tpm *tpm, const struct rk_tpm_check_options *options,
                        struct rk_tpm_verdict *ret, struct rk_err *err)
{
    RK_AUTO(checking_done)
    struct rk_checking c = { .ctx = ctx, .tpm = tpm, .options = options };

    while (c.seen_count < RK_TEMPLATES_MAX && rk_ek_template_at(c.seen_count) != NULL) {
        c.seen[c.seen_count].tpl = rk_ek_template_at(c.seen_count);
        c.seen_count++;
    }
    if (check_clock(&c, err) || read_reference(&c, err) || read_chain(&c, err) ||
        find_device(&c, err) || check_any(&c, err) ||
        (!c.verdict.known && rk_explain_stranger(&c, err)))
        return err->rc;
    if (c.verdict.known && is_wanted(&c)) {
        if (check_eks(&c, err) || (!options->ek_only && check_stored(&c, err)))
            return err->rc;
    }
    *ret = c.verdict;
    return RK_OK;
}
