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
 *   ledger/checkpoint.json                    of the unit ledger, when units are counted
 *   secrets/<bucket>/index.json, ...     not named in release.json: sealing is randomised
 */
#pragma once

#include "ftpmprov/release.h"
#include "rotkit/artifact.h"
#include "rotkit/shard.h"
#include "rotkit/signer.h"
#include "rotkit/trust.h"
#include "rotkit/version.h"

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
    enum rk_scheme scheme;   /* of it; RK_SCHEME_NONE: the key's default */
    struct rk_shard shard;   /* told in release.json with the two counts; none: a whole fleet */
    uint64_t shard_devices, fleet_devices;
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
enum rk_rc rk_release_add_device(rk_release *release, const struct rk_device_sn *sn,
                                 const struct rk_artifacts *artifacts,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Before a device is made: does it stand in the staging folder already, whole? Devices must come in
 * the order in which the interrupted build had them.
 */
enum rk_rc rk_release_resume_device(rk_release *release, const struct rk_device_sn *sn, bool *ret,
                                    struct rk_err *err) RK_MUST_CHECK;
/* The device just found whole shall be made again after all, and those behind it. */
void rk_release_forget_device(rk_release *release);
/* A public artifact of the release that stands at options->path now; empty *ret when there is none.
 */
enum rk_rc rk_release_previous(const rk_release *release, const struct rk_role_row *role,
                               const struct rk_device_sn *sn, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * Writes the indices and release.json. *ret is what the signer signs; *ret_kept its signature in
 * the release in place, when that is over the same bytes and holds, else empty. Nothing can be
 * added any more.
 */
enum rk_rc rk_release_to_sign(rk_release *release, struct rk_bytes *ret, struct rk_bytes *ret_kept,
                              struct rk_err *err) RK_MUST_CHECK;
/* Writes release.json.sig. RK_E_VERIFY when it is not the signer's. */
enum rk_rc rk_release_attach(rk_release *release, const struct rk_bytes *signature,
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
    rk_signer *signer; /* the release key when the shards are signed; NULL: none */
};
/*
 * Joins the shards of one fleet into the release that a build of the whole would have made. Each is
 * verified first. RK_E_USAGE when they overlap, when one is missing or not whole, or when they are
 * not of one manifest, tool and fleet; RK_E_KEY when the key is not theirs. The ledger's checkpoint
 * comes along when one ledger counted all of them.
 */
enum rk_rc rk_release_merge(const rk_ctx *ctx, const struct rk_merge_options *options,
                            struct rk_merge_report *ret, struct rk_err *err) RK_MUST_CHECK;

struct rk_archive_report {
    uint64_t files, bytes;
};
/*
 * A release as one archive for the factory: everything but secrets/ and ledger/, in pax format, the
 * entries sorted, their times SOURCE_DATE_EPOCH or 1980, so equal releases give equal archives.
 * Compressed as the name asks: .tar, .tar.gz, .tar.xz or .tar.zst, RK_E_USAGE when it has another.
 * Written beside its place, read back and held against the release, synced, renamed. The caller has
 * verified the release. Memory does not grow with the number of devices.
 */
enum rk_rc rk_release_archive(const char *path, const char *to, struct rk_archive_report *ret,
                              struct rk_err *err) RK_MUST_CHECK;

struct rk_release_report {
    uint64_t devices, files, certificates, images;
    char signer[96]; /* "not checked", or what the key was that signed */
    /* Images that are encrypted, so that they are only what release.json says; between commas, ""
     * when none is. */
    char sealed[320];
};
/*
 * Verifies a release from public material alone: release.json.sig by the key that release.json
 * names, and with `pub` (NULL: not checked) that this is it; every file of every index present with
 * its size and digest and of its format, nothing else there, every EK certificate issued by
 * ca/chain.pem and for the key that device.json states. RK_E_VERIFY names the file.
 */
enum rk_rc rk_release_verify(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                             struct rk_release_report *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * RK_E_VERIFY unless ca/chain.pem, which all EK certificates of a verified release come from, comes
 * itself from `trust`; also when the release has none.
 */
enum rk_rc rk_release_check_ca(const char *path, const rk_trust *trust,
                               struct rk_err *err) RK_MUST_CHECK;
/* One image as release.json names it. */
struct rk_release_image_entry {
    const char *path, *format; /* "images/boot.cap"; borrowed for the call */
};
/* Calls `visit` with each image, in the order of release.json, until it fails. */
typedef enum rk_rc (*rk_release_image_visit)(void *arg, const struct rk_release_image_entry *image,
                                             struct rk_err *err);
enum rk_rc rk_release_each_image(const char *path, rk_release_image_visit visit, void *arg,
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
    struct rk_device_sn sn;
    struct rk_release_ek ek[RK_RELEASE_EKS_MAX];
    size_t ek_count; /* 0 in a release of an OEM, which states none */
};
void rk_release_device_done(struct rk_release_device *device);
/*
 * device.json and the EK certificates of one device. RK_E_USAGE when the release has no such
 * device, RK_E_FORMAT when what it states is malformed.
 */
enum rk_rc rk_release_device_read(const char *path, const struct rk_device_sn *sn,
                                  struct rk_release_device *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * The device that states this EK (marshalled TPM2B_PUBLIC), under any template. Looks at the text
 * of each device.json and parses only the one that holds it: one file read a device, in bucket
 * order, and memory for the names of one folder.
 */
enum rk_rc rk_release_find_ek(const char *path, const struct rk_bytes *public_tpm2b,
                              struct rk_device_sn *ret, bool *ret_found,
                              struct rk_err *err) RK_MUST_CHECK;
/* The same by the SubjectPublicKeyInfo (DER) of a certificate. */
enum rk_rc rk_release_find_spki(const char *path, const struct rk_bytes *spki,
                                struct rk_device_sn *ret, bool *ret_found,
                                struct rk_err *err) RK_MUST_CHECK;
/* Calls `visit` with each Device SN, in ascending order, until it clears *more or fails. */
typedef enum rk_rc (*rk_release_visit)(void *arg, const struct rk_device_sn *sn, bool *more,
                                       struct rk_err *err);
enum rk_rc rk_release_each_device(const char *path, rk_release_visit visit, void *arg,
                                  struct rk_err *err) RK_MUST_CHECK;
