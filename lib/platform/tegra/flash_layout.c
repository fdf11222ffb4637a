/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/tegra/flash_layout.h"

#include "base/mem.h"
#include "base/xml.h"
#include "platform/tegra/gpt.h"
#include "rotkit/counted.h"
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

/* ---- numbers, and the words that the BSP's flashing script replaces by one ---- */

struct layout {
    struct rk_flash_device *device;
    const char *placeholders; /* "NAME=NUMBER,NAME=NUMBER"; NULL: none */
};

static bool is_placeholder(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return text[0] >= 'A' && text[0] <= 'Z' && text[len] == '\0';
}

/* The value as text; "" when it has none. */
static void find_value(const char *list, const char *name, char ret[TEXT])
{
    size_t len = strlen(name);

    ret[0] = '\0';
    while (list != NULL && *list != '\0') {
        size_t item = strcspn(list, ",");

        if (item > len && item - len <= TEXT && list[len] == '=' && strncmp(list, name, len) == 0) {
            memcpy(ret, list + len + 1, item - len - 1);
            ret[item - len - 1] = '\0';
            return;
        }
        list += item + (list[item] == ',' ? 1 : 0);
    }
}

static enum rk_rc read_number(const struct layout *in, struct rk_xv at, const char *what,
                              const char *text, uint64_t *ret, struct rk_err *err)
{
    char value[TEXT];
    struct rk_err detail;

    if (is_placeholder(text)) {
        find_value(in->placeholders, text, value);
        if (value[0] == '\0') {
            (void)rk_fail_at(
                err, RK_E_FORMAT, file, rk_xml_line(at), 0,
                "%s: \"%s\" is a placeholder, which the BSP's flashing script replaces", what,
                text);
            return rk_note(err,
                           "pack qspi takes its value: --set placeholders=%s=NUMBER; elsewhere the "
                           "layout needs the number itself",
                           text);
        }
        text = value;
    }
    if (rk_parse_u64(text, UINT64_MAX, ret, &detail))
        return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(at), 0, "%s: %s", what, detail.msg);
    return RK_OK;
}

static enum rk_rc attribute_number(const struct layout *in, struct rk_xv at, const char *name,
                                   uint64_t *ret, struct rk_err *err)
{
    char text[TEXT];

    rk_xml_attribute(at, name, text, sizeof text);
    return read_number(in, at, name, text, ret, err);
}

/* The element's number; def when it is absent. */
static enum rk_rc element_number(const struct layout *in, struct rk_xv partition, const char *name,
                                 uint64_t def, uint64_t *ret, struct rk_err *err)
{
    struct rk_xv element = rk_xml_child(partition, name);
    char text[TEXT];

    *ret = def;
    if (element.node == NULL)
        return RK_OK;
    rk_xml_text(element, text, sizeof text);
    return read_number(in, element, name, text, ret, err);
}

/* ---- places ---- */

static enum rk_rc round_up(const struct rk_flash_partition *p, uint64_t *start, struct rk_err *err)
{
    if (p->align == 0)
        return RK_OK;
    if (*start > DEVICE_MAX || p->align > DEVICE_MAX)
        return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                          "start or align_boundary is larger than any device");
    *start = (*start + p->align - 1) / p->align * p->align;
    return RK_OK;
}

static bool is_secondary(const struct rk_flash_partition *p)
{
    return strcmp(p->type, "secondary_gpt") == 0;
}

/*
 * Where a partition that fills has to end, so that those behind it find their places: the BSP's own
 * layouts say of it "except space occupied by secondary_gpt", whose size is "the rest" as well, and
 * stands for the table itself.
 */
static enum rk_rc find_end(const struct rk_flash_device *device, size_t i, uint64_t *ret,
                           struct rk_err *err)
{
    const struct rk_flash_partition *fills = &device->partition[i];
    uint64_t end = device->size;

    for (size_t k = device->count; k-- > i + 1;) {
        const struct rk_flash_partition *p = &device->partition[k];
        uint64_t size = p->fills ? (uint64_t)RK_GPT_HEAD : p->size;

        if (p->fills && !is_secondary(p))
            return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                              "partition \"%s\" takes the rest of the device, as \"%s\" of line %u "
                              "does",
                              p->name, fills->name, fills->line);
        if (size > end)
            return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                              "partition \"%s\" finds no room behind \"%s\"", p->name, fills->name);
        end = p->location != UINT64_MAX ? p->location : end - size;
        end -= p->align == 0 ? 0 : end % p->align;
    }
    *ret = end;
    return RK_OK;
}

/* start = start_location or the cursor, rounded up to align_boundary; the cursor follows. */
static enum rk_rc place(const struct rk_flash_device *device, size_t i,
                        struct rk_flash_partition *p, uint64_t *cursor, struct rk_err *err)
{
    uint64_t end = 0;

    p->start = p->location == UINT64_MAX ? *cursor : p->location;
    if (round_up(p, &p->start, err))
        return err->rc;
    if (p->start >= device->size)
        return rk_fail_at(err, RK_E_FORMAT, file, p->line, 0,
                          "partition \"%s\" starts at 0x%llx, the device has 0x%llx bytes", p->name,
                          (unsigned long long)p->start, (unsigned long long)device->size);
    if (p->fills) {
        if (find_end(device, i, &end, err))
            return err->rc;
        p->size = end > p->start ? end - p->start : 0;
    }
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

/* Those in front of it. */
static enum rk_rc check_against_others(const struct rk_flash_device *device, size_t count,
                                       const struct rk_flash_partition *p, struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
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

static enum rk_rc place_all(struct rk_flash_device *device, struct rk_err *err)
{
    uint64_t cursor = 0;

    for (size_t i = 0; i < device->count; i++) {
        struct rk_flash_partition *p = &device->partition[i];

        if (place(device, i, p, &cursor, err) || check_against_others(device, i, p, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- the file ---- */

static enum rk_rc read_partition(const struct layout *in, struct rk_xv at, struct rk_err *err)
{
    struct rk_flash_device *device = in->device;
    struct rk_flash_partition *p = &device->partition[device->count];
    uint64_t attribute;
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
    if (element_number(in, at, "size", 0, &p->size, err) ||
        element_number(in, at, "align_boundary", 0, &p->align, err) ||
        element_number(in, at, "allocation_attribute", 8, &attribute, err) ||
        element_number(in, at, "start_location", UINT64_MAX, &p->location, err))
        return err->rc;
    p->fills = p->size == UINT64_MAX || (attribute & ATTRIBUTE_GROWS) != 0;
    device->count++;
    return RK_OK;
}

static enum rk_rc read_device(const struct layout *in, struct rk_xv at, struct rk_err *err)
{
    struct rk_flash_device *device = in->device;
    uint64_t sectors;

    if (attribute_number(in, at, "sector_size", &device->sector_size, err) ||
        attribute_number(in, at, "num_sectors", &sectors, err))
        return err->rc;
    if (device->sector_size == 0 || sectors == 0 || sectors > DEVICE_MAX / device->sector_size)
        return rk_fail_at(err, RK_E_FORMAT, file, rk_xml_line(at), 0,
                          "device of %llu sectors of %s", (unsigned long long)sectors,
                          RK_COUNTED(device->sector_size, "byte"));
    device->size = sectors * device->sector_size;
    for (struct rk_xv p = rk_xml_child(at, "partition"); p.node != NULL;
         p = rk_xml_next(p, "partition")) {
        if (read_partition(in, p, err))
            return err->rc;
    }
    if (device->count == 0)
        return bad(at, err, "device without partitions", device->type);
    return place_all(device, err);
}

enum rk_rc rk_flash_parse(const uint8_t *text, size_t len, const char *device_type,
                          const char *placeholders, struct rk_flash_device **ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_xml_done) rk_xml *xml = NULL;
    RK_AUTO(rk_flash_done) struct rk_flash_device *device = rk_alloc(1, sizeof *device);
    const struct layout in = { device, placeholders };
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
    if (read_device(&in, at, err))
        return err->rc;
    *ret = device;
    device = NULL;
    return RK_OK;
}
