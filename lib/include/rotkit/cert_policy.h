/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a certificate may do: one policy for what is made with it and for what it is checked by.
 * RFC 5280, 4.2.1; TCG EK Credential Profile 2.4, 3.2. These fail with RK_E_VERIFY, and
 * the caller puts the certificate's name in front; who makes something (a CA, a signature) turns
 * that into RK_E_USAGE.
 */
#pragma once

#include "rotkit/ctx.h"

#include <openssl/x509.h>

/* What a certificate is to be good for. */
enum rk_cert_use {
    RK_CERT_ANY,  /* its extensions are not asked */
    RK_CERT_CA,   /* issues certificates */
    RK_CERT_EK,   /* a TPM's endorsement key: tcg-kp-EKCertificate, keyEncipherment or keyAgreement,
                     no CA */
    RK_CERT_AK,   /* its attestation key: tcg-kp-AIKCertificate, digitalSignature, no CA */
    RK_CERT_CODE, /* signs code: where it says what it is for, digitalSignature and codeSigning */
};
/* By name: any, ca, ek, ak, code. RK_E_USAGE for others, with the known ones. */
enum rk_rc rk_cert_use_find(const char *name, enum rk_cert_use *ret,
                            struct rk_err *err) RK_MUST_CHECK;

/* What a certificate says it is for: RK_CERT_EK when it names a TPM or has the EK's extKeyUsage,
 * RK_CERT_AK with the AIK's, RK_CERT_CA for a CA, else RK_CERT_ANY. */
enum rk_cert_use rk_cert_guess_use(X509 *cert);

enum { RK_CERT_NAME = 200 };
/* `certificate "CN=x"`, and without a subject `certificate`. */
void rk_cert_name(const X509 *cert, char ret[RK_CERT_NAME]);

/* The certificate itself: strength of its key, CA flag, key usage, extended key usage. */
enum rk_rc rk_cert_check_use(const rk_ctx *ctx, X509 *cert, enum rk_cert_use use,
                             struct rk_err *err) RK_MUST_CHECK;
/* A CA above one that is used so: as RK_CERT_CA, and its extended key usage allows the use. */
enum rk_rc rk_cert_check_issuer(const rk_ctx *ctx, X509 *ca, enum rk_cert_use use,
                                struct rk_err *err) RK_MUST_CHECK;
/* Strength of the digest that its issuer signed. An anchor's own signature proves nothing: it is
 * not asked. */
enum rk_rc rk_cert_check_digest(const rk_ctx *ctx, X509 *cert, struct rk_err *err) RK_MUST_CHECK;
