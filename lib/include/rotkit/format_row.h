/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file format is one row, named in lib/tables, and the file that it stands in. The engine checks
 * parts and settings against the row before it calls a function of it, and reads back what it made.
 */
#pragma once

#include "base/err.h"
#include "base/layout.h"
#include "rotkit/request.h"
#include "rotkit/format.h"

#include <stdbool.h>

enum rk_heeds {
    RK_CHECK_TRUST_TIME = 1, /* --at, where a trust is given */
    RK_CHECK_TIME = 2,       /* --at, whoever is asked */
    RK_CHECK_SCHEME = 4,     /* --scheme */
};

struct rk_format {
    const char *name;  /* as in `rotkit pack NAME` */
    const char *title; /* for people */
    size_t max;        /* largest file, bytes */

    /* Is this file ours? By magic alone: what looks ours and is broken, parse explains. NULL: the
     * format cannot be told by content (raw). */
    bool (*recognise)(const uint8_t *file, size_t len);
    /*
     * Fills map->root's children, guards and map->integrity; checks all that can be checked without
     * a key (RK_E_FORMAT malformed), and goes on behind what does not hold (rk_map_compared).
     * RK_E_VERIFY where it cannot. NULL with recognise.
     */
    enum rk_rc (*parse)(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err);

    const struct rk_part_row *parts;       /* what build (and check, sign) take; NULL: none */
    const struct rk_setting_row *settings; /* NULL: none */
    const char *const *roles;              /* keys beside the main one; NULL: none */
    const struct rk_demand *demands;       /* what firmware takes of it; NULL: no rule is known */
    /*
     * States what the demands ask of (rk_map_fact), of a file that parse took; the request tells
     * what the file does not say. NULL without demands.
     */
    enum rk_rc (*facts)(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err);
    /*
     * What `check` looks at beside keys, parts, settings and the secret (those are told as they are
     * read): bits of enum rk_heeds. The engine refuses what nothing looks at.
     */
    unsigned heeds;
    bool own_signer;  /* what it is signed by stands inside, so that `check` can do without a key */
    bool needs_cert;  /* signing needs request->cert */
    size_t chain_max; /* certificates in request->cert: the signer's and its chain; 0: none */
    size_t part_certs_max; /* certificates in one part that holds some; 0: none does */
    bool encrypts_first;   /* the signature covers the ciphertext */
    bool fused_key;        /* signed by the key whose PublicKeyHash is in the fuses */
    bool payload_key;      /* encrypted under the user key that the key blob carries as tag 1 */
    /* What build or attach makes of this request is no file of the format (a bare signature, a
     * public key), so it is not read back. NULL: it always is. */
    bool (*makes_bare)(const struct rk_request *request);
    /* Whether what build makes of this request carries request->secret. NULL: it never does. */
    bool (*keeps_secret)(const struct rk_request *request);
    bool detaches;   /* a signature may stand in a file of its own; check takes part "content" */
    bool parts_held; /* check compares parts that it is given also when nobody must have signed */
    /* Any of these may be NULL; `refusal` then says why, and what to do instead. */
    const char *refusal;
    enum rk_rc (*build)(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err);
    enum rk_rc (*to_sign)(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err);
    /* Signatures have been held against their keys already. Converts them to the file's form. */
    enum rk_rc (*attach)(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err);
    enum rk_rc (*encrypt)(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err);
    /*
     * The BSP's closed tool made `back` of `prepared` (the SBK layer): does that hold, as far as
     * can be told without the key? NULL: this format has no such layer.
     */
    enum rk_rc (*handed_back)(const struct rk_bytes *prepared, const struct rk_bytes *back,
                              struct rk_err *err);
    /*
     * After parse, with a key, a trust or a secret in the request: the signatures, against
     * request->key[0].pub and/or request->trust; and what request->secret can show. Sets guards for
     * what was compared, marks for what could not be, and map->signer. RK_E_VERIFY when somebody
     * must have signed (rk_request_asks_signer) and it is unsigned or signed by another.
     */
    enum rk_rc (*check)(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err);
};

/* Adds a region at the end of parent's children (parent NULL makes the root). RK_E_NOMEM. */
enum rk_rc rk_region_add(struct rk_map *map, struct rk_region *parent, uint64_t offset,
                         uint64_t len, const char *name, struct rk_region **ret,
                         struct rk_err *err) RK_MUST_CHECK;
/*
 * What stands behind the content in a partition or slot, from `at` to the end of the file: padding
 * of 0x00 or 0xff by its byte, and whatever else there is, each a region under the root. Call it
 * when map->integrity has been written: bytes that are no padding are told there. RK_E_NOMEM.
 */
enum rk_rc rk_map_rest(struct rk_map *map, const uint8_t *file, size_t at, size_t len,
                       struct rk_err *err) RK_MUST_CHECK;
/* Says that a digest or signature covers the range. RK_E_NOMEM. */
enum rk_rc rk_map_guard(struct rk_map *map, uint64_t offset, uint64_t len, enum rk_guard_kind kind,
                        const char *by, struct rk_err *err) RK_MUST_CHECK;
/* States a fact, for the format's rows of firmware. Cut at its size. RK_E_NOMEM. */
enum rk_rc rk_map_fact(struct rk_map *map, uint64_t offset, uint64_t len, const char *name,
                       const char *value, struct rk_err *err) RK_MUST_CHECK;
/*
 * What comparing a digest over the range came to: RK_OK, so that it is a guard called `by` (NULL:
 * of none); RK_E_VERIFY, with *err, so that the range fails, the first such error is that of the
 * file, and the parse goes on. Returns any other rc, and RK_E_NOMEM.
 */
enum rk_rc rk_map_compared(struct rk_map *map, enum rk_rc rc, uint64_t offset, uint64_t len,
                           const char *by, struct rk_err *err) RK_MUST_CHECK;
/* For who calls a `parse` of its own: the failure that it went on behind, else RK_OK. */
enum rk_rc rk_map_verdict(const struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/*
 * Says that the range was asked for and could not be checked. what: for people, without the needed
 * thing. RK_E_NOMEM.
 */
enum rk_rc rk_map_unknown(struct rk_map *map, uint64_t offset, uint64_t len, enum rk_need need,
                          const char *what, struct rk_err *err) RK_MUST_CHECK;
/* Says that the format itself leaves the range open, although it is part of what is loaded. */
enum rk_rc rk_map_open(struct rk_map *map, uint64_t offset, uint64_t len, const char *what,
                       struct rk_err *err) RK_MUST_CHECK;
/* Says that the range is a signature that was checked: nothing covers it, and it holds. */
enum rk_rc rk_map_checked(struct rk_map *map, uint64_t offset, uint64_t len,
                          struct rk_err *err) RK_MUST_CHECK;
/* Whether somebody is named who must have signed. */
bool rk_request_asks_signer(const struct rk_request *request);
/*
 * For the start of `check`. is_signed: the file carries a signature. need: what it is compared
 * with, RK_NEED_PUB or RK_NEED_CA. Sets *ret to whether to go on: not when it is unsigned, or when
 * it was not given, which is marked. RK_E_VERIFY when it is not signed
 * although somebody must have signed.
 */
enum rk_rc rk_check_begin(const struct rk_request *request, bool is_signed, enum rk_need need,
                          struct rk_map *map, bool *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * For a `check` whose key has failed: one of a kind that the format does not take (RK_E_KEY where
 * it shall sign) has not signed this, RK_E_VERIFY. Other errors stay.
 */
enum rk_rc rk_check_other_kind(struct rk_err *err) RK_MUST_CHECK;
/* The smallest guard of this kind that covers the region whole; NULL: none. */
const struct rk_guard *rk_map_guard_of(const struct rk_map *map, const struct rk_region *region,
                                       enum rk_guard_kind kind);
void rk_region_set_ratchet(struct rk_region *region, uint64_t value);
/* The same for the child of this name, which must be there (a field of rk_layout_map). */
void rk_region_set_child_ratchet(const struct rk_region *parent, const char *name, uint64_t value);

/* One child region a field under `parent`, values in the note. at: offset of the structure in the
 * file. */
enum rk_rc rk_layout_map(const struct rk_field *fields, size_t count, const void *from, uint64_t at,
                         struct rk_region *parent, struct rk_err *err) RK_MUST_CHECK;

/* The setting's value, else the row's default (which may be NULL). */
const char *rk_request_text(const struct rk_request *request, const struct rk_format *format,
                            const char *name);
/* The same as a number, decimal or 0x, at most max; def when there is neither value nor default. */
enum rk_rc rk_request_u64(const struct rk_request *request, const struct rk_format *format,
                          const char *name, uint64_t def, uint64_t max, uint64_t *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* "yes" or "no"; no when there is neither value nor default. */
enum rk_rc rk_request_flag(const struct rk_request *request, const struct rk_format *format,
                           const char *name, bool *ret, struct rk_err *err) RK_MUST_CHECK;
/* request->secret, for use: where nothing asks for it, one that was given is refused. */
const struct rk_secret *rk_request_secret(const struct rk_request *request);
/* The key of a role, else the main key; NULL when there is none. */
const struct rk_request_key *rk_request_key(const struct rk_request *request, const char *role);
/* Adds a request and takes the message. */
enum rk_rc rk_sign_requests_add(struct rk_sign_requests *requests, const char *role,
                                const char *what, enum rk_scheme scheme, struct rk_bytes *message,
                                struct rk_err *err) RK_MUST_CHECK;
/* What an IV is for: whatever differs in one of these has another IV under one key. */
struct rk_iv_inputs {
    const char *format, *role; /* role: which use of the key, as the format's settings name it */
    const uint8_t *header;     /* what the format binds to the content; header_len may be 0 */
    size_t header_len;
    const uint8_t *content; /* the plaintext */
    size_t len;
};
/*
 * An IV or nonce of iv_len bytes (at most 32) under request->secret: drawn, or, when the request is
 * reproducible, cut from HMAC-SHA-256(key, field("rotkit IV 2") ‖ field(format) ‖ field(role) ‖
 * field(iv_len in one byte) ‖ field(header) ‖ field(content)), where field(x) is x behind its
 * length in eight octets, the highest first.
 */
enum rk_rc rk_request_iv(const struct rk_request *request, const struct rk_iv_inputs *in,
                         uint8_t *ret, size_t iv_len, struct rk_err *err) RK_MUST_CHECK;
