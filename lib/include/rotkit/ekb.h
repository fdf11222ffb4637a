/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted key blobs (EKB, eks.img): the two legacy forms, 1.0 and 2.0. 2.1 (Thor) is refused.
 * Source: formats/jetson-ftpm-ekb.md section 2; proven by tests/data/vectors/ekb/eks.
 */
#pragma once

#include "ftpmprov/ekb.h"
#include "rotkit/mac.h"

enum {
    RK_EKB_IMAGE_MAX = 131072,
    RK_EKB_SLOT_MAX = 64 << 20, /* a partition that holds one: padding, or what else there is */
    RK_EKB_CERT_MAX = 2048,
    RK_EKB_ITEMS_MAX = 64
};

struct rk_ekb_item {
    uint32_t tag;
    struct rk_secret value;
};
struct rk_ekb {
    enum rk_ekb_version version;
    uint8_t fv[16]; /* 2.0: in the file; otherwise from outside */
    uint8_t iv[16];
    struct rk_ekb_item items[RK_EKB_ITEMS_MAX]; /* in file order */
    size_t item_count;
};
void rk_ekb_done(struct rk_ekb *ekb);

/*
 * The rules of jetson-ftpm-ekb.md section 8 for a blob a secure-boot device will take: tag 4
 * present, 91..94 complete or absent (or the online set), certificates of 1 to 2048 bytes, sizes
 * of keys by platform. RK_E_USAGE names the tag and what to do. The legacy form has no tags: no
 * rule applies to it.
 */
enum rk_rc rk_ekb_check(const struct rk_ekb *ekb, size_t root_key_len,
                        struct rk_err *err) RK_MUST_CHECK;

/* Encrypts and MACs exactly what ekb says (no rule but the image limit). root is the fuse key. */
enum rk_rc rk_ekb_write(const rk_mac *root, const struct rk_ekb *ekb, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/*
 * Opens an image. fv NULL takes it from a 2.0 file and is RK_E_USAGE for older ones.
 * RK_E_VERIFY when the CMAC does not hold (wrong key or wrong FV), RK_E_FORMAT otherwise.
 */
enum rk_rc rk_ekb_read(const rk_mac *root, const uint8_t *fv, const uint8_t *image, size_t len,
                       struct rk_ekb *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * What can be told without the key: version, sizes, pad, FV. Also checks the outer structure. The
 * size word says how long the image is: what stands behind it, as in a flash partition, is left
 * alone, here and by rk_ekb_read.
 */
struct rk_ekb_outline {
    size_t len; /* of the image */
    enum rk_ekb_version version;
    uint16_t major, minor;
    uint8_t fv[16], cmac[16], iv[16];
    size_t cmac_offset, content_offset, iv_offset, ciphertext_offset, ciphertext_len, pad_len;
};
enum rk_rc rk_ekb_outline(const uint8_t *image, size_t len, struct rk_ekb_outline *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/*
 * The next image in a dump, at *at or behind it: true with its place in *at and its outline, false
 * when there is none whose structure holds.
 */
bool rk_ekb_next(const uint8_t *dump, size_t len, size_t *at, struct rk_ekb_outline *ret);
/*
 * Sets the IV, and the FV of 2.0, from what they protect, so that rebuilds are equal and two
 * contents never share an IV under one key:
 *   KDF108-CMAC(root, label "rotkit EKB nonces", context SHA-256(version | plaintext), 256 bit)
 * with a 32-bit counter; the first half is the IV, the second the FV. version is one byte of enum
 * rk_ekb_version, plaintext the padded list of items. The rest of what the CMAC covers (content
 * header) follows from these. The FV of older forms stays as it is: it belongs to the device.
 */
enum rk_rc rk_ekb_derive_nonces(const rk_mac *root, struct rk_ekb *ekb,
                                struct rk_err *err) RK_MUST_CHECK;
