/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of T234 files share: a key that is put in by the experimental way, and digests. */
#pragma once

#include "image.h"

#include <openssl/evp.h>

static struct image_request request;
static const struct rk_setting insert[] = { { "experimental", "oem-insert" } };

static inline void tegra_use_key(const char *key)
{
    image_request_open(&request, key, NULL);
    request.sign = request.verify;
    request.sign.setting = insert;
    request.sign.setting_count = 1;
}

static inline void tegra_load(void)
{
    tegra_use_key(BOOT "keys/p256.pem");
}

static inline void tegra_unload(void)
{
    image_request_done(&request);
}

/* SHA-512 of [from, to) of the file, put at `into`. */
static inline void tegra_hash(uint8_t *file, size_t from, size_t to, size_t into)
{
    ck_assert_int_eq(EVP_Digest(file + from, to - from, file + into, NULL, EVP_sha512(), NULL), 1);
}
