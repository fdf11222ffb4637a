/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates, EK CSRs, the CA that issues them, and the lint. Source:
 * formats/ek-certificate.md. */
#pragma once

#include "ftpmprov/ekcert.h"
#include "rotkit/signer.h"
#include "rotkit/trust.h"

#include <stdbool.h>

RK_CLEANUP(rk_ca_done, rk_ca, rk_ca_free)
/*
 * One signature, thrown away: whoever issues with this key finds out now, and not at the first
 * device, that it is public only, locked or out of reach. Errors as rk_signer_sign, with "CA key".
 */
enum rk_rc rk_ca_probe(rk_ca *ca, struct rk_err *err) RK_MUST_CHECK;
rk_signer *rk_ca_key(const rk_ca *ca); /* borrowed */

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
enum rk_rc rk_ca_make(const rk_ctx *ctx, const struct rk_ca_init *in, struct rk_ca_files *ret,
                      struct rk_err *err) RK_MUST_CHECK;
void rk_ca_files_done(struct rk_ca_files *files);

/* A certificate that nobody vouches for: firmware is given it, and takes what its key signs. */
struct rk_self_cert {
    rk_signer *key;
    const char *subject, *organization; /* CN and O; organization NULL: none */
    const char *use;                    /* pk, kek, db, capsule or code */
    int64_t not_before, not_after;
};
/* RK_E_USAGE for a use that is not known, or a subject that a certificate cannot carry. */
enum rk_rc rk_self_cert_make(const rk_ctx *ctx, const struct rk_self_cert *in, struct rk_bytes *ret,
                             struct rk_err *err) RK_MUST_CHECK;

/*
 * Issues the EK certificate of a public key (SubjectPublicKeyInfo DER). The serial (20 octets) is
 * derived from issuer key, device and all of the certificate's content, so a rebuild gives the same
 * certificate body, a re-issue with other content another serial, and no two certificates of one
 * issuer share one. `device` is any byte string that names the device (the Device SN). RK_E_USAGE
 * for a profile a certificate cannot carry or a key that is neither RSA nor NIST EC.
 */
enum rk_rc rk_ekcert_issue(const rk_ctx *ctx, rk_ca *ca, const struct rk_ekcert_profile *profile,
                           const uint8_t *device, size_t device_len, const struct rk_bytes *spki,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* The same in steps: the TBSCertificate (DER), which the CA's key signs by its default scheme ...
 */
enum rk_rc rk_ekcert_to_sign(const rk_ctx *ctx, const rk_ca *ca,
                             const struct rk_ekcert_profile *profile, const uint8_t *device,
                             size_t device_len, const struct rk_bytes *spki, struct rk_bytes *ret,
                             struct rk_err *err) RK_MUST_CHECK;
/* ... and the certificate. RK_E_VERIFY when the signature is not the CA's. */
enum rk_rc rk_ekcert_attach(const rk_ca *ca, const struct rk_bytes *tbs,
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
enum rk_rc rk_ekcert_ids(const uint8_t *der, size_t len, struct rk_ekcert_ids *ret,
                         struct rk_err *err) RK_MUST_CHECK;

/* A CSR as the EKB's online mode carries (tags 96, 97); `pair` holds the EK key pair. */
enum rk_rc rk_ekcsr_make(const rk_ctx *ctx, rk_signer *pair,
                         const struct rk_ekcert_profile *profile, const char *subject_cn,
                         struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;

enum rk_lint_level { RK_LINT_OK, RK_LINT_INFO, RK_LINT_WARN, RK_LINT_ERROR };
struct rk_lint_finding {
    enum rk_lint_level level;
    const char *rule;               /* stable id, e.g. "serial-20-octets" */
    char verifier[64];              /* who refuses over it, by name; "no rule known" otherwise */
    const char *source;             /* the citation */
    char text[256];                 /* what was found, what was expected */
    unsigned refused_by, noted_for; /* for the two questions below */
};
/*
 * The certificate in a file: DER, PEM, or DER between bytes 00 or ff, as a TPM's NV index is read.
 * Calls `report` once a rule that has something to say. ca: what verifiers would trust, for what
 * they ask of issuer and signature; NULL: that is not asked. RK_E_FORMAT when there is no
 * certificate.
 */
enum rk_rc rk_ekcert_lint(const uint8_t *file, size_t len, const struct rk_bytes *ca,
                          void (*report)(void *arg, const struct rk_lint_finding *finding),
                          void *arg, struct rk_err *err) RK_MUST_CHECK;
/* Verifiers whose reading is known, by name, such as "keylime"; NULL past the end. */
const char *rk_lint_verifier_at(size_t i);
/* Whether verifier i refuses the certificate over the finding; whether its users should read it. */
bool rk_lint_verifier_refuses(size_t i, const struct rk_lint_finding *finding);
bool rk_lint_verifier_is_told(size_t i, const struct rk_lint_finding *finding);
