/* SPDX-License-Identifier: Apache-2.0 */
/* The device lane: identity, EKs, certificates, then what the platform makes of them. */
#include "rotkit/lane.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/json.h"
#include "rotkit/template.h"
#include "rotkit/x509.h"

#include <string.h>

struct made { /* what one run has made so far */
    const struct rk_lane_keys *keys;
    struct rk_bytes cert[RK_LANE_TEMPLATES_MAX];
    struct rk_artifacts out;
};

static void made_done(struct made *made)
{
    for (size_t i = 0; i < RK_LANE_TEMPLATES_MAX; i++)
        rk_bytes_done(&made->cert[i]);
    rk_artifacts_done(&made->out);
}

void rk_lane_keys_done(struct rk_lane_keys *keys)
{
    rk_identity_done(&keys->identity);
    for (size_t i = 0; i < RK_LANE_TEMPLATES_MAX; i++)
        rk_ek_done(&keys->ek[i]);
}

static enum rk_rc tbs_of(const struct rk_bytes *cert, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *x509 = NULL;
    unsigned char *der = NULL;

    return rk_x509_parse(cert->p, cert->len, &x509, err) ||
                   rk_der_keep(i2d_re_X509_tbs(x509, &der), &der, "a certificate", ret, err)
               ? err->rc
               : RK_OK;
}

/* The certificate of the previous release when only its signature could differ; else empty. */
static enum rk_rc previous_of(const struct rk_lane *lane, const struct rk_lane_previous *previous,
                              const struct rk_ek_template *tpl, const struct rk_unit_id *sn,
                              const struct rk_bytes *tbs, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes old = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes old_tbs = RK_BYTES_NONE;
    struct rk_err damage; /* a damaged previous release is no reason to stop */

    if (previous == NULL)
        return RK_OK;
    const struct rk_role_row role = rk_role_of_template(tpl);
    if (previous->artifact(previous->arg, &role, sn, &old, err))
        return err->rc;
    if (old.p == NULL || tbs_of(&old, &old_tbs, &damage) != RK_OK || old_tbs.len != tbs->len ||
        memcmp(old_tbs.p, tbs->p, tbs->len) != 0 ||
        rk_ekcert_verify(lane->trust, old.p, old.len, lane->now, &damage) != RK_OK)
        return RK_OK;
    *ret = rk_bytes_take(&old);
    return RK_OK;
}

/* Reads the certificate back as a verifier would: its key is the computed EK, its issuer our CA. */
static enum rk_rc check_certificate(const struct rk_lane *lane, const struct rk_ek *ek,
                                    const struct rk_bytes *cert, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;

    if (rk_ekcert_spki(cert->p, cert->len, &spki, err))
        return err->rc;
    if (spki.len != ek->spki.len || memcmp(spki.p, ek->spki.p, spki.len) != 0)
        return rk_fail(err, RK_E_VERIFY, "the certificate is not for the computed EK");
    return rk_ekcert_verify(lane->trust, cert->p, cert->len, lane->now, err);
}

/* By the book, from the previous release, or by the key; *ret stays empty when it is wanted. */
static enum rk_rc certify(const struct rk_lane *lane, const struct rk_unit_id *sn,
                          const struct rk_ek_template *tpl, const struct rk_bytes *spki,
                          const struct rk_lane_previous *previous, struct rk_wants *wants,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    rk_signer *key = rk_ca_key(lane->ca);
    enum rk_scheme scheme = rk_signer_default_scheme(key);
    if (rk_ekcert_to_sign(lane->ctx, lane->ca, &lane->certificate, sn->b, RK_UNIT_ID_LEN, spki,
                          &tbs, err) ||
        rk_sigbook_find(lane->book, key, scheme, &tbs, &signature, err))
        return err->rc;
    if (signature.p == NULL) {
        if (previous_of(lane, previous, tpl, sn, &tbs, ret, err))
            return err->rc;
        if (ret->p != NULL)
            return RK_OK;
        if (rk_sigbook_sign(lane->book, key, scheme, tpl->role, &tbs, wants, &signature, err))
            return rk_wrap(err, "cannot sign a certificate");
    }
    return signature.p == NULL ? RK_OK : rk_ekcert_attach(lane->ca, &tbs, &signature, ret, err);
}

static enum rk_rc certify_ek(const struct rk_lane *lane, const struct rk_unit *unit,
                             const struct rk_lane_previous *previous, size_t i,
                             struct rk_wants *wants, struct made *made, struct rk_err *err)
{
    const struct rk_ek_template *tpl = lane->templates[i];
    const struct rk_ek *ek = &made->keys->ek[i];
    struct rk_bytes *cert = &made->cert[i];

    if (certify(lane, &unit->sn, tpl, &ek->spki, previous, wants, cert, err) ||
        (cert->p != NULL && check_certificate(lane, ek, cert, err)))
        return rk_wrap(err, "EK %s", rk_ek_template_name(tpl));
    return RK_OK;
}

static enum rk_rc describe_ek(const struct rk_ek *ek, struct rk_jv eks, struct rk_err *err)
{
    struct rk_jv at = rk_json_put_object(eks, NULL);
    uint8_t digest[32];

    if (rk_sha256(ek->spki.p, ek->spki.len, digest, err))
        return err->rc;
    rk_json_put_str(at, "template", rk_ek_template_name(ek->tpl));
    rk_json_put_str(at, "profile", rk_ek_profile_name(ek->profile));
    rk_json_put_hex(at, "name", ek->name, ek->name_len);
    rk_json_put_hex(at, "public_tpm2b", ek->public_tpm2b.p, ek->public_tpm2b.len);
    rk_json_put_hex(at, "spki_sha256", digest, sizeof digest);
    return RK_OK;
}

/* device.json: the public identity. */
static enum rk_rc describe_device(const struct rk_lane *lane, const struct rk_making *making,
                                  const struct made *made, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc);
    char text[21];

    rk_unit_id_text(&making->unit->sn, text);
    rk_json_put_str(root, "device_sn", text);
    rk_json_put_str(root, "platform", rk_platform_name(lane->platform));
    if (lane->platform->describe != NULL)
        lane->platform->describe(making, root);
    if (lane->odm) {
        struct rk_jv eks = rk_json_put_array(root, "ek");

        for (size_t i = 0; i < lane->template_count; i++) {
            if (describe_ek(&made->keys->ek[i], eks, err))
                return err->rc;
        }
    }
    return rk_json_text(doc, true, ret, err);
}

static enum rk_rc add_device(const struct rk_lane *lane, const struct rk_making *making,
                             struct made *made, struct rk_err *err)
{
    RK_AUTO(rk_artifact_done) struct rk_artifact item = { .role = rk_role_device };

    if (describe_device(lane, making, made, &item.bytes, err))
        return err->rc;
    return rk_artifacts_add(&made->out, &item, err);
}

static enum rk_rc add_certificates(const struct rk_lane *lane, struct made *made,
                                   struct rk_err *err)
{
    for (size_t i = 0; i < lane->template_count; i++) {
        RK_AUTO(rk_artifact_done)
        struct rk_artifact item = { .role = rk_role_of_template(lane->templates[i]),
                                    .bytes = rk_bytes_take(&made->cert[i]) };

        if (rk_artifacts_add(&made->out, &item, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc run_maker(const struct rk_maker *maker, const struct rk_making *making,
                            struct rk_artifacts *ret, struct rk_err *err)
{
    RK_AUTO(rk_artifact_done) struct rk_artifact item = { .role = maker->role };

    if (maker->file != NULL)
        item.role.file = maker->file(making->plan);
    if (maker->make(making, &item, err) ||
        (maker->check != NULL && maker->check(making, &item, err)))
        return rk_wrap(err, "%s", maker->what);
    return rk_artifacts_add(ret, &item, err);
}

/* What the platform lists: of a unit, or what is common to all. */
static enum rk_rc run_makers(const struct rk_making *making, struct rk_artifacts *ret,
                             struct rk_err *err)
{
    const struct rk_maker *maker = making->platform->makers;
    bool common = making->unit == NULL;

    for (; maker != NULL && maker->role.role != NULL; maker++) {
        if (maker->is_common == common && maker->wants(making) &&
            run_maker(maker, making, ret, err))
            return err->rc;
    }
    return RK_OK;
}

static struct rk_making making_of(const struct rk_lane *lane)
{
    return (struct rk_making) { .ctx = lane->ctx,
                                .platform = lane->platform,
                                .plan = lane->plan,
                                .odm = lane->odm,
                                .oem = lane->oem,
                                .templates = lane->templates,
                                .template_count = lane->template_count };
}

enum rk_rc rk_lane_common(const struct rk_lane *lane, struct rk_artifacts *ret, struct rk_err *err)
{
    const struct rk_making making = making_of(lane);

    return run_makers(&making, ret, err);
}

/* Every certificate is there. */
static enum rk_rc finish(const struct rk_lane *lane, const struct rk_unit *unit,
                         const struct rk_making_signs *signs, struct made *made, struct rk_err *err)
{
    struct rk_making making = making_of(lane);

    making.unit = unit;
    making.signs = signs;
    making.identity = lane->odm ? &made->keys->identity : NULL;
    making.cert = made->cert;
    if (run_makers(&making, &made->out, err) || add_device(lane, &making, made, err))
        return err->rc;
    return lane->odm ? add_certificates(lane, made, err) : RK_OK;
}

static enum rk_rc certify_all(const struct rk_lane *lane, const struct rk_unit *unit,
                              const struct rk_lane_previous *previous, struct rk_wants *wants,
                              struct made *made, struct rk_err *err)
{
    for (size_t i = 0; i < lane->template_count; i++) {
        if (certify_ek(lane, unit, previous, i, wants, made, err))
            return err->rc;
    }
    return RK_OK;
}

/* One template's EKs of all devices that have had no fault so far. */
static enum rk_rc derive_eks(const struct rk_lane *lane, size_t which, struct rk_ek_item *items,
                             size_t count, struct rk_lane_keys *keys, struct rk_err *err)
{
    const struct rk_ek_template *tpl = lane->templates[which];
    size_t asked = 0;

    for (size_t i = 0; i < count; i++) {
        if (keys[i].err.rc == RK_OK)
            items[asked++] = (struct rk_ek_item) { .eps = &keys[i].identity.eps };
    }
    if (rk_ek_derive_batch(lane->ctx, lane->profile, tpl, items, asked, err))
        return rk_wrap(err, "EK %s", rk_ek_template_name(tpl));
    asked = 0;
    for (size_t i = 0; i < count; i++) {
        if (keys[i].err.rc != RK_OK)
            continue;
        keys[i].ek[which] = items[asked].ek;
        keys[i].err = items[asked++].err;
        if (keys[i].err.rc != RK_OK)
            (void)rk_wrap(&keys[i].err, "EK %s", rk_ek_template_name(tpl));
    }
    return RK_OK;
}

RK_CLEANUP(items_free, struct rk_ek_item, rk_free)

enum rk_rc rk_lane_derive(const struct rk_lane *lane, const struct rk_unit *units, size_t count,
                          struct rk_lane_keys *ret, struct rk_err *err)
{
    RK_AUTO(items_free) struct rk_ek_item *items = rk_alloc(count, sizeof *items);

    if (items == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count && lane->odm; i++) {
        ret[i].err.rc = RK_OK;
        (void)!rk_unit_derive(lane->ctx, lane->platform, &units[i], &ret[i].identity, &ret[i].err);
    }
    for (size_t i = 0; i < lane->template_count && lane->odm; i++) {
        if (derive_eks(lane, i, items, count, ret, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_lane_run(const struct rk_lane *lane, const struct rk_unit *unit,
                       const struct rk_lane_keys *keys, const struct rk_lane_previous *previous,
                       struct rk_wants *wants, struct rk_artifacts *ret, struct rk_err *err)
{
    RK_AUTO(made_done) struct made made = { .keys = keys };
    RK_AUTO(rk_wants_done) struct rk_wants wanted = { .item = NULL };
    const struct rk_making_signs signs = { .book = lane->book,
                                           .previous = previous == NULL ? NULL : previous->artifact,
                                           .arg = previous == NULL ? NULL : previous->arg };
    char text[21];

    rk_unit_id_text(&unit->sn, text);
    if (keys->err.rc != RK_OK) {
        *err = keys->err;
        return rk_wrap(err, "device %s", text);
    }
    if (lane->odm && certify_all(lane, unit, previous, &wanted, &made, err))
        return rk_wrap(err, "device %s", text);
    if (wanted.count != 0) { /* nothing is made without its certificates */
        rk_wants_prefix(&wanted, 0, text);
        *wants = wanted;
        wanted = (struct rk_wants) { .item = NULL };
        return RK_OK;
    }
    if (finish(lane, unit, &signs, &made, err))
        return rk_wrap(err, "device %s", text);
    *ret = made.out;
    made.out.count = 0;
    return RK_OK;
}
