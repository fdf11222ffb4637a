/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret outputs: CMS AuthEnvelopedData (RFC 5083), AES-256-GCM, to one recipient certificate. RSA
 * recipients by OAEP-SHA-256, EC ones by ECDH (RFC 5753). DER.
 */
#pragma once

#include "rotkit/signer.h"

/* recipient_pem: the factory certificate. RK_E_USAGE when it may not receive (keyUsage, key type,
 * expired at `when`). */
enum rk_rc rk_cms_seal(const rk_ctx *ctx, const struct rk_bytes *recipient_pem,
                       const struct rk_secret *content, struct rk_bytes *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* Opens with the recipient's key; content is handed out only after the tag has been checked.
 * RK_E_VERIFY else. */
enum rk_rc rk_cms_open(const rk_ctx *ctx, rk_signer *key, const uint8_t *cms, size_t len,
                       struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;

/* Who opens what is sealed. key NULL: nobody can. */
struct rk_cms_opener {
    const rk_ctx *ctx;
    rk_signer *key;
};
/*
 * The content a piece at a time, however long it is, in memory for one piece. All of it was
 * decrypted once, and its tag checked, before this returns; errors as rk_cms_open. cms moves.
 */
typedef struct rk_cms_stream rk_cms_stream;
enum rk_rc rk_cms_stream_open(const rk_ctx *ctx, rk_signer *key, struct rk_bytes *cms,
                              rk_cms_stream **ret, struct rk_err *err) RK_MUST_CHECK;
size_t rk_cms_stream_read(rk_cms_stream *stream, uint8_t *ret, size_t len); /* 0: the end */
void rk_cms_stream_close(rk_cms_stream *stream);

/* The certificate's own check, before a batch starts. */
enum rk_rc rk_cms_check_recipient(const rk_ctx *ctx, const struct rk_bytes *recipient_pem,
                                  int64_t when, struct rk_err *err) RK_MUST_CHECK;

/* A recipient as a factory has it: for `rotkit init` and tests. PEM, the key as PKCS#8. */
struct rk_cms_recipient {
    struct rk_bytes certificate;
    struct rk_secret key;
};
#define RK_CMS_RECIPIENT_NONE                                                                      \
    {                                                                                              \
        .certificate = RK_BYTES_NONE                                                               \
    }
void rk_cms_recipient_done(struct rk_cms_recipient *recipient);
/*
 * A fresh P-256 key and its self-signed certificate for key agreement, subject CN=name. RK_E_USAGE
 * for a name that X.520 does not allow (1 to 64 characters). Times are seconds since 1970.
 */
enum rk_rc rk_cms_make_recipient(const rk_ctx *ctx, const char *name, int64_t not_before,
                                 int64_t not_after, struct rk_cms_recipient *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
