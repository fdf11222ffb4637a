/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity of a device: from KDK0 and EPS seed, or one master key, to the EPS of its fTPM.
 * Source: NVIDIA's "Firmware TPM" in the Jetson Linux Developer Guide, r36, and its key generation
 * tool; proven by the vectors in tests/data.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/mac.h"

/* What follows from the seeds of one device. */
typedef struct rk_identity rk_identity;

/*
 * Derives the chain of one device.
 *   platform: its name, as in a manifest; NULL: the default
 *   device_sn: OEM id and serial number: 20 hex digits, or 4, a hyphen and 16
 *   kdk0: 32 bytes
 *   eps_seed: 32 bytes; NULL: only the Silicon ID follows, from KDK0 alone
 *   ret: the identity; freed with rk_identity_free
 * RK_E_USAGE for an unknown platform or one without such a chain, a malformed Device SN, a wrong
 * length, or a KDK0 that gives no Silicon ID (never observed: take another); RK_E_NOMEM.
 */
RK_API enum rk_rc rk_identity_new(const rk_ctx *ctx, const char *platform, const char *device_sn,
                                  const struct rk_secret *kdk0, const struct rk_secret *eps_seed,
                                  rk_identity **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Wipes and frees.
 *   identity: may be NULL
 */
RK_API void rk_identity_free(rk_identity *identity);
/*
 * The Endorsement Primary Seed.
 *   identity: the identity
 * Returns 64 bytes that live as long as the identity; empty when it was made without an EPS seed.
 */
RK_API const struct rk_secret *rk_identity_eps(const rk_identity *identity);
/*
 * The public half of the Silicon ID, an EC key on P-256.
 *   identity: the identity
 * Returns 64 bytes, x then y, big-endian, that live as long as the identity.
 */
RK_API const uint8_t *rk_identity_silicon_public(const rk_identity *identity);
/*
 * KDK0 and EPS seed of a device from one master key, wherever that is, so that neither needs to be
 * stored: KDF in counter mode (SP 800-108) over HMAC-SHA-256, labels "rotkit KDK0" and
 * "rotkit EPS seed", context the Device SN.
 *   master: 32 bytes
 *   device_sn: as rk_identity_new
 *   ret_kdk0: 32 bytes; must be empty
 *   ret_eps_seed: 32 bytes; must be empty
 * RK_E_USAGE for a malformed Device SN or a master key of another length, RK_E_KEY when a token
 * does not compute it, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_identity_seeds(const rk_mac *master, const char *device_sn,
                                    struct rk_secret *ret_kdk0, struct rk_secret *ret_eps_seed,
                                    struct rk_err *err) RK_MUST_CHECK;
