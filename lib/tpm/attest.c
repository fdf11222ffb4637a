/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation of a device of a release by credential activation. */
#include "rotkit/tpmcheck.h"

#include "base/err.h"
#include "rotkit/release.h"

#include <string.h>

enum { CHALLENGE = 32 }; /* fits every EK: SHA-256 is the smallest nameAlg of the templates */

void rk_tpm_attested_done(struct rk_tpm_attested *attested)
{
    rk_tpm_public_done(&attested->key);
}

static enum rk_rc find_device(const rk_ctx *ctx, rk_tpm *tpm, rk_release_view *release,
                              struct rk_unit_id *ret, struct rk_err *err)
{
    const struct rk_tpm_check_options options = { .release = release, .ek_only = true };
    struct rk_tpm_verdict verdict;

    if (rk_tpm_check(ctx, tpm, &options, &verdict, err))
        return err->rc;
    if (!verdict.known)
        return rk_fail(err, RK_E_VERIFY, "this TPM is no device of release \"%s\": %s",
                       rk_release_view_path(release), rk_tpm_cause_name(verdict.cause));
    *ret = verdict.sn;
    return RK_OK;
}

static enum rk_rc challenge(const rk_ctx *ctx, rk_tpm *tpm, enum rk_tpm_key key,
                            const struct rk_tpm_public *object, const struct rk_release_ek *ek,
                            struct rk_err *err)
{
    RK_AUTO(rk_credential_done) struct rk_credential credential = { .id_object = RK_BYTES_NONE };
    RK_AUTO(rk_secret_done) struct rk_secret sent = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret back = RK_SECRET_NONE;
    const struct rk_ek_template *tpl = rk_ek_template_find(ek->template_name);

    if (tpl == NULL)
        return rk_fail(err, RK_E_USAGE, "EK of unknown template \"%s\"", ek->template_name);
    if (rk_random_secret(ctx, CHALLENGE, &sent, err) ||
        rk_credential_make(ctx, &ek->public_tpm2b, object->name, object->name_len, &sent,
                           &credential, err) ||
        rk_tpm_activate(tpm, tpl, key, &credential, &back, err))
        return err->rc;
    if (!rk_secret_equal(&sent, &back))
        return rk_fail(err, RK_E_VERIFY, "EK %s: the TPM gives back another secret",
                       ek->template_name);
    return RK_OK;
}

enum rk_rc rk_tpm_attest(const rk_ctx *ctx, rk_tpm *tpm,
                         const struct rk_tpm_attest_options *options, struct rk_tpm_attested *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    RK_AUTO(rk_tpm_attested_done) struct rk_tpm_attested made = { .eks = 0 };
    char text[21];

    if (options->device != NULL)
        made.sn = *options->device;
    else if (find_device(ctx, tpm, options->release, &made.sn, err))
        return err->rc;
    if (rk_release_view_device(options->release, &made.sn, &device, err) ||
        rk_tpm_key_public(tpm, options->key, &made.key, err))
        return err->rc;
    rk_unit_id_text(&made.sn, text);
    for (size_t i = 0; i < device.ek_count; i++) {
        if (options->template_name != NULL &&
            strcmp(options->template_name, device.ek[i].template_name) != 0)
            continue;
        if (challenge(ctx, tpm, options->key, &made.key, &device.ek[i], err))
            return rk_wrap(err, "device %s", text);
        made.eks++;
    }
    if (made.eks == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" states no EK %s of device %s",
                       rk_release_view_path(options->release),
                       options->template_name != NULL ? options->template_name : "", text);
    *ret = made;
    made = (struct rk_tpm_attested) { .eks = 0 };
    return RK_OK;
}
