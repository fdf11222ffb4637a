/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan says, done. A TPM does not tell how much NV storage is free, so the room is taken
 * first: what does not fit is known before anything is written, and taken back.
 */
#include "tpm/provisioning.h"

#include "rotkit/ek.h"

#include <stdio.h>

static bool is_there(const struct rk_item *item)
{
    return item->before.state != RK_TPM_NV_ABSENT;
}

static enum rk_rc define(const struct rk_provision *p, struct rk_item *item, struct rk_err *err)
{
    if (is_there(item)) {
        if (rk_tpm_nv_remove(p->tpm, item->index, err))
            return err->rc;
        item->taken = true;
    }
    if (rk_tpm_nv_define(p->tpm, item->index, p->options->by, item->bytes->len, err))
        return err->rc;
    item->taken = true;
    return RK_OK;
}

/* What nobody reads yet first; a certificate that is there stays there until the last. */
static enum rk_rc claim_items(struct rk_provision *p, bool replaced, struct rk_err *err)
{
    for (size_t i = 0; i < p->item_count; i++) {
        struct rk_item *item = &p->item[i];

        if (item->action == RK_TPM_KEPT || (item->action == RK_TPM_REPLACED) != replaced)
            continue;
        if (define(p, item, err) ||
            (replaced && rk_tpm_nv_write(p->tpm, item->index, item->bytes, err)))
            return rk_wrap(err, "%s", item->what);
    }
    return RK_OK;
}

static enum rk_rc claim_handles(struct rk_provision *p, struct rk_err *err)
{
    for (size_t i = 0; i < p->kept_count; i++) {
        struct rk_kept *kept = &p->kept[i];

        if (!kept->missing)
            continue;
        if (rk_tpm_persist_ek(p->tpm, rk_ek_template_find(kept->template_name), kept->handle, err))
            return err->rc;
        kept->taken = true;
    }
    return RK_OK;
}

/* ---- taking back ---- */

static enum rk_rc take_back_item(const struct rk_provision *p, const struct rk_item *item,
                                 struct rk_err *err)
{
    RK_AUTO(rk_tpm_nv_done) struct rk_tpm_nv now = { .attributes = 0 };

    /* What was defined and not written can be read by nobody, and needs not be. */
    if (rk_tpm_nv_read(p->tpm, item->index, &now, err) ||
        (now.state != RK_TPM_NV_ABSENT && rk_tpm_nv_remove(p->tpm, item->index, err)) ||
        (is_there(item) && rk_tpm_nv_restore(p->tpm, &item->before, err)))
        return err->rc;
    return RK_OK;
}

/* Tries all, whatever fails. */
static bool take_back(const struct rk_provision *p, bool *ret_any)
{
    struct rk_err ignored;
    bool good = true;

    *ret_any = false;
    for (size_t i = p->item_count; i-- > 0;) {
        if (!p->item[i].taken)
            continue;
        *ret_any = true;
        good = take_back_item(p, &p->item[i], &ignored) == RK_OK && good;
    }
    for (size_t i = p->kept_count; i-- > 0;) {
        if (!p->kept[i].taken)
            continue;
        *ret_any = true;
        good = rk_tpm_evict(p->tpm, p->kept[i].handle, &ignored) == RK_OK && good;
    }
    return good;
}

enum rk_rc rk_provision_claim(struct rk_provision *p, struct rk_err *err)
{
    bool any;

    if (claim_items(p, false, err) == RK_OK && claim_handles(p, err) == RK_OK &&
        claim_items(p, true, err) == RK_OK)
        return RK_OK;
    if (!take_back(p, &any))
        return rk_note(err, "what this run had defined could not be taken back: the next run "
                            "completes it");
    return any ? rk_note(err, "what this run had defined is taken back: the TPM is as it was")
               : err->rc;
}

enum rk_rc rk_provision_fill(const struct rk_provision *p, struct rk_err *err)
{
    for (size_t i = 0; i < p->item_count; i++) {
        const struct rk_item *item = &p->item[i];
        bool fill = item->action == RK_TPM_WRITTEN || item->action == RK_TPM_COMPLETED;

        if (fill && !p->options->dry_run && rk_tpm_nv_write(p->tpm, item->index, item->bytes, err))
            return rk_wrap(err, "%s", item->what);
        rk_provision_report(p, item->what, item->index, item->action);
    }
    for (size_t i = 0; i < p->kept_count; i++) {
        char what[32];

        (void)snprintf(what, sizeof what, "persistent EK %s", p->kept[i].template_name);
        rk_provision_report(p, what, p->kept[i].handle,
                            p->kept[i].missing ? RK_TPM_WRITTEN : RK_TPM_KEPT);
    }
    return RK_OK;
}
