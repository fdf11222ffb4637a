/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lint: one row a rule. A verifier is named only where a source says that it refuses; the rule
 * stands without one where only a document asks for it. Source: formats/ek-certificate.md 4.2
 * to 4.6.
 */
#include "pki/lint.h"

#include "rotkit/counted.h"
#include "rotkit/ekcert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EK_CERT_MAX = 2048, SERIAL_OCTETS_MAX = 20, SHOWN_MAX = 64 };

struct says {
    char text[256];
};

static bool say(struct says *says, const char *fmt, ...) RK_PRINTF(2, 3);
static bool say(struct says *says, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(says->text, sizeof says->text, fmt, ap);
    va_end(ap);
    return true;
}

/* A string value for people: printable ASCII, at most SHOWN_MAX of it. */
static void show(const struct rk_tlv *value, char text[SHOWN_MAX + 1])
{
    size_t n = value->len < SHOWN_MAX ? value->len : SHOWN_MAX;

    for (size_t i = 0; i < n; i++)
        text[i] = value->p[i] >= ' ' && value->p[i] <= '~' ? (char)value->p[i] : '?';
    text[n] = '\0';
}

static bool equals(const struct rk_tlv *value, const char *text)
{
    return value->len == strlen(text) && memcmp(value->p, text, value->len) == 0;
}

static bool is_critical(const struct rk_cert_ext *ext)
{
    return ext->critical.tag != 0 && ext->critical.p[0] != 0;
}

/* ---- encoding ---- */

static bool der_length(const struct rk_lint_facts *f, struct says *s)
{
    return f->der.length != 0 &&
           say(s, "length at offset 0x%zx takes more octets than it needs", f->der.length);
}

static bool der_boolean(const struct rk_lint_facts *f, struct says *s)
{
    return f->der.boolean != 0 &&
           say(s, "BOOLEAN at offset 0x%zx is neither 00 nor ff", f->der.boolean);
}

static bool der_integer(const struct rk_lint_facts *f, struct says *s)
{
    return f->der.integer != 0 &&
           say(s, "INTEGER at offset 0x%zx takes more octets than it needs", f->der.integer);
}

static bool der_bits(const struct rk_lint_facts *f, struct says *s)
{
    return f->der.bits != 0 &&
           say(s, "BIT STRING at offset 0x%zx has unused bits that are not zero", f->der.bits);
}

static bool der_set_order(const struct rk_lint_facts *f, struct says *s)
{
    return f->der.set_order != 0 &&
           say(s, "SET element at offset 0x%zx is out of order", f->der.set_order);
}

static bool der_default(const struct rk_lint_facts *f, struct says *s)
{
    for (size_t i = 0; i < f->cert.ext_count; i++) {
        const struct rk_tlv *critical = &f->cert.ext[i].critical;

        if (critical->tag != 0 && critical->p[0] == 0)
            return say(s, "critical FALSE is written out at offset 0x%zx, expected left out",
                       critical->at);
    }
    return f->basic_default != 0 &&
           say(s, "cA FALSE is written out at offset 0x%zx, expected left out", f->basic_default);
}

static bool ext_malformed(const struct rk_lint_facts *f, struct says *s)
{
    return f->der.malformed_ext != 0 &&
           say(s, "extension at offset 0x%zx holds no DER", f->der.malformed_ext);
}

static bool ext_twice(const struct rk_lint_facts *f, struct says *s)
{
    return f->repeated != 0 && say(s, "extension at offset 0x%zx stands twice", f->repeated);
}

/* ---- fields ---- */

static bool version(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_tlv *v = &f->cert.version;

    if (v->tag != 0 && v->len == 1 && v->p[0] == 2)
        return false;
    return say(s, "version is %u, expected 3", v->tag == 0 ? 1u : v->len == 1 ? v->p[0] + 1u : 0u);
}

/* A version that is left out is 1; one that is there must not be that, and 2 is nobody's. */
static bool version_written(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_tlv *v = &f->cert.version;

    return v->tag != 0 && (v->len != 1 || v->p[0] != 2) &&
           say(s, "version is written out, and is not 3");
}

static bool serial_positive(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_tlv *serial = &f->cert.serial;

    if (serial->len != 0 && serial->p[0] >= 0x80)
        return say(s, "serial number is negative");
    for (size_t i = 0; i < serial->len; i++)
        if (serial->p[i] != 0)
            return false;
    return say(s, "serial number is zero");
}

static bool serial_octets(const struct rk_lint_facts *f, struct says *s)
{
    return f->cert.serial.len > SERIAL_OCTETS_MAX &&
           say(s, "serial number takes %s, at most %d", RK_COUNTED(f->cert.serial.len, "octet"),
               SERIAL_OCTETS_MAX);
}

static bool algorithms(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_tlv *in = &f->cert.tbs_alg, *out = &f->cert.alg;

    return (in->size != out->size || memcmp(in->head, out->head, in->size) != 0) &&
           say(s, "signature algorithm inside differs from the one outside");
}

/* md5WithRSAEncryption, sha1WithRSAEncryption, ecdsa-with-SHA1 */
static bool weak_signature(const struct rk_lint_facts *f, struct says *s)
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
            return say(s, "signed with MD5 or SHA-1, expected SHA-256 or better");
    return false;
}

static bool issuer_empty(const struct rk_lint_facts *f, struct says *s)
{
    return f->cert.issuer.len == 0 && say(s, "issuer is empty");
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, by the tag. */
static bool time_digits(const char *what, const struct rk_tlv *time, struct says *s)
{
    size_t digits = time->tag == RK_DER_UTC_TIME ? 12 : 14;
    char text[SHOWN_MAX + 1];
    bool good = time->len == digits + 1 && time->p[digits] == 'Z';

    for (size_t i = 0; good && i < digits; i++)
        good = time->p[i] >= '0' && time->p[i] <= '9';
    show(time, text);
    return !good &&
           say(s, "%s \"%s\" is not in the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ", what, text);
}

static bool times_digits(const struct rk_lint_facts *f, struct says *s)
{
    return time_digits("notBefore", &f->cert.not_before, s) ||
           time_digits("notAfter", &f->cert.not_after, s);
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
static bool time_form(const char *what, const struct rk_tlv *time, struct says *s)
{
    char text[SHOWN_MAX + 1];

    show(time, text);
    return time->tag == RK_DER_GENERAL_TIME && time->len > 4 && memcmp(time->p, "2050", 4) < 0 &&
           say(s, "%s %s is a GeneralizedTime before 2050, expected UTCTime", what, text);
}

static bool times_form(const struct rk_lint_facts *f, struct says *s)
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

static bool times_order(const struct rk_lint_facts *f, struct says *s)
{
    char from[15], to[15];

    return sortable(&f->cert.not_before, from) && sortable(&f->cert.not_after, to) &&
           memcmp(from, to, 14) > 0 && say(s, "notAfter lies before notBefore");
}

static bool size(const struct rk_lint_facts *f, struct says *s)
{
    return f->len > EK_CERT_MAX &&
           say(s, "certificate takes %s, at most %d", RK_COUNTED(f->len, "byte"), EK_CERT_MAX);
}

static bool key_type(const struct rk_lint_facts *f, struct says *s)
{
    return !f->key_known && say(s, "key is neither RSA nor EC on P-256, P-384 or P-521");
}

static bool key_size(const struct rk_lint_facts *f, struct says *s)
{
    enum { RSA_MIN = 2048 };

    return f->key_known && f->key.kind == RK_KEY_RSA && f->key.bits < RSA_MIN &&
           say(s, "RSA key has %s, at least %d", RK_COUNTED(f->key.bits, "bit"), RSA_MIN);
}

/* ---- subjectAltName ---- */

static bool san_missing(const struct rk_lint_facts *f, struct says *s)
{
    return f->san == NULL && say(s, "subjectAltName is missing");
}

static bool san_critical(const struct rk_lint_facts *f, struct says *s)
{
    return f->san != NULL && f->cert.subject.len == 0 && !is_critical(f->san) &&
           say(s, "subjectAltName is not critical although the subject is empty");
}

static bool san_malformed(const struct rk_lint_facts *f, struct says *s)
{
    return f->san != NULL && f->san_facts.malformed && say(s, "subjectAltName is malformed");
}

static bool san_form(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_san_facts *san = &f->san_facts;

    if (f->san == NULL || san->malformed)
        return false;
    if (san->directories != 1)
        return say(s, "subjectAltName holds %s, expected 1",
                   RK_COUNTED(san->directories, "directoryName"));
    if (san->foreign != 0)
        return say(s,
                   "subjectAltName holds %s other than tpmManufacturer, tpmModel, "
                   "tpmVersion",
                   RK_COUNTED(san->foreign, "attribute"));
    if (san->manufacturer.tag == 0 || san->model.tag == 0 || san->version.tag == 0)
        return say(s, "subjectAltName lacks %s",
                   san->manufacturer.tag == 0 ? "tpmManufacturer"
                   : san->model.tag == 0      ? "tpmModel"
                                              : "tpmVersion");
    return false;
}

/* Digits of an "id:" value; 0 when it has not that form. */
static size_t id_digits(const struct rk_tlv *value)
{
    if (value->len < 4 || memcmp(value->p, "id:", 3) != 0)
        return 0;
    for (size_t i = 3; i < value->len; i++)
        if (value->p[i] == 0 || strchr("0123456789abcdefABCDEF", value->p[i]) == NULL)
            return 0;
    return value->len - 3;
}

static bool san_ids(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_san_facts *san = &f->san_facts;
    char text[SHOWN_MAX + 1];

    if (san->manufacturer.tag != 0 && id_digits(&san->manufacturer) != 8) {
        show(&san->manufacturer, text);
        return say(s, "tpmManufacturer is \"%s\", expected id: and 8 hex digits", text);
    }
    if (san->version.tag != 0 && id_digits(&san->version) == 0) {
        show(&san->version, text);
        return say(s, "tpmVersion is \"%s\", expected id: and hex digits", text);
    }
    return false;
}

static bool san_sample(const struct rk_lint_facts *f, struct says *s)
{
    const struct rk_san_facts *san = &f->san_facts;
    char maker[SHOWN_MAX + 1], model[SHOWN_MAX + 1];

    if (!equals(&san->manufacturer, "id:4D534654") && !equals(&san->model, "SSE fTPM"))
        return false;
    show(&san->manufacturer, maker);
    show(&san->model, model);
    return say(s, "manufacturer \"%s\", model \"%s\" are the reference code's sample values", maker,
               model);
}

/* ---- the other extensions ---- */

static bool basic(const struct rk_lint_facts *f, struct says *s)
{
    if (f->basic == NULL)
        return say(s, "basicConstraints is missing");
    if (!is_critical(f->basic))
        return say(s, "basicConstraints is not critical");
    return f->basic_ca && say(s, "basicConstraints says CA:TRUE");
}

static bool usage_present(const struct rk_lint_facts *f, struct says *s)
{
    if (f->usage == NULL)
        return say(s, "keyUsage is missing");
    return !is_critical(f->usage) && say(s, "keyUsage is not critical");
}

static bool usage_fits(const struct rk_lint_facts *f, struct says *s)
{
    bool rsa = f->key.kind == RK_KEY_RSA;

    return f->usage != NULL && f->key_known &&
           (f->usage_bits & (rsa ? RK_KU_KEY_ENCIPHERMENT : RK_KU_KEY_AGREEMENT)) == 0 &&
           say(s, "keyUsage lacks %s, which an %s EK needs",
               rsa ? "keyEncipherment" : "keyAgreement", rsa ? "RSA" : "ECC");
}

static bool usage_signs(const struct rk_lint_facts *f, struct says *s)
{
    return f->usage != NULL && (f->usage_bits & RK_KU_DIGITAL_SIGNATURE) != 0 &&
           say(s,
               "keyUsage has digitalSignature, but an EK of the default templates only decrypts");
}

static bool usage_extra(const struct rk_lint_facts *f, struct says *s)
{
    const unsigned known = RK_KU_DIGITAL_SIGNATURE | RK_KU_KEY_ENCIPHERMENT | RK_KU_KEY_AGREEMENT;

    return (f->usage_bits & ~known & 0xffff) != 0 && say(s, "keyUsage has bits that no EK uses");
}

static bool eku(const struct rk_lint_facts *f, struct says *s)
{
    if (f->eku == NULL)
        return say(s, "extendedKeyUsage is missing, expected tcg-kp-EKCertificate 2.23.133.8.1");
    return !f->eku_ek && say(s, "extendedKeyUsage lacks tcg-kp-EKCertificate 2.23.133.8.1");
}

static bool sda_missing(const struct rk_lint_facts *f, struct says *s)
{
    return f->sda == NULL &&
           say(s, "subjectDirectoryAttributes is missing, expected tpmSpecification");
}

static bool sda_spec(const struct rk_lint_facts *f, struct says *s)
{
    return f->sda != NULL && !f->sda_spec &&
           say(s, "subjectDirectoryAttributes lacks a tpmSpecification 2.23.133.2.16");
}

static bool aki(const struct rk_lint_facts *f, struct says *s)
{
    if (f->aki == NULL)
        return say(s, "authorityKeyIdentifier is missing");
    return f->aki_key_id == 0 && say(s, "authorityKeyIdentifier has no keyid");
}

static bool never_critical(const struct rk_lint_facts *f, struct says *s)
{
    const struct {
        const struct rk_cert_ext *ext;
        const char *name;
    } rows[] = {
        { f->eku, "extendedKeyUsage" },         { f->sda, "subjectDirectoryAttributes" },
        { f->aki, "authorityKeyIdentifier" },   { f->aia, "authorityInfoAccess" },
        { f->policies, "certificatePolicies" }, { f->crl, "cRLDistributionPoints" },
        { f->ski, "subjectKeyIdentifier" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].ext != NULL && is_critical(rows[i].ext))
            return say(s, "%s is critical, expected not", rows[i].name);
    return false;
}

static bool aia_missing(const struct rk_lint_facts *f, struct says *s)
{
    return f->aia == NULL &&
           say(s,
               "authorityInfoAccess is missing: verifiers cannot fetch the issuer by themselves");
}

static bool crl_stated(const struct rk_lint_facts *f, struct says *s)
{
    return f->crl != NULL &&
           say(s, "cRLDistributionPoints is there: verifiers refuse when they find no fresh CRL");
}

static bool policies_empty(const struct rk_lint_facts *f, struct says *s)
{
    return f->policies != NULL && f->policies_empty &&
           say(s, "certificatePolicies holds no policy, expected at least one");
}

#define NO_RULE        "no rule known"
#define CRYPTOGRAPHY   "Python cryptography"
#define GO_ATTESTATION "go-attestation"
#define GO_SOURCE      "google/go-attestation x509/ekcert.go, citing EK Credential Profile 2.6, 3.2"
#define STRICT_SOURCE  "; refused by cryptography 38 and 48, where they read"
#define SWTPM_SOURCE   "swtpm src/swtpm_cert/ek-cert.c, which writes it so"

/* clang-format off */
static const struct rule {
    const char *id;
    enum rk_lint_level level;
    bool (*check)(const struct rk_lint_facts *facts, struct says *says);
    const char *verifier, *source;
} rules[] = {
    { "der-length",          RK_LINT_ERROR, der_length,      CRYPTOGRAPHY, "X.690 10.1" STRICT_SOURCE },
    { "der-boolean",         RK_LINT_ERROR, der_boolean,     CRYPTOGRAPHY, "X.690 11.1" STRICT_SOURCE },
    { "der-integer",         RK_LINT_ERROR, der_integer,     CRYPTOGRAPHY, "X.690 8.3.2" STRICT_SOURCE },
    { "der-bit-string",      RK_LINT_ERROR, der_bits,        CRYPTOGRAPHY, "X.690 11.2.1" STRICT_SOURCE },
    { "der-set-order",       RK_LINT_ERROR, der_set_order,   CRYPTOGRAPHY, "X.690 11.6; Keylime #1775" },
    { "der-default",         RK_LINT_ERROR, der_default,     CRYPTOGRAPHY, "X.690 11.5; seen with AMD certificates" },
    { "ext-malformed",       RK_LINT_ERROR, ext_malformed,   CRYPTOGRAPHY, "RFC 5280 4.2" STRICT_SOURCE },
    { "ext-twice",           RK_LINT_ERROR, ext_twice,       CRYPTOGRAPHY, "RFC 5280 4.2" STRICT_SOURCE },
    { "version-3",           RK_LINT_ERROR, version,         GO_ATTESTATION, GO_SOURCE },
    { "version-written",     RK_LINT_ERROR, version_written, CRYPTOGRAPHY, "RFC 5280 4.1.2.1" STRICT_SOURCE },
    { "serial-positive",     RK_LINT_ERROR, serial_positive, NO_RULE, "RFC 5280 4.1.2.2" },
    { "serial-20-octets",    RK_LINT_ERROR, serial_octets,   NO_RULE, "RFC 5280 4.1.2.2" },
    { "signature-algorithm", RK_LINT_ERROR, algorithms,      NO_RULE, "RFC 5280 4.1.1.2" },
    { "signature-weak",      RK_LINT_ERROR, weak_signature,  NO_RULE, "RFC 6194 3; RFC 6151" },
    { "issuer-empty",        RK_LINT_ERROR, issuer_empty,    GO_ATTESTATION, GO_SOURCE },
    { "time-digits",         RK_LINT_ERROR, times_digits,    CRYPTOGRAPHY, "RFC 5280 4.1.2.5" STRICT_SOURCE },
    { "time-form",           RK_LINT_ERROR, times_form,      NO_RULE, "RFC 5280 4.1.2.5" },
    { "time-order",          RK_LINT_ERROR, times_order,     NO_RULE, "RFC 5280 4.1.2.5" },
    { "key-type",            RK_LINT_WARN,  key_type,        NO_RULE, "TCG EK templates L-1 to H-7" },
    { "key-size",            RK_LINT_ERROR, key_size,        NO_RULE, "TCG EK templates L-1 to H-7" },
    { "san-missing",         RK_LINT_ERROR, san_missing,     GO_ATTESTATION, GO_SOURCE },
    { "san-critical",        RK_LINT_ERROR, san_critical,    GO_ATTESTATION, GO_SOURCE },
    { "san-malformed",       RK_LINT_ERROR, san_malformed,   GO_ATTESTATION ", " CRYPTOGRAPHY, GO_SOURCE STRICT_SOURCE },
    { "san-form",            RK_LINT_ERROR, san_form,        GO_ATTESTATION, GO_SOURCE },
    { "san-ids",             RK_LINT_WARN,  san_ids,         NO_RULE, "swtpm #273; smallstep/certinfo #21" },
    { "san-sample-values",   RK_LINT_WARN,  san_sample,      NO_RULE, "NVIDIA's CA simulator: manufacturer fixed to MSFT" },
    { "basic-constraints",   RK_LINT_ERROR, basic,           GO_ATTESTATION, GO_SOURCE },
    { "key-usage",           RK_LINT_ERROR, usage_present,   GO_ATTESTATION, GO_SOURCE },
    { "key-usage-fits",      RK_LINT_ERROR, usage_fits,      GO_ATTESTATION, GO_SOURCE },
    { "key-usage-signs",     RK_LINT_ERROR, usage_signs,     NO_RULE, "go-attestation and swtpm: digitalSignature only for a signing-capable EK" },
    { "key-usage-extra",     RK_LINT_WARN,  usage_extra,     NO_RULE, SWTPM_SOURCE },
    { "eku-ek-certificate",  RK_LINT_ERROR, eku,             "Canonical secboot", "canonical/secboot, EK certificate checks" },
    { "sda-missing",         RK_LINT_WARN,  sda_missing,     NO_RULE, SWTPM_SOURCE },
    { "sda-specification",   RK_LINT_ERROR, sda_spec,        GO_ATTESTATION, GO_SOURCE },
    { "aki-key-id",          RK_LINT_ERROR, aki,             GO_ATTESTATION, GO_SOURCE },
    { "never-critical",      RK_LINT_WARN,  never_critical,  NO_RULE, SWTPM_SOURCE },
    { "policies-empty",      RK_LINT_ERROR, policies_empty,  GO_ATTESTATION, GO_SOURCE },
    { "aia-missing",         RK_LINT_INFO,  aia_missing,     NO_RULE, "tpm2-tss and Keylime's scripts follow it" },
    { "crl-stated",          RK_LINT_INFO,  crl_stated,      NO_RULE, "tpm2-tools #2993; Windows AD CS checks revocation that is stated" },
    { "size-2048",           RK_LINT_WARN,  size,            NO_RULE, "NVIDIA's device-side tools: at most 2048 bytes" },
};
/* clang-format on */

enum rk_rc rk_ekcert_lint(const uint8_t *der, size_t len,
                          void (*report)(void *arg, const struct rk_lint_finding *finding),
                          void *arg, struct rk_err *err)
{
    struct rk_lint_facts facts;

    if (rk_lint_read(der, len, &facts, err))
        return err->rc;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct rk_lint_finding finding = { .level = rules[i].level,
                                           .rule = rules[i].id,
                                           .verifier = rules[i].verifier,
                                           .source = rules[i].source };
        struct says says = { .text = "" };

        if (!rules[i].check(&facts, &says))
            continue;
        memcpy(finding.text, says.text, sizeof finding.text);
        report(arg, &finding);
    }
    return RK_OK;
}

/* What the rules that a verifier refuses over name. Keylime reads by Python cryptography. */
static const struct {
    const char *name, *word;
} verifiers[] = {
    { "go-attestation", GO_ATTESTATION },
    { "keylime", CRYPTOGRAPHY },
    { "secboot", "secboot" },
};
enum { VERIFIERS = sizeof verifiers / sizeof verifiers[0] };

const char *rk_lint_verifier_at(size_t i)
{
    return i < VERIFIERS ? verifiers[i].name : NULL;
}

bool rk_lint_verifier_refuses(size_t i, const struct rk_lint_finding *finding)
{
    return i < VERIFIERS && strstr(finding->verifier, verifiers[i].word) != NULL;
}
