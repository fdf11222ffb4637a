/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/retire.h"

#include "base/folder.h"
#include "base/mem.h"
#include "retire/ocsp_index.h"
#include "rotkit/counted.h"
#include "rotkit/ctx.h"
#include "rotkit/enroll.h"
#include "rotkit/publish.h"

#include <stdio.h>
#include <string.h>

enum { CRL_MAX = 64 << 20, INDEX_MAX = 1 << 30, NAME = 64, ENTRIES_MAX = 1 << 20 };
enum { BATCH_MAX = 1 << 20, IDENTITIES_MAX = 100 };

/* A DPS batch, made but not written. */
struct batch {
    char name[NAME];
    struct rk_bytes body;
};
struct retiring {
    const rk_ctx *ctx;
    rk_ledger *ledger;
    rk_ca *ca;
    const struct rk_retire_options *options;
    int lock;       /* of the folder, -1: it is not there yet */
    bool *recorded; /* a unit: the ledger has the record already */
    size_t found;   /* units that the ledger knows */
    size_t before;  /* units retired that are none of those named */
    struct rk_crl crl;
    struct rk_ocsp_index index;
    struct batch *batch; /* one a device */
    struct rk_bytes crl_der, index_text;
    struct rk_retire_report report;
};

static void retiring_done(struct retiring *r)
{
    for (size_t i = 0; r->batch != NULL && i < r->options->count; i++)
        rk_bytes_done(&r->batch[i].body);
    rk_free(r->batch);
    rk_folder_release(&r->lock);
    rk_free(r->recorded);
    rk_crl_done(&r->crl);
    rk_ocsp_index_done(&r->index);
    rk_bytes_done(&r->crl_der);
    rk_bytes_done(&r->index_text);
}

/* The place of a Device SN among those asked for, or count. */
static size_t place_of(const struct rk_retire_options *options, const struct rk_unit_id *sn)
{
    size_t i = 0;

    while (i < options->count && memcmp(options->sn[i].b, sn->b, sizeof sn->b) != 0)
        i++;
    return i;
}

/* ---- what the ledger says ---- */

static enum rk_rc see_unit(void *arg, const struct rk_ledger_row *row, struct rk_err *err)
{
    struct retiring *r = arg;
    const char *wanted = r->options->reissue ? "reissue" : "retired";
    struct rk_unit_id sn;
    size_t i;

    if (rk_unit_id_parse(row->unit, &sn, err))
        return err->rc;
    i = place_of(r->options, &sn);
    if (i == r->options->count) {
        r->before += strcmp(row->state, "retired") == 0;
        return RK_OK;
    }
    r->found++;
    r->recorded[i] = strcmp(row->state, wanted) == 0;
    if (!r->recorded[i] && strcmp(row->state, "issued") != 0)
        return rk_fail(err, RK_E_LEDGER, "unit %s is %s: only an issued unit can be %s", row->unit,
                       row->state, r->options->reissue ? "made anew" : "retired");
    return RK_OK;
}

static enum rk_rc check_reissues(const struct retiring *r, struct rk_err *err)
{
    struct rk_ledger_status status = { .licence_count = 0 };
    uint64_t left = 0, needed = 0;

    for (size_t i = 0; i < r->options->count; i++)
        needed += !r->recorded[i];
    if (!r->options->reissue || needed == 0)
        return RK_OK;
    if (rk_ledger_status(r->ledger, &status, err))
        return err->rc;
    for (size_t i = 0; i < status.licence_count; i++)
        left += status.licence[i].reissues - status.licence[i].reissued;
    bool enough = status.licence_count == 0 || left >= needed;
    rk_ledger_status_done(&status);
    return enough ? RK_OK
                  : rk_fail(err, RK_E_LEDGER, "%s asked for, the licences have %llu left",
                            RK_COUNTED(needed, "reissue"), (unsigned long long)left);
}

static enum rk_rc check_ledger(struct retiring *r, struct rk_err *err)
{
    r->recorded = rk_alloc(r->options->count, sizeof *r->recorded);
    if (r->recorded == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < r->options->count; i++) {
        if (place_of(r->options, &r->options->sn[i]) != i)
            return rk_fail(err, RK_E_USAGE, "a device is named twice");
    }
    if (rk_ledger_each(r->ledger, see_unit, r, err))
        return err->rc;
    if (r->found != r->options->count)
        return rk_fail(err, RK_E_LEDGER, "%zu of the units named are not in the ledger",
                       r->options->count - r->found);
    return check_reissues(r, err);
}

/* ---- what stands in the folder ---- */

/* Two acts that read the same list would each issue the next one without the other's entries. */
static enum rk_rc lock_folder(struct retiring *r, struct rk_err *err)
{
    return rk_folder_claim_existing(r->options->folder,
                                    "another act is under way, try again behind it", &r->lock, err);
}

/* A folder that was not there when the act began is made by one act alone. */
static enum rk_rc make_folder(struct retiring *r, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

    if (r->lock >= 0)
        return RK_OK;
    if (rk_file_make_dirs(r->options->folder, err) || lock_folder(r, err) ||
        rk_names_list(r->options->folder, ENTRIES_MAX, &names, err))
        return err->rc;
    return names.count == 0
               ? RK_OK
               : rk_fail(err, RK_E_USAGE, "\"%s\" is in use: another act has begun it, try again",
                         r->options->folder);
}

static enum rk_rc read_there(const struct retiring *r, const char *name, size_t max,
                             struct rk_bytes *ret, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_path_join(r->options->folder, name, path, sizeof path, err))
        return err->rc;
    return rk_tree_exists(path) ? rk_file_read(path, max, ret, err) : RK_OK;
}

static enum rk_rc read_folder(struct retiring *r, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes crl = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes index = RK_BYTES_NONE;

    if (read_there(r, "crl.der", CRL_MAX, &crl, err) ||
        read_there(r, "index.txt", INDEX_MAX, &index, err))
        return err->rc;
    if (crl.p != NULL && rk_crl_read(r->ca, crl.p, crl.len, &r->crl, err))
        return rk_wrap(err, "\"%s/crl.der\"", r->options->folder);
    if (index.p != NULL && rk_ocsp_index_read(&index, &r->index, err))
        return rk_wrap(err, "\"%s/index.txt\"", r->options->folder);
    if (crl.p == NULL && index.p == NULL && r->before != 0)
        rk_warn(r->ctx,
                "\"%s\" has no crl.der, so a first list begins, and the ledger has %s retired "
                "before: is this the folder of the CA?",
                r->options->folder, RK_COUNTED(r->before, "unit"));
    return RK_OK;
}

/* ---- what is to stand there ---- */

static enum rk_rc revoke(struct retiring *r, const struct rk_bytes *cert, struct rk_err *err)
{
    struct rk_crl_entry entry;
    bool added;

    if (rk_crl_entry_of(r->ca, cert, &entry, err))
        return err->rc;
    entry.revoked = r->options->now;
    entry.reason = r->options->reason;
    if (rk_crl_add(&r->crl, &entry, &added, err))
        return err->rc;
    r->report.revoked += added;
    return RK_OK;
}

/* Every certificate of the release is in the index, so that a responder knows the others as good.
 */
static enum rk_rc see_device(void *arg, const struct rk_unit_id *sn, bool *more, struct rk_err *err)
{
    struct retiring *r = arg;
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    bool leaves = place_of(r->options, sn) < r->options->count;

    (void)more;
    if (rk_release_view_device(r->options->view, sn, &device, err))
        return err->rc;
    for (size_t i = 0; i < device.ek_count; i++) {
        const struct rk_bytes *cert = &device.ek[i].cert;

        if (cert->p != NULL &&
            (rk_ocsp_index_add(&r->index, cert, err) || (leaves && revoke(r, cert, err))))
            return err->rc;
    }
    r->found += leaves;
    return RK_OK;
}

static enum rk_rc keep_batch(void *arg, const char *name, const struct rk_bytes *bytes,
                             struct rk_err *err)
{
    struct batch *batch = arg;

    (void)name; /* numbered within a call: ours is of the device */
    return rk_bytes_copy(bytes->p, bytes->len, &batch->body, err);
}

/* A deletion of an earlier identity may not have been sent yet: another of the device has a number.
 */
static enum rk_rc name_batch(const struct retiring *r, const struct rk_unit_id *sn,
                             struct batch *batch, struct rk_err *err)
{
    char text[21];

    rk_unit_id_text(sn, text);
    for (unsigned n = 1; n <= IDENTITIES_MAX; n++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes there = RK_BYTES_NONE;
        char number[16] = "";

        if (n > 1)
            (void)snprintf(number, sizeof number, "-%u", n);
        (void)snprintf(batch->name, sizeof batch->name, "azure-dps-delete-%s%s.json", text, number);
        if (read_there(r, batch->name, BATCH_MAX, &there, err))
            return err->rc;
        if (there.p == NULL || rk_bytes_equal(&there, &batch->body))
            return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "\"%s\": more than %d deletions of device %s",
                   r->options->folder, IDENTITIES_MAX, text);
}

/* What takes one device out of the service. */
static enum rk_rc make_batch(const struct retiring *r, const struct rk_unit_id *sn,
                             struct batch *batch, struct rk_err *err)
{
    const struct rk_setting settings[] = {
        { "mode", "delete" },
        { "id", r->options->dps == RK_RETIRE_DPS_SN ? "sn" : "ek" },
    };
    const struct rk_request request = { .ctx = r->ctx, .setting = settings, .setting_count = 2 };
    const struct rk_enroll_options enroll = {
        .target = "azure-dps",
        .release = r->options->release,
        .view = r->options->view,
        .device = sn,
        .device_count = 1,
        .request = &request,
    };
    struct rk_enroll_report report;

    if (rk_enroll(&enroll, keep_batch, batch, &report, err))
        return err->rc;
    return name_batch(r, sn, batch, err);
}

static enum rk_rc make_batches(struct retiring *r, struct rk_err *err)
{
    r->batch = rk_alloc(r->options->count, sizeof *r->batch);
    if (r->batch == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; r->options->dps != RK_RETIRE_DPS_NONE && i < r->options->count; i++) {
        if (make_batch(r, &r->options->sn[i], &r->batch[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* A lost list would be begun anew, with a number that was used and without what it revoked. */
static enum rk_rc check_unlisted(const struct retiring *r, struct rk_err *err)
{
    size_t unlisted = rk_ocsp_index_unlisted(&r->index, &r->crl);

    if (unlisted == 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_VERIFY, "\"%s/index.txt\": %s revoked that crl.der does not list",
                  r->options->folder, RK_COUNTED(unlisted, "certificate"));
    return rk_note(err, "an act was cut: do that one again first; or the list was lost: put its "
                        "last copy back");
}

static enum rk_rc make_files(struct retiring *r, struct rk_err *err)
{
    const struct rk_retire_options *options = r->options;

    r->found = 0;
    if (rk_release_view_each_device(options->view, see_device, r, err))
        return err->rc;
    if (r->found != options->count)
        return rk_fail(err, RK_E_USAGE, "%zu of the devices named are not in release \"%s\"",
                       options->count - r->found, options->release);
    if (check_unlisted(r, err))
        return err->rc;
    for (size_t i = 0; i < r->crl.count; i++) {
        if (rk_ocsp_index_revoke(&r->index, &r->crl.entry[i], err))
            return err->rc;
    }
    r->report.crl_number = r->crl.number + (r->report.revoked != 0);
    if (r->report.revoked != 0 &&
        rk_crl_issue(r->ctx, r->ca, &r->crl, options->now, options->next_update, &r->crl_der, err))
        return err->rc;
    return rk_ocsp_index_write(&r->index, &r->index_text, err) || make_batches(r, err) ? err->rc
                                                                                       : RK_OK;
}

/* ---- writing: the ledger last ---- */

static enum rk_rc put_file(const struct retiring *r, const char *name, const void *bytes,
                           size_t len, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_path_join(r->options->folder, name, path, sizeof path, err))
        return err->rc;
    return rk_file_write(path, RK_FILE_PUBLIC, bytes, len, err);
}

static enum rk_rc write_files(struct retiring *r, struct rk_err *err)
{
    /* EK certificates may all have the same, empty subject. */
    static const char attributes[] = "unique_subject = no\n";

    if (make_folder(r, err) ||
        put_file(r, "index.txt.attr", attributes, sizeof attributes - 1, err) ||
        put_file(r, "index.txt", r->index_text.p, r->index_text.len, err))
        return err->rc;
    for (size_t i = 0; i < r->options->count; i++) {
        const struct batch *batch = &r->batch[i];

        if (batch->body.p != NULL && put_file(r, batch->name, batch->body.p, batch->body.len, err))
            return err->rc;
    }
    return r->crl_der.p == NULL ? RK_OK : put_file(r, "crl.der", r->crl_der.p, r->crl_der.len, err);
}

static enum rk_rc write_ledger(struct retiring *r, struct rk_err *err)
{
    enum rk_ledger_record kind = r->options->reissue ? RK_LEDGER_REISSUE : RK_LEDGER_RETIRE;

    for (size_t i = 0; i < r->options->count; i++) {
        if (r->recorded[i])
            continue;
        if (!r->options->dry_run &&
            rk_ledger_put_record(r->ledger, kind, &r->options->sn[i], r->options->note, err))
            return err->rc;
        r->report.recorded++;
    }
    if (r->report.recorded != 0 && r->report.revoked == 0)
        rk_warn(r->ctx,
                "no certificate was revoked that was not before: where a unit was made anew, "
                "name the release that did it");
    return RK_OK;
}

enum rk_rc rk_retire(const rk_ctx *ctx, rk_ledger *ledger, rk_ca *ca,
                     const struct rk_retire_options *options, struct rk_retire_report *ret,
                     struct rk_err *err)
{
    RK_AUTO(retiring_done)
    struct retiring r = { .ctx = ctx, .ledger = ledger, .ca = ca, .options = options, .lock = -1 };

    if (lock_folder(&r, err) || check_ledger(&r, err) || read_folder(&r, err) ||
        make_files(&r, err) || (!options->dry_run && write_files(&r, err)) || write_ledger(&r, err))
        return err->rc;
    *ret = r.report;
    return RK_OK;
}
