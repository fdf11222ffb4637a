/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, in the order of the help: one row each. */
#include "cli/commands.h"

#include <stddef.h>

/* clang-format off */
const struct cmd *const commands[] = {
    &cmd_init,
    &cmd_build,
    &cmd_sign,
    &cmd_verify,
    &cmd_inspect,
    &cmd_pack,
    &cmd_encrypt,
    &cmd_match,
    &cmd_device,
    &cmd_ek,
    &cmd_ca,
    &cmd_blob,
    &cmd_fuse,
    &cmd_key,
    &cmd_secret,
    &cmd_licence,
    &cmd_ledger,
    &cmd_release,
    &cmd_tpm,
    &cmd_update,
    &cmd_enroll,
    &cmd_completion,
    &cmd_man,
    NULL,
};
/* clang-format on */
