/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates: lint and key of any bytes. */
#include "rotkit/ekcert.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *arg, const struct rk_lint_finding *finding)
{
    (void)arg;
    if (finding->rule == NULL || memchr(finding->text, '\0', sizeof finding->text) == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rk_bytes spki = RK_BYTES_NONE;
    struct rk_err err;

    (void)!rk_ekcert_lint(data, size, look, NULL, &err);
    if (rk_ekcert_spki(data, size, &spki, &err) == RK_OK && spki.len == 0)
        abort();
    rk_bytes_done(&spki);
    return 0;
}
