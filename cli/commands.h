/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs, and one exported symbol a verb, each from its cmd/<verb>.c. */
#pragma once

#include "cli/app.h"

/* NULL-terminated. Only rotkit_main reads it: all others ask app->verbs. */
extern const struct cmd *const commands[];

extern const struct cmd cmd_build;
extern const struct cmd cmd_sign;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_inspect;
extern const struct cmd cmd_pack;
extern const struct cmd cmd_encrypt;
extern const struct cmd cmd_match;
extern const struct cmd cmd_ek;
extern const struct cmd cmd_device;
extern const struct cmd cmd_blob;
extern const struct cmd cmd_fuse;
extern const struct cmd cmd_key;
extern const struct cmd cmd_secret;
extern const struct cmd cmd_ca;
extern const struct cmd cmd_ledger;
extern const struct cmd cmd_release;
extern const struct cmd cmd_licence;
extern const struct cmd cmd_completion;
extern const struct cmd cmd_man;
extern const struct cmd cmd_init;
extern const struct cmd cmd_tpm;
extern const struct cmd cmd_update;
extern const struct cmd cmd_enroll;
