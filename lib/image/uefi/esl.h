/* SPDX-License-Identifier: Apache-2.0 */
/* EFI signature lists, read: list by list and entry by entry, whatever they stand in. Source:
 * UEFI 2.10, 32.4.1. */
#pragma once

#include "rotkit/format_row.h"
#include "base/rd.h"

enum { RK_ESL_HEAD = 28, RK_ESL_OWNER = 16, RK_ESL_ENTRIES_MAX = 65536 };

enum rk_esl_kind {
    RK_ESL_X509,
    RK_ESL_SHA1,
    RK_ESL_SHA224,
    RK_ESL_SHA256,
    RK_ESL_SHA384,
    RK_ESL_SHA512,
    RK_ESL_SM3,
    RK_ESL_X509_SHA256, /* of a certificate's body, then the time of its revocation */
    RK_ESL_X509_SHA384,
    RK_ESL_X509_SHA512,
    RK_ESL_X509_SM3,
    RK_ESL_RSA2048,
    RK_ESL_RSA2048_SHA1,
    RK_ESL_RSA2048_SHA256,
    RK_ESL_PKCS7,
    RK_ESL_EXTERNAL, /* nobody's: external management alone may write the variable */
    RK_ESL_UNKNOWN,  /* a type that UEFI 2.10 does not have; firmware skips such lists */
    RK_ESL_KINDS
};
/* For people: "certificate", "SHA-384". */
const char *rk_esl_kind_name(enum rk_esl_kind kind);
/* Bytes of a hash in an entry; 0: it is none. Behind it may stand a time. */
size_t rk_esl_kind_hash(enum rk_esl_kind kind);
/* Whether the hash is of a certificate's body, and a time of revocation stands behind it. */
bool rk_esl_kind_revokes(enum rk_esl_kind kind);
/* The list type at guid (16 bytes). */
enum rk_esl_kind rk_esl_kind_of(const uint8_t *guid);
/* The other way; kind is not RK_ESL_UNKNOWN. */
void rk_esl_kind_guid(enum rk_esl_kind kind, uint8_t ret[16]);

struct rk_esl_list {
    enum rk_esl_kind kind;
    const uint8_t *type; /* the GUID, 16 bytes */
    size_t len;          /* of all of it */
    size_t head_len;     /* of what the type may put in front of the entries; of known types 0 */
    size_t entry_len;    /* owner and data */
    struct rk_rd entries;
};
/* The list at the cursor, which moves behind it. RK_E_FORMAT when its sizes do not fit. */
enum rk_rc rk_esl_next(struct rk_rd *rd, struct rk_esl_list *ret, struct rk_err *err) RK_MUST_CHECK;

struct rk_esl_entry {
    enum rk_esl_kind kind;
    const uint8_t *p; /* behind the owner */
    size_t len;
};
struct rk_esl {
    struct rk_esl_entry *entry;
    size_t count;
};
/*
 * Where things stand in a file of lists: a list itself, a signed variable
 * (EFI_VARIABLE_AUTHENTICATION_2, UEFI 2.10, 8.2.2), and either behind the four bytes of attributes
 * that efivarfs and sbvarsign put in front.
 */
struct rk_esl_place {
    size_t attributes_len; /* 0 or 4 */
    bool is_signed;        /* a time and a signature stand behind the attributes */
    size_t lists;          /* offset of the lists; the file's end when there are none */
};
/* False when the file is none of these, an empty one included. */
bool rk_esl_find(const uint8_t *file, size_t len, struct rk_esl_place *ret);
/*
 * Adds the entries of a file, which stays borrowed. RK_E_FORMAT when it holds no lists, one is
 * malformed or of an unknown type, or there are too many entries.
 */
enum rk_rc rk_esl_read(struct rk_esl *esl, const uint8_t *file, size_t len,
                       struct rk_err *err) RK_MUST_CHECK;
void rk_esl_done(struct rk_esl *esl);
