/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is trusted to certify: anchors, what may help on the way to them, and revocation lists. The
 * path is built and checked by OpenSSL (RFC 5280, 6: signatures, names, CA flag, path length, name
 * constraints, revocation); on top of it stands the policy of rotkit/cert_policy.h.
 *
 * A release is held against `verify --ca` by rk_trust_check_by_way for each EK certificate, with
 * its ca/chain.pem as the way, and by rk_trust_check_chain for the CA's own certificates. A signer
 * without a certificate (release.json.sig) is a key: rk_signature_check asks rotkit/policy.h about
 * its strength.
 */
#pragma once

#include "ftpmprov/ekcert.h"
#include "rotkit/cert_policy.h"

#include <stdbool.h>

#include <openssl/x509.h>

static inline void rk_trust_done(rk_trust **trust) /* for RK_AUTO */
{
    rk_trust_free(*trust);
}

/*
 * Put together file by file: a trust without any anchor, then what the files hold, then
 * rk_trust_ready. Certificates of `file` that are self-signed become anchors, others help on the
 * way. RK_E_FORMAT when there is no certificate in it, one is damaged, or all files together hold
 * more than RK_TRUST_MAX.
 */
enum { RK_TRUST_MAX = 1024 };
enum rk_rc rk_trust_new(const rk_ctx *ctx, rk_trust **ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_trust_add(rk_trust *trust, const struct rk_bytes *file,
                        struct rk_err *err) RK_MUST_CHECK;
/* Each certificate of the file becomes an anchor, self-signed or not. */
enum rk_rc rk_trust_add_anchors(rk_trust *trust, const struct rk_bytes *file,
                                struct rk_err *err) RK_MUST_CHECK;
/*
 * Revocation lists, DER with one or PEM with any number. From then on a certificate that one of
 * them revokes fails, and so does one below it; a list counts only when the issuer that it names
 * has signed it. RK_E_FORMAT when there is none, one is damaged or a delta, or there are too many
 * (of lists, or RK_CRL_ENTRIES_MAX in all); RK_E_USAGE when one is signed over a weak digest.
 */
enum { RK_TRUST_CRLS_MAX = 64 };
enum rk_rc rk_trust_add_crl(rk_trust *trust, const struct rk_bytes *file,
                            struct rk_err *err) RK_MUST_CHECK;
/* RK_E_USAGE when there is no anchor: nothing could hold. */
enum rk_rc rk_trust_ready(const rk_trust *trust, struct rk_err *err) RK_MUST_CHECK;
/*
 * Of one who brings a chain of his own, as a release its ca/chain.pem: the last certificate is the
 * anchor, self-signed or not. At most RK_CHAIN_MAX.
 */
enum rk_rc rk_trust_open_chain(const rk_ctx *ctx, const struct rk_bytes *chain, rk_trust **ret,
                               struct rk_err *err) RK_MUST_CHECK;

/* What is asked of a certificate. */
struct rk_trust_question {
    enum rk_cert_use use;
    int64_t when;     /* seconds since 1970 */
    bool as_firmware; /* the path alone: neither policy nor revocation lists are asked */
    bool timeless;    /* for firmware, which has no clock to go by: what is expired holds, and is
                         remarked upon */
    bool *lone; /* set beside RK_E_VERIFY when the certificate's own issuer is nowhere at hand, so
                   that it may lead to an anchor or not; NULL: not wanted */
};
enum { RK_TRUST_REMARK = 256 };
/*
 * RK_E_VERIFY unless the certificate comes from an anchor, by way of what helps and of `more`
 * (NULL: none), is good for the use, strong, valid and not revoked, and so are those above it.
 * RK_E_UNKNOWN when there are revocation lists, but none of the issuer of this certificate, unless
 * a CA is asked for; or one that is out of date. ret_remark (NULL: not wanted): what a person
 * should know although it holds, "" for nothing.
 */
enum rk_rc rk_trust_check(const rk_trust *trust, X509 *cert, STACK_OF(X509) * more,
                          const struct rk_trust_question *asked, char ret_remark[RK_TRUST_REMARK],
                          struct rk_err *err) RK_MUST_CHECK;
/* The same for one certificate in DER. RK_E_FORMAT when it is none. */
enum rk_rc rk_trust_check_der(const rk_trust *trust, const uint8_t *der, size_t len,
                              const struct rk_trust_question *asked,
                              char ret_remark[RK_TRUST_REMARK], struct rk_err *err) RK_MUST_CHECK;
/*
 * The same for the first certificate of a chain (PEM), by way of the others in it, each of which
 * must be issued by the one behind it. RK_E_FORMAT when there is none.
 */
enum rk_rc rk_trust_check_chain(const rk_trust *trust, const struct rk_bytes *chain_pem,
                                const struct rk_trust_question *asked,
                                struct rk_err *err) RK_MUST_CHECK;
/* Whether the certificate names this issuer and is signed by its key. */
bool rk_trust_issued(X509 *cert, X509 *issuer);
