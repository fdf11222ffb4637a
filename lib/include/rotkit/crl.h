/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists of an EK CA. RFC 5280, 5. */
#pragma once

#include "rotkit/ekcert.h"

enum rk_crl_reason { /* RFC 5280 5.3.1, those that a device meets */
                     RK_CRL_UNSPECIFIED = 0,
                     RK_CRL_KEY_COMPROMISE = 1,
                     RK_CRL_SUPERSEDED = 4,
                     RK_CRL_CESSATION = 5,
};
/* RK_E_USAGE "unknown reason", with the known ones. */
enum rk_rc rk_crl_reason_find(const char *name, enum rk_crl_reason *ret,
                              struct rk_err *err) RK_MUST_CHECK;

enum { RK_SERIAL_MAX = 20 };
struct rk_crl_entry {
    uint8_t serial[RK_SERIAL_MAX]; /* of the certificate, big-endian, positive */
    size_t serial_len;
    int64_t revoked; /* seconds since 1970 */
    enum rk_crl_reason reason;
};

enum { RK_CRL_ENTRIES_MAX = 1000000 };
/* A list being kept: read, added to, issued anew. Entries are in the order in which they came. */
struct rk_crl {
    uint64_t number; /* cRLNumber; the next issue has one more */
    struct rk_crl_entry *entry;
    size_t count, room;
    /* Which serial numbers are there: a hash table of count at most half of slots, a power of 2. */
    uint32_t *slot; /* place of the entry + 1; 0: free */
    size_t slots;
    uint64_t looked_at; /* slots, by all that was done so far: the work, for tests to count */
};
#define RK_CRL_NONE                                                                                \
    {                                                                                              \
        .entry = NULL                                                                              \
    }
void rk_crl_done(struct rk_crl *crl);

/*
 * Reads a list (DER or PEM) that this CA has issued. RK_E_FORMAT for what is no CRL, RK_E_VERIFY
 * for one of another issuer or whose signature does not hold.
 */
enum rk_rc rk_crl_read(const rk_ca *ca, const uint8_t *bytes, size_t len, struct rk_crl *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* The serial number of a certificate that this CA has issued. RK_E_VERIFY for another's. */
enum rk_rc rk_crl_entry_of(const rk_ca *ca, const struct rk_bytes *certificate,
                           struct rk_crl_entry *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * A serial number that is on the list already stays as it is, and *ret_added is false. RK_E_USAGE
 * when the list is full. The work is the same whatever the length of the list.
 */
enum rk_rc rk_crl_add(struct rk_crl *crl, const struct rk_crl_entry *entry, bool *ret_added,
                      struct rk_err *err) RK_MUST_CHECK;
/*
 * Issues the list under number + 1, entries in order of their serial numbers; DER. Times are
 * seconds since 1970. RK_E_USAGE when the CA may not sign CRLs or next_update is not later.
 */
enum rk_rc rk_crl_issue(const rk_ctx *ctx, rk_ca *ca, const struct rk_crl *crl, int64_t this_update,
                        int64_t next_update, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
