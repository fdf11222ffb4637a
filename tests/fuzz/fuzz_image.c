/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file format (FUZZ_FORMAT; "any" finds it by its content), without a key and with keys. What
 * is read has a map that stays within the file and can be drawn.
 */
#include "fuzz.h"

#include "rotkit/format.h"
#include "rotkit/file.h"

#include <string.h>

#include <openssl/evp.h>
#include <zlib.h>

#ifndef FUZZ_FORMAT
#define FUZZ_FORMAT fuzz_of
#endif

enum { KEYS = 5, NOW = 1800000000 };

struct signing_key {
    rk_signer *signer;
    struct rk_request_key key;
    struct rk_request request;
};
static struct rk_bytes cert;
static struct rk_secret secret;

static struct signing_key *keys(void)
{
    static const char *const files[KEYS] = { "p256.pem", "rsa2048.pem", "rsa3072.pem", "p521.pem",
                                             "cap_sign.key" };
    static struct signing_key made[KEYS];
    struct rk_err err;

    if (made[0].signer != NULL)
        return made;
    FUZZ_DO(rk_file_read(FUZZ_KEYS "/cap_sign.pem", 1 << 16, &cert, &err));
    FUZZ_DO(rk_secret_new(32, &secret, &err));
    for (size_t i = 0; i < KEYS; i++) {
        struct signing_key *k = &made[i];
        char path[300];

        FUZZ_DO(rk_path_join(FUZZ_KEYS, files[i], path, sizeof path, &err));
        FUZZ_DO(rk_signer_open(fuzz_ctx(), path, NULL, &k->signer, &err));
        k->key = (struct rk_request_key) { .role = "", .pub = rk_signer_pkey(k->signer) };
        k->request = (struct rk_request) { .ctx = fuzz_ctx(),
                                           .key = &k->key,
                                           .key_count = 1,
                                           .now = NOW,
                                           .reproducible = true,
                                           .cert = i == KEYS - 1 ? &cert : NULL };
    }
    return made;
}

static void within(const struct rk_region *region, uint64_t size)
{
    for (; region != NULL; region = region->next) {
        FUZZ_HOLDS(region->offset <= size && region->len <= size - region->offset);
        within(region->child, size);
    }
}

static void look(const struct rk_map *map, size_t size)
{
    struct rk_bytes text = RK_BYTES_NONE, page = RK_BYTES_NONE;
    struct rk_err err;

    within(map->root, size);
    for (size_t i = 0; i < map->guard_count; i++)
        FUZZ_HOLDS(map->guard[i].offset <= size &&
                   map->guard[i].len <= size - map->guard[i].offset);
    for (size_t i = 0; i < map->mark_count; i++)
        FUZZ_HOLDS(map->mark[i].offset <= size && map->mark[i].len <= size - map->mark[i].offset);
    FUZZ_DO(rk_map_text(map, &text, &err));
    FUZZ_DO(rk_map_html(map, "fuzz", &page, &err));
    rk_bytes_done(&text);
    rk_bytes_done(&page);
}

static enum rk_rc read_with(const struct rk_request *request, const uint8_t *data, size_t size)
{
    const char *format = strcmp(FUZZ_FORMAT, "any") == 0 ? NULL : FUZZ_FORMAT;
    struct rk_map map = { .root = NULL };
    struct rk_err err;
    enum rk_rc rc = rk_format_verify(format, request, data, size, &map, &err);

    if (map.root != NULL) /* handed out beside a verdict too */
        look(&map, size);
    rk_map_done(&map);
    return rc;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct signing_key *k = keys();
    struct rk_request request = k[size % KEYS].request;
    enum rk_rc rc;

    (void)read_with(&request, data, size);
    request.key_count = 0;
    rc = read_with(&request, data, size);
    request.secret = &secret;
    if (rc == RK_OK)
        (void)read_with(&request, data, size);
    return rc == RK_OK;
}

#ifdef FUZZ_REPAIRS
static void put_le32(uint8_t *at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* The checksums of a secondary GPT: its entries, then the header behind them. UEFI 2.10, 5.3.2 */
static void repair_gpt(uint8_t *data, size_t size)
{
    enum { ENTRIES = 128 * 128, SECTOR = 512, HEADER = 92, OWN_CRC = 16, ENTRIES_CRC = 88 };
    uint8_t *header;

    if (size < ENTRIES + SECTOR)
        return;
    header = data + size - SECTOR;
    put_le32(header + ENTRIES_CRC, (uint32_t)crc32(0, header - ENTRIES, ENTRIES));
    put_le32(header + OWN_CRC, 0);
    put_le32(header + OWN_CRC, (uint32_t)crc32(0, header, HEADER));
}

/* SHA-512 of [from, to), the inner ones first; to 0: the end. */
static const struct {
    const char *format;
    size_t at, from, to;
} digests[] = {
    { "tegra-bch", 0x1460, 0x2000, 0 },        { "tegra-bch", 0x50, 0xfc0, 0x2000 },
    { "tegra-bch", 0x4, 0x44, 0x2000 },        { "tegra-br-bct", 0x1ac0, 0x170c, 0x1ac0 },
    { "tegra-br-bct", 0x1c4, 0x1200, 0x2000 }, { "tegra-br-bct", 0x4, 0x44, 0x2000 },
};

static void repair_digests(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        size_t to = digests[i].to == 0 ? size : digests[i].to;

        if (strcmp(FUZZ_FORMAT, digests[i].format) == 0 && to <= size && digests[i].from <= to)
            FUZZ_HOLDS(EVP_Digest(data + digests[i].from, to - digests[i].from,
                                  data + digests[i].at, NULL, EVP_sha512(), NULL) == 1);
    }
}

/*
 * The format's own signing writes digests and signatures anew, by one of the keys; of one input in
 * four, for it takes longer than hundreds of readings.
 */
size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct signing_key *k = &keys()[seed / 4 % KEYS];
    struct rk_bytes made = RK_BYTES_NONE;
    struct rk_err err;

    if (strcmp(FUZZ_FORMAT, "qspi") == 0) {
        repair_gpt(data, size);
        return size;
    }
    repair_digests(data, size);
    if (seed % 4 == 0 &&
        rk_format_sign(FUZZ_FORMAT, &k->request, &k->signer, data, size, &made, &err) == RK_OK &&
        made.len <= max) {
        size = made.len;
        memcpy(data, made.p, size);
    }
    rk_bytes_done(&made);
    return size;
}
#endif
