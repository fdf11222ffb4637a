/* SPDX-License-Identifier: Apache-2.0 */
/* The index of openssl ca for OCSP responders: what is read is written and read again as it was. */
#include "fuzz.h"

#include "retire/ocsp_index.h"

#include <string.h>

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_bytes file = RK_BYTES_NONE, text = RK_BYTES_NONE, again = RK_BYTES_NONE;
    struct rk_crl_entry entry = { .serial = { 0x0b }, .serial_len = 1, .revoked = 1800000000 };
    struct rk_ocsp_index index = { .line = NULL }, second = { .line = NULL };
    const struct rk_crl none = RK_CRL_NONE;
    struct rk_err err;
    bool taken;

    FUZZ_DO(rk_bytes_copy(data, size, &file, &err));
    taken = rk_ocsp_index_read(&file, &index, &err) == RK_OK;
    if (taken) {
        FUZZ_HOLDS(rk_ocsp_index_unlisted(&index, &none) <= index.count);
        (void)!rk_ocsp_index_revoke(&index, &entry, &err);
        FUZZ_DO(rk_ocsp_index_write(&index, &text, &err));
        FUZZ_DO(rk_ocsp_index_read(&text, &second, &err));
        FUZZ_HOLDS(second.count == index.count);
        FUZZ_DO(rk_ocsp_index_write(&second, &again, &err));
        FUZZ_HOLDS(rk_bytes_equal(&text, &again));
    }
    rk_ocsp_index_done(&index);
    rk_ocsp_index_done(&second);
    rk_bytes_done(&file);
    rk_bytes_done(&text);
    rk_bytes_done(&again);
    return taken;
}
