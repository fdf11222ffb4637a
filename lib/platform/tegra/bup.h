/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA's update package. Source: boot-images.md 3.1. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { RK_BUP_ENTRIES_MAX = 512, RK_BUP_NAME = 40, RK_BUP_SPEC = 128 };

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
