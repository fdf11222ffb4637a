/* SPDX-License-Identifier: Apache-2.0 */
/* The authorisations of a provisioning: looked at before the first write, set after the last. */
#include "tpm/provisioning.h"

enum rk_rc rk_provision_adopt(struct rk_provision *p, struct rk_err *err)
{
    for (int i = RK_TPM_OWNER; i <= RK_TPM_ENDORSEMENT; i++) {
        const struct rk_secret *value = p->options->auth[i];
        struct rk_err wrong;
        bool has;

        if (value == NULL)
            continue;
        if (rk_tpm_has_auth(p->tpm, (enum rk_tpm_hierarchy)i, &has, err))
            return err->rc;
        if (!has)
            continue;
        p->in_force[i] = rk_tpm_try_auth(p->tpm, (enum rk_tpm_hierarchy)i, value, &wrong) == RK_OK;
        if (!p->in_force[i] && wrong.rc != RK_E_KEY) {
            *err = wrong;
            return err->rc;
        }
    }
    return RK_OK;
}

/* ---- what the plan needs ---- */

static void find_needs(const struct rk_provision *p, bool need[RK_TPM_HIERARCHIES])
{
    for (size_t i = 0; i < p->item_count; i++) {
        const struct rk_item *item = &p->item[i];

        if (item->action == RK_TPM_KEPT)
            continue;
        need[p->options->by] = true;
        if (item->before.state != RK_TPM_NV_ABSENT)
            need[item->before.by_platform ? RK_TPM_PLATFORM : RK_TPM_OWNER] = true;
    }
    for (size_t i = 0; i < p->kept_count; i++)
        need[RK_TPM_OWNER] = need[RK_TPM_OWNER] || p->kept[i].missing;
    for (int i = RK_TPM_OWNER; i <= RK_TPM_ENDORSEMENT; i++)
        need[i] = need[i] || p->options->auth[i] != NULL;
}

/* Lockout comes last: when it may be an earlier run's, then that run had done all the rest. */
static bool all_else_is_done(const struct rk_provision *p)
{
    for (size_t i = 0; i < p->item_count; i++) {
        if (p->item[i].action != RK_TPM_KEPT)
            return false;
    }
    for (size_t i = 0; i < p->kept_count; i++) {
        if (p->kept[i].missing)
            return false;
    }
    for (int i = RK_TPM_OWNER; i <= RK_TPM_ENDORSEMENT; i++) {
        if (p->options->auth[i] != NULL && !p->in_force[i])
            return false;
    }
    return true;
}

/*
 * One wrong try, and the TPM refuses its owner too for as long as its lockout recovery takes: so
 * nothing is tried that is known to be wrong, and the new value only where an earlier run may have
 * set it.
 */
static enum rk_rc look_at_lockout(const struct rk_provision *p, struct rk_err *err)
{
    const struct rk_secret *value = p->options->auth[RK_TPM_LOCKOUT];
    const bool given = rk_tpm_auth_given(p->tpm, RK_TPM_LOCKOUT);
    bool has;

    if (value == NULL)
        return RK_OK;
    if (rk_tpm_has_auth(p->tpm, RK_TPM_LOCKOUT, &has, err))
        return err->rc;
    if (!has)
        return given ? rk_fail(err, RK_E_KEY,
                               "this TPM has no lockout authorisation, and --lockout-auth names "
                               "one: not tried, nothing is written")
                     : RK_OK;
    if (!given && !all_else_is_done(p)) {
        (void)rk_fail(err, RK_E_KEY,
                      "no lockout authorisation was given, and this TPM has one: nothing is "
                      "written");
        return rk_note(err, "name it with --lockout-auth");
    }
    if (!given && rk_tpm_use_auth(p->tpm, RK_TPM_LOCKOUT, value, err))
        return err->rc;
    if (rk_tpm_ask_auth(p->tpm, RK_TPM_LOCKOUT, err) == RK_OK)
        return RK_OK;
    if (err->rc != RK_E_KEY)
        return err->rc;
    return rk_note(err, given ? "an earlier run may have set the new value: then name that as the "
                                "present one too, and wait as long as the TPM asks for"
                              : "an earlier run may have set the new value, so that was tried, "
                                "and is wrong");
}

enum rk_rc rk_provision_look_at_auths(const struct rk_provision *p, struct rk_err *err)
{
    bool need[RK_TPM_HIERARCHIES] = { false };

    find_needs(p, need);
    for (int i = 0; i < RK_TPM_HIERARCHIES; i++) {
        if (need[i] && rk_tpm_ask_auth(p->tpm, (enum rk_tpm_hierarchy)i, err))
            return err->rc == RK_E_KEY ? rk_note(err, "nothing is written") : err->rc;
    }
    return look_at_lockout(p, err);
}

enum rk_rc rk_provision_set_auths(const struct rk_provision *p, struct rk_err *err)
{
    static const struct {
        enum rk_tpm_hierarchy hierarchy;
        const char *what;
    } order[] = { { RK_TPM_ENDORSEMENT, "endorsement authorisation" },
                  { RK_TPM_OWNER, "owner authorisation" },
                  { RK_TPM_LOCKOUT, "lockout authorisation" } };

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct rk_secret *value = p->options->auth[order[i].hierarchy];

        if (value == NULL)
            continue;
        if (!p->options->dry_run && rk_tpm_change_auth(p->tpm, order[i].hierarchy, value, err))
            return err->rc;
        rk_provision_report(p, order[i].what, 0, RK_TPM_SET);
    }
    return RK_OK;
}
