/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T210 BCTs: goldens of vectors/boot/t210 (cbootimage's bytes), bad texts, hostile images, and what
 * a flipped byte does. Expected places are those of boot-images.md 6 and of cbootimage 1.8.
 */
#include "image.h"
#include "suite.h"

#define KEYS BOOT "keys/"

static struct image_request request;
static struct rk_bytes t_bct, bl, config;

static void load(void)
{
    image_request_open(&request, KEYS "rsa2048.pem", NULL);
    request.sign.cert = NULL;
    t_bct = image_read(BOOT "t210/t.bct");
    bl = image_read(BOOT "inputs/bl33.bin");
    config = image_read(BOOT "t210/t.cfg");
}

static void unload(void)
{
    rk_bytes_done(&t_bct);
    rk_bytes_done(&bl);
    rk_bytes_done(&config);
    image_request_done(&request);
}

/* What `text` makes, with t.bct, bl.bin and, when given, an image to change. */
static enum rk_rc pack(const char *text, const struct rk_bytes *image, struct rk_bytes *ret)
{
    const struct rk_input part[] = {
        { "config", (const uint8_t *)text, strlen(text) },
        { "t.bct", t_bct.p, t_bct.len },
        { "bl.bin", bl.p, bl.len },
        { "image", image == NULL ? NULL : image->p, image == NULL ? 0 : image->len },
    };
    struct rk_request pack_request = { .ctx = request.ctx,
                                       .part = part,
                                       .part_count = image == NULL ? 3 : 4 };

    return rk_format_build("t210-bct", &pack_request, ret, &err);
}

static struct rk_bytes made(const char *text)
{
    struct rk_bytes file = RK_BYTES_NONE;

    ck_assert_msg(pack(text, NULL, &file) == RK_OK, "%s", err.msg);
    return file;
}

#define SMALL_BCT                                                                                  \
    "PartitionSize = 0x100000;\nBlockSize = 16384;\nPageSize = 512;\nOdmData = 0x80000;\n"

static struct rk_bytes sign(const struct rk_bytes *file, const char *region)
{
    struct rk_bytes signed_file = RK_BYTES_NONE;
    const struct rk_setting setting = { "region", region };
    struct rk_request with = request.sign;

    with.setting = &setting;
    with.setting_count = 1;
    ck_assert_msg(rk_format_sign("t210-bct", &with, &request.signer, file->p, file->len,
                                 &signed_file, &err) == RK_OK,
                  "%s", err.msg);
    return signed_file;
}

/* The golden image's text, both regions signed. */
static struct rk_bytes signed_image(const char *text)
{
    struct rk_bytes file = made(text), first = sign(&file, "bootloader");
    struct rk_bytes both = sign(&first, "bct");

    rk_bytes_done(&file);
    rk_bytes_done(&first);
    return both;
}

#define IMG     "Bctfile = t.bct;\nBctcopy = 1;\nBootLoader = bl.bin,0x80108000,0x80108000,Complete;\n"
#define TWO_IMG "Bctfile = t.bct;\nBctcopy = 2;\nBootLoader = bl.bin,1,2,Complete;\n"

START_TEST(goldens_are_made_byte_for_byte)
{
    struct rk_bytes want = image_read(BOOT "t210/out.img"), file = made(IMG), bct = RK_BYTES_NONE;
    char *text = calloc(1, config.len + 1);

    ck_assert_uint_eq(file.len, want.len);
    ck_assert_mem_eq(file.p, want.p, want.len);
    memcpy(text, config.p, config.len);
    bct = made(text);
    ck_assert_uint_eq(bct.len, t_bct.len);
    ck_assert_mem_eq(bct.p, t_bct.p, t_bct.len);
    free(text);
    rk_bytes_done(&want);
    rk_bytes_done(&file);
    rk_bytes_done(&bct);
}
END_TEST

/* clang-format off */
static const struct { const char *text, *message; } bad[] = {
    { "OdmDate = 1;", "pack t210-bct: config: line 1: unknown key \"OdmDate\"\n  nearest: OdmData" },
    { "\nSDRAM[0].PllMKVC0 = 1;", "line 2: unknown key \"SDRAM.PllMKVC0\"\n  nearest: SDRAM.PllMKVCO" },
    { "OdmData = 0x100000000;", "line 1: \"OdmData\"" },
    { "OdmData = -1;", "line 1: \"OdmData\"" },
    { "OdmData = ;", "line 1: \"OdmData\"" },
    { "OdmData;", "line 1: \"OdmData\"" },
    { "OdmData = 1", "line 1: a line is one statement, closed by ;" },
    { "OdmData = 1; OdmData = 2;", "line 1: a line is one statement, closed by ;" },
    { "= 1;", "line 1: no key of 1 to 95 characters" },
    { "OdmData[0] = 1;", "\"OdmData\": takes no index" },
    { "SDRAM.PllMKVCO = 1;", "an index [0] is missing" },
    { "SDRAM[4].PllMKVCO = 1;", "index 4, at most 3" },
    { "SDRAM[99999999999999999999].PllMKVCO = 1;", "index of \"SDRAM\"" },
    { "SDRAM[1.PllMKVCO = 1;", "no ] after [" },
    { "DevType[1] = NvBootDevType_Spi;", "a second device is not placed by experiment" },
    { "DevType[0] = NvBootDevType_Sata;", "known: NvBootDevType_Sdmmc" },
    { "DeviceParam[0].SpiFlashParams.ClockDivider = 0x100;", "ClockDivider\"" },
    { "DeviceParam[0].SpiFlashParams.ClockDivider = 1;", "DevType[0] is another device" },
    { "DevType[0] = NvBootDevType_Spi;\nDeviceParam[0].SpiFlashParams.ClockDivider = 1;\n"
      "DeviceParam[0].SdmmcParams.ClockDivider = 1;", "SdmmcParams given, but DevType[0] is another" },
    { "BlockSize = 33000;", "33000 is not a power of two" },
    { "PageSize = 0;", "0 is not a power of two" },
    { "PartitionSize = 0xffffffff;\nBlockSize = 512;", "cbootimage's table overflows" },
    { "ChipUid = 12;", "expected 0x and 1 to 32 digits" },
    { "ChipUid = 0x000000000000000000000000000000001;", "expected 0x and 1 to 32 digits" },
    { "ChipUid = 0x1g;", "\"ChipUid\"" },
    { "Attribute = 5;", "\"Attribute\": not placed by experiment" },
    { "JtagCtrl = 1;", "\"JtagCtrl\": not placed by experiment" },
    { "RehashBl;", "\"RehashBl\" does not go into a BCT" },
    { "Odm\x01" "Data = 1;", "a character that is not printable ASCII" },
    { "Bctfile = no.bct;", "file \"no.bct\" is not given: add a part no.bct=FILE" },
    { "Bctfile = bl.bin;", "5000 bytes, a BCT has 10240" },
    { "Bctfile = t.bct;", "an image needs Bctfile and BootLoader" },
    { "Bctfile = t.bct;\nBctfile = t.bct;", "given twice" },
    { "BootLoader = bl.bin,1,2,Complete;", "an image needs Bctfile and BootLoader" },
    { "Bctfile = t.bct;\nBootLoader = no.bin,1,2,Complete;", "file \"no.bin\" is not given" },
    { "Bctfile = t.bct;\nBootLoader = bl.bin,1,2;", "expected FILE,LOAD,ENTRY,Complete" },
    { "Bctfile = t.bct;\nBootLoader = bl.bin,1,2,Broken;", "\"Broken\", expected Complete" },
    { "Bctfile = t.bct;\nBootLoader = bl.bin,0x100000000,2,Complete;", "\"BootLoader\"" },
    { IMG "BootLoader = bl.bin,1,2,Complete;", "a second loader" },
    { IMG "Version = 2;", "has no effect after BootLoader" },
    { "Bctcopy = 0;\n" IMG, "0, at least 1" },
    { "Bctcopy = 65;\n" IMG, "\"Bctcopy\"" },
    { "Redundancy = 5;\n" IMG, "\"Redundancy\"" },
    { IMG "OdmData = 1;", "\"OdmData\" does not go into an image around a BCT" },
    { IMG "Nothing = 1;", "unknown key \"Nothing\"" },
};
static const struct { size_t at, width; uint64_t value; const char *message; } hostile[] = {
    { 0x530, 4, 0x210002,   "version 0x210002 at 0x530" },
    { 0x534, 4, 0xffffffff, "at most 2^31" },
    { 0x538, 4, 32,         "at most 2^31" },
    { 0x534, 4, 31,         "boot loader 0" },
    { 0x534, 4, 12,         "0x1388 bytes at 0x1000, which is not within" },
    { 0x540, 4, 2,          "at most 4, 4, 1" },
    { 0x588, 4, 5,          "at most 4, 4, 1" },
    { 0x588, 4, 0xffffffff, "at most 4, 4, 1" },
    { 0x232c, 4, 5,         "at most 4, 4, 1" },
    { 0x232c, 4, 2,         "boot loader 1: 0x0 bytes" },
    { 0x2334, 4, 0,         "which is not within [0x2800, 0x9800)" },
    { 0x2334, 4, 2,         "which is not within [0x2800, 0x9800)" },
    { 0x2334, 4, 0xffffffff, "which is not within" },
    { 0x2338, 4, 0xffffffff, "which is not within" },
    { 0x233c, 4, 0,         "0x0 bytes at 0x8000" },
    { 0x233c, 4, 0x1801,    "0x1801 bytes at 0x8000" },
    { 0x233c, 4, 0xffffffff, "0xffffffff bytes at 0x8000" },
    { 0x2340, 4, 0,         "hash at 0x310 over [0x510, 0x2800) does not hold" },
    { 0x310, 1, 0,          "hash at 0x310 over [0x510, 0x2800) does not hold" },
    { 0x8000, 1, 0,         "hash of boot loader 0 at 0x8000 does not hold" },
};
/* boot-images.md 6: signed are [1296, 10240) and the boot loader; the key is held against ours. */
static const struct image_free not_signed[] = {
    { 0x0000, 0x210, true },  /* bad block table: before the key */
    { 0x0420, 0x0f0, true },  /* behind the signature, up to 1296 */
    { 0x2800, 0x5800, true }, /* from the BCT's end to the first loader, block 1 */
    { 0x8000 + 5008, 0x1800 - 5008, true }, /* the last page's rest */
};
/* clang-format on */

START_TEST(bad_texts_are_refused)
{
    struct rk_bytes file = RK_BYTES_NONE;

    ck_assert_int_ne(pack(bad[_i].text, NULL, &file), RK_OK);
    ck_assert_msg(strstr(err.msg, bad[_i].message) != NULL, "%s: %s", bad[_i].text, err.msg);
    ck_assert_ptr_null(file.p);
}
END_TEST

START_TEST(hostile_images_are_refused)
{
    struct rk_bytes file = made(IMG);

    image_put_le(file.p + hostile[_i].at, hostile[_i].width, hostile[_i].value);
    ck_assert_int_ne(image_verify("t210-bct", &request.verify, file.p, file.len), RK_OK);
    ck_assert_msg(strstr(err.msg, hostile[_i].message) != NULL, "%d: %s", _i, err.msg);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = signed_image(IMG);
    const struct rk_request no_key = { .ctx = request.ctx };

    for (size_t len = 0; len < 0x8000 + 5008; len += len < 0x2800 || len > 0x7ff0 ? 7 : 509) {
        uint8_t *cut = malloc(len + 1);

        memcpy(cut, file.p, len);
        ck_assert_msg(image_verify("t210-bct", &no_key, cut, len) == RK_E_FORMAT, "0x%zx", len);
        free(cut);
    }
    rk_bytes_done(&file);
}
END_TEST

START_TEST(flips_are_noticed_where_signed)
{
    struct rk_bytes file = signed_image(IMG);

    ck_assert_msg(image_verify("t210-bct", &request.verify, file.p, file.len) == RK_OK, "%s",
                  err.msg);
    image_flip("t210-bct", &request.verify, &file, not_signed,
               sizeof not_signed / sizeof not_signed[0]);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(copies_must_agree)
{
    struct rk_bytes file = signed_image(TWO_IMG);

    ck_assert_msg(image_verify("t210-bct", &request.verify, file.p, file.len) == RK_OK, "%s",
                  err.msg);
    ck_assert_mem_eq(file.p, file.p + 0x8000, 0x2800);
    file.p[0x8000 + 0x1000] ^= 1;
    ck_assert_int_eq(image_verify("t210-bct", &request.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "t210-bct: the copy of the BCT at 0x8000 differs from the first");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(loader_is_signed_before_the_bct)
{
    struct rk_bytes file = made(IMG), none = RK_BYTES_NONE;

    ck_assert_int_eq(
        rk_format_sign("t210-bct", &request.sign, &request.signer, file.p, file.len, &none, &err),
        RK_E_USAGE);
    ck_assert_ptr_nonnull(strstr(err.msg, "the boot loader is not signed"));
    ck_assert_int_eq(image_verify("t210-bct", &request.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "[0x510, 0x2800) is not signed"));
    rk_bytes_done(&file);
}
END_TEST

START_TEST(another_key_is_refused)
{
    struct rk_bytes file = signed_image(IMG);
    struct image_request other;

    image_request_open(&other, KEYS "tw.pem", NULL);
    ck_assert_int_eq(image_verify("t210-bct", &other.verify, file.p, file.len), RK_E_VERIFY);
    image_request_done(&other);
    image_request_open(&other, KEYS "rsa3072.pem", NULL);
    ck_assert_int_eq(image_verify("t210-bct", &other.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "RSA-2048 keys alone"));
    image_request_done(&other);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(update_keeps_what_it_does_not_name)
{
    struct rk_bytes file = made(TWO_IMG), next = RK_BYTES_NONE;

    ck_assert_msg(pack("DebugCtrl = 7;\n", &file, &next) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(next.p[0x27e4], 7);
    ck_assert_uint_eq(next.p[0x8000 + 0x27e4], 7);
    ck_assert_mem_eq(next.p + 0x10000, file.p + 0x10000, file.len - 0x10000);
    rk_bytes_done(&next);
    ck_assert_int_ne(pack("BootLoader = bl.bin,1,2,Complete;\n", &file, &next), RK_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "does not go into an update"));
    ck_assert_int_ne(pack("RsaPssSigBctFile = bl.bin;\n", &file, &next), RK_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "5000 bytes, expected 256"));
    ck_assert_int_ne(pack("BlockSize = 0x10000;\n", &file, &next), RK_OK);
    ck_assert_ptr_null(next.p);
    rk_bytes_done(&file);
}
END_TEST

static struct rk_bytes text_of(const struct rk_bytes *file, enum rk_rc want)
{
    const struct rk_input part = { "image", file->p, file->len };
    const struct rk_setting setting = { "output", "config" };
    const struct rk_request dump = {
        .ctx = request.ctx, .part = &part, .part_count = 1, .setting = &setting, .setting_count = 1
    };
    struct rk_bytes text = RK_BYTES_NONE;

    ck_assert_msg(rk_format_build("t210-bct", &dump, &text, &err) == want, "%s", err.msg);
    return text;
}

START_TEST(text_of_a_bct_is_whole_or_refused)
{
    struct rk_bytes file = made(SMALL_BCT), text = text_of(&file, RK_OK), again;

    again = made((const char *)text.p);
    ck_assert_mem_eq(again.p, file.p, file.len);
    rk_bytes_done(&text);
    file.p[0x2000 + 0x7f0] ^= 1; /* 0x27f0: no field */
    text = text_of(&file, RK_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.msg, "byte 0x"));
    rk_bytes_done(&text);
    rk_bytes_done(&file);
    rk_bytes_done(&again);
}
END_TEST

/* A child process of its own, so the BCT that IMG names may change. */
START_TEST(image_fits_its_bct)
{
    struct rk_bytes file = made("Redundancy = 2;\n" IMG), none = RK_BYTES_NONE, whole = t_bct;

    image_put_le(file.p + 0x2334 + 0x12c, 4, 1);
    ck_assert_int_eq(image_verify("t210-bct", &request.verify, file.p, file.len), RK_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.msg, "boot loader 1 at 0x8000 overlaps the one before"));
    rk_bytes_done(&file);
    t_bct = made("PartitionSize = 0x4800;\nBlockSize = 16384;\nPageSize = 512;\n");
    ck_assert_int_ne(pack(IMG, NULL, &none), RK_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "the image has 0x5400 bytes, PartitionSize is 0x4800"));
    rk_bytes_done(&t_bct);
    t_bct = made("PartitionSize = 0x5400;\nBlockSize = 16384;\nPageSize = 512;\n");
    file = made(IMG);
    ck_assert_uint_eq(file.len, 0x5400);
    rk_bytes_done(&file);
    t_bct.p[0x232c] = 1;
    image_put_le(t_bct.p + 0x2334, 4, 0);
    image_put_le(t_bct.p + 0x2338, 4, 0x14);
    ck_assert_int_ne(pack(IMG, NULL, &none), RK_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "\"Bctfile\": boot loader 0"));
    rk_bytes_done(&t_bct);
    t_bct = whole;
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, goldens_are_made_byte_for_byte);
    tcase_add_loop_test(tc, bad_texts_are_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tc, hostile_images_are_refused, 0, sizeof hostile / sizeof hostile[0]);
    tcase_add_test(tc, every_cut_is_refused);
    tcase_add_test(tc, flips_are_noticed_where_signed);
    tcase_add_test(tc, copies_must_agree);
    tcase_add_test(tc, loader_is_signed_before_the_bct);
    tcase_add_test(tc, another_key_is_refused);
    tcase_add_test(tc, update_keeps_what_it_does_not_name);
    tcase_add_test(tc, image_fits_its_bct);
    tcase_add_test(tc, text_of_a_bct_is_whole_or_refused);
}

int main(void)
{
    const struct suite_options options = {
        .name = "t210", .add = add, .load = load, .unload = unload, .once = true
    };

    return suite_run(&options);
}
