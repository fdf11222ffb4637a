/* SPDX-License-Identifier: Apache-2.0 */
/* The last checkpoint in a folder of its own, best on another disk. */
#include "ledger/ledger.h"

#include "base/folder.h"
#include "rotkit/publish.h"

#define CHECKPOINT "checkpoint.json"

enum rk_rc rk_anchor_compare(const rk_ctx *ctx, rk_ledger *ledger, const rk_signer *key,
                             const char *folder, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint checkpoint = { .size = 0 };
    char path[RK_PATH_MAX];
    bool there;

    /* Nothing there yet is fine; what cannot be looked at is not nothing. */
    if (rk_path_join(folder, CHECKPOINT, path, sizeof path, err) || rk_tree_look(path, &there, err))
        return err->rc;
    if (!there)
        return RK_OK;
    if (rk_file_read(path, RK_CHECKPOINT_FILE_MAX, &file, err))
        return err->rc;
    if (rk_checkpoint_read(ctx, file.p, file.len, key, &checkpoint, err) ||
        rk_ledger_compare_checkpoint(ledger, &checkpoint, err))
        return rk_wrap(err, "%s", path);
    return RK_OK;
}

enum rk_rc rk_anchor_write(const char *folder, const struct rk_bytes *file, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_file_make_dirs(folder, err) || rk_path_join(folder, CHECKPOINT, path, sizeof path, err))
        return err->rc;
    return rk_file_write(path, RK_FILE_PUBLIC, file->p, file->len, err);
}
