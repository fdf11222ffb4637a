/* SPDX-License-Identifier: Apache-2.0 */
/* The CA: being written. */
#include "ftpmprov/ekcert.h"

#include "base/err.h"

enum rk_rc rk_ca_open(const rk_ctx *ctx, const char *cert_path, rk_signer *key, int64_t when,
                      rk_ca **ret, struct rk_err *err)
{
    (void)ctx, (void)cert_path, (void)key, (void)when, (void)ret;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
void rk_ca_free(rk_ca *ca)
{
    (void)ca;
}
enum rk_rc rk_ca_chain_pem(const rk_ca *ca, struct rk_bytes *ret, struct rk_err *err)
{
    (void)ca, (void)ret;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
enum rk_rc rk_ca_make(const rk_ctx *ctx, const struct rk_ca_init *in, struct rk_ca_files *ret,
                      struct rk_err *err)
{
    (void)ctx, (void)in, (void)ret;
    return rk_fail(err, RK_E_INTERNAL, "not built yet");
}
void rk_ca_files_done(struct rk_ca_files *files)
{
    (void)files;
}
