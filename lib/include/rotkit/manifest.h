/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest: YAML into a checked model. Every value remembers its place, so that a later stage
 * can still say file:line:column. Keys, kinds, defaults and help are the rows in lib/manifest; the
 * loader, the JSON Schema, the text of `rotkit init` and rotkit-manifest(5) are walks of them.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/ctx.h"
#include "rotkit/manifest_row.h"

struct rk_given;
struct rk_mrows;
struct rk_platform;

/* One image of the release: packed from parts or taken as it is, encrypted and signed. */
struct rk_mimage {
    char *name; /* of the file below images/ */
    struct rk_where at;
    bool again;  /* for a further type, from the lines of the one before */
    bool faulty; /* while it loads: rules between its values cannot be asked */
    struct rk_mstr format, input, encrypted_by;
    struct rk_mmap parts; /* name of the part: a component or an image */
    struct rk_mmap set;
    struct rk_mmap image_types; /* further images as this one: name of the file, FMP image type */
    struct rk_mlist firmware;   /* that takes it, "NAME[+OPTION...]" */
    struct rk_mbool publish;
    struct {
        struct rk_where at;
        struct rk_mstr key, certificate, passphrase, scheme;
        struct rk_mmap keys; /* by role */
    } sign;
    struct {
        struct rk_where at;
        struct rk_mstr key;
    } encrypt;
    struct {
        struct rk_where at;
        struct rk_mstr input, output;
    } bsp;
};
struct rk_mimages {
    struct rk_mimage *v;
    size_t count;
    struct rk_where at;
};
enum { RK_MIMAGES_MAX = 128 };

struct rk_manifest {
    char *path;
    uint8_t sha256[32];                     /* of the file */
    struct rk_mnum rotkit;                  /* 1 */
    struct rk_mstr product, platform, role; /* both, odm, oem */
    const struct rk_platform *row; /* the platform's; the table's first when it is unknown */
    void *settings;                /* what row's sections say */
    struct rk_mrows *rows;         /* of row; private to lib/manifest */
    struct {
        struct rk_where at;
        struct rk_mstr file[RK_DEVICE_FILES_MAX]; /* by the platform's device_files */
        struct rk_mstr master_key, key, passphrase;
        struct rk_mnum oem_id, first_sn, count;
    } devices;
    struct {
        struct rk_where at;
        struct rk_mstr profile;
        struct rk_mlist templates;
        struct {
            struct rk_where at;
            struct rk_mstr manufacturer, model, version, spec_family, subject_cn;
            struct rk_mnum spec_level, spec_revision, not_before, not_after, validity_days;
            struct rk_mlist aia, crl, policies;
        } certificate;
        struct {
            struct rk_where at;
            struct rk_mstr certificate, key, passphrase;
        } ca;
    } ek;
    struct rk_mmap components; /* a path, or archive!path */
    struct rk_mimages images;
    struct {
        struct rk_where at;
        struct rk_mstr recipient;
    } secrets;
    struct {
        struct rk_where at;
        struct rk_mstr ledger; /* a path or a URI */
        struct rk_mstr checkpoint_key, passphrase, file, issuer, anchor;
    } licence;
    struct {
        struct rk_where at;
        struct rk_mstr path;
        struct rk_mbool reproducible;
        struct rk_mstr key, passphrase, scheme;
        struct rk_mstr version;
        struct {
            struct rk_where at;
            struct rk_mmap components, svn, slots;
            struct rk_mstr derivation, layout, layout_device;
            struct rk_mnum nv_layout;
            struct rk_mlist reads_blobs, changes;
        } update;
    } release;
};

/*
 * RK_E_USAGE names file, line and column, of the first fault in the file; the others, at most
 * nineteen, are handed to rk_further, and how many are left out. RK_E_IO when it cannot be read. At
 * most 1 MiB.
 */
enum rk_rc rk_manifest_load(const rk_ctx *ctx, const char *path, struct rk_manifest **ret,
                            struct rk_err *err) RK_MUST_CHECK;
void rk_manifest_free(struct rk_manifest *manifest);
/* An error at a value's place in the file. */
enum rk_rc rk_manifest_fail(const struct rk_manifest *manifest, struct rk_where at,
                            struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
    RK_PRINTF(5, 6);
/* Puts a value's name and its place in front of the error that it led to. */
enum rk_rc rk_manifest_at(const struct rk_manifest *manifest, struct rk_where at, const char *name,
                          struct rk_err *err);

/* What it says, for its platform; borrowed. */
struct rk_given rk_manifest_given(const struct rk_manifest *manifest);

/* The JSON Schema of the manifest. */
enum rk_rc rk_manifest_schema(const rk_ctx *ctx, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* The commented manifest that `rotkit init` writes. */
enum rk_rc rk_manifest_init_text(const rk_ctx *ctx, const struct rk_platform *platform,
                                 struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* rotkit-manifest(5) in mdoc; date and version stand in its head and foot. */
enum rk_rc rk_manifest_page(const rk_ctx *ctx, const char *date, const char *version,
                            struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
