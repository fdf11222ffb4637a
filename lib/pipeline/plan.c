/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/plan.h"

#include "pipeline/plan_values.h"
#include "rotkit/cms.h"
#include "rotkit/request.h"

#include <stdlib.h>
#include <string.h>

enum { RECIPIENT_MAX = 1 << 20, SECONDS_A_DAY = 86400 };

void rk_plan_done(struct rk_plan *plan)
{
    rk_release_version_free(plan->version);
    rk_sigbook_free(plan->book);
    rk_signer_free(plan->release_key);
    rk_ca_free(plan->ca);
    rk_signer_free(plan->ca_key);
    rk_signer_free(plan->devices_key);
    if (plan->of_platform != NULL)
        plan->lane.platform->plan_free(plan->of_platform);
    rk_mac_free(plan->master_key);
    rk_bytes_done(&plan->recipient);
    rk_bytes_done(&plan->chain);
    rk_trust_free(plan->trust);
    rk_manifest_free(plan->manifest);
}

static enum rk_rc find_platform(const rk_ctx *ctx, struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;

    if (rk_platform_find(ctx, m->platform.v, &plan->lane.platform, err))
        return rk_plan_at(plan, m->platform.at, "platform", err);
    plan->given = rk_manifest_given(m);
    plan->lane.odm = plan->given.odm;
    plan->lane.oem = plan->given.oem;
    return RK_OK;
}

static enum rk_rc find_profile(struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    const struct rk_platform *platform = plan->lane.platform;
    const char *name = m->ek.profile.v;

    if (name == NULL)
        name = rk_platform_default_profile(platform);
    if (name == NULL)
        return rk_manifest_fail(m, m->platform.at, err, RK_E_USAGE,
                                "platform %s has no fTPM profile here", rk_platform_name(platform));
    if (platform->derive == NULL) {
        (void)rk_fail_no_identity(platform, err);
        return rk_plan_at(plan, m->platform.at, "platform", err);
    }
    plan->lane.profile = rk_ek_profile_find(name);
    if (plan->lane.profile != NULL)
        return RK_OK;
    (void)rk_manifest_fail(m, m->ek.profile.at, err, RK_E_USAGE,
                           "ek.profile: unknown profile \"%s\"", name);
    for (size_t i = 0; rk_ek_profile_at(i) != NULL; i++)
        (void)rk_note(err, "known: %s", rk_ek_profile_name(rk_ek_profile_at(i)));
    return err->rc;
}

static enum rk_rc find_templates(struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    const struct rk_mlist *list = &m->ek.templates;

    for (size_t i = 0; i < list->count; i++) {
        const struct rk_ek_template *tpl = rk_ek_template_find(list->v[i]);
        char known[RK_KNOWN_MAX] = "";

        for (size_t k = 0; rk_ek_template_at(k) != NULL; k++)
            rk_known_add(known, rk_ek_template_name(rk_ek_template_at(k)));
        if (tpl == NULL)
            return rk_manifest_fail(m, list->at, err, RK_E_USAGE,
                                    "ek.templates: unknown template \"%s\" (known: %s)", list->v[i],
                                    known);
        for (size_t k = 0; k < plan->lane.template_count; k++) {
            if (plan->lane.templates[k] == tpl)
                return rk_manifest_fail(m, list->at, err, RK_E_USAGE,
                                        "ek.templates: \"%s\" is listed twice", list->v[i]);
        }
        plan->lane.templates[plan->lane.template_count++] = tpl;
    }
    return RK_OK;
}

static const char *const *texts(const struct rk_mlist *list)
{
    return (const char *const *)list->v;
}

static enum rk_rc set_validity(struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_ekcert_profile *cert = &plan->lane.certificate;
    int64_t stated;
    bool is_stated;

    if (rk_clock_stated(&stated, &is_stated, err))
        return err->rc;
    if (!m->ek.certificate.not_before.set && !is_stated)
        return rk_manifest_fail(
            m, m->ek.certificate.at, err, RK_E_USAGE,
            "ek.certificate.not-before: needed, or SOURCE_DATE_EPOCH, so that a rebuild "
            "gives the same certificates");
    cert->not_before =
        m->ek.certificate.not_before.set ? m->ek.certificate.not_before.v : plan->lane.now;
    if (cert->not_before > plan->lane.now)
        return rk_manifest_fail(
            m, m->ek.certificate.not_before.at, err, RK_E_USAGE,
            "ek.certificate.not-before: is in the future, so no verifier would accept "
            "the certificates now");
    cert->not_after = RK_EKCERT_NO_EXPIRY;
    if (m->ek.certificate.not_after.set)
        cert->not_after = m->ek.certificate.not_after.v;
    else if (m->ek.certificate.validity_days.set)
        cert->not_after = cert->not_before + m->ek.certificate.validity_days.v * SECONDS_A_DAY - 1;
    if (m->ek.certificate.validity_days.set && cert->not_after > RK_CLOCK_LAST)
        return rk_manifest_fail(m, m->ek.certificate.validity_days.at, err, RK_E_USAGE,
                                "ek.certificate.validity-days: ends after the year 9999");
    if (cert->not_after <= cert->not_before)
        return rk_manifest_fail(m, m->ek.certificate.at, err, RK_E_USAGE,
                                "ek.certificate: the validity ends before it begins");
    return RK_OK;
}

static enum rk_rc set_certificate(struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_ekcert_profile *cert = &plan->lane.certificate;

    cert->manufacturer = m->ek.certificate.manufacturer.v;
    cert->model = m->ek.certificate.model.v;
    cert->version = m->ek.certificate.version.v;
    cert->spec_family = m->ek.certificate.spec_family.v;
    cert->spec_level = (uint32_t)m->ek.certificate.spec_level.v;
    cert->spec_revision = (uint32_t)m->ek.certificate.spec_revision.v;
    cert->subject_cn = m->ek.certificate.subject_cn.v;
    cert->aia_urls = texts(&m->ek.certificate.aia);
    cert->aia_count = m->ek.certificate.aia.count;
    cert->crl_urls = texts(&m->ek.certificate.crl);
    cert->crl_count = m->ek.certificate.crl.count;
    cert->policy_oids = texts(&m->ek.certificate.policies);
    cert->policy_count = m->ek.certificate.policies.count;
    return set_validity(plan, err);
}

static enum rk_rc open_ca(const rk_ctx *ctx, struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_pin pin = RK_PIN_INIT(m->ek.ca.passphrase.v);

    if (rk_signer_open(ctx, m->ek.ca.key.v, &pin, &plan->ca_key, err))
        return rk_plan_at(plan, m->ek.ca.key.at, "ek.ca.key", err);
    if (rk_ca_open(ctx, m->ek.ca.certificate.v, plan->ca_key, plan->lane.now, &plan->ca, err))
        return rk_plan_at(plan, m->ek.ca.certificate.at, "ek.ca.certificate", err);
    if ((plan->book == NULL || rk_signer_can_sign(plan->ca_key)) && rk_ca_probe(plan->ca, err))
        return rk_plan_at(plan, m->ek.ca.key.at, "ek.ca.key", err);
    plan->lane.ca = plan->ca;
    if (rk_ca_chain_pem(plan->ca, &plan->chain, err) ||
        rk_trust_open_chain(ctx, &plan->chain, &plan->trust, err))
        return err->rc;
    plan->lane.trust = plan->trust;
    return RK_OK;
}

/* design.md, trust rule 4 */
static enum rk_rc check_reproducible(const struct rk_plan *plan, enum rk_scheme scheme,
                                     const char *whose, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;

    if (!m->release.reproducible.v || !rk_scheme_is_random(scheme) || rk_release_is(plan->path))
        return RK_OK;
    return rk_manifest_fail(
        m, m->release.reproducible.at, err, RK_E_USAGE,
        "release.reproducible: %s signatures are random, and there is no previous "
        "release to keep them from: use an RSA or Ed25519 %s",
        rk_scheme_name(scheme), whose);
}

/* Now, and not after the last device: a key may be public only, locked or not of the scheme. */
static enum rk_rc probe_release_key(const struct rk_plan *plan, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (plan->book != NULL && !rk_signer_can_sign(plan->release_key))
        return RK_OK;
    return rk_signer_sign(plan->release_key, plan->release_scheme, (const uint8_t *)"probe", 5,
                          &signature, err);
}

static enum rk_rc open_release_key(const rk_ctx *ctx, struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_pin pin = RK_PIN_INIT(m->release.passphrase.v);

    if (m->release.key.v == NULL)
        return RK_OK;
    if (rk_signer_open(ctx, m->release.key.v, &pin, &plan->release_key, err))
        return rk_plan_at(plan, m->release.key.at, "release.key", err);
    plan->release_scheme = m->release.scheme.v == NULL ? rk_signer_default_scheme(plan->release_key)
                                                       : rk_scheme_find(m->release.scheme.v);
    if (plan->release_scheme == RK_SCHEME_NONE)
        return rk_manifest_fail(m, m->release.scheme.at, err, RK_E_USAGE,
                                "release.scheme: unknown scheme \"%s\"",
                                m->release.scheme.v == NULL ? "" : m->release.scheme.v);
    if (probe_release_key(plan, err))
        return rk_plan_at(plan, m->release.key.at, "release.key", err);
    return check_reproducible(plan, plan->release_scheme, "release key", err);
}

/* Every round says the same time, so that what was signed in one is made again in the next. */
static enum rk_rc open_book(const rk_ctx *ctx, const struct rk_build_options *options,
                            struct rk_plan *plan, struct rk_err *err)
{
    struct rk_sigbook_owner owner = { .kind = "build" };

    if (options->to_sign == NULL && options->attach == NULL)
        return RK_OK;
    memcpy(owner.sha256, plan->manifest->sha256, sizeof owner.sha256);
    if (options->to_sign != NULL ? rk_sigbook_new(ctx, options->to_sign, &owner, &plan->book, err)
                                 : rk_sigbook_open(ctx, options->attach, &owner, &plan->book, err))
        return err->rc;
    plan->lane.book = plan->book;
    plan->lane.now = rk_sigbook_time(plan->book);
    return RK_OK;
}

static enum rk_rc plan_odm(const rk_ctx *ctx, struct rk_plan *plan, struct rk_err *err)
{
    if (find_profile(plan, err) || find_templates(plan, err) || set_certificate(plan, err) ||
        open_ca(ctx, plan, err))
        return err->rc;
    return check_reproducible(plan, rk_signer_default_scheme(plan->ca_key), "CA", err);
}

static enum rk_rc plan_devices(const rk_ctx *ctx, const struct rk_build_options *options,
                               struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_pin pin = RK_PIN_INIT(m->devices.passphrase.v);
    struct rk_devices_count count;

    if (m->devices.master_key.v != NULL &&
        rk_mac_open(ctx, m->devices.master_key.v, 32, &plan->master_key, err))
        return rk_plan_at(plan, m->devices.master_key.at, "devices.master-key", err);
    if (m->devices.key.v != NULL &&
        rk_signer_open(ctx, m->devices.key.v, &pin, &plan->devices_key, err))
        return rk_plan_at(plan, m->devices.key.at, "devices.key", err);
    plan->from = (struct rk_devices_from) {
        .opener = { .ctx = ctx, .key = plan->devices_key },
        .platform = plan->lane.platform,
        .plan = plan->of_platform,
        .master = plan->master_key,
        .oem_id = (uint16_t)m->devices.oem_id.v,
        .first_sn = (uint64_t)m->devices.first_sn.v,
        .count = (uint64_t)m->devices.count.v,
        .shard = options->shard,
    };
    for (size_t i = 0; i < RK_DEVICE_FILES_MAX; i++)
        plan->from.path[i] = m->devices.file[i].v;
    if (rk_devices_check(&plan->from, &count, err))
        return err->rc;
    plan->device_count = count.ours;
    plan->fleet_count = count.all;
    if (count.all == 0)
        return rk_manifest_fail(m, m->devices.at, err, RK_E_USAGE, "devices: there are none");
    return RK_OK;
}

static enum rk_rc plan_secrets(const rk_ctx *ctx, const struct rk_build_options *options,
                               struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    const struct rk_platform *platform = plan->lane.platform;
    struct rk_where at;
    const char *secrets = platform->secrets == NULL ? NULL : platform->secrets(&plan->given, &at);

    plan->has_secrets = secrets != NULL;
    if (secrets == NULL || options->plaintext_secrets)
        return RK_OK;
    if (m->secrets.recipient.v == NULL)
        return rk_manifest_fail(m, at, err, RK_E_USAGE,
                                "secrets.recipient: %s; name the factory certificate to seal them "
                                "to, or give --plaintext-secrets",
                                secrets);
    if (rk_file_read(m->secrets.recipient.v, RECIPIENT_MAX, &plan->recipient, err) ||
        rk_cms_check_recipient(ctx, &plan->recipient, plan->lane.now, err))
        return rk_plan_at(plan, m->secrets.recipient.at, "secrets.recipient", err);
    return RK_OK;
}

static enum rk_rc prepare_platform(const rk_ctx *ctx, struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_platform *platform = plan->lane.platform;

    if (platform->prepare != NULL &&
        platform->prepare(ctx, &plan->given, &plan->of_platform, &plan->unconfirmed_hash, err))
        return err->rc;
    plan->lane.plan = plan->of_platform;
    return RK_OK;
}

/* Shards of one fleet stand beside each other. */
static enum rk_rc set_path(const struct rk_build_options *options, struct rk_plan *plan,
                           struct rk_err *err)
{
    const char *path = options->out != NULL ? options->out : plan->manifest->release.path.v;
    char suffix[48] = "";
    int n;

    if (options->shard.count != 0 && options->out == NULL)
        (void)snprintf(suffix, sizeof suffix, "-shard-%u-of-%u", options->shard.index,
                       options->shard.count);
    n = snprintf(plan->path, sizeof plan->path, "%s%s", path, suffix);
    if (n < 0 || (size_t)n >= sizeof plan->path)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    return RK_OK;
}

static enum rk_rc make(const rk_ctx *ctx, const struct rk_build_options *options,
                       struct rk_plan *plan, struct rk_err *err)
{
    if (rk_manifest_load(ctx, options->manifest, &plan->manifest, err))
        return err->rc;
    if (set_path(options, plan, err) || rk_clock_now(ctx, &plan->lane.now, err) ||
        find_platform(ctx, plan, err) || rk_plan_version(plan, err) ||
        open_book(ctx, options, plan, err))
        return err->rc;
    plan->lane.ctx = ctx;
    if (plan->manifest->devices.at.line == 0)
        return options->shard.count == 0
                   ? RK_OK /* images alone */
                   : rk_fail(err, RK_E_USAGE,
                             "\"%s\" has no section devices: there is nothing to deal out to "
                             "shards",
                             options->manifest);
    if ((plan->lane.odm && plan_odm(ctx, plan, err)) || plan_secrets(ctx, options, plan, err) ||
        prepare_platform(ctx, plan, err))
        return err->rc;
    return plan_devices(ctx, options, plan, err) ? err->rc : rk_plan_inputs(options, plan, err);
}

enum rk_rc rk_plan_make(const rk_ctx *ctx, const struct rk_build_options *options,
                        struct rk_plan *ret, struct rk_err *err)
{
    /* In place, since the lane points into the plan. */
    *ret = (struct rk_plan) { .manifest = NULL };
    if (make(ctx, options, ret, err) || open_release_key(ctx, ret, err)) {
        rk_plan_done(ret);
        *ret = (struct rk_plan) { .manifest = NULL };
        return err->rc;
    }
    return RK_OK;
}
