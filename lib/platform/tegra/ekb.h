/* SPDX-License-Identifier: Apache-2.0 */
/* Wire form of the EKB, and what its writer, reader and inspector share. Source:
 * jetson-ftpm-ekb.md 2.1. */
#pragma once

#include "base/layout.h"
#include "rotkit/ekb.h"

enum {
    RK_EKB_HEADER_WIRE = 16,
    RK_EKB_CONTENT_WIRE = 16,
    RK_EKB_BLOCK = 16,
    RK_EKB_SIZE_MIN = 1024, /* of what follows the size word; smaller images are padded */
};

struct rk_ekb_header {
    uint32_t ekb_size; /* file length less 4 */
    uint8_t magic[8];
    uint16_t major, minor;
};
struct rk_ekb_content {
    uint32_t enc_data_len;
    uint8_t magic[4];
    uint8_t zero[8];
};
extern const struct rk_field rk_ekb_header_layout[4];
extern const struct rk_field rk_ekb_content_layout[3];
extern const uint8_t rk_ekb_magic[8], rk_ekb_content_magic[4];

/* EKB_EK or EKB_AK, by label, from the fuse key and FV. */
enum rk_rc rk_ekb_derive_key(const rk_mac *root, const uint8_t fv[16], const char *label,
                             struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
/* AES-128-CBC without padding, in place. */
enum rk_rc rk_ekb_crypt(const rk_ctx *ctx, const struct rk_secret *key, const uint8_t iv[16],
                        bool encrypt, struct rk_secret *data, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_ekb_compute_mac(const rk_mac *root, const uint8_t fv[16], const uint8_t *covered,
                              size_t len, struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
const char *rk_ekb_tag_name(uint32_t tag);
