/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the EK profile and RFC 5280 ask, whoever verifies: one check a rule. Source:
 * formats/ek-certificate.md 4.2, 4.6.
 */
#include "pki/lint_profile.h"

#include "rotkit/counted.h"

#include "base/mem.h"

#include <string.h>

enum { EK_CERT_MAX = 2048, SERIAL_OCTETS_MAX = 20 };

/* ---- encoding ---- */

static bool der_length(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->der.length != 0 &&
           rk_say(s, "length at offset 0x%zx takes more octets than it needs", f->der.length);
}

static bool der_boolean(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->der.boolean != 0 &&
           rk_say(s, "BOOLEAN at offset 0x%zx is neither 00 nor ff", f->der.boolean);
}

static bool der_integer(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->der.integer != 0 &&
           rk_say(s, "INTEGER at offset 0x%zx takes more octets than it needs", f->der.integer);
}

static bool der_bits(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->der.bits != 0 &&
           rk_say(s, "BIT STRING at offset 0x%zx has unused bits that are not zero", f->der.bits);
}

static bool der_set_order(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->der.set_order != 0 &&
           rk_say(s, "SET element at offset 0x%zx is out of order", f->der.set_order);
}

static bool der_default(const struct rk_lint_facts *f, struct rk_says *s)
{
    for (size_t i = 0; i < f->cert.ext_count; i++) {
        const struct rk_tlv *critical = &f->cert.ext[i].critical;

        if (critical->tag != 0 && critical->p[0] == 0)
            return rk_say(s, "critical FALSE is written out at offset 0x%zx, expected left out",
                          critical->at);
    }
    return f->basic_default != 0 &&
           rk_say(s, "cA FALSE is written out at offset 0x%zx, expected left out",
                  f->basic_default);
}

static bool ext_malformed(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->der.malformed_ext != 0 &&
           rk_say(s, "extension at offset 0x%zx holds no DER", f->der.malformed_ext);
}

static bool ext_twice(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->repeated != 0 && rk_say(s, "extension at offset 0x%zx stands twice", f->repeated);
}

/* ---- fields ---- */

static bool version(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_tlv *v = &f->cert.version;

    if (v->tag != 0 && v->len == 1 && v->p[0] == 2)
        return false;
    return rk_say(s, "version is %u, expected 3",
                  v->tag == 0   ? 1u
                  : v->len == 1 ? v->p[0] + 1u
                                : 0u);
}

/* A version that is left out is 1; one that is there must not be that, and 2 is nobody's. */
static bool version_written(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_tlv *v = &f->cert.version;

    return v->tag != 0 && (v->len != 1 || v->p[0] != 2) &&
           rk_say(s, "version is written out, and is not 3");
}

static bool serial_positive(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_tlv *serial = &f->cert.serial;

    if (serial->len != 0 && serial->p[0] >= 0x80)
        return rk_say(s, "serial number is negative");
    for (size_t i = 0; i < serial->len; i++)
        if (serial->p[i] != 0)
            return false;
    return rk_say(s, "serial number is zero");
}

static bool serial_octets(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->cert.serial.len > SERIAL_OCTETS_MAX &&
           rk_say(s, "serial number takes %s, at most %d", RK_COUNTED(f->cert.serial.len, "octet"),
                  SERIAL_OCTETS_MAX);
}

static bool algorithms(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_tlv *in = &f->cert.tbs_alg, *out = &f->cert.alg;

    return (in->size != out->size || memcmp(in->head, out->head, in->size) != 0) &&
           rk_say(s, "signature algorithm inside differs from the one outside");
}

/* md5WithRSAEncryption, sha1WithRSAEncryption, ecdsa-with-SHA1 */
static bool weak_signature(const struct rk_lint_facts *f, struct rk_says *s)
{
    static const struct rk_oid weak[] = { RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"),
                                          RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"),
                                          RK_OID("\x2a\x86\x48\xce\x3d\x04\x01") };
    struct rk_rd inside = rk_der_inside(&f->cert.alg);
    struct rk_tlv oid;
    struct rk_err ignored;

    if (rk_der_next(&inside, &oid, &ignored) != RK_OK)
        return false;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        if (rk_der_is_oid(&oid, &weak[i]))
            return rk_say(s, "signed with MD5 or SHA-1, expected SHA-256 or better");
    return false;
}

static bool issuer_empty(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->cert.issuer.len == 0 && rk_say(s, "issuer is empty");
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, by the tag. */
static bool time_digits(const char *what, const struct rk_tlv *time, struct rk_says *s)
{
    size_t digits = time->tag == RK_DER_UTC_TIME ? 12 : 14;
    char text[RK_SHOWN_MAX + 1];
    bool good = time->len == digits + 1 && time->p[digits] == 'Z';

    for (size_t i = 0; good && i < digits; i++)
        good = time->p[i] >= '0' && time->p[i] <= '9';
    rk_show(time, text);
    return !good &&
           rk_say(s, "%s \"%s\" is not in the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ", what, text);
}

static bool times_digits(const struct rk_lint_facts *f, struct rk_says *s)
{
    return time_digits("notBefore", &f->cert.not_before, s) ||
           time_digits("notAfter", &f->cert.not_after, s);
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
static bool time_form(const char *what, const struct rk_tlv *time, struct rk_says *s)
{
    char text[RK_SHOWN_MAX + 1];

    rk_show(time, text);
    return time->tag == RK_DER_GENERAL_TIME && time->len > 4 && memcmp(time->p, "2050", 4) < 0 &&
           rk_say(s, "%s %s is a GeneralizedTime before 2050, expected UTCTime", what, text);
}

static bool times_form(const struct rk_lint_facts *f, struct rk_says *s)
{
    return time_form("notBefore", &f->cert.not_before, s) ||
           time_form("notAfter", &f->cert.not_after, s);
}

/* YYYYMMDDHHMMSS; UTCTime years of 50 and more are 19xx. */
static bool sortable(const struct rk_tlv *time, char ret[15])
{
    size_t digits = time->tag == RK_DER_UTC_TIME ? 12 : 14;

    if (time->len < digits)
        return false;
    if (digits == 12) {
        memcpy(ret, time->p[0] >= '5' ? "19" : "20", 2);
        memcpy(ret + 2, time->p, 12);
    } else {
        memcpy(ret, time->p, 14);
    }
    ret[14] = '\0';
    return true;
}

static bool times_order(const struct rk_lint_facts *f, struct rk_says *s)
{
    char from[15], to[15];

    return sortable(&f->cert.not_before, from) && sortable(&f->cert.not_after, to) &&
           memcmp(from, to, 14) > 0 && rk_say(s, "notAfter lies before notBefore");
}

static bool size(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->len > EK_CERT_MAX &&
           rk_say(s, "certificate takes %s, at most %d", RK_COUNTED(f->len, "byte"), EK_CERT_MAX);
}

static bool key_type(const struct rk_lint_facts *f, struct rk_says *s)
{
    return !f->key_known && rk_say(s, "key is neither RSA nor EC on P-256, P-384 or P-521");
}

static bool key_size(const struct rk_lint_facts *f, struct rk_says *s)
{
    enum { RSA_MIN = 2048 };

    return f->key_known && f->key.kind == RK_KEY_RSA && f->key.bits < RSA_MIN &&
           rk_say(s, "RSA key has %s, at least %d", RK_COUNTED(f->key.bits, "bit"), RSA_MIN);
}

/* clang-format off */
static const struct rk_check checks[] = {
    { RK_RULE_DER_LENGTH,      der_length },
    { RK_RULE_DER_BOOLEAN,     der_boolean },
    { RK_RULE_DER_INTEGER,     der_integer },
    { RK_RULE_DER_BITS,        der_bits },
    { RK_RULE_DER_SET_ORDER,   der_set_order },
    { RK_RULE_DER_DEFAULT,     der_default },
    { RK_RULE_EXT_MALFORMED,   ext_malformed },
    { RK_RULE_EXT_TWICE,       ext_twice },
    { RK_RULE_VERSION,         version },
    { RK_RULE_VERSION_WRITTEN, version_written },
    { RK_RULE_SERIAL_POSITIVE, serial_positive },
    { RK_RULE_SERIAL_OCTETS,   serial_octets },
    { RK_RULE_ALGORITHMS,      algorithms },
    { RK_RULE_SIGNATURE_WEAK,  weak_signature },
    { RK_RULE_ISSUER_EMPTY,    issuer_empty },
    { RK_RULE_TIME_DIGITS,     times_digits },
    { RK_RULE_TIME_FORM,       times_form },
    { RK_RULE_TIME_ORDER,      times_order },
    { RK_RULE_KEY_TYPE,        key_type },
    { RK_RULE_KEY_SIZE,        key_size },
    { RK_RULE_SIZE,            size },
};
/* clang-format on */

static void run(const struct rk_check *rows, size_t count, const struct rk_lint_facts *facts,
                struct rk_lint_book *book)
{
    for (size_t i = 0; i < count; i++) {
        struct rk_says says = { .text = "" };

        if (rows[i].broken(facts, &says))
            (void)rk_lint_refuse(book, RK_LINT_PROFILE, rows[i].rule, "%s", says.text);
    }
}

static void facts_done(struct rk_lint_facts **facts)
{
    rk_free(*facts);
}

enum rk_rc rk_lint_profile(const uint8_t *der, size_t len, struct rk_lint_book *book,
                           struct rk_err *err)
{
    RK_AUTO(facts_done) struct rk_lint_facts *facts = rk_alloc(1, sizeof *facts);

    if (facts == NULL)
        return rk_fail_nomem(err);
    if (rk_lint_read(der, len, facts, err)) {
        (void)rk_lint_refuse(book, RK_LINT_PROFILE, RK_RULE_FORM, "%.200s", err->msg);
        return RK_OK;
    }
    run(checks, sizeof checks / sizeof checks[0], facts, book);
    run(rk_checks_ext, RK_CHECKS_EXT, facts, book);
    return RK_OK;
}
