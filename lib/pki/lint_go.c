/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/x509 ParseCertificate, up to the extensions. */
#include "pki/lint_go.h"

#include "rotkit/counted.h"

#include "base/ossl.h"

#include <string.h>

#include <openssl/core_names.h>

/* ---- parts */

/* Surrogates and what Unicode will never assign: no BMPString to Go 1.25 and later. */
static bool bmp_is_doubtful(const struct rk_tlv *value)
{
    for (size_t i = 0; value->tag == 0x1e && i + 1 < value->len; i += 2) {
        unsigned point = (unsigned)value->p[i] << 8 | value->p[i + 1];

        if ((point >= 0xd800 && point <= 0xdfff) || (point >= 0xfdd0 && point <= 0xfdef) ||
            point >= 0xfffe)
            return true;
    }
    return false;
}

static bool read_value(const struct rk_strict *s, const struct rk_tlv *value, const char *what)
{
    if (bmp_is_doubtful(value))
        rk_lint_note(
            s->book, s->who, RK_RULE_NEWER,
            "%s: BMPString at offset 0x%zx holds surrogates or no characters: Go 1.19 takes "
            "it, later ones refuse",
            what, value->at);
    return rk_go_string_is_good(value->tag, value->p, value->len) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_NAME_VALUE,
                          "%s: value at offset 0x%zx is of a type that is no string, or holds "
                          "what its type does not allow",
                          what, value->at);
}

static bool read_rdn(const struct rk_strict *s, const struct rk_tlv *set, const char *what)
{
    struct rk_rd inside = rk_der_inside(set), pair;
    struct rk_tlv attribute, type, value;

    while (rk_rd_left(&inside) != 0) {
        if (!rk_strict_next(s, &inside, RK_DER_SEQUENCE, what, &attribute))
            return false;
        pair = rk_der_inside(&attribute);
        if (!rk_go_take_oid(s, &pair, what, &type) ||
            !rk_strict_next(s, &pair, RK_STRICT_ANY, what, &value) || !read_value(s, &value, what))
            return false;
    }
    return true;
}

static bool read_name(const struct rk_strict *s, const struct rk_tlv *name, const char *what)
{
    struct rk_rd inside = rk_der_inside(name);
    struct rk_tlv set;

    while (rk_rd_left(&inside) != 0)
        if (!rk_strict_next(s, &inside, RK_DER_SET, what, &set) || !read_rdn(s, &set, what))
            return false;
    return true;
}

static bool read_time(const struct rk_strict *s, struct rk_rd *rd, const char *what)
{
    bool general = rk_der_peek(rd) == RK_DER_GENERAL_TIME;
    struct rk_tlv time;

    return rk_strict_next(s, rd, general ? RK_DER_GENERAL_TIME : RK_DER_UTC_TIME, what, &time) &&
           (rk_go_time_is_good(&time) ||
            rk_lint_refuse(s->book, s->who, RK_RULE_TIME_DIGITS,
                           "%s at offset 0x%zx is no day and time that there is, in the form "
                           "YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ",
                           what, time.at));
}

static bool read_validity(const struct rk_strict *s, const struct rk_tlv *validity)
{
    struct rk_rd inside = rk_der_inside(validity);

    return read_time(s, &inside, "notBefore") && read_time(s, &inside, "notAfter");
}

/* AlgorithmIdentifier; parameters' tag is 0 when it has none. */
static bool read_algorithm(const struct rk_strict *s, const struct rk_tlv *sequence,
                           const char *what, struct rk_tlv *oid, struct rk_tlv *parameters)
{
    struct rk_rd inside = rk_der_inside(sequence);

    *parameters = (struct rk_tlv) { .tag = 0 };
    return rk_go_take_oid(s, &inside, what, oid) &&
           (rk_rd_left(&inside) == 0 ||
            rk_strict_next(s, &inside, RK_STRICT_ANY, what, parameters));
}

static bool read_version(struct rk_go_cert *cert, struct rk_rd *tbs)
{
    const struct rk_strict *s = &cert->strict;
    struct rk_tlv tagged, version;
    struct rk_rd inside;

    cert->version = 1;
    if (rk_der_peek(tbs) != RK_DER_CONTEXT_CONSTRUCTED)
        return true;
    cert->version = 0;
    if (!rk_strict_next(s, tbs, RK_DER_CONTEXT_CONSTRUCTED, "version", &tagged))
        return false;
    inside = rk_der_inside(&tagged);
    if (!rk_strict_next(s, &inside, RK_DER_INTEGER, "version", &version) ||
        !rk_strict_integer(s, &version, "version"))
        return false;
    if (version.len != 1 || version.p[0] > 2 || rk_rd_left(&inside) != 0)
        return rk_lint_refuse(s->book, s->who, RK_RULE_VERSION, "version is none of 1, 2 and 3");
    cert->version = version.p[0] + 1u;
    return true;
}

/* ---- the key */

/* SEC 1 2.3.4: the curve's equation, which OpenSSL computes; coordinates are below the prime. */
static bool is_on_curve(const char *group, const uint8_t *point, size_t len)
{
    RK_AUTO(rk_pkey_ctx_done) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = NULL;
    OSSL_PARAM params[3] = { 0 };
    char name[16] = "";
    bool good;

    memcpy(name, group, strlen(group));
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, len);
    params[2] = OSSL_PARAM_construct_end();
    good = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
           EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    ERR_clear_error();
    return good;
}

static bool read_ec(struct rk_go_cert *cert, const struct rk_tlv *curve, const uint8_t *point,
                    size_t len)
{
    static const struct {
        struct rk_oid oid;
        const char *group;
        size_t point;
    } curves[] = {
        { RK_OID("\x2b\x81\x04\x00\x21"), "P-224", 57 },
        { RK_OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), "P-256", 65 },
        { RK_OID("\x2b\x81\x04\x00\x22"), "P-384", 97 },
        { RK_OID("\x2b\x81\x04\x00\x23"), "P-521", 133 },
    };
    const struct rk_strict *s = &cert->strict;

    if (curve->tag != RK_DER_OID)
        return rk_lint_refuse(s->book, s->who, RK_RULE_KEY_VALUE,
                              "the key's curve is not named by an OBJECT IDENTIFIER");
    if (!rk_strict_oid(s, curve, &rk_go_oid, "curve"))
        return false;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (!rk_go_is_oid(curve, &curves[i].oid))
            continue;
        return (len == curves[i].point && point[0] == 4 &&
                is_on_curve(curves[i].group, point, len)) ||
               rk_lint_refuse(s->book, s->who, RK_RULE_KEY_VALUE,
                              "the key is no uncompressed point of %s on %s",
                              RK_COUNTED(curves[i].point, "byte"), curves[i].group);
    }
    return rk_lint_refuse(s->book, s->who, RK_RULE_KEY_TYPE,
                          "the key's curve is none of P-224, P-256, P-384, P-521");
}

static bool read_rsa(struct rk_go_cert *cert, const struct rk_tlv *parameters, struct rk_rd key)
{
    const struct rk_strict *s = &cert->strict;
    struct rk_tlv sequence, modulus, exponent;
    struct rk_rd inside;

    if (parameters->tag != RK_DER_NULL || parameters->len != 0)
        return rk_lint_refuse(s->book, s->who, RK_RULE_KEY_VALUE,
                              "the RSA key's algorithm has no NULL for parameters");
    if (!rk_strict_next(s, &key, RK_DER_SEQUENCE, "RSA key", &sequence))
        return false;
    inside = rk_der_inside(&sequence);
    if (!rk_strict_next(s, &inside, RK_DER_INTEGER, "RSA modulus", &modulus) ||
        !rk_strict_integer(s, &modulus, "RSA modulus") ||
        !rk_strict_next(s, &inside, RK_DER_INTEGER, "RSA exponent", &exponent) ||
        !rk_strict_integer(s, &exponent, "RSA exponent"))
        return false;
    if (modulus.p[0] >= 0x80 || (modulus.len == 1 && modulus.p[0] == 0))
        return rk_lint_refuse(s->book, s->who, RK_RULE_KEY_VALUE,
                              "the RSA modulus is not positive");
    return (exponent.len <= 8 && exponent.p[0] < 0x80 &&
            (exponent.len > 1 || exponent.p[0] != 0)) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_KEY_VALUE,
                          "the RSA exponent is not positive, or does not fit 63 bits");
}

/* BitString.RightAlign: unused bits move to the front. */
static enum rk_rc align(const struct rk_tlv *bits, struct rk_bytes *ret, struct rk_err *err)
{
    unsigned shift = bits->p[0];

    if (rk_bytes_copy(bits->p + 1, bits->len - 1, ret, err))
        return err->rc;
    for (size_t i = ret->len; shift != 0 && i-- > 0;) {
        unsigned before = i == 0 ? 0 : ret->p[i - 1];

        ret->p[i] = (uint8_t)((unsigned)ret->p[i] >> shift | before << (8 - shift));
    }
    return RK_OK;
}

static bool read_key(struct rk_go_cert *cert, const struct rk_tlv *spki)
{
    const struct rk_strict *s = &cert->strict;
    RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
    struct rk_rd inside = rk_der_inside(spki);
    struct rk_tlv algorithm, oid, parameters, bits;
    struct rk_err ignored;
    bool good;

    if (!rk_strict_next(s, &inside, RK_DER_SEQUENCE, "key algorithm", &algorithm) ||
        !read_algorithm(s, &algorithm, "key algorithm", &oid, &parameters) ||
        !rk_strict_next(s, &inside, RK_DER_BIT_STRING, "key", &bits) ||
        !rk_strict_bits(s, &bits, "key"))
        return false;
    if (align(&bits, &key, &ignored)) {
        cert->no_memory = true;
        return false;
    }
    if (rk_go_is_oid(&oid, &rk_oid_rsa)) {
        cert->key = RK_GO_KEY_RSA;
        good = read_rsa(cert, &parameters,
                        (struct rk_rd) { .buf = key.p, .len = key.len, .base = bits.at + 1 });
    } else if (rk_go_is_oid(&oid, &rk_oid_ec)) {
        cert->key = RK_GO_KEY_EC;
        good = read_ec(cert, &parameters, key.p, key.len);
    } else {
        cert->key = RK_GO_KEY_OTHER;
        good = rk_lint_refuse(s->book, s->who, RK_RULE_KEY_TYPE, "the key is neither RSA nor EC");
    }
    return good;
}

/* ---- the whole */

struct outer {
    struct rk_tlv tbs, alg, signature;
};

static bool read_outer(struct rk_go_cert *cert, const uint8_t *der, size_t len, struct outer *ret)
{
    const struct rk_strict *s = &cert->strict;
    struct rk_rd file = { .buf = der, .len = len }, inside;
    struct rk_tlv whole;

    if (!rk_strict_next(s, &file, RK_DER_SEQUENCE, "certificate", &whole))
        return false;
    if (rk_rd_left(&file) != 0)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_PADDING,
                             "%s behind the certificate's %zu: cut by head -c %zu",
                             RK_COUNTED(rk_rd_left(&file), "byte"), whole.size, whole.size);
    inside = rk_der_inside(&whole);
    return rk_strict_next(s, &inside, RK_DER_SEQUENCE, "tbsCertificate", &ret->tbs) &&
           rk_strict_next(s, &inside, RK_DER_SEQUENCE, "signatureAlgorithm", &ret->alg) &&
           rk_strict_next(s, &inside, RK_DER_BIT_STRING, "signature", &ret->signature) &&
           rk_strict_bits(s, &ret->signature, "signature");
}

static bool read_tail(struct rk_go_cert *cert, struct rk_rd *tbs)
{
    const struct rk_strict *s = &cert->strict;
    struct rk_tlv unique, tagged, list;
    struct rk_rd inside;

    for (uint8_t n = 1; n <= 2 && cert->version > 1; n++)
        if (rk_der_peek(tbs) == RK_DER_CONTEXT + n &&
            !rk_strict_next(s, tbs, RK_DER_CONTEXT + n, "unique identifier", &unique))
            return false;
    if (cert->version != 3 || rk_der_peek(tbs) != RK_DER_CONTEXT_CONSTRUCTED + 3)
        return true;
    if (!rk_strict_next(s, tbs, RK_DER_CONTEXT_CONSTRUCTED + 3, "extensions", &tagged))
        return false;
    inside = rk_der_inside(&tagged);
    return rk_strict_next(s, &inside, RK_DER_SEQUENCE, "extensions", &list) &&
           rk_go_read_exts(&list, cert);
}

static bool read_tbs(struct rk_go_cert *cert, const struct outer *outer)
{
    const struct rk_strict *s = &cert->strict;
    struct rk_rd tbs = rk_der_inside(&outer->tbs);
    struct rk_tlv alg, validity, spki, oid, parameters;
    bool good;

    if (!read_version(cert, &tbs) ||
        !rk_strict_next(s, &tbs, RK_DER_INTEGER, "serialNumber", &cert->serial) ||
        !rk_strict_next(s, &tbs, RK_DER_SEQUENCE, "signature algorithm", &alg) ||
        !rk_strict_next(s, &tbs, RK_DER_SEQUENCE, "issuer", &cert->issuer) ||
        !rk_strict_next(s, &tbs, RK_DER_SEQUENCE, "validity", &validity) ||
        !rk_strict_next(s, &tbs, RK_DER_SEQUENCE, "subject", &cert->subject) ||
        !rk_strict_next(s, &tbs, RK_DER_SEQUENCE, "subjectPublicKeyInfo", &spki))
        return false;
    good = rk_strict_integer(s, &cert->serial, "serialNumber");
    if (alg.len != outer->alg.len || memcmp(alg.p, outer->alg.p, alg.len) != 0)
        good = rk_lint_refuse(s->book, s->who, RK_RULE_ALGORITHMS,
                              "signature algorithm inside differs from the one outside");
    /* Each part on its own, so that all faults are told. */
    good = read_algorithm(s, &alg, "signature algorithm", &oid, &parameters) && good;
    good = read_name(s, &cert->issuer, "issuer") && good;
    good = read_validity(s, &validity) && good;
    good = read_name(s, &cert->subject, "subject") && good;
    good = read_key(cert, &spki) && good;
    cert->whole = read_tail(cert, &tbs);
    return cert->whole && good;
}

enum rk_rc rk_lint_go(const uint8_t *der, size_t len, struct rk_lint_book *book, struct rk_err *err)
{
    struct rk_go_cert cert = { .strict = { .book = book, .who = RK_LINT_GO | RK_LINT_SECBOOT } };
    struct outer outer;

    /* The rules on top are asked of what the parser refused as well, so that all faults are told;
     * not where an extension that they look at was not reached. */
    if (read_outer(&cert, der, len, &outer))
        (void)read_tbs(&cert, &outer);
    if (cert.no_memory)
        return rk_fail_nomem(err);
    if (cert.whole) {
        rk_go_attestation(&cert);
        rk_go_secboot(&cert);
    }
    return RK_OK;
}
