/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TBBR certificate chain of a FIP: eight certificates, each self-named, with its signer's key
 * inside and what it certifies in extensions of its own. Source: boot-images.md 5.1, the goldens of
 * cert_create in vectors/boot/tbbr for names and encoding.
 */
#include "image/fip.h"

#include "base/work.h"
#include "base/digest.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/policy.h"
#include "rotkit/x509.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    INTEGER = 0x02,
    BIT_STRING = 0x03,
    OCTET_STRING = 0x04,
    OID = 0x06,
    UTF8 = 0x0c,
    TIME = 0x18,
    SEQUENCE = 0x30,
    SET = 0x31,
    CERT_MAX = 16384,
    SUB_MAX = 4,
    ARM_ARC = 2100, /* 1.3.6.1.4.1.4128.2100 */
    TRUSTED_COUNTER = 1,
    NON_TRUSTED_COUNTER = 2,
};

/* One certificate: what it is called, who signs it, what it certifies. */
/* clang-format off */
static const struct cert {
    const char *name, *cn;
    const char *signer;            /* role; "": the root of trust */
    const char *needs;             /* only with this image in the package */
    int counter;                   /* extension of its NV counter */
    struct { int ext; const char *what; } sub[SUB_MAX]; /* keys by role, hashes by image */
    bool keys;
} certs[] = {
    { "trusted-key-cert", "Trusted Key Certificate", "", "tb-fw", TRUSTED_COUNTER,
      { { 302, "trusted-world" }, { 303, "non-trusted-world" } }, true },
    { "soc-fw-key-cert", "SoC Firmware Key Certificate", "trusted-world", "soc-fw", TRUSTED_COUNTER,
      { { 501, "soc-fw" } }, true },
    { "tos-fw-key-cert", "Trusted OS Firmware Key Certificate", "trusted-world", "tos-fw", TRUSTED_COUNTER,
      { { 901, "tos-fw" } }, true },
    { "nt-fw-key-cert", "Non-Trusted Firmware Key Certificate", "non-trusted-world", "nt-fw", NON_TRUSTED_COUNTER,
      { { 1101, "nt-fw" } }, true },
    { "tb-fw-cert", "Trusted Boot FW Certificate", "", "tb-fw", TRUSTED_COUNTER,
      { { 201, "tb-fw" }, { 202, "tb-fw-config" }, { 203, "hw-config" }, { 204, "fw-config" } }, false },
    { "soc-fw-cert", "SoC Firmware Content Certificate", "soc-fw", "soc-fw", TRUSTED_COUNTER,
      { { 603, "soc-fw" }, { 604, "soc-fw-config" } }, false },
    { "tos-fw-cert", "Trusted OS Firmware Content Certificate", "tos-fw", "tos-fw", TRUSTED_COUNTER,
      { { 1001, "tos-fw" }, { 1002, "tos-fw-extra1" }, { 1003, "tos-fw-extra2" }, { 1004, "tos-fw-config" } }, false },
    { "nt-fw-cert", "Non-Trusted Firmware Content Certificate", "nt-fw", "nt-fw", NON_TRUSTED_COUNTER,
      { { 1201, "nt-fw" }, { 1202, "nt-fw-config" } }, false },
};
/* clang-format on */
enum { CERTS = sizeof certs / sizeof certs[0] };

/* ---- writing ---- */

static void put(struct rk_wr *wr, uint8_t tag, const void *bytes, size_t len)
{
    size_t from = wr->len;

    rk_wr_bytes(wr, bytes, len);
    rk_wr_der(wr, from, tag);
}

/* 1.3.6.1.4.1.4128.2100.ext */
static void put_oid(struct rk_wr *wr, int ext)
{
    static const uint8_t arc[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xa0, 0x20, 0x90, 0x34 };
    size_t from = wr->len;

    rk_wr_bytes(wr, arc, sizeof arc);
    if (ext >= 128)
        rk_wr_le(wr, (uint64_t)(0x80 | ext >> 7), 1);
    rk_wr_le(wr, (uint64_t)(ext & 0x7f), 1);
    rk_wr_der(wr, from, OID);
}

static void put_name(struct rk_wr *wr, const char *cn)
{
    static const uint8_t oid[] = { 0x55, 0x04, 0x03 };
    size_t from = wr->len;

    put(wr, OID, oid, sizeof oid);
    put(wr, UTF8, cn, strlen(cn));
    rk_wr_der(wr, from, SEQUENCE);
    rk_wr_der(wr, from, SET);
    rk_wr_der(wr, from, SEQUENCE);
}

/* A boot ROM has no clock: fixed dates, so that the same images have the same certificates. */
static void put_validity(struct rk_wr *wr)
{
    size_t from = wr->len;

    put(wr, 0x17, "200101000000Z", 13);
    put(wr, TIME, "99991231235959Z", 15);
    rk_wr_der(wr, from, SEQUENCE);
}

static void put_number(struct rk_wr *wr, uint64_t value)
{
    size_t from = wr->len, width = 1;

    while (width < 8 && value >> (8 * width - 1) != 0)
        width++;
    rk_wr_be(wr, value, width);
    rk_wr_der(wr, from, INTEGER);
}

static const uint8_t pss[] = {
    0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
    0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
    0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
    0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20
}; /* RSASSA-PSS, SHA-256, salt 32 */
static const uint8_t ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

static enum rk_rc put_algorithm(struct rk_wr *wr, EVP_PKEY *key, enum rk_scheme *ret,
                                struct rk_err *err)
{
    bool rsa = EVP_PKEY_is_a(key, "RSA");

    if (!rsa && !EVP_PKEY_is_a(key, "EC"))
        return rk_fail(err, RK_E_KEY, "TBBR certificates are signed by RSA or EC keys, this is %s",
                       EVP_PKEY_get0_type_name(key));
    if (rsa && EVP_PKEY_get_bits(key) < 2048)
        return rk_fail(err, RK_E_KEY, "an RSA key of %d bits, expected 2048 or more",
                       EVP_PKEY_get_bits(key));
    *ret = rsa ? RK_SCHEME_RSA_PSS_SHA256 : RK_SCHEME_ECDSA_SHA256;
    rk_wr_bytes(wr, rsa ? pss : ecdsa, rsa ? sizeof pss : sizeof ecdsa);
    return RK_OK;
}

static enum rk_rc put_spki(struct rk_wr *wr, EVP_PKEY *key, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;

    if (rk_pkey_spki(key, &spki, err))
        return err->rc;
    rk_wr_bytes(wr, spki.p, spki.len);
    return RK_OK;
}

/* SEQUENCE { OID, critical TRUE, OCTET STRING { what stands since `from` } } */
static void wrap_extension(struct rk_wr *wr, size_t from, int ext)
{
    RK_AUTO(rk_wr_done) struct rk_wr head = RK_WR_MAX(32);
    static const uint8_t critical[] = { 0x01, 0x01, 0xff };
    size_t len;

    rk_wr_der(wr, from, OCTET_STRING);
    put_oid(&head, ext);
    rk_wr_bytes(&head, critical, sizeof critical);
    len = wr->len - from;
    rk_wr_zero(wr, head.len);
    if (wr->failed == RK_OK && head.failed == RK_OK) {
        memmove(wr->buf + from + head.len, wr->buf + from, len);
        memcpy(wr->buf + from, head.buf, head.len);
    }
    rk_wr_der(wr, from, SEQUENCE);
}

/* DigestInfo of SHA-256; all zero for an image that is not there, as cert_create has it. */
static enum rk_rc put_hash(struct rk_wr *wr, const struct rk_fip_entry *image, struct rk_err *err)
{
    static const uint8_t head[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    uint8_t digest[32] = { 0 };

    if (image != NULL && rk_sha256(image->p, image->len, digest, err))
        return err->rc;
    rk_wr_bytes(wr, head, sizeof head);
    rk_wr_bytes(wr, digest, sizeof digest);
    return RK_OK;
}

static enum rk_rc put_subs(const struct rk_request *request, const struct cert *cert,
                           const struct rk_fip *fip, struct rk_wr *wr, struct rk_err *err)
{
    for (size_t i = 0; i < SUB_MAX && cert->sub[i].what != NULL; i++) {
        const char *what = cert->sub[i].what;
        size_t from = wr->len;

        if (cert->keys ? put_spki(wr, rk_request_key(request, what)->pub, err)
                       : put_hash(wr, rk_fip_find(fip, what), err))
            return err->rc;
        wrap_extension(wr, from, cert->sub[i].ext);
    }
    return RK_OK;
}

static enum rk_rc put_extensions(const struct rk_request *request, const struct rk_format *format,
                                 const struct cert *cert, const struct rk_fip *fip,
                                 struct rk_wr *wr, struct rk_err *err)
{
    const char *setting = cert->counter == TRUSTED_COUNTER ? "tfw-nvctr" : "ntfw-nvctr";
    size_t from = wr->len, at;
    uint64_t counter;

    if (rk_request_u64(request, format, setting, 0, INT32_MAX, &counter, err))
        return err->rc;
    at = wr->len;
    put_number(wr, counter);
    wrap_extension(wr, at, cert->counter);
    if (put_subs(request, cert, fip, wr, err))
        return err->rc;
    rk_wr_der(wr, from, SEQUENCE);
    rk_wr_der(wr, from, 0xa3);
    return RK_OK;
}

/* The serial follows from all that is behind it, so that no two contents share one. */
static enum rk_rc put_serial(struct rk_wr *wr, const struct rk_wr *rest, struct rk_err *err)
{
    uint8_t digest[32];

    if (rest->failed != RK_OK)
        return rk_fail_nomem(err);
    if (rk_sha256(rest->buf, rest->len, digest, err))
        return err->rc;
    digest[0] = (uint8_t)((digest[0] & 0x7f) | 0x40);
    put(wr, INTEGER, digest, 8);
    return RK_OK;
}

/* TBSCertificate: version 3, serial, and the rest. */
static enum rk_rc make_tbs(const struct rk_request *request, const struct rk_format *format,
                           const struct cert *cert, const struct rk_fip *fip,
                           enum rk_scheme *ret_scheme, struct rk_bytes *ret, struct rk_err *err)
{
    static const uint8_t version[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
    RK_AUTO(rk_wr_done) struct rk_wr rest = RK_WR_MAX(CERT_MAX);
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CERT_MAX);
    EVP_PKEY *key = rk_request_key(request, cert->signer)->pub;

    if (put_algorithm(&rest, key, ret_scheme, err))
        return err->rc;
    put_name(&rest, cert->cn);
    put_validity(&rest);
    put_name(&rest, cert->cn);
    if (put_spki(&rest, key, err) || put_extensions(request, format, cert, fip, &rest, err))
        return err->rc;
    rk_wr_bytes(&wr, version, sizeof version);
    if (put_serial(&wr, &rest, err))
        return err->rc;
    rk_wr_bytes(&wr, rest.buf, rest.len);
    rk_wr_der(&wr, 0, SEQUENCE);
    return rk_wr_end(&wr, ret, err);
}

static bool wanted(const struct cert *cert, const struct rk_fip *fip)
{
    return rk_fip_find(fip, cert->needs) != NULL;
}

static enum rk_rc check_inputs(const struct rk_fip *fip, struct rk_err *err)
{
    if (rk_fip_find(fip, "tb-fw") == NULL)
        return rk_fail(err, RK_E_USAGE, "there is no tb-fw: the chain starts there");
    for (size_t i = 0; i < fip->count; i++) {
        if (rk_encfw_is(fip->entry[i].p, fip->entry[i].len))
            return rk_fail(err, RK_E_USAGE,
                           "an image is encrypted already: TF-A authenticates what it decrypted, "
                           "so sign first");
    }
    return RK_OK;
}

enum rk_rc rk_tbbr_to_sign(const struct rk_request *request, const struct rk_format *format,
                           const struct rk_fip *fip, struct rk_sign_requests *ret,
                           struct rk_err *err)
{
    if (check_inputs(fip, err))
        return err->rc;
    for (size_t i = 0; i < CERTS; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
        enum rk_scheme scheme;

        if (!wanted(&certs[i], fip))
            continue;
        if (make_tbs(request, format, &certs[i], fip, &scheme, &tbs, err) ||
            rk_sign_requests_add(ret, certs[i].signer, certs[i].cn, scheme, &tbs, err))
            return rk_wrap(err, "%s", certs[i].name);
    }
    return RK_OK;
}

void rk_tbbr_certs_done(struct rk_tbbr_certs *c)
{
    for (size_t i = 0; i < RK_SIGN_REQUESTS_MAX; i++)
        rk_bytes_done(&c->der[i]);
}

static enum rk_rc finish_cert(const struct rk_request *request, const struct cert *cert,
                              const struct rk_bytes *tbs, const struct rk_bytes *signature,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CERT_MAX);
    enum rk_scheme scheme;
    size_t from;

    rk_wr_bytes(&wr, tbs->p, tbs->len);
    if (put_algorithm(&wr, rk_request_key(request, cert->signer)->pub, &scheme, err))
        return err->rc;
    from = wr.len;
    rk_wr_zero(&wr, 1); /* no unused bits */
    rk_wr_bytes(&wr, signature->p, signature->len);
    rk_wr_der(&wr, from, BIT_STRING);
    rk_wr_der(&wr, 0, SEQUENCE);
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_tbbr_attach(const struct rk_request *request, const struct rk_format *format,
                          const struct rk_bytes *signatures, struct rk_fip *fip,
                          struct rk_tbbr_certs *ret, struct rk_err *err)
{
    const struct rk_fip unsigned_fip = *fip;
    size_t n = 0;

    for (size_t i = 0; i < CERTS; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
        enum rk_scheme scheme;

        if (!wanted(&certs[i], fip))
            continue;
        if (make_tbs(request, format, &certs[i], &unsigned_fip, &scheme, &tbs, err) ||
            finish_cert(request, &certs[i], &tbs, &signatures[n], &ret->der[n], err) ||
            rk_fip_put(fip, certs[i].name, ret->der[n].p, ret->der[n].len, err))
            return rk_wrap(err, "%s", certs[i].name);
        n++;
    }
    return RK_OK;
}

/* ---- checking ---- */

static X509 *parse_cert(const struct rk_fip_entry *entry)
{
    struct rk_err ignored;
    X509 *cert = NULL;

    return rk_x509_parse(entry->p, entry->len, &cert, &ignored) == RK_OK ? cert : NULL;
}

/* The extension's value; NULL when it is not there. */
static const ASN1_OCTET_STRING *extension(const X509 *cert, int ext)
{
    char text[64];
    RK_AUTO(rk_oid_done) ASN1_OBJECT *oid = NULL;
    int at;

    (void)snprintf(text, sizeof text, "1.3.6.1.4.1.4128.%d.%d", ARM_ARC, ext);
    oid = OBJ_txt2obj(text, 1);
    at = oid == NULL ? -1 : X509_get_ext_by_OBJ(cert, oid, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(cert, at));
}

static bool read_counter(const X509 *cert, int ext, uint64_t *ret)
{
    const ASN1_OCTET_STRING *value = extension(cert, ext);
    const unsigned char *at = value == NULL ? NULL : ASN1_STRING_get0_data(value);
    RK_AUTO(rk_asn1_integer_done)
    ASN1_INTEGER *number =
        value == NULL ? NULL : d2i_ASN1_INTEGER(NULL, &at, ASN1_STRING_length(value));
    bool ok = number != NULL && ASN1_INTEGER_get_uint64(ret, number) == 1;

    ERR_clear_error();
    return ok;
}

void rk_tbbr_describe(const struct rk_fip_entry *entry, struct rk_region *region)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (strstr(region->name, "-cert") == NULL || (cert = parse_cert(entry)) == NULL)
        return;
    for (int ext = TRUSTED_COUNTER; ext <= NON_TRUSTED_COUNTER; ext++) {
        uint64_t counter;

        if (!read_counter(cert, ext, &counter))
            continue;
        region->nested = false;
        rk_region_set_ratchet(region, counter);
        (void)snprintf(region->note, sizeof region->note, "%s NV counter %" PRIu64,
                       ext == TRUSTED_COUNTER ? "trusted" : "non-trusted", counter);
    }
}

struct chain {
    const struct rk_request *request;
    const struct rk_fip *fip;
    struct rk_map *map;
    struct {
        const char *role;
        EVP_PKEY *key;
    } known[CERTS + 1];
    size_t known_count;
    /* By entry of the package: it was compared with what a certificate says, or could not be for
     * want of the encryption key; a certificate: its signature was checked. */
    bool covered[RK_FIP_ENTRIES_MAX];
    bool sealed; /* at least one could not be compared */
};

static void chain_done(struct chain *chain)
{
    for (size_t i = 0; i < chain->known_count; i++)
        EVP_PKEY_free(chain->known[i].key);
}

static EVP_PKEY *known_key(const struct chain *chain, const char *role)
{
    if (role[0] == '\0')
        return chain->request->key[0].pub;
    for (size_t i = 0; i < chain->known_count; i++) {
        if (strcmp(chain->known[i].role, role) == 0)
            return chain->known[i].key;
    }
    return NULL;
}

static enum rk_rc read_key(struct chain *chain, const char *role, const ASN1_OCTET_STRING *value,
                           struct rk_err *err)
{
    const unsigned char *at = ASN1_STRING_get0_data(value);
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, ASN1_STRING_length(value));

    if (key == NULL)
        return rk_fail_ossl(err, RK_E_VERIFY, "the %s key is none", role);
    chain->known[chain->known_count].role = role;
    chain->known[chain->known_count++].key = key;
    return RK_OK;
}

/* The digest of an image as the device sees it; false when that needs a key that is not given. */
static enum rk_rc hash_image(struct chain *chain, const struct rk_fip_entry *image, uint8_t ret[32],
                             bool *ret_known, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes plain = RK_BYTES_NONE;

    *ret_known = true;
    if (!rk_encfw_is(image->p, image->len))
        return rk_sha256(image->p, image->len, ret, err);
    if (chain->request->secret == NULL) {
        *ret_known = false;
        return RK_OK;
    }
    if (rk_encfw_open(chain->request, image->p, image->len, &plain, err))
        return err->rc;
    return rk_sha256(plain.p, plain.len, ret, err);
}

/* Of an encrypted payload all but the byte of flags that says under which key: nothing holds it. */
static enum rk_rc guard_image(struct rk_map *map, const struct rk_fip_entry *image,
                              struct rk_err *err)
{
    size_t from = rk_encfw_is(image->p, image->len) ? RK_ENCFW_FLAGS + 1 : 0;

    if (from != 0 &&
        (rk_map_guard(map, image->offset, RK_ENCFW_FLAGS, RK_GUARD_SIGNATURE, "TBBR certificate",
                      err) ||
         rk_map_open(map, image->offset + RK_ENCFW_FLAGS, 1, "which key it is under", err)))
        return err->rc;
    return rk_map_guard(map, image->offset + from, image->len - from, RK_GUARD_SIGNATURE,
                        "TBBR certificate", err);
}

/* The hash of what is encrypted is over its plaintext. */
static enum rk_rc leave_unknown(struct chain *chain, const struct rk_fip_entry *image,
                                const char *name, struct rk_err *err)
{
    char what[64];

    (void)snprintf(what, sizeof what, "hash of %.40s", name);
    chain->sealed = true;
    return rk_map_unknown(chain->map, image->offset, image->len, RK_NEED_KEY, what, err);
}

static enum rk_rc check_hash(struct chain *chain, const char *name, const ASN1_OCTET_STRING *value,
                             struct rk_err *err)
{
    static const uint8_t none[32];
    const struct rk_fip_entry *image = rk_fip_find(chain->fip, name);
    const unsigned char *at = ASN1_STRING_get0_data(value);
    RK_AUTO(rk_x509_sig_done) X509_SIG *info = d2i_X509_SIG(NULL, &at, ASN1_STRING_length(value));
    const ASN1_OCTET_STRING *claimed = NULL;
    uint8_t digest[32];
    bool known;

    if (info != NULL)
        X509_SIG_get0(info, NULL, &claimed);
    if (claimed == NULL || ASN1_STRING_length(claimed) != 32)
        return rk_fail_ossl(err, RK_E_VERIFY, "the hash of %s is no SHA-256", name);
    if (image == NULL) {
        if (memcmp(ASN1_STRING_get0_data(claimed), none, sizeof none) == 0)
            return RK_OK;
        return rk_fail(err, RK_E_VERIFY, "%s is certified and not in the package", name);
    }
    if (hash_image(chain, image, digest, &known, err))
        return rk_wrap(err, "%s", name);
    chain->covered[image - chain->fip->entry] = true;
    if (!known)
        return leave_unknown(chain, image, name, err);
    if (memcmp(ASN1_STRING_get0_data(claimed), digest, sizeof digest) != 0)
        return rk_fail(err, RK_E_VERIFY, "%s: its SHA-256 is not the certified one", name);
    return guard_image(chain->map, image, err);
}

/* Signed by this key, in a way that TF-A takes, and the key inside is the same. */
static enum rk_rc check_signer(const rk_ctx *ctx, X509 *x509, EVP_PKEY *key, const char *role,
                               struct rk_err *err)
{
    int algorithm = X509_get_signature_nid(x509), digest = NID_undef;

    if (algorithm != NID_rsassaPss && algorithm != NID_ecdsa_with_SHA256 &&
        algorithm != NID_ecdsa_with_SHA384 && algorithm != NID_ecdsa_with_SHA512)
        return rk_fail(err, RK_E_VERIFY,
                       "its signature algorithm is %s, expected RSASSA-PSS or "
                       "ECDSA with SHA-2",
                       OBJ_nid2sn(algorithm));
    (void)X509_get_signature_info(x509, &digest, NULL, NULL, NULL); /* of PSS: in its parameters */
    if (rk_policy_check_digest(ctx, digest, RK_E_VERIFY, err) ||
        (key != NULL && rk_policy_check_key(ctx, key, RK_E_VERIFY, err)))
        return rk_wrap(err, "its signature");
    if (rk_work_signature(err))
        return err->rc;
    if (key == NULL || X509_verify(x509, key) != 1 ||
        EVP_PKEY_eq(X509_get0_pubkey(x509), key) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "its signature does not hold under the %s key",
                       role[0] == '\0' ? "root-of-trust" : role);
    }
    return RK_OK;
}

static enum rk_rc check_cert(struct chain *chain, const struct cert *cert, struct rk_err *err)
{
    const struct rk_fip_entry *entry = rk_fip_find(chain->fip, cert->name);
    EVP_PKEY *key = known_key(chain, cert->signer);
    RK_AUTO(rk_x509_done) X509 *x509 = entry == NULL ? NULL : parse_cert(entry);
    uint64_t counter;

    if (entry == NULL)
        return wanted(cert, chain->fip)
                   ? rk_fail(err, RK_E_VERIFY, "is missing, %s is not signed", cert->needs)
                   : RK_OK;
    if (x509 == NULL)
        return rk_fail(err, RK_E_VERIFY, "is no certificate");
    if (check_signer(chain->request->ctx, x509, key, cert->signer, err))
        return err->rc;
    if (!read_counter(x509, cert->counter, &counter))
        return rk_fail(err, RK_E_VERIFY, "its NV counter (extension %d) is missing", cert->counter);
    chain->covered[entry - chain->fip->entry] = true;
    if (rk_map_guard(chain->map, entry->offset, entry->len, RK_GUARD_SIGNATURE, "TBBR certificate",
                     err))
        return err->rc;
    for (size_t i = 0; i < SUB_MAX && cert->sub[i].what != NULL; i++) {
        const ASN1_OCTET_STRING *value = extension(x509, cert->sub[i].ext);

        if (value == NULL)
            return rk_fail(err, RK_E_VERIFY, "extension %d (%s) is missing", cert->sub[i].ext,
                           cert->sub[i].what);
        if (cert->keys ? read_key(chain, cert->sub[i].what, value, err)
                       : check_hash(chain, cert->sub[i].what, value, err))
            return err->rc;
    }
    return RK_OK;
}

/* With a key named, what no certificate in this package covers is a failure: a certificate that
 * could stand in it covers nothing. */
static enum rk_rc check_covered(const struct chain *chain, struct rk_err *err)
{
    for (size_t i = 0; i < chain->fip->count; i++) {
        const struct rk_fip_row *row = rk_fip_row(chain->fip->entry[i].uuid);

        if (!chain->covered[i])
            return rk_fail(err, RK_E_VERIFY,
                           "image %s is covered by no certificate that is checked here",
                           row == NULL ? "without a name" : row->name);
    }
    return RK_OK;
}

/* What a certificate in the package says of an image in it, whoever signed the certificate. */
static enum rk_rc compare_alone(const struct rk_fip *fip, const struct cert *cert,
                                struct rk_err *err)
{
    const struct rk_fip_entry *entry = rk_fip_find(fip, cert->name);
    RK_AUTO(rk_x509_done) X509 *x509 = entry == NULL ? NULL : parse_cert(entry);

    for (size_t i = 0; x509 != NULL && i < SUB_MAX && cert->sub[i].what != NULL; i++) {
        const struct rk_fip_entry *image = rk_fip_find(fip, cert->sub[i].what);
        const ASN1_OCTET_STRING *value = extension(x509, cert->sub[i].ext), *claimed = NULL;
        const unsigned char *at = value == NULL ? NULL : ASN1_STRING_get0_data(value);
        RK_AUTO(rk_x509_sig_done)
        X509_SIG *info = value == NULL ? NULL : d2i_X509_SIG(NULL, &at, ASN1_STRING_length(value));
        uint8_t digest[32];

        if (info != NULL)
            X509_SIG_get0(info, NULL, &claimed);
        if (image == NULL || claimed == NULL || ASN1_STRING_length(claimed) != 32 ||
            rk_encfw_is(image->p, image->len))
            continue;
        if (rk_sha256(image->p, image->len, digest, err))
            return err->rc;
        if (memcmp(ASN1_STRING_get0_data(claimed), digest, sizeof digest) != 0)
            return rk_fail(err, RK_E_VERIFY, "%s: its SHA-256 is not the certified one",
                           cert->sub[i].what);
    }
    ERR_clear_error();
    return RK_OK;
}

static enum rk_rc check_alone(const struct rk_fip *fip, struct rk_err *err)
{
    for (size_t i = 0; i < CERTS; i++) {
        if (!certs[i].keys && compare_alone(fip, &certs[i], err))
            return rk_wrap(err, "%s", certs[i].name);
    }
    return RK_OK;
}

enum rk_rc rk_tbbr_check(const struct rk_request *request, const struct rk_fip *fip,
                         struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(chain_done)
    struct chain chain = { .request = request, .fip = fip, .map = map };
    bool keyed = request->key_count != 0, rooted = rk_fip_find(fip, "trusted-key-cert") != NULL, go;

    if (request->own_signer)
        return check_alone(fip, err);
    if (keyed && !rooted)
        return rk_fail(err, RK_E_VERIFY, "is not signed: there is no trusted-key-cert");
    if (rk_check_begin(request, rooted, RK_NEED_PUB, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    for (size_t i = 0; i < CERTS; i++) {
        if (check_cert(&chain, &certs[i], err))
            return rk_wrap(err, "%s", certs[i].name);
    }
    if (check_covered(&chain, err))
        return err->rc;
    (void)snprintf(map->signer, sizeof map->signer, "root-of-trust key");
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   chain.sealed ? "certificate chain holds; encrypted images are not looked into"
                                : "certificate chain and hashes hold");
    return RK_OK;
}
