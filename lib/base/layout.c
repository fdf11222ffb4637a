/* SPDX-License-Identifier: Apache-2.0 */
#include "base/layout.h"

#include "base/mem.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

static uint64_t load(const void *from, const struct rk_field *field)
{
    const uint8_t *at = (const uint8_t *)from + field->member;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    switch (field->width) {
    case 1:
        return *at;
    case 2:
        memcpy(&v16, at, sizeof v16);
        return v16;
    case 4:
        memcpy(&v32, at, sizeof v32);
        return v32;
    default:
        memcpy(&v64, at, sizeof v64);
        return v64;
    }
}

static void keep(void *ret, const struct rk_field *field, uint64_t value)
{
    uint8_t *at = (uint8_t *)ret + field->member;
    uint16_t v16 = (uint16_t)value;
    uint32_t v32 = (uint32_t)value;

    switch (field->width) {
    case 1:
        *at = (uint8_t)value;
        break;
    case 2:
        memcpy(at, &v16, sizeof v16);
        break;
    case 4:
        memcpy(at, &v32, sizeof v32);
        break;
    default:
        memcpy(at, &value, sizeof value);
    }
}

size_t rk_layout_wire(const struct rk_field *fields, size_t count)
{
    size_t wire = 0;

    for (size_t i = 0; i < count; i++)
        wire += fields[i].width;
    return wire;
}

void rk_layout_read(const struct rk_field *fields, size_t count, struct rk_rd *rd, void *ret)
{
    for (size_t i = 0; i < count; i++) {
        const struct rk_field *field = &fields[i];

        if (field->kind == RK_KIND_BYTES)
            rk_rd_bytes(rd, (uint8_t *)ret + field->member, field->width);
        else
            keep(ret, field,
                 field->kind == RK_KIND_LE ? rk_rd_le(rd, field->width)
                                           : rk_rd_be(rd, field->width));
    }
}

void rk_layout_write(const struct rk_field *fields, size_t count, const void *from,
                     struct rk_wr *wr)
{
    for (size_t i = 0; i < count; i++) {
        const struct rk_field *field = &fields[i];

        if (field->kind == RK_KIND_BYTES)
            rk_wr_bytes(wr, (const uint8_t *)from + field->member, field->width);
        else if (field->kind == RK_KIND_LE)
            rk_wr_le(wr, load(from, field), field->width);
        else
            rk_wr_be(wr, load(from, field), field->width);
    }
}

void rk_field_text(const struct rk_field *field, const void *from, char *note, size_t size)
{
    enum { SHOWN = 32 };
    char hex[2 * SHOWN + 1];
    size_t len = field->width < SHOWN ? field->width : SHOWN;

    if (field->kind != RK_KIND_BYTES) {
        (void)snprintf(note, size, "0x%0*llx", (int)(2 * field->width),
                       (unsigned long long)load(from, field));
        return;
    }
    rk_hex_write((const uint8_t *)from + field->member, len, hex);
    (void)snprintf(note, size, "%s%s", hex, len < field->width ? "..." : "");
}
