/* SPDX-License-Identifier: Apache-2.0 */
/* What a capsule looks like to people. */
#include "image/uefi/capsule.h"

#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>

static enum rk_rc add_fields(const struct rk_field *fields, size_t count, const void *from,
                             uint64_t at, size_t len, const char *name, struct rk_map *map,
                             struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    return rk_region_add(map, parent, at, len, name, &region, err) ||
                   rk_layout_map(fields, count, from, at, region, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc add_signature(const struct rk_capsule_payload *p, struct rk_map *map,
                                struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if (add_fields(rk_capsule_auth_layout, RK_CAPSULE_AUTH_FIELDS, &p->auth, p->auth_at,
                   p->der_at - p->auth_at, "authentication", map, parent, err))
        return err->rc;
    return rk_region_add(map, parent, p->der_at, p->der_len, "SignedData", &region, err);
}

static enum rk_rc add_payload_header(const struct rk_capsule_payload *p, struct rk_map *map,
                                     struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if (rk_region_add(map, parent, p->header_at, RK_CAPSULE_PAYLOAD_HEADER, "FMP payload header",
                      &region, err) ||
        rk_layout_map(rk_capsule_payload_layout, RK_CAPSULE_PAYLOAD_FIELDS, &p->header,
                      p->header_at, region, err))
        return err->rc;
    region->loaded = true;
    rk_region_set_child_ratchet(region, "version", p->header.version);
    rk_region_set_child_ratchet(region, "lowest_supported_version",
                                p->header.lowest_supported_version);
    return RK_OK;
}

static enum rk_rc add_content(const struct rk_capsule_payload *p, struct rk_map *map,
                              struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if (p->depends_len != 0) {
        if (rk_region_add(map, parent, p->depends_at, p->depends_len, "dependencies", &region, err))
            return err->rc;
        region->loaded = true;
    }
    if (p->has_header && add_payload_header(p, map, parent, err))
        return err->rc;
    if (rk_region_add(map, parent, p->at, p->len, "payload", &region, err))
        return err->rc;
    region->nested = region->loaded = true;
    if (p->image.vendor_size == 0)
        return RK_OK;
    if (rk_region_add(map, parent, p->vendor_at, p->image.vendor_size, "vendor's bytes", &region,
                      err))
        return err->rc;
    region->loaded = true;
    return RK_OK;
}

/* Right under the root where there is one alone. */
static enum rk_rc add_payload(const struct rk_capsule *c, const uint8_t *file, size_t index,
                              bool *all_signed, struct rk_map *map, struct rk_err *err)
{
    static const size_t fields[] = { 6, 7, RK_CAPSULE_IMAGE_FIELDS };
    struct rk_region *parent = map->root;
    struct rk_capsule_payload p;
    char type[RK_GUID_TEXT], name[24];

    (void)snprintf(name, sizeof name, "payload %zu of %u", index + 1, c->fmp.items);
    if (rk_capsule_payload_read(c, file, index, &p, err))
        return c->fmp.items == 1 ? err->rc : rk_wrap(err, "%s", name);
    if (c->fmp.items != 1 &&
        rk_region_add(map, map->root, p.image_at, p.vendor_at + p.image.vendor_size - p.image_at,
                      name, &parent, err))
        return err->rc;
    rk_guid_text(p.image.type, type);
    (void)snprintf(parent->note, sizeof parent->note, "image type %s%s", type,
                   c->fmp.items == 1 || p.is_signed ? "" : ", not signed");
    if (add_fields(rk_capsule_image_layout, fields[p.image.version - 1], &p.image, p.image_at,
                   p.image_wire, "FMP image header", map, parent, err) ||
        (p.is_signed && add_signature(&p, map, parent, err)) || add_content(&p, map, parent, err))
        return err->rc;
    *all_signed = *all_signed && p.is_signed;
    return RK_OK;
}

static enum rk_rc add_drivers(const struct rk_capsule *c, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;

    for (size_t i = 0; i < c->fmp.drivers; i++) {
        if (rk_region_add(map, map->root, c->item[i], c->item[i + 1] - c->item[i],
                          "embedded driver", &region, err))
            return err->rc;
        region->nested = region->loaded = true;
    }
    return RK_OK;
}

static enum rk_rc add_fmp(const struct rk_capsule *c, const uint8_t *file, struct rk_map *map,
                          struct rk_err *err)
{
    size_t count = (size_t)c->fmp.drivers + c->fmp.items;
    bool all_signed = c->fmp.items != 0;
    struct rk_region *region, *offset;

    if (rk_region_add(map, map->root, c->body, RK_CAPSULE_FMP_HEADER + 8 * count,
                      "FMP capsule header", &region, err) ||
        rk_layout_map(rk_capsule_fmp_layout, RK_CAPSULE_FMP_FIELDS, &c->fmp, c->body, region, err))
        return err->rc;
    for (size_t i = 0; i < count; i++) {
        if (rk_region_add(map, region, c->body + RK_CAPSULE_FMP_HEADER + 8 * i, 8, "offset",
                          &offset, err))
            return err->rc;
        (void)snprintf(offset->note, sizeof offset->note, "0x%016zx", c->item[i] - c->body);
    }
    if (add_drivers(c, map, err))
        return err->rc;
    for (size_t i = 0; i < c->fmp.items; i++) {
        if (add_payload(c, file, i, &all_signed, map, err))
            return err->rc;
    }
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds, %s",
                   all_signed ? "signature not checked: needs the certificate" : "not signed");
    return RK_OK;
}

/* Those that firmware management does not take apart. */
static enum rk_rc add_other(const struct rk_capsule *c, const uint8_t *file, struct rk_map *map,
                            struct rk_err *err)
{
    static const char *const what[RK_CAPSULE_KINDS] = {
        [RK_CAPSULE_ACCEPT] = "accept capsule: keep the firmware that was tried",
        [RK_CAPSULE_REVERT] = "revert capsule: back to the firmware before",
        [RK_CAPSULE_OTHER] = "not by firmware management",
    };
    struct rk_region *region;
    char guid[RK_GUID_TEXT];

    rk_guid_text(c->head.guid, guid);
    (void)snprintf(map->root->note, sizeof map->root->note, "%s%s%s", what[c->kind],
                   c->kind == RK_CAPSULE_OTHER ? ": type " : "",
                   c->kind == RK_CAPSULE_OTHER ? guid : "");
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   c->kind == RK_CAPSULE_OTHER
                       ? "structure holds, not signed as firmware management does"
                       : "structure holds, not signed");
    if (c->body == c->len)
        return RK_OK;
    if (rk_region_add(map, map->root, c->body, c->len - c->body,
                      c->kind == RK_CAPSULE_ACCEPT ? "image type" : "payload", &region, err))
        return err->rc;
    region->loaded = true;
    if (c->kind == RK_CAPSULE_ACCEPT)
        rk_guid_text(file + c->body, region->note);
    else
        region->nested = true;
    return RK_OK;
}

enum rk_rc rk_capsule_parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_capsule c;

    if (rk_capsule_read(file, len, &c, err) ||
        add_fields(rk_capsule_head_layout, RK_CAPSULE_HEAD_FIELDS, &c.head, 0, c.head.header_size,
                   "capsule header", map, map->root, err))
        return err->rc;
    if (c.kind == RK_CAPSULE_FMP ? add_fmp(&c, file, map, err) : add_other(&c, file, map, err))
        return err->rc;
    return rk_map_rest(map, file, c.len, len, err);
}
