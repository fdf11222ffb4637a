/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted key blobs of Jetson (EKB, eks.img): the legacy form, 1.0 and 2.0. 2.1 (Thor) is
 * refused. Source: NVIDIA's gen_ekb.py 1.5 and 1.6; proven by tests/data/vectors/ekb.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/mac.h"

/* A key blob, open. */
typedef struct rk_ekb rk_ekb;

/* The form of the file. */
enum rk_ekb_version {
    RK_EKB_LEGACY, /* r35.1: two keys of 16 bytes, no tags */
    RK_EKB_1_0,
    RK_EKB_2_0,
};

/* What an item is; numbering of gen_ekb 1.5 and 1.6. */
enum rk_ekb_tag {
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

/*
 * Opens an image: checks its MAC and decrypts it.
 *   root: the fuse key (OEM_K1), 16 or 32 bytes by platform
 *   fv: 16 bytes; NULL: the image holds it, as 2.0 does
 *   image: the file, or the partition that begins with it: its size word says where it ends
 *   len: bytes
 *   ret: the key blob; freed with rk_ekb_free
 * RK_E_VERIFY when the MAC does not hold (wrong key or wrong FV), RK_E_USAGE when an older form
 * needs an FV, for 2.1 and for a root of another length, RK_E_FORMAT when it is malformed,
 * RK_E_KEY when a token does not compute, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ekb_open(const rk_mac *root, const uint8_t *fv, const uint8_t *image,
                              size_t len, rk_ekb **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Begins a key blob without items.
 *   version: its form
 *   fv: 16 bytes, of the device, for the older forms; 2.0 makes its own: NULL
 *   ret: the key blob; freed with rk_ekb_free
 * RK_E_USAGE when the form needs an FV or makes its own, or is none of the three; RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ekb_new(enum rk_ekb_version version, const uint8_t *fv, rk_ekb **ret,
                             struct rk_err *err) RK_MUST_CHECK;
/*
 * Wipes and frees.
 *   ekb: may be NULL
 */
RK_API void rk_ekb_free(rk_ekb *ekb);
/*
 * Adds an item at the end.
 *   ekb: the key blob
 *   tag: what it is: enum rk_ekb_tag, or another that is not 0
 *   value: copied
 *   len: bytes
 * RK_E_USAGE on a second item of one tag, for one more than 64 items or one that no image has room
 * for, or for tag 0; RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ekb_add(rk_ekb *ekb, uint32_t tag, const void *value, size_t len,
                             struct rk_err *err) RK_MUST_CHECK;
/*
 * Holds the key blob to the rules that a device with secure boot boots by, encrypts it, and adds
 * its MAC. IV, and the FV of 2.0, follow from key and content: equal content gives equal bytes.
 *   ekb: the key blob
 *   root: the fuse key (OEM_K1), 16 or 32 bytes by platform
 *   ret: the image; emptied with rk_bytes_done
 * RK_E_USAGE names the tag that is missing or has another size, or says that the root has another
 * length or the image would be too large; RK_E_KEY when a token does not compute, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ekb_pack(rk_ekb *ekb, const rk_mac *root, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * The form it has.
 *   ekb: the key blob
 * Returns it.
 */
RK_API enum rk_ekb_version rk_ekb_version_of(const rk_ekb *ekb);
/*
 * How many items it has.
 *   ekb: the key blob
 * Returns their number.
 */
RK_API size_t rk_ekb_count(const rk_ekb *ekb);
/*
 * The items in the order of the file.
 *   ekb: the key blob
 *   i: below rk_ekb_count
 *   ret_tag: what it is
 * Returns the value, which lives as long as the key blob.
 */
RK_API const struct rk_secret *rk_ekb_at(const rk_ekb *ekb, size_t i, uint32_t *ret_tag);
/*
 * An item by its tag.
 *   ekb: the key blob
 *   tag: what it is
 * Returns the value, which lives as long as the key blob; NULL when there is none.
 */
RK_API const struct rk_secret *rk_ekb_find(const rk_ekb *ekb, uint32_t tag);
