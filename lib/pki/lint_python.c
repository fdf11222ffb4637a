/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keylime's verify_ek: the certificate by Python cryptography, and where that refuses what pyasn1
 * makes of it; the issuer's name, the signature's hash, the key; with a CA its name and the
 * signature. Verdicts are those of cryptography 38 over OpenSSL 3.0 and pyasn1 0.4.8, which
 * tests/cli/peer-python-ek-lint.sh asks. Source: formats/ek-certificate.md 4.5.
 */
#include "pki/lint_python.h"

#include "rotkit/counted.h"

#include "base/mem.h"
#include "base/ossl.h"

#include <string.h>

/* ---- cryptography's parser */

static const struct rk_oid_limits rust_oid = { .arc_octets = 4,
                                               .octets = 63,
                                               .arc_max = UINT32_MAX };

static bool is_time(uint8_t tag)
{
    return tag == RK_DER_UTC_TIME || tag == RK_DER_GENERAL_TIME;
}

static bool fits(const struct rk_py_part *part, uint8_t tag)
{
    return part->tag == 0 ? part->kind == RK_PY_ANY || is_time(tag) : tag == part->tag;
}

static bool read_parts(const struct rk_strict *s, const struct rk_py_part *part,
                       struct rk_rd inside)
{
    for (size_t i = 0; i < part->count; i++) {
        bool there = rk_rd_left(&inside) != 0 && fits(&part->parts[i], rk_der_peek(&inside));

        if (!there && part->parts[i].optional)
            continue;
        if (!rk_py_read(s, &part->parts[i], &inside))
            return false;
    }
    return rk_rd_left(&inside) == 0 ||
           rk_lint_refuse(s->book, s->who, RK_RULE_FORM, "%s: more stands at offset 0x%zx",
                          part->name, rk_rd_offset(&inside));
}

/* X.690 11.6; two that are alike may stand there. */
static bool ascends(const struct rk_tlv *a, const struct rk_tlv *b)
{
    size_t n = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->head, b->head, n);

    return order < 0 || (order == 0 && a->size <= b->size);
}

static bool read_elements(const struct rk_strict *s, const struct rk_py_part *part,
                          struct rk_rd inside)
{
    struct rk_tlv before = { .head = NULL }, now;

    while (rk_rd_left(&inside) != 0) {
        struct rk_rd again = inside;

        if (!rk_py_read(s, part->parts, &inside) ||
            !rk_strict_next(s, &again, RK_STRICT_ANY, part->name, &now))
            return false;
        if (part->kind == RK_PY_SET_OF && before.head != NULL && !ascends(&before, &now))
            return rk_lint_refuse(s->book, s->who, RK_RULE_DER_SET_ORDER,
                                  "SET element at offset 0x%zx is out of order", now.at);
        before = now;
    }
    return true;
}

static bool read_time(const struct rk_strict *s, const struct rk_py_part *part,
                      const struct rk_tlv *tlv)
{
    size_t year = tlv->tag == RK_DER_UTC_TIME ? 2 : 4;

    return (tlv->len == year + 11 && tlv->p[year + 10] == 'Z' &&
            rk_time_exists(tlv->p, year, true)) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_TIME_DIGITS,
                          "%s at offset 0x%zx is no day and time that there is, in the form "
                          "YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ",
                          part->name, tlv->at);
}

static bool is_default(const struct rk_strict *s, const struct rk_py_part *part,
                       const struct rk_tlv *tlv)
{
    return part->default_zero && tlv->len == 1 && tlv->p[0] == 0 &&
           !rk_lint_refuse(s->book, s->who, RK_RULE_DER_DEFAULT,
                           "%s at offset 0x%zx is the default and written out, expected left out",
                           part->name, tlv->at);
}

bool rk_py_read(const struct rk_strict *s, const struct rk_py_part *part, struct rk_rd *rd)
{
    struct rk_tlv tlv;

    if (part->tag == 0 && part->kind == RK_PY_TIME && !is_time(rk_der_peek(rd)))
        return rk_strict_next(s, rd, RK_DER_UTC_TIME, part->name, &tlv);
    if (!rk_strict_next(s, rd, part->tag == 0 ? RK_STRICT_ANY : part->tag, part->name, &tlv))
        return false;
    switch (part->kind) {
    case RK_PY_SEQUENCE:
    case RK_PY_EXPLICIT:
        return read_parts(s, part, rk_der_inside(&tlv));
    case RK_PY_SEQUENCE_OF:
    case RK_PY_SET_OF:
        return read_elements(s, part, rk_der_inside(&tlv));
    case RK_PY_INTEGER:
        return rk_strict_integer(s, &tlv, part->name) && !is_default(s, part, &tlv);
    case RK_PY_BOOLEAN:
        return rk_strict_boolean(s, &tlv, part->name) && !is_default(s, part, &tlv);
    case RK_PY_BITS:
        return rk_strict_bits(s, &tlv, part->name);
    case RK_PY_OID:
        return rk_strict_oid(s, &tlv, &rust_oid, part->name);
    case RK_PY_TIME:
        return read_time(s, part, &tlv);
    default:
        return true;
    }
}

/* ---- hash and key */

static const struct {
    struct rk_oid oid;
    const char *digest;
} kinds[] = {
    { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), "MD5" }, /* RSA PKCS #1 v1.5 */
    { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), "SHA1" },
    { RK_OID("\x2b\x0e\x03\x02\x1d"), "SHA1" },
    { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), "SHA224" },
    { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), "SHA256" },
    { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), "SHA384" },
    { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), "SHA512" },
    { RK_OID("\x2a\x86\x48\xce\x3d\x04\x01"), "SHA1" }, /* ECDSA */
    { RK_OID("\x2a\x86\x48\xce\x3d\x04\x03\x01"), "SHA224" },
    { RK_OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), "SHA256" },
    { RK_OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), "SHA384" },
    { RK_OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), "SHA512" },
};

static const char *digest_of(const struct rk_tlv *algorithm)
{
    struct rk_rd inside = rk_der_inside(algorithm);
    struct rk_tlv oid;
    struct rk_err ignored;

    if (rk_der_next(&inside, &oid, &ignored) != RK_OK)
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (rk_der_is_oid(&oid, &kinds[i].oid))
            return kinds[i].digest;
    return NULL;
}

static bool curve_is_known(const EVP_PKEY *key)
{
    static const char *const curves[] = {
        "prime192v1", "secp224r1",       "prime256v1",      "secp384r1",       "secp521r1",
        "secp256k1",  "sect163k1",       "sect233k1",       "sect283k1",       "sect409k1",
        "sect571k1",  "sect163r2",       "sect233r1",       "sect283r1",       "sect409r1",
        "sect571r1",  "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1",
    };
    char name[64] = "";
    size_t len;

    if (EVP_PKEY_get_group_name(key, name, sizeof name, &len) != 1)
        return false;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (strcmp(name, curves[i]) == 0)
            return true;
    return false;
}

/* Parameters written out in full, or the point at infinity. */
static bool ec_is_unfit(const struct rk_tlv *spki)
{
    struct rk_rd inside = rk_der_inside(spki), algorithm;
    struct rk_tlv sequence, oid, parameters, bits;
    struct rk_err ignored;

    if (rk_der_next(&inside, &sequence, &ignored) || rk_der_next(&inside, &bits, &ignored))
        return true;
    algorithm = rk_der_inside(&sequence);
    return rk_der_next(&algorithm, &oid, &ignored) ||
           rk_der_next(&algorithm, &parameters, &ignored) || parameters.tag != RK_DER_OID ||
           bits.len <= 2;
}

static bool check_key(const struct rk_strict *s, const struct rk_tlv *spki)
{
    const unsigned char *at = spki->head;
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki->size);
    bool good = key != NULL;

    if (good && EVP_PKEY_is_a(key, "EC"))
        good = curve_is_known(key) && !ec_is_unfit(spki);
    else if (good)
        good = EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS") ||
               EVP_PKEY_is_a(key, "DSA") || EVP_PKEY_is_a(key, "DH") || EVP_PKEY_is_a(key, "DHX") ||
               EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ||
               EVP_PKEY_is_a(key, "X25519") || EVP_PKEY_is_a(key, "X448");
    ERR_clear_error();
    return good || rk_lint_refuse(s->book, s->who, RK_RULE_KEY_VALUE,
                                  "the key cannot be read: its kind, curve, point or numbers");
}

/* Later versions of cryptography read RSA keys themselves, by DER's rules; OpenSSL is not so
 * strict. */
static void note_rsa(const struct rk_strict *s, const struct rk_tlv *spki)
{
    struct rk_rd inside = rk_der_inside(spki), algorithm;
    struct rk_tlv sequence, oid, bits, numbers, number;
    struct rk_err ignored;
    bool good = true;

    if (rk_der_next(&inside, &sequence, &ignored) || rk_der_next(&inside, &bits, &ignored))
        return;
    algorithm = rk_der_inside(&sequence);
    if (rk_der_next(&algorithm, &oid, &ignored) || !rk_der_is_oid(&oid, &rk_oid_rsa) ||
        bits.len < 2)
        return;
    inside = rk_der_inside(&bits);
    (void)rk_rd_be(&inside, 1);
    if (rk_der_next(&inside, &numbers, &ignored))
        return;
    good = rk_rd_left(&inside) == 0;
    for (inside = rk_der_inside(&numbers); good && rk_rd_left(&inside) != 0;)
        good = rk_der_next(&inside, &number, &ignored) == RK_OK && rk_length_is_minimal(&number) &&
               rk_integer_is_minimal(&number) && number.p[0] < 0x80;
    if (!good)
        rk_lint_note(s->book, s->who, RK_RULE_NEWER,
                     "the RSA key at offset 0x%zx is loosely encoded or negative: cryptography 38 "
                     "takes it, later ones refuse",
                     bits.at);
}

/* ---- under a CA */

struct parts { /* version's tag is 0 where it is left out */
    struct rk_tlv cert, tbs, version, serial, tbs_alg, issuer, validity, subject, spki;
    struct rk_tlv alg, signature;
};

static bool signature_holds(X509 *ca, const struct parts *cert, const char *digest)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key = X509_get0_pubkey(ca);
    bool good = ctx != NULL && key != NULL && cert->signature.len > 1 &&
                (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC")) &&
                EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL) == 1 &&
                EVP_DigestVerify(ctx, cert->signature.p + 1, cert->signature.len - 1,
                                 cert->tbs.head, cert->tbs.size) == 1;

    ERR_clear_error();
    return good;
}

static enum rk_rc check_ca(const struct rk_strict *s, const struct parts *cert,
                           STACK_OF(X509) * store, const char *digest, struct rk_err *err)
{
    bool named = false;

    for (int i = 0; i < sk_X509_num(store); i++) {
        X509 *ca = sk_X509_value(store, i);
        const unsigned char *subject;
        size_t len;
        struct rk_tlv name;
        struct rk_rd rd;
        bool alike;

        if (X509_NAME_get0_der(X509_get_subject_name(ca), &subject, &len) != 1)
            return rk_fail_nomem(err);
        rd = (struct rk_rd) { .buf = subject, .len = len };
        if (rk_der_next(&rd, &name, err) || rk_py_names_alike(&cert->issuer, &name, &alike, err))
            return err->rc;
        if (alike && signature_holds(ca, cert, digest))
            return RK_OK;
        named = named || alike;
    }
    (void)rk_lint_refuse(s->book, s->who, named ? RK_RULE_CA_SIGNATURE : RK_RULE_CA_NAME, "%s",
                         named ? "the signature is not that of a CA given (RSA PKCS #1 v1.5 or "
                                 "ECDSA)"
                               : "no CA given has the issuer's name");
    return RK_OK;
}

/* ---- the whole */

static bool parse(const struct rk_strict *s, const uint8_t *der, size_t len)
{
    struct rk_rd rd = { .buf = der, .len = len };

    if (!rk_py_read(s, &rk_py_certificate, &rd))
        return false;
    return rk_rd_left(&rd) == 0 ||
           rk_lint_refuse(s->book, s->who, RK_RULE_PADDING,
                          "%s behind the certificate's %zu: cut by head -c %zu",
                          RK_COUNTED(rk_rd_left(&rd), "byte"), rd.pos, rd.pos);
}

/* cryptography knows the versions 1 and 3. */
static bool check_version(const struct rk_strict *s, const struct parts *cert)
{
    const struct rk_tlv *v = &cert->version;

    return v->tag == 0 || (v->len == 1 && v->p[0] == 2) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_VERSION_WRITTEN,
                          "version is written out, and is not 3");
}

/* The parts that are asked on, of DER that was read once already. */
static bool cut(const uint8_t *der, size_t len, struct parts *ret)
{
    struct rk_rd rd = { .buf = der, .len = len }, inside, tbs;
    struct rk_tlv version;
    struct rk_err ignored;

    if (rk_der_next(&rd, &ret->cert, &ignored))
        return false;
    inside = rk_der_inside(&ret->cert);
    if (rk_der_next(&inside, &ret->tbs, &ignored) || rk_der_next(&inside, &ret->alg, &ignored) ||
        rk_der_next(&inside, &ret->signature, &ignored))
        return false;
    tbs = rk_der_inside(&ret->tbs);
    if (rk_der_peek(&tbs) == RK_DER_CONTEXT_CONSTRUCTED) {
        if (rk_der_next(&tbs, &version, &ignored))
            return false;
        inside = rk_der_inside(&version);
        if (rk_der_next(&inside, &ret->version, &ignored))
            return false;
    }
    return !rk_der_next(&tbs, &ret->serial, &ignored) &&
           !rk_der_next(&tbs, &ret->tbs_alg, &ignored) &&
           !rk_der_next(&tbs, &ret->issuer, &ignored) &&
           !rk_der_next(&tbs, &ret->validity, &ignored) &&
           !rk_der_next(&tbs, &ret->subject, &ignored) && !rk_der_next(&tbs, &ret->spki, &ignored);
}

/* What is asked of a certificate that was parsed. */
static enum rk_rc check(const struct rk_strict *s, const uint8_t *der, size_t len,
                        STACK_OF(X509) * ca, struct rk_err *err)
{
    struct parts cert = { .version.tag = 0 };
    const char *digest;
    bool good;

    if (!cut(der, len, &cert)) {
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_FORM, "certificate: a part is missing");
        return RK_OK;
    }
    rk_py_note_printable(s, &cert.issuer, "issuer");
    rk_py_note_printable(s, &cert.subject, "subject");
    note_rsa(s, &cert.spki);
    digest = digest_of(&cert.alg);
    good = check_version(s, &cert);
    good = rk_py_check_name(s, &cert.issuer) && good;
    if (digest == NULL)
        good = rk_lint_refuse(s->book, s->who, RK_RULE_SIGNATURE_KIND,
                              "the signature is neither RSA PKCS #1 v1.5 nor ECDSA with a hash of "
                              "MD5, SHA-1 or SHA-2");
    good = check_key(s, &cert.spki) && good;
    return good && ca != NULL ? check_ca(s, &cert, ca, digest, err) : RK_OK;
}

/* What one book says is said in the other. */
static void hand_on(const struct rk_lint_book *from, struct rk_lint_book *to)
{
    for (int i = 0; i < RK_RULES; i++)
        if (from->said[i].said)
            (void)rk_lint_refuse(to, from->said[i].refuse, (enum rk_lint_rule)i, "%s",
                                 from->said[i].text);
}

static const char *first_reason(const struct rk_lint_book *book)
{
    for (int i = 0; i < RK_RULES; i++)
        if (book->said[i].said)
            return book->said[i].text;
    return "";
}

/* cryptography refuses: pyasn1's turn. */
static enum rk_rc second_try(const struct rk_strict *s, const struct rk_lint_book *first,
                             const uint8_t *der, size_t len, STACK_OF(X509) * ca,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;
    struct rk_rd rd = { .buf = der, .len = len };

    if (rk_py_reencode(&rk_py_certificate, &rd, &again, err)) {
        if (err->rc == RK_E_NOMEM)
            return err->rc;
        hand_on(first, s->book);
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_FORM, "%.200s", err->msg);
        return RK_OK;
    }
    if (!parse(s, again.p, again.len))
        return RK_OK;
    if (first->said[RK_RULE_PADDING].said)
        rk_lint_note(s->book, s->who, RK_RULE_PADDING, "%s", first_reason(first));
    rk_lint_note(
        s->book, s->who, RK_RULE_REENCODED,
        "Python cryptography refuses it (%.120s), so Keylime reads what pyasn1 makes of it",
        first_reason(first));
    return check(s, again.p, again.len, ca, err);
}

static void book_done(struct rk_lint_book **book)
{
    rk_free(*book);
}

enum rk_rc rk_lint_keylime(const uint8_t *der, size_t len, STACK_OF(X509) * ca,
                           struct rk_lint_book *book, struct rk_err *err)
{
    RK_AUTO(book_done) struct rk_lint_book *first = rk_alloc(1, sizeof *first);
    struct rk_strict s = { .book = first, .who = RK_LINT_KEYLIME, .long_tags = true };

    if (first == NULL)
        return rk_fail_nomem(err);
    if (parse(&s, der, len)) {
        s.book = book;
        return check(&s, der, len, ca, err);
    }
    s.book = book;
    return second_try(&s, first, der, len, ca, err);
}
