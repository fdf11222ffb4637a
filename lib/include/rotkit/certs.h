/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader of certificates: PEM text with any number of them (RFC 7468), or DER with one.
 * A file ends, is damaged, or holds too many: three answers, and nothing is left out in silence.
 */
#pragma once

#include "ftpmprov/bytes.h"

#include <openssl/x509.h>

enum {
    RK_CERT_MAX = 65536, /* bytes of one certificate */
    RK_CHAIN_MAX = 8,    /* certificates from a signer, or an issuing CA, to its root */
};

/*
 * All certificates of the file, in its order: at least 1, at most max. RK_E_FORMAT when there is
 * none; when one is damaged or cut off, or a block stands between that is no certificate ("which,
 * counted from 1, and its line": err->line too); when there is one too many, with the number
 * allowed. Text between certificates is passed over, and so are keys, parameters and CRLs.
 */
enum rk_rc rk_certs_read(const uint8_t *file, size_t len, size_t max, STACK_OF(X509) * *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* The same for a file of one certificate: its DER as it stands, whatever is in it. */
enum rk_rc rk_certs_read_der(const uint8_t *file, size_t len, struct rk_bytes *ret,
                             struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_cert_der(X509 *cert, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
