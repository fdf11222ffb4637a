/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit blob: encrypted key blobs (EKB, eks.img). */
#include "cli/commands.h"
#include "cli/cmd/blob.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_blob_pack, &cmd_blob_open, &cmd_blob_luks, NULL };

const struct cmd cmd_blob = {
    .name = "blob",
    .args = "",
    .summary = "pack and open encrypted key blobs (eks.img), disk passphrases",
    .subs = subs,
};
