/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsement Keys from the Endorsement Primary Seed (EPS), as the TPM 2.0 reference code computes
 * them. Source: TPM 2.0 Library Part 1, B.2 and C.5, and Part 4; TCG EK Credential Profile 2.2.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/ctx.h"

/* The public side of one EK. */
typedef struct rk_ek rk_ek;

/* Which EK. RK_EK_OPTIONS_INIT leaves the defaults; all of it is borrowed during the call. */
struct rk_ek_options {
    size_t size;               /* of this struct, as the caller was compiled */
    const char *profile;       /* release family of the reference code; NULL: the first known */
    const char *template_name; /* of the EK Credential Profile; NULL: "L-1" */
    /* A template of one's own instead, a marshalled TPMT_PUBLIC or TPM2B_PUBLIC; NULL: none. */
    const struct rk_bytes *template_area;
};
/* The defaults. */
#define RK_EK_OPTIONS_INIT                                                                         \
    {                                                                                              \
        .size = sizeof(struct rk_ek_options)                                                       \
    }

/*
 * The derivation profiles by name; the first is the default.
 *   i: from 0
 * Returns NULL past the end.
 */
RK_API const char *rk_ek_profile_name_at(size_t i);
/*
 * The templates by name, such as "L-1" and "H-3".
 *   i: from 0
 * Returns NULL past the end.
 */
RK_API const char *rk_ek_template_name_at(size_t i);
/*
 * Derives the EK of one EPS.
 *   eps: 64 bytes, or 32 for profile "ms-138"
 *   options: NULL: the defaults
 *   ret: the EK; freed with rk_ek_free
 * RK_E_USAGE when the EPS has not the profile's length or meets a corner where a TPM gives no
 * usable key (choose another EPS), for an unknown profile or template, for two that do not go
 * together, or for options of a newer library; RK_E_FORMAT for a malformed template_area;
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ek_new(const rk_ctx *ctx, const struct rk_secret *eps,
                            const struct rk_ek_options *options, rk_ek **ret,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees an EK.
 *   ek: may be NULL
 */
RK_API void rk_ek_free(rk_ek *ek);
/*
 * The public area, as TPM2_ReadPublic gives it.
 *   ek: the EK
 * Returns a marshalled TPM2B_PUBLIC that lives as long as the EK.
 */
RK_API const struct rk_bytes *rk_ek_public_area(const rk_ek *ek);
/*
 * The public key.
 *   ek: the EK
 * Returns a SubjectPublicKeyInfo, DER, that lives as long as the EK.
 */
RK_API const struct rk_bytes *rk_ek_spki(const rk_ek *ek);
/*
 * The Name of the EK: nameAlg, big-endian, then the digest of its public area.
 *   ek: the EK
 *   ret_len: bytes, 22 to 66
 * Returns bytes that live as long as the EK.
 */
RK_API const uint8_t *rk_ek_name(const rk_ek *ek, size_t *ret_len);
/*
 * Where a TPM keeps the certificate of this EK.
 *   ek: the EK
 * Returns an NV index; 0 when the EK Credential Profile names none.
 */
RK_API uint32_t rk_ek_nv_index(const rk_ek *ek);
/*
 * The public key in a public area.
 *   public_area: a marshalled TPM2B_PUBLIC
 *   ret: a SubjectPublicKeyInfo, DER; emptied with rk_bytes_done
 * RK_E_FORMAT when it is no public area, RK_E_USAGE when its key is neither RSA nor EC on a curve
 * of the EK Credential Profile, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ek_public_spki(const rk_ctx *ctx, const struct rk_bytes *public_area,
                                    struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
