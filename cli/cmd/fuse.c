/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit fuse: fuse values and fuse files. */
#include "cli/commands.h"
#include "cli/cmd/fuse.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_fuse_check, &cmd_fuse_hash, &cmd_fuse_xml, NULL };

const struct cmd cmd_fuse = {
    .name = "fuse",
    .args = "",
    .summary = "compute fuse values, write and check fuse files",
    .subs = subs,
};
