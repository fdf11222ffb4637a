/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/cert_policy.h"

#include "base/ossl.h"
#include "rotkit/policy.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

RK_CLEANUP(names_done, GENERAL_NAMES, GENERAL_NAMES_free)
RK_CLEANUP(eku_done, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

/* What a use asks for. */
/* clang-format off */
static const struct use {
    const char *name;
    const char *eku, *eku_name; /* NULL: not asked */
    bool eku_required;          /* else a certificate without the extension is good for all */
    bool end;                   /* no CA */
    uint32_t rsa_usage, ec_usage; /* one of these bits; 0: not asked */
} uses[] = {
    [RK_CERT_ANY]  = { "any",  NULL, NULL, false, false, 0, 0 },
    [RK_CERT_CA]   = { "ca",   NULL, NULL, false, false, KU_KEY_CERT_SIGN, KU_KEY_CERT_SIGN },
    [RK_CERT_EK]   = { "ek",   "2.23.133.8.1", "tcg-kp-EKCertificate", true, true,
                       KU_KEY_ENCIPHERMENT, KU_KEY_AGREEMENT },
    [RK_CERT_AK]   = { "ak",   "2.23.133.8.3", "tcg-kp-AIKCertificate", true, true,
                       KU_DIGITAL_SIGNATURE, KU_DIGITAL_SIGNATURE },
    [RK_CERT_CODE] = { "code", "1.3.6.1.5.5.7.3.3", "codeSigning", false, false,
                       KU_DIGITAL_SIGNATURE, KU_DIGITAL_SIGNATURE },
};
/* clang-format on */
enum { USES = sizeof uses / sizeof uses[0] };
static const char any_eku[] = "2.5.29.37.0";

enum rk_rc rk_cert_use_find(const char *name, enum rk_cert_use *ret, struct rk_err *err)
{
    char known[64] = "";

    for (size_t i = 0; i < USES; i++) {
        size_t len = strlen(known);

        if (strcmp(uses[i].name, name) == 0) {
            *ret = (enum rk_cert_use)i;
            return RK_OK;
        }
        (void)snprintf(known + len, sizeof known - len, "%s%s", len == 0 ? "" : ", ", uses[i].name);
    }
    return rk_fail(err, RK_E_USAGE, "unknown use \"%s\" of a certificate (known: %s)", name, known);
}

void rk_cert_name(const X509 *cert, char ret[RK_CERT_NAME])
{
    char subject[RK_CERT_NAME - 16] = "";

    rk_x509_name(X509_get_subject_name(cert), subject, sizeof subject);
    if (subject[0] == '\0')
        (void)snprintf(ret, RK_CERT_NAME, "certificate");
    else
        (void)snprintf(ret, RK_CERT_NAME, "certificate \"%s\"", subject);
}

static const char *usage_name(uint32_t bit)
{
    return bit == KU_KEY_CERT_SIGN      ? "keyCertSign"
           : bit == KU_KEY_ENCIPHERMENT ? "keyEncipherment"
           : bit == KU_KEY_AGREEMENT    ? "keyAgreement"
                                        : "digitalSignature";
}

/* A certificate without keyUsage may do all (RFC 5280, 4.2.1.3): OpenSSL says all bits. */
static enum rk_rc check_key_usage(X509 *cert, uint32_t bit, struct rk_err *err)
{
    if (bit == 0 || (X509_get_key_usage(cert) & bit) != 0)
        return RK_OK;
    if (bit == KU_KEY_CERT_SIGN)
        return rk_fail(err, RK_E_VERIFY,
                       "this CA may not sign certificates (keyUsage lacks keyCertSign)");
    return rk_fail(err, RK_E_VERIFY, "may not be used so: keyUsage lacks %s", usage_name(bit));
}

static bool names(const EXTENDED_KEY_USAGE *eku, const char *want)
{
    for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
        char oid[64];

        if (OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(eku, i), 1) > 0 &&
            strcmp(oid, want) == 0)
            return true;
    }
    return false;
}

/* `exact`: anyExtendedKeyUsage and no extension at all do not do. */
static enum rk_rc check_eku(X509 *cert, const struct use *use, bool exact, struct rk_err *err)
{
    int critical = -1;
    RK_AUTO(eku_done)
    EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);

    if (eku == NULL && critical != -1) { /* twice, or damaged */
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "its extKeyUsage cannot be read");
    }
    if (use->eku == NULL || names(eku, use->eku) ||
        (!exact && (eku == NULL || names(eku, any_eku))))
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY, "may not be used so: extKeyUsage %s %s (%s)",
                   eku == NULL ? "is missing, expected" : "lacks", use->eku_name, use->eku);
}

/* A directoryName with tcg-at-tpmManufacturer. */
static bool names_tpm(const GENERAL_NAMES *alternatives)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(alternatives, i);
        int count = name->type == GEN_DIRNAME ? X509_NAME_entry_count(name->d.directoryName) : 0;

        for (int k = 0; k < count; k++) {
            const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name->d.directoryName, k);
            char oid[64];

            if (OBJ_obj2txt(oid, sizeof oid, X509_NAME_ENTRY_get_object(entry), 1) > 0 &&
                strcmp(oid, "2.23.133.2.1") == 0)
                return true;
        }
    }
    return false;
}

enum rk_cert_use rk_cert_guess_use(X509 *cert)
{
    RK_AUTO(eku_done)
    EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
    RK_AUTO(names_done)
    GENERAL_NAMES *alternatives = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    ERR_clear_error();
    if (names(eku, uses[RK_CERT_AK].eku))
        return RK_CERT_AK;
    if (names(eku, uses[RK_CERT_EK].eku) || names_tpm(alternatives))
        return RK_CERT_EK;
    return (X509_get_extension_flags(cert) & EXFLAG_CA) != 0 ? RK_CERT_CA : RK_CERT_ANY;
}

static enum rk_rc check_ca(X509 *cert, struct rk_err *err)
{
    uint32_t flags = X509_get_extension_flags(cert);

    /* EXFLAG_CA of a certificate of version 1 stays unset: it cannot say that it is a CA. */
    if ((flags & EXFLAG_INVALID) != 0)
        return rk_fail(err, RK_E_VERIFY, "its extensions cannot be read");
    if ((flags & EXFLAG_CA) == 0)
        return rk_fail(err, RK_E_VERIFY, "this is no CA certificate (basicConstraints)");
    return check_key_usage(cert, KU_KEY_CERT_SIGN, err);
}

enum rk_rc rk_cert_check_issuer(const rk_ctx *ctx, X509 *ca, enum rk_cert_use use,
                                struct rk_err *err)
{
    return check_ca(ca, err) || rk_policy_check_key(ctx, X509_get0_pubkey(ca), RK_E_VERIFY, err) ||
                   check_eku(ca, &uses[use], false, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc check_end(const rk_ctx *ctx, X509 *cert, const struct use *use,
                            struct rk_err *err)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    uint32_t flags = X509_get_extension_flags(cert);

    if (rk_policy_check_key(ctx, key, RK_E_VERIFY, err))
        return err->rc;
    if ((flags & EXFLAG_INVALID) != 0)
        return rk_fail(err, RK_E_VERIFY, "its extensions cannot be read");
    if (use->end && (flags & EXFLAG_CA) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "may not be used so: it is a CA certificate (basicConstraints)");
    return check_key_usage(cert, EVP_PKEY_is_a(key, "RSA") ? use->rsa_usage : use->ec_usage, err) ||
                   check_eku(cert, use, use->eku_required, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_cert_check_use(const rk_ctx *ctx, X509 *cert, enum rk_cert_use use,
                             struct rk_err *err)
{
    if (use == RK_CERT_CA)
        return rk_cert_check_issuer(ctx, cert, use, err);
    return check_end(ctx, cert, &uses[use], err);
}

enum rk_rc rk_cert_check_digest(const rk_ctx *ctx, X509 *cert, struct rk_err *err)
{
    int digest = NID_undef, key = NID_undef;

    if (X509_get_signature_info(cert, &digest, &key, NULL, NULL) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "its signature's algorithm is not known");
    }
    if (rk_policy_check_digest(ctx, digest, RK_E_VERIFY, err))
        return rk_wrap(err, "its signature");
    return RK_OK;
}
