/* SPDX-License-Identifier: Apache-2.0 */
/* corim: a CoRIM, unsigned or as COSE_Sign1, inspected, verified and signed. Sources: corim.h. */
#include "rotkit/format_row.h"
#include "base/ossl.h"
#include "rotkit/corim.h"
#include "rotkit/hex.h"
#include "rotkit/words.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* d2 84: tag 18 and an array of four; then a byte string that starts with a map. */
static bool is_sign1(const uint8_t *file, size_t len)
{
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_cbor item;
    struct rk_err ignored;

    return len > 2 && file[0] == RK_COSE_SIGN1_HEAD && file[1] == 0x84 &&
           rk_rd_take(&rd, 2) != NULL && rk_cbor_next(&rd, &item, &ignored) == RK_OK &&
           item.kind == RK_CBOR_BYTES && item.value != 0 && item.p[0] >> 5 == 5;
}

static bool recognise(const uint8_t *file, size_t len)
{
    static const uint8_t unsigned_head[] = { 0xd9, 0x01, 0xf5 };

    return (len >= sizeof unsigned_head &&
            memcmp(file, unsigned_head, sizeof unsigned_head) == 0) ||
           is_sign1(file, len);
}

/* ---- the map ---- */

static void show_text(const uint8_t *file, struct rk_span span, char *ret, size_t size)
{
    rk_words_show(file + span.at, span.len, ret, size);
}

static void show_hex(const uint8_t *file, struct rk_span span, char *ret, size_t size)
{
    size_t len = span.len < (size - 1) / 2 ? span.len : (size - 1) / 2;

    rk_hex_write(file + span.at, len, ret);
}

static void show_name(const uint8_t *file, const struct rk_corim_name *name, char *ret, size_t size)
{
    (name->text ? show_text : show_hex)(file, name->span, ret, size);
}

static enum rk_rc add_span(struct rk_map *map, struct rk_region *parent, struct rk_span span,
                           const char *name, struct rk_region **ret, struct rk_err *err)
{
    return rk_region_add(map, parent, span.at, span.len, name, ret, err);
}

static enum rk_rc add_digests(const uint8_t *file, const struct rk_corim_measurement *m,
                              struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    for (size_t i = 0; i < m->digest_count; i++) {
        size_t wanted;
        const char *name = rk_corim_digest_name(m->digest[i].alg, &wanted);
        struct rk_region *region;

        if (add_span(map, parent, m->digest[i].value, name == NULL ? "digest" : name, &region, err))
            return err->rc;
        show_hex(file, m->digest[i].value, region->note, sizeof region->note);
    }
    return RK_OK;
}

static enum rk_rc add_measurement(const uint8_t *file, const struct rk_corim_measurement *m,
                                  struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    char key[sizeof parent->name] = "measurement", version[48] = "", name[48] = "", svn[32] = "";
    struct rk_region *region;

    if (m->key.len != 0)
        show_text(file, m->key, key, sizeof key);
    if (add_span(map, parent, m->whole, key, &region, err))
        return err->rc;
    show_text(file, m->name, name, sizeof name);
    show_text(file, m->version, version, sizeof version);
    if (m->has_svn)
        (void)snprintf(svn, sizeof svn, " svn %llu", (unsigned long long)m->svn);
    (void)snprintf(region->note, sizeof region->note, "%s%s%s%s", name,
                   version[0] == '\0' ? "" : " version ", version, svn);
    if (m->has_svn)
        rk_region_set_ratchet(region, m->svn);
    return add_digests(file, m, map, region, err);
}

static enum rk_rc add_anchor(const struct rk_corim_anchor *anchor, struct rk_map *map,
                             struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if (add_span(map, parent, anchor->value, anchor->ca ? "CA" : "trust anchor", &region, err))
        return err->rc;
    region->nested = anchor->format == 0;
    return RK_OK;
}

static enum rk_rc add_tag(const uint8_t *file, const struct rk_corim *corim, size_t at,
                          struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    const struct rk_corim_tag *tag = &corim->tag[at];
    struct rk_region *region;
    char name[32];

    (void)snprintf(name, sizeof name, "tag %llu", (unsigned long long)tag->number);
    if (add_span(map, parent, tag->whole,
                 tag->number == RK_CORIM_TAG_COMID  ? "CoMID"
                 : tag->number == RK_CORIM_TAG_COTS ? "trust anchor store"
                                                    : name,
                 &region, err))
        return err->rc;
    show_name(file, &tag->id, region->note, sizeof region->note);
    for (size_t i = 0; i < corim->measurement_count; i++) {
        if (corim->measurement[i].tag == at &&
            add_measurement(file, &corim->measurement[i], map, region, err))
            return err->rc;
    }
    for (size_t i = 0; i < corim->anchor_count; i++) {
        if (corim->anchor[i].tag == at && add_anchor(&corim->anchor[i], map, region, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc add_header(const uint8_t *file, const struct rk_corim *corim, struct rk_map *map,
                             struct rk_err *err)
{
    const char *alg = rk_cose_alg_name(corim->alg);
    struct rk_region *header, *region;

    if (add_span(map, map->root, corim->protected, "protected header", &header, err))
        return err->rc;
    if (alg != NULL)
        (void)snprintf(header->note, sizeof header->note, "%s", alg);
    else
        (void)snprintf(header->note, sizeof header->note, "alg %lld", (long long)corim->alg);
    if (corim->kid.len != 0) {
        if (add_span(map, header, corim->kid, "kid", &region, err))
            return err->rc;
        show_hex(file, corim->kid, region->note, sizeof region->note);
    }
    if (corim->signer.len != 0) {
        if (add_span(map, header, corim->signer, "signer", &region, err))
            return err->rc;
        show_text(file, corim->signer, region->note, sizeof region->note);
    }
    for (size_t i = 0; i < corim->cert_count; i++) {
        if (add_span(map, header, corim->cert[i], "certificate", &region, err))
            return err->rc;
        region->nested = true;
    }
    return RK_OK;
}

static enum rk_rc add_regions(const uint8_t *file, const struct rk_corim *corim, struct rk_map *map,
                              struct rk_err *err)
{
    struct rk_region *content = map->root, *region;

    if (corim->is_signed) {
        if (add_header(file, corim, map, err) ||
            add_span(map, map->root, corim->payload, "CoRIM", &content, err))
            return err->rc;
    }
    show_name(file, &corim->id, content->note, sizeof content->note);
    for (size_t i = 0; i < corim->tag_count; i++) {
        if (add_tag(file, corim, i, map, content, err))
            return err->rc;
    }
    return corim->is_signed ? add_span(map, map->root, corim->signature, "signature", &region, err)
                            : RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_corim_done) struct rk_corim corim = { .tag = NULL };

    if (rk_corim_read(file, len, &corim, err) || add_regions(file, &corim, map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds, %s",
                   corim.is_signed ? "signature not checked: needs the key" : "not signed");
    return RK_OK;
}

/* ---- signing ---- */

static const struct rk_setting_row settings[] = {
    { "signer-name", NULL, "sign: who signs, for people (default: the first entity's name)" },
    { NULL, NULL, NULL },
};

/* The protected header for a CoRIM that is not signed yet. */
static enum rk_rc make_header(const struct rk_request *request, const uint8_t *file, size_t len,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_corim_done) struct rk_corim corim = { .tag = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes entity = RK_BYTES_NONE;
    const char *name = rk_request_setting(request, settings, "signer-name");

    if (rk_corim_read(file, len, &corim, err))
        return err->rc;
    if (corim.is_signed)
        return rk_fail(err, RK_E_USAGE, "is signed already: sign the CoRIM without its signature");
    if (name == NULL && corim.entity.len == 0)
        return rk_fail(err, RK_E_USAGE, "names no entity: say who signs by signer-name");
    if (rk_bytes_copy(file + corim.entity.at, corim.entity.len, &entity, err))
        return err->rc;
    return rk_cose_protected(request, name != NULL ? name : (const char *)entity.p, ret, err);
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes header = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    enum rk_scheme scheme;

    if (rk_cose_scheme(&request->key[0], &scheme, err) ||
        make_header(request, file, len, &header, err) ||
        rk_cose_message(header.p, header.len, file, len, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "Sig_structure of the CoRIM", scheme, &message, err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes header = RK_BYTES_NONE;

    if (make_header(request, file, len, &header, err))
        return err->rc;
    return rk_cose_sign1(request->key[0].pub, &header, file, len, &signatures[0], ret, err);
}

/* ---- who signed ---- */

static enum rk_rc read_cert(const uint8_t *file, const struct rk_corim *corim, size_t i, X509 **ret,
                            struct rk_err *err)
{
    if (rk_x509_parse(file + corim->cert[i].at, corim->cert[i].len, ret, err) == RK_OK)
        return RK_OK;
    err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
    return rk_wrap(err, "certificate %zu", i + 1);
}

/* The certificate that comes first is of the key that signed, and comes from the CA given. */
static enum rk_rc check_chain(const struct rk_request *request, const uint8_t *file,
                              const struct rk_corim *corim, struct rk_err *err)
{
    const struct rk_trust_question asked = { .use = RK_CERT_CODE, .when = request->now };
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *more = sk_X509_new_null();
    RK_AUTO(rk_x509_done) X509 *first = NULL;

    if (corim->cert_count == 0)
        return rk_fail(err, RK_E_VERIFY, "carries no certificate to hold against the CA");
    if (read_cert(file, corim, 0, &first, err))
        return err->rc;
    for (size_t i = 1; i < corim->cert_count; i++) {
        RK_AUTO(rk_x509_done) X509 *cert = NULL;

        if (read_cert(file, corim, i, &cert, err))
            return err->rc;
        if (more == NULL || sk_X509_push(more, cert) <= 0)
            return rk_fail_nomem(err);
        cert = NULL;
    }
    if (rk_trust_check(request->trust, first, more, &asked, NULL, err))
        return err->rc;
    return X509_get0_pubkey(first) == NULL
               ? rk_fail_ossl(err, RK_E_VERIFY, "the signer's key cannot be used")
               : rk_cose_check(request->ctx, X509_get0_pubkey(first), file, corim, err);
}

/* By the certificate inside, whoever that is. */
static enum rk_rc check_own(const struct rk_request *request, const uint8_t *file,
                            const struct rk_corim *corim, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *first = NULL;

    if (corim->cert_count == 0)
        return RK_OK;
    if (read_cert(file, corim, 0, &first, err))
        return err->rc;
    return X509_get0_pubkey(first) == NULL
               ? rk_fail_ossl(err, RK_E_VERIFY, "the signer's key cannot be used")
               : rk_cose_check(request->ctx, X509_get0_pubkey(first), file, corim, err);
}

static enum rk_rc fail_validity(const char *word, int64_t when, struct rk_err *err)
{
    time_t seconds = (time_t)when;
    char text[32] = "a date out of range";
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return rk_fail(err, RK_E_VERIFY, "is not valid %s %s", word, text);
}

static enum rk_rc check_validity(const struct rk_corim *corim, int64_t now, struct rk_err *err)
{
    if (now < corim->not_before)
        return fail_validity("before", corim->not_before, err);
    return now > corim->not_after ? fail_validity("after", corim->not_after, err) : RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_corim_done) struct rk_corim corim = { .tag = NULL };
    static const char by[] = "COSE signature";
    bool go;

    if (rk_corim_read(file, len, &corim, err) ||
        rk_check_begin(request, corim.is_signed, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (request->own_signer)
        return check_own(request, file, &corim, err);
    if ((request->key_count != 0 &&
         rk_cose_check(request->ctx, request->key[0].pub, file, &corim, err)) ||
        (request->trust != NULL && check_chain(request, file, &corim, err)) ||
        check_validity(&corim, request->now, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure and signature hold");
    (void)snprintf(map->signer, sizeof map->signer, "%s",
                   request->key_count != 0 ? "the key given" : "the CA given");
    return rk_map_checked(map, corim.signature.at, corim.signature.len, err) ||
                   rk_map_guard(map, corim.protected.at, corim.protected.len, RK_GUARD_SIGNATURE,
                                by, err) ||
                   rk_map_guard(map, corim.payload.at, corim.payload.len, RK_GUARD_SIGNATURE, by,
                                err)
               ? err->rc
               : RK_OK;
}

const struct rk_format rk_format_corim = {
    .name = "corim",
    .title = "CoRIM",
    .max = RK_CORIM_MAX,
    .recognise = recognise,
    .own_signer = true,
    .parse = parse,
    .settings = settings,
    .refusal = "'rotkit enroll corim' makes one of a release; it is signed, not encrypted",
    .chain_max = RK_COSE_CERTS_MAX,
    .to_sign = to_sign,
    .attach = attach,
    .heeds = RK_CHECK_TIME,
    .check = check,
};
