/* SPDX-License-Identifier: Apache-2.0 */
/* EFI signature lists: read whole or not at all. The dump of an efivar and the SHA-384 list come
 * from elsewhere (tests/data/image), the others from efitools. */
#include "image.h"
#include "suite.h"

#include "image/uefi/esl.h"

static const struct {
    const char *path;
    size_t at;
    enum rk_esl_kind kind[3];
    size_t count;
} files[] = {
    { TEST_DATA "/image/efivar-db.bin", 4, { RK_ESL_X509, RK_ESL_SHA256, RK_ESL_X509 }, 3 },
    { TEST_DATA "/image/sha384.esl", 0, { RK_ESL_SHA384, RK_ESL_SHA384 }, 2 },
    { BOOT "uefi/db.esl", 0, { RK_ESL_X509 }, 1 },
    { BOOT "uefi/db.auth", 0, { RK_ESL_X509 }, 1 },
};
enum { FILES = sizeof files / sizeof files[0] };

START_TEST(every_entry_is_read_with_its_kind) /* _i: a file */
{
    struct rk_bytes file = image_read(files[_i].path);
    struct rk_esl esl = { .entry = NULL };
    struct rk_esl_place place;

    ck_assert(rk_esl_find(file.p, file.len, &place));
    ck_assert_uint_eq(place.attributes_len, files[_i].at);
    ck_assert_msg(rk_esl_read(&esl, file.p, file.len, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(esl.count, files[_i].count);
    for (size_t i = 0; i < esl.count; i++) {
        ck_assert_int_eq(esl.entry[i].kind, files[_i].kind[i]);
        ck_assert(esl.entry[i].p > file.p);
        ck_assert(esl.entry[i].p + esl.entry[i].len <= file.p + file.len);
    }
    rk_esl_done(&esl);
    rk_bytes_done(&file);
}
END_TEST

/* A file that stops between two lists is a shorter one; anywhere else it is damaged. */
START_TEST(no_cut_loses_an_entry_in_silence) /* _i: a file */
{
    struct rk_bytes file = image_read(files[_i].path);

    for (size_t len = 0; len < file.len; len++) {
        struct rk_bytes cut = RK_BYTES_NONE; /* with nothing behind it */
        struct rk_esl esl = { .entry = NULL };
        struct rk_esl_place place;
        enum rk_rc rc;
        bool between;

        ck_assert_int_eq(rk_bytes_copy(file.p, len, &cut, &err), RK_OK);
        rc = rk_esl_read(&esl, cut.p, len, &err);
        between = esl.count > 0
                      ? esl.entry[esl.count - 1].p + esl.entry[esl.count - 1].len == cut.p + len
                      : rk_esl_find(cut.p, len, &place) && place.is_signed && place.lists == len;
        ck_assert_msg(rc == (between ? RK_OK : RK_E_FORMAT), "cut at %zu: %d", len, rc);
        rk_esl_done(&esl);
        rk_bytes_done(&cut);
    }
    rk_bytes_done(&file);
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_refused)
{
    static const struct {
        size_t at;
        uint32_t value;
    } rows[] = { { 16, 0 },  { 16, 27 }, { 16, 29 },        { 16, 100 }, { 16, 0xffffffff },
                 { 20, 1 },  { 20, 48 }, { 20, 128 },       { 24, 0 },   { 24, 16 },
                 { 24, 17 }, { 24, 48 }, { 24, 0x80000000 } };
    struct rk_bytes file = image_read(TEST_DATA "/image/sha384.esl");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rk_esl esl = { .entry = NULL };
        uint8_t before[4];

        memcpy(before, file.p + rows[i].at, 4);
        image_put_le(file.p + rows[i].at, 4, rows[i].value);
        ck_assert_int_eq(rk_esl_read(&esl, file.p, file.len, &err), RK_E_FORMAT);
        ck_assert_msg(strstr(err.msg, "signature list at 0x0: sizes ") == err.msg, "%s", err.msg);
        memcpy(file.p + rows[i].at, before, 4);
        rk_esl_done(&esl);
    }
    rk_bytes_done(&file);
}
END_TEST

/* The sizes that UEFI 2.10, 32.4.1, gives each type (data without owner), typed from there. */
static const struct {
    uint8_t type[4]; /* the GUID's first field, as in the file */
    enum rk_esl_kind kind;
    size_t size, other; /* 0: any */
} types[] = {
    { { 0xa1, 0x59, 0xc0, 0xa5 }, RK_ESL_X509, 0, 0 },
    { { 0x12, 0xa5, 0x6c, 0x82 }, RK_ESL_SHA1, 20, 0 },
    { { 0x33, 0x52, 0x6e, 0x0b }, RK_ESL_SHA224, 28, 0 },
    { { 0x26, 0x16, 0xc4, 0xc1 }, RK_ESL_SHA256, 32, 0 },
    { { 0x07, 0x53, 0x3e, 0xff }, RK_ESL_SHA384, 48, 0 },
    { { 0xae, 0x0f, 0x3e, 0x09 }, RK_ESL_SHA512, 64, 0 },
    { { 0x87, 0x7f, 0x34, 0x57 }, RK_ESL_SM3, 32, 0 },
    { { 0x92, 0xa4, 0xd2, 0x3b }, RK_ESL_X509_SHA256, 48, 0 },
    { { 0x6e, 0x87, 0x76, 0x70 }, RK_ESL_X509_SHA384, 64, 0 },
    { { 0x63, 0xbf, 0x6d, 0x44 }, RK_ESL_X509_SHA512, 80, 0 },
    { { 0xe5, 0x07, 0xd8, 0x60 }, RK_ESL_X509_SM3, 48, 32 },
    { { 0xe8, 0x66, 0x57, 0x3c }, RK_ESL_RSA2048, 256, 0 },
    { { 0x4f, 0x44, 0xf8, 0x67 }, RK_ESL_RSA2048_SHA1, 256, 0 },
    { { 0x90, 0x61, 0xb3, 0xe2 }, RK_ESL_RSA2048_SHA256, 256, 0 },
    { { 0x9d, 0xd2, 0xaf, 0x4a }, RK_ESL_PKCS7, 0, 0 },
    { { 0xed, 0x8c, 0x2e, 0x45 }, RK_ESL_EXTERNAL, 1, 0 },
};
enum { TYPES = sizeof types / sizeof types[0] };

/* A list of `count` entries of this much data. */
static size_t make_list(uint8_t *ret, const uint8_t type[16], size_t head, size_t count,
                        size_t size)
{
    memset(ret, 0, 28 + head + count * (16 + size));
    memcpy(ret, type, 16);
    image_put_le(ret + 16, 4, 28 + head + count * (16 + size));
    image_put_le(ret + 20, 4, head);
    image_put_le(ret + 24, 4, 16 + size);
    return 28 + head + count * (16 + size);
}

START_TEST(every_type_has_its_size) /* _i: a type */
{
    uint8_t file[28 + 2 * (16 + 300)], type[16];
    struct rk_map map = { .format = NULL };

    ck_assert_uint_eq(TYPES, RK_ESL_UNKNOWN);
    rk_esl_kind_guid(types[_i].kind, type);
    ck_assert_mem_eq(type, types[_i].type, sizeof types[_i].type);
    for (size_t size = 1; size <= 300; size++) {
        bool fits = types[_i].size == 0 || size == types[_i].size || size == types[_i].other;
        size_t len = make_list(file, type, 0, 2, size);
        struct rk_esl esl = { .entry = NULL };

        ck_assert_int_eq(rk_esl_read(&esl, file, len, &err), fits ? RK_OK : RK_E_FORMAT);
        ck_assert_uint_eq(esl.count, fits ? 2 : 0);
        ck_assert(!fits || esl.entry[1].kind == types[_i].kind);
        rk_esl_done(&esl);
        ck_assert_int_eq(rk_format_inspect(image_ctx(), file, len, &map, &err),
                         fits ? RK_OK : RK_E_FORMAT);
        rk_map_done(&map);
    }
}
END_TEST

/* UEFI 2.10: zero or more signatures in a list; a header is for types to come. */
START_TEST(empty_lists_and_types_to_come_are_read)
{
    uint8_t file[512], type[16];
    struct rk_esl esl = { .entry = NULL };
    struct rk_map map = { .format = NULL };
    size_t len;

    rk_esl_kind_guid(RK_ESL_SHA256, type);
    len = make_list(file, type, 0, 0, 32);
    ck_assert_int_eq(rk_esl_read(&esl, file, len, &err), RK_OK);
    ck_assert_uint_eq(esl.count, 0);
    type[0] ^= 1;
    len += make_list(file + len, type, 4, 2, 7);
    ck_assert_int_eq(rk_esl_read(&esl, file, len, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "signature list at 0x1c is of the unknown type "
                              "c1c41627-504c-4092-aca9-41f936934328");
    ck_assert_msg(rk_format_inspect(image_ctx(), file, len, &map, &err) == RK_OK, "%s", err.msg);
    ck_assert_str_eq(map.root->child->child->note, "empty");
    ck_assert_str_eq(map.root->child->child->next->name, "unknown list");
    ck_assert_str_eq(map.root->child->child->next->note,
                     "type c1c41627-504c-4092-aca9-41f936934328: firmware skips it");
    rk_map_done(&map);
    rk_esl_done(&esl);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_entry_is_read_with_its_kind, 0, FILES);
    tcase_add_loop_test(tc, no_cut_loses_an_entry_in_silence, 0, FILES);
    tcase_add_test(tc, sizes_that_do_not_fit_are_refused);
    tcase_add_loop_test(tc, every_type_has_its_size, 0, TYPES);
    tcase_add_test(tc, empty_lists_and_types_to_come_are_read);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "esl", .add = add });
}
