/* SPDX-License-Identifier: Apache-2.0 */
#include "release/index.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "rotkit/publish.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum rk_rc rk_bucket_fail_empty(const char *folder, struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY, "\"%s\": an empty folder, which nothing names", folder);
}

/* Who reads a device's folder needs to know first whose it is. */
static void put_device_first(struct rk_names *names)
{
    for (size_t i = 1; i < names->count; i++) {
        char *name = names->name[i];

        if (strcmp(name, rk_role_device.file) != 0)
            continue;
        memmove(names->name + 1, names->name, i * sizeof *names->name);
        names->name[0] = name;
        return;
    }
}

/* The files right below one folder of the bucket; folders only when deeper is allowed. */
static enum rk_rc walk_folder(const char *root, const char *folder, bool deeper,
                              rk_bucket_visit visit, void *arg, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    enum rk_beneath_kind kind;
    char path[RK_PATH_MAX];

    if (rk_beneath_list(root, folder, RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    if (names.count == 0)
        return rk_bucket_fail_empty(folder, err);
    put_device_first(&names);
    for (size_t i = 0; i < names.count; i++) {
        if (rk_path_join(folder, names.name[i], path, sizeof path, err) ||
            rk_beneath_kind_of(root, path, &kind, err))
            return err->rc;
        if (kind != RK_BENEATH_FOLDER) {
            if (!(deeper && strcmp(names.name[i], "index.json") == 0) && visit(arg, path, err))
                return err->rc;
        } else if (!deeper) {
            return rk_fail(err, RK_E_VERIFY, "\"%s\": a folder where none belongs", path);
        } else if (walk_folder(root, path, false, visit, arg, err)) {
            return err->rc;
        }
    }
    return RK_OK;
}

enum rk_rc rk_buckets_list(const char *root, const char *top, struct rk_names *ret,
                           struct rk_err *err)
{
    return rk_beneath_list(root, top, RK_BUCKETS_MAX, ret, err);
}

enum rk_rc rk_bucket_walk(const char *root, const char *top, const char *bucket,
                          rk_bucket_visit visit, void *arg, struct rk_err *err)
{
    char folder[RK_PATH_MAX];

    if (rk_path_join(top, bucket, folder, sizeof folder, err))
        return err->rc;
    return walk_folder(root, folder, true, visit, arg, err);
}

/* A secret's name without what says that it is sealed, or what it holds. */
static void drop_seal(const struct rk_role_row *row, char *name)
{
    static const char *const ends[] = { ".cms", ".id" };
    size_t len = strlen(name);

    for (size_t i = 0; row->place == RK_PLACE_SECRET && i < sizeof ends / sizeof ends[0]; i++) {
        size_t end = strlen(ends[i]);

        if (len > end && strcmp(name + len - end, ends[i]) == 0)
            name[len - end] = '\0';
    }
}

/* "ftpm_eks_%s.img" against "ftpm_eks_0102-0000000100000002.img", "fuse.xml" against "fuse.xml.cms"
 * too. */
static bool file_matches(const struct rk_role_row *row, const char *full)
{
    const char *mark = strstr(row->file, "%s");
    char name[NAME_MAX + 1];

    (void)snprintf(name, sizeof name, "%s", full);
    drop_seal(row, name);

    if (mark != NULL) {
        size_t front = (size_t)(mark - row->file), back = strlen(mark + 2);

        return strlen(name) >= front + back && memcmp(name, row->file, front) == 0 &&
               strcmp(name + strlen(name) - back, mark + 2) == 0;
    }
    return strcmp(name, row->file) == 0 || rk_role_takes_name(row, name);
}

bool rk_role_of_path(const rk_ctx *ctx, const char *path, struct rk_role_row *ret)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    struct rk_role_row row;

    for (size_t i = 0; rk_role_at(ctx, i, &row); i++) {
        if (rk_role_is_below(&row, path) && file_matches(&row, name)) {
            *ret = row;
            return true;
        }
    }
    return false;
}

enum rk_rc rk_index_put(struct rk_jv files, const char *root, const char *path, const char *role,
                        struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    char full[RK_PATH_MAX];
    uint8_t digest[32];
    struct rk_jv entry;

    if (rk_path_join(root, path, full, sizeof full, err) ||
        rk_file_read(full, RK_IMAGE_FILE_MAX, &bytes, err) ||
        rk_sha256(bytes.p, bytes.len, digest, err))
        return err->rc;
    entry = rk_json_put_object(files, NULL);
    rk_json_put_str(entry, "path", path);
    rk_json_put_str(entry, "role", role);
    rk_json_put_u64(entry, "size", bytes.len);
    rk_json_put_hex(entry, "sha256", digest, sizeof digest);
    return RK_OK;
}

struct indexing {
    const rk_ctx *ctx;
    const char *root;
    struct rk_jv files;
    uint64_t count, devices;
    char device[RK_PATH_MAX]; /* folder of the file before, to count devices */
};

static enum rk_rc index_file(void *arg, const char *path, struct rk_err *err)
{
    struct indexing *in = arg;
    struct rk_role_row row;
    size_t folder_len = (size_t)(strrchr(path, '/') - path);

    if (!rk_role_of_path(in->ctx, path, &row))
        return rk_fail(err, RK_E_INTERNAL, "\"%s\" has no role in a release", path);
    if (row.place == RK_PLACE_HANDOVER)
        in->devices++;
    else if (strncmp(in->device, path, folder_len) != 0 || in->device[folder_len] != '\0')
        in->devices++;
    (void)snprintf(in->device, sizeof in->device, "%.*s", (int)folder_len, path);
    in->count++;
    return rk_index_put(in->files, in->root, path, row.role, err);
}

enum rk_rc rk_index_write(const rk_ctx *ctx, const char *root, const char *top, const char *bucket,
                          struct rk_index_sum *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct indexing in = { .ctx = ctx, .root = root };
    char name[RK_PATH_MAX], path[RK_PATH_MAX];

    rk_json_put_str(rk_json_root(doc), "bucket", bucket);
    in.files = rk_json_put_array(rk_json_root(doc), "files");
    if (rk_bucket_walk(root, top, bucket, index_file, &in, err) ||
        rk_json_text(doc, true, &text, err))
        return err->rc;
    (void)snprintf(name, sizeof name, "%s/%s/index.json", top, bucket);
    if (rk_path_join(root, name, path, sizeof path, err))
        return err->rc;
    (void)unlink(path); /* of an interrupted build */
    if (rk_staged_create(root, name, RK_FILE_PUBLIC, text.p, text.len, err) ||
        rk_sha256(text.p, text.len, ret->sha256, err))
        return err->rc;
    ret->files = in.count;
    ret->devices = in.devices;
    return RK_OK;
}
