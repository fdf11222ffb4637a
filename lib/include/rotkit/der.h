/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER, value by value. The reader takes definite lengths in any size, so that the lint can say what
 * is wrong with a loose certificate instead of refusing it. Source: ITU-T X.690.
 */
#pragma once

#include "base/rd.h"

#include <stdbool.h>

enum {
    RK_DER_BOOLEAN = 0x01,
    RK_DER_INTEGER = 0x02,
    RK_DER_BIT_STRING = 0x03,
    RK_DER_OCTET_STRING = 0x04,
    RK_DER_NULL = 0x05,
    RK_DER_OID = 0x06,
    RK_DER_UTF8 = 0x0c,
    RK_DER_PRINTABLE = 0x13,
    RK_DER_UTC_TIME = 0x17,
    RK_DER_GENERAL_TIME = 0x18,
    RK_DER_SEQUENCE = 0x30,
    RK_DER_SET = 0x31,
    RK_DER_CONTEXT = 0x80, /* primitive [n] is RK_DER_CONTEXT + n */
    RK_DER_CONTEXT_CONSTRUCTED = 0xa0,
};

/* Content bytes of an OBJECT IDENTIFIER, from a string literal. */
struct rk_oid {
    const char *p;
    size_t len;
};
#define RK_OID(literal)                                                                            \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
extern const struct rk_oid rk_oid_san, rk_oid_basic, rk_oid_key_usage, rk_oid_eku, rk_oid_aki,
    rk_oid_ski, rk_oid_sda, rk_oid_crl, rk_oid_policies, rk_oid_aia;
extern const struct rk_oid rk_oid_tpm_manufacturer, rk_oid_tpm_model, rk_oid_tpm_version,
    rk_oid_tpm_specification, rk_oid_eku_ek;
extern const struct rk_oid rk_oid_rsa, rk_oid_ec, rk_oid_cn, rk_oid_org, rk_oid_country;

struct rk_tlv {
    uint8_t tag; /* 0: absent */
    const uint8_t *p;
    size_t len;
    const uint8_t *head; /* where the header starts */
    size_t size;         /* header and content */
    size_t at;           /* offset of the header in the file */
};
/* The next value. RK_E_FORMAT when cut short, of indefinite length, or with a tag number above 30.
 */
enum rk_rc rk_der_next(struct rk_rd *rd, struct rk_tlv *ret, struct rk_err *err) RK_MUST_CHECK;
/* The same, and of this tag; `what` names it in the message. */
enum rk_rc rk_der_want(struct rk_rd *rd, uint8_t tag, const char *what, struct rk_tlv *ret,
                       struct rk_err *err) RK_MUST_CHECK;
struct rk_rd rk_der_inside(const struct rk_tlv *tlv);
uint8_t rk_der_peek(const struct rk_rd *rd); /* the next tag, 0 at the end */
bool rk_der_is_oid(const struct rk_tlv *tlv, const struct rk_oid *oid);
