/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs: the outline covers every byte of what it takes, and a failed opening writes nothing.
 */
#include "fuzz.h"

#include "rotkit/ekb.h"
#include "platform/tegra/ekb.h"

#include <string.h>

static const uint8_t fv[16];

/* The root key: zeros. */
static const rk_mac *root_key(void)
{
    static rk_mac *root;
    struct rk_secret key = RK_SECRET_NONE;
    struct rk_err err;

    if (root != NULL)
        return root;
    FUZZ_DO(rk_secret_new(32, &key, &err));
    FUZZ_DO(rk_mac_from_secret(fuzz_ctx(), &key, &root, &err));
    rk_secret_done(&key);
    return root;
}

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_ekb ekb = { .version = RK_EKB_2_0 };
    uint8_t value[32] = { 0x66 };
    struct rk_err err;

    FUZZ_DO(rk_ekb_add(&ekb, RK_EKB_TAG_PAYLOAD_KEY, value, sizeof value, &err));
    FUZZ_DO(rk_ekb_add(&ekb, RK_EKB_TAG_UEFI_AUTH_KEY, value, sizeof value, &err));
    FUZZ_DO(rk_ekb_add(&ekb, RK_EKB_TAG_EK_CERT_ECC, value, 5, &err));
    FUZZ_DO(rk_ekb_derive_nonces(root_key(), &ekb, &err));
    FUZZ_DO(rk_ekb_write(root_key(), &ekb, ret, &err));
    rk_ekb_done(&ekb);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_ekb ekb = { .item_count = 0 };
    struct rk_ekb_outline outline;
    struct rk_err err;

    if (rk_ekb_outline(data, size, &outline, &err))
        return false;
    FUZZ_HOLDS(outline.ciphertext_offset + outline.ciphertext_len + outline.pad_len == size);
    if (rk_ekb_read(root_key(), fv, data, size, &ekb, &err)) {
        FUZZ_HOLDS(ekb.item_count == 0);
        return false;
    }
    FUZZ_HOLDS(ekb.item_count <= RK_EKB_ITEMS_MAX);
    rk_ekb_done(&ekb);
    return true;
}

/* The MAC over what is there now. */
size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct rk_secret mac = RK_SECRET_NONE;
    struct rk_ekb_outline out;
    struct rk_err err;

    (void)max;
    (void)seed;
    if (rk_ekb_outline(data, size, &out, &err))
        return size;
    FUZZ_DO(rk_ekb_compute_mac(
        root_key(), out.version == RK_EKB_2_0 ? out.fv : fv, data + out.content_offset,
        out.ciphertext_offset + out.ciphertext_len - out.content_offset, &mac, &err));
    memcpy(data + out.cmac_offset, mac.p, mac.len);
    rk_secret_done(&mac);
    return size;
}
