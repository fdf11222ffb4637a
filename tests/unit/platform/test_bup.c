/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bup and match: packages that the updater would refuse, names and versions as it reads them, and
 * boards. The golden is in tests/cli/image-vectors.sh. Offsets are those of boot-images.md 3.1.
 */
#include "image.h"
#include "suite.h"

#include "rotkit/tnspec.h"

#define GOLDEN BOOT "bup/bup_v3_4entries.bin"

static rk_ctx *ctx;
static struct rk_request nothing;

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    nothing = (struct rk_request) { .ctx = ctx };
}

static void unload(void)
{
    rk_ctx_free(ctx);
}

START_TEST(every_cut_breaks_the_size_equation)
{
    struct rk_bytes file = image_read(GOLDEN);

    for (size_t len = 0; len < file.len; len += len < 800 ? 1 : 131)
        ck_assert_int_eq(image_verify("bup", &nothing, file.p, len), RK_E_FORMAT);
    rk_bytes_done(&file);
}
END_TEST

static const struct {
    size_t at;
    uint32_t value;
    const char *says;
} headers[] = {
    { 20, 24257, "bup: blob_size at 0x14 is 24257, the file has 24256" },
    { 20, 24255,
      "bup: header, table and entries are 24256 bytes together, blob_size says 24255: the updater "
      "refuses it" },
    { 24, 39, "bup: header_size at 0x18 is 39, expected 40 to 24256" },
    { 24, UINT32_MAX, "bup: header_size at 0x18 is 4294967295, expected 40 to 24256" },
    { 28, 0, "bup: entry_count at 0x1c is 0, expected 1 to 512" },
    { 28, UINT32_MAX, "bup: entry_count at 0x1c is 4294967295, expected 1 to 512" },
    { 28, 500, "bup: a table of 500 entries does not fit into 24256 bytes" },
    { 28, 3, "bup: entry \"mb1\" starts at 0x308, the one before it ends at 0x250" },
    { 40 + 40, 0x309, "bup: entry \"mb1\" starts at 0x309, the one before it ends at 0x308" },
    { 40 + 44, UINT32_MAX,
      "bup: entry \"mb2\" starts at 0x1308, the one before it ends at "
      "0x100000307" },
    { 40 + 52, 3, "bup: entry \"mb1\": op_mode 3, expected 0 to 2" },
    { 40, 0, "bup: entry 0 has no name" },
    { 40, 0x01010101, "bup: entry 0: name holds a byte that is no text" },
    { 40 + 3 * 184 + 44, 8191,
      "bup: header, table and entries are 24255 bytes together, blob_size says 24256: the updater "
      "refuses it" },
};

START_TEST(a_header_that_deceives_is_refused_with_its_reason)
{
    struct rk_bytes file = image_read(GOLDEN);

    image_put_le(file.p + headers[_i].at, 4, headers[_i].value);
    ck_assert_int_eq(image_verify("bup", &nothing, file.p, file.len), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, headers[_i].says);
    rk_bytes_done(&file);
}
END_TEST

static const struct {
    const char *name, *says;
} names[] = {
    { "A_mb1", "pack bup: part \"A_mb1\": entry \"A_mb1\": the updater picks the slot, leave out "
               "the prefix" },
    { "B_mb1/1", "pack bup: part \"B_mb1/1\": entry \"B_mb1\": the updater picks the slot, leave "
                 "out the prefix" },
    { "/1", "pack bup: part \"/1\": an entry without a name" },
    { "mb1/35.x", "pack bup: part \"mb1/35.x\": version \"35.x\": expected BSP digits such as "
                  "35.3.1, which are stored as 0x3531" },
    { "mb1/1/3", "pack bup: part \"mb1/1/3\": op mode \"3\": expected 0, 1 or 2" },
    { "a-name-of-thirty-seven-characters-yes",
      "pack bup: part "
      "\"a-name-of-thirty-seven-characters-yes\": entry name "
      "\"a-name-of-thirty-seven-characters-yes\" has 37 characters, at most 36" },
};

START_TEST(a_name_that_the_updater_cannot_use_is_refused)
{
    const struct rk_input part = { names[_i].name, (const uint8_t *)"x", 1 };
    struct rk_request request = { .ctx = ctx, .part = &part, .part_count = 1 };
    struct rk_bytes made = RK_BYTES_NONE;

    ck_assert_int_eq(rk_format_build("bup", &request, &made, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, names[_i].says);
}
END_TEST

/* The trap of boot-images.md 8: NVIDIA's generator stores dotted text as 0. */
START_TEST(a_dotted_version_is_stored_as_its_digits)
{
    const struct rk_input part = { "mb1/35.3.1", (const uint8_t *)"x", 1 };
    struct rk_request request = { .ctx = ctx, .part = &part, .part_count = 1 };
    struct rk_bytes made = RK_BYTES_NONE;

    ck_assert_int_eq(rk_format_build("bup", &request, &made, &err), RK_OK);
    ck_assert_uint_eq(made.len, 40 + 184 + 1);
    ck_assert_mem_eq(made.p + 40 + 48, "\x31\x35\0\0", 4);
    rk_bytes_done(&made);
}
END_TEST

static const struct {
    const char *entry, *board;
    bool fits;
} specs[] = {
    { "", "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-", true },
    { "3767-300-0000-M.1-1-1-orin-", "3767-300-0000-M.1-1-1-orin-", true },
    { "3767--0000--1--orin-", "3767-300-0000-M.1-1-1-orin-", true },
    { "3767-300-0000-M.1-1-1-orin-", "3767--0000--1--orin-", true },
    { "3767-300-0000-M.1-1-1-orin-", "3767-301-0000-M.1-1-1-orin-", false },
    { "3767-300-0000-M.1-1-1-orin", "3767-300-0000-M.1-1-1-orin-", false },
    { "3767-300", "3767-300-0000", false },
    { "37-300", "3767-300", false },
    { "-----", "3767-300-0000-M.1-1-1", true },
};

START_TEST(a_spec_matches_token_by_token)
{
    ck_assert_int_eq(rk_tnspec_matches(specs[_i].entry, specs[_i].board), specs[_i].fits);
}
END_TEST

START_TEST(the_fifth_token_is_the_production_fuse)
{
    ck_assert(!rk_tnspec_is_production("3767-300-0000-M.1-0-1-orin-"));
    ck_assert(rk_tnspec_is_production("3767-300-0000-M.1-1-1-orin-"));
    ck_assert(rk_tnspec_is_production("3767-300-0000-M.1-01-1-orin-"));
}
END_TEST

static void count(void *arg, const struct rk_bup_choice *choice)
{
    size_t *chosen = arg;

    *chosen = *chosen << 1 | choice->chosen;
}

/* mb1 (production), mb2, BCT (non-production), BCT (production, wildcards) */
START_TEST(a_board_gets_one_entry_a_name)
{
    struct rk_bytes file = image_read(GOLDEN);
    size_t chosen = 0;

    ck_assert_int_eq(rk_bup_match(file.p, file.len,
                                  "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-", NULL, count,
                                  &chosen, &err),
                     RK_OK);
    ck_assert_uint_eq(chosen, 0xd); /* 1101 */
    chosen = 0;
    ck_assert_int_eq(rk_bup_match(file.p, file.len, "3701-000-0000-M.1-1-1-jetson-agx-orin-devkit-",
                                  "3767--0000--1--jetson-orin-nano-devkit-", count, &chosen, &err),
                     RK_OK);
    chosen = 0;
    ck_assert_int_eq(rk_bup_match(file.p, file.len, "3701-000-0000-M.1-1-1-jetson-agx-orin-devkit-",
                                  NULL, count, &chosen, &err),
                     RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "no entry \"BCT\" fits the board "
                              "\"3701-000-0000-M.1-1-1-jetson-agx-orin-devkit-\": it would be left "
                              "as it is");
    rk_bytes_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, every_cut_breaks_the_size_equation);
    tcase_add_loop_test(tc, a_header_that_deceives_is_refused_with_its_reason, 0,
                        sizeof headers / sizeof headers[0]);
    tcase_add_loop_test(tc, a_name_that_the_updater_cannot_use_is_refused, 0,
                        sizeof names / sizeof names[0]);
    tcase_add_test(tc, a_dotted_version_is_stored_as_its_digits);
    tcase_add_loop_test(tc, a_spec_matches_token_by_token, 0, sizeof specs / sizeof specs[0]);
    tcase_add_test(tc, the_fifth_token_is_the_production_fuse);
    tcase_add_test(tc, a_board_gets_one_entry_a_name);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "bup", .add = add, .load = load, .unload = unload });
}
