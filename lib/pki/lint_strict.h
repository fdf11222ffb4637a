/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER as parsers read that keep to X.690: each value of a certificate judged where it stands. A
 * cursor's base is the offset in the file, so that what is said names a place. Nothing here is
 * OpenSSL's opinion.
 */
#pragma once

#include "pki/lint.h"

/* Who reads, and into which book goes what is wrong; NULL: nobody is told. */
struct rk_strict {
    struct rk_lint_book *book;
    unsigned who;
    bool long_tags; /* tag numbers above 30 are read, as encoding/asn1 and Rust's asn1 do */
};

enum { RK_STRICT_ANY = -1 };
/* The next value, of this tag; false when it was refused, with "WHAT: ..." as the reason. */
bool rk_strict_next(const struct rk_strict *s, struct rk_rd *rd, int tag, const char *what,
                    struct rk_tlv *ret);
bool rk_strict_boolean(const struct rk_strict *s, const struct rk_tlv *tlv, const char *what);
bool rk_strict_integer(const struct rk_strict *s, const struct rk_tlv *tlv, const char *what);
bool rk_strict_bits(const struct rk_strict *s, const struct rk_tlv *tlv, const char *what);

/* X.690 8.19: how many octets an arc may take, whether it may start with 80, octets in all (0:
 * any). */
struct rk_oid_limits {
    size_t arc_octets, octets;
    uint64_t arc_max;
    bool padded;
};
bool rk_oid_is_good(const struct rk_tlv *tlv, const struct rk_oid_limits *limits);
bool rk_strict_oid(const struct rk_strict *s, const struct rk_tlv *tlv,
                   const struct rk_oid_limits *limits, const char *what);

/* X.690 10.1, 8.3.2, 11.2.1 */
bool rk_length_is_minimal(const struct rk_tlv *tlv);
bool rk_integer_is_minimal(const struct rk_tlv *tlv);
bool rk_bits_are_clean(const struct rk_tlv *tlv);

/* Whether digits at the start of a time name a day and a second that exist; year: digits of it, 2
 * or 4. */
bool rk_time_exists(const uint8_t *p, size_t year, bool seconds);
bool rk_utf8_is_valid(const uint8_t *p, size_t len);
