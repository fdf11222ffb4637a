/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a row of the manifest is, and a value as the loader leaves it. Sections that every manifest
 * may have are rows of lib/manifest; a platform's own are rows of the platform.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rk_where {
    unsigned line, column; /* 0: the value is a default */
};
struct rk_mstr { /* text, path (already relative to the working folder), key URI */
    char *v;     /* NULL: absent */
    struct rk_where at;
};
struct rk_mnum { /* number, or a date as seconds since 1970 */
    int64_t v;
    bool set;
    struct rk_where at;
};
struct rk_mbool {
    bool v;
    struct rk_where at;
};
enum { RK_MLIST_MAX = 16 };
struct rk_mlist {
    char *v[RK_MLIST_MAX];
    size_t count;
    struct rk_where at;
};

/* Names of the user's own choice, each with a text, path or key URI. */
struct rk_mpair {
    char *name, *v;
    struct rk_where at;
};
struct rk_mmap {
    struct rk_mpair *v;
    size_t count;
    struct rk_where at;
};
enum { RK_MMAP_MAX = 256, RK_DEVICE_FILES_MAX = 4 };

enum rk_mkind {
    RK_M_TEXT,
    RK_M_PATH,       /* a file, relative to the manifest's folder */
    RK_M_KEY,        /* a key URI; a bare path or file: is relative to the manifest's folder */
    RK_M_PASSPHRASE, /* fd:N, env:NAME, or file: relative to the manifest's folder */
    RK_M_CHOICE,     /* one of values */
    RK_M_NUMBER,     /* decimal or 0x, below 2^63 */
    RK_M_U16,
    RK_M_U32,
    RK_M_DATE,
    RK_M_BOOL,
    RK_M_LIST,
    RK_M_TEXTS,    /* names of the user's choice, each with a text */
    RK_M_PATHS,    /* each with a file, or archive!path, relative to the manifest's folder */
    RK_M_KEYS,     /* each with a key URI */
    RK_M_SECTION,  /* rows of its own; the member is the first of the section, its place */
    RK_M_PLATFORM, /* a section whose members are of the platform's settings */
    RK_M_IMAGES,   /* names of the user's choice, each with rows whose members are of rk_mimage */
    RK_M_KINDS,
};
enum { RK_M_REQUIRED = 1, RK_M_VARIABLES = 2 /* ${VAR} is replaced */ };

struct rk_mrow {
    const char *key;
    enum rk_mkind kind;
    size_t member;
    unsigned flags;
    const char *def;           /* NULL: none; as it would stand in the file */
    const char *const *values; /* of a choice, ended by NULL */
    const struct rk_mrow *sub; /* of a section, ended by a row without key */
    const char *init;          /* what `rotkit init` writes; NULL: a commented-out line */
    const char *help;
};
