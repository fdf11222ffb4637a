/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's words for Jetson alone, and the rules between them. */
#include "platform/tegra/plan.h"

#include "rotkit/template.h"

#include <stdio.h>
#include <string.h>

#define OF(member) offsetof(struct rk_tegra_settings, member)

const char *const rk_tegra_blob_versions[] = { "1.0", "2.0", NULL };
static const char *const yes_or_no[] = { "yes", "no", NULL };

/* clang-format off */
static const struct rk_mrow blob_rows[] = {
    { "version", RK_M_CHOICE, OF(blob.version), 0, "2.0", rk_tegra_blob_versions, NULL, "\"2.0\"",
      "key blob format: 2.0 for r36.4 and later, 1.0 before" },
    { "root-key", RK_M_KEY, OF(blob.root_key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "keys/oem_k1.key",
      "the fuse key it is encrypted under: OEM_K1 (or OEM_K2)" },
    { "fv", RK_M_PATH, OF(blob.fv), 0, NULL, NULL, NULL, NULL,
      "version 1.0: file with the fixed vector that OP-TEE was built with" },
    { "payload-key", RK_M_KEY, OF(blob.payload_key), RK_M_VARIABLES, NULL, NULL, NULL, "keys/payload.key",
      "tag 1: kernel and UEFI payload key, 32 bytes on t234" },
    { "disk-key", RK_M_KEY, OF(blob.disk_key), RK_M_VARIABLES, NULL, NULL, NULL, "keys/disk.key",
      "tag 2: disk encryption key, 16 bytes" },
    { "auth-key", RK_M_KEY, OF(blob.auth_key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "keys/uefi-auth.key",
      "tag 4: UEFI variable authentication key, 16 bytes; a fused device halts without it" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};

static const struct rk_mrow fuses_rows[] = {
    { "per-device", RK_M_BOOL, OF(fuses.per_device), 0, "true", NULL, NULL, "true",
      "a fuse file for each device: OdmId, OdmInfo, Kdk0" },
    { "common", RK_M_BOOL, OF(fuses.common), 0, "false", NULL, NULL, NULL,
      "one fuse file for all: PublicKeyHash, SecureBootKey, OemK1, OemK2, BootSecurityInfo, SecurityMode" },
    { "merged", RK_M_BOOL, OF(fuses.merged), 0, "false", NULL, NULL, NULL,
      "the fuse file of each device holds the common fuses too: one file a device, burnt in one go" },
    { "public-key", RK_M_PATH, OF(fuses.public_key), 0, NULL, NULL, NULL, NULL,
      "PKC public key (PEM): RSA-3072, P-256, P-521 or Ed25519" },
    { "public-key-hash", RK_M_TEXT, OF(fuses.public_key_hash), 0, NULL, NULL, NULL, NULL,
      "the PublicKeyHash that the vendor's tool printed, to be compared with ours" },
    { "accept-unconfirmed", RK_M_BOOL, OF(fuses.accept_unconfirmed), 0, "false", NULL, NULL, NULL,
      "write a PublicKeyHash that no vendor value confirms; fuses burn once" },
    { "secure-boot-key", RK_M_KEY, OF(fuses.secure_boot_key), 0, NULL, NULL, NULL, NULL,
      "SBK, 32 bytes" },
    { "oem-k1", RK_M_KEY, OF(fuses.oem_k1), 0, NULL, NULL, NULL, NULL,
      "OEM_K1, 32 bytes" },
    { "oem-k2", RK_M_KEY, OF(fuses.oem_k2), 0, NULL, NULL, NULL, NULL,
      "OEM_K2, 32 bytes" },
    { "boot-security-info-preset", RK_M_U32, OF(fuses.boot_security_info_preset), 0, NULL, NULL, NULL, NULL,
      "BootSecurityInfo as the module has it burnt already (newer modules: 0x1e0); read it first" },
    { "psc-odm-static", RK_M_U32, OF(fuses.psc_odm_static), 0, NULL, NULL, NULL, NULL,
      "PscOdmStatic (the Orin quick start has 0x60)" },
    { "security-mode", RK_M_BOOL, OF(fuses.security_mode), 0, "false", NULL, NULL, NULL,
      "burn SecurityMode, last; nothing can be burnt after it" },
    { "already-burnt", RK_M_BOOL, OF(fuses.already_burnt), 0, "false", NULL, NULL, NULL,
      "what these fuses build on and do not hold (PublicKeyHash, OemK1) is in the modules already" },
    { "close-module", RK_M_CHOICE, OF(fuses.close_module), 0, "no", yes_or_no, NULL, NULL,
      "yes: security-mode without a public-key is meant, which closes the module to nobody's key" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};

const struct rk_mrow rk_tegra_sections[] = {
    { "blob", RK_M_PLATFORM, OF(blob.at), 0, NULL, NULL, blob_rows, "",
      "the encrypted key blob, eks.img (roles oem and both)" },
    { "fuses", RK_M_PLATFORM, OF(fuses.at), 0, NULL, NULL, fuses_rows, "",
      "fuse data for fskp_fuseburn.py" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};

const struct rk_device_file rk_tegra_device_files[] = {
    [RK_TEGRA_KDK_DB] = { "kdk-db", "devices/kdk_db.csv",
      "KDK database: rows of oem_id, sn, KDK0, as kdk_gen.py and `rotkit device new` write it", false },
    [RK_TEGRA_EPS_SEEDS] = { "eps-seeds", "devices/eps_seeds.csv",
      "rows of oem_id, sn, EPS_Seed, the same devices in the same order", false },
    [RK_TEGRA_HANDOVER] = { "handover", NULL,
      "role oem: folder of NVFTPM containers from the ODM", true },
    { NULL, NULL, NULL, false },
};
static const size_t key_32 = 32, key_16 = 16;
const struct rk_init_file rk_tegra_init_files[] = {
    { .path = "keys/oem_k1.key", .kind = RK_INIT_KEY, .len = &key_32 },
    { .path = "keys/payload.key", .kind = RK_INIT_KEY, .len = &key_32 },
    { .path = "keys/disk.key", .kind = RK_INIT_KEY, .len = &key_16 },
    { .path = "keys/uefi-auth.key", .kind = RK_INIT_KEY, .len = &key_16 },
    { .path = "devices/kdk_db.csv", .kind = RK_INIT_UNITS, .db = RK_DB_KDK },
    { .path = "devices/eps_seeds.csv", .kind = RK_INIT_UNITS, .db = RK_DB_EPS_SEED },
    { .path = NULL },
};
/* clang-format on */

enum rk_rc rk_tegra_check_devices(const struct rk_given *given, struct rk_err *err)
{
    const struct rk_mstr *file = given->file;
    bool handed = file[RK_TEGRA_HANDOVER].v != NULL;
    int ways = (file[RK_TEGRA_KDK_DB].v != NULL) + given->has_master_key + handed;

    if (ways != 1)
        return rk_given_fail(given, given->devices, err,
                             "devices: exactly one of kdk-db, master-key and handover is needed");
    if (given->odm == handed)
        return rk_given_fail(given, given->devices, err, "%s",
                             handed ? "devices: handover goes with role oem alone"
                                    : "devices: role oem starts from a handover folder");
    if ((file[RK_TEGRA_KDK_DB].v != NULL) != (file[RK_TEGRA_EPS_SEEDS].v != NULL))
        return rk_given_fail(given, given->devices, err,
                             "devices: kdk-db and eps-seeds go together");
    return RK_OK;
}

static bool lists(const struct rk_mlist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->v[i], name) == 0)
            return true;
    }
    return false;
}

static enum rk_rc check_templates(const struct rk_given *given, struct rk_err *err)
{
    char needed[64] = "";
    bool all = true;

    for (size_t i = 0; rk_ek_template_at(i) != NULL; i++) {
        const struct rk_ek_template *tpl = rk_ek_template_at(i);
        size_t used = strlen(needed);

        if ((tpl->uses & RK_EK_IN_BLOB) == 0)
            continue;
        (void)snprintf(needed + used, sizeof needed - used, "%s%s", used == 0 ? "" : " and ",
                       tpl->name);
        all = all && lists(given->templates, tpl->name);
    }
    if (all)
        return RK_OK;
    return rk_given_fail(given, given->templates->at, err,
                         "ek.templates: %s are needed, the fTPM and the key blob ask for both",
                         needed);
}

static enum rk_rc check_blob(const struct rk_given *given, struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;

    if (given->oem != (s->blob.at.line != 0))
        return rk_given_fail(given, given->oem ? given->devices : s->blob.at, err, "%s",
                             given->oem
                                 ? "section blob is missing: roles oem and both make key blobs"
                                 : "blob: role odm makes no key blob, remove the section");
    if (!given->oem)
        return RK_OK;
    bool old = strcmp(s->blob.version.v, "1.0") == 0;
    if (old && s->blob.fv.v == NULL)
        return rk_given_fail(given, s->blob.at, err,
                             "blob.fv: version 1.0 needs the FV that OP-TEE was built with");
    if (!old && s->blob.fv.v != NULL)
        return rk_given_fail(given, s->blob.fv.at, err,
                             "blob.fv: version 2.0 carries its own FV, remove the key");
    return RK_OK;
}

static enum rk_rc check_fuses(const struct rk_given *given, struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    const struct rk_where common[] = {
        s->fuses.public_key.at,      s->fuses.secure_boot_key.at,
        s->fuses.oem_k1.at,          s->fuses.oem_k2.at,
        s->fuses.public_key_hash.at, s->fuses.boot_security_info_preset.at,
        s->fuses.psc_odm_static.at,  s->fuses.security_mode.at,
        s->fuses.close_module.at,    s->fuses.already_burnt.at
    };

    if (s->fuses.at.line != 0 && given->platform->makers != rk_tegra_makers)
        return rk_given_fail(given, s->fuses.at, err,
                             "fuses: no fuse file is made for %s, remove the section",
                             given->platform->name);
    if (s->fuses.merged.v && (!given->odm || !s->fuses.per_device.v))
        return rk_given_fail(given, s->fuses.merged.at, err, "fuses.merged: %s",
                             given->odm ? "it is the file of each device: say per-device: true"
                                        : "role oem has no KDK0 to merge it with");
    if (s->fuses.common.v || s->fuses.merged.v)
        return RK_OK;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (common[i].line != 0)
            return rk_given_fail(given, common[i], err,
                                 "fuses: this goes into the common fuse file: say common: true");
    }
    return RK_OK;
}

enum rk_rc rk_tegra_check_settings(const struct rk_given *given, struct rk_err *err)
{
    if ((given->odm && check_templates(given, err)) || check_blob(given, err))
        return err->rc;
    return check_fuses(given, err);
}

const char *rk_tegra_blob_version(const struct rk_given *given)
{
    const struct rk_tegra_settings *s = given->settings;

    return s->blob.at.line == 0 ? NULL : s->blob.version.v;
}

const char *rk_tegra_secrets(const struct rk_given *given, struct rk_where *ret)
{
    const struct rk_tegra_settings *s = given->settings;

    *ret = s->fuses.at;
    return (given->odm && s->fuses.per_device.v) || s->fuses.common.v ? "fuse files hold keys"
                                                                      : NULL;
}
