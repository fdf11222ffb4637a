/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What go-attestation's ToEKCertificate and secboot's verifyEkCertificate ask of what crypto/x509
 * read. Both read subjectAltName again, by encoding/asn1.
 */
#include "pki/lint_go.h"

#include "rotkit/counted.h"

#include <string.h>

/* ---- encoding/asn1 */

/* A value of an empty interface: what a universal, primitive one holds is looked at. */
static bool any_is_good(const struct rk_tlv *value)
{
    switch (value->tag) {
    case RK_DER_INTEGER:
        return rk_integer_is_minimal(value) && value->len <= 8;
    case RK_DER_BIT_STRING:
        return rk_bits_are_clean(value);
    case RK_DER_OID:
        return rk_oid_is_good(value, &rk_go_asn1_oid);
    case RK_DER_UTC_TIME:
    case RK_DER_GENERAL_TIME:
        return rk_go_time_is_good(value);
    case RK_DER_PRINTABLE:
    case RK_DER_UTF8:
    case 0x12: /* NumericString */
    case 0x16: /* IA5String */
    case 0x1e: /* BMPString */
        return rk_go_string_is_good(value->tag, value->p, value->len);
    default:
        return true;
    }
}

/* The types that become a string; GeneralString is only taken where one is asked for. */
static bool is_string(uint8_t tag)
{
    return tag == RK_DER_UTF8 || (tag >= 0x12 && tag <= 0x14) || tag == 0x16 || tag == 0x1e;
}

static bool string_is_good(const struct rk_tlv *value)
{
    return value->tag == 0x1b ||
           (is_string(value->tag) && rk_go_string_is_good(value->tag, value->p, value->len));
}

/* What Go prints of a string: a BMPString's last character is dropped when it is 0. */
static bool is_empty(const struct rk_tlv *value)
{
    return is_string(value->tag) && (value->len == 0 || (value->tag == 0x1e && value->len == 2 &&
                                                         value->p[0] == 0 && value->p[1] == 0));
}

/* ---- subjectAltName */

enum { MAKER, MODEL, VERSION, IDS };
static const struct {
    const struct rk_oid *oid;
    const char *name;
} ids[IDS] = {
    [MAKER] = { &rk_oid_tpm_manufacturer, "tpmManufacturer" },
    [MODEL] = { &rk_oid_tpm_model, "tpmModel" },
    [VERSION] = { &rk_oid_tpm_version, "tpmVersion" },
};

struct directory {
    struct rk_tlv id[IDS]; /* the last of each; tag 0: none */
    size_t count[IDS];
    size_t foreign;
    bool trailing;
};

static bool malformed(const struct rk_strict *s, const char *what)
{
    return rk_lint_refuse(s->book, s->who, RK_RULE_SAN_MALFORMED, "subjectAltName is malformed: %s",
                          what);
}

static bool read_attribute(const struct rk_strict *s, const struct rk_tlv *attribute,
                           struct directory *ret)
{
    struct rk_rd inside = rk_der_inside(attribute);
    struct rk_tlv type, value;
    bool known = false;

    if (!rk_strict_next(s, &inside, RK_DER_OID, "attribute", &type) ||
        !rk_strict_oid(s, &type, &rk_go_asn1_oid, "attribute") ||
        !rk_strict_next(s, &inside, RK_STRICT_ANY, "attribute", &value))
        return malformed(s, "an attribute is no type and value");
    if (!any_is_good(&value))
        return malformed(s, "an attribute's value is not what its string type allows");
    for (size_t i = 0; i < IDS; i++) {
        if (!rk_der_is_oid(&type, ids[i].oid))
            continue;
        ret->id[i] = value;
        ret->count[i]++;
        known = true;
    }
    ret->foreign += !known;
    return true;
}

static bool read_directory(const struct rk_strict *s, const struct rk_tlv *name,
                           struct directory *ret)
{
    struct rk_rd outer = rk_der_inside(name), rdns, set;
    struct rk_tlv sequence, rdn, attribute;

    if (!rk_strict_next(s, &outer, RK_DER_SEQUENCE, "directoryName", &sequence))
        return malformed(s, "a directoryName is no SEQUENCE");
    for (rdns = rk_der_inside(&sequence); rk_rd_left(&rdns) != 0;) {
        if (!rk_strict_next(s, &rdns, RK_DER_SET, "directoryName", &rdn))
            return malformed(s, "a directoryName is no list of SETs");
        for (set = rk_der_inside(&rdn); rk_rd_left(&set) != 0;)
            if (!rk_strict_next(s, &set, RK_DER_SEQUENCE, "attribute", &attribute) ||
                !read_attribute(s, &attribute, ret))
                return malformed(s, "a directoryName's SET holds more than attributes");
    }
    ret->trailing = rk_rd_left(&outer) != 0;
    return true;
}

/* permanentIdentifier, RFC 4043: [0] { SEQUENCE { string OPTIONAL, OID OPTIONAL } }, more may
 * follow. */
static bool read_permanent(const struct rk_strict *s, const struct rk_tlv *name)
{
    static const struct rk_oid permanent = RK_OID("\x2b\x06\x01\x05\x05\x07\x08\x03");
    struct rk_rd inside = rk_der_inside(name), fields;
    struct rk_tlv type, value, sequence, field;

    if (name->tag != RK_DER_CONTEXT_CONSTRUCTED ||
        !rk_strict_next(s, &inside, RK_DER_OID, "otherName", &type) ||
        !rk_strict_oid(s, &type, &rk_go_asn1_oid, "otherName") ||
        !rk_strict_next(s, &inside, RK_STRICT_ANY, "otherName", &value))
        return malformed(s, "an otherName is no type and value");
    if (!rk_der_is_oid(&type, &permanent))
        return rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM,
                              "subjectAltName holds an otherName that is no permanentIdentifier");
    inside = rk_der_inside(&value);
    if (value.tag != RK_DER_CONTEXT_CONSTRUCTED ||
        !rk_strict_next(s, &inside, RK_DER_SEQUENCE, "permanentIdentifier", &sequence))
        return malformed(s, "a permanentIdentifier is no SEQUENCE");
    fields = rk_der_inside(&sequence);
    if (rk_rd_left(&fields) == 0)
        return true;
    if (!rk_strict_next(s, &fields, RK_STRICT_ANY, "permanentIdentifier", &field))
        return malformed(s, "a permanentIdentifier");
    if (is_string(field.tag) || field.tag == 0x1b) {
        if (!string_is_good(&field))
            return malformed(s, "a permanentIdentifier's value");
        if (rk_rd_left(&fields) == 0)
            return true;
        if (!rk_strict_next(s, &fields, RK_STRICT_ANY, "permanentIdentifier", &field))
            return malformed(s, "a permanentIdentifier");
    }
    return field.tag != RK_DER_OID || rk_strict_oid(s, &field, &rk_go_asn1_oid, "assigner");
}

/* The list of names, by encoding/asn1: nothing may stand behind it. */
static bool take_names(const struct rk_strict *s, const struct rk_go_ext *san, struct rk_rd *ret)
{
    struct rk_rd value = rk_der_inside(&san->value);
    struct rk_tlv sequence;

    if (!rk_strict_next(s, &value, RK_DER_SEQUENCE, "subjectAltName", &sequence) ||
        rk_rd_left(&value) != 0)
        return malformed(s, "it is not one SEQUENCE alone");
    *ret = rk_der_inside(&sequence);
    return true;
}

static void go_ids(const struct rk_strict *s, const struct directory *directory)
{
    if (directory->foreign != 0)
        (void)rk_lint_refuse(
            s->book, s->who, RK_RULE_SAN_FORM,
            "subjectAltName holds %s other than tpmManufacturer, tpmModel, tpmVersion",
            RK_COUNTED(directory->foreign, "attribute"));
    for (size_t i = 0; i < IDS; i++)
        if (directory->id[i].head == NULL || is_empty(&directory->id[i]))
            (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM, "subjectAltName%s %s%s",
                                 directory->id[i].head == NULL ? " lacks" : "'s", ids[i].name,
                                 directory->id[i].head == NULL ? "" : " is empty");
}

/* The number of a name's tag decides, of whatever class it is. */
static void go_san(const struct rk_strict *s, const struct rk_go_ext *san)
{
    struct directory directory = { .foreign = 0 };
    size_t directories = 0;
    struct rk_rd names;
    struct rk_tlv name;

    if (!take_names(s, san, &names))
        return;
    while (rk_rd_left(&names) != 0) {
        bool good = true;

        if (!rk_strict_next(s, &names, RK_STRICT_ANY, "subjectAltName", &name)) {
            (void)malformed(s, "a name in it");
            return;
        }
        switch (name.tag & 0x1f) {
        case 0:
            good = read_permanent(s, &name);
            break;
        case 4:
            directory = (struct directory) { .foreign = 0 };
            good = read_directory(s, &name, &directory);
            directories++;
            break;
        default:
            (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM,
                                 "subjectAltName holds a name of kind %d beside the directoryName",
                                 name.tag & 0x1f);
        }
        if (!good)
            return;
    }
    if (directories != 1)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM,
                             "subjectAltName holds %s, expected 1",
                             RK_COUNTED(directories, "directoryName"));
    else
        go_ids(s, &directory);
}

/* ---- subjectDirectoryAttributes */

static bool is_int64(const struct rk_tlv *tlv)
{
    return tlv->tag == RK_DER_INTEGER && rk_integer_is_minimal(tlv) && tlv->len <= 8;
}

/* SEQUENCE { family of any string type, level, revision }; more may follow. */
static bool is_specification(const struct rk_strict *s, const struct rk_tlv *value)
{
    struct rk_rd inside = rk_der_inside(value);
    struct rk_tlv family, level, revision;

    return value->tag == RK_DER_SEQUENCE &&
           rk_strict_next(s, &inside, RK_STRICT_ANY, "tpmSpecification", &family) &&
           string_is_good(&family) &&
           rk_strict_next(s, &inside, RK_DER_INTEGER, "tpmSpecification", &level) &&
           is_int64(&level) &&
           rk_strict_next(s, &inside, RK_DER_INTEGER, "tpmSpecification", &revision) &&
           is_int64(&revision);
}

struct attribute {
    struct rk_tlv oid, first;
    size_t values;
};

static bool read_sda_attribute(const struct rk_strict *s, const struct rk_tlv *sequence,
                               struct attribute *ret)
{
    struct rk_rd inside = rk_der_inside(sequence), values;
    struct rk_tlv set, value;

    *ret = (struct attribute) { .values = 0 };
    if (!rk_strict_next(s, &inside, RK_DER_OID, "attribute", &ret->oid) ||
        !rk_strict_oid(s, &ret->oid, &rk_go_asn1_oid, "attribute") ||
        !rk_strict_next(s, &inside, RK_DER_SET, "attribute values", &set))
        return false;
    for (values = rk_der_inside(&set); rk_rd_left(&values) != 0; ret->values++) {
        if (!rk_strict_next(s, &values, RK_STRICT_ANY, "attribute value", &value))
            return false;
        if (ret->values == 0)
            ret->first = value;
    }
    return true;
}

static bool read_sda(const struct rk_strict *s, const struct rk_go_ext *sda, struct attribute *ret)
{
    struct rk_rd value = rk_der_inside(&sda->value), list;
    struct rk_tlv sequence, element;
    struct attribute one;

    if (!rk_strict_next(s, &value, RK_DER_SEQUENCE, "subjectDirectoryAttributes", &sequence) ||
        rk_rd_left(&value) != 0)
        return false;
    for (list = rk_der_inside(&sequence); rk_rd_left(&list) != 0;) {
        if (!rk_strict_next(s, &list, RK_DER_SEQUENCE, "attribute", &element) ||
            !read_sda_attribute(s, &element, &one))
            return false;
        if (ret->oid.tag == 0 && rk_der_is_oid(&one.oid, &rk_oid_tpm_specification))
            *ret = one;
    }
    return true;
}

static void go_sda(const struct rk_strict *s, const struct rk_go_ext *sda)
{
    struct attribute found = { .values = 0 };

    if (!read_sda(s, sda, &found))
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SDA_SPEC,
                             "subjectDirectoryAttributes is malformed");
    else if (found.oid.tag == 0)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SDA_SPEC,
                             "subjectDirectoryAttributes lacks a tpmSpecification 2.23.133.2.16");
    else if (found.values != 1 || !is_specification(s, &found.first))
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SDA_SPEC,
                             "tpmSpecification is not one SEQUENCE of family, level, revision");
}

/* ---- the rules of each */

static bool is_positive(const struct rk_tlv *serial)
{
    if (serial->len == 0 || serial->p[0] >= 0x80)
        return false;
    for (size_t i = 0; i < serial->len; i++)
        if (serial->p[i] != 0)
            return true;
    return false;
}

/* Names are there as crypto/x509 counts them: 30 00 is none. */
static bool is_absent(const struct rk_tlv *name)
{
    return name->len == 0;
}

static void go_usage(const struct rk_strict *s, const struct rk_go_cert *cert)
{
    bool rsa = cert->key == RK_GO_KEY_RSA;
    unsigned wanted = rsa ? RK_KU_KEY_ENCIPHERMENT : RK_KU_KEY_AGREEMENT;

    if (cert->usage.value.head == NULL || cert->usage_bits == 0)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_USAGE,
                             "keyUsage is missing or has no bit set");
    else if (cert->key != RK_GO_KEY_OTHER && (cert->usage_bits & wanted) == 0)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_USAGE_FITS,
                             "keyUsage lacks %s, which an %s EK needs",
                             rsa ? "keyEncipherment" : "keyAgreement", rsa ? "RSA" : "ECC");
}

static void common(const struct rk_strict *s, const struct rk_go_cert *cert)
{
    if (cert->basic.value.head == NULL || cert->is_ca)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_BASIC, "basicConstraints %s",
                             cert->is_ca ? "says CA:TRUE" : "is missing");
    if (cert->san.value.head == NULL)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_MISSING, "subjectAltName is missing");
    else if (is_absent(&cert->subject) && !cert->san.critical)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_CRITICAL,
                             "subjectAltName is not critical although the subject is empty");
}

static void flags(const struct rk_strict *s, const struct rk_go_cert *cert)
{
    const struct rk_go_ext *ext = &cert->flagged;
    enum rk_lint_rule rule = RK_RULE_NEVER_CRITICAL;

    if (ext->value.head == NULL)
        return;
    if (rk_go_is_oid(&ext->oid, &rk_oid_basic))
        rule = RK_RULE_BASIC;
    else if (rk_go_is_oid(&ext->oid, &rk_oid_key_usage))
        rule = RK_RULE_USAGE;
    (void)rk_lint_refuse(s->book, s->who, rule, "extension at offset 0x%zx is %scritical",
                         ext->oid.at, ext->critical ? "" : "not ");
}

void rk_go_attestation(const struct rk_go_cert *cert)
{
    const struct rk_strict s = { .book = cert->strict.book, .who = RK_LINT_GO, .long_tags = true };

    if (cert->version != 3)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_VERSION, "version is %u, expected 3",
                             cert->version);
    if (!is_positive(&cert->serial))
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_SERIAL_POSITIVE,
                             "serial number is zero or negative");
    if (is_absent(&cert->issuer))
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_ISSUER_EMPTY, "issuer is empty");
    if (cert->key_id_len == 0)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_AKI, "authorityKeyIdentifier %s",
                             cert->aki.value.head == NULL ? "is missing"
                                                          : "does not begin with a keyid");
    if (cert->policies.value.head != NULL && cert->policy_count == 0)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_POLICIES_EMPTY,
                             "certificatePolicies holds no policy, expected at least one");
    common(&s, cert);
    go_usage(&s, cert);
    flags(&s, cert);
    if (cert->san.value.head != NULL)
        go_san(&s, &cert->san);
    if (cert->sda.value.head != NULL)
        go_sda(&s, &cert->sda);
}

/* "id:" and an even number of hex digits: octets of them, or SIZE_MAX. */
static size_t id_octets(const struct rk_tlv *value)
{
    if (!is_string(value->tag) || value->len < 3 || memcmp(value->p, "id:", 3) != 0 ||
        value->len % 2 == 0)
        return SIZE_MAX;
    for (size_t i = 3; i < value->len; i++)
        if (value->p[i] == 0 || strchr("0123456789abcdefABCDEF", value->p[i]) == NULL)
            return SIZE_MAX;
    return (value->len - 3) / 2;
}

static void secboot_ids(const struct rk_strict *s, const struct directory *directory)
{
    for (size_t i = 0; i < IDS; i++)
        if (directory->count[i] != 1)
            (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM,
                                 "subjectAltName holds %zu %s, expected 1", directory->count[i],
                                 ids[i].name);
        else if (!is_string(directory->id[i].tag))
            (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM, "%s is no string", ids[i].name);
    if (directory->count[MAKER] == 1 && id_octets(&directory->id[MAKER]) != 4)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_IDS,
                             "tpmManufacturer is not id: and 8 hex digits");
    if (directory->count[VERSION] == 1 && id_octets(&directory->id[VERSION]) > 4)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_IDS,
                             "tpmVersion is not id: and up to 8 hex digits, two for an octet");
}

/* The first directoryName decides. */
static void secboot_san(const struct rk_strict *s, const struct rk_go_ext *san)
{
    struct directory directory = { .foreign = 0 };
    struct rk_rd names;
    struct rk_tlv name = { .tag = 0 };

    if (!take_names(s, san, &names))
        return;
    while (rk_rd_left(&names) != 0 && (name.tag & 0xdf) != RK_DER_CONTEXT + 4) {
        if (!rk_strict_next(s, &names, RK_STRICT_ANY, "subjectAltName", &name) ||
            (name.tag & 0xc0) != RK_DER_CONTEXT) {
            (void)malformed(s, "a name in it");
            return;
        }
    }
    if ((name.tag & 0xdf) != RK_DER_CONTEXT + 4)
        (void)rk_lint_refuse(s->book, s->who, RK_RULE_SAN_FORM,
                             "subjectAltName holds 0 directoryNames, expected 1");
    else if (read_directory(s, &name, &directory) && directory.trailing)
        (void)malformed(s, "something stands behind the directoryName's SEQUENCE");
    else if (s->book->said[RK_RULE_SAN_MALFORMED].refuse == 0 ||
             (s->book->said[RK_RULE_SAN_MALFORMED].refuse & s->who) == 0)
        secboot_ids(s, &directory);
}

void rk_go_secboot(const struct rk_go_cert *cert)
{
    const struct rk_strict s = { .book = cert->strict.book,
                                 .who = RK_LINT_SECBOOT,
                                 .long_tags = true };

    if (cert->key != RK_GO_KEY_RSA)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_KEY_RSA,
                             "the key is not RSA, the only kind that secboot takes");
    common(&s, cert);
    if (cert->key == RK_GO_KEY_RSA && (cert->usage_bits & RK_KU_KEY_ENCIPHERMENT) == 0)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_USAGE_FITS, "keyUsage lacks keyEncipherment");
    if (cert->eku_count != 0 && !cert->eku_any && !cert->eku_ek)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_EKU,
                             "extendedKeyUsage lacks tcg-kp-EKCertificate 2.23.133.8.1");
    if (cert->unknown.head != NULL)
        (void)rk_lint_refuse(s.book, s.who, RK_RULE_UNKNOWN_CRITICAL,
                             "critical extension at offset 0x%zx is none that Go knows",
                             cert->unknown.at);
    if (cert->san.value.head != NULL)
        secboot_san(&s, &cert->san);
}
