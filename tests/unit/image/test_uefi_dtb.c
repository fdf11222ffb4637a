/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-dtb and uefi-keys-dtbo: the ratchet, unaligned trees, every cut, every flipped byte. That
 * the bytes are where they belong, dtc and fdtget say: tests/cli/peer-dtc-uefi-keys.sh.
 */
#include "image.h"
#include "suite.h"

#include <libfdt.h>
#include <stdlib.h>

enum { TREE_MAX = 1024 };

static struct image_request request;
static struct rk_bytes cert;

static void load(void)
{
    image_request_open(&request, BOOT "keys/db.key", BOOT "uefi/db.crt");
    cert = image_read(BOOT "keys/cap_root.crt");
}

static void unload(void)
{
    rk_bytes_done(&cert);
    image_request_done(&request);
}

static struct rk_bytes make_dtb(const char *lowest)
{
    uint8_t tree[TREE_MAX];
    struct rk_bytes made = RK_BYTES_NONE;
    struct rk_input part[] = { { "dtb", tree, 0 }, { "cert", cert.p, cert.len } };
    struct rk_setting set[] = { { "lowest-supported-version", lowest },
                                { "image-type", "BF0D4599-20d4-414e-b2c5-3595b1cda402" } };
    struct rk_request pack = {
        .ctx = request.ctx, .part = part, .part_count = 2, .setting = set, .setting_count = 2
    };

    ck_assert_int_eq(fdt_create_empty_tree(tree, sizeof tree), 0);
    part[0].len = fdt_totalsize(tree);
    ck_assert_msg(rk_format_build("uefi-dtb", &pack, &made, &err) == RK_OK, "%s", err.msg);
    return made;
}

static struct rk_bytes make_keys(void)
{
    struct rk_bytes esl[3] = { image_read(BOOT "uefi/PK.esl"), image_read(BOOT "uefi/KEK.esl"),
                               image_read(BOOT "uefi/db.esl") };
    struct rk_input part[] = { { "PK", esl[0].p, esl[0].len },
                               { "KEK", esl[1].p, esl[1].len },
                               { "db", esl[2].p, esl[2].len } };
    struct rk_request pack = { .ctx = request.ctx, .part = part, .part_count = 3 };
    struct rk_bytes made = RK_BYTES_NONE;

    ck_assert_msg(rk_format_build("uefi-keys-dtbo", &pack, &made, &err) == RK_OK, "%s", err.msg);
    for (size_t i = 0; i < 3; i++)
        rk_bytes_done(&esl[i]);
    return made;
}

static struct rk_bytes make(int which)
{
    return which == 0 ? make_dtb("0x00230301") : make_keys();
}

static const char *name_of(int which)
{
    return which == 0 ? "uefi-dtb" : "uefi-keys-dtbo";
}

START_TEST(what_was_made_is_recognised_and_made_alike_twice)
{
    struct rk_bytes file = make(_i), again = make(_i);
    struct rk_map map;

    ck_assert_int_eq(rk_format_inspect(request.ctx, file.p, file.len, &map, &err), RK_OK);
    ck_assert_str_eq(map.format, name_of(_i));
    ck_assert_uint_eq(file.len, again.len);
    ck_assert_mem_eq(file.p, again.p, file.len);
    rk_map_done(&map);
    rk_bytes_done(&again);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(a_lower_lowest_version_is_a_step_back)
{
    struct rk_bytes old = make_dtb("0x00230301"), lower = make_dtb("0x00230300"),
                    higher = make_dtb("0x00240000");
    struct rk_map was, low, high;

    ck_assert_int_eq(rk_format_inspect(request.ctx, old.p, old.len, &was, &err), RK_OK);
    ck_assert_int_eq(rk_format_inspect(request.ctx, lower.p, lower.len, &low, &err), RK_OK);
    ck_assert_int_eq(rk_format_inspect(request.ctx, higher.p, higher.len, &high, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&was, &was, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&high, &was, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&low, &was, &err), RK_E_VERIFY);
    rk_map_done(&was);
    rk_map_done(&low);
    rk_map_done(&high);
    rk_bytes_done(&old);
    rk_bytes_done(&lower);
    rk_bytes_done(&higher);
}
END_TEST

START_TEST(a_tree_that_stands_anywhere_is_read)
{
    struct rk_bytes file = make(_i), moved = RK_BYTES_NONE;
    struct rk_request nobody = { .ctx = request.ctx };

    ck_assert_int_eq(rk_bytes_new(file.len + 8, &moved, &err), RK_OK);
    for (size_t by = 0; by < 8; by++) {
        memcpy(moved.p + by, file.p, file.len);
        ck_assert_msg(image_verify(NULL, &nobody, moved.p + by, file.len) == RK_OK, "%s", err.msg);
    }
    rk_bytes_done(&moved);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = make(_i);
    struct rk_request nobody = { .ctx = request.ctx };

    for (size_t len = 0; len < file.len; len++)
        ck_assert_msg(image_verify(name_of(_i), &nobody, file.p, len) == RK_E_FORMAT, "%zu bytes",
                      len);
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 3.2 and 5.0: neither is signed. Read or refused, nothing else. */
START_TEST(every_flipped_byte_is_read_or_refused)
{
    struct rk_bytes file = make(_i);
    const struct image_free all = { 0, file.len, false };
    struct rk_request nobody = { .ctx = request.ctx };

    image_flip(name_of(_i), &nobody, &file, &all, 1);
    ck_assert_int_eq(image_verify(name_of(_i), &request.verify, file.p, file.len), RK_E_VERIFY);
    rk_bytes_done(&file);
}
END_TEST

/* clang-format off */
static const struct {
    size_t at;      /* in the header of the tree */
    uint32_t value;
    const char *says;
} hostile[] = {
    { 0,  0xd00dfeee, "device tree: FDT_ERR_BADMAGIC" },
    { 4,  0xffffffff, "device tree: FDT_ERR_TRUNCATED" },
    { 8,  0xfffffff0, "device tree: FDT_ERR_TRUNCATED" },
    { 12, 0xffffffff, "device tree: FDT_ERR_TRUNCATED" },
    { 16, 0xfffffff8, "device tree: FDT_ERR_TRUNCATED" },
    { 20, 1,          "device tree: FDT_ERR_BADVERSION" },
    { 32, 0xffffffff, "device tree: FDT_ERR_TRUNCATED" },
    { 36, 0xffffffff, "device tree: FDT_ERR_TRUNCATED" },
};
enum { HOSTILE = sizeof hostile / sizeof hostile[0] };
/* clang-format on */

START_TEST(hostile_headers_are_refused)
{
    struct rk_request nobody = { .ctx = request.ctx };

    for (int which = 0; which < 2; which++) {
        struct rk_bytes file = make(which);

        for (size_t i = 0; i < 4; i++)
            file.p[hostile[_i].at + i] = (uint8_t)(hostile[_i].value >> (24 - 8 * i));
        ck_assert_int_eq(image_verify(name_of(which), &nobody, file.p, file.len), RK_E_FORMAT);
        ck_assert_str_eq(strchr(err.msg, ':') + 2, hostile[_i].says);
        rk_bytes_done(&file);
    }
}
END_TEST

/* Nodes deeper than libfdt or we would ever go. */
START_TEST(a_tree_of_endless_depth_is_refused_or_read)
{
    enum { DEEP = 100000, ROOM = DEEP * 16 + 4096 };
    uint8_t *tree = calloc(1, ROOM);
    struct rk_request nobody = { .ctx = request.ctx };
    enum rk_rc rc;

    ck_assert_ptr_nonnull(tree);
    ck_assert_int_eq(fdt_create(tree, ROOM), 0);
    ck_assert_int_eq(fdt_finish_reservemap(tree), 0);
    for (int i = 0; i < DEEP; i++)
        ck_assert_int_eq(fdt_begin_node(tree, i == 0 ? "" : "a"), 0);
    for (int i = 0; i < DEEP; i++)
        ck_assert_int_eq(fdt_end_node(tree), 0);
    ck_assert_int_eq(fdt_finish(tree), 0);
    for (int which = 0; which < 2; which++) {
        rc = image_verify(name_of(which), &nobody, tree, fdt_totalsize(tree));
        ck_assert_int_eq(rc, RK_E_FORMAT);
    }
    free(tree);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, what_was_made_is_recognised_and_made_alike_twice, 0, 2);
    tcase_add_test(tc, a_lower_lowest_version_is_a_step_back);
    tcase_add_loop_test(tc, a_tree_that_stands_anywhere_is_read, 0, 2);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, 2);
    tcase_add_loop_test(tc, every_flipped_byte_is_read_or_refused, 0, 2);
    tcase_add_loop_test(tc, hostile_headers_are_refused, 0, HOSTILE);
    tcase_add_test(tc, a_tree_of_endless_depth_is_refused_or_read);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "uefi_dtb", .add = add, .load = load, .unload = unload });
}
