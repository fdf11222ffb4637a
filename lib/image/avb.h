/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Android Verified Boot: a vbmeta structure, in a file of its own or behind a partition's content
 * that a footer ends, and the descriptors in it. Source: boot-images.md 5.5; what stands there of
 * hash descriptors holds of the others too, whose fields libavb's headers name.
 */
#pragma once

#include "rotkit/format_row.h"

enum {
    RK_AVB_FOOTER = 64,
    RK_AVB_HEADER = 256,
    RK_AVB_DESCRIPTORS_MAX = 64,
    RK_AVB_NAME_MAX = 64, /* of a partition */
    RK_AVB_HASHTREE_DISABLED = 1,
    RK_AVB_VERIFICATION_DISABLED = 2,
};
enum rk_avb_tag { RK_AVB_PROPERTY, RK_AVB_HASHTREE, RK_AVB_HASH, RK_AVB_CMDLINE, RK_AVB_CHAIN };

struct rk_avb_footer {
    uint8_t magic[4];
    uint32_t major, minor;
    uint64_t original_size, vbmeta_offset, vbmeta_size;
};
struct rk_avb_vbmeta {
    uint8_t magic[4];
    uint32_t major, minor;
    uint64_t auth_size, aux_size;
    uint32_t algorithm;
    uint64_t hash_offset, hash_size, sig_offset, sig_size, key_offset, key_size;
    uint64_t metadata_offset, metadata_size, descriptors_offset, descriptors_size, rollback_index;
    uint32_t flags, rollback_location;
};
enum { RK_AVB_VBMETA_FIELDS = 19 };
extern const struct rk_field rk_avb_vbmeta_layout[RK_AVB_VBMETA_FIELDS];

struct rk_avb_algorithm {
    uint32_t id;
    int bits;
    const char *digest;
    enum rk_scheme scheme;
};

/* Of one kind or another; pointers into the file. */
struct rk_avb_descriptor {
    uint64_t tag;
    size_t at, len;                 /* in the file, with its head */
    char name[RK_AVB_NAME_MAX + 1]; /* of the partition, or the key of a property; for people */
    uint64_t image_size;
    char algorithm[33];
    const uint8_t *salt, *digest, *key; /* key: of a chain, in avbtool's form */
    uint32_t salt_len, digest_len, key_len;
    uint64_t tree_offset, tree_size, fec_offset, fec_size; /* of a hash tree */
    uint32_t data_block, hash_block;
    uint32_t location; /* of a chain: which rollback index the device keeps for it */
};

/* What was read; all pointers into the file. */
struct rk_avb {
    const uint8_t *file;
    size_t len;
    bool has_footer;
    struct rk_avb_footer footer; /* without one: original_size and vbmeta_offset are 0 */
    struct rk_avb_vbmeta vbmeta;
    const struct rk_avb_algorithm *algorithm; /* NULL: not signed */
    const uint8_t *header, *auth, *aux;
    struct rk_bytes covered; /* header ‖ aux: what hash and signature are over */
    struct rk_avb_descriptor *descriptor;
    size_t descriptor_count;
};
void rk_avb_done(struct rk_avb *avb);

bool rk_avb_is(const uint8_t *file, size_t len);
/* RK_E_FORMAT. *ret is emptied with rk_avb_done also then. */
enum rk_rc rk_avb_read(const uint8_t *file, size_t len, struct rk_avb *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* The hash in it: RK_E_VERIFY. */
enum rk_rc rk_avb_check_hash(const struct rk_avb *avb, struct rk_err *err) RK_MUST_CHECK;
/* The signature by this key, which must be the one inside: RK_E_VERIFY. */
enum rk_rc rk_avb_check_signature(const struct rk_request *request, const struct rk_avb *avb,
                                  EVP_PKEY *pub, struct rk_err *err) RK_MUST_CHECK;
/*
 * A hash or hash tree descriptor against the partition's bytes: its digest, and the tree that
 * stands behind them. RK_E_VERIFY; RK_E_FORMAT when the numbers do not fit.
 */
enum rk_rc rk_avb_check_content(const struct rk_avb_descriptor *descriptor, const uint8_t *content,
                                size_t len, struct rk_err *err) RK_MUST_CHECK;
