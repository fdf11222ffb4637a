/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates: being written. */
#include "ftpmprov/ekcert.h"

#include "base/err.h"

enum rk_rc rk_ekcert_issue(const rk_ctx *ctx, rk_ca *ca, const struct rk_ekcert_profile *profile,
                           const uint8_t *device, size_t device_len, const struct rk_bytes *spki,
                           struct rk_bytes *ret, struct rk_err *err)
{
    (void)ctx, (void)ca, (void)profile, (void)device, (void)device_len, (void)spki, (void)ret;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
enum rk_rc rk_ekcert_spki(const uint8_t *der, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    (void)der, (void)len, (void)ret;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
enum rk_rc rk_ekcert_verify(const rk_ctx *ctx, const uint8_t *der, size_t len,
                            const struct rk_bytes *chain_pem, int64_t when, struct rk_err *err)
{
    (void)ctx, (void)der, (void)len, (void)chain_pem, (void)when;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
