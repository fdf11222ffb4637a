/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's types under scope cleanup, each a pointer to the variable; its DER taken over. */
#pragma once

#include "base/err.h"
#include "base/wr.h"
#include "ftpmprov/bytes.h"

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

RK_CLEANUP(rk_bn_done, BIGNUM, BN_clear_free)
RK_CLEANUP(rk_bn_ctx_done, BN_CTX, BN_CTX_free)
RK_CLEANUP(rk_mont_done, BN_MONT_CTX, BN_MONT_CTX_free)
RK_CLEANUP(rk_group_done, EC_GROUP, EC_GROUP_free)
RK_CLEANUP(rk_point_done, EC_POINT, EC_POINT_clear_free)
RK_CLEANUP(rk_ecdsa_done, ECDSA_SIG, ECDSA_SIG_free)
RK_CLEANUP(rk_pkey_done, EVP_PKEY, EVP_PKEY_free)
RK_CLEANUP(rk_pkey_ctx_done, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
RK_CLEANUP(rk_params_done, OSSL_PARAM, OSSL_PARAM_free)
RK_CLEANUP(rk_param_bld_done, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
RK_CLEANUP(rk_md_done, EVP_MD, EVP_MD_free)
RK_CLEANUP(rk_md_ctx_done, EVP_MD_CTX, EVP_MD_CTX_free)
RK_CLEANUP(rk_cipher_done, EVP_CIPHER, EVP_CIPHER_free)
RK_CLEANUP(rk_cipher_ctx_done, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
RK_CLEANUP(rk_evp_mac_done, EVP_MAC, EVP_MAC_free)
RK_CLEANUP(rk_evp_mac_ctx_done, EVP_MAC_CTX, EVP_MAC_CTX_free)
RK_CLEANUP(rk_bio_done, BIO, BIO_free_all)
RK_CLEANUP(rk_oid_done, ASN1_OBJECT, ASN1_OBJECT_free)
RK_CLEANUP(rk_asn1_integer_done, ASN1_INTEGER, ASN1_INTEGER_free)
RK_CLEANUP(rk_asn1_octets_done, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
RK_CLEANUP(rk_x509_done, X509, X509_free)
RK_CLEANUP(rk_x509_req_done, X509_REQ, X509_REQ_free)
RK_CLEANUP(rk_x509_name_done, X509_NAME, X509_NAME_free)
RK_CLEANUP(rk_x509_ext_done, X509_EXTENSION, X509_EXTENSION_free)
RK_CLEANUP(rk_x509_sig_done, X509_SIG, X509_SIG_free)

/*
 * Why OpenSSL failed, in words, and leaves its error queue empty: where it tried several things,
 * the reason of the try that came furthest. NULL: nothing that a person could act on, such as the
 * name of the library that passed an error on. The text is a constant.
 */
const char *rk_ossl_reason(bool *ret_no_memory);

/* The certificates too, not the stack alone. */
static inline void rk_x509s_done(STACK_OF(X509) * *p)
{
    sk_X509_pop_free(*p, X509_free);
    *p = NULL;
}

/*
 * What an i2d function made: rk_der_keep(i2d_X509(cert, &der), &der, "a certificate", ret, err).
 * *der is freed. RK_E_INTERNAL "cannot encode <what>" for a length that is not positive.
 */
enum rk_rc rk_der_keep(int len, unsigned char **der, const char *what, struct rk_bytes *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* The same, appended to wr; a failure leaves *good false. */
void rk_der_put(struct rk_wr *wr, int len, unsigned char **der, bool *good);
/* The key's type as `rotkit key new` calls it: "rsa2048", "p256", "ed25519"; of no other, OpenSSL's
 * words, as "dsa2048". */
enum { RK_PKEY_WORD = 40 };
void rk_pkey_word(const EVP_PKEY *key, char ret[RK_PKEY_WORD]);
/* SubjectPublicKeyInfo, DER. RK_E_KEY when the key has none. */
enum rk_rc rk_pkey_spki(const EVP_PKEY *key, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
