/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a device's folder is of this device, and its certificates are for its EKs. */
#include "release/release.h"

#include "base/mem.h"
#include "release/values.h"
#include "rotkit/ek.h"
#include "rotkit/ekcert.h"
#include "rotkit/hex.h"
#include "rotkit/x509.h"

#include <string.h>
#include <strings.h>

void rk_certifying_done(struct rk_certifying *c)
{
    rk_json_free(c->device);
    c->device = NULL;
}

/* The public area that device.json states, which TPMs and services know the EK by, has this key. */
static enum rk_rc check_public_area(const struct rk_certifying *c, struct rk_jv ek,
                                    const struct rk_bytes *spki, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes public = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes stated = RK_BYTES_NONE;
    const char *hex = rk_json_str(rk_json_get(ek, "public_tpm2b"));
    size_t len = hex == NULL ? 0 : strlen(hex);

    if (rk_bytes_new(len / 2, &public, err) ||
        (hex != NULL && rk_hex_read(hex, len, public.p, public.len, err)))
        return rk_wrap(err, "public_tpm2b");
    if (rk_ek_public_spki(c->ctx, &public, &stated, err) == RK_E_NOMEM)
        return err->rc;
    return rk_bytes_equal(&stated, spki)
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY,
                         "the certificate is for another key than public_tpm2b in device.json");
}

/* The certificate is for the key that device.json states of this template. */
static enum rk_rc check_certified_key(const struct rk_certifying *c, const char *template_name,
                                      const struct rk_bytes *bytes, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    struct rk_jv eks = rk_json_get(rk_json_root(c->device), "ek");

    if (rk_ekcert_spki(bytes->p, bytes->len, &spki, err))
        return err->rc;
    for (size_t i = 0; i < rk_json_count(eks); i++) {
        struct rk_jv ek = rk_json_at(eks, i);
        const char *name = rk_json_str(rk_json_get(ek, "template"));

        if (name == NULL || strcasecmp(name, template_name) != 0)
            continue;
        return rk_named_check_digest(&spki, "public key of the certificate",
                                     rk_json_str(rk_json_get(ek, "spki_sha256")), err)
                   ? err->rc
                   : check_public_area(c, ek, &spki, err);
    }
    return rk_fail(err, RK_E_VERIFY,
                   "device.json states no EK \"%s\", which the certificate is for", template_name);
}

static enum rk_rc read_device(struct rk_certifying *c, const struct rk_bytes *bytes,
                              struct rk_err *err)
{
    char text[32];

    rk_certifying_done(c);
    if (rk_json_parse(bytes->p, bytes->len, &c->device, err) ||
        rk_json_want_text(rk_json_root(c->device), "device_sn", text, sizeof text, err))
        return err->rc;
    return rk_unit_id_parse(text, &c->sn, err) ? rk_wrap(err, "device_sn") : RK_OK;
}

/* The file stands where the device at hand keeps files of this role. */
static enum rk_rc check_place(const struct rk_certifying *c, const struct rk_role_row *row,
                              const struct rk_named *named, struct rk_err *err)
{
    const char *name = strrchr(named->path, '/');
    struct rk_role_row there = *row;
    char path[RK_PATH_MAX], text[21];

    if (c->device == NULL)
        return rk_fail(err, RK_E_VERIFY, "no device.json stands beside it");
    if (name != NULL && rk_role_takes_name(row, name + 1))
        there.file = name + 1;
    if (rk_artifact_path(&there, &c->sn, false, path, sizeof path, err))
        return err->rc;
    if (strcmp(path, named->path) == 0)
        return RK_OK;
    rk_unit_id_text(&c->sn, text);
    return rk_fail(err, RK_E_VERIFY, "role \"%s\" of device %s does not stand here", row->role,
                   text);
}

/* By whom the caller trusts, with their revocation lists, by way of the release's own CAs. */
static enum rk_rc check_asked(struct rk_certifying *c, const struct rk_named *named,
                              const struct rk_bytes *bytes, struct rk_err *err)
{
    const struct rk_trust_question question = { .use = RK_CERT_EK, .when = c->now };
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    enum rk_rc rc;

    if (c->asked == NULL)
        return RK_OK;
    if (rk_x509_parse(bytes->p, bytes->len, &cert, err))
        return err->rc;
    rc = rk_trust_check(c->asked, cert, c->helpers, &question, NULL, err);
    if (rc != RK_E_UNKNOWN)
        return rc;
    if (c->unknown[0] == '\0')
        (void)snprintf(c->unknown, sizeof c->unknown, "\"%.80s\": %.230s", named->path, err->msg);
    return RK_OK; /* what is behind it may still fail */
}

enum rk_rc rk_certified_check(struct rk_certifying *c, const struct rk_role_row *row,
                              const struct rk_named *named, const struct rk_bytes *bytes,
                              struct rk_err *err)
{
    const struct rk_ek_template *tpl = rk_role_template(row->role);
    bool device = strcmp(row->role, rk_role_device.role) == 0;

    if (row->place != RK_PLACE_DEVICE)
        return RK_OK;
    if ((device && read_device(c, bytes, err)) || check_place(c, row, named, err))
        return err->rc;
    if (tpl == NULL)
        return RK_OK;
    if (check_certified_key(c, rk_ek_template_name(tpl), bytes, err))
        return err->rc;
    if (c->trust == NULL)
        return rk_fail(err, RK_E_VERIFY, "no ca/chain.pem to hold it against");
    c->certificates++;
    return rk_ekcert_verify(c->trust, bytes->p, bytes->len, c->now, err) ||
                   check_asked(c, named, bytes, err)
               ? err->rc
               : RK_OK;
}
