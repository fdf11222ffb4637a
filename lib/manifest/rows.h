/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of the manifest is. One file a section; each exports its rows. */
#pragma once

#include "base/err.h"
#include "rotkit/manifest.h"

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
    RK_M_TEXTS,   /* names of the user's choice, each with a text */
    RK_M_PATHS,   /* each with a file, or archive!path, relative to the manifest's folder */
    RK_M_KEYS,    /* each with a key URI */
    RK_M_SECTION, /* rows of its own; the member is the first of the section, its place */
    RK_M_IMAGES,  /* names of the user's choice, each with rows whose members are of rk_mimage */
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

extern const struct rk_mrow rk_manifest_rows[], rk_devices_rows[], rk_ek_rows[],
    rk_certificate_rows[], rk_ca_rows[], rk_blob_rows[], rk_fuses_rows[], rk_secrets_rows[],
    rk_release_rows[], rk_image_rows[], rk_licence_rows[];
#define RK_M(member) offsetof(struct rk_manifest, member)

/* The member that a row is about; base is what its offset counts from. */
void *rk_manifest_member(void *base, const struct rk_mrow *row);
/* The largest value of a kind of number; 0 for the other kinds. */
uint64_t rk_manifest_max(enum rk_mkind kind);

/* Rules between values. */
enum rk_rc rk_manifest_check(const struct rk_manifest *manifest, struct rk_err *err) RK_MUST_CHECK;
