/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, in the order of the help: one row each. */
#include "commands.h"

#include <stddef.h>

const struct cmd *const commands[] = {
    &cmd_build, &cmd_verify, &cmd_inspect,
    &cmd_device, &cmd_ek, &cmd_blob, &cmd_fuse, &cmd_secret,
    NULL,
};
