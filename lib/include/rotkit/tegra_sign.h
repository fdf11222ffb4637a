/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and signatures as Orin boot files hold them: little-endian, EC numbers in fixed slots.
 * Source: boot-images.md 2.2, 2.3; the EC slots are not confirmed by a vendor golden.
 */
#pragma once

#include "rotkit/format.h"
#include "rotkit/pcp.h"
#include "rotkit/signer.h"

struct rk_tegra_key {
    const char *name;      /* "RSA-3072" */
    enum rk_scheme scheme; /* PSS with SHA-512 and a salt of 64, or ECDSA with SHA-512 */
    size_t len;            /* bytes of key and of signature: 384, 64, 136 */
    uint8_t pcp[RK_PCP_WIRE];
};
/* RK_E_KEY for a key that the boot ROM does not take, or an RSA exponent other than 65537. */
enum rk_rc rk_tegra_key(EVP_PKEY *pub, struct rk_tegra_key *ret, struct rk_err *err) RK_MUST_CHECK;
/* A signature as rk_signer_sign makes it, in the file's form: rk_tegra_key.len bytes. */
enum rk_rc rk_tegra_signature(EVP_PKEY *pub, const struct rk_bytes *signature, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* Holds the file's form (at least rk_tegra_key.len bytes) against the message. RK_E_VERIFY. */
enum rk_rc rk_tegra_check(const rk_ctx *ctx, EVP_PKEY *pub, const uint8_t *message, size_t len,
                          const uint8_t *wire, struct rk_err *err) RK_MUST_CHECK;

/* ---- the split: sign here, put in by the BSP's tool; or put in here, which is experimental ----
 */

/* Where a boot file has its OEM signature and key, as third-party work tells (boot-images.md 7). */
struct rk_tegra_place {
    size_t from, to; /* the signed bytes */
    size_t signature, signature_room, pcp;
};
/*
 * The settings of a signing request: output "image" (with experimental "oem-insert"), "sig" or
 * "pub". RK_E_USAGE for anything else, with what to do instead.
 */
enum rk_rc rk_tegra_output_check(const char *output, const char *experimental,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * The product of signing: the key ("pub") or signature ("sig") as the BSP's header tool takes them,
 * else a copy of the file with both put in, whose digests the caller sets anew.
 */
enum rk_rc rk_tegra_attach(EVP_PKEY *pub, const char *output, const struct rk_tegra_place *place,
                           const uint8_t *file, size_t len, const struct rk_bytes *signature,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* Holds the file's key and signature against pub. ret_signer says who, and that it is experimental.
 */
enum rk_rc rk_tegra_signature_verify(const rk_ctx *ctx, EVP_PKEY *pub,
                                     const struct rk_tegra_place *place, const uint8_t *file,
                                     char ret_signer[160], struct rk_err *err) RK_MUST_CHECK;
/* Whether there is a signature at all. */
bool rk_tegra_is_signed(const struct rk_tegra_place *place, const uint8_t *file);
/* What a row lists for verify: signature and key in files of their own, as the split makes them. */
#define RK_TEGRA_SIG_PART                                                                          \
    {                                                                                              \
        "sig", false, false, "verify: the signature, as output=sig makes it"                       \
    }
#define RK_TEGRA_PUB_PART                                                                          \
    {                                                                                              \
        "pub", false, false, "verify: the key, as output=pub makes it"                             \
    }
/* RK_E_USAGE where one of them is given to something else than verify. */
enum rk_rc rk_tegra_no_signature_parts(const struct rk_request *request,
                                       struct rk_err *err) RK_MUST_CHECK;
/*
 * A row's check: the signature under the key of the request, when one is named, inside of the file
 * and in part "sig" where there is one, and the signer into the map. *ret_signed false: no key, and
 * nothing was asked that needs one; RK_OK then.
 */
enum rk_rc rk_tegra_check_signer(const struct rk_request *request,
                                 const struct rk_tegra_place *place, const uint8_t *file,
                                 struct rk_map *map, bool *ret_signed,
                                 struct rk_err *err) RK_MUST_CHECK;
