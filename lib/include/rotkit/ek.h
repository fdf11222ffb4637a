/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsement Keys from the Endorsement Primary Seed, as the TPM 2.0 reference code computes them.
 * Source: formats/ek-derivation.md; proven by tests/data/vectors/ek.
 */
#pragma once

#include "ftpmprov/ek.h"
#include "rotkit/ctx.h"

enum { RK_EPS_MAX = 64, RK_EK_NAME_MAX = 2 + 64 };

/* One row a release family of the reference code (ek-derivation.md, section 4). */
struct rk_ek_profile;
const struct rk_ek_profile *rk_ek_profile_find(const char *name); /* NULL when unknown */
const struct rk_ek_profile *rk_ek_profile_at(size_t i); /* NULL past the end; 0 is the default */
const char *rk_ek_profile_name(const struct rk_ek_profile *profile);
size_t rk_ek_profile_eps_len(const struct rk_ek_profile *profile); /* bytes: 64, or 32 for ms-138 */

/* L-1, L-2, H-1 .. H-4, H-6, H-7, azure-sdk (L-1 with an empty unique), or a user's TPMT_PUBLIC. */
struct rk_ek_template;
const struct rk_ek_template *rk_ek_template_find(const char *name);
const struct rk_ek_template *rk_ek_template_at(size_t i);
/* Template i of those whose certificates a key blob carries, which is what is made when none is
 * named; NULL past the end. */
const struct rk_ek_template *rk_ek_template_in_blob(size_t i);
/* The one that is meant when one is wanted and none is named. */
const struct rk_ek_template *rk_ek_template_default(void);
const char *rk_ek_template_name(const struct rk_ek_template *tpl);
/* NV index of the certificate (ek-certificate.md 4.3); 0 when the profile names none. */
uint32_t rk_ek_template_nv_index(const struct rk_ek_template *tpl);
/*
 * Reads a marshalled TPMT_PUBLIC (or TPM2B_PUBLIC). RK_E_FORMAT when malformed, RK_E_USAGE for a
 * key the derivation does not cover (says which field). Freed with rk_ek_template_free; the
 * built-in ones are not freed.
 */
enum rk_rc rk_ek_template_parse(const uint8_t *tpmt, size_t len, struct rk_ek_template **ret,
                                struct rk_err *err) RK_MUST_CHECK;
void rk_ek_template_free(struct rk_ek_template *tpl);

struct rk_ek {
    const struct rk_ek_template *tpl;
    const struct rk_ek_profile *profile;
    struct rk_bytes public_tpm2b; /* TPM2B_PUBLIC, marshalled */
    struct rk_bytes spki;         /* SubjectPublicKeyInfo, DER */
    uint8_t name[RK_EK_NAME_MAX]; /* Name of the EK: nameAlg | digest */
    size_t name_len;
    EVP_PKEY *pkey; /* NULL unless the private key was asked for (CSRs) */
};
#define RK_EK_NONE                                                                                 \
    {                                                                                              \
        .tpl = NULL                                                                                \
    }
void rk_ek_done(struct rk_ek *ek);

/*
 * The EK of one EPS. RK_E_USAGE when the EPS has not the profile's length, or meets a corner where
 * a TPM gives no usable answer (ek-derivation.md 3.6: choose another EPS), or when profile and
 * template do not go together.
 */
enum rk_rc rk_ek_derive(const rk_ctx *ctx, const struct rk_secret *eps,
                        const struct rk_ek_profile *profile, const struct rk_ek_template *tpl,
                        struct rk_ek *ret, struct rk_err *err) RK_MUST_CHECK;
/* What options of an installed header ask for. */
struct rk_ek_choice {
    const struct rk_ek_profile *profile;
    const struct rk_ek_template *tpl;
    struct rk_ek_template *own; /* when tpl is the caller's own, else NULL */
};
void rk_ek_choice_done(struct rk_ek_choice *choice); /* for RK_AUTO */
/* RK_E_USAGE for an unknown name; otherwise as rk_ek_template_parse. NULL: the defaults. */
enum rk_rc rk_ek_choose(const struct rk_ek_options *options, struct rk_ek_choice *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* One of several: its EPS (borrowed) in, its EK or why there is none out. */
struct rk_ek_item {
    const struct rk_secret *eps;
    struct rk_ek ek;   /* made where err.rc is RK_OK; freed with rk_ek_done */
    struct rk_err err; /* see rk_ek_derive */
};
/*
 * The EKs of several devices, searched for together: the same keys as one by one, and faster, from
 * eight on. One that fails leaves the others alone. An error returned (memory, OpenSSL, a search
 * this machine does not have) means that none was made. ek of every item must be RK_EK_NONE.
 */
enum rk_rc rk_ek_derive_batch(const rk_ctx *ctx, const struct rk_ek_profile *profile,
                              const struct rk_ek_template *tpl, struct rk_ek_item *items,
                              size_t count, struct rk_err *err) RK_MUST_CHECK;
/* As above, and ret->pkey holds the key pair (secure BIGNUMs; freed by rk_ek_done). */
enum rk_rc rk_ek_derive_pair(const rk_ctx *ctx, const struct rk_secret *eps,
                             const struct rk_ek_profile *profile, const struct rk_ek_template *tpl,
                             struct rk_ek *ret, struct rk_err *err) RK_MUST_CHECK;
