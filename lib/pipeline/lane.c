/* SPDX-License-Identifier: Apache-2.0 */
/* The device lane: identity, EKs, certificates, key blob or container, fuse data. */
#include "rotkit/lane.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/devicedb.h"
#include "rotkit/fuse.h"
#include "rotkit/json.h"
#include "rotkit/x509.h"

#include <ctype.h>
#include <stdio.h>
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

void rk_lane_device_done(struct rk_lane_device *device)
{
    rk_secret_done(&device->kdk0);
    rk_secret_done(&device->eps_seed);
    rk_nvftpm_done(&device->handed);
}

void rk_lane_keys_done(struct rk_lane_keys *keys)
{
    rk_identity_done(&keys->identity);
    for (size_t i = 0; i < RK_LANE_TEMPLATES_MAX; i++)
        rk_ek_done(&keys->ek[i]);
}

static void ekb_done(struct rk_ekb *ekb)
{
    rk_ekb_done(ekb);
}

/* "ek-cert-l-1" for template L-1. */
static void certificate_role(const struct rk_ek_template *tpl, char *ret, size_t size)
{
    (void)snprintf(ret, size, "ek-cert-%s", rk_ek_template_name(tpl));
    for (char *c = ret; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
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
                              const char *role, const struct rk_device_sn *sn,
                              const struct rk_bytes *tbs, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes old = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes old_tbs = RK_BYTES_NONE;
    struct rk_err damage; /* a damaged previous release is no reason to stop */

    if (previous == NULL)
        return RK_OK;
    if (previous->certificate(previous->arg, role, sn, &old, err))
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
static enum rk_rc certify(const struct rk_lane *lane, const struct rk_device_sn *sn,
                          const struct rk_ek_template *tpl, const struct rk_bytes *spki,
                          const struct rk_lane_previous *previous, struct rk_wants *wants,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    rk_signer *key = rk_ca_key(lane->ca);
    enum rk_scheme scheme = rk_signer_default_scheme(key);
    char role[32];

    certificate_role(tpl, role, sizeof role);
    if (rk_ekcert_to_sign(lane->ctx, lane->ca, &lane->certificate, sn->b, RK_DEVICE_SN_LEN, spki,
                          &tbs, err) ||
        rk_sigbook_find(lane->book, key, scheme, &tbs, &signature, err))
        return err->rc;
    if (signature.p == NULL) {
        if (previous_of(lane, previous, role, sn, &tbs, ret, err))
            return err->rc;
        if (ret->p != NULL)
            return RK_OK;
        if (rk_sigbook_sign(lane->book, key, scheme, role, &tbs, wants, &signature, err))
            return rk_wrap(err, "cannot sign a certificate");
    }
    return signature.p == NULL ? RK_OK : rk_ekcert_attach(lane->ca, &tbs, &signature, ret, err);
}

static enum rk_rc certify_ek(const struct rk_lane *lane, const struct rk_lane_device *device,
                             const struct rk_lane_previous *previous, size_t i,
                             struct rk_wants *wants, struct made *made, struct rk_err *err)
{
    const struct rk_ek_template *tpl = lane->templates[i];
    const struct rk_ek *ek = &made->keys->ek[i];
    struct rk_bytes *cert = &made->cert[i];

    if (certify(lane, &device->sn, tpl, &ek->spki, previous, wants, cert, err) ||
        (cert->p != NULL && check_certificate(lane, ek, cert, err)))
        return rk_wrap(err, "EK %s", rk_ek_template_name(tpl));
    return RK_OK;
}

static const struct rk_bytes *certificate_of(const struct rk_lane *lane, const struct made *made,
                                             const char *template_name)
{
    for (size_t i = 0; i < lane->template_count; i++) {
        if (strcmp(rk_ek_template_name(lane->templates[i]), template_name) == 0)
            return &made->cert[i];
    }
    return NULL;
}

static enum rk_rc make_handover(const struct rk_lane *lane, const struct rk_lane_device *device,
                                const struct made *made, struct rk_bytes *ret, struct rk_err *err)
{
    /* Borrowed views; the container does not outlive them. */
    struct rk_nvftpm container = {
        .minor = lane->handover_minor,
        .sn = device->sn,
        .eps_seed = device->eps_seed,
        .ek_cert_rsa = *certificate_of(lane, made, "L-1"),
        .ek_cert_ecc = *certificate_of(lane, made, "L-2"),
    };
    struct rk_nvftpm again = { .minor = 0 };

    if (rk_nvftpm_write(&container, ret, err) || rk_nvftpm_read(ret->p, ret->len, &again, err))
        return rk_wrap(err, "NVFTPM container");
    bool same = memcmp(again.sn.b, device->sn.b, RK_DEVICE_SN_LEN) == 0 &&
                rk_secret_equal(&again.eps_seed, &device->eps_seed);
    rk_nvftpm_done(&again);
    return same ? RK_OK : rk_fail(err, RK_E_INTERNAL, "the NVFTPM container does not read back");
}

static enum rk_rc add_key(struct rk_ekb *ekb, uint32_t tag, const struct rk_secret *key,
                          struct rk_err *err)
{
    return key == NULL ? RK_OK : rk_ekb_add(ekb, tag, key->p, key->len, err);
}

/* Tags in the order of NVIDIA's tool: jetson-ftpm-ekb.md 2.2. */
static enum rk_rc fill_blob(const struct rk_lane *lane, const struct rk_device_sn *sn,
                            const struct rk_secret *eps_seed, const struct rk_bytes *rsa,
                            const struct rk_bytes *ecc, struct rk_ekb *ekb, struct rk_err *err)
{
    ekb->version = lane->blob_version;
    if (lane->fv != NULL)
        memcpy(ekb->fv, lane->fv, sizeof ekb->fv);
    if (add_key(ekb, RK_EKB_TAG_PAYLOAD_KEY, lane->payload_key, err) ||
        add_key(ekb, RK_EKB_TAG_DISK_KEY, lane->disk_key, err) ||
        add_key(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, lane->auth_key, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_FTPM_SN, sn->b, RK_DEVICE_SN_LEN, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_EPS_SEED, eps_seed->p, eps_seed->len, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_EK_CERT_RSA, rsa->p, rsa->len, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_EK_CERT_ECC, ecc->p, ecc->len, err) ||
        rk_ekb_check(ekb, rk_platform_root_key_len(lane->platform), err))
        return err->rc;
    return rk_ekb_derive_nonces(lane->root_key, ekb, err);
}

static enum rk_rc check_blob(const struct rk_lane *lane, const struct rk_ekb *ekb,
                             const struct rk_bytes *image, struct rk_err *err)
{
    RK_AUTO(ekb_done) struct rk_ekb again = { .item_count = 0 };

    if (rk_ekb_read(lane->root_key, lane->fv, image->p, image->len, &again, err))
        return err->rc;
    bool same = again.item_count == ekb->item_count;
    for (size_t i = 0; same && i < ekb->item_count; i++)
        same = again.items[i].tag == ekb->items[i].tag &&
               rk_secret_equal(&again.items[i].value, &ekb->items[i].value);
    return same ? RK_OK : rk_fail(err, RK_E_INTERNAL, "the key blob does not read back");
}

static enum rk_rc make_blob(const struct rk_lane *lane, const struct rk_device_sn *sn,
                            const struct rk_secret *eps_seed, const struct rk_bytes *rsa,
                            const struct rk_bytes *ecc, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(ekb_done) struct rk_ekb ekb = { .item_count = 0 };

    if (fill_blob(lane, sn, eps_seed, rsa, ecc, &ekb, err) ||
        rk_ekb_write(lane->root_key, &ekb, ret, err) || check_blob(lane, &ekb, ret, err))
        return rk_wrap(err, "key blob");
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
static enum rk_rc describe_device(const struct rk_lane *lane, const struct rk_device_sn *sn,
                                  const struct made *made, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc);
    char text[21];

    rk_device_sn_text(sn, text);
    rk_json_put_str(root, "device_sn", text);
    rk_json_put_str(root, "platform", rk_platform_name(lane->platform));
    if (lane->odm) {
        struct rk_jv eks;

        rk_json_put_hex(root, "silicon_id_public", made->keys->identity.silicon_id_public,
                        sizeof made->keys->identity.silicon_id_public);
        eks = rk_json_put_array(root, "ek");
        for (size_t i = 0; i < lane->template_count; i++) {
            if (describe_ek(&made->keys->ek[i], eks, err))
                return err->rc;
        }
    }
    return rk_json_text(doc, true, ret, err);
}

static enum rk_rc make_fuses(const struct rk_lane_device *device, struct rk_artifacts *out,
                             struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret xml = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret public_xml = RK_SECRET_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes public_bytes = RK_BYTES_NONE;
    struct rk_fuse_plan plan = { .sn = &device->sn };

    if (rk_fuse_xml(&plan, &public_xml, err) ||
        rk_bytes_copy(public_xml.p, public_xml.len, &public_bytes, err) ||
        rk_artifacts_take(out, "fuse-public", &public_bytes, err))
        return err->rc;
    plan.kdk0 = &device->kdk0;
    if (rk_fuse_xml(&plan, &xml, err))
        return err->rc;
    return rk_artifacts_take_secret(out, "fuse", &xml, err);
}

static enum rk_rc take_certificates(const struct rk_lane *lane, struct made *made,
                                    struct rk_err *err)
{
    char role[32];

    for (size_t i = 0; i < lane->template_count; i++) {
        certificate_role(lane->templates[i], role, sizeof role);
        if (rk_artifacts_take(&made->out, role, &made->cert[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* The ODM's half: from KDK0 to certificates, and the container unless the OEM is in the same house.
 */
static enum rk_rc run_odm(const struct rk_lane *lane, const struct rk_lane_device *device,
                          const struct rk_lane_previous *previous, struct rk_wants *wants,
                          struct made *made, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes container = RK_BYTES_NONE;

    for (size_t i = 0; i < lane->template_count; i++) {
        if (certify_ek(lane, device, previous, i, wants, made, err))
            return err->rc;
    }
    if (wants->count != 0)
        return RK_OK; /* no blob or container without its certificates */
    if (lane->fuses && make_fuses(device, &made->out, err))
        return rk_wrap(err, "fuse data");
    if (lane->oem)
        return RK_OK;
    if (make_handover(lane, device, made, &container, err))
        return err->rc;
    return rk_artifacts_take(&made->out, "nvftpm", &container, err);
}

/* The OEM's half: the key blob. */
static enum rk_rc run_oem(const struct rk_lane *lane, const struct rk_lane_device *device,
                          struct made *made, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    const struct rk_bytes *rsa = &device->handed.ek_cert_rsa, *ecc = &device->handed.ek_cert_ecc;
    const struct rk_secret *seed = &device->handed.eps_seed;

    if (lane->odm) {
        rsa = certificate_of(lane, made, "L-1");
        ecc = certificate_of(lane, made, "L-2");
        seed = &device->eps_seed;
    }
    if (make_blob(lane, &device->sn, seed, rsa, ecc, &image, err))
        return err->rc;
    return rk_artifacts_take(&made->out, "key-blob", &image, err);
}

static enum rk_rc finish(const struct rk_lane *lane, const struct rk_lane_device *device,
                         struct made *made, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes description = RK_BYTES_NONE;

    if ((lane->oem && run_oem(lane, device, made, err)) ||
        describe_device(lane, &device->sn, made, &description, err) ||
        rk_artifacts_take(&made->out, "device", &description, err))
        return err->rc;
    return lane->odm ? take_certificates(lane, made, err) : RK_OK;
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

static void items_free(struct rk_ek_item **items)
{
    rk_free(*items);
}

enum rk_rc rk_lane_derive(const struct rk_lane *lane, const struct rk_lane_device *devices,
                          size_t count, struct rk_lane_keys *ret, struct rk_err *err)
{
    RK_AUTO(items_free) struct rk_ek_item *items = rk_alloc(count, sizeof *items);

    if (items == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count && lane->odm; i++) {
        ret[i].err.rc = RK_OK;
        (void)!rk_identity_derive(lane->ctx, lane->platform, &devices[i].sn, &devices[i].kdk0,
                                  &devices[i].eps_seed, &ret[i].identity, &ret[i].err);
    }
    for (size_t i = 0; i < lane->template_count && lane->odm; i++) {
        if (derive_eks(lane, i, items, count, ret, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_lane_run(const struct rk_lane *lane, const struct rk_lane_device *device,
                       const struct rk_lane_keys *keys, const struct rk_lane_previous *previous,
                       struct rk_wants *wants, struct rk_artifacts *ret, struct rk_err *err)
{
    RK_AUTO(made_done) struct made made = { .keys = keys };
    RK_AUTO(rk_wants_done) struct rk_wants wanted = { .item = NULL };
    char text[21];

    rk_device_sn_text(&device->sn, text);
    if (keys->err.rc != RK_OK) {
        *err = keys->err;
        return rk_wrap(err, "device %s", text);
    }
    if (lane->odm && run_odm(lane, device, previous, &wanted, &made, err))
        return rk_wrap(err, "device %s", text);
    if (wanted.count != 0) {
        rk_wants_prefix(&wanted, 0, text);
        *wants = wanted;
        wanted = (struct rk_wants) { .item = NULL };
        return RK_OK;
    }
    if (finish(lane, device, &made, err))
        return rk_wrap(err, "device %s", text);
    *ret = made.out;
    made.out.count = 0;
    return RK_OK;
}
