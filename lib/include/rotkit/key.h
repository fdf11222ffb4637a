/* SPDX-License-Identifier: Apache-2.0 */
/* Looking after keys: what a token holds, whether a key will do its work, new keys to try with. */
#pragma once

#include "rotkit/mac.h"
#include "rotkit/signer.h"

/*
 * What "pub:PATH" names, for who has a path: a public key in PEM or DER, or a certificate, whose
 * key is taken with a warning. As rk_signer_open.
 */
enum rk_rc rk_signer_open_public(const rk_ctx *ctx, const char *path, rk_signer **ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* The key pair of a key in this process; NULL for all others. What decrypts needs it. */
EVP_PKEY *rk_signer_pair(const rk_signer *signer);

/*
 * The name of a key as it stands in a file of `folder`: relative paths in it are put below the
 * folder ("" is the working one).
 */
enum rk_rc rk_key_below(const char *uri, const char *folder, char *ret, size_t size,
                        struct rk_err *err) RK_MUST_CHECK;

/* ---- what tokens hold ---- */

struct rk_token_info { /* "" where the token does not say */
    const char *label, *serial, *maker, *model;
    bool needs_login;
};
struct rk_token_object {
    const char *type;     /* "private key", "secret key", "public key", "certificate" ... */
    const char *key_type; /* "RSA", "EC" ..., "unknown type"; "" for what is no key */
    const char *label, *id_hex;
    const char *uri; /* names just this object, "" when it has no name; the module's path and
                      * a pin-source are not in it */
};
struct rk_token_visitor {
    void (*token)(void *arg, const struct rk_token_info *token);
    void (*object)(void *arg, const struct rk_token_object *object);
    void *arg;
};
/*
 * Every token that the URI matches ("pkcs11:" matches all) and every object in it that the URI
 * matches; NULL: all tokens but those that need no login and hold no key, as the system's trust
 * store. Texts are fit for a terminal. pin NULL and no pin-source in the URI: without a login, so
 * private objects stay unseen. RK_E_KEY as rk_signer_open. No value of a key is read.
 */
enum rk_rc rk_token_list(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                         const struct rk_token_visitor *visitor, struct rk_err *err) RK_MUST_CHECK;

/* ---- will a key do its work? ---- */

enum rk_check_level { RK_CHECK_OK, RK_CHECK_WARN, RK_CHECK_FAILED };
struct rk_check_finding {
    enum rk_check_level level;
    const char *what; /* "key", "extractable", "signature by rsa-pss-sha256" */
    const char *text; /* in words a person can act on, with the CKR code where there is one */
};
struct rk_check_report {
    void (*found)(void *arg, const struct rk_check_finding *finding);
    void *arg;
};
/*
 * Opens a key that signs, looks at its attributes in a token, and makes one signature with it by
 * `scheme` (RK_SCHEME_NONE: the key's default), held against its public key; says of every other
 * scheme whether the token has its mechanism. Goes on after a failure as far as it can; RK_E_KEY
 * when anything failed.
 */
enum rk_rc rk_key_check_signer(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                               enum rk_scheme scheme, const struct rk_check_report *report,
                               struct rk_err *err) RK_MUST_CHECK;
/* The same for a key that derives: HMAC-SHA-256, AES-CMAC and AES-ECB are tried. Not every use
 * needs all of them, so one that is missing is a warning, all of them a failure. */
enum rk_rc rk_key_check_mac(const rk_ctx *ctx, const char *uri,
                            const struct rk_check_report *report, struct rk_err *err) RK_MUST_CHECK;

/* ---- new keys ---- */

/*
 * A new key pair of this type (NULL: the first) in this process, for development: production keys
 * are made in their token. RK_E_USAGE "unknown key type", with the known ones.
 */
enum rk_rc rk_key_new(const rk_ctx *ctx, const char *type, rk_signer **ret,
                      struct rk_err *err) RK_MUST_CHECK;
/* Its private half, PKCS#8 PEM, not encrypted. RK_E_USAGE for a key that is elsewhere. */
enum rk_rc rk_key_private_pem(const rk_signer *key, struct rk_secret *ret,
                              struct rk_err *err) RK_MUST_CHECK;
