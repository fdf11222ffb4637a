/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/staging.h"

void staging_done(struct staging *staging)
{
    rk_new_folder_done(&staging->place);
}

enum rk_rc staging_open(const struct app *app, const char *path, struct staging *ret,
                        struct rk_err *err)
{
    if (new_file_check(path, err))
        return err->rc;
    ret->dry_run = app->dry_run;
    if (app->dry_run)
        return RK_OK;
    return rk_new_folder_open(path, &ret->place, err);
}

enum rk_rc staging_write(const struct staging *staging, const struct new_file *file,
                         struct rk_err *err)
{
    if (staging->dry_run)
        return RK_OK;
    return rk_new_folder_add(&staging->place, file->path,
                             file->private   ? RK_FILE_KEY
                             : file->program ? RK_FILE_PROGRAM
                                             : RK_FILE_PUBLIC,
                             file->bytes, file->len, err);
}

enum rk_rc staging_publish(struct staging *staging, struct rk_err *err)
{
    return staging->dry_run ? RK_OK : rk_new_folder_publish(&staging->place, err);
}
