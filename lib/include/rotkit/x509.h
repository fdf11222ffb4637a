/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a CA, and what certificates of all kinds here are put together with. */
#pragma once

#include "base/err.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/ekcert.h"

#include <stdbool.h>

struct rk_ca {
    const rk_ctx *ctx;
    rk_signer *key;              /* borrowed */
    STACK_OF(X509) * chain;      /* issuing CA first */
    struct rk_bytes spki_sha256; /* of the issuing CA: goes into serial numbers */
};
static inline X509 *rk_ca_cert(const struct rk_ca *ca)
{
    return sk_X509_value(ca->chain, 0);
}

enum rk_rc rk_x509_parse(const uint8_t *der, size_t len, X509 **ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* A name for people: RFC 2253 in UTF-8, "CN=x,O=y", as much as fits; "" for an empty name. */
void rk_x509_name(const X509_NAME *name, char *ret, size_t size);
/* RK_EKCERT_NO_EXPIRY becomes 99991231235959Z; UTCTime before 2050 as RFC 5280 4.1.2.5 asks. */
enum rk_rc rk_x509_set_validity(X509 *cert, int64_t not_before, int64_t not_after,
                                struct rk_err *err) RK_MUST_CHECK;
/* Adds an extension in its internal form (X509V3_EXT_i2d); a NULL value is RK_E_NOMEM. */
enum rk_rc rk_x509_add(X509 *cert, int nid, bool critical, void *value,
                       struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_x509_add_key_usage(X509 *cert, int usage_bits, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_x509_add_basic_constraints(X509 *cert, bool ca, int path_len,
                                         struct rk_err *err) RK_MUST_CHECK;
/* subjectKeyIdentifier. RFC 5280 4.2.1.2, method 1. */
enum rk_rc rk_x509_add_key_id(X509 *cert, struct rk_err *err) RK_MUST_CHECK;
/* A serial number of 20 random octets, positive, the first never zero. */
enum rk_rc rk_x509_random_serial(const rk_ctx *ctx, X509 *cert, struct rk_err *err) RK_MUST_CHECK;
/* keyid of the issuer's subjectKeyIdentifier. */
enum rk_rc rk_x509_add_authority(X509 *cert, X509 *issuer, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_x509_add_crl(X509 *cert, const char *const *urls, size_t count,
                           struct rk_err *err) RK_MUST_CHECK;
/* RK_E_USAGE with the member that a certificate cannot carry. */
enum rk_rc rk_ekcert_profile_check(const struct rk_ekcert_profile *profile,
                                   struct rk_err *err) RK_MUST_CHECK;
/* The extensions that name the TPM: certificates and CSRs carry the same. */
enum rk_rc rk_ekcert_add_alt_name(X509 *cert, const struct rk_ekcert_profile *profile,
                                  bool critical, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_ekcert_add_eku(X509 *cert, bool aik, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_ekcert_add_specification(X509 *cert, const struct rk_ekcert_profile *profile,
                                       struct rk_err *err) RK_MUST_CHECK;

/*
 * Signing, as for any other format: what is to be signed, the key, the signature put in
 * (x509_sign.c). X.509 signs with rk_signer_default_scheme: a scheme without an AlgorithmIdentifier
 * of its own here (RSA-PSS) is RK_E_USAGE.
 */
/* AlgorithmIdentifier. RK_E_USAGE for a scheme that has none here. */
enum rk_rc rk_x509_put_algorithm(struct rk_wr *wr, enum rk_scheme scheme,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * The TBSCertificate of a certificate that has all but its signature, DER. spki is put into it as
 * its SubjectPublicKeyInfo; NULL: cert has its own. An EVP_PKEY set into an X509 is encoded and
 * decoded again, which costs more than a signature.
 */
enum rk_rc rk_x509_to_sign(X509 *cert, const struct rk_bytes *spki, enum rk_scheme scheme,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* Body, algorithm and signature as one DER value: a certificate, a request, a CRL. */
enum rk_rc rk_x509_attach(const struct rk_bytes *body, enum rk_scheme scheme,
                          const struct rk_bytes *signature, struct rk_bytes *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* A certificate: put together, parsed again, and held against the issuer's key: RK_E_VERIFY. */
enum rk_rc rk_x509_attach_certificate(const struct rk_bytes *tbs, const rk_signer *issuer,
                                      const struct rk_bytes *signature, struct rk_bytes *ret,
                                      struct rk_err *err) RK_MUST_CHECK;
/* All of it in one. */
enum rk_rc rk_x509_sign(X509 *cert, rk_signer *issuer, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;

/* What a certificate request may say otherwise than rk_ekcsr_make: other tools have other forms. */
struct rk_csr_form {
    const char *country, *organization, *cn; /* of the subject; NULL: left out */
    const struct rk_ekcert_profile *profile;
    int more_ec_usage;    /* KU_ bits that an EC key asks for beside keyAgreement */
    bool names_tpm_alone; /* no extended key usage, no TPM specification */
};
/* RK_E_USAGE for a key or a subject that a request cannot carry. */
enum rk_rc rk_ekcsr_make_form(const rk_ctx *ctx, rk_signer *pair, const struct rk_csr_form *form,
                              struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
