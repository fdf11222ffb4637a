/* SPDX-License-Identifier: Apache-2.0 */
/* U-Boot FIT images: what is signed of a configuration. Source: boot-images.md 5.3. */
#pragma once

#include "rotkit/format_row.h"

#include "base/ossl.h"

enum { RK_FIT_MAX = 256 << 20, RK_FIT_NODES_MAX = 32, RK_FIT_PATH = 160, RK_FIT_NAME = 64 };

/* The nodes whose bytes a signature covers, by full path. */
struct rk_fit_nodes {
    char path[RK_FIT_NODES_MAX][RK_FIT_PATH];
    size_t count;
};
enum rk_rc rk_fit_nodes_add(struct rk_fit_nodes *nodes, const char *path,
                            struct rk_err *err) RK_MUST_CHECK;

/*
 * The signed bytes: of listed nodes tags and properties but data*, of their direct children the
 * tags alone, the end mark, then `strings` bytes of the strings block. covers, when not NULL, gets
 * a guard for each range.
 */
enum rk_rc rk_fit_region(const uint8_t *fdt, const struct rk_fit_nodes *nodes, size_t strings,
                         struct rk_map *covers, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;

/* ---- what is signed, and how (fit_nodes.c, fit_algo.c) ---- */

/* What U-Boot takes from a configuration: properties that name images. Ends with NULL. */
extern const char *const rk_fit_image_props[];
/* Root, configuration, and every image that it names with its hash and cipher nodes. */
enum rk_rc rk_fit_list_nodes(const void *fdt, int conf, struct rk_fit_nodes *nodes,
                             struct rk_err *err) RK_MUST_CHECK;
/* The signed bytes as the node list and the hashed-strings in a signature node say. */
enum rk_rc rk_fit_stored_region(const uint8_t *fdt, int node, struct rk_map *covers,
                                struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
struct rk_fit_algorithm {
    int bits;
    const char *name;
};
/* By which name U-Boot verifies signatures of this key; RK_E_KEY when it has none. */
enum rk_rc rk_fit_find_algorithm(EVP_PKEY *pub, const struct rk_fit_algorithm **ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* "pss" is with the largest salt, as mkimage signs. */
enum rk_scheme rk_fit_scheme(const char *padding);

/* ---- checking (fit_check.c) ---- */

/* As struct rk_format's check. */
enum rk_rc rk_fit_check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;

/* ---- reading (fit_read.c) ---- */

bool rk_fit_recognise(const uint8_t *file, size_t len);
/* RK_E_FORMAT unless the tree is whole, within limits, with names that mean one node each. */
enum rk_rc rk_fit_open(const uint8_t *file, size_t len, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_fit_parse(const uint8_t *file, size_t len, struct rk_map *map,
                        struct rk_err *err) RK_MUST_CHECK;
/* What U-Boot takes, and what there is of it in a FIT that rk_fit_open took. RK_E_NOMEM. */
extern const struct rk_demand rk_fit_demands[];
enum rk_rc rk_fit_facts(const struct rk_request *request, const uint8_t *fdt, size_t len,
                        struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* RK_E_FORMAT with libfdt's reason. */
enum rk_rc rk_fit_bad_tree(int rc, const char *what, struct rk_err *err) RK_MUST_CHECK;
/* Whether a configuration carries a signature's value. */
bool rk_fit_is_signed(const uint8_t *fdt);
/* A text property; NULL when absent or no text. */
const char *rk_fit_text(const void *fdt, int node, const char *name);
bool rk_fit_is_named(const void *fdt, int node, const char *start);
/* The digest that a hash node names; RK_E_FORMAT for an unknown one. */
enum rk_rc rk_fit_hash(const void *fdt, int node, const uint8_t *data, size_t len,
                       uint8_t ret[EVP_MAX_MD_SIZE], size_t *ret_len,
                       struct rk_err *err) RK_MUST_CHECK;
/* Whether a hash node of the image ties its data to a signature: SHA-2. */
bool rk_fit_has_strong_hash(const void *fdt, int image);

/* Sets a text property; 0, or an error of libfdt. */
int rk_fdt_put_text(void *fdt, int node, const char *name, const char *text);

/*
 * A dtb with /signature/key-NAME, required for configurations, as `mkimage -K` fills it and U-Boot
 * carries it: a new one, or `base` with the key in it.
 */
enum rk_rc rk_fit_key_dtb(EVP_PKEY *pub, const char *name, const char *algo,
                          const struct rk_input *base, struct rk_bytes *ret,
                          struct rk_err *err) RK_MUST_CHECK;
