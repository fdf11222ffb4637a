/* SPDX-License-Identifier: Apache-2.0 */
/* EKs as the installed header promises them, over what the rooms derive with. */
#include "rotkit/ek.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/options.h"

const char *rk_ek_profile_name_at(size_t i)
{
    const struct rk_ek_profile *profile = rk_ek_profile_at(i);

    return profile == NULL ? NULL : rk_ek_profile_name(profile);
}

const char *rk_ek_template_name_at(size_t i)
{
    const struct rk_ek_template *tpl = rk_ek_template_at(i);

    return tpl == NULL ? NULL : rk_ek_template_name(tpl);
}

void rk_ek_choice_done(struct rk_ek_choice *choice)
{
    rk_ek_template_free(choice->own);
    choice->own = NULL;
}

enum rk_rc rk_ek_choose(const struct rk_ek_options *options, struct rk_ek_choice *ret,
                        struct rk_err *err)
{
    struct rk_ek_options known;

    if (rk_options_copy(&known, sizeof known, options, err))
        return err->rc;
    if (known.template_area != NULL && known.template_name != NULL)
        return rk_fail(err, RK_E_USAGE, "template_name and template_area: one of the two");
    ret->profile = known.profile == NULL ? rk_ek_profile_at(0) : rk_ek_profile_find(known.profile);
    if (ret->profile == NULL)
        return rk_fail(err, RK_E_USAGE, "unknown EK profile \"%s\"", known.profile);
    if (known.template_area != NULL) {
        if (rk_ek_template_parse(known.template_area->p, known.template_area->len, &ret->own, err))
            return err->rc;
        ret->tpl = ret->own;
        return RK_OK;
    }
    ret->tpl = known.template_name == NULL ? rk_ek_template_at(0)
                                           : rk_ek_template_find(known.template_name);
    if (ret->tpl == NULL)
        return rk_fail(err, RK_E_USAGE, "unknown EK template \"%s\"", known.template_name);
    return RK_OK;
}

enum rk_rc rk_ek_new(const rk_ctx *ctx, const struct rk_secret *eps,
                     const struct rk_ek_options *options, rk_ek **ret, struct rk_err *err)
{
    RK_AUTO(rk_ek_choice_done) struct rk_ek_choice choice = { .own = NULL };
    rk_ek *ek;

    if (rk_ek_choose(options, &choice, err))
        return err->rc;
    ek = rk_alloc(1, sizeof *ek);
    if (ek == NULL)
        return rk_fail_nomem(err);
    if (rk_ek_derive(ctx, eps, choice.profile, choice.tpl, ek, err)) {
        rk_free(ek);
        return err->rc;
    }
    if (choice.own != NULL)
        ek->tpl = NULL; /* it ends here, and has no NV index */
    *ret = ek;
    return RK_OK;
}

void rk_ek_free(rk_ek *ek)
{
    if (ek == NULL)
        return;
    rk_ek_done(ek);
    rk_free(ek);
}

const struct rk_bytes *rk_ek_public_area(const rk_ek *ek)
{
    return &ek->public_tpm2b;
}

const struct rk_bytes *rk_ek_spki(const rk_ek *ek)
{
    return &ek->spki;
}

const uint8_t *rk_ek_name(const rk_ek *ek, size_t *ret_len)
{
    *ret_len = ek->name_len;
    return ek->name;
}

uint32_t rk_ek_nv_index(const rk_ek *ek)
{
    return ek->tpl == NULL ? 0 : rk_ek_template_nv_index(ek->tpl);
}
