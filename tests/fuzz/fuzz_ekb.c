/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs: the outline covers every byte of what it takes, and a failed opening writes nothing.
 */
#include "rotkit/ekb.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t fv[16];
    struct rk_secret key = RK_SECRET_NONE;
    struct rk_ekb ekb = { .item_count = 0 };
    struct rk_ekb_outline outline;
    struct rk_err err;
    rk_ctx *ctx = NULL;
    rk_mac *root = NULL;

    if (rk_ekb_outline(data, size, &outline, &err) != RK_OK)
        return 0;
    if (outline.ciphertext_offset + outline.ciphertext_len + outline.pad_len != size)
        abort();
    if (rk_ctx_new(&ctx, &err) != RK_OK || rk_secret_new(32, &key, &err) != RK_OK ||
        rk_mac_from_secret(ctx, &key, &root, &err) != RK_OK)
        abort();
    if (rk_ekb_read(root, fv, data, size, &ekb, &err) != RK_OK && ekb.item_count != 0)
        abort(); /* written on failure */
    rk_ekb_done(&ekb);
    rk_mac_free(root);
    rk_secret_done(&key);
    rk_ctx_free(ctx);
    return 0;
}
