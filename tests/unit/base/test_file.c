/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/publish.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rk_err err;
static char folder[sizeof TEST_SCRATCH + 32];

static void load(void)
{
    snprintf(folder, sizeof folder, TEST_SCRATCH "/file-%ld", (long)getpid());
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(chdir(folder), 0);
    umask(022);
}

static void unload(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing is left behind */
}

START_TEST(the_limit_holds_for_files_and_pipes)
{
    struct rk_bytes back = RK_BYTES_NONE;
    struct rk_secret secret = RK_SECRET_NONE;
    int ends[2];
    char name[32];

    ck_assert_int_eq(rk_file_write("a", RK_FILE_PUBLIC, "12345", 5, &err), RK_OK);
    ck_assert_int_eq(rk_file_read("a", 5, &back, &err), RK_OK);
    ck_assert_uint_eq(back.len, 5);
    rk_bytes_done(&back);
    ck_assert_int_eq(rk_file_read("a", 4, &back, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "\"a\" is too large: 5 bytes, at most 4");
    ck_assert_int_eq(rk_file_read_secret("a", 4, &secret, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_file_read_secret("a", 5, &secret, &err), RK_OK);
    ck_assert_uint_eq(secret.len, 5);
    rk_secret_done(&secret);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "12345", 5), 5);
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    ck_assert_int_eq(rk_file_read(name, 4, &back, &err), RK_E_USAGE);
    close(ends[0]);
    unlink("a");
}
END_TEST

START_TEST(a_pipe_is_read_to_its_end)
{
    struct rk_secret secret = RK_SECRET_NONE;
    int ends[2];
    char name[32];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "0x00112233 0x44556677 0x8899aabb 0xccddeeff\n", 44), 44);
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    ck_assert_msg(rk_file_read_key(name, 16, &secret, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(secret.p[15], 0xff);
    rk_secret_done(&secret);
    close(ends[0]);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    struct rk_bytes back = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_read("none", 5, &back, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot open \"none\": No such file or directory");
    ck_assert_int_eq(rk_file_read(".", 5, &back, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "\".\" is a folder, expected a file");
}
END_TEST

START_TEST(folders_are_made_in_depth)
{
    ck_assert_int_eq(rk_file_make_dirs("a/b//c", &err), RK_OK);
    ck_assert_int_eq(rk_file_make_dirs("a/b/c/", &err), RK_OK);
    ck_assert_int_eq(access("a/b/c", F_OK), 0);
    ck_assert_int_eq(rmdir("a/b/c") | rmdir("a/b") | rmdir("a"), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_limit_holds_for_files_and_pipes);
    tcase_add_test(tc, a_pipe_is_read_to_its_end);
    tcase_add_test(tc, what_is_no_file_is_refused);
    tcase_add_test(tc, folders_are_made_in_depth);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "file", .add = add, .load = load, .unload = unload });
}
