/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optee-subkey, and TAs below subkeys: the goldens of OP-TEE's sign_encrypt.py hold and are made
 * again, what OP-TEE compares is compared, every cut and every flipped byte. Offsets are those of
 * boot-images.md 5.2.
 */
#include "image.h"
#include "suite.h"

#define LEVEL1 BOOT "optee/subkey/level1.bin"
#define LEVEL2 BOOT "optee/subkey/level2.bin"
#define TA     BOOT "optee/subkey/ta_subkey.ta"

enum {
    FIRST = 0x134, /* shdr_subkey of the first */
    NAME = 0x274,
    SECOND = 0x2b4,
    LAST = 0x5e8,
};

static struct image_request request, sub1, sub2;

static void load(void)
{
    image_request_open(&request, BOOT "keys/rsa2048.pem", NULL);
    image_request_open(&sub1, BOOT "keys/optee_sub1.pem", NULL);
    image_request_open(&sub2, BOOT "keys/optee_sub2.pem", NULL);
}

static void unload(void)
{
    image_request_done(&sub2);
    image_request_done(&sub1);
    image_request_done(&request);
}

struct made_of {
    const char *format, *part, *file, *above; /* above: NULL: below the root */
    struct rk_setting setting[5];
    struct image_request *by;
    const char *golden;
};
#define PKCS1                                                                                      \
    {                                                                                              \
        "algo", "rsa-pkcs1-sha256"                                                                 \
    }
static const struct made_of goldens[] = {
    { "optee-subkey",
      "pub",
      BOOT "keys/optee_sub1.pub.pem",
      NULL,
      { PKCS1,
        { "uuid", "f04fa996-148a-453c-b037-1dcfbad120a6" },
        { "version", "1" },
        { "max-depth", "4" },
        { "name-size", "64" } },
      &request,
      LEVEL1 },
    { "optee-subkey",
      "pub",
      BOOT "keys/optee_sub2.pub.pem",
      LEVEL1,
      { PKCS1,
        { "name", "mid_level_subkey" },
        { "version", "2" },
        { "max-depth", "3" },
        { "uuid", "1a5948c5-1aa0-518c-86f4-be6f6a057b16" } },
      &sub1,
      LEVEL2 },
    { "optee-ta",
      "elf",
      BOOT "inputs/ta.elf",
      LEVEL2,
      { PKCS1,
        { "name", "subkey1_ta" },
        { "version", "3" },
        { "uuid", "5c206987-16a3-59cc-ab0f-64b9cfc9e758" } },
      &sub2,
      TA },
};
enum { GOLDENS = sizeof goldens / sizeof goldens[0] };

static enum rk_rc pack(const struct made_of *how, const struct rk_setting *more,
                       struct rk_bytes *ret)
{
    struct rk_bytes file = image_read(how->file);
    struct rk_bytes above = image_read(how->above == NULL ? how->file : how->above);
    struct rk_input part[] = { { how->part, file.p, file.len }, { "subkey", above.p, above.len } };
    struct rk_setting setting[6];
    struct rk_request build = { .ctx = request.ctx, .part = part, .setting = setting };
    enum rk_rc rc;

    build.part_count = how->above == NULL ? 1 : 2;
    for (size_t i = 0; i < 5 && how->setting[i].name != NULL; i++) {
        if (more == NULL || strcmp(more->name, how->setting[i].name) != 0)
            setting[build.setting_count++] = how->setting[i];
    }
    if (more != NULL && more->value != NULL)
        setting[build.setting_count++] = *more;
    rc = rk_format_build(how->format, &build, ret, &err);
    rk_bytes_done(&above);
    rk_bytes_done(&file);
    return rc;
}

static enum rk_rc sign(const struct made_of *how, struct image_request *by,
                       const struct rk_bytes *file, struct rk_bytes *ret)
{
    struct rk_setting setting = PKCS1;
    struct rk_request what = by->sign;

    what.setting = &setting;
    what.setting_count = 1;
    return rk_format_sign(how->format, &what, &by->signer, file->p, file->len, ret, &err);
}

START_TEST(goldens_hold_under_the_root_and_no_other) /* loop test: _i is the golden */
{
    struct rk_bytes file = image_read(goldens[_i].golden);
    struct image_request *others[] = { &sub1, &sub2 };

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(image_verify(NULL, &others[i]->verify, file.p, file.len), RK_E_VERIFY);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(goldens_are_made_again) /* loop test: _i is the golden */
{
    struct rk_bytes golden = image_read(goldens[_i].golden);
    struct rk_bytes file = RK_BYTES_NONE, made = RK_BYTES_NONE;

    ck_assert_msg(pack(&goldens[_i], NULL, &file) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(image_verify(NULL, &request.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_msg(sign(&goldens[_i], goldens[_i].by, &file, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(made.len, golden.len);
    ck_assert_mem_eq(made.p, golden.p, made.len);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
    rk_bytes_done(&golden);
}
END_TEST

START_TEST(only_the_key_above_signs)
{
    struct rk_bytes file = RK_BYTES_NONE, made = RK_BYTES_NONE;

    ck_assert_int_eq(pack(&goldens[2], NULL, &file), RK_OK);
    ck_assert_int_eq(sign(&goldens[2], &request, &file, &made), RK_E_KEY);
    ck_assert_str_eq(err.msg, "sign optee-ta: another key than that of subkey 2 above it "
                              "(1a5948c5-1aa0-518c-86f4-be6f6a057b16), which must sign");
    rk_bytes_done(&file);
    ck_assert_int_eq(pack(&goldens[1], NULL, &file), RK_OK);
    ck_assert_int_eq(sign(&goldens[1], &sub2, &file, &made), RK_E_KEY);
    rk_bytes_done(&file);
}
END_TEST

/* clang-format off */
static const struct {
    int golden;
    struct rk_setting setting; /* instead of the golden's; value NULL: left out */
    const char *message;       /* NULL: good */
} settings[] = {
    { 2, { "uuid", NULL }, NULL },
    { 2, { "uuid", "8aaaf200-2450-11e4-abe2-0002a5d5c51b" },
      "pack optee-ta: setting \"uuid\": the subkey above gives what it signs under this name "
      "5c206987-16a3-59cc-ab0f-64b9cfc9e758, and OP-TEE takes no other" },
    { 2, { "name", NULL },
      "pack optee-ta: setting \"name\" is needed: the subkey above gives what it signs a UUID by "
      "its name" },
    { 2, { "name", "12345678901234567890123456789012345678901234567890123456789012345" },
      "pack optee-ta: setting \"name\": 65 bytes, at most 64 (name_size of the subkey)" },
    { 1, { "max-depth", "4" },
      "pack optee-subkey: setting \"max-depth\": expected less than 4, that of the subkey above" },
    { 1, { "max-depth", "0" }, NULL },
    { 0, { "max-depth", "4294967295" },
      "pack optee-subkey: setting \"max-depth\": expected less than 4294967295, that of the subkey "
      "above" },
    { 0, { "name", "x" },
      "pack optee-subkey: setting \"name\" is for what stands below a part \"subkey\"" },
    { 0, { "name-size", "257" }, "pack optee-subkey: setting \"name-size\": \"257\" is above 256" },
    { 0, { "algo", "rsa-pkcs1-sha1" },
      "pack optee-subkey: setting \"algo\": expected rsa-pss-sha256 or rsa-pkcs1-sha256, found "
      "\"rsa-pkcs1-sha1\"" },
};
/* clang-format on */
enum { SETTINGS = sizeof settings / sizeof settings[0] };

START_TEST(settings_are_held_against_the_subkey_above) /* loop test: _i is the setting */
{
    struct rk_bytes made = RK_BYTES_NONE;
    enum rk_rc rc = pack(&goldens[settings[_i].golden], &settings[_i].setting, &made);

    ck_assert_msg(rc == (settings[_i].message == NULL ? RK_OK : RK_E_USAGE), "%s", err.msg);
    if (settings[_i].message != NULL)
        ck_assert_str_eq(err.msg, settings[_i].message);
    rk_bytes_done(&made);
}
END_TEST

/* An identity subkey, and one that signs TAs alone. */
START_TEST(a_name_of_no_size_leaves_the_uuid)
{
    struct made_of level = goldens[0], ta = goldens[2];
    struct rk_setting none = { "name-size", "0" };
    struct rk_bytes file = RK_BYTES_NONE, above = RK_BYTES_NONE, elf = image_read(ta.file);
    struct rk_bytes made = RK_BYTES_NONE, signed_ta = RK_BYTES_NONE;
    struct rk_input part[2] = { { "elf", elf.p, elf.len } };
    struct rk_request build = { .ctx = request.ctx, .part = part, .part_count = 2 };
    struct rk_setting named = { "name", "x" };

    ck_assert_int_eq(pack(&level, &none, &file), RK_OK);
    ck_assert_int_eq(sign(&level, &request, &file, &above), RK_OK);
    part[1] = (struct rk_input) { "subkey", above.p, above.len };
    ck_assert_msg(rk_format_build("optee-ta", &build, &made, &err) == RK_OK, "%s", err.msg);
    ck_assert_mem_eq(made.p + above.len + 52 + 256, above.p + FIRST, 16);
    ck_assert_int_eq(sign(&ta, &sub1, &made, &signed_ta), RK_OK);
    ck_assert_msg(image_verify(NULL, &request.verify, signed_ta.p, signed_ta.len) == RK_OK, "%s",
                  err.msg);
    rk_bytes_done(&signed_ta);
    rk_bytes_done(&made);
    build.setting = &named;
    build.setting_count = 1;
    ck_assert_int_eq(rk_format_build("optee-ta", &build, &made, &err), RK_E_USAGE);
    /* An unsigned subkey signs nothing, and a TA is no subkey. */
    build.setting_count = 0;
    part[1] = (struct rk_input) { "subkey", file.p, file.len };
    ck_assert_int_eq(rk_format_build("optee-ta", &build, &made, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "pack optee-ta: part \"subkey\": subkey 1 is not signed: sign it "
                              "first");
    part[1] = part[0];
    part[1].name = "subkey";
    ck_assert_int_eq(rk_format_build("optee-ta", &build, &made, &err), RK_E_FORMAT);
    rk_bytes_done(&elf);
    rk_bytes_done(&above);
    rk_bytes_done(&file);
}
END_TEST

/* clang-format off */
static const struct {
    const char *golden;
    size_t at, width;
    uint64_t value;
    enum rk_rc rc;
    const char *message;
} patches[] = {
    { TA, FIRST + 32, 4, 17, RK_E_FORMAT, "optee-ta: subkey 1: 17 attributes, at most 16" },
    { TA, FIRST + 32, 4, 1, RK_E_FORMAT,
      "optee-ta: subkey 1: no RSA modulus or no public exponent in its attributes" },
    { TA, FIRST + 36 + 12, 4, 0xd0000130, RK_E_FORMAT,
      "optee-ta: subkey 1: attribute 0xd0000130 is there twice" },
    { TA, FIRST + 36 + 4, 4, 64, RK_E_FORMAT,
      "optee-ta: subkey 1: attribute 0xd0000130: 257 bytes at 64 do not fit into img_size 320" },
    { TA, FIRST + 36 + 8, 4, 0xffffffff, RK_E_FORMAT,
      "optee-ta: subkey 1: attribute 0xd0000130: 4294967295 bytes at 60 do not fit into img_size "
      "320" },
    { TA, FIRST + 28, 4, 0x70001830, RK_E_FORMAT,
      "optee-ta: subkey 1: algo 0x70001830 of the subkey, expected 0x70414930 or 0x70004830" },
    { TA, FIRST + 16, 4, 257, RK_E_FORMAT, "optee-ta: subkey 1: name_size 257, at most 256 here" },
    { TA, 8, 4, 8193, RK_E_FORMAT, "optee-ta: subkey 1: cut short at offset 0x134: 8193 wanted, 4160 left" },
    { TA, FIRST + 24, 4, 5, RK_E_VERIFY,
      "optee-ta: subkey 1: hash at 0x14 does not hold: header or key changed" },
    { TA, NAME + 30, 1, 'x', RK_E_VERIFY,
      "optee-ta: subkey 1: bytes other than zero behind the name of the next level" },
    { TA, NAME, 1, 'M', RK_E_VERIFY, NULL },
    { LEVEL2, NAME, 1, 'M', RK_E_VERIFY, NULL },
    { LEVEL1, 4, 4, 2, RK_E_FORMAT, NULL },
};
/* clang-format on */
enum { PATCHES = sizeof patches / sizeof patches[0] };

START_TEST(a_hostile_header_is_answered) /* loop test: _i is the patch */
{
    struct rk_bytes file = image_read(patches[_i].golden);

    image_put_le(file.p + patches[_i].at, patches[_i].width, patches[_i].value);
    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == patches[_i].rc, "%s",
                  err.msg);
    if (patches[_i].message != NULL)
        ck_assert_str_eq(err.msg, patches[_i].message);
    rk_bytes_done(&file);
}
END_TEST

/* One part of a golden behind another: what each signature alone would not tell. */
START_TEST(levels_do_not_change_places)
{
    struct rk_bytes ta = image_read(TA), made = RK_BYTES_NONE;

    /* The second level alone, as if the root had signed it; the TA without its subkey. */
    ck_assert_int_eq(rk_bytes_copy(ta.p + SECOND, ta.len - SECOND, &made, &err), RK_OK);
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_E_VERIFY);
    ck_assert_msg(image_verify(NULL, &sub1.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    rk_bytes_done(&made);
    ck_assert_int_eq(rk_bytes_copy(ta.p + LAST, ta.len - LAST, &made, &err), RK_OK);
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_E_VERIFY);
    rk_bytes_done(&made);
    /* The first twice: its depth is not below itself. */
    ck_assert_int_eq(rk_bytes_new(SECOND + ta.len, &made, &err), RK_OK);
    memcpy(made.p, ta.p, SECOND);
    memcpy(made.p + SECOND, ta.p, ta.len);
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "optee-ta: subkey 2: max_depth 4, expected less than 4: OP-TEE "
                              "refuses it");
    rk_bytes_done(&made);
    rk_bytes_done(&ta);
}
END_TEST

START_TEST(every_cut_is_refused) /* loop test: _i is the golden */
{
    struct rk_bytes file = image_read(goldens[_i].golden);

    for (size_t len = 0; len < file.len; len++) {
        struct rk_bytes cut = RK_BYTES_NONE;
        enum rk_rc rc;

        ck_assert_int_eq(rk_bytes_copy(file.p, len, &cut, &err), RK_OK);
        rc = image_verify(goldens[_i].format, &request.verify, cut.p, cut.len);
        /* Level 2 without itself and its name is level 1. */
        ck_assert_msg(rc == RK_E_FORMAT || (_i == 1 && len == NAME && rc == RK_OK), "%zu: %s", len,
                      err.msg);
        rk_bytes_done(&cut);
    }
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_flipped_byte_is_noticed) /* loop test: _i is the golden */
{
    struct rk_bytes file = image_read(goldens[_i].golden);

    image_flip(goldens[_i].format, &request.verify, &file, NULL, 0);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(a_subkeys_version_may_not_fall)
{
    struct rk_setting older = { "version", "1" };
    struct rk_bytes file[2] = { RK_BYTES_NONE, RK_BYTES_NONE };
    struct rk_map map[2];

    ck_assert_int_eq(pack(&goldens[1], &older, &file[0]), RK_OK);
    file[1] = image_read(LEVEL2);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(rk_format_inspect(request.ctx, file[i].p, file[i].len, &map[i], &err),
                         RK_OK);
    ck_assert_int_eq(rk_map_not_older(&map[1], &map[0], &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&map[0], &map[1], &err), RK_E_VERIFY);
    for (size_t i = 0; i < 2; i++) {
        rk_map_done(&map[i]);
        rk_bytes_done(&file[i]);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, goldens_hold_under_the_root_and_no_other, 0, GOLDENS);
    tcase_add_loop_test(tc, goldens_are_made_again, 0, GOLDENS);
    tcase_add_test(tc, only_the_key_above_signs);
    tcase_add_loop_test(tc, settings_are_held_against_the_subkey_above, 0, SETTINGS);
    tcase_add_test(tc, a_name_of_no_size_leaves_the_uuid);
    tcase_add_loop_test(tc, a_hostile_header_is_answered, 0, PATCHES);
    tcase_add_test(tc, levels_do_not_change_places);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, GOLDENS);
    tcase_add_loop_test(tc, every_flipped_byte_is_noticed, 0, GOLDENS);
    tcase_add_test(tc, a_subkeys_version_may_not_fall);
}

int main(void)
{
    static const struct suite_options options = {
        .name = "optee_subkey", .add = add, .load = load, .unload = unload
    };

    return suite_run(&options);
}
