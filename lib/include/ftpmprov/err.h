/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes, the caller-owned error text, and the attributes every header uses. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Promised: what is declared so stays for as long as the library's soname does. */
#define RK_API __attribute__((visibility("default")))
/* The result says whether it worked. */
#define RK_MUST_CHECK __attribute__((warn_unused_result))
/* Format and arguments as printf has them. */
#define RK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* Scope cleanup: RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE; */
#define RK_AUTO(destructor) __attribute__((cleanup(destructor)))
/* Defines name(type **), which frees what is pointed to: for RK_AUTO(name) type *. */
#define RK_CLEANUP(name, type, free_it)                                                            \
    static inline void name(type **at)                                                             \
    {                                                                                              \
        (void)free_it(*at);                                                                        \
        *at = NULL;                                                                                \
    }

/* 0..8 are the exit codes of rotkit(1), in their order. */
enum rk_rc {
    RK_OK = 0,
    RK_E_INTERNAL, /* our own mistake, or an OpenSSL that lacks something; any call may end so */
    RK_E_USAGE,    /* wrong call, manifest, or an input that is refused */
    RK_E_VERIFY,   /* a signature, digest or comparison does not hold */
    RK_E_KEY,      /* key, token or authorisation */
    RK_E_LEDGER,   /* licence or ledger */
    RK_E_PARTIAL,  /* some devices of a batch failed */
    RK_E_IO,       /* file system, TPM or network out of reach */
    RK_E_UNKNOWN,  /* nothing is wrong so far, but what was asked could not be checked */
    RK_E_FORMAT,   /* malformed bytes; leaves as exit 2 */
    RK_E_NOMEM,    /* leaves as exit 1 */
};

/*
 * One error, on the caller's stack, never NULL. Meaningful only after a function
 * returned other than RK_OK. `msg` is one line plus context lines, each after a
 * newline; text that does not fit ends in "...". Nothing secret ever enters it. Its members and
 * size stay as they are for as long as the library's soname does.
 */
struct rk_err {
    enum rk_rc rc;   /* what kind */
    char msg[1024];  /* what a person reads */
    char file[256];  /* "" when no file is concerned */
    unsigned line;   /* 0 when unknown */
    unsigned column; /* 0 when unknown */
    uint64_t offset; /* in bytes; 0 when unknown */
};

/*
 * Sets an error, as a function of the caller's that a walk calls does.
 *   rc: its kind
 *   fmt: the message, one line in lower case, as printf
 * Returns rc.
 */
RK_API enum rk_rc rk_fail(struct rk_err *err, enum rk_rc rc, const char *fmt, ...) RK_PRINTF(3, 4);
/*
 * Puts "subject: " in front of the first line.
 *   fmt: the subject, as printf
 * Returns err->rc.
 */
RK_API enum rk_rc rk_wrap(struct rk_err *err, const char *fmt, ...) RK_PRINTF(2, 3);
/*
 * Adds a context line below.
 *   fmt: the line, as printf
 * Returns err->rc.
 */
RK_API enum rk_rc rk_note(struct rk_err *err, const char *fmt, ...) RK_PRINTF(2, 3);
/*
 * Sets an error about a place in a file: "file:line:column: " stands in front of the message.
 *   rc: its kind
 *   file: its name
 *   line: from 1; 0: unknown, and left out
 *   column: from 1; 0: unknown, and left out
 *   fmt: the message, as printf
 * Returns rc.
 */
RK_API enum rk_rc rk_fail_at(struct rk_err *err, enum rk_rc rc, const char *file, unsigned line,
                             unsigned column, const char *fmt, ...) RK_PRINTF(6, 7);
