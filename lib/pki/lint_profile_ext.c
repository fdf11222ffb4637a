/* SPDX-License-Identifier: Apache-2.0 */
/* What the EK profile asks of a certificate's extensions. Source:
 * formats/ek-certificate.md 4.2, 4.6. */
#include "pki/lint_profile.h"

#include "rotkit/counted.h"

#include <string.h>

static bool equals(const struct rk_tlv *value, const char *text)
{
    return value->len == strlen(text) && memcmp(value->p, text, value->len) == 0;
}

static bool is_critical(const struct rk_cert_ext *ext)
{
    return ext->critical.tag != 0 && ext->critical.p[0] != 0;
}

/* ---- subjectAltName ---- */

static bool san_missing(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->san == NULL && rk_say(s, "subjectAltName is missing");
}

static bool san_critical(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->san != NULL && f->cert.subject.len == 0 && !is_critical(f->san) &&
           rk_say(s, "subjectAltName is not critical although the subject is empty");
}

static bool san_malformed(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->san != NULL && f->san_facts.malformed && rk_say(s, "subjectAltName is malformed");
}

static bool san_form(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_san_facts *san = &f->san_facts;

    if (f->san == NULL || san->malformed)
        return false;
    if (san->directories != 1)
        return rk_say(s, "subjectAltName holds %s, expected 1",
                      RK_COUNTED(san->directories, "directoryName"));
    if (san->foreign != 0)
        return rk_say(s,
                      "subjectAltName holds %s other than tpmManufacturer, tpmModel, "
                      "tpmVersion",
                      RK_COUNTED(san->foreign, "attribute"));
    if (san->manufacturer.tag == 0 || san->model.tag == 0 || san->version.tag == 0)
        return rk_say(s, "subjectAltName lacks %s",
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

static bool san_ids(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_san_facts *san = &f->san_facts;
    char text[RK_SHOWN_MAX + 1];

    if (san->manufacturer.tag != 0 && id_digits(&san->manufacturer) != 8) {
        rk_show(&san->manufacturer, text);
        return rk_say(s, "tpmManufacturer is \"%s\", expected id: and 8 hex digits", text);
    }
    if (san->version.tag != 0 && id_digits(&san->version) == 0) {
        rk_show(&san->version, text);
        return rk_say(s, "tpmVersion is \"%s\", expected id: and hex digits", text);
    }
    return false;
}

static bool san_sample(const struct rk_lint_facts *f, struct rk_says *s)
{
    const struct rk_san_facts *san = &f->san_facts;
    char maker[RK_SHOWN_MAX + 1], model[RK_SHOWN_MAX + 1];

    if (!equals(&san->manufacturer, "id:4D534654") && !equals(&san->model, "SSE fTPM"))
        return false;
    rk_show(&san->manufacturer, maker);
    rk_show(&san->model, model);
    return rk_say(s, "manufacturer \"%s\", model \"%s\" are the reference code's sample values",
                  maker, model);
}

/* ---- the other extensions ---- */

static bool basic(const struct rk_lint_facts *f, struct rk_says *s)
{
    if (f->basic == NULL)
        return rk_say(s, "basicConstraints is missing");
    if (!is_critical(f->basic))
        return rk_say(s, "basicConstraints is not critical");
    return f->basic_ca && rk_say(s, "basicConstraints says CA:TRUE");
}

static bool usage_present(const struct rk_lint_facts *f, struct rk_says *s)
{
    if (f->usage == NULL)
        return rk_say(s, "keyUsage is missing");
    return !is_critical(f->usage) && rk_say(s, "keyUsage is not critical");
}

static bool usage_fits(const struct rk_lint_facts *f, struct rk_says *s)
{
    bool rsa = f->key.kind == RK_KEY_RSA;

    return f->usage != NULL && f->key_known &&
           (f->usage_bits & (rsa ? RK_KU_KEY_ENCIPHERMENT : RK_KU_KEY_AGREEMENT)) == 0 &&
           rk_say(s, "keyUsage lacks %s, which an %s EK needs",
                  rsa ? "keyEncipherment" : "keyAgreement", rsa ? "RSA" : "ECC");
}

static bool usage_signs(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->usage != NULL && (f->usage_bits & RK_KU_DIGITAL_SIGNATURE) != 0 &&
           rk_say(
               s,
               "keyUsage has digitalSignature, but an EK of the default templates only decrypts");
}

static bool usage_extra(const struct rk_lint_facts *f, struct rk_says *s)
{
    const unsigned known = RK_KU_DIGITAL_SIGNATURE | RK_KU_KEY_ENCIPHERMENT | RK_KU_KEY_AGREEMENT;

    return (f->usage_bits & ~known & 0xffff) != 0 && rk_say(s, "keyUsage has bits that no EK uses");
}

static bool eku(const struct rk_lint_facts *f, struct rk_says *s)
{
    if (f->eku == NULL)
        return rk_say(s, "extendedKeyUsage is missing, expected tcg-kp-EKCertificate 2.23.133.8.1");
    return !f->eku_ek && rk_say(s, "extendedKeyUsage lacks tcg-kp-EKCertificate 2.23.133.8.1");
}

static bool sda_missing(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->sda == NULL &&
           rk_say(s, "subjectDirectoryAttributes is missing, expected tpmSpecification");
}

static bool sda_spec(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->sda != NULL && !f->sda_spec &&
           rk_say(s, "subjectDirectoryAttributes lacks a tpmSpecification 2.23.133.2.16");
}

static bool aki(const struct rk_lint_facts *f, struct rk_says *s)
{
    if (f->aki == NULL)
        return rk_say(s, "authorityKeyIdentifier is missing");
    return f->aki_key_id == 0 && rk_say(s, "authorityKeyIdentifier has no keyid");
}

static bool never_critical(const struct rk_lint_facts *f, struct rk_says *s)
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
            return rk_say(s, "%s is critical, expected not", rows[i].name);
    return false;
}

static bool aia_missing(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->aia == NULL &&
           rk_say(
               s,
               "authorityInfoAccess is missing: verifiers cannot fetch the issuer by themselves");
}

static bool crl_stated(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->crl != NULL &&
           rk_say(s,
                  "cRLDistributionPoints is there: verifiers refuse when they find no fresh CRL");
}

static bool policies_empty(const struct rk_lint_facts *f, struct rk_says *s)
{
    return f->policies != NULL && f->policies_empty &&
           rk_say(s, "certificatePolicies holds no policy, expected at least one");
}

/* clang-format off */
const struct rk_check rk_checks_ext[RK_CHECKS_EXT] = {
    { RK_RULE_SAN_MISSING,    san_missing },
    { RK_RULE_SAN_CRITICAL,   san_critical },
    { RK_RULE_SAN_MALFORMED,  san_malformed },
    { RK_RULE_SAN_FORM,       san_form },
    { RK_RULE_SAN_IDS,        san_ids },
    { RK_RULE_SAN_SAMPLE,     san_sample },
    { RK_RULE_BASIC,          basic },
    { RK_RULE_USAGE,          usage_present },
    { RK_RULE_USAGE_FITS,     usage_fits },
    { RK_RULE_USAGE_SIGNS,    usage_signs },
    { RK_RULE_USAGE_EXTRA,    usage_extra },
    { RK_RULE_EKU,            eku },
    { RK_RULE_SDA_MISSING,    sda_missing },
    { RK_RULE_SDA_SPEC,       sda_spec },
    { RK_RULE_AKI,            aki },
    { RK_RULE_NEVER_CRITICAL, never_critical },
    { RK_RULE_POLICIES_EMPTY, policies_empty },
    { RK_RULE_AIA_MISSING,    aia_missing },
    { RK_RULE_CRL_STATED,     crl_stated },
};
/* clang-format on */
