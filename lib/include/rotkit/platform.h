/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a platform is: one row, named in lib/tables. It says where its units' secrets come from,
 * which EPS follows from them, which sections its manifest has, and which artifacts are made of all
 * that. Rooms above walk what the row lists; none of them knows what a certain platform makes.
 */
#pragma once

#include "base/err.h"
#include "base/wr.h"
#include "rotkit/cms.h"
#include "rotkit/ek.h"
#include "rotkit/format.h"
#include "rotkit/identity.h"
#include "rotkit/init_file.h"
#include "rotkit/sigbook.h"
#include "rotkit/signer.h"
#include "rotkit/artifact.h"
#include "rotkit/json.h"
#include "rotkit/manifest_row.h"

enum {
    /* The ledger's commitment to a unit has a place for each: more would change what stands there.
     */
    RK_UNIT_SECRETS_MAX = 3,
    RK_UNIT_CERTS_MAX = 2,
    RK_PLATFORM_FORMATS_MAX = 4,
};

/* One unit: its secrets in the platform's own order, and the certificates that another house made
 * for it, in the order of the EK templates that rk_ek_template_in_blob is true of. */
struct rk_unit {
    struct rk_unit_id sn;
    struct rk_secret secret[RK_UNIT_SECRETS_MAX];
    struct rk_bytes cert[RK_UNIT_CERTS_MAX];
};
void rk_unit_done(struct rk_unit *unit);

/* A file or folder that units are read from: a key of the manifest's section devices. */
struct rk_device_file {
    const char *key;
    const char *init; /* as in struct rk_mrow */
    const char *help;
    bool handed; /* from an ODM, for role oem */
};

/* What a manifest says, handed to its platform; everything is borrowed. */
struct rk_given {
    const char *manifest; /* its path */
    const struct rk_platform *platform;
    bool odm, oem; /* which half of the work is ours */
    bool has_master_key;
    struct rk_where devices;    /* the section; line 0: there is none */
    const struct rk_mstr *file; /* by device_files */
    const struct rk_mlist *templates;
    const void *settings;
};
/* Puts the place and name of a value in front of an error from somewhere else. */
enum rk_rc rk_given_at(const struct rk_given *given, struct rk_where at, const char *name,
                       struct rk_err *err);
/* RK_E_USAGE at a value's place. */
enum rk_rc rk_given_fail(const struct rk_given *given, struct rk_where at, struct rk_err *err,
                         const char *fmt, ...) RK_PRINTF(4, 5);
/* The bytes of a key that the manifest may name; ret stays empty when it does not. */
enum rk_rc rk_given_read_key(const struct rk_given *given, const struct rk_mstr *from,
                             const char *name, size_t len, struct rk_secret *ret,
                             struct rk_err *err) RK_MUST_CHECK;

/* What a maker works from: the plan, and all there is of one unit. Everything is borrowed. */
struct rk_making {
    const rk_ctx *ctx;
    const struct rk_platform *platform;
    const void *plan; /* what the platform's prepare made; NULL without prepare */
    bool odm, oem;
    const struct rk_unit *unit;         /* NULL for what is common to all units */
    const struct rk_identity *identity; /* ODM: what its EPS follows from */
    const struct rk_ek_template *const *templates;
    const struct rk_bytes *cert; /* ODM: by template */
    size_t template_count;
    const struct rk_making_signs *signs; /* NULL for what is common to all units */
};
/* How a maker that signs, by a key at hand, keeps what is random from being made anew. */
struct rk_making_signs {
    rk_sigbook *book; /* of a signing round; NULL: none */
    /* The artifact that the release in place has of this unit, by its role's path; empty *ret
     * when there is none. NULL: there is no such release. */
    enum rk_rc (*previous)(void *arg, const struct rk_role_row *role, const struct rk_unit_id *sn,
                           struct rk_bytes *ret, struct rk_err *err);
    void *arg;
};
/* The certificate for a template: made here, or handed over. NULL: there is none. */
const struct rk_bytes *rk_making_cert(const struct rk_making *making, const char *template_name);

/* An artifact of a unit, or one that is common to all units of a release. */
struct rk_maker {
    struct rk_role_row role;
    bool is_common;
    const char *what;                              /* in front of its errors */
    bool (*wants)(const struct rk_making *making); /* whether it is made here */
    /* The file's name, where the plan gives it: a role's file begins with "*" then, which stands
     * for a UUID. NULL: that of the role. */
    const char *(*file)(const void *plan);
    /* Fills bytes or secret. */
    enum rk_rc (*make)(const struct rk_making *making, struct rk_artifact *ret, struct rk_err *err);
    /* Reads it back as its reader will; NULL: its format has no reader here. */
    enum rk_rc (*check)(const struct rk_making *making, const struct rk_artifact *made,
                        struct rk_err *err);
};

/* Units from files, one at a time. */
struct rk_unit_source {
    /* path: by device_files, NULL where not given. opener: of what is sealed. */
    enum rk_rc (*open)(const char *const path[RK_DEVICE_FILES_MAX],
                       const struct rk_cms_opener *opener, void **ret, struct rk_err *err);
    /* ret: empty before; untouched at the end, where *ret_more is false. */
    enum rk_rc (*next)(void *source, struct rk_unit *ret, bool *ret_more, struct rk_err *err);
    void (*close)(void *source);
};

struct rk_platform {
    const char *name;
    const char *also; /* another name of it; NULL: none */
    const char
        *title; /* what it is sold as, for help texts; NULL: nothing to build a release for */
    const char *refusal; /* why nothing can be done for it; NULL: it can */

    size_t root_key_len;    /* of the fuse key of a key blob, bytes; 0: it has none */
    const char *ek_profile; /* of its fTPM; NULL: none */
    const char
        *update_formats[RK_PLATFORM_FORMATS_MAX]; /* image formats that an update goes out in */
    const char *const *blob_versions;             /* that its releases may state; NULL: none */

    /* Units and their secrets. NULL: there is no fTPM identity. */
    const struct rk_device_file *device_files; /* ended by one without key; NULL: none */
    const struct rk_unit_source *source;
    enum rk_rc (*from_master)(const rk_mac *master, const struct rk_unit_id *sn,
                              struct rk_unit *ret, struct rk_err *err);
    /*
     * What a unit needs beside where it came from, out of the plan. ret NULL: only whether it is
     * there, before the first unit is made. NULL: nothing.
     */
    enum rk_rc (*complete)(const void *plan, const struct rk_unit_id *sn, struct rk_unit *ret,
                           struct rk_err *err);
    enum rk_rc (*derive)(const rk_ctx *ctx, const struct rk_unit *unit, struct rk_identity *ret,
                         struct rk_err *err);

    const struct rk_init_file *init_files; /* ended by one without path; NULL: none */

    /* Sections of its own: RK_M_PLATFORM rows, ended by one without key; NULL: none. */
    const struct rk_mrow *sections;
    size_t settings_size;
    /* Rules between values, of a manifest that has devices: where its units come from, then the
     * rest. NULL: none. */
    enum rk_rc (*check_devices)(const struct rk_given *given, struct rk_err *err);
    enum rk_rc (*check)(const struct rk_given *given, struct rk_err *err);
    /* The key blob's version as a release states it; NULL: none is made. */
    const char *(*blob_version)(const struct rk_given *given);
    /* The component that it makes of each unit and that devices take no lower SVN of, as updates
     * know it; NULL: none is made. */
    const char *(*unit_svn)(const struct rk_given *given, uint64_t *ret);
    /* What in a secret file would be secret, and where that was asked for; NULL: no such file. */
    const char *(*secrets)(const struct rk_given *given, struct rk_where *ret);

    /* Opens every key and resolves every name, once for all units. *ret_unconfirmed: a value that
     * no vendor's tool confirms goes into the fuses. */
    enum rk_rc (*prepare)(const rk_ctx *ctx, const struct rk_given *given, void **ret,
                          bool *ret_unconfirmed, struct rk_err *err);
    void (*plan_free)(void *plan);
    /* What a unit of the OEM's is made of beside its own secrets, as the ledger commits to it. */
    void (*put_inputs)(const void *plan, struct rk_wr *wr);
    /* What a run depends on beside that: for keys whose bytes cannot be had what they make of one
     * text, the files that `complete` reads. */
    enum rk_rc (*put_run_inputs)(const void *plan, struct rk_wr *wr, struct rk_err *err);

    /* How images bind to what is in the device: why a key does not fit, or NULL. */
    enum rk_rc (*check_image_signer)(const rk_ctx *ctx, const struct rk_given *given,
                                     const struct rk_format_info *format, const rk_signer *signer,
                                     const char **ret_why, struct rk_err *err);
    const char *(*image_secret_fault)(const void *plan, const struct rk_format_info *format,
                                      const struct rk_secret *key);

    /* The artifacts, in the order that the ledger's digest of a unit has them in. */
    const struct rk_maker *makers; /* ended by one without role */
    const char *page;              /* for its makers, as `rotkit help NAME` prints it; NULL: none */
    /* Why a live TPM may have an EPS of its own making in place of the unit's; NULL: not known. */
    const char *random_eps;
    /* Facts of the unit for device.json. */
    void (*describe)(const struct rk_making *making, struct rk_jv root);
};

/* The EPS of a unit and what is told of it; its secrets by a master key. RK_E_USAGE when the
 * platform has no fTPM identity here. */
enum rk_rc rk_unit_derive(const rk_ctx *ctx, const struct rk_platform *platform,
                          const struct rk_unit *unit, struct rk_identity *ret,
                          struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_unit_from_master(const struct rk_platform *platform, const rk_mac *master,
                               const struct rk_unit_id *sn, struct rk_unit *ret,
                               struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_fail_no_identity(const struct rk_platform *platform, struct rk_err *err);

/* Which of the platform's files `key` names; RK_DEVICE_FILES_MAX: none. */
size_t rk_platform_file(const struct rk_platform *platform, const char *key);
/* RK_E_USAGE for a master key that is not of 32 bytes. */
enum rk_rc rk_master_fits(const rk_mac *master, struct rk_err *err) RK_MUST_CHECK;

/* In table order; NULL past the end. The first is the default. */
const struct rk_platform *rk_platform_at(const rk_ctx *ctx, size_t i);
