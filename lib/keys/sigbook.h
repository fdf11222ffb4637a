/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the book of signatures: sigbook.c answers, sigfolder.c reads the folder,
 * sigfolder_write.c writes it. */
#pragma once

#include "keys/sigkept.h"
#include "keys/wants.h"
#include "base/ossl.h"
#include "rotkit/file.h"

#include <pthread.h>

struct rk_sigbook_item {
    uint8_t id[RK_WANT_ID];
    unsigned number; /* of its files, from 1 */
    char *what;
    bool asked;                /* the signature was asked for in this run */
    struct rk_bytes signature; /* as rk_signer_sign makes it */
};

struct rk_sigbook {
    const rk_ctx *ctx;
    char folder[RK_PATH_MAX];
    char kind[16];
    uint8_t owner[32];
    int64_t time;
    unsigned round;               /* of the folder as it stands; 0: a first one is to be written */
    struct rk_sigbook_item *item; /* sorted by id */
    size_t count;
    struct rk_sigkept kept; /* what keys here signed */
    struct rk_wants wants;  /* by the driver alone */
    pthread_mutex_t lock;   /* on item[].asked and kept */
};

/* sigfolder.c */
enum {
    RK_SIGFOLDER_VERSION = 1,
    RK_SIGFOLDER_INDEX_MAX = 1 << 30,
    RK_SIGFOLDER_ENTRIES_MAX = 4 * RK_WANTS_MAX,
    RK_SIGFOLDER_NAME = 80 /* of a file below the folder */
};
/* The digest a scheme signs, as OpenSSL names it; NULL: it signs the message. */
const char *rk_sigfolder_digest(enum rk_scheme scheme);
enum rk_rc rk_sigfolder_make_digest(const char *name, const struct rk_bytes *message,
                                    uint8_t ret[EVP_MAX_MD_SIZE], size_t *ret_len,
                                    struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_sigfolder_path(const rk_sigbook *book, const char *name, char ret[RK_PATH_MAX],
                             struct rk_err *err) RK_MUST_CHECK;
void rk_sigfolder_file(unsigned number, const char *suffix, char ret[RK_SIGFOLDER_NAME]);
void rk_sigfolder_key(const uint8_t sha256[32], char ret[RK_SIGFOLDER_NAME]);
/* Of items, for qsort and bsearch. */
int rk_sigbook_by_id(const void *a, const void *b);
int rk_sigbook_by_number(const void *a, const void *b);
/* Fills time, round and items from book->folder; see rk_sigbook_open for the errors. */
enum rk_rc rk_sigfolder_read(rk_sigbook *book, struct rk_err *err) RK_MUST_CHECK;
/* The same without the signatures from elsewhere: whether the folder is this owner's. */
enum rk_rc rk_sigfolder_check_owner(rk_sigbook *book, struct rk_err *err) RK_MUST_CHECK;
/* sigfolder_write.c */
/* Writes wants[first[0..count)], a new round, with what `end` keeps. */
enum rk_rc rk_sigfolder_write(rk_sigbook *book, const size_t *first, size_t count,
                              const struct rk_sigbook_end *end, struct rk_err *err) RK_MUST_CHECK;
