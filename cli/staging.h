/* SPDX-License-Identifier: Apache-2.0 */
/* A new folder of files that appears whole or not at all: filled beside its place, then renamed. */
#pragma once

#include "cli/seal.h"

#include "rotkit/file.h"

struct staging {
    const char *path;
    char folder[RK_PATH_MAX]; /* "" : nothing to clear away */
    bool dry_run;
};
#define STAGING_NONE                                                                               \
    {                                                                                              \
        .path = NULL                                                                               \
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
