/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No key is left in the memory of the process: an operation is run with a patterned key, then all
 * writable memory is searched for the key's tail. glibc overwrites the first 16 bytes of a freed
 * block, so the tail of a 32-byte key is what is looked for. A planted copy proves that the search
 * can find one.
 */
#include "rotkit/ekb.h"
#include "rotkit/identity.h"

#include "suite.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY = 32, TAIL = 16, CHUNK = 1 << 16 };

/* The tail is this, each byte XORed: it stands nowhere in the clear but in the key. */
static const uint8_t masked[TAIL] = { 0x11, 0x83, 0x2f, 0xd0, 0x64, 0x9b, 0x07, 0xee,
                                      0x58, 0xa2, 0x3c, 0xf9, 0x46, 0xb5, 0x7a, 0xc1 };
enum { MASK = 0x5a };

static rk_ctx *ctx;
static struct rk_err err;

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static void unload(void)
{
    rk_ctx_free(ctx);
}

/* Volatile, so that the compiler does not drop it for memory that is freed right away. */
static void patterned(volatile uint8_t *key)
{
    for (size_t i = 0; i < KEY; i++)
        key[i] = i < KEY - TAIL ? 0xa5 : masked[i - (KEY - TAIL)] ^ MASK;
}

static size_t count_in(const uint8_t *p, size_t len)
{
    size_t found = 0;

    for (size_t i = 0; i + TAIL <= len; i++) {
        size_t k = 0;

        while (k < TAIL && (p[i + k] ^ MASK) == masked[k])
            k++;
        found += k == TAIL;
    }
    return found;
}

/* Copies of the tail in all writable memory but the search's own buffer. */
static size_t copies(void)
{
    static uint8_t buffer[CHUNK];
    FILE *maps = fopen("/proc/self/maps", "r");
    int mem = open("/proc/self/mem", O_RDONLY);
    uintptr_t from, to;
    char mode[5], line[512];
    size_t found = 0;

    ck_assert(maps != NULL && mem >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, mode) != 3 || mode[1] != 'w')
            continue;
        for (uintptr_t at = from; at < to; at += CHUNK - TAIL) {
            size_t want = to - at < CHUNK ? to - at : CHUNK;
            ssize_t got = pread(mem, buffer, want, (off_t)at);

            if (at < (uintptr_t)buffer + CHUNK && at + want > (uintptr_t)buffer)
                continue;
            found += got > 0 ? count_in(buffer, (size_t)got) : 0;
        }
        memset(buffer, 0, sizeof buffer);
    }
    fclose(maps);
    close(mem);
    return found;
}

START_TEST(a_planted_copy_in_freed_memory_is_found)
{
    /* At the end of a block too large for what check and stdio allocate in between to reach. */
    enum { BLOCK = 1 << 16 };
    uint8_t *volatile planted = malloc(BLOCK);

    ck_assert_uint_eq(copies(), 0);
    patterned(planted + BLOCK - KEY);
    free(planted);
    ck_assert_uint_ge(copies(), 1);
}
END_TEST

START_TEST(packing_and_opening_a_key_blob_leaves_no_key)
{
    struct rk_secret key = RK_SECRET_NONE;
    struct rk_ekb ekb = { .version = RK_EKB_2_0 }, again = { .item_count = 0 };
    struct rk_bytes image = RK_BYTES_NONE;
    rk_mac *root = NULL;

    ck_assert_int_eq(rk_secret_new(KEY, &key, &err), RK_OK);
    patterned(key.p);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &root, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, RK_EKB_TAG_PAYLOAD_KEY, key.p, key.len, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_derive_nonces(root, &ekb, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_write(root, &ekb, &image, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_read(root, NULL, image.p, image.len, &again, &err), RK_OK);
    rk_ekb_done(&again);
    rk_ekb_done(&ekb);
    rk_mac_free(root);
    rk_bytes_done(&image);
    ck_assert_uint_ge(copies(), 1); /* ours, still held */
    rk_secret_done(&key);
    ck_assert_uint_eq(copies(), 0);
}
END_TEST

START_TEST(the_identity_chain_leaves_no_kdk0)
{
    struct rk_secret kdk0 = RK_SECRET_NONE, seed = RK_SECRET_NONE;
    const struct rk_platform *platform;
    struct rk_unit_id sn = { { 0 } };
    struct rk_identity id;

    ck_assert_int_eq(rk_platform_find(ctx, "t234", &platform, &err), RK_OK);
    ck_assert_int_eq(rk_secret_new(KEY, &kdk0, &err), RK_OK);
    ck_assert_int_eq(rk_secret_new(KEY, &seed, &err), RK_OK);
    patterned(kdk0.p);
    patterned(seed.p);
    ck_assert_int_eq(rk_identity_derive(ctx, platform, &sn, &kdk0, &seed, &id, &err), RK_OK);
    rk_identity_done(&id);
    rk_secret_done(&kdk0);
    rk_secret_done(&seed);
    ck_assert_uint_eq(copies(), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_planted_copy_in_freed_memory_is_found);
    tcase_add_test(tc, packing_and_opening_a_key_blob_leaves_no_key);
    tcase_add_test(tc, the_identity_chain_leaves_no_kdk0);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "leak", .add = add, .load = load, .unload = unload });
}
