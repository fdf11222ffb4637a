/* SPDX-License-Identifier: Apache-2.0 */
/* Rules between values of the manifest. What needs files or keys is checked by the plan of a build.
 */
#include "manifest/faults.h"
#include "manifest/rows.h"

#include <string.h>

static enum rk_rc bad(const struct rk_manifest *m, struct rk_where at, struct rk_err *err,
                      const char *text)
{
    return rk_manifest_fail(m, at, err, RK_E_USAGE, "%s", text);
}

static enum rk_rc check_range(const struct rk_manifest *m, struct rk_err *err)
{
    bool range = m->devices.oem_id.set && m->devices.first_sn.set && m->devices.count.set;
    bool any = m->devices.oem_id.set || m->devices.first_sn.set || m->devices.count.set;
    if (m->devices.master_key.v != NULL ? !range : any)
        return bad(m, m->devices.at, err,
                   "devices: oem-id, first-sn and count go with master-key, all three");
    if (m->devices.count.set && m->devices.count.v == 0)
        return bad(m, m->devices.count.at, err, "devices.count: no device at all");
    return RK_OK;
}

static bool is_hex_id(const char *text)
{
    const char *digits = text + 3;

    return strncmp(text, "id:", 3) == 0 && digits[0] != '\0' &&
           digits[strspn(digits, "0123456789abcdefABCDEF")] == '\0';
}

static enum rk_rc check_has_ek(const struct rk_manifest *m, struct rk_err *err)
{
    const bool odm = strcmp(m->role.v, "oem") != 0;

    if (odm != (m->ek.at.line != 0))
        return bad(m, odm ? m->devices.at : m->ek.at, err,
                   odm ? "section ek is missing: roles odm and both certify EKs"
                       : "ek: role oem certifies no EK, remove the section");
    return RK_OK;
}

/* The three rules of what a certificate says, each by itself. */
static enum rk_rc check_validity(const struct rk_manifest *m, struct rk_err *err)
{
    if (m->ek.certificate.not_after.set && m->ek.certificate.validity_days.set)
        return bad(m, m->ek.certificate.validity_days.at, err,
                   "ek.certificate: not-after and validity-days exclude each other");
    return RK_OK;
}

static enum rk_rc check_manufacturer(const struct rk_manifest *m, struct rk_err *err)
{
    if (m->ek.at.line != 0 && (!is_hex_id(m->ek.certificate.manufacturer.v) ||
                               strlen(m->ek.certificate.manufacturer.v) != 11))
        return bad(m, m->ek.certificate.manufacturer.at, err,
                   "ek.certificate.manufacturer: expected id: and 8 hex digits");
    return RK_OK;
}

static enum rk_rc check_version(const struct rk_manifest *m, struct rk_err *err)
{
    if (m->ek.at.line != 0 && !is_hex_id(m->ek.certificate.version.v))
        return bad(m, m->ek.certificate.version.at, err,
                   "ek.certificate.version: expected id: and hex digits");
    return RK_OK;
}

/* The name becomes a file below images/. */
static bool is_file_name(const char *name)
{
    return name[0] != '.' && strchr(name, '/') == NULL && strlen(name) <= 128;
}

static const struct rk_mpair *find_pair(const struct rk_mmap *map, const char *name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->v[i].name, name) == 0)
            return &map->v[i];
    }
    return NULL;
}

/* Those of image-types stand among the others. */
static enum rk_rc check_image_name(const struct rk_manifest *m, size_t i, struct rk_err *err)
{
    const struct rk_mimage *image = &m->images.v[i];

    for (size_t k = 0; k < i; k++) {
        if (strcmp(m->images.v[k].name, image->name) == 0)
            return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                    "images: \"%s\" is the name of the image on line %u too",
                                    image->name, m->images.v[k].at.line);
    }
    if (!is_file_name(image->name))
        return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                "images: \"%s\" is no name for a file below images/", image->name);
    if (find_pair(&m->components, image->name) != NULL)
        return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                "images: \"%s\" is the name of a component too", image->name);
    return RK_OK;
}

static enum rk_rc check_image(const struct rk_manifest *m, size_t i, struct rk_err *err)
{
    const struct rk_mimage *image = &m->images.v[i];
    bool bsp;

    if (image->faulty || image->again)
        return RK_OK;
    bsp = strcmp(image->encrypted_by.v, "bsp") == 0;
    if (image->input.v != NULL && image->parts.count != 0)
        return bad(m, image->parts.at, err, "parts: an image with an input is not packed");
    if (image->input.v == NULL && image->parts.count == 0)
        return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                "images.%s: neither parts to pack nor an input", image->name);
    if (bsp != (image->bsp.at.line != 0))
        return bad(m, image->at, err, "encrypted-by: bsp and section bsp go together");
    if (bsp && (image->encrypt.at.line != 0 || image->sign.at.line != 0))
        return bad(
            m, image->at, err,
            "encrypted-by: bsp: the BSP's tool encrypts, then signs: no encrypt or sign here");
    return RK_OK;
}

static enum rk_rc check_components(const struct rk_manifest *m, struct rk_err *err)
{
    if (m->components.count != 0 && m->images.count == 0)
        return bad(m, m->components.at, err, "components: no image is made of them");
    return RK_OK;
}

static enum rk_rc check_licence(const struct rk_manifest *m, struct rk_err *err)
{
    if ((m->licence.file.v != NULL) != (m->licence.issuer.v != NULL))
        return bad(m, m->licence.at, err, "licence: file and issuer go together");
    return RK_OK;
}

static const char without_devices[] = "this section is for devices, and section devices is missing";

/* A manifest of images alone has none of the device lane's sections. */
static enum rk_rc check_no_devices(const struct rk_manifest *m, struct rk_err *err)
{
    const struct rk_mrow *row = m->row->sections;

    if (m->images.count == 0)
        return bad(m, m->platform.at.line != 0 ? m->platform.at : (struct rk_where) { 1, 1 }, err,
                   "neither devices nor images: there is nothing to make");
    if (m->ek.at.line != 0)
        return bad(m, m->ek.at, err, without_devices);
    for (; row != NULL && row->key != NULL; row++) {
        const struct rk_where *at =
            (const struct rk_where *)((const uint8_t *)m->settings + row->member);

        if (at->line != 0)
            return bad(m, *at, err, without_devices);
    }
    return m->licence.at.line == 0 ? RK_OK : bad(m, m->licence.at, err, without_devices);
}

/* The platform knows what its units come from, and what it makes of them. */
static enum rk_rc check_devices(const struct rk_manifest *m, struct rk_err *err)
{
    const struct rk_given given = rk_manifest_given(m);

    return m->row->check_devices == NULL ? RK_OK : m->row->check_devices(&given, err);
}

static enum rk_rc check_settings(const struct rk_manifest *m, struct rk_err *err)
{
    const struct rk_given given = rk_manifest_given(m);

    return m->row->check == NULL ? RK_OK : m->row->check(&given, err);
}

/* Which manifests a rule is for, and the sections whose values it asks. */
enum lane { ANY, DEVICES, NO_DEVICES };
/* clang-format off */
static const struct rule {
    enum rk_rc (*check)(const struct rk_manifest *m, struct rk_err *err);
    enum lane lane;
    const char *spoils; /* where it does not hold, later rules that ask this would say the same again */
    bool platform;      /* asks the platform's own sections too */
    const char *asks[4];
} rules[] = {
    { check_components, ANY, NULL, false, { "images" } },
    { check_no_devices, NO_DEVICES, NULL, true, { "devices", "images", "ek", "licence" } },
    { check_devices, DEVICES, "devices", false, { "platform", "devices", "role" } },
    { check_range, DEVICES, "devices", false, { "devices" } },
    { check_has_ek, DEVICES, "ek", false, { "ek", "role", "devices" } },
    { check_validity, DEVICES, NULL, false, { "ek" } },
    { check_manufacturer, DEVICES, NULL, false, { "ek" } },
    { check_version, DEVICES, NULL, false, { "ek" } },
    { check_licence, DEVICES, NULL, false, { "licence" } },
    { check_settings, DEVICES, NULL, true, { "platform", "devices", "role", "ek" } },
};
/* clang-format on */

static uint32_t bit_of(const struct rk_manifest *m, const char *key)
{
    const struct rk_mrow *top = m->rows->top;

    for (size_t i = 0; top[i].key != NULL; i++) {
        if (strcmp(top[i].key, key) == 0)
            return UINT32_C(1) << i;
    }
    return 0;
}

static bool can_be_asked(const struct rk_manifest *m, const struct rk_mfaults *faults,
                         const struct rule *rule)
{
    const struct rk_mrow *row = rule->platform ? m->row->sections : NULL;

    if (rule->lane != ANY && (rule->lane == DEVICES) != (m->devices.at.line != 0))
        return false;
    for (size_t i = 0; i < sizeof rule->asks / sizeof rule->asks[0] && rule->asks[i] != NULL; i++) {
        if ((faults->sections & bit_of(m, rule->asks[i])) != 0)
            return false;
    }
    for (; row != NULL && row->key != NULL; row++) {
        if ((faults->sections & bit_of(m, row->key)) != 0)
            return false;
    }
    return true;
}

static enum rk_rc check_images(const struct rk_manifest *m, struct rk_mfaults *faults,
                               struct rk_err *err)
{
    for (size_t i = 0; i < m->images.count; i++) {
        if ((check_image_name(m, i, err) && rk_mfaults_keep(faults, err)) ||
            (check_image(m, i, err) && rk_mfaults_keep(faults, err)))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_manifest_check(const struct rk_manifest *m, struct rk_mfaults *faults,
                             struct rk_err *err)
{
    if (m->rotkit.set && m->rotkit.v != 1) { /* all else may be right in that format */
        faults->kept = faults->count = 0;
        (void)bad(m, m->rotkit.at, err, "rotkit: this version reads manifests of format 1");
        return rk_mfaults_keep(faults, err);
    }
    if (check_images(m, faults, err))
        return err->rc;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!can_be_asked(m, faults, &rules[i]) || rules[i].check(m, err) == RK_OK)
            continue;
        if (rk_mfaults_keep(faults, err))
            return err->rc;
        if (rules[i].spoils != NULL)
            faults->sections |= bit_of(m, rules[i].spoils);
    }
    return RK_OK;
}
