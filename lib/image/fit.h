/* SPDX-License-Identifier: Apache-2.0 */
/* U-Boot FIT images: what is signed of a configuration. Source: boot-images.md 5.3. */
#pragma once

#include "rotkit/format_row.h"

#include "base/ossl.h"
#include "base/wr.h"

enum {
    RK_FIT_MAX = 256 << 20,
    RK_FIT_NODES_MAX = 100, /* signed nodes: U-Boot takes no more */
    RK_FIT_NODE_NAME = 88,  /* of a signed node: U-Boot takes paths of 200 */
    RK_FIT_PATH = 200,
    RK_FIT_NAME = 64 /* of a key */
};

/* The nodes whose bytes a signature covers, by full path, each with its NUL as in hashed-nodes. */
struct rk_fit_nodes {
    struct rk_wr list;
    size_t count;
};
#define RK_FIT_NODES_NONE                                                                          \
    {                                                                                              \
        .list = RK_WR_MAX(RK_FIT_NODES_MAX * RK_FIT_PATH), .count = 0                              \
    }
void rk_fit_nodes_done(struct rk_fit_nodes *nodes);
bool rk_fit_nodes_have(const struct rk_fit_nodes *nodes, const char *path);
/* One that is there already stays one. */
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
/*
 * Root, configuration, and every image that it names with its hash and cipher nodes. RK_E_FORMAT
 * when it names one that no hash ties to a signature; to_sign: known hashes alone count.
 */
enum rk_rc rk_fit_list_nodes(const void *fdt, int conf, bool to_sign, struct rk_fit_nodes *nodes,
                             struct rk_err *err) RK_MUST_CHECK;
/* The signed bytes as the node list and the hashed-strings in a signature node say. */
enum rk_rc rk_fit_stored_region(const uint8_t *fdt, int node, struct rk_map *covers,
                                struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* How a configuration is signed. */
struct rk_fit_algo {
    char name[24]; /* "sha256,rsa2048" */
    enum rk_scheme scheme;
    bool pss;
    bool raw_ecdsa;       /* r and s in their full width, one behind the other */
    size_t signature_len; /* bytes of its value */
};
/*
 * As a key signs: hash "sha256" and the like; padding "pkcs-1.5", or "pss", which is with the
 * largest salt, as mkimage signs. RK_E_USAGE for others, RK_E_KEY for keys other than RSA.
 */
enum rk_rc rk_fit_algo_of_key(EVP_PKEY *pub, const char *hash, const char *padding,
                              struct rk_fit_algo *ret, struct rk_err *err) RK_MUST_CHECK;
/* As a signature node says. RK_E_VERIFY when this key cannot have made it, naming the key that the
 * node calls its own. */
enum rk_rc rk_fit_algo_of_node(const void *fdt, int node, EVP_PKEY *pub, struct rk_fit_algo *ret,
                               struct rk_err *err) RK_MUST_CHECK;

/* ---- checking (fit_check.c) ---- */

/* As struct rk_format's check. */
enum rk_rc rk_fit_check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;

/* ---- reading (fit_read.c, fit_data.c, fit_map.c) ---- */

/* A device tree with a node "images" below its root. */
bool rk_fit_recognise(const uint8_t *file, size_t len);
/* RK_E_FORMAT unless the tree is whole and within limits. */
enum rk_rc rk_fit_open(const uint8_t *file, size_t len, struct rk_err *err) RK_MUST_CHECK;
/*
 * rc unless every node's name means one node: libfdt takes "kernel-1@x" for "kernel-1", and a slash
 * makes one path of two nodes, so that what is signed need not be what is loaded. U-Boot refuses
 * unit addresses where it asks for signatures.
 */
enum rk_rc rk_fit_check_names(const void *fdt, enum rk_rc rc, struct rk_err *err) RK_MUST_CHECK;
/* The same for one whose configurations will be signed: RK_E_FORMAT without any, or with names that
 * are not safe to sign. */
enum rk_rc rk_fit_open_to_change(const uint8_t *file, size_t len, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_fit_parse(const uint8_t *file, size_t len, struct rk_map *map,
                        struct rk_err *err) RK_MUST_CHECK;
/* What U-Boot takes, and what there is of it in a FIT that rk_fit_open took. RK_E_NOMEM. */
extern const struct rk_demand rk_fit_demands[];
enum rk_rc rk_fit_facts(const struct rk_request *request, const uint8_t *fdt, size_t len,
                        struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* RK_E_FORMAT with libfdt's reason. */
enum rk_rc rk_fit_bad_tree(int rc, const char *what, struct rk_err *err) RK_MUST_CHECK;
/* Of /images and /configurations, and of the nodes below them; negative when there is none more. */
int rk_fit_first(const void *fdt, const char *parent);
int rk_fit_find(const void *fdt, const char *parent, const char *name);
/* How many signatures with a value the nodes below have: "images" or "configurations". */
size_t rk_fit_signatures(const void *fdt, const char *parent);
/* A text property; NULL when absent or no text. */
const char *rk_fit_text(const void *fdt, int node, const char *name);
bool rk_fit_is_named(const void *fdt, int node, const char *start);

/* Where the bytes of an image stand: in its property, or outside of the tree as U-Boot looks. */
struct rk_fit_data {
    uint64_t at, len;
    bool external;
};
/* Whether it has any: in its property, or elsewhere. */
bool rk_fit_has_data(const void *fdt, int image);
/* In how many places it says that they stand. */
unsigned rk_fit_places(const void *fdt, int image);
/* RK_E_FORMAT when there are none, or not all of them in the file. */
enum rk_rc rk_fit_find_data(const uint8_t *file, size_t len, int image, struct rk_fit_data *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* Where the bytes of the last image end, at least at the end of the tree. */
uint64_t rk_fit_end(const uint8_t *file, size_t len);
/*
 * The file with another tree of the same images in it, which may be longer: what stands outside of
 * the tree goes behind it, or stays where data-position says. RK_E_USAGE when it does not fit so.
 */
enum rk_rc rk_fit_append_data(const uint8_t *tree, const uint8_t *file, size_t len,
                              struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* Whether the digest that a hash node names is known here. */
bool rk_fit_knows_hash(const void *fdt, int node);
/* That digest; RK_E_FORMAT for an unknown one. */
enum rk_rc rk_fit_hash(const void *fdt, int node, const uint8_t *data, size_t len,
                       uint8_t ret[EVP_MAX_MD_SIZE], size_t *ret_len,
                       struct rk_err *err) RK_MUST_CHECK;
/*
 * Whether a hash node of the image ties its data to a signature: SHA-2, and not marked as one that
 * U-Boot is to ignore.
 */
bool rk_fit_has_strong_hash(const void *fdt, int image);
/* Whether one is by an algorithm that is not known here. */
bool rk_fit_has_unknown_hash(const void *fdt, int image);

/* Sets a text property; 0, or an error of libfdt. */
int rk_fdt_put_text(void *fdt, int node, const char *name, const char *text);

/* ---- encrypting (fit_encrypt.c) ---- */

#define RK_FIT_CIPHER "aes256"
enum { RK_FIT_KEY_LEN = 32 };

/*
 * Encrypts images of the tree, which has room, under request->secret (RK_FIT_KEY_LEN bytes): those
 * that names lists between commas; all but device trees when it is NULL. hint: the key's name.
 * RK_E_USAGE when there is no such image, none at all, or one that is encrypted already. Hashes
 * and signatures of the tree do not hold then.
 */
enum rk_rc rk_fit_encrypt_images(const struct rk_request *request, const char *names,
                                 const char *hint, void *fdt, struct rk_err *err) RK_MUST_CHECK;

/* ---- keys, as U-Boot carries them (fit_key.c) ---- */

struct rk_fit_keys {
    const rk_ctx *ctx;               /* hears that a key is replaced */
    EVP_PKEY *pub;                   /* verifies configurations */
    const char *name, *algo;         /* key-name-hint; "sha256,rsa2048" */
    const struct rk_secret *content; /* decrypts images; NULL: none is put in */
    const char *content_name;
    const char *required_mode; /* "any" or "all" of several keys; NULL: as `base` has it */
};
/*
 * A dtb with /signature/key-NAME, required for configurations, and /cipher/key-aes256-NAME, as
 * `mkimage -K` fills it: a new one, or `base` with the keys in it. With a content key it is a
 * secret. RK_E_USAGE for a name that is none of a node, RK_E_KEY.
 */
enum rk_rc rk_fit_key_dtb(const struct rk_fit_keys *keys, const struct rk_input *base,
                          struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
