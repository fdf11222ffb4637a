/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db and dbx as a firmware decides by them: what is allowed, minus what is forbidden. Source: EDK2,
 * DxeImageVerificationLib (DxeImageVerificationHandler, IsForbiddenByDbx, IsAllowedByDb);
 * UEFI 2.10, 32.4.1 and 32.5.3. Revocation times of certificate hashes need dbt, which nobody hands
 * in: as without it, such a hash forbids. On top stands the policy of strengths.
 */
#pragma once

#include "image/uefi/esl.h"
#include "rotkit/pkcs7.h"

struct rk_secure_boot {
    const rk_ctx *ctx;
    struct rk_esl db, dbx;
    bool has_db;
};
#define RK_UEFI_DB  RK_PART_SIGNERS /* names of the parts */
#define RK_UEFI_DBX RK_PART_SIGNERS "x"
/* Whether the request hands in any list. */
bool rk_secure_boot_asked(const struct rk_request *request);
/*
 * Reads the parts. RK_E_USAGE when one is neither signature lists nor a signed variable nor an
 * efivar dump, is malformed, or holds more entries than RK_ESL_ENTRIES_MAX. Borrows the parts.
 */
enum rk_rc rk_secure_boot_open(const struct rk_request *request, struct rk_secure_boot *ret,
                               struct rk_err *err) RK_MUST_CHECK;
void rk_secure_boot_done(struct rk_secure_boot *lists); /* for RK_AUTO */

struct rk_pe_signature {
    const uint8_t *der, *content; /* the SignedData, and the octets that it signs */
    size_t der_len, content_len;
    const uint8_t *digest; /* of the image, by the digest of this signature */
    size_t digest_len;
};
enum rk_verdict { RK_NOT_LISTED, RK_ALLOWED, RK_FORBIDDEN };
enum { RK_VERDICT_TEXT = 256 };
/*
 * One signature of an image. by (key or trust, may ask neither) must hold too. why: what forbids,
 * or why nothing allows; signer: who is allowed. RK_E_NOMEM and the like only.
 */
enum rk_rc rk_secure_boot_judge(const struct rk_secure_boot *lists, const struct rk_pkcs7_check *by,
                                const struct rk_pe_signature *signature, enum rk_verdict *ret,
                                char why[RK_VERDICT_TEXT], char signer[160],
                                struct rk_err *err) RK_MUST_CHECK;
/* An image by its digest alone, as one without a signature. */
enum rk_verdict rk_secure_boot_judge_digest(const struct rk_secure_boot *lists,
                                            const uint8_t *digest, size_t len);
