/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bup and match: packages that the updater would refuse, names and versions as it reads them, and
 * boards. The golden is in tests/cli/image-vectors.sh. Offsets are those of boot-images.md 3.1.
 */
#include "image.h"
#include "suite.h"

#include "rotkit/bup_match.h"
#include "rotkit/esrt.h"

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

struct seen {
    size_t chosen, findings, missing;
};

static void count(void *arg, const struct rk_bup_choice *choice)
{
    struct seen *seen = arg;

    ck_assert_int_eq(choice->chosen, choice->why[0] == '\0');
    seen->chosen = seen->chosen << 1 | choice->chosen;
}

static void find(void *arg, const struct rk_bup_finding *finding)
{
    struct seen *seen = arg;

    seen->findings++;
    seen->missing += finding->status == RK_ESRT_NOT_IN_PACKAGE;
}

static struct seen seen;
static const struct rk_bup_told told = { count, find, &seen };
static struct rk_bup_verdict verdict;

static enum rk_rc match(const struct rk_bytes *file, const struct rk_bup_board *board)
{
    seen = (struct seen) { .chosen = 0 };
    return rk_bup_match(file->p, file->len, board, &told, &verdict, &err);
}

/* mb1 (production), mb2, BCT (non-production), BCT (production, wildcards): 19 of T234's 21 lack.
 */
START_TEST(a_board_gets_one_entry_a_name)
{
    struct rk_bytes file = image_read(GOLDEN);
    struct rk_bup_board board = { .spec = "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-",
                                  .platform = "t234" };

    ck_assert_int_eq(match(&file, &board), RK_E_VERIFY);
    ck_assert_uint_eq(seen.chosen, 0xd); /* 1101 */
    ck_assert_uint_eq(seen.missing, 19);
    ck_assert_uint_eq(verdict.status, 6151);
    ck_assert_str_eq(
        err.msg, "19 of 21 images that UEFI of t234 requires have no entry for the board "
                 "\"3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-\", the first \"adsp-fw\" (not "
                 "in the package)\n  the board would report 6151, image not in package");
    board.spec = "3701-000-0000-M.1-1-1-jetson-agx-orin-devkit-";
    ck_assert_int_eq(match(&file, &board), RK_E_VERIFY);
    ck_assert_uint_eq(seen.chosen, 0xc); /* 1100 */
    board.compat = "3767--0000--1--jetson-orin-nano-devkit-";
    ck_assert_int_eq(match(&file, &board), RK_E_VERIFY);
    ck_assert_uint_eq(seen.chosen, 0xd);
    rk_bytes_done(&file);
}
END_TEST

/* What FwPackageValidateHeader and FwPackageValidateImageInfoArray of edk2-nvidia refuse. */
static const struct {
    size_t at;
    uint32_t value, status;
} refused[] = {
    { 15, '2', 6145 },
    { 20, 100, 6145 },                 /* too small for its table */
    { 20, 24257, 6149 },               /* larger than the file */
    { 28, 500, 6145 },                 /* a table that does not fit */
    { 32, 1, 6145 },                   /* BMP */
    { 40 + 52, 3, 6147 },              /* op mode */
    { 40 + 44, 0x1000000, 6147 },      /* beyond the end */
    { 40 + 3 * 184 + 44, 8191, 6147 }, /* the sum */
};

START_TEST(a_package_that_uefi_refuses_has_its_status)
{
    struct rk_bytes file = image_read(GOLDEN);
    const struct rk_bup_board board = { .spec = "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-",
                                        .platform = "t234" };

    image_put_le(file.p + refused[_i].at, refused[_i].at == 15 ? 1 : 4, refused[_i].value);
    ck_assert_int_ne(match(&file, &board), RK_OK);
    ck_assert_uint_eq(verdict.status, refused[_i].status);
    ck_assert_uint_eq(seen.chosen, 0);
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 3.1 says 21; each once. */
START_TEST(t234_requires_twenty_one_images)
{
    size_t count = 0;

    for (const char *name; (name = rk_bup_required("t234", count)) != NULL; count++) {
        for (size_t i = 0; i < count; i++)
            ck_assert_str_ne(rk_bup_required("t234", i), name);
    }
    ck_assert_uint_eq(count, 21);
    ck_assert_ptr_null(rk_bup_required("t210", 0));
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
    tcase_add_test(tc, a_board_gets_one_entry_a_name);
    tcase_add_loop_test(tc, a_package_that_uefi_refuses_has_its_status, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tc, t234_requires_twenty_one_images);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "bup", .add = add, .load = load, .unload = unload });
}
