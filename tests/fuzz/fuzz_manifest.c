/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: loaded or refused with a place. */
#include "fuzz.h"

#include "rotkit/manifest.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    static rk_ctx *ctx;
    struct rk_manifest *m = NULL;
    struct rk_err err;

    FUZZ_HOLDS(ctx != NULL || rk_ctx_new(&ctx, &err) == RK_OK);
    if (rk_manifest_load(ctx, fuzz_file(data, size), &m, &err)) {
        FUZZ_HOLDS(m == NULL);
        return false;
    }
    rk_manifest_free(m);
    return true;
}
