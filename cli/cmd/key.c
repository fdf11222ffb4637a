/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit key: what keys there are, and whether they will do their work. */
#include "cli/commands.h"
#include "cli/cmd/fuse.h"
#include "cli/cmd/key.h"

#include <stddef.h>

/* `key hash` is `fuse hash`: those who hold the keys look for it here. */
static const struct cmd *const subs[] = { &cmd_key_list,  &cmd_key_show, &cmd_key_check,
                                          &cmd_fuse_hash, &cmd_key_new,  NULL };

const struct cmd cmd_key = {
    .name = "key",
    .args = "",
    .summary = "look after keys: list, show, check, hash, new",
    .subs = subs,
};
