/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVIDIA's update package: bup_read.c reads it, bup.c is the format, bup_facts.c states what UEFI
 * asks of it, bup_match.c holds it against a board. Source: boot-images.md 3.1.
 */
#pragma once

#include "base/layout.h"
#include "rotkit/format_row.h"

#include <stdbool.h>
#include <stddef.h>

#define RK_BUP_MAGIC "NVIDIA__BLOB__V"
enum {
    RK_BUP_HEADER = 40,
    RK_BUP_ENTRIES_MAX = 512,
    RK_BUP_NAME = 40,
    RK_BUP_ENTRY_HEAD = 56, /* in front of the spec */
    RK_BUP_SPEC = 128,
    RK_BUP_SPEC_V2 = 64,
    RK_BUP_ENTRY_V3 = RK_BUP_ENTRY_HEAD + RK_BUP_SPEC,
};

struct rk_bup_header {
    uint8_t magic[16];
    uint32_t version, blob_size, header_size, entry_count, type, uncompressed_size;
};
struct rk_bup_entry_head {
    uint8_t name[RK_BUP_NAME];
    uint32_t offset, size, version, op_mode;
};
enum { RK_BUP_HEADER_FIELDS = 7, RK_BUP_ENTRY_FIELDS = 5 };
extern const struct rk_field rk_bup_header_layout[RK_BUP_HEADER_FIELDS];
extern const struct rk_field rk_bup_entry_layout[RK_BUP_ENTRY_FIELDS];

struct rk_bup_entry {
    char name[RK_BUP_NAME + 1], spec[RK_BUP_SPEC + 1];
    uint32_t offset, len, version, op_mode;
    size_t at; /* of the entry itself */
};
struct rk_bup {
    size_t size; /* of the package, which may stand in a larger place */
    uint32_t version, header_size, count, type, uncompressed;
    unsigned layout; /* 2 or 3 */
    size_t entry_wire;
};
/* RK_E_FORMAT unless header, table and sizes hold, and the entries follow each other to the end. */
enum rk_rc rk_bup_read_header(const uint8_t *file, size_t len, struct rk_bup *ret,
                              struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_bup_read_entry(const uint8_t *file, size_t len, const struct rk_bup *bup, size_t i,
                             struct rk_bup_entry *ret, struct rk_err *err) RK_MUST_CHECK;
/* The size equation over all entries. */
enum rk_rc rk_bup_check(const uint8_t *file, size_t len, const struct rk_bup *bup,
                        struct rk_err *err) RK_MUST_CHECK;
bool rk_bup_is(const uint8_t *file, size_t len);

extern const struct rk_demand rk_bup_demands[];
enum rk_rc rk_bup_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
