/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the book of signatures: sigbook.c answers, sigfolder.c reads and writes the folder. */
#pragma once

#include "keys/wants.h"
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
    struct rk_wants wants; /* by the driver alone */
    pthread_mutex_t lock;  /* on item[].asked */
};

/* sigfolder.c */
/* Fills time, round and items from book->folder; see rk_sigbook_open for the errors. */
enum rk_rc rk_sigfolder_read(rk_sigbook *book, struct rk_err *err) RK_MUST_CHECK;
/* The same without signatures: whether the folder is this owner's. */
enum rk_rc rk_sigfolder_check_owner(rk_sigbook *book, struct rk_err *err) RK_MUST_CHECK;
/* Writes wants[first[0..count)], a new round. */
enum rk_rc rk_sigfolder_write(rk_sigbook *book, const size_t *first, size_t count,
                              struct rk_err *err) RK_MUST_CHECK;
