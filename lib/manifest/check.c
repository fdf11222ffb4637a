/* SPDX-License-Identifier: Apache-2.0 */
/* Rules between values of the manifest. What needs files or keys is checked by the plan of a build.
 */
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

static enum rk_rc check_ek(const struct rk_manifest *m, bool odm, struct rk_err *err)
{
    if (odm != (m->ek.at.line != 0))
        return bad(m, odm ? m->devices.at : m->ek.at, err,
                   odm ? "section ek is missing: roles odm and both certify EKs"
                       : "ek: role oem certifies no EK, remove the section");
    if (!odm)
        return RK_OK;
    if (m->ek.certificate.not_after.set && m->ek.certificate.validity_days.set)
        return bad(m, m->ek.certificate.validity_days.at, err,
                   "ek.certificate: not-after and validity-days exclude each other");
    if (!is_hex_id(m->ek.certificate.manufacturer.v) ||
        strlen(m->ek.certificate.manufacturer.v) != 11)
        return bad(m, m->ek.certificate.manufacturer.at, err,
                   "ek.certificate.manufacturer: expected id: and 8 hex digits");
    if (!is_hex_id(m->ek.certificate.version.v))
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

static enum rk_rc check_image(const struct rk_manifest *m, const struct rk_mimage *image,
                              struct rk_err *err)
{
    bool bsp = strcmp(image->encrypted_by.v, "bsp") == 0;

    if (!is_file_name(image->name))
        return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                "images: \"%s\" is no name for a file below images/", image->name);
    if (find_pair(&m->components, image->name) != NULL)
        return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                "images: \"%s\" is the name of a component too", image->name);
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

/* Those of image-types stand among the others. */
static enum rk_rc check_once(const struct rk_manifest *m, size_t i, struct rk_err *err)
{
    const struct rk_mimage *image = &m->images.v[i];

    for (size_t k = 0; k < i; k++) {
        if (strcmp(m->images.v[k].name, image->name) == 0)
            return rk_manifest_fail(m, image->at, err, RK_E_USAGE,
                                    "images: \"%s\" is the name of the image on line %u too",
                                    image->name, m->images.v[k].at.line);
    }
    return RK_OK;
}

static enum rk_rc check_images(const struct rk_manifest *m, struct rk_err *err)
{
    for (size_t i = 0; i < m->images.count; i++) {
        if (check_image(m, &m->images.v[i], err) || check_once(m, i, err))
            return err->rc;
    }
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
        return bad(m, m->platform.at, err, "neither devices nor images: there is nothing to make");
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
static enum rk_rc check_by(enum rk_rc (*check)(const struct rk_given *given, struct rk_err *err),
                           const struct rk_manifest *m, struct rk_err *err)
{
    const struct rk_given given = rk_manifest_given(m);

    return check == NULL ? RK_OK : check(&given, err);
}

enum rk_rc rk_manifest_check(const struct rk_manifest *m, struct rk_err *err)
{
    bool odm = strcmp(m->role.v, "oem") != 0;

    if (m->rotkit.v != 1)
        return bad(m, m->rotkit.at, err, "rotkit: this version reads manifests of format 1");
    if (check_images(m, err))
        return err->rc;
    if (m->devices.at.line == 0)
        return check_no_devices(m, err);
    if (check_by(m->row->check_devices, m, err) || check_range(m, err) || check_ek(m, odm, err) ||
        check_licence(m, err))
        return err->rc;
    return check_by(m->row->check, m, err);
}
