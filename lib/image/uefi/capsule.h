/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI capsules, read. Source: UEFI 2.10, 8.5.3 and 23.3; EDK2 DxeCapsuleLibFmp (which sizes it
 * takes) and FmpDevicePkg (dependencies, payload header); boot-images.md 3.2.
 *
 *   header, padded to HeaderSize ‖ body, which the header's GUID names:
 *     firmware management: FMP header, offsets of drivers, then of payloads ‖ drivers ‖ payloads,
 *       a payload: image header v1, v2 or v3 ‖ [count ‖ certificate] ‖ [dependencies] ‖
 *       [payload header MSS1] ‖ payload ‖ vendor's bytes
 *     accept: the image type that is accepted; revert: nothing
 *     any other: what the device with this GUID takes
 */
#pragma once

#include "rotkit/format_row.h"
#include "base/layout.h"

enum {
    RK_CAPSULE_MAX = 512 << 20,
    RK_CAPSULE_SHORT_HEADER = 0x1c, /* mkeficapsule; EDK2 writes 0x20 */
    RK_CAPSULE_FMP_HEADER = 8,
    RK_CAPSULE_ITEMS_MAX = 64,
    RK_CAPSULE_CERT_HEAD = 24, /* of WIN_CERTIFICATE_UEFI_GUID */
    RK_CAPSULE_PAYLOAD_HEADER = 16,
    RK_CAPSULE_AUTHENTICATION = 1, /* ImageCapsuleSupport */
    RK_CAPSULE_DEPENDENCY = 2,
    RK_CAPSULE_HEAD_FIELDS = 4,
    RK_CAPSULE_FMP_FIELDS = 3,
    RK_CAPSULE_IMAGE_FIELDS = 8,
    RK_CAPSULE_AUTH_FIELDS = 5,
    RK_CAPSULE_PAYLOAD_FIELDS = 4,
};

struct rk_capsule_head {
    uint8_t guid[16];
    uint32_t header_size, flags, image_size;
};
struct rk_capsule_fmp {
    uint32_t version;
    uint16_t drivers, items;
};
struct rk_capsule_image {
    uint32_t version;
    uint8_t type[16];
    uint8_t index, reserved[3];
    uint32_t image_size, vendor_size;
    uint64_t hardware_instance; /* since version 2 */
    uint64_t support;           /* since version 3 */
};
struct rk_capsule_auth {
    uint64_t monotonic_count;
    uint32_t length;
    uint16_t revision, certificate_type;
    uint8_t type[16];
};
struct rk_capsule_payload_header {
    uint8_t signature[4];
    uint32_t header_size, version, lowest_supported_version;
};
extern const struct rk_field rk_capsule_head_layout[RK_CAPSULE_HEAD_FIELDS];
extern const struct rk_field rk_capsule_fmp_layout[RK_CAPSULE_FMP_FIELDS];
extern const struct rk_field rk_capsule_image_layout[RK_CAPSULE_IMAGE_FIELDS];
extern const struct rk_field rk_capsule_auth_layout[RK_CAPSULE_AUTH_FIELDS];
extern const struct rk_field rk_capsule_payload_layout[RK_CAPSULE_PAYLOAD_FIELDS];
extern const uint8_t rk_capsule_mss1[4];

enum rk_capsule_kind {
    RK_CAPSULE_FMP,
    RK_CAPSULE_ACCEPT, /* of a firmware that was tried; U-Boot, FWU */
    RK_CAPSULE_REVERT,
    RK_CAPSULE_OTHER, /* not by firmware management */
    RK_CAPSULE_KINDS
};
/* The GUID of a kind that has one. */
void rk_capsule_guid(enum rk_capsule_kind kind, uint8_t ret[16]);

struct rk_capsule {
    enum rk_capsule_kind kind;
    struct rk_capsule_head head;
    struct rk_capsule_fmp fmp;
    size_t body, len;                      /* offsets of the body, and of the end */
    size_t item[RK_CAPSULE_ITEMS_MAX + 1]; /* offsets in the file: drivers, payloads, the end */
};
/* Whether the file starts like a capsule, by its GUID or, of any other, by its sizes. */
bool rk_capsule_recognise(const uint8_t *file, size_t len);
/* RK_E_FORMAT for what EDK2 would not take apart. */
enum rk_rc rk_capsule_read(const uint8_t *file, size_t len, struct rk_capsule *ret,
                           struct rk_err *err) RK_MUST_CHECK;

struct rk_capsule_payload {
    struct rk_capsule_image image;
    struct rk_capsule_auth auth;
    struct rk_capsule_payload_header header;
    bool is_signed, has_header;
    size_t image_at, image_wire, auth_at, der_at, der_len;
    size_t content_at, content_len; /* what is signed, with the count behind it */
    size_t depends_at, depends_len;
    size_t header_at, at, len, vendor_at;
};
/* Payload `index`, counted from 0. RK_E_FORMAT. */
enum rk_rc rk_capsule_payload_read(const struct rk_capsule *capsule, const uint8_t *file,
                                   size_t index, struct rk_capsule_payload *ret,
                                   struct rk_err *err) RK_MUST_CHECK;

/* The `parse` of the format. */
enum rk_rc rk_capsule_parse(const uint8_t *file, size_t len, struct rk_map *map,
                            struct rk_err *err) RK_MUST_CHECK;
