/* SPDX-License-Identifier: Apache-2.0 */
/* GUID partition tables. Source: UEFI 2.10, 5.3; boot-images.md 4 (QSPI keeps the secondary one).
 */
#pragma once

#include "rotkit/format_row.h"

enum {
    RK_GPT_SECTOR = 512,
    RK_GPT_ENTRIES = 128,
    RK_GPT_ENTRY = 128,
    RK_GPT_ARRAY = RK_GPT_ENTRIES * RK_GPT_ENTRY, /* 32 sectors */
    RK_GPT_HEAD = RK_GPT_SECTOR + RK_GPT_ARRAY,   /* a table: header and entries */
    RK_GPT_NAME = 36,
};

struct rk_gpt_part {
    char name[RK_GPT_NAME + 1];
    uint8_t type[16], unique[16];
    uint64_t start, size; /* bytes */
};
struct rk_gpt {
    uint8_t disk[16];
    uint64_t device_size; /* bytes */
    struct rk_gpt_part *part;
    size_t count;
    const char *failed; /* which check sum does not hold when it was read; NULL: none */
};

/* The first byte that a partition of the table may have: behind MBR and primary table. */
uint64_t rk_gpt_first_usable(void);
uint64_t rk_gpt_last_usable(uint64_t device_size); /* the last such byte */

/* RK_GPT_HEAD bytes: entries, then header (secondary, at the device's end) or header, then entries
 * (primary, at sector 1). RK_E_USAGE for a partition outside of what is usable. */
enum rk_rc rk_gpt_write(const struct rk_gpt *gpt, bool primary, uint8_t *ret,
                        struct rk_err *err) RK_MUST_CHECK;
void rk_gpt_write_mbr(uint64_t device_size, uint8_t ret[RK_GPT_SECTOR]);

/*
 * Reads the secondary table at the end of a device; CRCs, bounds and overlaps are checked. The list
 * is sorted by start. RK_E_FORMAT. Of one whose CRC does not hold `failed` says which. Free part
 * with rk_free.
 */
enum rk_rc rk_gpt_read_secondary(const uint8_t *device, size_t len, struct rk_gpt *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
bool rk_gpt_has_secondary(const uint8_t *device, size_t len);
