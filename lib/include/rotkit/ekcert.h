/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates, EK CSRs, the CA that issues them, and the lint. Source:
 * formats/ek-certificate.md. */
#pragma once

#include "rotkit/signer.h"
#include "rotkit/trust.h"

#include <stdbool.h>

/* What the manifest says about every EK certificate of a product. Strings are borrowed. */
struct rk_ekcert_profile {
    const char *manufacturer;           /* "id:" + 8 hex digits of the TCG vendor id */
    const char *model;                  /* free text, should match TPM_PT_VENDOR_STRING */
    const char *version;                /* "id:" + hex firmware version */
    const char *spec_family;            /* "2.0" */
    uint32_t spec_level, spec_revision; /* 0, e.g. 138 */
    int64_t not_before;                 /* seconds since 1970 */
    int64_t not_after;                  /* RK_EKCERT_NO_EXPIRY: 99991231235959Z */
    const char *const *aia_urls;        /* caIssuers; aia_count of them */
    size_t aia_count;
    const char *const *crl_urls;
    size_t crl_count;
    const char *const *policy_oids;
    size_t policy_count;
    const char *subject_cn; /* NULL: empty subject, so the SAN is critical */
    /* An attestation key's certificate instead: tcg-kp-AIKCertificate, digitalSignature, no
     * tpmSpecification, and an empty subject, as WebAuthn asks (ek-certificate.md 4.5). */
    bool aik;
};
#define RK_EKCERT_NO_EXPIRY INT64_MAX

typedef struct rk_ca rk_ca;
/*
 * The issuing CA: its certificate (PEM or DER file; further certificates of the file are the chain,
 * root last) and its key. RK_E_VERIFY when key and certificate differ or a certificate of the file
 * did not issue the one before it; RK_E_USAGE when one may not sign (basicConstraints, keyUsage),
 * is expired or not yet valid at `when`, or is weak (RSA below 2048 bits, EC below 256, signed with
 * SHA-1). An EK certificate may outlive its CA: verifiers check each at their own time. The key may
 * be public only: signatures then come from elsewhere (rk_ekcert_to_sign, rk_ekcert_attach).
 */
RK_API enum rk_rc rk_ca_open(const rk_ctx *ctx, const char *cert_path, rk_signer *key, int64_t when,
                             rk_ca **ret, struct rk_err *err) RK_MUST_CHECK; /* borrows key */
RK_API void rk_ca_free(rk_ca *ca);
static inline void rk_ca_done(rk_ca **ca) /* for RK_AUTO */
{
    rk_ca_free(*ca);
}
/*
 * One signature, thrown away: whoever issues with this key finds out now, and not at the first
 * device, that it is public only, locked or out of reach. Errors as rk_signer_sign, with "CA key".
 */
RK_API enum rk_rc rk_ca_probe(rk_ca *ca, struct rk_err *err) RK_MUST_CHECK;
RK_API rk_signer *rk_ca_key(const rk_ca *ca); /* borrowed */
/* The chain, issuing CA first, PEM. */
RK_API enum rk_rc rk_ca_chain_pem(const rk_ca *ca, struct rk_bytes *ret,
                                  struct rk_err *err) RK_MUST_CHECK;

struct rk_ca_init { /* rotkit ca init: a root and an issuing CA */
    /* Keys that are there already, in a token say; NULL: a new one of key_type (rk_key_new). */
    rk_signer *root_key, *issuing_key;
    const char *key_type;
    const char *organization; /* subject O; CN is "<name> Root CA" / "<name> EK CA" */
    const char *name;
    int64_t not_before, not_after_root, not_after_issuing;
    const char *root_crl_url; /* NULL: none */
};
struct rk_ca_files {
    struct rk_bytes root_cert, issuing_cert; /* PEM */
    struct rk_secret root_key, issuing_key;  /* PKCS#8 PEM; empty for keys that were there */
};
RK_API enum rk_rc rk_ca_make(const rk_ctx *ctx, const struct rk_ca_init *in,
                             struct rk_ca_files *ret, struct rk_err *err) RK_MUST_CHECK;
RK_API void rk_ca_files_done(struct rk_ca_files *files);

/*
 * Issues the EK certificate of a public key (SubjectPublicKeyInfo DER). The serial (20 octets) is
 * derived from issuer key, device and all of the certificate's content, so a rebuild gives the same
 * certificate body, a re-issue with other content another serial, and no two certificates of one
 * issuer share one. `device` is any byte string that names the device (the Device SN). RK_E_USAGE
 * for a profile a certificate cannot carry or a key that is neither RSA nor NIST EC.
 */
RK_API enum rk_rc rk_ekcert_issue(const rk_ctx *ctx, rk_ca *ca,
                                  const struct rk_ekcert_profile *profile, const uint8_t *device,
                                  size_t device_len, const struct rk_bytes *spki,
                                  struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* The same in steps: the TBSCertificate (DER), which the CA's key signs by its default scheme ...
 */
RK_API enum rk_rc rk_ekcert_to_sign(const rk_ctx *ctx, const rk_ca *ca,
                                    const struct rk_ekcert_profile *profile, const uint8_t *device,
                                    size_t device_len, const struct rk_bytes *spki,
                                    struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* ... and the certificate. RK_E_VERIFY when the signature is not the CA's. */
RK_API enum rk_rc rk_ekcert_attach(const rk_ca *ca, const struct rk_bytes *tbs,
                                   const struct rk_bytes *signature, struct rk_bytes *ret,
                                   struct rk_err *err) RK_MUST_CHECK;
/* What a certificate is known by; all of it borrowed from the DER. */
struct rk_ekcert_ids {
    const uint8_t *serial; /* content of the INTEGER */
    size_t serial_len;
    const uint8_t *issuer; /* Name, DER */
    size_t issuer_len;
    const uint8_t *spki; /* SubjectPublicKeyInfo, DER */
    size_t spki_len;
};
/* Looks at the form alone: neither key nor signature are judged. RK_E_FORMAT. */
RK_API enum rk_rc rk_ekcert_ids(const uint8_t *der, size_t len, struct rk_ekcert_ids *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* The SubjectPublicKeyInfo of a certificate, for comparison with the computed EK. */
RK_API enum rk_rc rk_ekcert_spki(const uint8_t *der, size_t len, struct rk_bytes *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY unless the certificate was issued by what is trusted and is valid at `when`. */
RK_API enum rk_rc rk_ekcert_verify(const rk_trust *trust, const uint8_t *der, size_t len,
                                   int64_t when, struct rk_err *err) RK_MUST_CHECK;

/* A CSR as the EKB's online mode carries (tags 96, 97); `pair` holds the EK key pair. */
RK_API enum rk_rc rk_ekcsr_make(const rk_ctx *ctx, rk_signer *pair,
                                const struct rk_ekcert_profile *profile, const char *subject_cn,
                                struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;

enum rk_lint_level { RK_LINT_OK, RK_LINT_INFO, RK_LINT_WARN, RK_LINT_ERROR };
struct rk_lint_finding {
    enum rk_lint_level level;
    const char *rule;     /* stable id, e.g. "serial-20-octets" */
    const char *verifier; /* who refuses it, "no rule known" otherwise */
    const char *source;   /* the citation */
    char text[256];       /* what was found, what was expected */
};
/* Calls `report` once a rule that has something to say. RK_E_FORMAT when it is no certificate. */
RK_API enum rk_rc rk_ekcert_lint(const uint8_t *der, size_t len,
                                 void (*report)(void *arg, const struct rk_lint_finding *finding),
                                 void *arg, struct rk_err *err) RK_MUST_CHECK;
/* Verifiers whose rules are known, by name, such as "keylime"; NULL past the end. */
RK_API const char *rk_lint_verifier_at(size_t i);
/* Whether verifier i refuses a certificate over the finding's rule. */
RK_API bool rk_lint_verifier_refuses(size_t i, const struct rk_lint_finding *finding);
