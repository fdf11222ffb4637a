/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a release says of itself for updates: its version, versions and security version numbers of
 * its components, what an EK follows from, and what the devices' slots take. Stands in release.json
 * as "version" and "update"; an update is judged by it (update.h).
 */
#pragma once

#include "rotkit/json.h"
#include "rotkit/slots.h"

#include <stdbool.h>

enum { RK_VERSION_TEXT = 32, RK_COMPONENT_NAME = 64, RK_COMPONENTS_MAX = 64 };
enum { RK_BLOB_VERSIONS_MAX = 4 };

struct rk_component_version {
    char name[RK_COMPONENT_NAME];
    char version[RK_VERSION_TEXT]; /* "": not stated */
    bool has_svn;
    uint64_t svn;
};
/* What may change once the release says that it does; a bit each. */
enum rk_update_change {
    RK_CHANGE_DERIVATION = 1,
    RK_CHANGE_SEEDS = 2,
    RK_CHANGE_NV_LAYOUT = 4,
    RK_CHANGE_DEVICES = 8,
};
enum rk_update_change rk_update_change_find(const char *name); /* 0 when unknown */
const char *rk_update_change_names(void);                      /* "derivation, seeds, ..." */

struct rk_release_version {
    char version[RK_VERSION_TEXT];
    char profile[RK_VERSION_TEXT]; /* EK derivation of the firmware; "": none known */
    char seeds[16];                /* "kdk-db", "master-key", "handover"; "": no devices */
    bool has_nv_layout;
    uint64_t nv_layout;
    char blob[8]; /* of the key blobs in the release; "": it has none */
    char reads_blob[RK_BLOB_VERSIONS_MAX][8];
    size_t reads_blob_count;
    unsigned changes; /* bits of enum rk_update_change */
    struct rk_component_version component[RK_COMPONENTS_MAX];
    size_t component_count;
    struct rk_slot_size slot[RK_SLOTS_MAX];
    size_t slot_count;
    /* Read from release.json beside it; the writer has them elsewhere. */
    char product[128], platform[16];
    uint64_t devices;
    uint8_t index_sha256[32]; /* of release.json */
};
void rk_release_version_free(struct rk_release_version *version);
RK_CLEANUP(rk_release_version_done, struct rk_release_version, rk_release_version_free)
/*
 * Of the release at path. RK_E_USAGE when it states none, since an older rotkit built it or its
 * manifest has no release.version; RK_E_FORMAT when what it states is malformed.
 */
enum rk_rc rk_release_version_read(const char *path, struct rk_release_version **ret,
                                   struct rk_err *err) RK_MUST_CHECK;

/* The components with their versions, as "components" of at. */
void rk_release_put_components(struct rk_jv at, const struct rk_release_version *version);

/* Dotted decimal numbers, one to four, each below 2^32: "1.2.0". */
bool rk_version_is(const char *text);
/* Less than, equal to or greater than 0; what is missing counts as 0. Both must be versions. */
int rk_version_compare(const char *a, const char *b);
