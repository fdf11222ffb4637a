/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What OP-TEE's signed files share: the signed header, and the chain of subkeys that may stand in
 * front of it. Source: boot-images.md 5.2.
 */
#pragma once

#include "base/layout.h"
#include "rotkit/format_row.h"
#include "rotkit/guid.h"

enum {
    RK_OPTEE_HASH = 32,
    RK_OPTEE_SHDR_WIRE = 20,
    RK_OPTEE_UUID = 16,
    RK_OPTEE_BOOTSTRAP = 1,
    RK_OPTEE_ENCRYPTED = 2,
    RK_OPTEE_SUBKEY = 3,
    RK_OPTEE_SUBKEYS_MAX = 8, /* subkeys in a chain */
    RK_OPTEE_NAME_MAX = 256,  /* bytes of a name field */
};

#define RK_OPTEE_MAGIC UINT32_C(0x4f545348)
struct rk_optee_shdr {
    uint32_t magic, img_type, img_size, algo;
    uint16_t hash_size, sig_size;
};
enum { RK_OPTEE_SHDR_FIELDS = 6 };
extern const struct rk_field rk_optee_shdr_layout[RK_OPTEE_SHDR_FIELDS];

struct rk_optee_algo {
    uint32_t id;
    const char *name;
    enum rk_scheme scheme;
};
/* By the value of setting "algo". RK_E_USAGE, with the known ones. */
enum rk_rc rk_optee_algo_find(const char *name, const struct rk_optee_algo **ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* RSA of 2048, 3072 or 4096 bits: RK_E_KEY. */
enum rk_rc rk_optee_key_fits(EVP_PKEY *key, struct rk_err *err) RK_MUST_CHECK;

/* A signed header with its hash and signature, pointers into the file. */
struct rk_optee_signed {
    size_t at; /* of the header in the file */
    struct rk_optee_shdr shdr;
    const struct rk_optee_algo *algo;
    const uint8_t *hash, *sig;
};
/* Reads one; RK_E_FORMAT when OP-TEE would not take it. */
enum rk_rc rk_optee_signed_read(struct rk_rd *rd, struct rk_optee_signed *ret,
                                struct rk_err *err) RK_MUST_CHECK;
bool rk_optee_is_signed(const struct rk_optee_signed *head);
/* Maps header, hash and signature below `parent`, and which bytes follow. */
enum rk_rc rk_optee_signed_map(const struct rk_optee_signed *head, struct rk_map *map,
                               struct rk_region *parent, struct rk_err *err) RK_MUST_CHECK;
/* The signature over the hash, by this key: RK_E_VERIFY. Marks it and guards what it is over. */
enum rk_rc rk_optee_signed_check(const struct rk_request *request,
                                 const struct rk_optee_signed *head, EVP_PKEY *key,
                                 struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;

/* One subkey. */
struct rk_optee_subkey {
    struct rk_optee_signed head;
    const uint8_t *image; /* its UUID, header, attributes and their values */
    uint8_t uuid[RK_OPTEE_UUID];
    uint32_t name_size, version, max_depth, algo, attr_count;
    const uint8_t *modulus, *exponent;
    size_t modulus_len, exponent_len;
    const uint8_t *name; /* of the next level; NULL when the file ends here, or it has none */
    uint8_t next[RK_OPTEE_UUID]; /* UUID of the next level, when name is there or name_size is 0 */
};
struct rk_optee_chain {
    struct rk_optee_subkey subkey[RK_OPTEE_SUBKEYS_MAX];
    size_t count;
    size_t end; /* where the next signed header stands, or the file ends */
};

/*
 * The subkeys at the start of a file, none or more, up to another header or the end of the file.
 * RK_E_FORMAT when they cannot be read; what OP-TEE compares is left to rk_optee_chain_holds.
 */
enum rk_rc rk_optee_chain_read(const uint8_t *file, size_t len, struct rk_optee_chain *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * What can be told without a key: each hash; each depth below the one above; each UUID the one
 * that the level above gives by its name. RK_E_VERIFY.
 */
enum rk_rc rk_optee_chain_holds(const struct rk_optee_chain *chain,
                                struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_optee_chain_map(const struct rk_optee_chain *chain, struct rk_map *map,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * The signatures, the first by `root`, each next by the subkey above. *ret: the key that the next
 * level is signed by, freed by the caller (a new reference to root when there is no subkey).
 */
enum rk_rc rk_optee_chain_check(const struct rk_request *request,
                                const struct rk_optee_chain *chain, EVP_PKEY *root,
                                struct rk_map *map, EVP_PKEY **ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* The key in a subkey. */
enum rk_rc rk_optee_subkey_key(const struct rk_ctx *ctx, const struct rk_optee_subkey *subkey,
                               EVP_PKEY **ret, struct rk_err *err) RK_MUST_CHECK;
/* UUID of the level below a subkey's UUID, under a name of at most name_len bytes; "": the same. */
enum rk_rc rk_optee_next_uuid(const uint8_t uuid[RK_OPTEE_UUID], const char *name, size_t name_len,
                              uint8_t ret[RK_OPTEE_UUID], struct rk_err *err) RK_MUST_CHECK;

/* ---- making what stands below a subkey ---- */

#define RK_OPTEE_PART_SUBKEY "subkey"
/*
 * From part "subkey" and setting "name" of a request: the bytes that go in front, and the UUID of
 * what follows. Without the part both are left alone and the setting is refused; *ret_above is then
 * without subkeys.
 */
enum rk_rc rk_optee_above(const struct rk_request *request, const struct rk_format *format,
                          struct rk_optee_chain *ret_above, struct rk_bytes *ret_front,
                          uint8_t ret_uuid[RK_OPTEE_UUID], struct rk_err *err) RK_MUST_CHECK;
/* RK_E_KEY unless `key` is the one that signs below this chain. */
enum rk_rc rk_optee_signs_below(const struct rk_request *request,
                                const struct rk_optee_chain *chain, EVP_PKEY *key,
                                struct rk_err *err) RK_MUST_CHECK;
/* Setting "uuid", which must be *ret when `given` says that a subkey has set that. RK_E_USAGE. */
enum rk_rc rk_optee_uuid(const struct rk_request *request, const struct rk_format *format,
                         bool given, uint8_t ret[RK_OPTEE_UUID], struct rk_err *err) RK_MUST_CHECK;

/* ---- encryption ---- */

#define RK_OPTEE_PART_TA_KEY "ta-key"
/* The device's key of 32 bytes, of the HUK request->secret and of that part, OP-TEE's TA key. */
enum rk_rc rk_optee_device_key(const struct rk_request *request, const struct rk_input *part,
                               struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
