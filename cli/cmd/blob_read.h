/* SPDX-License-Identifier: Apache-2.0 */
/* A key blob out of a file, a flash partition or a dump, checked and decrypted. */
#pragma once

#include "cli/app.h"
#include "cli/opt.h"

#include "rotkit/ekb.h"

/* What the options say. */
struct blob_source {
    const char *root_key, *fv; /* fv NULL: the blob has it */
    struct opt_u64 at;         /* where in a dump that holds several */
};
/* Where in the file it stands. */
struct blob_place {
    size_t at, len, dump_len, copies;
};
enum rk_rc blob_read(const struct app *app, const struct blob_source *in, const char *path,
                     struct blob_place *place, struct rk_ekb *ret,
                     struct rk_err *err) RK_MUST_CHECK;
