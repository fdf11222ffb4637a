/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout tables: a fixed structure is a table of fields in wire order; read, write and inspect walk
 * it. The row macros check the member's C type.
 */
#pragma once

#include "base/rd.h"
#include "base/wr.h"
#include <stddef.h>
#include <stdint.h>

enum rk_kind { RK_KIND_LE, RK_KIND_BE, RK_KIND_BYTES };

struct rk_field {
    const char *name;
    enum rk_kind kind;
    size_t width;  /* bytes on the wire and in memory */
    size_t member; /* offset in the C structure */
};

/* The width of an unsigned member; anything else does not compile. */
#define RK_UWIDTH(type, member)                                                                    \
    _Generic(((type *)0)->member, uint8_t : 1, uint16_t : 2, uint32_t : 4, uint64_t : 8)
/* Only an array of uint8_t has this type of address. */
#define RK_AWIDTH(type, member)                                                                    \
    _Generic(&((type *)0)->member, uint8_t(*)[sizeof(((type *)0)->member)]                         \
             : sizeof(((type *)0)->member))
#define RK_LE(type, m)                                                                             \
    {                                                                                              \
#m, RK_KIND_LE, RK_UWIDTH(type, m), offsetof(type, m)                                      \
    }
#define RK_BE(type, m)                                                                             \
    {                                                                                              \
#m, RK_KIND_BE, RK_UWIDTH(type, m), offsetof(type, m)                                      \
    }
#define RK_BYTES(type, m)                                                                          \
    {                                                                                              \
#m, RK_KIND_BYTES, RK_AWIDTH(type, m), offsetof(type, m)                                   \
    }

size_t rk_layout_wire(const struct rk_field *fields, size_t count);
void rk_layout_read(const struct rk_field *fields, size_t count, struct rk_rd *rd, void *ret);
void rk_layout_write(const struct rk_field *fields, size_t count, const void *from,
                     struct rk_wr *wr);
/* The field's value for people: a number in hex, or the first 32 bytes. */
void rk_field_text(const struct rk_field *field, const void *from, char *note, size_t size);
