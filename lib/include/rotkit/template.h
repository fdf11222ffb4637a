/* SPDX-License-Identifier: Apache-2.0 */
/* EK templates as the TPM knows them. Source: formats/ek-derivation.md section 2, TPM 2.0 Part
 * 2, 12.2.4. */
#pragma once

#include "base/err.h"
#include "rotkit/ek.h"

#include <tss2/tss2_tpm2_types.h>

/* Who asks for an EK of this template. */
enum rk_ek_use {
    RK_EK_IN_BLOB = 1 << 0,  /* Jetson's key blob and handover container carry its certificate */
    RK_EK_DEFAULT = 1 << 1,  /* what is meant when no template is named */
    RK_EK_SEARCHED = 1 << 2, /* the cheapest to compute: seeds are searched for by it */
};

struct rk_ek_template {
    const char *name;
    const char *role, *file; /* of its certificate in a release; NULL: a template of the user's */
    uint32_t nv_index;       /* of the certificate; 0: the profile names none */
    uint32_t handle;         /* where the EK persists by convention; 0: nowhere */
    uint32_t script_handle;  /* where NVIDIA's script for the device keeps it */
    unsigned uses;           /* enum rk_ek_use */
    TPMT_PUBLIC public_area; /* unique as the caller of TPM2_CreatePrimary sends it */
};

/* The first template of this use. */
const struct rk_ek_template *rk_ek_template_for(enum rk_ek_use use);

/* nameAlg | H_nameAlg(marshalled TPMT_PUBLIC): the Name of a public area. */
enum rk_rc rk_template_name(const rk_ctx *ctx, const TPMT_PUBLIC *area, uint8_t ret[RK_EK_NAME_MAX],
                            size_t *ret_len, struct rk_err *err) RK_MUST_CHECK;
/* TPM2B_PUBLIC, marshalled. */
enum rk_rc rk_template_marshal(const TPMT_PUBLIC *area, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;

/* What OpenSSL calls a TPM curve; NULL when the derivation does not cover it. bytes: of one
 * coordinate. */
const char *rk_template_curve(TPMI_ECC_CURVE curve, size_t *ret_bytes);
/* What OpenSSL calls a TPM hash, and its digest's length; NULL for one that is not covered. */
const char *rk_template_hash(TPMI_ALG_HASH hash, size_t *ret_bytes);
