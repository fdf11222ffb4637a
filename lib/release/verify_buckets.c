/* SPDX-License-Identifier: Apache-2.0 */
/* The buckets of a release, and each file of them, against the indices that name them. */
#include "release/verifying.h"

#include "base/mem.h"
#include "base/workers.h"
#include "release/index.h"
#include "rotkit/format.h"

#include <stdio.h>
#include <string.h>

void rk_verifying_unchecked(const struct rk_verifying *v, unsigned needs, const char *why)
{
    struct rk_release_report *report = &v->view->report;

    if (v->asked->pub == NULL && v->asked->trust == NULL)
        return;
    report->needs |= needs;
    if (report->unchecked[0] == '\0')
        (void)snprintf(report->unchecked, sizeof report->unchecked, "%.*s",
                       RK_RELEASE_UNCHECKED - 1, why);
}

/* ---- one file ---- */

static enum rk_rc check_format(const rk_ctx *ctx, const struct rk_role_row *row,
                               const struct rk_bytes *bytes, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };

    if (rk_format_inspect(ctx, bytes->p, bytes->len, &map, err)) {
        err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
        return err->rc;
    }
    return strcmp(map.format, row->format) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "format is %s, expected %s", map.format, row->format);
}

static enum rk_rc check_image(struct rk_counting *c, const struct rk_named *named,
                              const struct rk_bytes *bytes, struct rk_err *err)
{
    struct rk_release_report *report = &c->v->view->report;
    size_t used = strlen(report->sealed);
    bool encrypted = false;

    report->images++;
    if (rk_image_verify(c->v->view, named->entry, bytes, &encrypted, err))
        return rk_wrap(err, "\"%s\"", named->path);
    if (encrypted)
        (void)snprintf(report->sealed + used, sizeof report->sealed - used, "%s%s",
                       used == 0 ? "" : ", ", named->path);
    return RK_OK;
}

enum rk_rc rk_verifying_entry(struct rk_counting *c, const struct rk_named *named,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    const struct rk_verifying *v = c->v;
    struct rk_role_row row;

    if (rk_named_read(v->view->root, named, &bytes, err))
        return err->rc;
    c->files++;
    c->devices += strcmp(named->role, rk_role_device.role) == 0;
    if (strcmp(named->role, "image") == 0)
        return c->is_main ? check_image(c, named, &bytes, err)
                          : rk_fail(err, RK_E_VERIFY, "\"%s\": an image in a bucket", named->path);
    if (!rk_role_find(v->ctx, named->role, named->path, &row) || row.place == RK_PLACE_SECRET)
        return RK_OK;
    if ((row.format != NULL && check_format(v->ctx, &row, &bytes, err)) ||
        rk_certified_check(&c->certifying, &row, named, &bytes, err))
        return rk_wrap(err, "\"%s\"", named->path);
    return RK_OK;
}

/* ---- buckets ---- */

static enum rk_rc add_standing(void *arg, const char *path, struct rk_err *err)
{
    return rk_names_add(arg, SIZE_MAX, path, err);
}

/* Every file of the bucket's index holds, and the folder has no other. sha256 NULL: nothing names
 * the index. */
static enum rk_rc check_bucket(struct rk_counting *c, const char *path, const char *sha256,
                               struct rk_err *err)
{
    RK_AUTO(rk_bucket_done) struct rk_bucket bucket = { .doc = NULL };
    RK_AUTO(rk_names_done) struct rk_names standing = { .name = NULL };
    RK_AUTO(rk_names_done) struct rk_names named = { .name = NULL };
    const char *root = c->v->view->root;
    char top[16], name[32], index[96];

    if (!rk_bucket_split(path, top, name))
        return rk_fail(err, RK_E_VERIFY, "\"%.64s\" is no index of a bucket", path);
    if (rk_bucket_open(root, path, sha256, &bucket, err))
        return err->rc;
    for (size_t i = 0; i < rk_bucket_count(&bucket); i++) {
        struct rk_named one;

        if (rk_bucket_at(&bucket, i, &one, err) || rk_verifying_entry(c, &one, err) ||
            rk_names_add(&named, SIZE_MAX, one.path, err))
            return err->rc;
    }
    (void)snprintf(index, sizeof index, "\"%s\"", path);
    return rk_bucket_walk(root, top, name, add_standing, &standing, err) ||
                   rk_named_compare(&standing, &named, index, err)
               ? err->rc
               : RK_OK;
}

/* One bucket on its way through a thread of the pool. */
struct bucket_check {
    struct rk_counting c;
    char path[64], sha256[65]; /* sha256 "": nothing names its index */
    struct rk_err err;
    bool failed;
};

static void run_check(void *arg, void *item)
{
    struct bucket_check *check = item;

    (void)arg;
    check->failed =
        check_bucket(&check->c, check->path, check->sha256[0] == '\0' ? NULL : check->sha256,
                     &check->err) != RK_OK;
    rk_certifying_done(&check->c.certifying);
}

/* The oldest bucket is done: its counts, or its error. */
static enum rk_rc add_results(struct rk_verifying *v, rk_workers *workers, uint64_t *devices,
                              struct rk_err *err)
{
    const struct bucket_check *check = rk_workers_take(workers);

    if (check->failed) {
        *err = check->err;
        return err->rc;
    }
    if (check->c.certifying.unknown[0] != '\0')
        rk_verifying_unchecked(v, 1U << RK_NEED_CRL, check->c.certifying.unknown);
    v->view->report.files += check->c.files;
    v->view->report.certificates += check->c.certifying.certificates;
    *devices += check->c.devices;
    return RK_OK;
}

static void workers_done(rk_workers **workers)
{
    rk_workers_free(*workers);
}

static void checks_done(struct bucket_check **checks)
{
    rk_free(*checks);
}

static bool is_left_out(const struct rk_bucket_list *list, const char *path)
{
    size_t len = list->but == NULL ? 0 : strlen(list->but);

    return len != 0 && strncmp(path, list->but, len) == 0 && path[len] == '/';
}

static enum rk_rc bucket_at(const struct rk_bucket_list *list, size_t i, struct bucket_check *ret,
                            struct rk_err *err)
{
    struct rk_jv entry = rk_json_at(list->named, i);
    const char *path = rk_json_str(rk_json_get(entry, "path"));
    const char *sha256 = rk_json_str(rk_json_get(entry, "sha256"));
    int n;

    if (list->standing != NULL) {
        n = snprintf(ret->path, sizeof ret->path, "%s/%s/index.json", list->top,
                     list->standing->name[i]);
        return n > 0 && (size_t)n < sizeof ret->path
                   ? RK_OK
                   : rk_fail(err, RK_E_VERIFY, "\"%s/%.64s\" is no bucket", list->top,
                             list->standing->name[i]);
    }
    if (path == NULL || sha256 == NULL || strlen(sha256) != 64 || strlen(path) >= sizeof ret->path)
        return rk_fail(err, RK_E_VERIFY, "bucket %zu is malformed", i + 1);
    memcpy(ret->path, path, strlen(path) + 1);
    memcpy(ret->sha256, sha256, sizeof ret->sha256);
    return RK_OK;
}

enum rk_rc rk_verifying_buckets(struct rk_verifying *v, const struct rk_bucket_list *list,
                                uint64_t *ret_devices, struct rk_err *err)
{
    size_t threads = rk_workers_default(), room = 2 * threads;
    size_t count = list->standing != NULL ? list->standing->count : rk_json_count(list->named);
    RK_AUTO(checks_done) struct bucket_check *checks = rk_alloc(room, sizeof *checks);
    RK_AUTO(workers_done) rk_workers *workers = NULL;
    const struct rk_workers_options options = { threads, room, run_check, NULL };

    if (checks == NULL)
        return rk_fail_nomem(err);
    if (rk_workers_new(&options, &workers, err))
        return err->rc;
    for (size_t i = 0; i < count; i++) {
        struct bucket_check *check = &checks[i % room];

        if (rk_workers_full(workers) && add_results(v, workers, ret_devices, err))
            return err->rc;
        memset(check, 0, sizeof *check);
        check->c.v = v;
        check->c.certifying = (struct rk_certifying) { .ctx = v->ctx,
                                                       .trust = v->trust,
                                                       .asked = v->asked->trust,
                                                       .helpers = v->chain,
                                                       .now = v->now };
        if (bucket_at(list, i, check, err))
            return err->rc;
        if (is_left_out(list, check->path))
            continue;
        rk_workers_put(workers, check);
    }
    while (!rk_workers_empty(workers)) {
        if (add_results(v, workers, ret_devices, err))
            return err->rc;
    }
    return RK_OK;
}
