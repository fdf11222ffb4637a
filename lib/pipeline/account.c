/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/account.h"

#include "pipeline/plan_values.h"
#include "base/digest.h"
#include "base/folder.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/key.h"
#include "rotkit/policy.h"
#include "rotkit/publish.h"
#include "rotkit/release.h"
#include "rotkit/template.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LICENCE_MAX = 1 << 16, BATCH = 500, INPUTS_MAX = 1 << 20 };
#define CHECKPOINT "checkpoint.json"

void rk_account_done(struct rk_account *account)
{
    rk_ledger_close(account->ledger);
    rk_signer_free(account->key);
    rk_signer_free(account->issuer);
    *account = (struct rk_account) { .ledger = NULL };
}

/*
 * Whose reservations these are: this manifest's, for this release. The next run of the same build
 * has the same id and takes up what a dead one left.
 */
static enum rk_rc build_id(const struct rk_plan *plan, uint8_t ret[32], struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(4 * RK_PATH_MAX);
    char folder[RK_PATH_MAX] = "";

    if (plan->path[0] != '/' && getcwd(folder, sizeof folder) == NULL)
        return rk_fail_errno(err, RK_E_IO, "cannot tell the working folder");
    rk_wr_str(&wr, "rotkit build\n");
    rk_wr_bytes(&wr, plan->manifest->sha256, sizeof plan->manifest->sha256);
    rk_wr_printf(&wr, "%s/%s", folder, plan->path);
    if (wr.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (wr.failed != RK_OK)
        return rk_fail(err, wr.failed, "the path of the release is too long");
    return rk_sha256(wr.buf, wr.len, ret, err);
}

/* ---- opening ---- */

/*
 * A release that was counted and has no checkpoint: whoever takes both it and the ledger away has a
 * licence that is whole again.
 */
static enum rk_rc check_not_taken_out(const struct rk_account *account, const struct rk_plan *plan,
                                      struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE, checkpoint = RK_BYTES_NONE;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (account->anchor != NULL || !rk_tree_exists(plan->path))
        return RK_OK;
    if (rk_release_file_find(plan->path, "ledger/" CHECKPOINT, RK_CHECKPOINT_FILE_MAX, &checkpoint,
                             err))
        return err->rc;
    if (checkpoint.p != NULL)
        return RK_OK;
    if (rk_release_file_find(plan->path, "release.json", RK_RELEASE_JSON_MAX, &text, err))
        return err->rc;
    if (text.p == NULL || rk_json_parse(text.p, text.len, &doc, err) != RK_OK)
        return RK_OK; /* none, or none that is whole: the writer says so */
    if (rk_json_get(rk_json_root(doc), "checkpoint_key").v == NULL)
        return RK_OK;
    return rk_fail(err, RK_E_LEDGER,
                   "release \"%s\" was counted, and its ledger/" CHECKPOINT
                   " is gone: put it back, or name an anchor (--anchor)",
                   plan->path);
}

static enum rk_rc compare_with_anchors(const rk_ctx *ctx, const struct rk_account *account,
                                       const struct rk_plan *plan, struct rk_err *err)
{
    char folder[RK_PATH_MAX];

    if (rk_path_join(plan->path, "ledger", folder, sizeof folder, err) ||
        rk_anchor_compare(ctx, account->ledger, account->key, folder, err) ||
        check_not_taken_out(account, plan, err))
        return err->rc;
    return account->anchor == NULL
               ? RK_OK
               : rk_anchor_compare(ctx, account->ledger, account->key, account->anchor, err);
}

static enum rk_rc read_licence(const rk_ctx *ctx, const struct rk_plan *plan,
                               struct rk_account *account, struct rk_licence *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    const struct rk_manifest *m = plan->manifest;

    if (rk_signer_open_public(ctx, m->licence.issuer.v, &account->issuer, err))
        return rk_plan_at(plan, m->licence.issuer.at, "licence.issuer", err);
    if (rk_file_read(m->licence.file.v, LICENCE_MAX, &file, err) ||
        rk_licence_read(ctx, file.p, file.len, account->issuer, ret, err)) {
        if (err->rc == RK_E_VERIFY)
            err->rc = RK_E_LEDGER;
        return rk_plan_at(plan, m->licence.file.at, "licence.file", err);
    }
    return RK_OK;
}

/* Device SNs on their way to be surveyed. */
struct survey {
    rk_ledger *ledger;
    struct rk_unit_id sn[BATCH];
    size_t count;
    uint64_t fresh;
};

static enum rk_rc survey_batch(struct survey *s, struct rk_err *err)
{
    uint64_t fresh;

    if (rk_ledger_survey(s->ledger, s->sn, s->count, &fresh, err))
        return err->rc;
    s->fresh += fresh;
    s->count = 0;
    return RK_OK;
}

static enum rk_rc survey_one(struct survey *s, const struct rk_unit_id *sn, struct rk_err *err)
{
    s->sn[s->count++] = *sn;
    return s->count == BATCH ? survey_batch(s, err) : RK_OK;
}

/* A range needs no key to be counted out. */
static enum rk_rc survey_range(const struct rk_plan *plan, struct survey *s, struct rk_err *err)
{
    for (uint64_t i = 0; i < plan->from.count; i++) {
        struct rk_unit_id sn;

        rk_unit_id_make(plan->from.oem_id, plan->from.first_sn + i, &sn);
        if (rk_shard_has(&plan->from.shard, &sn) && survey_one(s, &sn, err))
            return err->rc;
    }
    return survey_batch(s, err);
}

static enum rk_rc survey_rows(const struct rk_plan *plan, struct survey *s, struct rk_err *err)
{
    RK_AUTO(rk_devices_done) rk_devices *devices = NULL;

    if (rk_devices_open(&plan->from, &devices, err))
        return err->rc;
    for (bool more = true; more;) {
        RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = { { 0 } } };

        if (rk_devices_next(devices, &unit, &more, err) || (more && survey_one(s, &unit.sn, err)))
            return err->rc;
    }
    return survey_batch(s, err);
}

/* Everything the licence does not cover is told before the first device is made. */
static enum rk_rc check_coverage(const struct rk_plan *plan, rk_ledger *ledger, struct rk_err *err)
{
    struct survey s = { .ledger = ledger };

    if (plan->device_count == 0)
        return RK_OK;
    if (plan->from.master != NULL ? survey_range(plan, &s, err) : survey_rows(plan, &s, err))
        return err->rc;
    return rk_ledger_afford(ledger, s.fresh, err);
}

static enum rk_rc check_account(const rk_ctx *ctx, const struct rk_plan *plan,
                                struct rk_account *account, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_licence licence;

    rk_ledger_use_key(account->ledger, account->key);
    if (compare_with_anchors(ctx, account, plan, err))
        return err->rc;
    if (m->licence.file.v != NULL &&
        (read_licence(ctx, plan, account, &licence, err) ||
         rk_ledger_use_licence(account->ledger, &licence, m->product.v, err)))
        return err->rc;
    return check_coverage(plan, account->ledger, err);
}

enum rk_rc rk_account_open(const rk_ctx *ctx, const struct rk_plan *plan,
                           const struct rk_build_options *options, struct rk_account *ret,
                           struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    const struct rk_pin pin = RK_PIN_INIT(m->licence.passphrase.v);
    uint8_t id[32];

    if (m->licence.at.line == 0) {
        if (options->anchor != NULL)
            return rk_fail(err, RK_E_USAGE,
                           "an anchor is of a ledger, and the manifest has no "
                           "section licence");
        return rk_ledger_open_none(&ret->ledger, err);
    }
    ret->anchor = options->anchor != NULL ? options->anchor : m->licence.anchor.v;
    if (rk_signer_open(ctx, m->licence.checkpoint_key.v, &pin, &ret->key, err))
        return rk_plan_at(plan, m->licence.checkpoint_key.at, "licence.checkpoint-key", err);
    if (rk_policy_check_key(ctx, rk_signer_pkey(ret->key), RK_E_KEY, err))
        return rk_plan_at(plan, m->licence.checkpoint_key.at, "licence.checkpoint-key", err);
    if (!rk_signer_can_sign(ret->key))
        return rk_manifest_fail(m, m->licence.checkpoint_key.at, err, RK_E_KEY,
                                "licence.checkpoint-key: a public key cannot sign");
    if (build_id(plan, id, err))
        return err->rc;
    if (options->dry_run && strncmp(m->licence.ledger.v, "postgresql:", 11) != 0 &&
        !rk_tree_exists(m->licence.ledger.v)) {
        rk_warn(ctx, "there is no ledger \"%s\" yet: the licence is not looked at",
                m->licence.ledger.v);
        rk_account_done(ret);
        return rk_ledger_open_none(&ret->ledger, err);
    }
    if (rk_ledger_open(ctx, m->licence.ledger.v,
                       options->dry_run ? RK_LEDGER_READ : RK_LEDGER_CREATE, id, &ret->ledger,
                       err) ||
        check_account(ctx, plan, ret, err))
        return err->rc;
    if (!options->dry_run)
        return RK_OK;
    rk_account_done(ret);
    return rk_ledger_open_none(&ret->ledger, err);
}

/* ---- units ---- */

static void put_texts(struct rk_wr *wr, const char *const *text, size_t count)
{
    rk_wr_be(wr, count, 4);
    for (size_t i = 0; i < count; i++)
        rk_wr_text_part(wr, text[i]);
}

static void put_odm(struct rk_wr *wr, const struct rk_lane *lane)
{
    const struct rk_ekcert_profile *c = &lane->certificate;
    const struct rk_bytes *ca = rk_signer_spki(rk_ca_key(lane->ca));

    rk_wr_text_part(wr, rk_ek_profile_name(lane->profile));
    for (size_t i = 0; i < lane->template_count; i++)
        rk_wr_text_part(wr, rk_ek_template_name(lane->templates[i]));
    rk_wr_part(wr, ca->p, ca->len);
    rk_wr_text_part(wr, c->manufacturer);
    rk_wr_text_part(wr, c->model);
    rk_wr_text_part(wr, c->version);
    rk_wr_text_part(wr, c->spec_family);
    rk_wr_be(wr, c->spec_level, 4);
    rk_wr_be(wr, c->spec_revision, 4);
    rk_wr_be(wr, (uint64_t)c->not_before, 8);
    rk_wr_be(wr, (uint64_t)c->not_after, 8);
    put_texts(wr, c->aia_urls, c->aia_count);
    put_texts(wr, c->crl_urls, c->crl_count);
    put_texts(wr, c->policy_oids, c->policy_count);
    rk_wr_text_part(wr, c->subject_cn);
}

enum rk_rc rk_account_unit(const struct rk_plan *plan, const struct rk_unit *unit,
                           struct rk_ledger_unit *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(INPUTS_MAX);
    const struct rk_lane *lane = &plan->lane;
    struct rk_ledger_unit made = { .sn = unit->sn };

    rk_wr_text_part(&wr, "rotkit unit inputs 1");
    rk_wr_text_part(&wr, rk_platform_name(lane->platform));
    rk_wr_be(&wr, (lane->odm ? 1u : 0u) | (lane->oem ? 2u : 0u), 4);
    rk_wr_part(&wr, unit->sn.b, sizeof unit->sn.b);
    for (size_t i = 0; i < RK_UNIT_SECRETS_MAX; i++)
        rk_wr_part(&wr, unit->secret[i].p, unit->secret[i].len);
    for (size_t i = 0; i < RK_UNIT_CERTS_MAX; i++)
        rk_wr_part(&wr, unit->cert[i].p, unit->cert[i].len);
    if (lane->odm)
        put_odm(&wr, lane);
    if (lane->oem && lane->platform->put_inputs != NULL)
        lane->platform->put_inputs(lane->plan, &wr);
    if (wr.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (wr.failed != RK_OK)
        return rk_fail(err, wr.failed, "the inputs of a unit are too large");
    if (rk_sha256(wr.buf, wr.len, made.inputs, err))
        return err->rc;
    *ret = made;
    return RK_OK;
}

/* Under the EK's template, the SHA-256 of its SubjectPublicKeyInfo. */
static enum rk_rc add_ek(struct rk_ledger_unit *unit, const char *template_name,
                         const struct rk_ekcert_ids *ids, struct rk_err *err)
{
    uint8_t digest[32];
    char kind[32], hex[65];

    if (rk_sha256(ids->spki, ids->spki_len, digest, err))
        return err->rc;
    (void)snprintf(kind, sizeof kind, "ek:%s", template_name);
    rk_hex_write(digest, sizeof digest, hex);
    return rk_ledger_unit_add(unit, kind, hex, err);
}

/* "cert:<SHA-256 of the issuer's name, 32 digits>": the serial number. */
static enum rk_rc add_serial(struct rk_ledger_unit *unit, const struct rk_ekcert_ids *ids,
                             struct rk_err *err)
{
    uint8_t digest[32];
    const uint8_t *serial = ids->serial;
    size_t len = ids->serial_len;
    char kind[64] = "cert:", value[129];

    if (len > 1 && serial[0] == 0) { /* the sign: INTEGER's, not the number's */
        serial++;
        len--;
    }
    if (len > 64)
        return rk_fail(err, RK_E_FORMAT, "a serial number of %s", RK_COUNTED(len, "byte"));
    if (rk_sha256(ids->issuer, ids->issuer_len, digest, err))
        return err->rc;
    rk_hex_write(digest, 16, kind + 5);
    rk_hex_write(serial, len, value);
    return rk_ledger_unit_add(unit, kind, value, err);
}

static enum rk_rc add_certificate(struct rk_ledger_unit *unit, const char *template_name,
                                  const struct rk_bytes *der, struct rk_err *err)
{
    struct rk_ekcert_ids ids;

    if (rk_ekcert_ids(der->p, der->len, &ids, err) || add_ek(unit, template_name, &ids, err))
        return err->rc;
    return add_serial(unit, &ids, err);
}

/* The name of a certificate's EK in the ledger: its role's. */
static enum rk_rc add_of_template(struct rk_ledger_unit *to, const struct rk_ek_template *tpl,
                                  const struct rk_bytes *der, struct rk_err *err)
{
    return add_certificate(to, tpl->role + strlen("ek-cert-"), der, err);
}

enum rk_rc rk_account_made(const struct rk_unit *unit, const struct rk_artifacts *made,
                           struct rk_ledger_unit *ret, struct rk_err *err)
{
    if (rk_artifacts_digest(made, ret->digest, err))
        return err->rc;
    for (size_t i = 0; i < made->count; i++) {
        const struct rk_ek_template *tpl = rk_role_template(made->item[i].role.role);

        if (tpl != NULL && add_of_template(ret, tpl, &made->item[i].bytes, err))
            return err->rc;
    }
    for (size_t i = 0; i < RK_UNIT_CERTS_MAX; i++) {
        if (unit->cert[i].p != NULL &&
            add_of_template(ret, rk_ek_template_in_blob(i), &unit->cert[i], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_account_seal(const struct rk_account *account, rk_release *release,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (account->key == NULL)
        return RK_OK;
    if (rk_ledger_checkpoint(account->ledger, account->key, &file, err) ||
        rk_release_add_checkpoint(release, &file, err))
        return err->rc;
    return account->anchor == NULL ? RK_OK : rk_anchor_write(account->anchor, &file, err);
}
