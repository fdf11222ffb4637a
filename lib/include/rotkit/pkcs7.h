/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS #7 SignedData (RFC 2315) as UEFI firmware reads it: one signer, SHA-256. Made in two steps,
 * so that the key may be anywhere: what is to be signed, then the signature put in place. The same
 * input gives the same bytes: no signing time is put in.
 */
#pragma once

#include "rotkit/signer.h"
#include "rotkit/trust.h"

/* What is signed. Everything is borrowed. */
struct rk_pkcs7 {
    const rk_ctx *ctx;
    const struct rk_bytes *cert; /* the signer's certificate, then its chain */
    size_t chain_max;            /* how many these may be */
    EVP_PKEY *pub;               /* the signer's public key; must be the certificate's */
    const uint8_t *content;
    size_t content_len;
    const char *type; /* NULL: data, detached. Else the dotted OID of a content that goes inside: a
                         DER value, whose contents octets alone are digested */
    bool attributes;  /* sign contentType and messageDigest; else the content itself */
};
/*
 * The message, and the scheme by which the key signs it. RK_E_USAGE for a certificate that cannot
 * be read or is another key's, and for keys other than RSA and EC.
 */
enum rk_rc rk_pkcs7_to_sign(const struct rk_pkcs7 *what, struct rk_bytes *ret_message,
                            enum rk_scheme *ret_scheme, struct rk_err *err) RK_MUST_CHECK;
/* ContentInfo, DER. */
enum rk_rc rk_pkcs7_finish(const struct rk_pkcs7 *what, const struct rk_bytes *signature,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;

/* Where the SignedData starts in a ContentInfo that rk_pkcs7_finish made; it runs to the end. */
enum rk_rc rk_pkcs7_signed_data(const struct rk_bytes *content_info, size_t *ret,
                                struct rk_err *err) RK_MUST_CHECK;

struct rk_pkcs7_check {
    const rk_ctx *ctx;
    EVP_PKEY *pub;         /* the signer must be this key; NULL: any */
    const rk_trust *trust; /* the signer's certificate must come from here; NULL: any */
    bool any_use;          /* else the certificate must be good for signing code */
    bool as_firmware;      /* whether a firmware would take it: nothing is too weak */
    int64_t now;           /* firmware has no clock: what is expired by now is remarked upon */
    char *remark;          /* RK_TRUST_REMARK bytes for what a person should know; NULL: unwanted */
    bool *lone;            /* as rk_trust_question has it */
    bool *mismatch;        /* set when it is not over this content, and NULL: unwanted */
    bool own; /* RK_E_UNKNOWN, not RK_E_VERIFY, for a certificate that is not inside or a digest
                 that is not taken: nothing was compared */
};
/*
 * Holds a ContentInfo or bare SignedData (der_len bytes at der, padding behind it is left alone)
 * over the content. Every signer must hold. ret_signer: subject of the first signer's certificate.
 * RK_E_FORMAT when it is no SignedData, RK_E_VERIFY when it does not hold.
 */
enum rk_rc rk_pkcs7_verify(const struct rk_pkcs7_check *check, const uint8_t *der, size_t der_len,
                           const uint8_t *content, size_t content_len, char ret_signer[160],
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * The content inside, a DER value of the dotted OID `type`, in place. RK_E_FORMAT when there is
 * none or one of another type.
 */
enum rk_rc rk_pkcs7_content(const uint8_t *der, size_t der_len, const char *type,
                            struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* How many bytes the DER value at der takes; RK_E_FORMAT when it does not fit into len. */
enum rk_rc rk_pkcs7_size(const uint8_t *der, size_t len, size_t *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* Every certificate inside, one call each. */
enum rk_rc rk_pkcs7_certificates(const uint8_t *der, size_t der_len,
                                 void (*each)(void *arg, const X509 *cert), void *arg,
                                 struct rk_err *err) RK_MUST_CHECK;
/* The certificate of every signer that is inside. */
enum rk_rc rk_pkcs7_signers(const uint8_t *der, size_t der_len,
                            void (*each)(void *arg, const X509 *cert), void *arg,
                            struct rk_err *err) RK_MUST_CHECK;
