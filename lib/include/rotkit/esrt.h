/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board says of the last capsule in its ESRT (/sys/firmware/efi/esrt, fwupd):
 * last_attempt_status in words, and FwVersion, which stand there in decimal. Sources: UEFI 2.10,
 * 23.4; EDK2's FmpDevicePkg; edk2-nvidia's FmpDeviceLib (jetson-factory.md 5).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Those that rk_bup_match foretells. */
enum {
    RK_ESRT_VERSION_TOO_LOW = 4112,
    RK_ESRT_PACKAGE_HEADER = 6145,
    RK_ESRT_ENTRY_TABLE = 6147,
    RK_ESRT_TOO_BIG = 6148,
    RK_ESRT_PACKAGE_SIZE = 6149,
    RK_ESRT_NOT_IN_PACKAGE = 6151,
    RK_ESRT_SINGLE_IMAGE = 6153,
    RK_ESRT_NO_PARTITION = 6155,
    RK_ESRT_SINGLE_NOT_SET = 6161,
};

struct rk_esrt_status {
    uint32_t code;
    const char *name;    /* "image not in package" */
    const char *meaning; /* a sentence of what happened, and what to do where that is known */
};
/* NULL for a code that nothing public explains. */
const struct rk_esrt_status *rk_esrt_find(uint64_t code);
/* The name of one of the enumeration above. */
const char *rk_esrt_name(uint32_t code);
/* In ascending order; NULL past the end. */
const struct rk_esrt_status *rk_esrt_at(size_t i);

enum { RK_ESRT_VERSION_TEXT = 48 };
/* "0x00230500 = 2295040 = 35.5.0" (boot-images.md 3.2) */
void rk_esrt_version(uint32_t version, char ret[RK_ESRT_VERSION_TEXT]);
