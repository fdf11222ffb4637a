/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lint's parts. A rule is a row of one table (lint_rules.c). Who looks at a certificate writes
 * what breaks a rule into a book: the profile's checks (lint_profile.c), and a reader for each
 * program that verifies such certificates, which reads as that program reads and not as the
 * standard says (lint_go*.c, lint_python.c). A certificate is refused by a verifier whose reader
 * said so of a rule.
 */
#pragma once

#include "rotkit/cert_read.h"
#include "rotkit/ekcert.h"

/* Who said it. */
enum rk_lint_who {
    RK_LINT_PROFILE = 0,
    RK_LINT_GO = 1,      /* go-attestation */
    RK_LINT_KEYLIME = 2, /* verify_ek */
    RK_LINT_SECBOOT = 4,
};

enum rk_lint_rule {
    RK_RULE_PADDING,
    RK_RULE_FORM,
    RK_RULE_DER_LENGTH,
    RK_RULE_DER_BOOLEAN,
    RK_RULE_DER_INTEGER,
    RK_RULE_DER_BITS,
    RK_RULE_DER_OID,
    RK_RULE_DER_SET_ORDER,
    RK_RULE_DER_DEFAULT,
    RK_RULE_EXT_MALFORMED,
    RK_RULE_EXT_TWICE,
    RK_RULE_REENCODED,
    RK_RULE_EXT_UNREADABLE,
    RK_RULE_NEWER,
    RK_RULE_VERSION,
    RK_RULE_VERSION_WRITTEN,
    RK_RULE_SERIAL_POSITIVE,
    RK_RULE_SERIAL_OCTETS,
    RK_RULE_ALGORITHMS,
    RK_RULE_SIGNATURE_KIND,
    RK_RULE_SIGNATURE_WEAK,
    RK_RULE_ISSUER_EMPTY,
    RK_RULE_NAME_VALUE,
    RK_RULE_TIME_DIGITS,
    RK_RULE_TIME_FORM,
    RK_RULE_TIME_ORDER,
    RK_RULE_KEY_TYPE,
    RK_RULE_KEY_RSA,
    RK_RULE_KEY_SIZE,
    RK_RULE_KEY_VALUE,
    RK_RULE_SAN_MISSING,
    RK_RULE_SAN_CRITICAL,
    RK_RULE_SAN_MALFORMED,
    RK_RULE_SAN_FORM,
    RK_RULE_SAN_IDS,
    RK_RULE_SAN_SAMPLE,
    RK_RULE_BASIC,
    RK_RULE_USAGE,
    RK_RULE_USAGE_FITS,
    RK_RULE_USAGE_SIGNS,
    RK_RULE_USAGE_EXTRA,
    RK_RULE_EKU,
    RK_RULE_SDA_MISSING,
    RK_RULE_SDA_SPEC,
    RK_RULE_AKI,
    RK_RULE_NEVER_CRITICAL,
    RK_RULE_UNKNOWN_CRITICAL,
    RK_RULE_POLICIES_EMPTY,
    RK_RULE_AIA_MISSING,
    RK_RULE_CRL_STATED,
    RK_RULE_SIZE,
    RK_RULE_CA_NAME,
    RK_RULE_CA_SIGNATURE,
    RK_RULES
};

struct rk_lint_row {
    const char *id;
    enum rk_lint_level level; /* of what nobody refuses; a refusal is an error, unless ... */
    unsigned refuse;          /* rk_lint_who: whose reader may refuse over it */
    const char *source;
    bool choice; /* ... the certificate is as good as any, and a verifier wants another kind */
};
extern const struct rk_lint_row rk_lint_rows[RK_RULES];

/* What was said of each rule; the first text stays. */
struct rk_lint_book {
    struct rk_lint_said {
        bool said;
        unsigned refuse, note; /* rk_lint_who: who refuses; to whose users it is said */
        char text[256];
    } said[RK_RULES];
};

/* A rule is broken: who (0: the profile alone) refuses over it. False, to be returned. */
bool rk_lint_refuse(struct rk_lint_book *book, unsigned who, enum rk_lint_rule rule,
                    const char *fmt, ...) RK_PRINTF(4, 5);
/* Said to the users of who, who takes the certificate all the same. */
void rk_lint_note(struct rk_lint_book *book, unsigned who, enum rk_lint_rule rule, const char *fmt,
                  ...) RK_PRINTF(4, 5);

/* ---- the profile's look: what RFC 5280 and the EK profile ask */

/* The first place where the encoding leaves DER, by kind; 0: nowhere. Offsets in the file. */
struct rk_der_faults {
    size_t length, boolean, integer, bits, set_order, malformed_ext;
};

struct rk_san_facts {
    bool malformed;
    size_t directories, others,
        foreign; /* directoryNames, other names, attributes of other types */
    struct rk_tlv manufacturer, model, version;
};

struct rk_lint_facts {
    struct rk_cert cert;
    size_t len;
    struct rk_der_faults der;
    const struct rk_cert_ext *san, *basic, *usage, *eku, *sda, *aki, *aia, *policies, *crl, *ski;
    struct rk_san_facts san_facts;
    bool basic_ca;
    size_t basic_default;          /* offset of a cA FALSE that is written out; 0: none */
    uint16_t usage_bits;           /* first octet high: RK_KU_* */
    bool eku_ek;                   /* holds tcg-kp-EKCertificate */
    bool sda_spec;                 /* holds tpmSpecification */
    size_t aki_key_id, aki_fields; /* length of keyid; [0], [1], [2] present in all */
    bool policies_empty;
    bool key_known;
    struct rk_spki_info key;
    size_t repeated; /* offset of an extension that stands twice */
};
enum { /* RFC 5280 4.2.1.3, bit 0 is the highest */
       RK_KU_DIGITAL_SIGNATURE = 0x8000,
       RK_KU_KEY_ENCIPHERMENT = 0x2000,
       RK_KU_KEY_AGREEMENT = 0x0800,
};

/* RK_E_FORMAT when it is no certificate; anything less is a fact. */
enum rk_rc rk_lint_read(const uint8_t *der, size_t len, struct rk_lint_facts *ret,
                        struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_lint_profile(const uint8_t *der, size_t len, struct rk_lint_book *book,
                           struct rk_err *err) RK_MUST_CHECK;

/* ---- the verifiers' readers; len counts what stands behind the certificate too */

enum rk_rc rk_lint_go(const uint8_t *der, size_t len, struct rk_lint_book *book,
                      struct rk_err *err) RK_MUST_CHECK;
/* ca: certificates of Keylime's store; NULL: issuer and signature are not asked. */
enum rk_rc rk_lint_keylime(const uint8_t *der, size_t len, STACK_OF(X509) * ca,
                           struct rk_lint_book *book, struct rk_err *err) RK_MUST_CHECK;
