/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration text taken in: which keys there are that are no fields, and what they said. */
#pragma once

#include "bct/t210.h"

enum t210_mode { T210_BCT = 1, T210_IMAGE = 2, T210_UPDATE = 4 };

enum t210_key_kind {
    T210_K_NUMBER,     /* for the image alone, so before its loader; a BCT has no place for it */
    T210_K_SWITCH,     /* takes no value */
    T210_K_BCT,        /* the BCT that the image begins with */
    T210_K_LOADER,     /* FILE,LOAD,ENTRY,Complete */
    T210_K_RSA,        /* a number of T210_RSA bytes, to `at` in the BCT */
    T210_K_RECORD_RSA, /* the same, to `at` in each boot loader's record */
    T210_K_NOWHERE,    /* not placed by experiment */
};
struct t210_key {
    const char *name;
    int modes; /* of enum t210_mode */
    enum t210_key_kind kind;
    size_t at;
    uint64_t otherwise, min, max; /* of a number */
};
/* Rows that are asked for by name, and how many there are. */
enum {
    T210_AT_VERSION,
    T210_AT_REDUNDANCY,
    T210_AT_COPIES,
    T210_AT_LOADER,
    T210_AT_REHASH,
    T210_KEYS = 13
};
extern const struct t210_key rk_t210_keys[T210_KEYS];

struct t210_build {
    const struct rk_request *request;
    enum t210_mode mode;
    struct rk_bytes file;                   /* BCT, or the image that is changed */
    uint64_t number[T210_KEYS];             /* of a number; 1 when a switch was met */
    const struct rk_input *part[T210_KEYS]; /* of a key that names a file; NULL until it was met */
    uint64_t load, entry;                   /* of the boot loader */
    bool sized, group[T210_GROUPS];         /* fields of these were set */
};

/* The row of a key, T210_KEYS when there is none. */
size_t rk_t210_find_key(const char *name);
/* What the line says of a field goes into b->file, all else beside it. */
enum rk_rc rk_t210_apply_line(struct t210_build *b, const struct t210_line *line,
                              struct rk_err *err) RK_MUST_CHECK;
