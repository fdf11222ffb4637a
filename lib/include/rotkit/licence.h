/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A licence: so many units of a product may be made, signed by its issuer. The file is JSON with
 * the terms, the scheme and the signature in hex. What is signed is not the JSON but this text,
 * every line ended by one newline, nothing else in it:
 *   rotkit licence 1
 *   id: <id>
 *   parent: <id of the licence it was split from, or empty>
 *   issuer: <SHA-256 of the issuer's SubjectPublicKeyInfo, hex>
 *   product: <as in the manifest>
 *   units: <decimal>
 *   reissues: <decimal>
 *   not-after: <seconds since 1970, decimal; 0: it does not end>
 *   oem-ids: <4 hex digits each, ascending, commas between; empty: any>
 *   first-sn: <16 hex digits>
 *   last-sn: <16 hex digits>
 */
#pragma once

#include "rotkit/unit_id.h"
#include "rotkit/signer.h"

enum { RK_LICENCE_ID_MAX = 65, RK_LICENCE_PRODUCT_MAX = 129, RK_LICENCE_OEM_IDS_MAX = 64 };

struct rk_licence {
    char id[RK_LICENCE_ID_MAX]; /* letters, digits and "._-" */
    char parent[RK_LICENCE_ID_MAX];
    uint8_t issuer_sha256[32];
    char product[RK_LICENCE_PRODUCT_MAX];
    uint64_t units;    /* may be made; each counts once however often it is rebuilt */
    uint64_t reissues; /* may be made anew after an explicit record */
    int64_t not_after; /* 0: never ends */
    uint16_t oem_id[RK_LICENCE_OEM_IDS_MAX];
    size_t oem_id_count;        /* 0: any */
    uint64_t first_sn, last_sn; /* inclusive */
};

/* The text that is signed. RK_E_USAGE when the terms cannot be said in it. */
enum rk_rc rk_licence_text(const struct rk_licence *licence, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* Fills in the issuer, signs by the key's default scheme, and makes the file. */
enum rk_rc rk_licence_sign(rk_signer *issuer, struct rk_licence *licence, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * Reads a file. RK_E_FORMAT when it is malformed; with an issuer (a public key will do) RK_E_VERIFY
 * when the licence is another's or its signature does not hold. NULL: not checked.
 */
enum rk_rc rk_licence_read(const rk_ctx *ctx, const uint8_t *file, size_t len,
                           const rk_signer *issuer, struct rk_licence *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* RK_E_LEDGER when the child asks for what the parent does not give: product, time, OEM ids, serial
 * numbers, units. */
enum rk_rc rk_licence_within(const struct rk_licence *child, const struct rk_licence *parent,
                             struct rk_err *err) RK_MUST_CHECK;
