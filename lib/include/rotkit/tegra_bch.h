/* SPDX-License-Identifier: Apache-2.0 */
/* The 8 KiB NVDA header in front of Orin boot images. Source: boot-images.md 1.3. */
#pragma once

#include "rotkit/format_row.h"
#include "base/layout.h"

enum {
    RK_BCH_WIRE = 0x2000,
    RK_BCH_OUTER_DIGEST = 0x4,  /* SHA-512 of [0x44, 0x2000) */
    RK_BCH_INNER_DIGEST = 0x50, /* SHA-512 of [0xfc0, 0x2000) */
    RK_BCH_SIGNATURE = 0x90,
    RK_BCH_PCP = 0xba0,
    RK_BCH_SIGNED = 0xfc0, /* to 0x2000 */
    RK_BCH_STAGE2_COUNT = 0xfe0,
    RK_BCH_STAGE2 = 0x1400, /* 8 of 0xa0 */
    RK_BCH_FLAGS0 = 0x141c, /* of the first */
    RK_BCH_STAGE2_DIGEST = 0x1460,
    RK_BCH_STAGE2_MAX = 8,
    RK_BCH_STAGE2_WIRE = 0xa0,
    RK_BCH_NV_SIGNATURE = 0x1900, /* 0x180 */
    RK_BCH_STAGE1_COUNT = 0x1aa0,
    RK_BCH_STAGE1 = 0x1ee0, /* 2 of 0x90 */
    RK_BCH_STAGE1_MAX = 2,
    RK_BCH_STAGE1_WIRE = 0x90,
    RK_BCH_ENCRYPTED = 1 << 26, /* flags0 */
    RK_BCH_COMPRESSED = 1 << 27,
};

struct rk_bch_stage2 {
    uint8_t magic[4];
    uint32_t length, load, entry, version, reserved, start_block, flags0, uncompressed_length;
    uint32_t flags1, compressed_length, flags2;
    uint8_t derivation_string[16];
    uint32_t reserved2;
    uint8_t iv[12], tag[16], digest[64];
};
struct rk_bch_stage1 {
    uint8_t magic[4];
    uint32_t length, load, entry, version, reserved;
    uint64_t partition_offset;
    uint8_t derivation_string[16];
    uint32_t reserved2;
    uint8_t iv[12], tag[16], digest[64];
};
enum { RK_BCH_STAGE2_FIELDS = 17, RK_BCH_STAGE1_FIELDS = 12 };
extern const struct rk_field rk_bch_stage2_layout[RK_BCH_STAGE2_FIELDS];
extern const struct rk_field rk_bch_stage1_layout[RK_BCH_STAGE1_FIELDS];

extern const uint8_t rk_bch_magic[4]; /* NVDA: the header of T194 begins so too */
/* Sets both digests of a header, the inner one first. */
enum rk_rc rk_bch_set_digests(uint8_t header[RK_BCH_WIRE], struct rk_err *err) RK_MUST_CHECK;
/* Whether a file starts with NVDA and is at least a header long. */
bool rk_bch_is(const uint8_t *file, size_t len);
/*
 * Encrypted under a user key, not the SBK: marked encrypted, with neither a stage 1 component nor
 * an OEM signature. That is kernel-encrypted.
 */
bool rk_bch_is_user_encrypted(const uint8_t *file, size_t len);
/* RK_E_VERIFY "NAME does not hold" unless want is the SHA-512 of the bytes, which stand at `at`. */
enum rk_rc rk_bch_check_digest(const uint8_t *bytes, size_t len, const uint8_t want[64],
                               const char *name, size_t at, struct rk_err *err) RK_MUST_CHECK;
/* Both digests of a header, and the guard for them. */
enum rk_rc rk_bch_check_header(const uint8_t *file, struct rk_map *map,
                               struct rk_err *err) RK_MUST_CHECK;
/* Component version bytes: major, minor, ratchet. As a number that grows with what must not fall.
 */
uint64_t rk_bch_ratchet(uint32_t version);
