/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release: a folder built beside its place, verified there, synced, then renamed.
 *
 *   release.json         every file outside the buckets, every bucket's index; signer and scheme
 *   release.json.sig     over the bytes of release.json, as rk_signer_sign makes it: openssl dgst
 *                        -verify takes RSA and ECDSA, openssl pkeyutl -verify -rawin Ed25519
 *   ca/chain.pem         issuing CA first, root last
 *   images/<name>        named in release.json with format and signer
 *   devices/<bucket>/index.json, .../<SN>/...     see artifact.h
 *   handover/<bucket>/index.json, ...
 *   ledger/checkpoint.json   of the unit ledger, when units are counted: signed by the checkpoint
 *                            key that release.json names
 *   secrets/<bucket>/index.json, ...     not named in release.json: sealing is randomised
 *   secrets/index.json       names the indices of those buckets, and release.json, by SHA-256
 *   secrets/index.json.sig   over it, as release.json.sig
 */
#pragma once

#include "ftpmprov/release.h"
#include "rotkit/artifact.h"
#include "rotkit/shard.h"
#include "rotkit/signer.h"
#include "rotkit/trust.h"
#include "rotkit/version.h"

enum { RK_RELEASE_JSON_MAX = 1 << 30 }; /* the largest release.json that is read */

typedef struct rk_release rk_release;

struct rk_release_options {
    const char *path; /* where the release shall stand */
    const char *tool; /* "rotkit 0.1.0" */
    const char *platform, *product;
    const struct rk_release_version *version; /* NULL: none stated */
    const uint8_t *manifest_sha256;           /* 32 bytes */
    /* Whom secrets are sealed to; NULL with plaintext_secrets, or when there are none. */
    const struct rk_bytes *recipient_pem;
    bool plaintext_secrets;
    /*
     * SHA-256 over all that the devices are made of (32 bytes): an interrupted build of the same
     * inputs goes on where it was. NULL: it starts anew.
     */
    const uint8_t *inputs_sha256;
    const rk_signer *signer; /* whose signature release.json.sig will be; NULL: not signed */
    const rk_signer *checkpoint_key; /* that signs the ledger's checkpoint; NULL: none comes */
    /*
     * The folder of a signing round, in which sealed files wait for their signature (see
     * rk_release_keep_sealed); NULL: signatures are made here.
     */
    const char *round;
    enum rk_scheme scheme; /* of it; RK_SCHEME_NONE: the key's default */
    struct rk_shard shard; /* told in release.json with the two counts; none: a whole fleet */
    uint64_t shard_devices, fleet_devices;
    const uint8_t *fleet_sha256; /* of a shard: over all devices of the fleet (32 bytes); or NULL */
};

/*
 * Starts a staging folder beside options->path. What an interrupted build of the same inputs left
 * there is taken over (rk_release_resume_device), any other is removed, with a warning.
 * RK_E_USAGE when path exists and is no release. Options are borrowed until close.
 */
enum rk_rc rk_release_begin(const rk_ctx *ctx, const struct rk_release_options *options,
                            rk_release **ret, struct rk_err *err) RK_MUST_CHECK;
/* Removes what is left of the staging folder, unless devices in it can be taken over later. */
void rk_release_close(rk_release *release);

/* A file outside the buckets, such as "ca/chain.pem". */
enum rk_rc rk_release_add_file(rk_release *release, const char *path, const char *role,
                               const struct rk_bytes *bytes, struct rk_err *err) RK_MUST_CHECK;
/* The ledger's checkpoint, ledger/checkpoint.json; like secrets/ not named in release.json, since
 * it tells of other builds too. */
enum rk_rc rk_release_add_checkpoint(rk_release *release, const struct rk_bytes *bytes,
                                     struct rk_err *err) RK_MUST_CHECK;
/* A signature of an image, kept so that a rebuild of the same bytes needs not sign anew. */
struct rk_image_signature {
    char role[32];
    const char *scheme;
    uint8_t key_sha256[32];     /* of the SubjectPublicKeyInfo */
    uint8_t message_sha256[32]; /* of what was signed */
    struct rk_bytes signature;
};
enum { RK_IMAGE_SIGNATURES_MAX = 16 };
struct rk_release_image {
    const char *name;              /* of the file below images/ */
    const char *format;            /* as rk_format_find knows it */
    bool bare;                     /* rk_format_makes_bare: release.json alone vouches for it */
    const struct rk_bytes *bytes;  /* borrowed */
    const struct rk_bytes *signer; /* SubjectPublicKeyInfo, DER; NULL: not signed */
    const char *content;           /* the image that a detached signature is over; NULL: none */
    const struct rk_image_signature *signature;
    size_t signature_count;
};
enum rk_rc rk_release_add_image(rk_release *release, const struct rk_release_image *image,
                                struct rk_err *err) RK_MUST_CHECK;
/* A signature of an image that is only a step to others, kept for the same reason. */
void rk_release_keep_signature(rk_release *release, const struct rk_image_signature *signature);
/*
 * The signature that the release in place has for this key, scheme and message; empty *ret when it
 * has none. Whoever takes it holds it against the key.
 */
enum rk_rc rk_release_previous_signature(const rk_release *release,
                                         const struct rk_image_signature *like,
                                         struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * All artifacts of one device, sealed as needed; sn NULL: common to all devices. Memory does not
 * grow with the number of devices.
 */
enum rk_rc rk_release_add_device(rk_release *release, const struct rk_unit_id *sn,
                                 const struct rk_artifacts *artifacts,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Before a device is made: does it stand in the staging folder already, whole? Devices must come in
 * the order in which the interrupted build had them.
 */
enum rk_rc rk_release_resume_device(rk_release *release, const struct rk_unit_id *sn, bool *ret,
                                    struct rk_err *err) RK_MUST_CHECK;
/* The device just found whole shall be made again after all, and those behind it. */
void rk_release_forget_device(rk_release *release);
/* A public artifact of the release that stands at options->path now; empty *ret when there is none.
 */
enum rk_rc rk_release_previous(const rk_release *release, const struct rk_role_row *role,
                               const struct rk_unit_id *sn, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/* What of a release is signed. */
enum rk_release_part {
    RK_RELEASE_INDEX,   /* release.json */
    RK_RELEASE_SECRETS, /* secrets/index.json */
    RK_RELEASE_PARTS
};
const char *rk_release_part_name(enum rk_release_part part); /* "release.json" */
/*
 * Writes the indices. *ret is what the signer signs, empty when the release has no such part;
 * *ret_kept its signature in the release in place, when that is over the same bytes and holds, else
 * empty. Nothing can be added any more.
 */
enum rk_rc rk_release_to_sign(rk_release *release, enum rk_release_part part, struct rk_bytes *ret,
                              struct rk_bytes *ret_kept, struct rk_err *err) RK_MUST_CHECK;
/* Writes the part's signature. RK_E_VERIFY when it is not the signer's. */
enum rk_rc rk_release_attach(rk_release *release, enum rk_release_part part,
                             const struct rk_bytes *signature, struct rk_err *err) RK_MUST_CHECK;
/*
 * Sealing is random, and the index of what was sealed is signed elsewhere: keeps the sealed files
 * in `to`, the folder of the round as it is being made, each with a tag that only who knows its
 * content can make. The next run, whose options name the folder, takes those that hold.
 */
enum rk_rc rk_release_keep_sealed(rk_release *release, const struct rk_new_folder *to,
                                  struct rk_err *err) RK_MUST_CHECK;
enum rk_release_outcome { RK_RELEASE_NEW, RK_RELEASE_REPLACED, RK_RELEASE_UNCHANGED };
const char *rk_release_outcome_name(enum rk_release_outcome outcome); /* "new", ... */
/*
 * Writes the indices if that has not been done, verifies the staging folder as rk_release_verify
 * does, syncs, and puts it at its place in one rename. An identical release already there is left
 * untouched.
 */
enum rk_rc rk_release_publish(rk_release *release, enum rk_release_outcome *ret,
                              struct rk_err *err) RK_MUST_CHECK;

/* ---- shards ---- */

struct rk_merge_report {
    enum rk_release_outcome outcome;
    uint64_t devices;
};
struct rk_merge_options {
    const char *path;          /* where the release shall stand */
    const char *const *shards; /* releases that a build with options.shard made, in any order */
    size_t count;
    rk_signer *signer;    /* the release key: the shards must be signed by it; NULL: none */
    bool unsigned_shards; /* take, and sign, shards that nobody signed */
};
/*
 * Joins the shards of one fleet into the release that a build of the whole would have made. Each is
 * verified first. RK_E_USAGE when they overlap, when one is missing or not whole, or when they are
 * not of one manifest, tool and fleet; RK_E_KEY when the key is not theirs. The ledger's checkpoint
 * comes along when one ledger counted all of them.
 */
enum rk_rc rk_release_merge(const rk_ctx *ctx, const struct rk_merge_options *options,
                            struct rk_merge_report *ret, struct rk_err *err) RK_MUST_CHECK;

enum { RK_RELEASE_UNCHECKED = 320 };
struct rk_release_report {
    uint64_t devices, files, certificates, images;
    bool is_signed;
    char signer[96]; /* "not checked", or what the key was that signed */
    /* Images that are encrypted, so that they are only what release.json says; between commas, ""
     * when none is. */
    char sealed[320];
    /* What was asked and could not be checked, and why; "": nothing. */
    char unchecked[RK_RELEASE_UNCHECKED];
    unsigned needs;    /* what would make it known: bit n for enum rk_need n */
    char left_out[64]; /* the folders that are not here, as an archive leaves them out; "": none */
};
/* Whom a release must come from; NULL in place of one, or of a member: not asked. */
struct rk_release_asked {
    EVP_PKEY *pub;         /* who must have signed it */
    const rk_trust *trust; /* where ca/chain.pem and each EK certificate must come from */
    int64_t when;          /* at which certificates must be valid; 0: now */
};
/*
 * Verifies a release from public material alone: release.json.sig by the key that release.json
 * names; every file of every index present with its digest and of its format, nothing else there,
 * nothing followed; secrets/index.json and ledger/checkpoint.json by their signatures; every EK
 * certificate issued by ca/chain.pem, for the device that it stands with, by a statement in its
 * device.json. What is asked, too: an unsigned release fails it. RK_E_VERIFY names the file. RK_OK
 * with report->unchecked where nothing fails and what was asked is not all known: with a trust and
 * no key that is who signed it.
 */
enum rk_rc rk_release_verify(const rk_ctx *ctx, const char *path,
                             const struct rk_release_asked *asked, struct rk_release_report *ret,
                             struct rk_err *err) RK_MUST_CHECK;

/* ---- what was verified, read ---- */

/*
 * A release that holds. What is read through it has the digests that its verified release.json
 * names: RK_E_VERIFY for what was changed since.
 */
typedef struct rk_release_view rk_release_view;
/* rk_release_verify, and keeps it open; path is copied. */
enum rk_rc rk_release_view_open(const rk_ctx *ctx, const char *path,
                                const struct rk_release_asked *asked, rk_release_view **ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* The part that tells whose the sealed files are, and no more: of it rk_release_view_read knows
 * those below secrets/ alone. RK_E_VERIFY when nothing signed names them. */
enum rk_rc rk_release_view_open_secrets(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                        rk_release_view **ret, struct rk_err *err) RK_MUST_CHECK;
/* The part that states devices: release.json by its signature, and under `pub` (NULL: whose it is
 * is not asked). What is then read has the digests that it names; the rest is not looked at, so
 * this costs the same for one device as for a million. */
enum rk_rc rk_release_view_open_devices(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                        rk_release_view **ret, struct rk_err *err) RK_MUST_CHECK;
void rk_release_view_free(rk_release_view *view);
static inline void rk_release_view_close(rk_release_view **view) /* for RK_AUTO */
{
    rk_release_view_free(*view);
}
/* The same; one that no index names leaves *ret empty. */
enum rk_rc rk_release_view_find(rk_release_view *view, const char *path, struct rk_bytes *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* A file of a release that nobody verifies here: nothing below the folder is followed. One that is
 * missing leaves *ret empty. */
enum rk_rc rk_release_file_find(const char *release, const char *path, size_t max,
                                struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
const struct rk_release_report *rk_release_view_report(const rk_release_view *view);
const char *rk_release_view_path(const rk_release_view *view); /* as it was opened; borrowed */
/* release.json: its bytes and its values; borrowed. */
const struct rk_bytes *rk_release_view_text(const rk_release_view *view);
struct rk_jv rk_release_view_root(const rk_release_view *view);
/* A file that an index names, such as "images/boot.cap". One thread at a time. */
enum rk_rc rk_release_view_read(rk_release_view *view, const char *path, struct rk_bytes *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* Calls `visit` with each file, sorted by path, until it fails. Indices of buckets are files here,
 * release.json and its signature, too; secrets/ and ledger/ are not gone into. */
typedef enum rk_rc (*rk_release_view_visit)(void *arg, const char *path,
                                            const struct rk_bytes *bytes, struct rk_err *err);
enum rk_rc rk_release_view_each(rk_release_view *view, rk_release_view_visit visit, void *arg,
                                struct rk_err *err) RK_MUST_CHECK;
struct rk_archive_report {
    uint64_t files, bytes;
};
struct rk_archive_options {
    rk_release_view *release; /* what is packed has the digests that it names */
    const char *to;           /* the archive's name */
    bool handover; /* the containers for the OEM too, which hold EPS seeds in the clear by format */
};
/*
 * A release as one archive for the factory: everything but secrets/, ledger/ and, unless it is
 * asked for, handover/, below one folder named after the release, PRODUCT[-VERSION] and
 * [-shard-I-of-N], in pax format, the entries sorted, their times SOURCE_DATE_EPOCH or 1980, so
 * equal releases give equal archives. Compressed as the name asks: .tar, .tar.gz, .tar.xz or
 * .tar.zst, RK_E_USAGE when it has another. Written beside its place (0600 with the containers),
 * read back and compared with the release, synced, renamed. Memory does not grow with the number of
 * devices.
 */
enum rk_rc rk_release_archive(const struct rk_archive_options *options,
                              struct rk_archive_report *ret, struct rk_err *err) RK_MUST_CHECK;

/* One image as release.json names it. */
struct rk_release_image_entry {
    const char *path, *format; /* "images/boot.cap"; borrowed for the call */
    const char *signer;        /* SubjectPublicKeyInfo in hex; NULL: nobody signed it */
};
/* Calls `visit` with each image, in the order of release.json, until it fails. */
typedef enum rk_rc (*rk_release_image_visit)(void *arg, const struct rk_release_image_entry *image,
                                             struct rk_err *err);
enum rk_rc rk_release_each_image(const char *path, rk_release_image_visit visit, void *arg,
                                 struct rk_err *err) RK_MUST_CHECK;
/* The same of a view, and rk_release_not_older of two. */
enum rk_rc rk_release_view_images(const rk_release_view *view, rk_release_image_visit visit,
                                  void *arg, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_release_view_not_older(const rk_release_view *newer, const rk_release_view *older,
                                     struct rk_err *err) RK_MUST_CHECK;
/* rk_release_version_read of a view. */
enum rk_rc rk_release_view_version(const rk_release_view *view, struct rk_release_version **ret,
                                   struct rk_err *err) RK_MUST_CHECK;
/* True when path is a folder that holds a release.json. */
bool rk_release_is(const char *path);

/* What a release states about one device. */
struct rk_release_ek {
    char template_name[16], profile[32];
    struct rk_bytes public_tpm2b; /* marshalled TPM2B_PUBLIC */
    struct rk_bytes cert;         /* DER; empty when the release has none */
};
enum { RK_RELEASE_EKS_MAX = 16 };
struct rk_release_device {
    struct rk_unit_id sn;
    struct rk_release_ek ek[RK_RELEASE_EKS_MAX];
    size_t ek_count; /* 0 in a release of an OEM, which states none */
};
void rk_release_device_done(struct rk_release_device *device);
/*
 * device.json and the EK certificates of one device. RK_E_USAGE when the release has no such
 * device, RK_E_FORMAT when what it states is malformed.
 */
enum rk_rc rk_release_device_read(const char *path, const struct rk_unit_id *sn,
                                  struct rk_release_device *ret, struct rk_err *err) RK_MUST_CHECK;
/* The same of a view: what its indices name. */
enum rk_rc rk_release_view_device(rk_release_view *view, const struct rk_unit_id *sn,
                                  struct rk_release_device *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * The device that states this EK (marshalled TPM2B_PUBLIC), under any template. Looks at the text
 * of each device.json and parses only the one that holds it: one file read a device, in bucket
 * order, and memory for one bucket's index.
 */
enum rk_rc rk_release_view_find_ek(rk_release_view *view, const struct rk_bytes *public_tpm2b,
                                   struct rk_unit_id *ret, bool *ret_found,
                                   struct rk_err *err) RK_MUST_CHECK;
/* The same by the SubjectPublicKeyInfo (DER) of a certificate. */
enum rk_rc rk_release_view_find_spki(rk_release_view *view, const struct rk_bytes *spki,
                                     struct rk_unit_id *ret, bool *ret_found,
                                     struct rk_err *err) RK_MUST_CHECK;
/* Calls `visit` with each Device SN, in ascending order, until it clears *more or fails. */
typedef enum rk_rc (*rk_release_visit)(void *arg, const struct rk_unit_id *sn, bool *more,
                                       struct rk_err *err);
enum rk_rc rk_release_each_device(const char *path, rk_release_visit visit, void *arg,
                                  struct rk_err *err) RK_MUST_CHECK;
/* The same of a view: those that its indices name. */
enum rk_rc rk_release_view_each_device(const rk_release_view *view, rk_release_visit visit,
                                       void *arg, struct rk_err *err) RK_MUST_CHECK;
