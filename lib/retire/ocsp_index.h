/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.txt of openssl ca(1), one line a certificate, sorted by serial number:
 *   V|R <TAB> notAfter <TAB> [date,reason] <TAB> serial, hex <TAB> unknown <TAB> subject
 * Source: openssl-ca(1) "FILES", apps/include/apps.h (DB_type ... DB_name) of OpenSSL 3.0.
 */
#pragma once

#include "base/err.h"
#include "ftpmprov/bytes.h"
#include "rotkit/crl.h"

struct rk_ocsp_index {
    struct rk_ocsp_line {
        char serial[2 * RK_SERIAL_MAX + 1];
        char *text; /* without the newline */
    } * line;
    size_t count;
    size_t sorted; /* of them: what was read; those behind are added, each of another certificate */
};
void rk_ocsp_index_done(struct rk_ocsp_index *index);
/* RK_E_FORMAT with the line. */
enum rk_rc rk_ocsp_index_read(const struct rk_bytes *file, struct rk_ocsp_index *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* As valid, unless it was read; a certificate is added once. */
enum rk_rc rk_ocsp_index_add(struct rk_ocsp_index *index, const struct rk_bytes *certificate,
                             struct rk_err *err) RK_MUST_CHECK;
/* A certificate that is not in the index is left out of it: nobody knows its subject. */
enum rk_rc rk_ocsp_index_revoke(struct rk_ocsp_index *index, const struct rk_crl_entry *entry,
                                struct rk_err *err) RK_MUST_CHECK;
/* How many certificates the index has as revoked that the list does not. */
size_t rk_ocsp_index_unlisted(const struct rk_ocsp_index *index, const struct rk_crl *crl);
/* Lines in order of their serial numbers. */
enum rk_rc rk_ocsp_index_write(struct rk_ocsp_index *index, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
