/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit release: what is done with releases after they are built. */
#include "cli/commands.h"
#include "cli/cmd/release.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_release_merge, &cmd_release_archive, NULL };

const struct cmd cmd_release = {
    .name = "release",
    .args = "",
    .summary = "join shards, pack a release for the factory: merge, archive",
    .subs = subs,
};
