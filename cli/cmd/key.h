/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit key`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_key_list, cmd_key_show, cmd_key_check, cmd_key_new;

#define OPT_PASSPHRASE(into)                                                                       \
    {                                                                                              \
        "passphrase", 0, OPT_STR, &(into), "SOURCE",                                               \
            "passphrase or PIN: fd:N, file:PATH or env:NAME (default: ask)", false                 \
    }
