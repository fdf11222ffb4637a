/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate cut into its parts, each where it lies in the file. Source: RFC 5280 4.1. */
#pragma once

#include "rotkit/certs.h"
#include "rotkit/der.h"

enum { RK_CERT_EXTS = 32 };

struct rk_cert_ext {
    struct rk_tlv whole, oid;
    struct rk_tlv critical; /* tag 0: left out, so FALSE */
    struct rk_tlv value;    /* the OCTET STRING */
};
struct rk_cert {
    struct rk_tlv cert, tbs;
    struct rk_tlv version; /* tag 0: v1 */
    struct rk_tlv serial, tbs_alg, issuer, validity, not_before, not_after, subject, spki;
    struct rk_tlv exts; /* the SEQUENCE OF Extension; tag 0: none */
    struct rk_tlv alg, signature;
    struct rk_cert_ext ext[RK_CERT_EXTS];
    size_t ext_count;
};

/* Borrows der. RK_E_FORMAT when it is no certificate. */
enum rk_rc rk_cert_read(const uint8_t *der, size_t len, struct rk_cert *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* NULL when it has none. */
const struct rk_cert_ext *rk_cert_find(const struct rk_cert *cert, const struct rk_oid *oid);

/* What a SubjectPublicKeyInfo holds. */
enum rk_key_kind { RK_KEY_RSA, RK_KEY_EC };
struct rk_spki_info {
    enum rk_key_kind kind;
    size_t bits;
    struct rk_tlv key; /* the BIT STRING */
};
/* RK_E_FORMAT when malformed, RK_E_USAGE when neither RSA nor EC on P-256, P-384 or P-521. */
enum rk_rc rk_spki_read(const uint8_t *der, size_t len, struct rk_spki_info *ret,
                        struct rk_err *err) RK_MUST_CHECK;
