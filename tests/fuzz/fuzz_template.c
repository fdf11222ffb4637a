/* SPDX-License-Identifier: Apache-2.0 */
/* A user's TPMT_PUBLIC. */
#include "rotkit/ek.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rk_ek_template *tpl = NULL;
    struct rk_err err;

    if (rk_ek_template_parse(data, size, &tpl, &err) != RK_OK && tpl != NULL)
        abort();
    rk_ek_template_free(tpl);
    return 0;
}
