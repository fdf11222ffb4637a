/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms, and the identity chain of Jetson's from KDK0 to EPS. Source:
 * formats/jetson-ftpm-ekb.md section 1.
 */
#pragma once

#include "ftpmprov/identity.h"
#include "rotkit/ctx.h"
#include "rotkit/mac.h"
#include "rotkit/unit_id.h"

struct rk_platform;
/* name NULL: the default. RK_E_USAGE for an unknown name (lists the known) and for one that is
 * refused, with the reason. */
enum rk_rc rk_platform_find(const rk_ctx *ctx, const char *name, const struct rk_platform **ret,
                            struct rk_err *err) RK_MUST_CHECK;
const char *rk_platform_name(const struct rk_platform *platform);
/* Bytes of the fuse key of its key blob: 16 or 32; 0: it has none. */
size_t rk_platform_root_key_len(const struct rk_platform *platform);
const char *rk_platform_default_profile(const struct rk_platform *platform); /* EK profile name */

/* Whether images of this format go out in an update: capsules, signed TAs. */
bool rk_platform_updates_by(const struct rk_platform *platform, const char *format);

/* What the makers of such boards need to know: a page of text; NULL: there is none. */
const char *rk_platform_page_of(const rk_ctx *ctx, const char *name);
/* A unit as people write it: 20 hex digits, or Jetson's "0102-0000000100000002". RK_E_USAGE. */
enum rk_rc rk_unit_parse(const char *text, struct rk_unit_id *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* Whether section devices of its manifest has a file of this name, such as "eps-db". */
bool rk_platform_reads(const struct rk_platform *platform, const char *file);
/* One secret of a unit by a master key, in the platform's own order. RK_E_USAGE as
 * rk_identity_from_master. */
enum rk_rc rk_platform_secret(const struct rk_platform *platform, const rk_mac *master,
                              const struct rk_unit_id *sn, size_t which, struct rk_secret *ret,
                              struct rk_err *err) RK_MUST_CHECK;

struct rk_identity {
    struct rk_secret kdk_nrk, silicon_id, ftpm_seed, root_seed; /* 32, 32, 32, 64 bytes */
    struct rk_secret eps;                                       /* 64 bytes */
    uint8_t silicon_id_public[64];                              /* x | y, big-endian */
};
void rk_identity_done(struct rk_identity *identity);

/*
 * The whole chain of one device. kdk0 and eps_seed are 32 bytes. RK_E_USAGE when the platform has
 * no identity chain here, a length is wrong, or (never observed) 100 Silicon ID candidates fail: a
 * new KDK0 is needed.
 */
enum rk_rc rk_identity_derive(const rk_ctx *ctx, const struct rk_platform *platform,
                              const struct rk_unit_id *sn, const struct rk_secret *kdk0,
                              const struct rk_secret *eps_seed, struct rk_identity *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* KDK0 alone gives the Silicon ID public key (pubkey_db); the rest of ret stays empty. */
enum rk_rc rk_identity_silicon_id(const rk_ctx *ctx, const struct rk_platform *platform,
                                  const struct rk_unit_id *sn, const struct rk_secret *kdk0,
                                  struct rk_identity *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * "rotkit KDK0" / "rotkit EPS seed" from a master key of 32 bytes, wherever it is; see design.md,
 * "Derived instead of stored".
 */
enum rk_rc rk_identity_from_master(const rk_mac *master, const struct rk_unit_id *sn,
                                   struct rk_secret *ret_kdk0, struct rk_secret *ret_eps_seed,
                                   struct rk_err *err) RK_MUST_CHECK;
