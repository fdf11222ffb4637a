/* SPDX-License-Identifier: Apache-2.0 */
/* EFI signature lists, read: entry by entry, whatever they stand in. Source: UEFI 2.10, 32.4.1. */
#pragma once

#include "rotkit/format_row.h"

enum { RK_ESL_HEAD = 28, RK_ESL_OWNER = 16, RK_ESL_ENTRIES_MAX = 65536 };

enum rk_esl_kind {
    RK_ESL_X509,
    RK_ESL_SHA1,
    RK_ESL_SHA224,
    RK_ESL_SHA256,
    RK_ESL_SHA384,
    RK_ESL_SHA512,
    RK_ESL_X509_SHA256, /* of a certificate's body, then the time of its revocation */
    RK_ESL_X509_SHA384,
    RK_ESL_X509_SHA512,
    RK_ESL_RSA2048,
    RK_ESL_RSA2048_SHA1,
    RK_ESL_RSA2048_SHA256,
    RK_ESL_KINDS
};
/* For people: "certificate", "SHA-384". */
const char *rk_esl_kind_name(enum rk_esl_kind kind);
/* Bytes of one entry's data; 0: as many as it has. */
size_t rk_esl_kind_size(enum rk_esl_kind kind);
/* The list type at guid (16 bytes); false when it is of no known type. */
bool rk_esl_kind_of(const uint8_t *guid, enum rk_esl_kind *ret);

struct rk_esl_entry {
    enum rk_esl_kind kind;
    const uint8_t *p; /* behind the owner */
    size_t len;
};
struct rk_esl {
    struct rk_esl_entry *entry;
    size_t count;
};
/* Where the lists start in a file: 0, behind an efivar dump's attributes (4), or behind the
 * signature of a variable. False when the file is none of these. */
bool rk_esl_find(const uint8_t *file, size_t len, size_t *ret);
/*
 * Adds the entries of a file, which stays borrowed. RK_E_FORMAT when it holds no lists, one is
 * malformed or of an unknown type, or there are too many entries.
 */
enum rk_rc rk_esl_read(struct rk_esl *esl, const uint8_t *file, size_t len,
                       struct rk_err *err) RK_MUST_CHECK;
void rk_esl_done(struct rk_esl *esl);
