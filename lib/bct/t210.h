/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the T210 BCT share: places, fields, configuration text. */
#pragma once

#include "rotkit/format_row.h"

enum {
    T210_WIRE = 0x2800,
    T210_TABLE = 0x0, /* bad block table: entries u32, log2 of virtual and real block, bits */
    T210_TABLE_MAX = 4096,
    T210_KEY = 0x210,  /* modulus, little-endian */
    T210_HASH = 0x310, /* AES-CMAC under the zero key */
    T210_SIG = 0x320,
    T210_RSA = 256,
    T210_MAC = 16,
    T210_SIGNED = 0x510, /* to the end */
    T210_VERSION_AT = 0x530,
    T210_VERSION = 0x210001,
    T210_BLOCK_LOG2 = 0x534,
    T210_PAGE_LOG2 = 0x538,
    T210_PARTITION = 0x53c,
    T210_DEVICES = 0x540,
    T210_DEVICE_TYPE = 0x544,
    T210_SDRAM_COUNT = 0x588,
    T210_SDRAM = 0x58c,
    T210_SDRAM_LEN = 0x768,
    T210_SDRAM_MAX = 4,
    T210_LOADERS = 0x232c, /* how many are used */
    T210_LOADER = 0x2330,  /* the first of T210_LOADER_MAX records */
    T210_LOADER_LEN = 0x12c,
    T210_LOADER_MAX = 4,
    T210_PADDING = 0x27ec, /* 0x80 and zeros, as a CMAC message is filled */
    T210_FILE_MAX = 1 << 28,
};
/* In the record of a boot loader; attributes stand between entry and hash. */
enum {
    T210_LOADER_VERSION = 0x00,
    T210_LOADER_BLOCK = 0x04,
    T210_LOADER_PAGE = 0x08,
    T210_LOADER_SIZE = 0x0c,
    T210_LOADER_LOAD = 0x10,
    T210_LOADER_ENTRY = 0x14,
    T210_LOADER_HASH = 0x1c,
    T210_LOADER_SIG = 0x2c,
};

/* What the head of a key rules: how often its fields occur, and for which device. */
struct t210_group {
    const char *name;       /* of a device's parameters, for messages */
    size_t count_at;        /* where the BCT counts those that are set */
    size_t max, stride;     /* max 0: once, and the key takes no index */
    uint32_t device;        /* the DevType[0] whose parameters these are; 0: whichever */
    const char *not_beyond; /* why there is no more than max, when max is not the format's */
};
enum t210_group_id { T210_ONCE, T210_DEVICE, T210_SPI, T210_SDMMC, T210_SETS, T210_GROUPS };
extern const struct t210_group rk_t210_groups[T210_GROUPS];

enum t210_kind { T210_NUMBER, T210_LOG2, T210_HEX };
enum { T210_SIZES = 1, T210_NOT_UPDATED = 2 }; /* rules the bad block table; only in a new BCT */
struct t210_word {
    const char *name; /* NULL ends the list */
    uint32_t value;
};
struct t210_field {
    const char *name; /* the key without its index: "SDRAM.PllMKVCO" */
    size_t at, width; /* of index 0 */
    enum t210_kind kind;
    enum t210_group_id group;
    int flags;
    const struct t210_word *words; /* names that stand for numbers, or NULL */
};
extern const size_t rk_t210_field_count;
struct t210_field rk_t210_field(size_t i); /* i < rk_t210_field_count */
/* The field whose key, without its index, this is; false when there is none. */
bool rk_t210_find(const char *key, struct t210_field *ret);

/* A boot loader that the BCT names; offsets in the file. */
struct t210_loader {
    size_t record, start, len, padded;
};
struct t210_image {
    struct t210_loader loader[T210_LOADER_MAX];
    size_t loaders, copies; /* copies of the BCT, the first included */
    size_t block;           /* distance of the copies */
};

uint32_t rk_t210_get(const uint8_t *bct, size_t at);
void rk_t210_put(uint8_t *bct, size_t at, uint64_t value, size_t width);
/* T210_RSA bytes, big-endian as OpenSSL's files, little-endian in the BCT; either way. */
void rk_t210_reverse(const uint8_t *from, uint8_t *ret);
enum rk_rc rk_t210_mac(const uint8_t *bytes, size_t len, uint8_t ret[T210_MAC],
                       struct rk_err *err) RK_MUST_CHECK;
/* By the version at its place. */
bool rk_t210_is(const uint8_t *file, size_t len);
/* Bounds and overlaps; no hash is checked. */
enum rk_rc rk_t210_open(const uint8_t *file, size_t len, struct t210_image *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* Hashes the BCT anew and puts it into every copy. */
enum rk_rc rk_t210_seal(uint8_t *file, const struct t210_image *image,
                        struct rk_err *err) RK_MUST_CHECK;
/* What part "config" says: a BCT, an image around one, or part "image" with changes. */
enum rk_rc rk_t210_build(const struct rk_request *request, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* The configuration text that makes this BCT; refuses one with bytes no field sets. */
enum rk_rc rk_t210_config(const uint8_t *file, size_t len, struct rk_bytes *ret,
                          struct rk_err *err) RK_MUST_CHECK;

/* One statement of a configuration; its comment and blanks are gone. */
struct t210_line {
    char key[96];    /* without index */
    char value[256]; /* "" when there is no = */
    uint64_t index;
    bool has_index;
    unsigned number;
};
struct t210_text {
    const char *p;
    size_t left;
    unsigned number;
};
/* ret->key is "" at the end. */
enum rk_rc rk_t210_next(struct t210_text *text, struct t210_line *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* Puts the value that the line gives this field. */
enum rk_rc rk_t210_set(uint8_t *bct, const struct t210_field *field, const struct t210_line *line,
                       struct rk_err *err) RK_MUST_CHECK;
/* The bad block table that PartitionSize and BlockSize call for. */
enum rk_rc rk_t210_block_table(uint8_t *bct, struct rk_err *err) RK_MUST_CHECK;
