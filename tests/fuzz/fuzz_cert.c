/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates: lint and key of any bytes. */
#include "fuzz.h"

#include "rotkit/ekcert.h"

#include <string.h>

static void look(void *arg, const struct rk_lint_finding *finding)
{
    (void)arg;
    FUZZ_HOLDS(finding->rule != NULL);
    FUZZ_HOLDS(memchr(finding->text, '\0', sizeof finding->text) != NULL);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_bytes spki = RK_BYTES_NONE;
    struct rk_err err;
    bool linted = rk_ekcert_lint(data, size, NULL, look, NULL, &err) == RK_OK;

    if (rk_ekcert_spki(data, size, &spki, &err) == RK_OK)
        FUZZ_HOLDS(spki.len != 0);
    rk_bytes_done(&spki);
    return linted;
}
