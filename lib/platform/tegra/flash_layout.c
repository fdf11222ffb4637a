/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/tegra/flash_layout.h"

#include "base/mem.h"
#include "base/xml.h"
#include "rotkit/hex.h"

#include <string.h>

enum { TEXT = 256, ATTRIBUTE_GROWS = 0x800 };
#define DEVICE_MAX ((uint64_t)16 << 40) /* bytes */
static const char file[] = "layout";

void rk_flash_free(struct rk_flash_device *device)
{
    rk_free(device);
}

static enum rk_rc bad(struct rk_xv at, struct rk_err *err, const char *what, const char *found)
{
    return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(at), 0, "%s: found \"%s\"", what, found);
}

static enum rk_rc read_number(struct rk_xv at, const char *what, const char *text, uint64_t *ret,
                              struct rk_err *err)
{
    struct rk_err detail;

    if (rk_parse_u64(text, UINT64_MAX, ret, &detail))
        return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(at), 0, "%s: %s", what, detail.msg);
    return RK_OK;
}

static enum rk_rc attribute_number(struct rk_xv at, const char *name, uint64_t *ret,
                                   struct rk_err *err)
{
    char text[TEXT];

    rk_xml_attribute(at, name, text, sizeof text);
    return read_number(at, name, text, ret, err);
}

/* The element's number; def when it is absent. */
static enum rk_rc element_number(struct rk_xv partition, const char *name, uint64_t def,
                                 uint64_t *ret, struct rk_err *err)
{
    struct rk_xv element = rk_xml_child(partition, name);
    char text[TEXT];

    *ret = def;
    if (element.node == NULL)
        return RK_OK;
    rk_xml_text(element, text, sizeof text);
    return read_number(element, name, text, ret, err);
}

static enum rk_rc round_up(struct rk_xv at, uint64_t align, uint64_t *start, struct rk_err *err)
{
    if (align == 0)
        return RK_OK;
    if (*start > DEVICE_MAX || align > DEVICE_MAX)
        return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(at), 0,
                          "start or align_boundary is larger than any device");
    *start = (*start + align - 1) / align * align;
    return RK_OK;
}

/* start = start_location or the cursor, rounded up to align_boundary; the cursor follows. */
static enum rk_rc place(struct rk_xv at, const struct rk_flash_device *device,
                        struct rk_flash_partition *p, uint64_t *cursor, struct rk_err *err)
{
    uint64_t align, attribute;

    if (element_number(at, "size", 0, &p->size, err) ||
        element_number(at, "align_boundary", 0, &align, err) ||
        element_number(at, "allocation_attribute", 8, &attribute, err) ||
        element_number(at, "start_location", *cursor, &p->start, err) ||
        round_up(at, align, &p->start, err))
        return err->rc;
    if (p->start >= device->size)
        return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                          "partition \"%s\" starts at 0x%llx, the device has 0x%llx bytes", p->name,
                          (unsigned long long)p->start, (unsigned long long)device->size);
    if (p->size == UINT64_MAX || (attribute & ATTRIBUTE_GROWS) != 0)
        p->size = device->size - p->start;
    if (p->size == 0)
        return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0, "partition \"%s\" has no size",
                          p->name);
    if (p->size > device->size - p->start)
        return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                          "partition \"%s\" is 0x%llx bytes at 0x%llx, the device ends at 0x%llx",
                          p->name, (unsigned long long)p->size, (unsigned long long)p->start,
                          (unsigned long long)device->size);
    *cursor = p->start + p->size;
    return RK_OK;
}

static enum rk_rc check_against_others(const struct rk_flash_device *device,
                                       const struct rk_flash_partition *p, struct rk_err *err)
{
    for (size_t i = 0; i < device->count; i++) {
        const struct rk_flash_partition *q = &device->partition[i];

        if (strcmp(p->name, q->name) == 0)
            return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                              "partition \"%s\" is on line %u already", p->name, q->line);
        if (p->start < q->start + q->size && q->start < p->start + p->size)
            return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                              "partition \"%s\" at 0x%llx overlaps \"%s\" at 0x%llx of line %u",
                              p->name, (unsigned long long)p->start, q->name,
                              (unsigned long long)q->start, q->line);
    }
    return RK_OK;
}

static enum rk_rc read_partition(struct rk_xv at, struct rk_flash_device *device, uint64_t *cursor,
                                 struct rk_err *err)
{
    struct rk_flash_partition *p = &device->partition[device->count];
    char text[TEXT];

    if (device->count == RK_FLASH_PARTITIONS_MAX)
        return bad(at, err, "more than 256 partitions", rk_xml_name(at));
    *p = (struct rk_flash_partition) { .line = rk_xml_line(at) };
    rk_xml_attribute(at, "name", text, sizeof text);
    if (text[0] == '\0' || strlen(text) > RK_FLASH_NAME)
        return bad(at, err, "partition: name of 1 to 36 characters expected", text);
    memcpy(p->name, text, strlen(text));
    rk_xml_attribute(at, "type", p->type, sizeof p->type);
    if (p->type[0] == '\0')
        return bad(at, err, "partition without a type", p->name);
    rk_xml_attribute(at, "oem_sign", text, sizeof text);
    p->oem_sign = strcmp(text, "true") == 0;
    rk_xml_text(rk_xml_child(at, "partition_type_guid"), p->type_guid, sizeof p->type_guid);
    rk_xml_text(rk_xml_child(at, "unique_guid"), p->unique_guid, sizeof p->unique_guid);
    if (place(at, device, p, cursor, err) || check_against_others(device, p, err))
        return err->rc;
    device->count++;
    return RK_OK;
}

static enum rk_rc read_device(struct rk_xv at, struct rk_flash_device *device, struct rk_err *err)
{
    uint64_t sectors, cursor = 0;

    if (attribute_number(at, "sector_size", &device->sector_size, err) ||
        attribute_number(at, "num_sectors", &sectors, err))
        return err->rc;
    if (device->sector_size == 0 || sectors == 0 || sectors > DEVICE_MAX / device->sector_size)
        return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(at), 0,
                          "device of %llu sectors of %llu bytes", (unsigned long long)sectors,
                          (unsigned long long)device->sector_size);
    device->size = sectors * device->sector_size;
    for (struct rk_xv p = rk_xml_child(at, "partition"); p.node != NULL;
         p = rk_xml_next(p, "partition")) {
        if (read_partition(p, device, &cursor, err))
            return err->rc;
    }
    if (device->count == 0)
        return bad(at, err, "device without partitions", device->type);
    return RK_OK;
}

enum rk_rc rk_flash_parse(const uint8_t *text, size_t len, const char *device_type,
                          struct rk_flash_device **ret, struct rk_err *err)
{
    RK_AUTO(rk_xml_done) rk_xml *xml = NULL;
    RK_AUTO(rk_flash_done) struct rk_flash_device *device = rk_alloc(1, sizeof *device);
    struct rk_xv root, at;
    char version[32];

    if (device == NULL)
        return rk_fail_nomem(err);
    if (rk_xml_parse(text, len, file, &xml, err))
        return err->rc;
    root = rk_xml_root(xml);
    if (strcmp(rk_xml_name(root), "partition_layout") != 0)
        return bad(root, err, "expected partition_layout", rk_xml_name(root));
    rk_xml_attribute(root, "version", version, sizeof version);
    if (strcmp(version, "01.00.0000") != 0)
        return bad(root, err, "version: expected 01.00.0000", version);
    for (at = rk_xml_child(root, "device"); at.node != NULL; at = rk_xml_next(at, "device")) {
        rk_xml_attribute(at, "type", device->type, sizeof device->type);
        if (strcmp(device->type, device_type) == 0)
            break;
    }
    if (at.node == NULL)
        return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(root), 0, "no device of type \"%s\"",
                          device_type);
    if (read_device(at, device, err))
        return err->rc;
    *ret = device;
    device = NULL;
    return RK_OK;
}
