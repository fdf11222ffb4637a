/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/release share about a release that is being written. */
#pragma once

#include "base/err.h"
#include "rotkit/json.h"
#include "rotkit/publish.h"
#include "rotkit/release.h"
#include "release/journal.h"
#include "release/tree.h"

struct rk_release {
    const rk_ctx *ctx;
    const struct rk_release_options *options;
    rk_json *doc;               /* release.json as far as it is known */
    struct rk_jv files;         /* its "files" */
    rk_json *previous;          /* release.json of the release in place; NULL: there is none */
    struct rk_journal journal;  /* of the devices; none when the options name no inputs */
    struct rk_bytes index;      /* release.json, once it is written */
    struct rk_bytes secrets;    /* secrets/index.json, then, where there are secrets */
    struct rk_new_folder place; /* locked as long as this build is at work */
    struct rk_sealed {          /* the sealed files of the release in place, once they hold */
        rk_json *doc;           /* secrets/index.json; NULL: there are none to be kept */
        struct rk_tree tree;
    } sealed;
};
#define RK_SECRETS_INDEX "secrets/index.json"
#define RK_SECRETS_SIG   "secrets/index.json.sig"
#define RK_CHECKPOINT    "ledger/checkpoint.json"
/* Where a build whose signatures are made elsewhere keeps what it sealed, until they come back. */
#define RK_KEPT "kept"

/* A release that was verified, or is being verified. */
struct rk_release_view {
    const rk_ctx *ctx;
    char root[RK_PATH_MAX];
    struct rk_bytes text, signature; /* of release.json; empty signature: it is not signed */
    struct rk_bytes checkpoint;      /* empty: there is none */
    rk_json *doc, *secrets_doc;      /* secrets/index.json; NULL: there is none */
    EVP_PKEY *signer;                /* whom release.json names; NULL: nobody */
    enum rk_scheme scheme;           /* then */
    struct rk_tree tree, secrets;
    struct rk_release_report report;
};
void rk_release_view_done(struct rk_release_view *view);
/* view.c: each file that secrets/index.json names. */
enum rk_rc rk_release_view_each_secret(rk_release_view *view, rk_release_view_visit visit,
                                       void *arg, struct rk_err *err) RK_MUST_CHECK;

/* signature.c: of release.json */
enum { RK_RELEASE_SIG_MAX = 8192 };
#define RK_RELEASE_SIG "release.json.sig"
void rk_release_put_signer(rk_release *release);
/*
 * release.json.sig of a view whose release.json has been read, by the key that release.json names,
 * and by pub unless NULL. Sets signer, scheme and signature. RK_E_VERIFY.
 */
enum rk_rc rk_release_verify_signature(struct rk_release_view *view, EVP_PKEY *pub,
                                       struct rk_err *err) RK_MUST_CHECK;
/* A signature over bytes, by the key and scheme of the view. RK_E_VERIFY names the file. */
enum rk_rc rk_release_check_signed(const struct rk_release_view *view, const struct rk_bytes *bytes,
                                   const struct rk_bytes *signature, const char *name,
                                   struct rk_err *err) RK_MUST_CHECK;
/* Whether the bytes are signed by the signer that the options name. */
enum rk_rc rk_release_check_own(const rk_release *release, const struct rk_bytes *bytes,
                                const struct rk_bytes *signature, struct rk_err *err) RK_MUST_CHECK;
/* writer.c: rk_release_begin, but for what is at the head of release.json. */
enum rk_rc rk_release_open(const rk_ctx *ctx, const struct rk_release_options *options,
                           rk_release **ret, struct rk_err *err) RK_MUST_CHECK;
/* staging.c: the indices, release.json and secrets/index.json, unless they have been written. */
enum rk_rc rk_release_close_index(rk_release *release, struct rk_err *err) RK_MUST_CHECK;
/* A new file of the staging folder, with the folders above it. */
enum rk_rc rk_release_stage(const rk_release *release, const char *path, enum rk_file_mode mode,
                            const void *bytes, size_t len, struct rk_err *err) RK_MUST_CHECK;
/* A file of the release in place; empty *ret when there is none. */
enum rk_rc rk_release_read_previous(const rk_release *release, const char *path,
                                    struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;

/* verify.c: rk_release_verify of a staging folder. */
enum rk_rc rk_release_verify_staged(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                    struct rk_err *err) RK_MUST_CHECK;
/* The same of either; what was read stays in the view, which rk_release_view_done empties whatever
 * comes out. */
enum rk_rc rk_release_verify_into(const rk_ctx *ctx, const char *path, bool staged,
                                  const struct rk_release_asked *asked, struct rk_release_view *ret,
                                  struct rk_err *err) RK_MUST_CHECK;
/* release.json and its signature alone: what is needed to believe secrets/index.json. */
enum rk_rc rk_release_read_head(struct rk_release_view *view, EVP_PKEY *pub,
                                struct rk_err *err) RK_MUST_CHECK;

/* sealed.c: secrets/index.json */
/*
 * Reads secrets/index.json of a view whose release.json holds: it is of this release, and signed by
 * its signer. secrets_doc stays NULL where there is none.
 */
enum rk_rc rk_release_read_secrets(struct rk_release_view *view, struct rk_err *err) RK_MUST_CHECK;
/* The sealed files that may be kept; none is no fault. */
enum rk_rc rk_release_open_sealed(rk_release *release, struct rk_err *err) RK_MUST_CHECK;
/*
 * Content, sealed: the previous release's file when it holds the same for the same reader and its
 * origin is known, or what an earlier round kept, else anew.
 */
enum rk_rc rk_release_seal(rk_release *release, const char *path, const char *id_path,
                           const char *id, const struct rk_secret *content, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;

/* certified.c: a device, and what stands in its folder. */
struct rk_certifying {
    const rk_ctx *ctx;
    const rk_trust *trust;    /* by ca/chain.pem; NULL when the release has none */
    const rk_trust *asked;    /* by the caller; NULL: not asked */
    STACK_OF(X509) * helpers; /* the certificates of ca/chain.pem, for asked */
    int64_t now;
    rk_json *device;      /* device.json of the device at hand: it sorts before the certificates */
    struct rk_unit_id sn; /* whose it is */
    uint64_t certificates;
    char unknown[RK_RELEASE_UNCHECKED]; /* the first that could not be judged, and why; "": none */
};
void rk_certifying_done(struct rk_certifying *c);
/* Has `c` see one file of a bucket, in the order of the index. */
enum rk_rc rk_certified_check(struct rk_certifying *c, const struct rk_role_row *row,
                              const struct rk_named *named, const struct rk_bytes *bytes,
                              struct rk_err *err) RK_MUST_CHECK;
/* version.c: "version" and "update"; nothing when version is NULL. */
void rk_release_put_version(struct rk_jv root, const struct rk_release_version *version);

/* images.c: an image of release.json against its format and signer. Tells whether part of it is
 * encrypted, and so not looked into: that is what release.json says it is, and no more. */
enum rk_rc rk_image_verify(const struct rk_release_view *view, struct rk_jv entry,
                           const struct rk_bytes *bytes, bool *ret_encrypted,
                           struct rk_err *err) RK_MUST_CHECK;
