/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit fuse`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_fuse_check, cmd_fuse_hash, cmd_fuse_xml;

/* No golden of NVIDIA's tool is public, so the rule of PublicKeyHash stands on reading alone. */
#define FUSE_HASH_STATUS "unconfirmed"
#define FUSE_HASH_ADVICE                                                                           \
    "compare with what `tegrasign_v3.py --pubkeyhash` prints before burning a fuse"
