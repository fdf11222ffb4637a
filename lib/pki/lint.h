/* SPDX-License-Identifier: Apache-2.0 */
/* What the lint's rules look at: a certificate taken apart once. */
#pragma once

#include "rotkit/cert_read.h"

/* The first place where the encoding leaves DER, by kind; 0: nowhere. Offsets in the file. */
struct rk_der_faults {
    size_t length, boolean, integer, bits, set_order, malformed_ext;
};

struct rk_san_facts {
    bool malformed;
    size_t directories, others,
        foreign; /* directoryNames, other names, attributes of other types */
    struct rk_tlv manufacturer, model, version;
};

struct rk_lint_facts {
    struct rk_cert cert;
    size_t len;
    struct rk_der_faults der;
    const struct rk_cert_ext *san, *basic, *usage, *eku, *sda, *aki, *aia, *policies, *crl, *ski;
    struct rk_san_facts san_facts;
    bool basic_ca;
    size_t basic_default;          /* offset of a cA FALSE that is written out; 0: none */
    uint16_t usage_bits;           /* first octet high: RK_KU_* */
    bool eku_ek;                   /* holds tcg-kp-EKCertificate */
    bool sda_spec;                 /* holds tpmSpecification */
    size_t aki_key_id, aki_fields; /* length of keyid; [0], [1], [2] present in all */
    bool policies_empty;
    bool key_known;
    struct rk_spki_info key;
    size_t repeated; /* offset of an extension that stands twice */
};
enum { /* RFC 5280 4.2.1.3, bit 0 is the highest */
       RK_KU_DIGITAL_SIGNATURE = 0x8000,
       RK_KU_KEY_ENCIPHERMENT = 0x2000,
       RK_KU_KEY_AGREEMENT = 0x0800,
};

/* RK_E_FORMAT when it is no certificate; anything less is a fact. */
enum rk_rc rk_lint_read(const uint8_t *der, size_t len, struct rk_lint_facts *ret,
                        struct rk_err *err) RK_MUST_CHECK;
