/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit blob`, and what they say of the tags of a key blob. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_blob_pack, cmd_blob_open;

struct blob_tag {
    uint32_t tag;
    const char *name; /* also the option of `blob pack` */
    bool secret;
};
/* NULL for a tag without a name: its value counts as secret. */
const struct blob_tag *blob_tag_find(uint32_t tag);

/* "legacy", "1.0", "2.0" and enum rk_ekb_version. */
struct blob_version {
    const char *name;
    int version;
};
extern const struct blob_version blob_versions[];
