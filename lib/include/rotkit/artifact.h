/* SPDX-License-Identifier: Apache-2.0 */
/* What the device lane makes, and where a release keeps it: one row a role. */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/ctx.h"
#include "rotkit/unit_id.h"
#include "rotkit/publish.h"

#include "ftpmprov/secret.h"

#include <stdbool.h>

enum { RK_UNIT_TEXT = 32 }; /* room for the spelling of a unit's id, and a NUL */

enum rk_role_place {
    RK_PLACE_DEVICE,   /* devices/<bucket>/<Device SN>/<file> */
    RK_PLACE_HANDOVER, /* handover/<bucket>/<file> */
    RK_PLACE_SECRET, /* secrets/<bucket>/<Device SN>/<file>, sealed unless plaintext is asked for */
};

struct rk_role_row {
    const char *role; /* as in release.json */
    /* "%s" stands for the unit's id, spelled by `spell`; "*" at its start for a UUID that the plan
     * gives: that of an artifact has it in place. */
    const char *file;
    enum rk_role_place place;
    const char *format; /* what the file must be, rk_format name; NULL: not looked into */
    void (*spell)(const struct rk_unit_id *sn, char ret[RK_UNIT_TEXT]);
    bool is_private; /* holds a secret in the clear by its format: others may not read it */
};
/* Of the file, where it is not sealed. */
enum rk_file_mode rk_role_mode(const struct rk_role_row *role);
/* Roles are those of the platforms' makers, of the EK templates' certificates, and device.json.
 * False for one that is unknown, has no place at `path` (as rk_artifact_path makes it), or is past
 * the end. */
bool rk_role_find(const rk_ctx *ctx, const char *role, const char *path, struct rk_role_row *ret);
bool rk_role_at(const rk_ctx *ctx, size_t i, struct rk_role_row *ret);
/* Whether a path of a release is in the folder that files of the role are in. */
bool rk_role_is_below(const struct rk_role_row *role, const char *path);
/* Whether a role whose file begins with "*" takes this name for it. */
bool rk_role_takes_name(const struct rk_role_row *role, const char *name);
/* device.json: the public identity. */
extern const struct rk_role_row rk_role_device;
/* The certificate for a template. */
struct rk_ek_template;
struct rk_role_row rk_role_of_template(const struct rk_ek_template *tpl);
/* The template whose certificate has this role; NULL: it is no certificate's. */
const struct rk_ek_template *rk_role_template(const char *role);

struct rk_artifact {
    struct rk_role_row role;
    struct rk_bytes bytes;   /* content; also secret content that secure memory has no room for */
    struct rk_secret secret; /* or secret content, for RK_PLACE_SECRET */
};
enum { RK_ARTIFACTS_MAX = 24 };
struct rk_artifacts {
    struct rk_artifact item[RK_ARTIFACTS_MAX];
    size_t count;
};
void rk_artifacts_done(struct rk_artifacts *artifacts);
void rk_artifact_done(struct rk_artifact *artifact);
/* Takes the content; RK_E_INTERNAL when the list is full. */
enum rk_rc rk_artifacts_add(struct rk_artifacts *to, struct rk_artifact *artifact,
                            struct rk_err *err) RK_MUST_CHECK;
/* SHA-256 over roles and contents in list order: what the ledger commits to. */
enum rk_rc rk_artifacts_digest(const struct rk_artifacts *artifacts, uint8_t ret[32],
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * The bucket of a device: the Device SN without its last byte, 18 hex digits and a NUL. It depends
 * on the SN alone, so shards agree, and holds at most 256 devices.
 */
void rk_device_bucket(const struct rk_unit_id *sn, char ret[19]);
/* Path of an artifact inside the release, such as "devices/.../eks.img"; sn NULL: common to all
 * devices. */
enum rk_rc rk_artifact_path(const struct rk_role_row *role, const struct rk_unit_id *sn,
                            bool sealed, char *ret, size_t ret_size,
                            struct rk_err *err) RK_MUST_CHECK;
