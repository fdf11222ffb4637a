/* SPDX-License-Identifier: Apache-2.0 */
/* A user's TPMT_PUBLIC. */
#include "fuzz.h"

#include "rotkit/ek.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_ek_template *tpl = NULL;
    struct rk_err err;

    if (rk_ek_template_parse(data, size, &tpl, &err) != RK_OK) {
        FUZZ_HOLDS(tpl == NULL);
        return false;
    }
    rk_ek_template_free(tpl);
    return true;
}
