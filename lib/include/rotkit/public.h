/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys as the rooms use them. A public key is a signer of which only the public half is
 * looked at: the pointer is the same, and rk_public has no members of its own.
 */
#pragma once

#include "ftpmprov/public.h"
#include "rotkit/signer.h"

/* NULL for NULL. */
const rk_signer *rk_public_signer(const rk_public *key);
/* The key as OpenSSL knows it; borrowed. NULL for NULL. */
EVP_PKEY *rk_public_pkey(const rk_public *key);
