/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tnspec and esrt: real strings of boards (jetson-factory.md 5, and the UART log of OE4T/meta-tegra
 * issue 1531, where edk2-nvidia says "Not Found" for each pair), what they differ in, and the files
 * that hold them, whole and damaged.
 */
#include "suite.h"

#include "rotkit/esrt.h"
#include "rotkit/tnspec.h"

#include <string.h>

static struct rk_err err;

#define NANO        "3767-300-0005-K.2-1-1-jetson-orin-nano-devkit-"
#define NANO_COMPAT "3767--0005--1--jetson-orin-nano-devkit-"
#define AGX         "3701-500-0000-J.0-1-1-jetson-agx-orin-devkit-"

static const struct {
    const char *entry, *board;
    bool fits;
    const char *says;
} specs[] = {
    { "", NANO, true, "" },
    { NANO, NANO, true, "" },
    { "3767--0005--1--jetson-orin-nano-devkit-", NANO, true, "" },
    { NANO, NANO_COMPAT, true, "" },
    { "------", "3767-300-0000-M.1-1-1", false, "fields: package 7, board 6" },
    { "-----", "3767-300-0000-M.1-1-1", true, "" },
    { "3767-301-0005-K.2-1-1-jetson-orin-nano-devkit-", NANO, false,
      "FAB: package 301, board 300" },
    { "3701-300-0000--1--jetson-agx-orin-devkit-", AGX, false, "FAB: package 300, board 500" },
    { "3767-000-0003--1-1-jetson-orin-nano-devkit-",
      "3767-300-0005-K.2-1-0-jetson-orin-nano-devkit-", false,
      "FAB: package 000, board 300; SKU: package 0003, board 0005; chip revision: package 1, board "
      "0" },
    { "3767-000-0004--1-1-jetson-orin-nano-devkit-", NANO_COMPAT, false,
      "SKU: package 0004, board 0005" },
    { "3767-300-0005-K.2-1-1-jetson-orin-nano-devkit-super-", NANO, false,
      "machine: package jetson-orin-nano-devkit-super, board jetson-orin-nano-devkit" },
    { "3767-300-0005-K.2-1-1-jetson-orin-nx-devkit-", NANO, false,
      "machine: package jetson-orin-nx-devkit, board jetson-orin-nano-devkit" },
    { "3767-300-0005-K.2-1-1-jetson-orin-nano-devkit-mmcblk0p1",
      "3767-300-0005-K.2-1-1-jetson-orin-nano-devkit-nvme0n1p1", false,
      "root device: package mmcblk0p1, board nvme0n1p1" },
    { "3767-300-0005-K.2-1-1-jetson-orin-nano-devkit", NANO, false,
      "machine: package jetson-orin-nano, board jetson-orin-nano-devkit" },
    { "3767-300", "3767-300-0000", false, "fields: package 2, board 3" },
    { "37-300", "3767-300", false, "board id: package 37, board 3767" },
    { "3701-300-0000-M.1-1-1-orin-", "3767-300-0000-M.1-0-1-orin-", false,
      "board id: package 3701, board 3767; fuse level: package 1, board 0" },
};

START_TEST(a_spec_matches_token_by_token_and_names_what_differs)
{
    char text[200];

    ck_assert_int_eq(rk_tnspec_matches(specs[_i].entry, specs[_i].board), specs[_i].fits);
    rk_tnspec_difference(specs[_i].entry, specs[_i].board, "board", text, sizeof text);
    ck_assert_str_eq(text, specs[_i].says);
}
END_TEST

START_TEST(a_difference_is_cut_at_its_room)
{
    char text[24] = "";

    for (size_t size = 1; size <= sizeof text; size++) {
        memset(text, 'x', sizeof text);
        rk_tnspec_difference("1-2-3-4-5-6-7-8", "9-9-9-9-9-9-9-9", "board", text, size);
        ck_assert_uint_lt(strlen(text), size);
    }
}
END_TEST

/* edk2-nvidia GetFuseSettings: "exactly -0-". */
START_TEST(the_fifth_token_is_the_production_fuse)
{
    ck_assert(!rk_tnspec_is_production("3767-300-0000-M.1-0-1-orin-"));
    ck_assert(rk_tnspec_is_production("3767-300-0000-M.1-1-1-orin-"));
    ck_assert(rk_tnspec_is_production("3767-300-0000-M.1-01-1-orin-"));
    ck_assert(rk_tnspec_is_production("3767-300-0000-M.1-0"));
    ck_assert(rk_tnspec_is_production(""));
}
END_TEST

START_TEST(a_compat_spec_leaves_three_fields_empty)
{
    char like[RK_TNSPEC_MAX + 1], dashes[RK_TNSPEC_MAX + 1];

    rk_tnspec_compat_like(NANO, like);
    ck_assert_str_eq(like, NANO_COMPAT);
    memset(dashes, '-', RK_TNSPEC_MAX);
    dashes[RK_TNSPEC_MAX] = '\0';
    rk_tnspec_compat_like(dashes, like);
    ck_assert_str_eq(like, dashes);
    rk_tnspec_compat_like("", like);
    ck_assert_str_eq(like, "");
}
END_TEST

#define TEXT(literal) (literal), sizeof(literal) - 1
static const struct {
    const char *file;
    size_t len;
    const char *spec, *compat;
    uint64_t chip;
} files[] = {
    /* Avocado's recipe for the devkit, as jetson-factory.md 5 has its strings */
    { TEXT("TNSPEC " AGX "\nCOMPATIBLE_SPEC 3701--0000--1--jetson-agx-orin-devkit-\n"
           "TEGRA_LEGACY_UPDATE true\nTEGRA_EMMC_ONLY false\nTEGRA_CHIPID 0x23\n"
           "TEGRA_OTA_BOOT_DEVICE /dev/mtdblock0\nTEGRA_OTA_GPT_DEVICE /dev/mtdblock0\n"),
      AGX, "3701--0000--1--jetson-agx-orin-devkit-", 0x23 },
    { TEXT(" \tTNSPEC\t  " NANO "  \r\n\r\nCOMPATIBLE_SPEC\t" NANO_COMPAT "\r\n"), NANO,
      NANO_COMPAT, 0 },
    { TEXT("TNSPEC " NANO), NANO, "", 0 },
    { TEXT("COMPATIBLE_SPEC\nTNSPEC " NANO "\n"), NANO, "", 0 },
    { TEXT("\7\0\0\0" NANO), NANO, "", 0 },
    { TEXT("\7\0\0\0" NANO_COMPAT "\0\0\0"), NANO_COMPAT, "", 0 },
    { TEXT("\x0f\0\0\0-------"), "-------", "", 0 },
};

START_TEST(a_board_says_who_it_is)
{
    struct rk_tnspec_file found;

    ck_assert_int_eq(
        rk_tnspec_file_read((const uint8_t *)files[_i].file, files[_i].len, &found, &err), RK_OK);
    ck_assert_str_eq(found.spec, files[_i].spec);
    ck_assert_str_eq(found.compat, files[_i].compat);
    ck_assert_uint_eq(found.chip, files[_i].chip);
}
END_TEST

#define NEITHER                                                                                    \
    "no line TNSPEC, and no copy of an efivar\n  expected nv_boot_control.conf, or "               \
    "TegraPlatformSpec-* or TegraPlatformCompatSpec-* of /sys/firmware/efi/efivars"
static const struct {
    const char *file;
    size_t len;
    const char *says;
} damaged[] = {
    { TEXT(""), NEITHER },
    { TEXT("\7\0\0\0"), NEITHER },
    { TEXT(NANO "\n"), NEITHER },
    { TEXT("TEGRA_CHIPID 0x23\n"), NEITHER },
    { TEXT("TNSPEC_OLD " NANO "\n"), NEITHER },
    { TEXT("TNSPEC\n"), "line 1: TNSPEC: a TNSPEC of 0 characters, expected 1 to 127" },
    { TEXT("TNSPEC a-b\n\nTNSPEC a-b\n"), "line 3: TNSPEC: the line is there twice" },
    { TEXT("TNSPEC a-b c\n"), "line 1: TNSPEC: byte 0x20 in a TNSPEC, expected ASCII" },
    { TEXT("TNSPEC devkit\n"),
      "line 1: TNSPEC: \"devkit\" is no TNSPEC: expected fields between dashes" },
    { TEXT("TNSPEC a-b\nTEGRA_CHIPID orin\n"), "line 2: TEGRA_CHIPID: \"orin\" is no number" },
    { TEXT("\7\0\0\0"
           "3\0"
           "7\0"
           "6\0"
           "7\0"
           "-\0"),
      "the variable holds UCS-2: UEFI reads it as ASCII, and so \"3\" alone" },
    { TEXT("\7\0\0\0a-b\0c"), "byte 0x63 at 0x8 behind the end of the text" },
    { TEXT("\7\0\0\0a-\x80"), "byte 0x80 in a TNSPEC, expected ASCII" },
    { TEXT("\7\0\0\0\0"), "a TNSPEC of 0 characters, expected 1 to 127" },
};

START_TEST(a_file_that_says_nothing_of_use_is_refused)
{
    struct rk_tnspec_file found = { .chip = 7 };

    ck_assert_int_ne(
        rk_tnspec_file_read((const uint8_t *)damaged[_i].file, damaged[_i].len, &found, &err),
        RK_OK);
    ck_assert_str_eq(err.msg, damaged[_i].says);
    ck_assert_uint_eq(found.chip, 7);
}
END_TEST

/* boot-images.md 3.2 and jetson-factory.md 5 have these numbers. */
START_TEST(a_version_reads_as_people_write_it)
{
    char text[RK_ESRT_VERSION_TEXT];

    rk_esrt_version(2295040, text);
    ck_assert_str_eq(text, "0x00230500 = 2295040 = 35.5.0");
    rk_esrt_version(0x00230301, text);
    ck_assert_str_eq(text, "0x00230301 = 2294529 = 35.3.1");
    rk_esrt_version(UINT32_MAX, text);
    ck_assert_str_eq(text, "0xffffffff = 4294967295 = 65535.255.255");
}
END_TEST

static const struct {
    uint32_t code;
    const char *name;
} statuses[] = {
    { 0, "success" },
    { 6145, "package header" },
    { 6148, "image too big" },
    { 6150, "not updatable" },
    { 6151, "image not in package" },
    { 6152, "mb1 not invalidated" },
    { 6153, "single image" },
    { 6157, "BCT not updated" },
    { 6158, "images not written" },
    { 6160, "images not verified" },
    { 6162, "library not initialised" },
    { 6163, "boot-chain update cancelled" },
};

START_TEST(a_status_has_its_words)
{
    ck_assert_str_eq(rk_esrt_name(statuses[_i].code), statuses[_i].name);
}
END_TEST

START_TEST(statuses_ascend_and_what_is_between_is_unknown)
{
    const struct rk_esrt_status *last = rk_esrt_at(0), *row;

    for (size_t i = 1; (row = rk_esrt_at(i)) != NULL; i++, last = row) {
        ck_assert_uint_gt(row->code, last->code);
        if (row->code != last->code + 1)
            ck_assert_ptr_null(rk_esrt_find(last->code + 1));
    }
    ck_assert_ptr_null(rk_esrt_find(last->code + 1));
    ck_assert_ptr_null(rk_esrt_find((uint64_t)6151 + (1ULL << 32)));
    ck_assert_str_eq(rk_esrt_name(9999), "unknown");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_spec_matches_token_by_token_and_names_what_differs, 0,
                        sizeof specs / sizeof specs[0]);
    tcase_add_test(tc, a_difference_is_cut_at_its_room);
    tcase_add_test(tc, the_fifth_token_is_the_production_fuse);
    tcase_add_test(tc, a_compat_spec_leaves_three_fields_empty);
    tcase_add_loop_test(tc, a_board_says_who_it_is, 0, sizeof files / sizeof files[0]);
    tcase_add_loop_test(tc, a_file_that_says_nothing_of_use_is_refused, 0,
                        sizeof damaged / sizeof damaged[0]);
    tcase_add_test(tc, a_version_reads_as_people_write_it);
    tcase_add_loop_test(tc, a_status_has_its_words, 0, sizeof statuses / sizeof statuses[0]);
    tcase_add_test(tc, statuses_ascend_and_what_is_between_is_unknown);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "tnspec", .add = add });
}
