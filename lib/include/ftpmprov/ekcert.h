/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EK certificates and requests for them. Source: TCG EK Credential Profile 2.2 and 2.4,
 * RFC 5280, RFC 2986.
 */
#pragma once

#include "ftpmprov/ek.h"
#include "ftpmprov/signer.h"

#include <stdbool.h>

/* Who is trusted to certify; threads may share it. */
typedef struct rk_trust rk_trust;
/* A CA that issues. */
typedef struct rk_ca rk_ca;

/* What every EK certificate of a product says. Everything in it is borrowed during the call. */
struct rk_ekcert_profile {
    size_t size;                    /* of this struct, as the caller was compiled */
    const char *manufacturer;       /* "id:" + 8 hex digits of the TCG vendor id */
    const char *model;              /* free text, should match TPM_PT_VENDOR_STRING */
    const char *version;            /* "id:" + hex firmware version */
    const char *spec_family;        /* "2.0" */
    uint32_t spec_level;            /* 0 */
    uint32_t spec_revision;         /* e.g. 138 */
    int64_t not_before;             /* seconds since 1970 */
    int64_t not_after;              /* RK_EKCERT_NO_EXPIRY: 99991231235959Z */
    const char *const *aia_urls;    /* authorityInfoAccess, caIssuers */
    size_t aia_count;               /* URLs; may be 0, as below */
    const char *const *crl_urls;    /* cRLDistributionPoints */
    size_t crl_count;               /* URLs */
    const char *const *policy_oids; /* certificatePolicies, dotted */
    size_t policy_count;            /* OIDs */
    const char *subject_cn;         /* NULL: empty subject, so the SAN is critical */
    /* An attestation key's certificate instead: tcg-kp-AIKCertificate, digitalSignature, no
     * tpmSpecification, and an empty subject, as WebAuthn asks. */
    bool aik;
    /* Zero. No padding ends the struct: a member that comes later there would be read from whatever
     * an older caller has in it. */
    uint8_t zero[sizeof(size_t) - sizeof(bool)];
};
/* One that says nothing yet. */
#define RK_EKCERT_PROFILE_INIT                                                                     \
    {                                                                                              \
        .size = sizeof(struct rk_ekcert_profile)                                                   \
    }
/* not_after of a certificate that does not expire. */
#define RK_EKCERT_NO_EXPIRY INT64_MAX

/*
 * Opens the certificates that are trusted. Each that is self-signed is an anchor, all others are
 * helpers on the way, in any order.
 *   certs: PEM, or one DER certificate
 *   ret: the trust; freed with rk_trust_free
 * RK_E_USAGE when none is self-signed; RK_E_FORMAT when there is no certificate in it, one is
 * damaged, or there are more than 1024; RK_E_NOMEM.
 */
RK_API enum rk_rc rk_trust_open(const rk_ctx *ctx, const struct rk_bytes *certs, rk_trust **ret,
                                struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees it.
 *   trust: may be NULL
 */
RK_API void rk_trust_free(rk_trust *trust);
/*
 * Opens an issuing CA: its certificate, the chain above it in the same file (root last), its key.
 *   cert_path: PEM or DER
 *   key: borrowed until rk_ca_free
 *   when: seconds since 1970: the time at which the certificates must be valid
 *   ret: the CA; freed with rk_ca_free
 * RK_E_VERIFY when key and certificate differ or a certificate did not issue the one before it;
 * RK_E_USAGE when one may not sign, is not valid at that time, or is weak; RK_E_IO for a missing
 * file, RK_E_FORMAT for what is no certificate, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ca_open(const rk_ctx *ctx, const char *cert_path, rk_signer *key, int64_t when,
                             rk_ca **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees it; the key stays open.
 *   ca: may be NULL
 */
RK_API void rk_ca_free(rk_ca *ca);
/*
 * The certificates of a CA.
 *   ca: the CA
 *   ret: the issuing CA first, the root last, PEM; emptied with rk_bytes_done
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ca_chain_pem(const rk_ca *ca, struct rk_bytes *ret,
                                  struct rk_err *err) RK_MUST_CHECK;
/*
 * Issues an EK certificate. Its serial number (20 octets) is derived from issuer key, device and
 * content: the same again gives the same body, and no two certificates of one issuer share one.
 *   ca: the issuer
 *   profile: what it says
 *   device: bytes that name the device, such as its Device SN
 *   device_len: bytes
 *   spki: the EK, a SubjectPublicKeyInfo, DER
 *   ret: the certificate, DER; emptied with rk_bytes_done
 * RK_E_USAGE for a profile that a certificate cannot carry, one of a newer library, a key that is
 * neither RSA nor NIST EC or is weak, or a name of more than 255 bytes; RK_E_FORMAT for an spki
 * that is none; RK_E_KEY when the CA's key does not sign; RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ca_issue(rk_ca *ca, const struct rk_ekcert_profile *profile,
                              const uint8_t *device, size_t device_len, const struct rk_bytes *spki,
                              struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Makes a certificate request for the EK of an EPS, signed with the EK itself.
 *   eps: as rk_ek_new
 *   options: as rk_ek_new
 *   profile: what the request says of the TPM
 *   subject_cn: the subject's common name; NULL: empty
 *   ret: the request, PKCS #10, DER; emptied with rk_bytes_done
 * Errors as rk_ek_new and rk_ca_issue.
 */
RK_API enum rk_rc rk_ek_request(const rk_ctx *ctx, const struct rk_secret *eps,
                                const struct rk_ek_options *options,
                                const struct rk_ekcert_profile *profile, const char *subject_cn,
                                struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * The public key that a certificate is for, to compare it with rk_ek_spki.
 *   der: the certificate
 *   len: bytes
 *   ret: a SubjectPublicKeyInfo, DER; emptied with rk_bytes_done
 * RK_E_FORMAT when it is no certificate, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ekcert_spki(const uint8_t *der, size_t len, struct rk_bytes *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Verifies that an EK certificate was issued by what is trusted, is valid, strong and not revoked,
 * and is one: tcg-kp-EKCertificate, a key usage that fits, no CA.
 *   trust: by whom
 *   der: the certificate
 *   len: bytes
 *   when: seconds since 1970
 * RK_E_VERIFY when it was not or is not, RK_E_FORMAT when it is no certificate, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ekcert_verify(const rk_trust *trust, const uint8_t *der, size_t len,
                                   int64_t when, struct rk_err *err) RK_MUST_CHECK;
