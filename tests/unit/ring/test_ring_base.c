/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers, secrets, errors, the clock and warnings of the promised ring. */
#include "ring.h"

#include <openssl/evp.h>

#include <sys/stat.h>
#include <unistd.h>

START_TEST(bytes_are_zero_copied_moved_and_compared)
{
    struct rk_bytes a = RK_BYTES_NONE, b = RK_BYTES_NONE, empty = RK_BYTES_NONE, moved;

    works(rk_bytes_new(3, &a, &err));
    ck_assert_uint_eq(a.len, 3);
    ck_assert_mem_eq(a.p, "\0\0\0\0", 4); /* and a NUL behind */
    works(rk_bytes_copy("\0\0\0", 3, &b, &err));
    ck_assert(rk_bytes_equal(&a, &b));
    b.p[2] = 1;
    ck_assert(!rk_bytes_equal(&a, &b));
    moved = rk_bytes_take(&b);
    ck_assert(b.p == NULL && b.len == 0 && moved.len == 3 && moved.p[2] == 1);
    ck_assert(!rk_bytes_equal(&moved, &empty));
    works(rk_bytes_copy(NULL, 0, &b, &err));
    ck_assert(rk_bytes_equal(&b, &empty));
    rk_bytes_done(&a);
    ck_assert(a.p == NULL && a.len == 0);
    rk_bytes_done(&a); /* of an empty one */
    rk_bytes_done(&b);
    rk_bytes_done(&moved);
    ends(rk_bytes_new(SIZE_MAX, &a, &err), RK_E_NOMEM);
    ends(rk_bytes_copy("x", SIZE_MAX, &a, &err), RK_E_NOMEM);
    ck_assert_ptr_null(a.p);
}
END_TEST

START_TEST(secrets_are_copied_moved_and_compared)
{
    struct rk_secret a = RK_SECRET_NONE, b = RK_SECRET_NONE, moved;

    works(rk_secret_new(4, &a, &err));
    ck_assert_mem_eq(a.p, "\0\0\0\0", 4);
    works(rk_secret_copy("\0\0\0\0", 4, &b, &err));
    ck_assert(rk_secret_equal(&a, &b));
    b.p[0] = 1;
    ck_assert(!rk_secret_equal(&a, &b));
    moved = rk_secret_take(&b);
    ck_assert(b.p == NULL && b.len == 0 && moved.len == 4 && moved.p[0] == 1);
    ck_assert(!rk_secret_equal(&a, &b));
    rk_secret_done(&moved);
    rk_secret_done(&a);
    ck_assert(a.p == NULL && a.len == 0);
    rk_secret_done(&a);
}
END_TEST

START_TEST(hex_is_strict)
{
    static const char *const good[] = { "00ff10", "0x00FF10", " 00ff10\n" };
    static const struct {
        const char *text;
        enum rk_rc rc;
        const char *says;
    } bad[] = {
        { "00ff1g", RK_E_FORMAT, "character 6" },
        { "00 ff10", RK_E_FORMAT, "malformed 0x words" },
        { "00ff1", RK_E_USAGE, "5 hex digits" },
        { "00ff1000", RK_E_USAGE, "8 hex digits, expected 6" },
        { "", RK_E_USAGE, "0 hex digits, expected 6" },
    };
    struct rk_secret secret = RK_SECRET_NONE;
    char text[7];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        works(rk_secret_from_hex(good[i], strlen(good[i]), 3, &secret, &err));
        rk_hex_write(secret.p, secret.len, text);
        ck_assert_str_eq(text, "00ff10");
        rk_secret_done(&secret);
    }
    works(rk_secret_from_hex("0x00112233 0x44556677", 21, 8, &secret, &err));
    is_hex(secret.p, secret.len, "0011223344556677");
    rk_secret_done(&secret);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuses(rk_secret_from_hex(bad[i].text, strlen(bad[i].text), 3, &secret, &err), bad[i].rc,
                bad[i].says);
        ck_assert_ptr_null(secret.p);
    }
}
END_TEST

START_TEST(a_file_is_read_whole_or_not)
{
    const char *path = TEST_SCRATCH "/ring-base.file";
    struct rk_bytes file = RK_BYTES_NONE;
    FILE *out = fopen(path, "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(fputs("four", out) >= 0 && fclose(out) == 0, 1);
    works(rk_file_read(path, 4, &file, &err));
    ck_assert_uint_eq(file.len, 4);
    ck_assert_str_eq((const char *)file.p, "four");
    rk_bytes_done(&file);
    refuses(rk_file_read(path, 3, &file, &err), RK_E_USAGE, path);
    refuses(rk_file_read(TEST_SCRATCH, 3, &file, &err), RK_E_USAGE, TEST_SCRATCH);
    (void)unlink(path);
    refuses(rk_file_read(path, 4, &file, &err), RK_E_IO, path);
    ck_assert_ptr_null(file.p);
}
END_TEST

static enum rk_rc place(struct rk_err *at)
{
    return rk_fail_at(at, RK_E_FORMAT, "file", 7, 9, "bad %d", 3);
}

START_TEST(an_error_says_what_a_caller_adds)
{
    char lot[2048];

    ck_assert_int_eq(rk_fail(&err, RK_E_KEY, "no key %s", "\"a\""), RK_E_KEY);
    ck_assert_str_eq(err.msg, "no key \"a\"");
    ck_assert_int_eq(rk_wrap(&err, "device %d", 4), RK_E_KEY);
    ck_assert_int_eq(rk_note(&err, "try %s", "another"), RK_E_KEY);
    ck_assert_str_eq(err.msg, "device 4: no key \"a\"\n  try another");
    ck_assert(err.file[0] == '\0' && err.line == 0 && err.column == 0 && err.offset == 0);
    ck_assert_int_eq(place(&err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "file:7:9: bad 3");
    ck_assert_str_eq(err.file, "file");
    ck_assert(err.line == 7 && err.column == 9);
    ck_assert_int_eq(rk_fail_at(&err, RK_E_USAGE, "file", 0, 0, "bad"), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "file: bad");
    memset(lot, 'x', sizeof lot - 1);
    lot[sizeof lot - 1] = '\0';
    ck_assert_int_eq(rk_fail(&err, RK_E_IO, "%s", lot), RK_E_IO);
    ck_assert_uint_eq(strlen(err.msg), sizeof err.msg - 1);
    ck_assert_str_eq(err.msg + sizeof err.msg - 4, "...");
}
END_TEST

START_TEST(the_clock_is_the_one_of_the_environment)
{
    int64_t now = -1;

    ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "1767225600", 1), 0);
    works(rk_clock_now(ctx, &now, &err));
    ck_assert_int_eq(now, 1767225600);
    ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "yesterday", 1), 0);
    refuses(rk_clock_now(ctx, &now, &err), RK_E_USAGE, "yesterday");
    ck_assert_int_eq(now, 1767225600);
    ck_assert_int_eq(unsetenv("SOURCE_DATE_EPOCH"), 0);
    works(rk_clock_now(ctx, &now, &err));
    ck_assert_int_gt(now, 1767225600);
}
END_TEST

START_TEST(random_secrets_differ)
{
    struct rk_secret a = RK_SECRET_NONE, b = RK_SECRET_NONE;

    works(rk_random_secret(ctx, 32, &a, &err));
    works(rk_random_secret(ctx, 32, &b, &err));
    ck_assert_uint_eq(a.len, 32);
    ck_assert(!rk_secret_equal(&a, &b));
    rk_secret_done(&a);
    rk_secret_done(&b);
}
END_TEST

static void keep(void *arg, const char *text)
{
    (void)snprintf(arg, 512, "%s", text);
}

START_TEST(a_warning_goes_where_the_program_says)
{
    const char *path = VECTORS "boot/keys/cap_root.crt";
    rk_public *key;
    char text[512] = "";

    works(rk_public_open(ctx, path, &key, &err)); /* nobody hears of it */
    rk_public_free(key);
    rk_ctx_set_warning(ctx, keep, text);
    works(rk_public_open(ctx, path, &key, &err));
    rk_public_free(key);
    ck_assert_ptr_nonnull(strstr(text, "is a certificate"));
    ck_assert_ptr_null(strchr(text, '\n'));
    rk_ctx_set_warning(ctx, NULL, NULL);
    text[0] = '\0';
    works(rk_public_open(ctx, path, &key, &err));
    rk_public_free(key);
    ck_assert_str_eq(text, "");
    rk_ctx_free(NULL);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, bytes_are_zero_copied_moved_and_compared);
    tcase_add_test(tc, secrets_are_copied_moved_and_compared);
    tcase_add_test(tc, hex_is_strict);
    tcase_add_test(tc, a_file_is_read_whole_or_not);
    tcase_add_test(tc, an_error_says_what_a_caller_adds);
    tcase_add_test(tc, the_clock_is_the_one_of_the_environment);
    tcase_add_test(tc, random_secrets_differ);
    tcase_add_test(tc, a_warning_goes_where_the_program_says);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ring_base", .add = add, .load = ring_load, .unload = ring_unload });
}
