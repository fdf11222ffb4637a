/* SPDX-License-Identifier: Apache-2.0 */
/* A verified release, read: the bytes that it names, or none. */
#include "release/release.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "release/index.h"

#include <stdio.h>
#include <string.h>

void rk_release_view_free(rk_release_view *view)
{
    if (view == NULL)
        return;
    rk_release_view_done(view);
    rk_free(view);
}

enum rk_rc rk_release_view_open(const rk_ctx *ctx, const char *path,
                                const struct rk_release_asked *asked, rk_release_view **ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_release_view_close) rk_release_view *view = rk_alloc(1, sizeof *view);

    if (view == NULL)
        return rk_fail_nomem(err);
    if (rk_release_verify_into(ctx, path, false, asked, view, err))
        return err->rc;
    *ret = view;
    view = NULL;
    return RK_OK;
}

/* release.json alone, by its signature. */
static enum rk_rc open_head(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                            rk_release_view **ret, struct rk_err *err)
{
    RK_AUTO(rk_release_view_close) rk_release_view *view = rk_alloc(1, sizeof *view);
    int n;

    if (view == NULL)
        return rk_fail_nomem(err);
    n = snprintf(view->root, sizeof view->root, "%s", path);
    view->ctx = ctx;
    if (n < 0 || (size_t)n >= sizeof view->root)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    if (rk_release_read_head(view, pub, err))
        return err->rc;
    *ret = view;
    view = NULL;
    return RK_OK;
}

enum rk_rc rk_release_view_open_secrets(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                        rk_release_view **ret, struct rk_err *err)
{
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;

    if (open_head(ctx, path, pub, &view, err))
        return err->rc;
    if (view->signer == NULL)
        return rk_fail(err, RK_E_VERIFY, "the release is not signed");
    if (rk_release_read_secrets(view, err))
        return err->rc;
    if (view->secrets_doc == NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "\"" RK_SECRETS_INDEX "\" is missing: nothing signed "
                       "names the sealed files");
    *ret = view;
    view = NULL;
    return RK_OK;
}

enum rk_rc rk_release_view_open_devices(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                        rk_release_view **ret, struct rk_err *err)
{
    return open_head(ctx, path, pub, ret, err);
}

const char *rk_release_view_path(const rk_release_view *view)
{
    return view->root;
}

const struct rk_release_report *rk_release_view_report(const rk_release_view *view)
{
    return &view->report;
}

const struct rk_bytes *rk_release_view_text(const rk_release_view *view)
{
    return &view->text;
}

struct rk_jv rk_release_view_root(const rk_release_view *view)
{
    return rk_json_root(view->doc);
}

enum rk_rc rk_release_view_find(rk_release_view *view, const char *path, struct rk_bytes *ret,
                                struct rk_err *err)
{
    bool secret = strncmp(path, "secrets/", 8) == 0;
    struct rk_named named;

    if (strcmp(path, "release.json") == 0)
        return rk_bytes_copy(view->text.p, view->text.len, ret, err);
    if (!rk_named_find(rk_json_get(rk_json_root(view->doc), "files"), path, &named) &&
        rk_tree_find(secret ? &view->secrets : &view->tree, path, &named, err))
        return err->rc;
    return named.path == NULL ? RK_OK : rk_named_read(view->root, &named, ret, err);
}

enum rk_rc rk_release_view_read(rk_release_view *view, const char *path, struct rk_bytes *ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    if (rk_release_view_find(view, path, &bytes, err))
        return err->rc;
    if (bytes.p == NULL)
        return rk_fail(err, RK_E_VERIFY, "\"%.300s\" is in no index of the release", path);
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}

enum rk_rc rk_release_file_find(const char *release, const char *path, size_t max,
                                struct rk_bytes *ret, struct rk_err *err)
{
    return rk_beneath_find(release, path, max, ret, err) ? rk_wrap(err, "\"%s\"", release) : RK_OK;
}

/* ---- all files, sorted ---- */

struct walk {
    rk_release_view *view;
    struct rk_tree *tree;
    rk_release_view_visit visit;
    void *arg;
};

static enum rk_rc visit_named(const struct walk *walk, const struct rk_named *named,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    return rk_named_read(walk->view->root, named, &bytes, err) ||
                   walk->visit(walk->arg, named->path, &bytes, err)
               ? err->rc
               : RK_OK;
}

/* The files outside the buckets that stand below one folder. */
static enum rk_rc visit_files(const struct walk *walk, const char *top, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names paths = { .name = NULL };
    struct rk_jv files = rk_json_get(rk_json_root(walk->view->doc), "files");
    size_t len = strlen(top);
    struct rk_named named;

    for (size_t i = 0; i < rk_json_count(files); i++) {
        if (rk_named_of(rk_json_at(files, i), "", &named, err))
            return err->rc;
        if (strncmp(named.path, top, len) == 0 && named.path[len] == '/' &&
            rk_names_add(&paths, SIZE_MAX, named.path, err))
            return err->rc;
    }
    rk_names_sort(&paths);
    for (size_t i = 0; i < paths.count; i++) {
        if (rk_named_find(files, paths.name[i], &named) && visit_named(walk, &named, err))
            return err->rc;
    }
    return RK_OK;
}

/* The files of one bucket and its index among them. */
static enum rk_rc visit_bucket(const struct walk *walk, const char *index, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names paths = { .name = NULL };
    struct rk_tree *tree = walk->tree;
    struct rk_named named;
    bool found;

    if (rk_tree_open_bucket(tree, index, &found, err) || rk_names_add(&paths, SIZE_MAX, index, err))
        return err->rc;
    for (size_t i = 0; i < rk_bucket_count(&tree->bucket); i++) {
        if (rk_bucket_at(&tree->bucket, i, &named, err) ||
            rk_names_add(&paths, SIZE_MAX, named.path, err))
            return err->rc;
    }
    rk_names_sort(&paths);
    for (size_t i = 0; i < paths.count; i++) {
        if (strcmp(paths.name[i], index) == 0
                ? walk->visit(walk->arg, index, &tree->bucket.text, err)
                : (rk_tree_find(tree, paths.name[i], &named, err) ||
                   visit_named(walk, &named, err)))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc visit_buckets(const struct walk *walk, const char *top, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names paths = { .name = NULL };
    struct rk_jv buckets = walk->tree->buckets;
    size_t len = strlen(top);

    if (strstr(walk->view->report.left_out, top) != NULL)
        return RK_OK;
    for (size_t i = 0; i < rk_json_count(buckets); i++) {
        const char *path = rk_json_str(rk_json_get(rk_json_at(buckets, i), "path"));

        if (path != NULL && strncmp(path, top, len) == 0 && path[len] == '/' &&
            rk_names_add(&paths, SIZE_MAX, path, err))
            return err->rc;
    }
    rk_names_sort(&paths);
    for (size_t i = 0; i < paths.count; i++) {
        if (visit_bucket(walk, paths.name[i], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_view_each(rk_release_view *view, rk_release_view_visit visit, void *arg,
                                struct rk_err *err)
{
    const struct walk walk = { view, &view->tree, visit, arg };

    if (visit_files(&walk, "ca", err) || visit_buckets(&walk, "devices", err) ||
        visit_buckets(&walk, "handover", err) || visit_files(&walk, "images", err) ||
        visit(arg, "release.json", &view->text, err))
        return err->rc;
    return view->signature.p == NULL ? RK_OK : visit(arg, RK_RELEASE_SIG, &view->signature, err);
}

static enum rk_rc visit_secret(void *arg, const char *path, const struct rk_bytes *bytes,
                               struct rk_err *err)
{
    const struct walk *walk = arg;
    const char *slash = strrchr(path, '/');

    return slash != NULL && strcmp(slash, "/index.json") == 0
               ? RK_OK
               : walk->visit(walk->arg, path, bytes, err);
}

enum rk_rc rk_release_view_each_secret(rk_release_view *view, rk_release_view_visit visit,
                                       void *arg, struct rk_err *err)
{
    struct walk outer = { view, &view->secrets, visit, arg };
    const struct walk walk = { view, &view->secrets, visit_secret, &outer };

    return visit_buckets(&walk, "secrets", err);
}

static enum rk_rc visit_devices(const struct rk_bucket *bucket, rk_release_visit visit, void *arg,
                                bool *more, struct rk_err *err)
{
    for (size_t i = 0; *more && i < rk_bucket_count(bucket); i++) {
        struct rk_unit_id sn;
        struct rk_named named;
        char text[32];
        int n;

        if (rk_bucket_at(bucket, i, &named, err))
            return err->rc;
        if (strcmp(named.role, rk_role_device.role) != 0)
            continue;
        n = snprintf(text, sizeof text, "%.*s",
                     (int)strcspn(named.path + strlen(bucket->below), "/"),
                     named.path + strlen(bucket->below));
        if (n < 0 || (size_t)n >= sizeof text)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" is of no device", named.path);
        if (rk_unit_id_parse(text, &sn, err) || visit(arg, &sn, more, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_view_each_device(const rk_release_view *view, rk_release_visit visit,
                                       void *arg, struct rk_err *err)
{
    struct rk_jv buckets = view->tree.buckets;
    bool more = true;

    for (size_t i = 0; more && i < rk_json_count(buckets); i++) {
        RK_AUTO(rk_bucket_done) struct rk_bucket bucket = { .doc = NULL };
        struct rk_jv entry = rk_json_at(buckets, i);
        const char *path = rk_json_str(rk_json_get(entry, "path"));

        if (path == NULL || strncmp(path, "devices/", 8) != 0)
            continue;
        if (rk_bucket_of(view->root, entry, &bucket, err) ||
            visit_devices(&bucket, visit, arg, &more, err))
            return err->rc;
    }
    return RK_OK;
}
