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
    size_t at = 0;

    ck_assert(rk_esl_find(file.p, file.len, &at));
    if (files[_i].at != 0)
        ck_assert_uint_eq(at, files[_i].at);
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
        enum rk_rc rc;
        bool between;

        ck_assert_int_eq(rk_bytes_copy(file.p, len, &cut, &err), RK_OK);
        rc = rk_esl_read(&esl, cut.p, len, &err);
        between = esl.count > 0 &&
                  esl.entry[esl.count - 1].p + esl.entry[esl.count - 1].len == cut.p + len;
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
    } rows[] = { { 16, 0 },          { 16, 27 }, { 16, 28 }, { 16, 100 },
                 { 16, 0xffffffff }, { 20, 1 },  { 20, 48 }, { 24, 0 },
                 { 24, 16 },         { 24, 17 }, { 24, 48 }, { 24, 0x80000000 } };
    struct rk_bytes file = image_read(TEST_DATA "/image/sha384.esl");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rk_esl esl = { .entry = NULL };
        uint8_t before[4];

        memcpy(before, file.p + rows[i].at, 4);
        image_put_le(file.p + rows[i].at, 4, rows[i].value);
        ck_assert_int_eq(rk_esl_read(&esl, file.p, file.len, &err), RK_E_FORMAT);
        ck_assert_str_eq(err.msg, "signature list at 0x0: its sizes do not fit");
        memcpy(file.p + rows[i].at, before, 4);
        rk_esl_done(&esl);
    }
    rk_bytes_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_entry_is_read_with_its_kind, 0, FILES);
    tcase_add_loop_test(tc, no_cut_loses_an_entry_in_silence, 0, FILES);
    tcase_add_test(tc, sizes_that_do_not_fit_are_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "esl", .add = add });
}
