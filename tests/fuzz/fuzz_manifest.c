/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: loaded or refused with a place. */
#include "rotkit/publish.h"
#include "rotkit/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rk_manifest *m = NULL;
    struct rk_err err;
    char path[64];
    int n = snprintf(path, sizeof path, "/tmp/rotkit-fuzz-%ld.yaml", (long)getpid());

    if (n < 0 || rk_file_write(path, RK_FILE_PRIVATE, data, size, &err) != RK_OK)
        abort();
    if (rk_manifest_load(path, &m, &err) != RK_OK && (m != NULL || err.rc == RK_OK))
        abort();
    rk_manifest_free(m);
    (void)unlink(path);
    return 0;
}
