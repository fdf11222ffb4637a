/* SPDX-License-Identifier: Apache-2.0 */
/* What `rotkit init` makes beside a manifest: a list of files that each platform has. */
#pragma once

#include "rotkit/devicedb.h"
#include "rotkit/identity.h"

#include <stddef.h>

/* A file that `rotkit init` makes, fresh, since the manifest that it writes names it. */
struct rk_init_file {
    const char *path; /* in the product's folder */
    enum rk_init_kind {
        RK_INIT_KEY,    /* a symmetric key of *len bytes, in hex */
        RK_INIT_SIGNER, /* a key pair of `type`, as rk_key_new has it */
        RK_INIT_UNITS,  /* a database of kind db, with drawn values */
        RK_INIT_BYTES,  /* these, *len of them */
    } kind;
    const size_t *len;
    const char *type;
    enum rk_devicedb_kind db;
    const unsigned char *bytes;
};

/* Ended by one without path; NULL: the platform has no first product. */
const struct rk_init_file *rk_platform_init_files(const struct rk_platform *platform);
