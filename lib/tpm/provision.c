/* SPDX-License-Identifier: Apache-2.0 */
/* What a release has for a device, into its TPM. Source: formats/ek-certificate.md 4.3. */
#include "rotkit/tpmcheck.h"

#include "tpm/chain.h"
#include "rotkit/counted.h"
#include "rotkit/ekcert.h"
#include "rotkit/release.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS_MAX = RK_RELEASE_EKS_MAX + RK_CHAIN_PARTS_MAX };

struct item { /* one NV index */
    char what[32];
    uint32_t index;
    const struct rk_bytes *bytes;
    const struct rk_bytes *spki_of; /* the certificate whose key an older one may have; or NULL */
    enum rk_tpm_action action;
    bool remove_first;
};

struct provision {
    const rk_ctx *ctx;
    rk_tpm *tpm;
    const struct rk_tpm_provision_options *options;
    struct rk_release_device device;
    struct rk_tpm_chain chain;
    struct item item[ITEMS_MAX];
    size_t item_count;
    bool persist[RK_RELEASE_EKS_MAX]; /* this EK is not at its handle yet */
    uint32_t handle[RK_RELEASE_EKS_MAX];
};

static void provision_done(struct provision *p)
{
    rk_release_device_done(&p->device);
    rk_tpm_chain_done(&p->chain);
}

static void report(const struct provision *p, const char *what, uint32_t handle,
                   enum rk_tpm_action action)
{
    if (p->options->report != NULL)
        p->options->report(p->options->arg, what, handle, action);
}

/* ---- authorisation values ---- */

/*
 * A second run meets the values that the first one has set, while its command line still names the
 * old ones: so a hierarchy that has a value is tried with the new one first.
 */
static enum rk_rc adopt_auth(const struct provision *p, struct rk_err *err)
{
    for (int i = RK_TPM_OWNER; i <= RK_TPM_LOCKOUT; i++) {
        const struct rk_secret *value = p->options->auth[i];
        struct rk_err wrong;
        bool has;

        if (value == NULL)
            continue;
        if (rk_tpm_has_auth(p->tpm, (enum rk_tpm_hierarchy)i, &has, err))
            return err->rc;
        if (has && rk_tpm_try_auth(p->tpm, (enum rk_tpm_hierarchy)i, value, &wrong) != RK_OK &&
            wrong.rc != RK_E_KEY)
            return rk_fail(err, wrong.rc, "%s", wrong.msg);
    }
    return RK_OK;
}

static enum rk_rc set_auths(const struct provision *p, struct rk_err *err)
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
            return order[i].hierarchy != RK_TPM_LOCKOUT || err->rc != RK_E_KEY
                       ? err->rc
                       : rk_note(err,
                                 "an earlier run may have set the new value: then name that as "
                                 "the present one too, and wait as long as the TPM asks for");
        report(p, order[i].what, 0, RK_TPM_SET);
    }
    return RK_OK;
}

/* ---- looking ---- */

static enum rk_rc find_device(const struct provision *p, struct rk_device_sn *ret,
                              struct rk_err *err)
{
    const struct rk_tpm_check_options options = { .release = p->options->release,
                                                  .device = p->options->device,
                                                  .ek_only = true };
    struct rk_tpm_verdict verdict;

    if (rk_tpm_check(p->ctx, p->tpm, &options, &verdict, err))
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

static void list_items(struct provision *p)
{
    for (size_t i = 0; i < p->chain.count; i++) {
        p->item[p->item_count] =
            (struct item) { .index = RK_CHAIN_INDEX + (uint32_t)i, .bytes = &p->chain.part[i] };
        (void)snprintf(p->item[p->item_count++].what, sizeof p->item[0].what, "CA chain");
    }
    for (size_t i = 0; i < p->device.ek_count; i++) {
        const struct rk_release_ek *ek = &p->device.ek[i];
        const struct rk_ek_template *tpl = rk_ek_template_find(ek->template_name);
        uint32_t index = tpl == NULL ? 0 : rk_ek_template_nv_index(tpl);

        if (index == 0 || ek->cert.len == 0)
            continue;
        p->item[p->item_count] =
            (struct item) { .index = index, .bytes = &ek->cert, .spki_of = &ek->cert };
        (void)snprintf(p->item[p->item_count++].what, sizeof p->item[0].what, "certificate %s",
                       ek->template_name);
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
static bool may_replace(const struct item *item, const struct rk_bytes *found)
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

static enum rk_rc choose_action(struct item *item, const struct rk_tpm_nv *nv, struct rk_err *err)
{
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
static enum rk_rc plan_index(const struct provision *p, struct item *item, uint32_t limit,
                             struct rk_err *err)
{
    RK_AUTO(rk_tpm_nv_done) struct rk_tpm_nv nv = { .attributes = 0 };

    if (limit != 0 && item->bytes->len > limit)
        return rk_fail(err, RK_E_USAGE, "%s: %s, this TPM's NV indices hold %u", item->what,
                       RK_COUNTED(item->bytes->len, "byte"), limit);
    if (rk_tpm_nv_read(p->tpm, item->index, &nv, err))
        return err->rc != RK_E_KEY
                   ? err->rc
                   : rk_note(err, "nothing is written: it may hold another identity");
    item->remove_first = nv.state != RK_TPM_NV_ABSENT;
    return choose_action(item, &nv, err);
}

static uint32_t handle_of(const struct provision *p, const char *template_name)
{
    const struct rk_ek_template *tpl = rk_ek_template_find(template_name);

    for (size_t i = 0; i < p->options->handle_count; i++) {
        if (strcmp(p->options->handle[i].template_name, template_name) == 0)
            return p->options->handle[i].handle;
    }
    return tpl == NULL ? 0 : rk_tpm_ek_handle(tpl);
}

static enum rk_rc plan_handle(struct provision *p, size_t i, struct rk_err *err)
{
    RK_AUTO(rk_tpm_public_done) struct rk_tpm_public found = RK_TPM_PUBLIC_NONE;
    const struct rk_bytes *wanted = &p->device.ek[i].public_tpm2b;
    bool there = false;

    p->handle[i] = handle_of(p, p->device.ek[i].template_name);
    if (p->handle[i] == 0)
        return RK_OK;
    if (rk_tpm_read_persistent(p->tpm, p->handle[i], &found, &there, err))
        return err->rc;
    if (there && !rk_bytes_equal(&found.public_tpm2b, wanted)) {
        (void)rk_fail(err, RK_E_VERIFY,
                      "handle 0x%08X holds another key than EK %s: nothing is "
                      "written",
                      p->handle[i], p->device.ek[i].template_name);
        return rk_note(err,
                       "if it may go, remove it first (tpm2_evictcontrol -c 0x%08X), or name "
                       "another with --handle",
                       p->handle[i]);
    }
    p->persist[i] = !there;
    return RK_OK;
}

static enum rk_rc plan(struct provision *p, struct rk_err *err)
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
        if (plan_handle(p, i, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- writing ---- */

static enum rk_rc write_item(const struct provision *p, const struct item *item, struct rk_err *err)
{
    if (item->action != RK_TPM_KEPT && !p->options->dry_run) {
        if ((item->remove_first && rk_tpm_nv_remove(p->tpm, item->index, err)) ||
            rk_tpm_nv_store(p->tpm, item->index, p->options->by, item->bytes, err))
            return rk_wrap(err, "%s", item->what);
    }
    report(p, item->what, item->index, item->action);
    return RK_OK;
}

static enum rk_rc persist(const struct provision *p, size_t i, struct rk_err *err)
{
    const char *name = p->device.ek[i].template_name;
    const struct rk_ek_template *tpl = rk_ek_template_find(name);
    char what[32];

    if (p->handle[i] == 0 || tpl == NULL)
        return RK_OK;
    if (p->persist[i] && !p->options->dry_run && rk_tpm_persist_ek(p->tpm, tpl, p->handle[i], err))
        return err->rc;
    (void)snprintf(what, sizeof what, "persistent EK %s", name);
    report(p, what, p->handle[i], p->persist[i] ? RK_TPM_WRITTEN : RK_TPM_KEPT);
    return RK_OK;
}

enum rk_rc rk_tpm_provision(const rk_ctx *ctx, rk_tpm *tpm,
                            const struct rk_tpm_provision_options *options,
                            struct rk_device_sn *ret, struct rk_err *err)
{
    RK_AUTO(provision_done)
    struct provision p = { .ctx = ctx, .tpm = tpm, .options = options };
    struct rk_device_sn sn;

    if (adopt_auth(&p, err) || find_device(&p, &sn, err) ||
        rk_release_view_device(options->release, &sn, &p.device, err) || plan(&p, err))
        return err->rc;
    for (size_t i = 0; i < p.item_count; i++) {
        if (write_item(&p, &p.item[i], err))
            return err->rc;
    }
    for (size_t i = 0; i < p.device.ek_count; i++) {
        if (persist(&p, i, err))
            return err->rc;
    }
    if (set_auths(&p, err))
        return err->rc;
    *ret = sn;
    return RK_OK;
}
