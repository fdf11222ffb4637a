/* SPDX-License-Identifier: Apache-2.0 */
/*
 * t210-bct: the boot configuration table of T210, 0x2800 bytes, and boot images that begin with it.
 * Source: boot-images.md 6, places by experiment with cbootimage 1.8 and bct_dump: the hash stands
 * at 0x310, the RSA signature behind it at 0x320.
 */
#include "rotkit/format_row.h"
#include "rotkit/counted.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "bct/t210.h"

#include <openssl/core_names.h>
#include <stdio.h>
#include <string.h>

static const struct rk_format *self(void);

/* ---- reading ---- */

static enum rk_rc check_bct(const uint8_t *file, struct rk_err *err)
{
    uint8_t mac[T210_MAC];

    if (rk_t210_mac(file + T210_SIGNED, T210_WIRE - T210_SIGNED, mac, err))
        return err->rc;
    if (memcmp(mac, file + T210_HASH, T210_MAC) != 0)
        return rk_fail(err, RK_E_VERIFY, "hash at 0x310 over [0x510, 0x2800) does not hold");
    return RK_OK;
}

static enum rk_rc check_loader(const uint8_t *file, const struct t210_image *image, size_t i,
                               struct rk_err *err)
{
    const struct t210_loader *loader = &image->loader[i];
    uint8_t mac[T210_MAC];

    if (rk_t210_mac(file + loader->start, loader->padded, mac, err))
        return err->rc;
    if (memcmp(mac, file + loader->record + T210_LOADER_HASH, T210_MAC) != 0)
        return rk_fail(err, RK_E_VERIFY, "hash of boot loader %zu at 0x%zx does not hold", i,
                       loader->start);
    return RK_OK;
}

static enum rk_rc check_hashes(const uint8_t *file, const struct t210_image *image,
                               struct rk_err *err)
{
    if (check_bct(file, err))
        return err->rc;
    for (size_t i = 0; i < image->loaders; i++) {
        if (check_loader(file, image, i, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- the map ---- */

/* clang-format off */
static const struct place {
    size_t at, len;
    const char *name;
    bool in_signed;
} places[] = {
    { T210_TABLE,       0x210,             "bad block table",            false },
    { T210_KEY,         T210_RSA,          "RSA modulus",                false },
    { T210_HASH,        T210_MAC,          "hash of [0x510, 0x2800)",    false },
    { T210_SIG,         T210_RSA,          "RSA signature",              false },
    { 0x420,            0xe8,              "not placed, not signed",     false },
    { 0x508,            4,                 "OdmData, not signed",        false },
    { 0x50c,            4,                 "not placed, not signed",     false },
    { T210_SIGNED,      T210_WIRE - T210_SIGNED, "signed region",        false },
    { 0x520,            16,                "ChipUid",                    true },
    { T210_VERSION_AT,  4,                 "version",                    true },
    { T210_BLOCK_LOG2,  4,                 "log2 of BlockSize",          true },
    { T210_PAGE_LOG2,   4,                 "log2 of PageSize",           true },
    { T210_PARTITION,   4,                 "PartitionSize",              true },
    { T210_DEVICES,     4,                 "devices",                    true },
    { T210_DEVICE_TYPE, 4,                 "DevType[0]",                 true },
    { 0x548,            0x40,              "DeviceParam[0]",             true },
    { T210_SDRAM_COUNT, 4,                 "SDRAM sets",                 true },
    { 0x058c,           T210_SDRAM_LEN,    "SDRAM[0]",                   true },
    { 0x0cf4,           T210_SDRAM_LEN,    "SDRAM[1]",                   true },
    { 0x145c,           T210_SDRAM_LEN,    "SDRAM[2]",                   true },
    { 0x1bc4,           T210_SDRAM_LEN,    "SDRAM[3]",                   true },
    { T210_LOADERS,     4,                 "boot loaders",               true },
    { 0x2330,           T210_LOADER_LEN,   "boot loader 0: record",      true },
    { 0x245c,           T210_LOADER_LEN,   "boot loader 1: record",      true },
    { 0x2588,           T210_LOADER_LEN,   "boot loader 2: record",      true },
    { 0x26b4,           T210_LOADER_LEN,   "boot loader 3: record",      true },
    { 0x27e4,           4,                 "DebugCtrl",                  true },
};
/* clang-format on */

static void describe(const uint8_t *file, const struct place *place, struct rk_region *region)
{
    size_t i = (place->at - T210_LOADER) / T210_LOADER_LEN;

    if (place->len == 4) {
        (void)snprintf(region->note, sizeof region->note, "0x%x", rk_t210_get(file, place->at));
    } else if (place->len == T210_LOADER_LEN && i < rk_t210_get(file, T210_LOADERS)) {
        (void)snprintf(region->note, sizeof region->note, "version %u, %s, load 0x%x, entry 0x%x",
                       rk_t210_get(file, place->at),
                       RK_COUNTED(rk_t210_get(file, place->at + T210_LOADER_SIZE), "byte"),
                       rk_t210_get(file, place->at + T210_LOADER_LOAD),
                       rk_t210_get(file, place->at + T210_LOADER_ENTRY));
        rk_region_set_ratchet(region, rk_t210_get(file, place->at));
    }
}

static enum rk_rc map_rest(const uint8_t *file, size_t len, const struct t210_image *image,
                           struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    char name[48];
    size_t end = T210_WIRE;

    for (size_t i = 1; i < image->copies; i++) {
        (void)snprintf(name, sizeof name, "copy %zu of the BCT", i);
        end = i * image->block + T210_WIRE;
        if (rk_region_add(map, map->root, i * image->block, T210_WIRE, name, &region, err))
            return err->rc;
    }
    for (size_t i = 0; i < image->loaders; i++) {
        const struct t210_loader *loader = &image->loader[i];

        (void)snprintf(name, sizeof name, "boot loader %zu", i);
        end = loader->start + loader->len;
        if (rk_region_add(map, map->root, loader->start, loader->len, name, &region, err) ||
            rk_map_compared(map, check_loader(file, image, i, err), loader->start, loader->padded,
                            "hash in its record (AES-CMAC, zero key)", err))
            return err->rc;
    }
    if (len > end && rk_region_add(map, map->root, end, len - end, "behind it", &region, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "hashes ok, %s",
                   rk_all_zero(file + T210_SIG, T210_RSA) ? "not signed" : "RSA signature");
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *outer = NULL, *region;
    struct t210_image image;

    if (rk_t210_open(file, len, &image, err) ||
        rk_map_compared(map, check_bct(file, err), T210_SIGNED, T210_WIRE - T210_SIGNED,
                        "hash at 0x310 (AES-CMAC, zero key)", err))
        return err->rc;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (rk_region_add(map, places[i].in_signed ? outer : map->root, places[i].at, places[i].len,
                          places[i].name, &region, err))
            return err->rc;
        if (places[i].at == T210_SIGNED)
            outer = region;
        describe(file, &places[i], region);
    }
    return map_rest(file, len, &image, map, err);
}

/* ---- signing ---- */

static const struct rk_part_row part_rows[] = {
    { "config", false, false, "configuration text, as cbootimage takes it" },
    { "image", false, false, "an image or BCT to change, or to turn into text" },
    { "*", false, false, "a file that the configuration names, under that name" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "output", "image", "pack: image, or config for the text that makes part \"image\"" },
    { "region", "bct", "sign: bootloader first, then bct, whose signed region holds the other" },
    { NULL, NULL, NULL },
};

static bool makes_bare(const struct rk_request *request)
{
    return strcmp(rk_request_text(request, self(), "output"), "config") == 0;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    const char *output = rk_request_text(request, self(), "output");
    const struct rk_input *image = rk_request_part(request, "image");

    if (strcmp(output, "image") == 0)
        return rk_t210_build(request, ret, err);
    if (!makes_bare(request))
        return rk_fail(err, RK_E_USAGE, "setting \"output\": expected image or config");
    if (image == NULL || request->part_count != 1)
        return rk_fail(err, RK_E_USAGE, "output=config takes part \"image\" alone");
    return rk_t210_config(image->p, image->len, ret, err);
}

/* The modulus in the file's order. */
static enum rk_rc modulus(EVP_PKEY *pub, uint8_t ret[T210_RSA], struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    RK_AUTO(rk_bn_done) BIGNUM *e = NULL;

    if (!EVP_PKEY_is_a(pub, "RSA") || EVP_PKEY_get_bits(pub) != 8 * T210_RSA)
        return rk_fail(err, RK_E_KEY, "T210 takes RSA-2048 keys alone");
    if (EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
        BN_bn2lebinpad(n, ret, T210_RSA) != T210_RSA)
        return rk_fail_ossl(err, RK_E_KEY, "the RSA key's numbers");
    if (!BN_is_word(e, 65537))
        return rk_fail(err, RK_E_KEY, "the RSA exponent is not 65537, which the boot ROM assumes");
    return RK_OK;
}

static enum rk_rc sign_bct(const struct rk_request *request, bool *ret, struct rk_err *err)
{
    const char *region = rk_request_text(request, self(), "region");

    *ret = strcmp(region, "bct") == 0;
    if (!*ret && strcmp(region, "bootloader") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"region\": expected bct or bootloader");
    return RK_OK;
}

static enum rk_rc add_request(struct rk_sign_requests *requests, const uint8_t *bytes, size_t len,
                              const char *what, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;

    if (rk_bytes_copy(bytes, len, &message, err))
        return err->rc;
    return rk_sign_requests_add(requests, "", what, RK_SCHEME_RSA_PSS_SHA256, &message, err);
}

static bool loaders_signed(const uint8_t *file, const struct t210_image *image)
{
    bool all = true;

    for (size_t i = 0; i < image->loaders; i++)
        all &= !rk_all_zero(file + image->loader[i].record + T210_LOADER_SIG, T210_RSA);
    return all;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    struct t210_image image;
    uint8_t n[T210_RSA];
    bool bct;

    if (rk_t210_open(file, len, &image, err) || check_hashes(file, &image, err) ||
        sign_bct(request, &bct, err) || modulus(request->key[0].pub, n, err))
        return err->rc;
    if (bct && !loaders_signed(file, &image))
        return rk_fail(err, RK_E_USAGE,
                       "the boot loader is not signed, and its signature is inside "
                       "of what the BCT's covers: sign it first, with "
                       "region=bootloader");
    if (bct)
        return add_request(ret, file + T210_SIGNED, T210_WIRE - T210_SIGNED,
                           "bytes 0x510 to 0x27ff of the BCT", err);
    if (image.loaders == 0)
        return rk_fail(err, RK_E_USAGE, "the BCT names no boot loader");
    for (size_t i = 0; i < image.loaders; i++) {
        char what[48];

        (void)snprintf(what, sizeof what, "boot loader %zu", i);
        if (add_request(ret, file + image.loader[i].start, image.loader[i].len, what, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct t210_image image;
    bool bct;

    if (rk_t210_open(file, len, &image, err) || sign_bct(request, &bct, err) ||
        rk_bytes_copy(file, len, &made, err) ||
        modulus(request->key[0].pub, made.p + T210_KEY, err))
        return err->rc;
    for (size_t i = 0; i < (bct ? 1 : image.loaders); i++) {
        if (signatures[i].len != T210_RSA)
            return rk_fail(err, RK_E_KEY, "a signature of %s, expected %d",
                           RK_COUNTED(signatures[i].len, "byte"), T210_RSA);
        rk_t210_reverse(signatures[i].p,
                        made.p + (bct ? T210_SIG : image.loader[i].record + T210_LOADER_SIG));
    }
    if (!bct) /* what it covered has changed */
        memset(made.p + T210_SIG, 0, T210_RSA);
    if (rk_t210_seal(made.p, &image, err))
        return err->rc;
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc check_one(const struct rk_request *request, const uint8_t *message, size_t len,
                            const uint8_t *wire, const char *what, struct rk_err *err)
{
    uint8_t signature[T210_RSA];

    if (rk_all_zero(wire, T210_RSA))
        return rk_fail(err, RK_E_VERIFY, "%s is not signed", what);
    rk_t210_reverse(wire, signature);
    if (rk_signature_check(request->ctx, request->key[0].pub, RK_SCHEME_RSA_PSS_SHA256, message,
                           len, signature, sizeof signature, err))
        return rk_wrap(err, "RSA signature over %s", what);
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    struct t210_image image;
    uint8_t n[T210_RSA];
    bool keyed = request->key_count != 0, go;

    if (rk_check_begin(request, keyed || !rk_all_zero(file + T210_SIG, T210_RSA), RK_NEED_PUB, map,
                       &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (modulus(request->key[0].pub, n, err))
        return rk_check_other_kind(err);
    if (rk_t210_open(file, len, &image, err) ||
        check_one(request, file + T210_SIGNED, T210_WIRE - T210_SIGNED, file + T210_SIG,
                  "[0x510, 0x2800)", err))
        return err->rc;
    if (memcmp(n, file + T210_KEY, T210_RSA) != 0)
        return rk_fail(err, RK_E_VERIFY, "the modulus at 0x210 is not this key's");
    for (size_t i = 0; i < image.copies; i++) {
        if (rk_map_guard(map, i * image.block + T210_SIGNED, T210_WIRE - T210_SIGNED,
                         RK_GUARD_SIGNATURE, "RSA signature (PSS, SHA-256)", err))
            return err->rc;
    }
    for (size_t i = 0; i < image.loaders; i++) {
        const struct t210_loader *loader = &image.loader[i];
        char what[48];

        (void)snprintf(what, sizeof what, "boot loader %zu", i);
        if (check_one(request, file + loader->start, loader->len,
                      file + loader->record + T210_LOADER_SIG, what, err) ||
            rk_map_guard(map, loader->start, loader->len, RK_GUARD_SIGNATURE,
                         "RSA signature in its record", err))
            return err->rc;
    }
    (void)snprintf(map->signer, sizeof map->signer, "RSA-2048 key");
    return RK_OK;
}

const struct rk_format rk_format_t210_bct = {
    .name = "t210-bct",
    .title = "T210 BCT or boot image",
    .max = T210_FILE_MAX,
    .recognise = rk_t210_is,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .makes_bare = makes_bare,
    .refusal = "encryption of T210 images has no public definition here",
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_t210_bct;
}
