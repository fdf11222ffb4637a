/* SPDX-License-Identifier: Apache-2.0 */
/* A command's new folder of files; none with --dry-run. */
#pragma once

#include "cli/seal.h"

#include "rotkit/publish.h"

struct staging {
    struct rk_new_folder place;
    bool dry_run;
};
#define STAGING_NONE                                                                               \
    {                                                                                              \
        .place = RK_NEW_FOLDER_NONE                                                                \
    }
/* Clears away what was not published. */
void staging_done(struct staging *staging);
/* RK_E_USAGE when path exists. Nothing is made with --dry-run. */
enum rk_rc staging_open(const struct app *app, const char *path, struct staging *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* file->path is a name in the folder, or in a folder below it: "tpm_cert_store/root.pem". */
enum rk_rc staging_write(const struct staging *staging, const struct new_file *file,
                         struct rk_err *err) RK_MUST_CHECK;
enum rk_rc staging_publish(struct staging *staging, struct rk_err *err) RK_MUST_CHECK;
