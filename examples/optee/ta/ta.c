/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the fTPM TA, with what matters to rotkit and nothing else: the head of a trusted
 * application, and the property table with the placeholder of the seed. It is no TPM: put the
 * fTPM TA of your own board's build in its place (rotkit help optee says what is built into it).
 */
#include <stddef.h>
#include <stdint.h>

struct head { /* OP-TEE's struct ta_head */
    uint32_t time_low;
    uint16_t time_mid, time_hi;
    uint8_t node[8];
    uint32_t stack_size, flags;
    uint64_t entry;
};
__attribute__((section(".ta_head"), used)) const struct head ta_head = {
    0xbc50d971, 0xd4c9, 0x42c4, { 0x82, 0xcb, 0x34, 0x3f, 0xb7, 0xf3, 0x78, 0x96 }, 65536, 0, UINT64_MAX,
};

enum { STRING = 4, BINARY_BLOCK = 5 };
struct property { /* OP-TEE's struct user_ta_property */
    const char *name;
    uint32_t type;
    const void *value;
};
__attribute__((used)) const struct property ta_props[] = {
    { "gpd.ta.description", STRING, "stand-in for a firmware TPM" },
    { "com.microsoft.ta.endorsementSeed", BINARY_BLOCK,
      /* 64 zero bytes as base64: rotkit puts the seed of each device here. */
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==" },
};
__attribute__((used)) const size_t ta_num_props = sizeof ta_props / sizeof ta_props[0];

/* Where a TA would ask for its seed; the name stands here a second time. */
const char *ta_seed_name(void);
const char *ta_seed_name(void)
{
    return "com.microsoft.ta.endorsementSeed";
}
