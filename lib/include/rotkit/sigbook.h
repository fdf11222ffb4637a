/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures made elsewhere. What signs asks the book; what the book does not hold and no key at
 * hand can make is wanted, and is written into a folder for whoever has the keys:
 *
 *   index.json        what is wanted, and what came back in earlier rounds; the authority
 *   000001.bin        a message
 *   000001.digest     its digest, for a scheme that signs one
 *   000001.sig        the signature, put there by whoever signs: as rk_signer_sign makes it, or
 *                     r and s of ECDSA as they are (pkcs11-tool gives that)
 *   keys/SHA256.pem   a public key, named by the SHA-256 of its SubjectPublicKeyInfo
 *   kept-signatures   what keys at hand signed on the way: most schemes are random, and signed anew
 *                     it would change what wraps it in each round, without end. Held against key
 *                     and message before it is used; no business of a signer
 *   kept/...          of a build that asks for the release's own signatures: what it sealed, to be
 *                     taken back by the next run (rk_release_keep_sealed); no business of a signer
 *
 * A folder appears whole. A further round adds its files, then replaces index.json: until that
 * moment the round before is what counts.
 */
#pragma once

#include "rotkit/publish.h"
#include "rotkit/signer.h"

#include <stdbool.h>

typedef struct rk_sigbook rk_sigbook;

/* Whose signatures a folder is for: another's is refused. */
struct rk_sigbook_owner {
    const char *kind;   /* "build", "sign" or "update" */
    uint8_t sha256[32]; /* of the manifest, the file that is signed, or update.json */
};

enum rk_rc rk_sigbook_owner_of(const char *kind, const struct rk_bytes *input,
                               struct rk_sigbook_owner *ret, struct rk_err *err) RK_MUST_CHECK;

/*
 * A book without signatures, whose wants go to `folder` later. RK_E_USAGE when something else than
 * a folder of this owner stands there.
 */
enum rk_rc rk_sigbook_new(const rk_ctx *ctx, const char *folder,
                          const struct rk_sigbook_owner *owner, rk_sigbook **ret,
                          struct rk_err *err) RK_MUST_CHECK;
/*
 * The signatures of a folder, all of them there and each held against its key. RK_E_KEY when one is
 * missing or does not hold; RK_E_VERIFY when a message, digest or key is not what the index says;
 * RK_E_USAGE for a folder of another owner or with a signature that the index does not name;
 * RK_E_FORMAT for a malformed index.
 */
enum rk_rc rk_sigbook_open(const rk_ctx *ctx, const char *folder,
                           const struct rk_sigbook_owner *owner, rk_sigbook **ret,
                           struct rk_err *err) RK_MUST_CHECK;
void rk_sigbook_free(rk_sigbook *book);
RK_CLEANUP(rk_sigbook_done, rk_sigbook, rk_sigbook_free)
/* The time of the first round: what is signed may say when it was made. */
int64_t rk_sigbook_time(const rk_sigbook *book);

/* Something that is to be signed elsewhere. */
struct rk_want {
    char what[160]; /* for people: "fip.bin: trusted key certificate" */
    enum rk_scheme scheme;
    struct rk_bytes spki, message;
};
/* What one worker wants, in its order. */
struct rk_wants {
    struct rk_want *item;
    size_t count;
};
void rk_wants_done(struct rk_wants *wants);
/* Puts text in front of each `what` that was added since the first `from`. */
void rk_wants_prefix(struct rk_wants *wants, size_t from, const char *text);

/*
 * The signature over a message, from elsewhere or kept; empty *ret when the book (NULL: none) has
 * none. RK_E_VERIFY when what was kept does not hold. Any thread.
 */
enum rk_rc rk_sigbook_find(rk_sigbook *book, const rk_signer *key, enum rk_scheme scheme,
                           const struct rk_bytes *message, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * The signature of the book, or of the key when it can sign (kept for the next round when the
 * scheme is random). When neither is to be had, and there
 * is a book: empty *ret, and what is wanted is added to wants. Any thread, each with wants of its
 * own.
 */
enum rk_rc rk_sigbook_sign(rk_sigbook *book, rk_signer *key, enum rk_scheme scheme,
                           const char *what, const struct rk_bytes *message, struct rk_wants *wants,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* Takes over what a worker wants, at the end of what others wanted; wants are empty then. */
enum rk_rc rk_sigbook_merge_wants(rk_sigbook *book, struct rk_wants *wants,
                                  struct rk_err *err) RK_MUST_CHECK;

struct rk_sigbook_round {
    uint64_t round, wanted; /* wanted 0: nothing is, and nothing was written */
};
/* How a round ends. */
struct rk_sigbook_end {
    bool dry; /* nothing is written */
    /* NULL, or what else goes into the folder, with the round and no sooner. */
    enum rk_rc (*keep)(void *arg, const struct rk_new_folder *to, struct rk_err *err);
    void *arg;
};
/*
 * The end of a round. RK_E_USAGE when nobody asked for a signature of the folder: the input has
 * changed. Else what is wanted (each once) is written, unless it is dry; a first round does not
 * replace another that stands there (RK_E_USAGE), the same one stays as it is.
 */
enum rk_rc rk_sigbook_close_round(rk_sigbook *book, const struct rk_sigbook_end *end,
                                  struct rk_sigbook_round *ret, struct rk_err *err) RK_MUST_CHECK;
