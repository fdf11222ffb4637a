/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate's row in the table of formats: DER, whose parts are mapped, or PEM of one, whose
 * parts have no place of their own in the file.
 */
#include "rotkit/format_row.h"
#include "rotkit/certs.h"
#include "rotkit/x509.h"
#include "rotkit/cert_read.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>

enum { CERT_MAX = 65536, SERIAL_SHOWN = 32 };

/* With or without the mark of editors before UTF-8. */
static bool is_pem(const uint8_t *file, size_t len)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", mark[] = "\xef\xbb\xbf";
    size_t at = len > 3 && memcmp(file, mark, 3) == 0 ? 3 : 0;

    return len - at >= sizeof begin - 1 && memcmp(file + at, begin, sizeof begin - 1) == 0;
}

static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_err ignored;
    struct rk_cert cert;

    if (is_pem(file, len))
        return true;
    return len > 4 && file[0] == 0x30 && rk_cert_read(file, len, &cert, &ignored) == RK_OK;
}

static enum rk_rc add(struct rk_map *map, struct rk_region *parent, const struct rk_tlv *tlv,
                      const char *name, struct rk_region **ret, struct rk_err *err)
{
    return rk_region_add(map, parent, tlv->at, tlv->size, name, ret, err);
}

static enum rk_rc add_extensions(const struct rk_cert *cert, struct rk_map *map,
                                 struct rk_region *tbs, struct rk_err *err)
{
    struct rk_region *list, *region;

    if (cert->exts.tag == 0)
        return RK_OK;
    if (add(map, tbs, &cert->exts, "extensions", &list, err))
        return err->rc;
    for (size_t i = 0; i < cert->ext_count; i++) {
        const struct rk_cert_ext *ext = &cert->ext[i];
        const unsigned char *at = ext->oid.head;
        RK_AUTO(rk_oid_done) ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &at, (long)ext->oid.size);
        char name[64] = "extension";

        if (oid != NULL)
            (void)OBJ_obj2txt(name, sizeof name, oid, 0);
        ERR_clear_error();
        if (add(map, list, &ext->whole, name, &region, err))
            return err->rc;
        if (ext->critical.tag != 0 && ext->critical.p[0] != 0)
            (void)snprintf(region->note, sizeof region->note, "critical");
    }
    return RK_OK;
}

/* The fields of tbsCertificate in their order, then algorithm and signature. */
static enum rk_rc add_parts(const struct rk_cert *cert, const char *subject, const char *issuer,
                            struct rk_map *map, struct rk_err *err)
{
    const struct {
        const struct rk_tlv *tlv;
        const char *name;
    } fields[] = {
        { &cert->version, "version" },           { &cert->serial, "serialNumber" },
        { &cert->tbs_alg, "signature" },         { &cert->issuer, "issuer" },
        { &cert->validity, "validity" },         { &cert->subject, "subject" },
        { &cert->spki, "subjectPublicKeyInfo" },
    };
    struct rk_region *tbs, *region;

    if (add(map, map->root, &cert->tbs, "tbsCertificate", &tbs, err))
        return err->rc;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].tlv->tag == 0)
            continue;
        if (add(map, tbs, fields[i].tlv, fields[i].name, &region, err))
            return err->rc;
        if (fields[i].tlv == &cert->serial && cert->serial.len <= SERIAL_SHOWN)
            rk_hex_write(cert->serial.p, cert->serial.len, region->note);
        if (fields[i].tlv == &cert->subject || fields[i].tlv == &cert->issuer)
            (void)snprintf(region->note, sizeof region->note, "%s",
                           fields[i].tlv == &cert->subject ? subject : issuer);
    }
    if (add_extensions(cert, map, tbs, err) ||
        add(map, map->root, &cert->alg, "signatureAlgorithm", &region, err))
        return err->rc;
    return add(map, map->root, &cert->signature, "signatureValue", &region, err);
}

/* Of a file of PEM, where it is base64. */
static enum rk_rc add_text(struct rk_map *map, size_t len, const char *name, const char *text,
                           struct rk_err *err)
{
    struct rk_region *region;

    if (rk_region_add(map, map->root, 0, len, name, &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "%s", text);
    return RK_OK;
}

static enum rk_rc read_one(const uint8_t *file, size_t len, struct rk_bytes *ret_der, X509 **ret,
                           struct rk_err *err)
{
    if (rk_certs_read_der(file, len, ret_der, err) ||
        rk_x509_parse(ret_der->p, ret_der->len, ret, err))
        return err->rc;
    return RK_OK;
}

static bool is_self_signed(X509 *cert)
{
    bool is = X509_self_signed(cert, 1) == 1;

    ERR_clear_error();
    return is;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    char issuer[128] = "", subject[128] = "";
    struct rk_cert parts;

    if (read_one(file, len, &der, &cert, err) || rk_cert_read(der.p, der.len, &parts, err))
        return err->rc;
    rk_x509_name(X509_get_subject_name(cert), subject, sizeof subject);
    rk_x509_name(X509_get_issuer_name(cert), issuer, sizeof issuer);
    if (is_pem(file, len)) {
        if (add_text(map, len, "subject", subject, err) ||
            add_text(map, len, "issuer", issuer, err))
            return err->rc;
    } else if (add_parts(&parts, subject, issuer, map, err)) {
        return err->rc;
    }
    (void)snprintf(map->root->note, sizeof map->root->note, "issuer %s", issuer);
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   is_self_signed(cert)
                       ? "self-signed, holds under its own key; who trusts it: --ca"
                       : "signature not checked: needs the issuer");
    return RK_OK;
}

static const struct rk_setting_row setting_rows[] = {
    { "use", "auto",
      "verify: what it must be good for: ek, ak, ca, code or any (auto: what it says)" },
    { NULL, NULL, NULL },
};
static const struct rk_format *self(void);

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    const char *use = rk_request_text(request, self(), "use");
    struct rk_trust_question asked = { .when = request->now };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (request->trust == NULL)
        return rk_map_unknown(map, 0, len, RK_NEED_CA, "who issued it", err);
    if (read_one(file, len, &der, &cert, err))
        return err->rc;
    if (strcmp(use, "auto") == 0)
        asked.use = rk_cert_guess_use(cert);
    else if (rk_cert_use_find(use, &asked.use, err))
        return rk_wrap(err, "setting \"use\"");
    if (rk_trust_check(request->trust, cert, NULL, &asked, map->remark, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "signature holds");
    (void)snprintf(map->signer, sizeof map->signer, "the CA given");
    return RK_OK;
}

const struct rk_format rk_format_x509 = {
    .name = "x509",
    .title = "X.509 certificate",
    .max = CERT_MAX,
    .recognise = recognise,
    .parse = parse,
    .settings = setting_rows,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_x509;
}
