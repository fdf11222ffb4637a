/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-cleanup adapters for OpenSSL types, each a pointer to the variable. */
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define RK_OSSL_CLEANUP(name, type, release)                                                       \
    static inline void name(type **p)                                                              \
    {                                                                                              \
        release(*p);                                                                               \
        *p = NULL;                                                                                 \
    }
RK_OSSL_CLEANUP(rk_bn_done, BIGNUM, BN_clear_free)
RK_OSSL_CLEANUP(rk_bn_ctx_done, BN_CTX, BN_CTX_free)
RK_OSSL_CLEANUP(rk_mont_done, BN_MONT_CTX, BN_MONT_CTX_free)
RK_OSSL_CLEANUP(rk_group_done, EC_GROUP, EC_GROUP_free)
RK_OSSL_CLEANUP(rk_point_done, EC_POINT, EC_POINT_clear_free)
RK_OSSL_CLEANUP(rk_pkey_done, EVP_PKEY, EVP_PKEY_free)
RK_OSSL_CLEANUP(rk_pkey_ctx_done, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
RK_OSSL_CLEANUP(rk_md_done, EVP_MD, EVP_MD_free)
RK_OSSL_CLEANUP(rk_md_ctx_done, EVP_MD_CTX, EVP_MD_CTX_free)
RK_OSSL_CLEANUP(rk_cipher_done, EVP_CIPHER, EVP_CIPHER_free)
RK_OSSL_CLEANUP(rk_cipher_ctx_done, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
RK_OSSL_CLEANUP(rk_evp_mac_done, EVP_MAC, EVP_MAC_free)
RK_OSSL_CLEANUP(rk_evp_mac_ctx_done, EVP_MAC_CTX, EVP_MAC_CTX_free)
RK_OSSL_CLEANUP(rk_bio_done, BIO, BIO_free_all)
RK_OSSL_CLEANUP(rk_x509_done, X509, X509_free)
RK_OSSL_CLEANUP(rk_x509_req_done, X509_REQ, X509_REQ_free)
RK_OSSL_CLEANUP(rk_x509_name_done, X509_NAME, X509_NAME_free)
RK_OSSL_CLEANUP(rk_x509_ext_done, X509_EXTENSION, X509_EXTENSION_free)
