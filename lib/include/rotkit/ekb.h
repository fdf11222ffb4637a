/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted key blobs (EKB, eks.img): the two legacy forms, 1.0 and 2.0. 2.1 (Thor) is refused.
 * Source: formats/jetson-ftpm-ekb.md section 2; proven by tests/data/vectors/ekb/eks.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/mac.h"

enum { RK_EKB_IMAGE_MAX = 131072, RK_EKB_CERT_MAX = 2048, RK_EKB_ITEMS_MAX = 64 };

enum rk_ekb_version {
    RK_EKB_LEGACY,
    RK_EKB_1_0,
    RK_EKB_2_0
}; /* legacy: r35.1, two 16-byte keys, no TLV */

enum rk_ekb_tag { /* numbering of gen_ekb 1.5/1.6 */
                  RK_EKB_TAG_PAYLOAD_KEY = 1,
                  RK_EKB_TAG_DISK_KEY = 2,
                  RK_EKB_TAG_DEVICE_ID = 3,
                  RK_EKB_TAG_UEFI_AUTH_KEY = 4,
                  RK_EKB_TAG_FTPM_SN = 91,
                  RK_EKB_TAG_EPS_SEED = 92,
                  RK_EKB_TAG_EK_CERT_RSA = 93,
                  RK_EKB_TAG_EK_CERT_ECC = 94,
                  RK_EKB_TAG_SID_CERT = 95,
                  RK_EKB_TAG_EK_CSR_RSA = 96,
                  RK_EKB_TAG_EK_CSR_ECC = 97,
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
RK_API void rk_ekb_done(struct rk_ekb *ekb);
RK_API const struct rk_secret *rk_ekb_find(const struct rk_ekb *ekb,
                                           uint32_t tag); /* first match, or NULL */
/* Copies the value in at the end; RK_E_USAGE on a second item of one tag or a full list. */
RK_API enum rk_rc rk_ekb_add(struct rk_ekb *ekb, uint32_t tag, const void *value, size_t len,
                             struct rk_err *err) RK_MUST_CHECK;

/*
 * The rules of jetson-ftpm-ekb.md section 8 for a blob a secure-boot device will take: tag 4
 * present, 91..94 complete or absent (or the online set), certificates of 1 to 2048 bytes, sizes
 * of keys by platform. RK_E_USAGE names the tag and what to do. The legacy form has no tags: no
 * rule applies to it.
 */
RK_API enum rk_rc rk_ekb_check(const struct rk_ekb *ekb, size_t root_key_len,
                               struct rk_err *err) RK_MUST_CHECK;

/* Encrypts and MACs exactly what ekb says (no rule but the image limit). root is the fuse key. */
RK_API enum rk_rc rk_ekb_write(const rk_mac *root, const struct rk_ekb *ekb, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * Opens an image. fv NULL takes it from a 2.0 file and is RK_E_USAGE for older ones.
 * RK_E_VERIFY when the CMAC does not hold (wrong key or wrong FV), RK_E_FORMAT otherwise.
 */
RK_API enum rk_rc rk_ekb_read(const rk_mac *root, const uint8_t *fv, const uint8_t *image,
                              size_t len, struct rk_ekb *ret, struct rk_err *err) RK_MUST_CHECK;
/* What can be told without the key: version, sizes, pad, FV. Also checks the outer structure. */
struct rk_ekb_outline {
    enum rk_ekb_version version;
    uint16_t major, minor;
    uint8_t fv[16], cmac[16], iv[16];
    size_t cmac_offset, content_offset, iv_offset, ciphertext_offset, ciphertext_len, pad_len;
};
RK_API enum rk_rc rk_ekb_outline(const uint8_t *image, size_t len, struct rk_ekb_outline *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Sets the IV, and the FV of 2.0, from what they protect, so that rebuilds are equal and two
 * contents never share an IV under one key:
 *   KDF108-CMAC(root, label "rotkit EKB nonces", context SHA-256(version | plaintext), 256 bit)
 * with a 32-bit counter; the first half is the IV, the second the FV. version is one byte of enum
 * rk_ekb_version, plaintext the padded list of items. The rest of what the CMAC covers (content
 * header) follows from these. The FV of older forms stays as it is: it belongs to the device.
 */
RK_API enum rk_rc rk_ekb_derive_nonces(const rk_mac *root, struct rk_ekb *ekb,
                                       struct rk_err *err) RK_MUST_CHECK;
