/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TBBR chain as a table: each certificate with its signer and what it certifies. Source:
 * boot-images.md 5.1; for SCP, FWU and the digests the certificates that Debian's cert_create 2.8
 * makes (tests/cli/peer-cert-create-fip.sh).
 */
#pragma once

#include "image/fip.h"

#include "base/ossl.h"

enum { RK_TBBR_SUBS = 4, RK_TBBR_CERTS = 11, RK_TBBR_DIGEST_MAX = 64 };
enum { RK_TBBR_TRUSTED_COUNTER = 1, RK_TBBR_NON_TRUSTED_COUNTER = 2 }; /* their extensions */

/* One certificate: what it is called, who signs it, what it certifies. */
struct rk_tbbr_cert {
    const char *name, *cn;
    const char *signer; /* role; "": the root of trust */
    int counter;        /* extension of its NV counter; 0: it has none */
    struct {
        int ext;
        const char *what;
    } sub[RK_TBBR_SUBS]; /* keys by role, hashes by image */
    bool keys;
};
extern const struct rk_tbbr_cert rk_tbbr_certs[RK_TBBR_CERTS]; /* a signer behind its certifier */

/* cert_create's --hash-alg: of the images and of the signatures. */
struct rk_tbbr_digest {
    const char *name, *title; /* OpenSSL's, for people */
    size_t len;
    uint8_t oid; /* behind 2.16.840.1.101.3.4.2 */
    enum rk_scheme rsa, ecdsa;
};
/* By setting "hash". RK_E_USAGE. */
enum rk_rc rk_tbbr_digest(const struct rk_request *request, const struct rk_format *format,
                          const struct rk_tbbr_digest **ret, struct rk_err *err) RK_MUST_CHECK;
/* By the algorithm of a DigestInfo; NULL: none that TF-A knows. */
const struct rk_tbbr_digest *rk_tbbr_digest_of(const X509_ALGOR *algorithm);

/* The image of the package, or, of those that stand elsewhere, of the request; false: none. */
bool rk_tbbr_image(const struct rk_request *request, const struct rk_fip *fip, const char *name,
                   struct rk_fip_entry *ret);
/* The image for whose sake this certificate must be there; NULL: none. */
const char *rk_tbbr_wanted_by(const struct rk_request *request, const struct rk_fip *fip,
                              const struct rk_tbbr_cert *cert);
/* Whether some certificate of the chain has a place for this image's hash. */
bool rk_tbbr_covers(const char *image);
/* Images of the request: each has a place in the chain and is not in the package. RK_E_USAGE. */
enum rk_rc rk_tbbr_check_parts(const struct rk_request *request, const struct rk_fip *fip,
                               struct rk_err *err) RK_MUST_CHECK;
/* The digest of an image as the device sees it, decrypted; *ret_known is false when that needs a
 * key that is not given. */
enum rk_rc rk_tbbr_hash(const struct rk_request *request, const struct rk_tbbr_digest *digest,
                        const struct rk_fip_entry *image, uint8_t ret[RK_TBBR_DIGEST_MAX],
                        bool *ret_known, struct rk_err *err) RK_MUST_CHECK;
