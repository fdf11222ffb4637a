/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of a twin for Azure DPS, and JSON itself: what is read is written and read again. */
#include "fuzz.h"

#include "enroll/azure_dps.h"

bool fuzz_one(const uint8_t *data, size_t size)
{
    rk_json *doc = NULL, *again = NULL;
    struct rk_bytes text = RK_BYTES_NONE, second = RK_BYTES_NONE;
    struct rk_err err;
    bool taken;

    if (rk_json_parse(data, size, &doc, &err)) {
        FUZZ_HOLDS(doc == NULL);
        return false;
    }
    FUZZ_DO(rk_json_text(doc, true, &text, &err));
    FUZZ_DO(rk_json_parse(text.p, text.len, &again, &err));
    FUZZ_DO(rk_json_text(again, true, &second, &err));
    FUZZ_HOLDS(rk_bytes_equal(&text, &second));
    taken = rk_dps_check_twin(doc, &err) == RK_OK;
    rk_bytes_done(&text);
    rk_bytes_done(&second);
    rk_json_free(doc);
    rk_json_free(again);
    return taken;
}
