/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that a release is written in, and the release that is in place. */
#include "release/release.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "release/index.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum rk_rc rk_release_stage(const rk_release *release, const char *path, enum rk_file_mode mode,
                            const void *bytes, size_t len, struct rk_err *err)
{
    char full[RK_PATH_MAX];

    if (rk_path_join(release->place.sibling, path, full, sizeof full, err))
        return err->rc;
    if (release->journal.taken_over)
        (void)unlink(full); /* half of a device that was at work then */
    return rk_new_folder_add(&release->place, path, mode, bytes, len, err);
}

enum rk_rc rk_release_add_file(rk_release *release, const char *path, const char *role,
                               const struct rk_bytes *bytes, struct rk_err *err)
{
    if (rk_release_stage(release, path, RK_FILE_PUBLIC, bytes->p, bytes->len, err))
        return err->rc;
    return rk_index_put(release->files, release->place.sibling, path, role, err);
}

enum rk_rc rk_release_read_previous(const rk_release *release, const char *path,
                                    struct rk_bytes *ret, struct rk_err *err)
{
    if (!rk_tree_is_folder(release->place.path)) {
        *ret = (struct rk_bytes)RK_BYTES_NONE;
        return RK_OK;
    }
    return rk_beneath_find(release->place.path, path, RK_INDEX_FILE_MAX, ret, err);
}

/* Indices of all buckets below one top folder, named with what they count. */
static enum rk_rc index_top(rk_release *release, const char *top, struct rk_jv buckets,
                            uint64_t *devices, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char path[RK_PATH_MAX];

    if (rk_buckets_list(release->place.sibling, top, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        struct rk_index_sum sum;
        struct rk_jv entry;

        if (rk_index_write(release->ctx, release->place.sibling, top, names.name[i], &sum, err))
            return err->rc;
        *devices += sum.devices;
        entry = rk_json_put_object(buckets, NULL);
        (void)snprintf(path, sizeof path, "%s/%s/index.json", top, names.name[i]);
        rk_json_put_str(entry, "path", path);
        rk_json_put_hex(entry, "sha256", sum.sha256, sizeof sum.sha256);
        rk_json_put_u64(entry, "devices", sum.devices);
        rk_json_put_u64(entry, "files", sum.files);
    }
    return RK_OK;
}

/* secrets/index.json names release.json, so it comes behind it. */
static enum rk_rc close_secrets(rk_release *release, rk_json *doc, struct rk_err *err)
{
    struct rk_jv root = rk_json_root(doc);
    uint8_t digest[32];

    if (rk_sha256(release->index.p, release->index.len, digest, err))
        return err->rc;
    rk_json_put_hex(root, "release_sha256", digest, sizeof digest);
    if (rk_json_text(doc, true, &release->secrets, err))
        return err->rc;
    return rk_release_stage(release, RK_SECRETS_INDEX, RK_FILE_PUBLIC, release->secrets.p,
                            release->secrets.len, err);
}

enum rk_rc rk_release_close_index(rk_release *release, struct rk_err *err)
{
    struct rk_jv root = rk_json_root(release->doc);
    RK_AUTO(rk_json_done) rk_json *secrets_doc = rk_json_new();
    struct rk_jv sealed;
    uint64_t devices = 0, handovers = 0, secrets = 0;
    bool any;

    if (release->index.p != NULL)
        return RK_OK;
    struct rk_jv buckets = rk_json_put_array(root, "buckets");
    rk_json_put_u64(rk_json_root(secrets_doc), "rotkit_secrets", 1);
    sealed = rk_json_put_array(rk_json_root(secrets_doc), "buckets");
    if (index_top(release, "devices", buckets, &devices, err) ||
        index_top(release, "handover", buckets, &handovers, err) ||
        index_top(release, "secrets", sealed, &secrets, err))
        return err->rc;
    any = rk_json_count(sealed) != 0;
    rk_json_put_u64(root, "devices", devices != 0 ? devices : handovers);
    rk_json_put_str(root, "secrets",
                    !any                                  ? "none"
                    : release->options->plaintext_secrets ? "plaintext"
                                                          : "sealed");
    if (any)
        rk_json_put_str(root, "secrets_index", RK_SECRETS_INDEX);
    if (rk_json_text(release->doc, true, &release->index, err) ||
        rk_release_stage(release, "release.json", RK_FILE_PUBLIC, release->index.p,
                         release->index.len, err))
        return err->rc;
    return any ? close_secrets(release, secrets_doc, err) : RK_OK;
}
