/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates: lint and key of any bytes, which are the CA at once. */
#include "fuzz.h"

#include "rotkit/ekcert.h"

#include <string.h>

static void look(void *arg, const struct rk_lint_finding *finding)
{
    (void)arg;
    FUZZ_HOLDS(finding->rule != NULL);
    FUZZ_HOLDS(memchr(finding->text, '\0', sizeof finding->text) != NULL);
    for (size_t i = 0; rk_lint_verifier_at(i) != NULL; i++) {
        bool named = strstr(finding->verifier, rk_lint_verifier_at(i)) != NULL;

        FUZZ_HOLDS(named == rk_lint_verifier_refuses(i, finding));
        FUZZ_HOLDS(!named || rk_lint_verifier_is_told(i, finding));
    }
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_bytes spki = RK_BYTES_NONE, ca = RK_BYTES_NONE;
    struct rk_err err;
    bool linted = rk_ekcert_lint(data, size, NULL, look, NULL, &err) == RK_OK;

    if (linted && rk_bytes_copy(data, size, &ca, &err) == RK_OK)
        linted = rk_ekcert_lint(data, size, &ca, look, NULL, &err) != RK_E_INTERNAL;
    rk_bytes_done(&ca);

    if (rk_ekcert_spki(data, size, &spki, &err) == RK_OK)
        FUZZ_HOLDS(spki.len != 0);
    rk_bytes_done(&spki);
    return linted;
}
