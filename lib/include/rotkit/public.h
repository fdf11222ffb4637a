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
/* A member that is a public key, its SubjectPublicKeyInfo in hex; as the readers of rotkit/json.h.
 */
enum rk_rc rk_public_want(struct rk_jv object, const char *name, EVP_PKEY **ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* An RSA key as avbtool writes it (extract_public_key), and vbmeta structures hold it. RK_E_KEY. */
enum rk_rc rk_avb_key_write(const EVP_PKEY *key, struct rk_bytes *ret,
                            struct rk_err *err) RK_MUST_CHECK;
