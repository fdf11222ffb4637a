/* SPDX-License-Identifier: Apache-2.0 */
/* What rotkit calls the tags and versions of key blobs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

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
