/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates as the installed header promises them, over what the rooms issue with. */
#include "rotkit/ekcert.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/ossl.h"
#include "rotkit/ek.h"
#include "rotkit/x509.h"

static enum rk_rc copy_profile(const struct rk_ekcert_profile *profile,
                               struct rk_ekcert_profile *ret, struct rk_err *err)
{
    if (rk_options_copy(ret, sizeof *ret, profile, err))
        return err->rc;
    if (!rk_all_zero(ret->zero, sizeof ret->zero))
        return rk_fail(err, RK_E_USAGE,
                       "options of a newer library: they ask for something behind \"aik\"");
    return RK_OK;
}

enum rk_rc rk_ca_issue(rk_ca *ca, const struct rk_ekcert_profile *profile, const uint8_t *device,
                       size_t device_len, const struct rk_bytes *spki, struct rk_bytes *ret,
                       struct rk_err *err)
{
    struct rk_ekcert_profile known;

    if (copy_profile(profile, &known, err))
        return err->rc;
    return rk_ekcert_issue(ca->ctx, ca, &known, device, device_len, spki, ret, err);
}

enum rk_rc rk_ek_request(const rk_ctx *ctx, const struct rk_secret *eps,
                         const struct rk_ek_options *options,
                         const struct rk_ekcert_profile *profile, const char *subject_cn,
                         struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_ek_choice_done) struct rk_ek_choice choice = { .own = NULL };
    RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;
    RK_AUTO(rk_signer_done) rk_signer *pair = NULL;
    struct rk_ekcert_profile known;

    if (copy_profile(profile, &known, err) || rk_ek_choose(options, &choice, err) ||
        rk_ek_derive_pair(ctx, eps, choice.profile, choice.tpl, &ek, err) ||
        rk_signer_from_pkey(ctx, ek.pkey, &pair, err))
        return err->rc;
    return rk_ekcsr_make(ctx, pair, &known, subject_cn, ret, err);
}
