/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How programs in Go read a certificate: crypto/x509's parser (lint_go.c; its extensions,
 * lint_go_ext.c), encoding/asn1 within subjectAltName and subjectDirectoryAttributes, and the rules
 * that go-attestation and secboot have on top (lint_go_rules.c). Verdicts are those of Go 1.19,
 * which tests/cli/peer-go-ek-lint.sh asks; a note says where a later Go reads an object
 * identifier, a string or a number otherwise.
 */
#pragma once

#include "pki/lint_strict.h"

enum rk_go_key { RK_GO_KEY_NONE, RK_GO_KEY_RSA, RK_GO_KEY_EC, RK_GO_KEY_OTHER };

struct rk_go_ext {
    struct rk_tlv oid, value; /* value: the OCTET STRING; tag 0: the certificate has none */
    bool critical;
};

struct rk_go_cert {
    struct rk_strict strict; /* golang.org/x/crypto/cryptobyte */
    bool whole;              /* read to its last extension */
    bool no_memory;
    unsigned version; /* from 1 */
    struct rk_tlv serial, issuer, subject;
    enum rk_go_key key;
    struct rk_go_ext san, sda, basic, usage, aki, policies, eku;
    struct rk_go_ext flagged; /* the first that is critical and must not be, to go-attestation */
    struct rk_tlv unknown;    /* the first critical extension that crypto/x509 does not handle */
    uint16_t usage_bits;      /* RK_KU_* */
    bool is_ca, eku_any, eku_ek;
    size_t key_id_len, policy_count, eku_count;
};

extern const struct rk_oid_limits rk_go_oid;      /* cryptobyte's */
extern const struct rk_oid_limits rk_go_asn1_oid; /* encoding/asn1's */
bool rk_go_take_oid(const struct rk_strict *s, struct rk_rd *rd, const char *what,
                    struct rk_tlv *ret);
/* Go compares arcs by value: octets 80 in front of one do not count. */
bool rk_go_is_oid(const struct rk_tlv *tlv, const struct rk_oid *oid);
bool rk_go_same_oid(const struct rk_tlv *a, const struct rk_tlv *b);
/* A string of this tag in a name; false when its octets are not what the type allows. */
bool rk_go_string_is_good(uint8_t tag, const uint8_t *p, size_t len);
/* A UTCTime or GeneralizedTime, by its tag. */
bool rk_go_time_is_good(const struct rk_tlv *tlv);

bool rk_go_read_exts(const struct rk_tlv *list, struct rk_go_cert *cert);
void rk_go_attestation(const struct rk_go_cert *cert);
void rk_go_secboot(const struct rk_go_cert *cert);
