/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: loaded or refused with a place. */
#include "fuzz.h"

#include "rotkit/manifest.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_manifest *m = NULL;
    struct rk_err err;

    if (rk_manifest_load(fuzz_file(data, size), &m, &err)) {
        FUZZ_HOLDS(m == NULL);
        return false;
    }
    rk_manifest_free(m);
    return true;
}
