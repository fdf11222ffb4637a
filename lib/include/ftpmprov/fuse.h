/* SPDX-License-Identifier: Apache-2.0 */
/* Fuse values of Orin. Source: NVIDIA's tegrasign_v3 and its fuse tools, r35 and r36. */
#pragma once

#include "ftpmprov/public.h"

/*
 * PublicKeyHash of a PKC key: what burns into the fuses. Not confirmed by a golden of the vendor's
 * own tool: compare with what that prints before a fuse burns.
 *   key: RSA-3072, EC on P-256 or P-521, Ed25519
 *   ret: SHA-512, 64 bytes
 * RK_E_USAGE for a key that the boot ROM does not take, RK_E_INTERNAL when OpenSSL has no SHA-512.
 */
RK_API enum rk_rc rk_fuse_hash(const rk_public *key, uint8_t ret[64],
                               struct rk_err *err) RK_MUST_CHECK;
