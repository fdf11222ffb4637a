/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things stand in a T210 BCT and in the boot image that begins with it: numbers, hashes,
 * copies, boot loaders. Source: boot-images.md 6.
 */
#include "bct/t210.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

uint32_t rk_t210_get(const uint8_t *bct, size_t at)
{
    return (uint32_t)bct[at] | (uint32_t)bct[at + 1] << 8 | (uint32_t)bct[at + 2] << 16 |
           (uint32_t)bct[at + 3] << 24;
}

void rk_t210_put(uint8_t *bct, size_t at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        bct[at + i] = (uint8_t)(value >> (8 * i));
}

enum rk_rc rk_t210_mac(const uint8_t *bytes, size_t len, uint8_t ret[T210_MAC], struct rk_err *err)
{
    const uint8_t zero[16] = { 0 };
    size_t found = 0;

    if (EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, zero, sizeof zero, bytes, len, ret,
                  T210_MAC, &found) == NULL ||
        found != T210_MAC)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-CMAC");
    return RK_OK;
}

bool rk_t210_is(const uint8_t *file, size_t len)
{
    return len >= T210_VERSION_AT + 4 && rk_t210_get(file, T210_VERSION_AT) == T210_VERSION;
}

static enum rk_rc open_loader(const uint8_t *file, size_t len, size_t i, struct t210_loader *ret,
                              struct rk_err *err)
{
    size_t record = T210_LOADER + i * T210_LOADER_LEN;
    uint64_t start = ((uint64_t)rk_t210_get(file, record + T210_LOADER_BLOCK)
                      << rk_t210_get(file, T210_BLOCK_LOG2)) +
                     ((uint64_t)rk_t210_get(file, record + T210_LOADER_PAGE)
                      << rk_t210_get(file, T210_PAGE_LOG2));
    uint64_t size = rk_t210_get(file, record + T210_LOADER_SIZE), padded = (size + 15) & ~15ULL;

    if (size == 0 || start < T210_WIRE || start > len || padded > len - start)
        return rk_fail(
            err, RK_E_FORMAT,
            "boot loader %zu: 0x%llx bytes at 0x%llx, which is not within [0x2800, 0x%zx)", i,
            (unsigned long long)size, (unsigned long long)start, len);
    *ret = (struct t210_loader) {
        .record = record, .start = (size_t)start, .len = (size_t)size, .padded = (size_t)padded
    };
    return RK_OK;
}

/* Loaders stand in ascending order. Before the first, each block is a copy of the BCT or zero. */
static enum rk_rc find_copies(const uint8_t *file, struct t210_image *image, struct rk_err *err)
{
    size_t end = image->loaders == 0 ? T210_WIRE : image->loader[0].start;

    image->copies = 1;
    if (image->loaders == 0)
        return RK_OK;
    if (image->block < T210_WIRE)
        return rk_fail(err, RK_E_FORMAT, "BlockSize 0x%zx does not hold a BCT", image->block);
    for (size_t at = image->block; at < end && end - at >= T210_WIRE; at += image->block) {
        if (rk_all_zero(file + at, T210_WIRE))
            break;
        if (memcmp(file, file + at, T210_WIRE) != 0)
            return rk_fail(err, RK_E_VERIFY, "the copy of the BCT at 0x%zx differs from the first",
                           at);
        image->copies++;
    }
    return RK_OK;
}

enum rk_rc rk_t210_open(const uint8_t *file, size_t len, struct t210_image *ret, struct rk_err *err)
{
    struct t210_image image = { .loaders = 0 };
    uint32_t block_log2, page_log2;

    if (len < T210_WIRE)
        return rk_fail(err, RK_E_FORMAT, "%s, a T210 BCT has %d", RK_COUNTED(len, "byte"),
                       T210_WIRE);
    if (!rk_t210_is(file, len))
        return rk_fail(err, RK_E_FORMAT, "version 0x%x at 0x530, expected 0x%x",
                       rk_t210_get(file, T210_VERSION_AT), T210_VERSION);
    block_log2 = rk_t210_get(file, T210_BLOCK_LOG2);
    page_log2 = rk_t210_get(file, T210_PAGE_LOG2);
    if (block_log2 > 31 || page_log2 > 31)
        return rk_fail(err, RK_E_FORMAT, "block 2^%u, page 2^%u, at most 2^31", block_log2,
                       page_log2);
    if (rk_t210_get(file, T210_LOADERS) > T210_LOADER_MAX ||
        rk_t210_get(file, T210_SDRAM_COUNT) > T210_SDRAM_MAX || rk_t210_get(file, T210_DEVICES) > 1)
        return rk_fail(err, RK_E_FORMAT, "%u boot loaders, %u SDRAM sets, %s: at most 4, 4, 1",
                       rk_t210_get(file, T210_LOADERS), rk_t210_get(file, T210_SDRAM_COUNT),
                       RK_COUNTED(rk_t210_get(file, T210_DEVICES), "device"));
    image.block = (size_t)1 << block_log2;
    image.loaders = rk_t210_get(file, T210_LOADERS);
    for (size_t i = 0; i < image.loaders; i++) {
        struct t210_loader *loader = &image.loader[i];

        if (open_loader(file, len, i, loader, err))
            return err->rc;
        if (i != 0 && loader->start < loader[-1].start + loader[-1].padded)
            return rk_fail(err, RK_E_FORMAT, "boot loader %zu at 0x%zx overlaps the one before", i,
                           loader->start);
    }
    if (find_copies(file, &image, err))
        return err->rc;
    *ret = image;
    return RK_OK;
}

enum rk_rc rk_t210_seal(uint8_t *file, const struct t210_image *image, struct rk_err *err)
{
    if (rk_t210_mac(file + T210_SIGNED, T210_WIRE - T210_SIGNED, file + T210_HASH, err))
        return err->rc;
    for (size_t i = 1; i < image->copies; i++)
        memcpy(file + i * image->block, file, T210_WIRE);
    return RK_OK;
}

/* The smallest virtual block, no smaller than the real one, of which the table can hold all. */
enum rk_rc rk_t210_block_table(uint8_t *bct, struct rk_err *err)
{
    uint64_t size = rk_t210_get(bct, T210_PARTITION);
    uint32_t block = rk_t210_get(bct, T210_BLOCK_LOG2), log2 = block;

    while ((size + (1ULL << log2) - 1) >> log2 > T210_TABLE_MAX)
        log2++;
    if (size + (1ULL << log2) - 1 > UINT32_MAX)
        return rk_fail(
            err, RK_E_FORMAT,
            "PartitionSize 0x%llx with blocks of 0x%llx: cbootimage's table overflows, so "
            "what belongs there is not known",
            (unsigned long long)size, 1ULL << log2);
    rk_t210_put(bct, T210_TABLE, (size + (1ULL << log2) - 1) >> log2, 4);
    bct[T210_TABLE + 4] = (uint8_t)log2;
    bct[T210_TABLE + 5] = (uint8_t)block;
    return RK_OK;
}

void rk_t210_reverse(const uint8_t *from, uint8_t *ret)
{
    for (size_t i = 0; i < T210_RSA; i++)
        ret[i] = from[T210_RSA - 1 - i];
}
