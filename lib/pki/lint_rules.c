/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/lint.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define GO_RULES "google/go-attestation x509/ekcert.go, citing EK Credential Profile 2.6, 3.2"
#define SWTPM    "swtpm src/swtpm_cert/ek-cert.c, which writes it so"
#define PARSERS  "; the parsers of Go and of Python cryptography, where they read"
#define KEYLIME  "Keylime verify_ek"

enum {
    GO = RK_LINT_GO,
    PY = RK_LINT_KEYLIME,
    SB = RK_LINT_SECBOOT,
    GOES = GO | SB,
    ALL = GO | PY | SB,
};

/* A verifier is named only where a source says that it refuses. Source:
 * formats/ek-certificate.md 4.2 to 4.6, and the programs' own code. */
/* clang-format off */
const struct rk_lint_row rk_lint_rows[RK_RULES] = {
    [RK_RULE_PADDING]         = { "padding",             RK_LINT_WARN,  ALL,  "X.690; Go crypto/x509 ParseCertificate; " KEYLIME },
    [RK_RULE_FORM]            = { "certificate-form",    RK_LINT_ERROR, ALL,  "RFC 5280 4.1" PARSERS },
    [RK_RULE_DER_LENGTH]      = { "der-length",          RK_LINT_ERROR, ALL,  "X.690 10.1" PARSERS },
    [RK_RULE_DER_BOOLEAN]     = { "der-boolean",         RK_LINT_ERROR, ALL,  "X.690 11.1" PARSERS },
    [RK_RULE_DER_INTEGER]     = { "der-integer",         RK_LINT_ERROR, ALL,  "X.690 8.3.2" PARSERS },
    [RK_RULE_DER_BITS]        = { "der-bit-string",      RK_LINT_ERROR, ALL,  "X.690 11.2.1" PARSERS },
    [RK_RULE_DER_OID]         = { "der-oid",             RK_LINT_ERROR, ALL,  "X.690 8.19" PARSERS },
    [RK_RULE_DER_SET_ORDER]   = { "der-set-order",       RK_LINT_ERROR, PY,   "X.690 11.6; Keylime #1775" },
    [RK_RULE_DER_DEFAULT]     = { "der-default",         RK_LINT_ERROR, PY,   "X.690 11.5; seen with AMD certificates" },
    [RK_RULE_EXT_MALFORMED]   = { "ext-malformed",       RK_LINT_ERROR, GOES, "RFC 5280 4.2; Go crypto/x509 parser" },
    [RK_RULE_EXT_TWICE]       = { "ext-twice",           RK_LINT_ERROR, GOES, "RFC 5280 4.2; Go crypto/x509 parser" },
    [RK_RULE_REENCODED]       = { "keylime-reencodes",   RK_LINT_WARN,  0,    KEYLIME ", x509_der_cert" },
    [RK_RULE_EXT_UNREADABLE]  = { "python-extensions",   RK_LINT_WARN,  0,    "Python cryptography: Certificate.extensions" },
    [RK_RULE_NEWER]           = { "newer-readers",       RK_LINT_WARN,  0,    "golang/go src/crypto/x509/parser.go of Go 1.26; cryptography 48, run" },
    [RK_RULE_VERSION]         = { "version-3",           RK_LINT_ERROR, ALL,  GO_RULES },
    [RK_RULE_VERSION_WRITTEN] = { "version-written",     RK_LINT_ERROR, PY,   "RFC 5280 4.1.2.1; Python cryptography" },
    [RK_RULE_SERIAL_POSITIVE] = { "serial-positive",     RK_LINT_ERROR, GO,   "RFC 5280 4.1.2.2; " GO_RULES },
    [RK_RULE_SERIAL_OCTETS]   = { "serial-20-octets",    RK_LINT_ERROR, 0,    "RFC 5280 4.1.2.2" },
    [RK_RULE_ALGORITHMS]      = { "signature-algorithm", RK_LINT_ERROR, GOES, "RFC 5280 4.1.1.2; Go crypto/x509 parser" },
    [RK_RULE_SIGNATURE_KIND]  = { "signature-kind",      RK_LINT_WARN,  PY,   KEYLIME ": RSA PKCS #1 v1.5 and ECDSA, hashes of Python cryptography" },
    [RK_RULE_SIGNATURE_WEAK]  = { "signature-weak",      RK_LINT_ERROR, 0,    "RFC 6194 3; RFC 6151" },
    [RK_RULE_ISSUER_EMPTY]    = { "issuer-empty",        RK_LINT_ERROR, GO,   GO_RULES },
    [RK_RULE_NAME_VALUE]      = { "name-value",          RK_LINT_ERROR, ALL,  "X.690 8.23" PARSERS },
    [RK_RULE_TIME_DIGITS]     = { "time-digits",         RK_LINT_ERROR, ALL,  "RFC 5280 4.1.2.5" PARSERS },
    [RK_RULE_TIME_FORM]       = { "time-form",           RK_LINT_ERROR, 0,    "RFC 5280 4.1.2.5" },
    [RK_RULE_TIME_ORDER]      = { "time-order",          RK_LINT_ERROR, 0,    "RFC 5280 4.1.2.5" },
    [RK_RULE_KEY_TYPE]        = { "key-type",            RK_LINT_WARN,  GOES, "TCG EK templates L-1 to H-7; go-attestation: RSA and ECDSA" },
    [RK_RULE_KEY_RSA]         = { "key-rsa",             RK_LINT_OK,    SB,   "snapcore/secboot verifyEkCertificate: RSA alone", true },
    [RK_RULE_KEY_SIZE]        = { "key-size",            RK_LINT_ERROR, 0,    "TCG EK templates L-1 to H-7" },
    [RK_RULE_KEY_VALUE]       = { "key-value",           RK_LINT_ERROR, ALL,  "RFC 3279 2.3.1, RFC 5480 2.2" PARSERS },
    [RK_RULE_SAN_MISSING]     = { "san-missing",         RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_SAN_CRITICAL]    = { "san-critical",        RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_SAN_MALFORMED]   = { "san-malformed",       RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_SAN_FORM]        = { "san-form",            RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_SAN_IDS]         = { "san-ids",             RK_LINT_WARN,  SB,   "swtpm #273; smallstep/certinfo #21; secboot" },
    [RK_RULE_SAN_SAMPLE]      = { "san-sample-values",   RK_LINT_WARN,  0,    "NVIDIA's CA simulator: manufacturer fixed to MSFT" },
    [RK_RULE_BASIC]           = { "basic-constraints",   RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_USAGE]           = { "key-usage",           RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_USAGE_FITS]      = { "key-usage-fits",      RK_LINT_ERROR, GOES, GO_RULES },
    [RK_RULE_USAGE_SIGNS]     = { "key-usage-signs",     RK_LINT_ERROR, 0,    "go-attestation and swtpm: digitalSignature only for a signing-capable EK" },
    [RK_RULE_USAGE_EXTRA]     = { "key-usage-extra",     RK_LINT_WARN,  0,    SWTPM },
    [RK_RULE_EKU]             = { "eku-ek-certificate",  RK_LINT_ERROR, SB,   "EK Credential Profile 2.6, 3.2; secboot: where an extendedKeyUsage is there" },
    [RK_RULE_SDA_MISSING]     = { "sda-missing",         RK_LINT_WARN,  0,    SWTPM },
    [RK_RULE_SDA_SPEC]        = { "sda-specification",   RK_LINT_ERROR, GO,   GO_RULES },
    [RK_RULE_AKI]             = { "aki-key-id",          RK_LINT_ERROR, GO,   GO_RULES },
    [RK_RULE_NEVER_CRITICAL]  = { "never-critical",      RK_LINT_WARN,  GO,   GO_RULES "; " SWTPM },
    [RK_RULE_UNKNOWN_CRITICAL] = { "unknown-critical",   RK_LINT_WARN,  SB,   "RFC 5280 4.2; Go crypto/x509 Verify" },
    [RK_RULE_POLICIES_EMPTY]  = { "policies-empty",      RK_LINT_ERROR, GO,   GO_RULES },
    [RK_RULE_AIA_MISSING]     = { "aia-missing",         RK_LINT_INFO,  0,    "tpm2-tss and Keylime's scripts follow it" },
    [RK_RULE_CRL_STATED]      = { "crl-stated",          RK_LINT_INFO,  0,    "tpm2-tools #2993; Windows AD CS checks revocation that is stated" },
    [RK_RULE_SIZE]            = { "size-2048",           RK_LINT_WARN,  0,    "NVIDIA's device-side tools: at most 2048 bytes" },
    [RK_RULE_CA_NAME]         = { "ca-name",             RK_LINT_ERROR, PY,   KEYLIME ": issuer and subject alike" },
    [RK_RULE_CA_SIGNATURE]    = { "ca-signature",        RK_LINT_ERROR, PY,   KEYLIME ": the signature under a CA of that name" },
};
/* clang-format on */

static struct rk_lint_said *say(struct rk_lint_book *book, enum rk_lint_rule rule, const char *fmt,
                                va_list ap) RK_PRINTF(3, 0);
static struct rk_lint_said *say(struct rk_lint_book *book, enum rk_lint_rule rule, const char *fmt,
                                va_list ap)
{
    struct rk_lint_said *said = &book->said[rule];

    if (!said->said)
        (void)vsnprintf(said->text, sizeof said->text, fmt, ap);
    said->said = true;
    return said;
}

bool rk_lint_refuse(struct rk_lint_book *book, unsigned who, enum rk_lint_rule rule,
                    const char *fmt, ...)
{
    va_list ap;

    assert((who & ~rk_lint_rows[rule].refuse) == 0);
    if (book == NULL)
        return false;
    va_start(ap, fmt);
    say(book, rule, fmt, ap)->refuse |= who;
    va_end(ap);
    return false;
}

void rk_lint_note(struct rk_lint_book *book, unsigned who, enum rk_lint_rule rule, const char *fmt,
                  ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(book, rule, fmt, ap)->note |= who;
    va_end(ap);
}
