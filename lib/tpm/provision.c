/* SPDX-License-Identifier: Apache-2.0 */
/* What a release has for a device, into its TPM. Source: formats/ek-certificate.md 4.3. */
#include "tpm/provisioning.h"

#include "rotkit/counted.h"
#include "rotkit/ekcert.h"

#include <stdio.h>
#include <string.h>

static void provision_done(struct rk_provision *p)
{
    rk_release_device_done(&p->device);
    rk_tpm_chain_done(&p->chain);
    for (size_t i = 0; i < p->item_count; i++)
        rk_tpm_nv_done(&p->item[i].before);
}

/* ---- looking ---- */

static enum rk_rc find_device(const rk_ctx *ctx, const struct rk_provision *p,
                              struct rk_unit_id *ret, struct rk_err *err)
{
    const struct rk_tpm_check_options options = { .release = p->options->release,
                                                  .device = p->options->device,
                                                  .ek_only = true };
    struct rk_tpm_verdict verdict;

    if (rk_tpm_check(ctx, p->tpm, &options, &verdict, err))
        return err->rc;
    if (!verdict.known || verdict.cause != RK_TPM_FINE) {
        (void)rk_fail(err, RK_E_VERIFY,
                      "not provisioned, since the TPM's EKs are not the "
                      "release's: %s",
                      rk_tpm_cause_name(verdict.cause));
        return rk_note(err, "rotkit tpm check says more");
    }
    *ret = verdict.sn;
    return RK_OK;
}

/* Certificates before the chain: they are what a verifier asks for. */
static void list_items(struct rk_provision *p)
{
    for (size_t i = 0; i < p->device.ek_count; i++) {
        const struct rk_release_ek *ek = &p->device.ek[i];
        const struct rk_ek_template *tpl = rk_ek_template_find(ek->template_name);
        uint32_t index = tpl == NULL ? 0 : rk_ek_template_nv_index(tpl);

        if (index == 0 || ek->cert.len == 0)
            continue;
        p->item[p->item_count] =
            (struct rk_item) { .index = index, .bytes = &ek->cert, .spki_of = &ek->cert };
        (void)snprintf(p->item[p->item_count++].what, sizeof p->item[0].what, "certificate %s",
                       ek->template_name);
    }
    for (size_t i = 0; i < p->chain.count; i++) {
        p->item[p->item_count] =
            (struct rk_item) { .index = RK_CHAIN_INDEX + (uint32_t)i, .bytes = &p->chain.part[i] };
        (void)snprintf(p->item[p->item_count++].what, sizeof p->item[0].what, "CA chain");
    }
}

/* What a run that was cut off between two writes leaves: the front of it, then FF. */
static bool is_half(const struct rk_bytes *found, const struct rk_bytes *wanted)
{
    size_t same = 0;

    if (found->len != wanted->len)
        return false;
    while (same < found->len && found->p[same] == wanted->p[same])
        same++;
    for (size_t i = same; i < found->len; i++) {
        if (found->p[i] != 0xff)
            return false;
    }
    return true;
}

static bool for_same_key(const struct rk_bytes *found, const struct rk_bytes *wanted)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes a = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes b = RK_BYTES_NONE;
    struct rk_err none;

    return rk_ekcert_spki(found->p, rk_tpm_nv_cert_len(found), &a, &none) == RK_OK &&
           rk_ekcert_spki(wanted->p, wanted->len, &b, &none) == RK_OK && rk_bytes_equal(&a, &b);
}

/* Whatever is there instead of a chain may go only if it is one, be it half written. */
static bool may_replace(const struct rk_item *item, const struct rk_bytes *found)
{
    if (item->spki_of != NULL)
        return for_same_key(found, item->spki_of);
    return found->len > 4 && found->p[0] == 0x30 && found->p[1] == 0x82 &&
           (size_t)4 + ((size_t)found->p[2] << 8 | found->p[3]) <= found->len;
}

/* The certificate, padded or not; or a chain of several. */
static bool is_same(const struct rk_bytes *found, const struct rk_bytes *wanted)
{
    return (rk_tpm_nv_cert_len(found) == wanted->len &&
            memcmp(found->p, wanted->p, wanted->len) == 0) ||
           rk_bytes_equal(found, wanted);
}

/* How to make room by hand. */
static enum rk_rc note_removal(uint32_t index, const struct rk_tpm_nv *nv, struct rk_err *err)
{
    return rk_note(err, "if it may go, remove it first (tpm2_nvundefine%s 0x%08X)",
                   nv->by_platform ? " -C p" : "", index);
}

static enum rk_rc choose_action(struct rk_item *item, struct rk_err *err)
{
    const struct rk_tpm_nv *nv = &item->before;

    if (nv->state == RK_TPM_NV_ABSENT)
        item->action = RK_TPM_WRITTEN;
    else if (nv->state == RK_TPM_NV_UNWRITTEN)
        item->action = RK_TPM_COMPLETED;
    else if (is_same(&nv->bytes, item->bytes))
        item->action = nv->open ? RK_TPM_KEPT : RK_TPM_REPLACED;
    else if (is_half(&nv->bytes, item->bytes))
        item->action = RK_TPM_COMPLETED;
    else if (may_replace(item, &nv->bytes))
        item->action = RK_TPM_REPLACED;
    else {
        (void)rk_fail(err, RK_E_VERIFY, "NV index 0x%08X holds %s: nothing is written", item->index,
                      item->spki_of != NULL ? "another identity"
                                            : "something else than a CA chain");
        return note_removal(item->index, nv, err);
    }
    if (nv->state != RK_TPM_NV_ABSENT && item->action != RK_TPM_KEPT && nv->by_policy)
        return rk_fail(err, RK_E_KEY,
                       "NV index 0x%08X is in the way, and only its policy lets it be removed: "
                       "nothing is written",
                       item->index);
    return RK_OK;
}

/* What is to be done about one index; nothing is written yet. */
static enum rk_rc plan_index(const struct rk_provision *p, struct rk_item *item, uint32_t limit,
                             struct rk_err *err)
{
    if (limit != 0 && item->bytes->len > limit)
        return rk_fail(err, RK_E_USAGE, "%s: %s, this TPM's NV indices hold %u", item->what,
                       RK_COUNTED(item->bytes->len, "byte"), limit);
    if (rk_tpm_nv_read(p->tpm, item->index, &item->before, err))
        return err->rc != RK_E_KEY
                   ? err->rc
                   : rk_note(err, "nothing is written: it may hold another identity");
    return choose_action(item, err);
}

static uint32_t handle_of(const struct rk_provision *p, const char *template_name)
{
    const struct rk_ek_template *tpl = rk_ek_template_find(template_name);

    for (size_t i = 0; i < p->options->handle_count; i++) {
        if (strcmp(p->options->handle[i].template_name, template_name) == 0)
            return p->options->handle[i].handle;
    }
    return tpl == NULL ? 0 : rk_tpm_ek_handle(tpl);
}

/* Two EKs at one handle: the second would be in the way of the first. */
static enum rk_rc check_alone(const struct rk_provision *p, const struct rk_kept *kept,
                              struct rk_err *err)
{
    for (size_t i = 0; i < p->kept_count; i++) {
        if (p->kept[i].handle == kept->handle)
            return rk_fail(err, RK_E_USAGE, "handle 0x%08X is for EK %s and for EK %s",
                           kept->handle, p->kept[i].template_name, kept->template_name);
    }
    return RK_OK;
}

static enum rk_rc plan_handle(struct rk_provision *p, const struct rk_release_ek *ek,
                              struct rk_err *err)
{
    RK_AUTO(rk_tpm_public_done) struct rk_tpm_public found = RK_TPM_PUBLIC_NONE;
    struct rk_kept kept = { .template_name = ek->template_name,
                            .handle = handle_of(p, ek->template_name) };
    bool there = false;

    if (kept.handle == 0)
        return RK_OK;
    if (check_alone(p, &kept, err) ||
        rk_tpm_read_persistent(p->tpm, kept.handle, &found, &there, err))
        return err->rc;
    if (there && !rk_bytes_equal(&found.public_tpm2b, &ek->public_tpm2b)) {
        (void)rk_fail(err, RK_E_VERIFY,
                      "handle 0x%08X holds another key than EK %s: nothing is "
                      "written",
                      kept.handle, ek->template_name);
        return rk_note(err,
                       "if it may go, remove it first (tpm2_evictcontrol -c 0x%08X), or name "
                       "another with --handle",
                       kept.handle);
    }
    kept.missing = !there;
    p->kept[p->kept_count++] = kept;
    return RK_OK;
}

/* A TPM may say that it has room for one where it has for more; not that it has none. */
static enum rk_rc check_room(const struct rk_provision *p, struct rk_err *err)
{
    size_t wanted = 0;
    bool room;

    for (size_t i = 0; i < p->kept_count; i++)
        wanted += p->kept[i].missing ? 1 : 0;
    if (rk_tpm_persistent_room(p->tpm, &room, err))
        return err->rc;
    if (wanted == 0 || room)
        return RK_OK;
    (void)rk_fail(err, RK_E_IO,
                  "%s to be kept, this TPM has no room for one more: nothing is written",
                  RK_COUNTED(wanted, "persistent EK"));
    return rk_note(err, "remove what is not needed (tpm2_getcap handles-persistent lists it), or "
                        "leave EKs out, such as --handle L-2=none");
}

static enum rk_rc plan(struct rk_provision *p, struct rk_err *err)
{
    uint32_t limit;

    if (rk_tpm_nv_limit(p->tpm, &limit, err))
        return err->rc;
    if (!p->options->no_chain && rk_tpm_chain_read(p->options->release, limit, &p->chain, err))
        return err->rc == RK_E_USAGE ? rk_note(err, "--no-chain leaves it out") : err->rc;
    list_items(p);
    for (size_t i = 0; i < p->item_count; i++) {
        if (plan_index(p, &p->item[i], limit, err))
            return err->rc;
    }
    for (size_t i = 0; i < p->device.ek_count; i++) {
        if (plan_handle(p, &p->device.ek[i], err))
            return err->rc;
    }
    return check_room(p, err);
}

enum rk_rc rk_tpm_provision(const rk_ctx *ctx, rk_tpm *tpm,
                            const struct rk_tpm_provision_options *options, struct rk_unit_id *ret,
                            struct rk_err *err)
{
    RK_AUTO(provision_done) struct rk_provision p = { .tpm = tpm, .options = options };
    struct rk_unit_id sn;

    if (rk_provision_adopt(&p, err) || find_device(ctx, &p, &sn, err) ||
        rk_release_view_device(options->release, &sn, &p.device, err) || plan(&p, err) ||
        rk_provision_look_at_auths(&p, err) || (!options->dry_run && rk_provision_claim(&p, err)) ||
        rk_provision_fill(&p, err) || rk_provision_set_auths(&p, err))
        return err->rc;
    *ret = sn;
    return RK_OK;
}
