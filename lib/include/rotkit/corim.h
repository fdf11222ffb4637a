/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoRIM, concise reference integrity manifests: what a file says, and who signed it. Sources:
 * draft-ietf-rats-corim and draft-ietf-rats-concise-ta-stores as they stood in 2025, RFC 9052 and
 * 9053 (COSE), RFC 9360 (x5chain), RFC 8949 (CBOR). The first two are drafts, whose numbers may
 * still move, and no other implementation of them was at hand: files were held against the drafts'
 * CDDL as it was read here, and against general CBOR and cryptography of others.
 */
#pragma once

#include "base/ossl.h"
#include "rotkit/cbor.h"
#include "rotkit/request.h"

enum {
    RK_CORIM_MAX = 1 << 20,
    RK_CORIM_ITEMS_MAX = 4096, /* tags, measurements, anchors: each */
    RK_CORIM_DIGESTS_MAX = 4,
    RK_COSE_CERTS_MAX = 8,
};

/* Numbers of the drafts and of the registries of IANA. */
enum {
    RK_CORIM_TAG_UNSIGNED = 501,
    RK_CORIM_TAG_COMID = 506,
    RK_CORIM_TAG_COTS = 507,
    RK_CORIM_TAG_SVN = 552,
    RK_CBOR_TAG_EPOCH = 1,
    RK_COSE_TAG_SIGN1 = 18,
    RK_COSE_SIGN1_HEAD = 0xd2, /* that tag, as it is written */
    RK_COSE_ALG = 1,
    RK_COSE_CRIT = 2,
    RK_COSE_CONTENT_TYPE = 3,
    RK_COSE_KID = 4,
    RK_COSE_CORIM_META = 8,
    RK_COSE_X5CHAIN = 33,
};
#define RK_CORIM_CONTENT_TYPE "application/rim+cbor"

/* ---- what a file says (read.c, tags.c) ---- */

/* Bytes of the file; len 0: none. */
struct rk_span {
    size_t at, len;
};
/* A text or, where the drafts take one too, 16 bytes of a UUID. */
struct rk_corim_name {
    struct rk_span span;
    bool text;
};
struct rk_corim_class {
    struct rk_span vendor, model;
};
/* One CoMID (506), trust anchor store (507) or what else stands in the list of tags. */
struct rk_corim_tag {
    struct rk_span whole;
    uint64_t number;
    struct rk_corim_name id;
};
struct rk_corim_digest {
    int64_t alg; /* Named Information registry; 0: named by a text */
    struct rk_span value;
};
struct rk_corim_measurement {
    struct rk_span whole;
    size_t tag; /* place of its CoMID */
    struct rk_corim_class of;
    struct rk_span key, name, version; /* texts */
    bool has_svn;
    uint64_t svn;
    struct rk_corim_digest digest[RK_CORIM_DIGESTS_MAX];
    size_t digest_count;
};
struct rk_corim_anchor {
    struct rk_span whole, value;
    size_t tag;               /* place of its store */
    struct rk_corim_class of; /* the store's first environment */
    bool ca;                  /* on the way to an anchor, not trusted itself */
    int64_t format;           /* 0: certificate */
};
struct rk_corim {
    bool is_signed;
    /* COSE_Sign1: contents of the byte strings. Unsigned: payload is the file. */
    struct rk_span protected, payload, signature;
    int64_t alg;
    struct rk_span kid, signer, cert[RK_COSE_CERTS_MAX];
    size_t cert_count;
    /* The whole. */
    struct rk_corim_name id;
    struct rk_span entity;         /* name of the first */
    int64_t not_before, not_after; /* seconds since 1970; INT64_MIN and INT64_MAX: not stated */
    struct rk_corim_tag *tag;
    struct rk_corim_measurement *measurement;
    struct rk_corim_anchor *anchor;
    size_t tag_count, measurement_count, anchor_count;
    size_t beside; /* offset of the first statement that is none of these; 0: there is none */
};
void rk_corim_done(struct rk_corim *corim);
/* RK_E_FORMAT with what is wrong and where. *ret is to be given back in any case. */
enum rk_rc rk_corim_read(const uint8_t *file, size_t len, struct rk_corim *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* The name of a digest and its bytes; NULL for a number that is not known here. */
const char *rk_corim_digest_name(int64_t alg, size_t *ret_len);

/* ---- COSE_Sign1 (cose.c) ---- */

/* "ES256"; NULL for a number that is not known here. */
const char *rk_cose_alg_name(int64_t alg);
/*
 * The scheme of the request's main key, or the one that COSE has for such a key. RK_E_KEY for a key
 * that COSE does not know, RK_E_USAGE for another scheme than its own.
 */
enum rk_rc rk_cose_scheme(const struct rk_request_key *key, enum rk_scheme *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* The protected header that names this key, its certificates and the signer. */
enum rk_rc rk_cose_protected(const struct rk_request *request, const char *signer_name,
                             struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* RFC 9052, 4.4: Sig_structure */
enum rk_rc rk_cose_message(const uint8_t *protected_header, size_t protected_len,
                           const uint8_t *payload, size_t payload_len, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* COSE_Sign1 of a signature as rk_signer_sign makes it. */
enum rk_rc rk_cose_sign1(EVP_PKEY *pub, const struct rk_bytes *protected_header,
                         const uint8_t *payload, size_t payload_len,
                         const struct rk_bytes *signature, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY unless the file is signed by this key. */
enum rk_rc rk_cose_check(const rk_ctx *ctx, EVP_PKEY *pub, const uint8_t *file,
                         const struct rk_corim *corim, struct rk_err *err) RK_MUST_CHECK;
