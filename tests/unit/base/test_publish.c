/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/publish.h"

#include "suite.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rk_err err;
static char folder[sizeof TEST_SCRATCH + 32];

static void load(void)
{
    snprintf(folder, sizeof folder, TEST_SCRATCH "/publish-%ld", (long)getpid());
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(chdir(folder), 0);
    umask(022);
}

static void unload(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing is left behind */
}

static int entries(void)
{
    DIR *dir = opendir(".");
    int count = 0;

    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 0777;
}

START_TEST(a_file_is_written_whole_with_its_mode)
{
    struct rk_bytes back = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_write("a", RK_FILE_PRIVATE, "hello", 5, &err), RK_OK);
    ck_assert_uint_eq(mode_of("a"), 0600);
    ck_assert_int_eq(rk_file_write("a", RK_FILE_PUBLIC, "second", 6, &err), RK_OK);
    ck_assert_uint_eq(mode_of("a"), 0644);
    ck_assert_int_eq(rk_file_read("a", 100, &back, &err), RK_OK);
    ck_assert_str_eq((const char *)back.p, "second");
    ck_assert_int_eq(entries(), 1);
    rk_bytes_done(&back);
    unlink("a");
}
END_TEST

START_TEST(a_write_that_fails_leaves_the_old_file_and_nothing_else)
{
    struct rlimit limit = { .rlim_cur = 4,
                            .rlim_max = RLIM_INFINITY }; /* bytes a file may grow to */
    struct rk_bytes back = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_write("a", RK_FILE_PUBLIC, "old", 3, &err), RK_OK);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(rk_file_write("a", RK_FILE_PUBLIC, "a longer text", 13, &err), RK_E_IO);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_str_eq(err.msg, "cannot write \"a\": File too large");
    ck_assert_int_eq(rk_file_read("a", 100, &back, &err), RK_OK);
    ck_assert_str_eq((const char *)back.p, "old");
    ck_assert_int_eq(entries(), 1);
    rk_bytes_done(&back);
    unlink("a");
}
END_TEST

START_TEST(a_new_file_never_replaces_one)
{
    ck_assert_int_eq(rk_staged_create(".", "a", RK_FILE_PRIVATE, "x", 1, &err), RK_OK);
    ck_assert_int_eq(rk_staged_create(".", "a", RK_FILE_PRIVATE, "y", 1, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot create \"./a\": File exists");
    ck_assert_int_eq(symlink("b", "link"), 0);
    ck_assert_int_eq(rk_staged_create(".", "link", RK_FILE_PRIVATE, "y", 1, &err), RK_E_IO);
    ck_assert_int_eq(access("b", F_OK), -1);
    unlink("link");
    unlink("a");
}
END_TEST

START_TEST(a_file_of_another_writer_appears_when_it_is_published)
{
    RK_AUTO(rk_new_file_done) struct rk_new_file file = RK_NEW_FILE_NONE;
    struct rk_bytes back = RK_BYTES_NONE;

    ck_assert_int_eq(rk_new_file_open("a", RK_FILE_PUBLIC, &file, &err), RK_OK);
    ck_assert_int_eq(write(file.fd, "text", 4), 4);
    ck_assert_int_eq(access("a", F_OK), -1);
    ck_assert_int_eq(rk_new_file_publish(&file, &err), RK_OK);
    ck_assert_int_eq(rk_file_read("a", 100, &back, &err), RK_OK);
    ck_assert_str_eq((const char *)back.p, "text");
    ck_assert_int_eq(entries(), 1);
    rk_bytes_done(&back);
    unlink("a");
}
END_TEST

START_TEST(a_file_that_is_not_published_is_removed)
{
    struct rk_new_file file = RK_NEW_FILE_NONE;

    ck_assert_int_eq(rk_new_file_open("a", RK_FILE_PRIVATE, &file, &err), RK_OK);
    ck_assert_uint_eq(mode_of(file.sibling), 0600);
    rk_new_file_done(&file);
    rk_new_file_done(&file);
    ck_assert_int_eq(entries(), 0);
}
END_TEST

static void fill(const struct rk_new_folder *place)
{
    ck_assert_int_eq(rk_new_folder_add(place, "x", RK_FILE_PRIVATE, "1", 1, &err), RK_OK);
    ck_assert_int_eq(rk_new_folder_add(place, "b/c/y", RK_FILE_PROGRAM, "2", 1, &err), RK_OK);
    ck_assert_int_eq(rk_new_folder_add(place, "b/c/z", RK_FILE_PUBLIC, "3", 1, &err), RK_OK);
}

static void remove_filled(void)
{
    ck_assert_int_eq(unlink("a/x") | unlink("a/b/c/y") | unlink("a/b/c/z"), 0);
    ck_assert_int_eq(rmdir("a/b/c") | rmdir("a/b") | rmdir("a"), 0);
}

START_TEST(a_folder_appears_whole)
{
    RK_AUTO(rk_new_folder_done) struct rk_new_folder place = RK_NEW_FOLDER_NONE;

    ck_assert_int_eq(rk_new_folder_open("a//", &place, &err), RK_OK);
    ck_assert_str_eq(place.path, "a");
    fill(&place);
    ck_assert_int_eq(access("a", F_OK), -1);
    ck_assert_int_eq(rk_new_folder_publish(&place, &err), RK_OK);
    ck_assert_uint_eq(mode_of("a/x"), 0600);
    ck_assert_uint_eq(mode_of("a/b/c/y"), 0755);
    ck_assert_uint_eq(mode_of("a/b/c/z"), 0644);
    ck_assert_int_eq(entries(), 1);
    remove_filled();
}
END_TEST

START_TEST(a_folder_that_is_not_published_is_removed)
{
    struct rk_new_folder place = RK_NEW_FOLDER_NONE;

    ck_assert_int_eq(rk_new_folder_open("a", &place, &err), RK_OK);
    fill(&place);
    rk_new_folder_done(&place);
    rk_new_folder_done(&place);
    ck_assert_int_eq(rk_new_folder_claim("a", "?", &place, &err), RK_OK);
    fill(&place);
    rk_new_folder_done(&place);
    ck_assert_int_eq(entries(), 0);
}
END_TEST

/* A sibling as a killed process left it, with its lock free. */
static void leave(const char *name, bool is_folder)
{
    if (is_folder)
        ck_assert_int_eq(mkdir(name, 0755), 0);
    ck_assert_int_eq(is_folder ? rk_staged_create(name, "b/f", RK_FILE_PUBLIC, "old", 3, &err)
                               : rk_file_write(name, RK_FILE_PUBLIC, "old", 3, &err),
                     RK_OK);
}

START_TEST(what_a_dead_process_left_is_removed_and_nothing_else)
{
    static const char *const others[] = { "a.tmp-", "a.tmp-1x", "a.tmp-1-", "aa.tmp-1",
                                          "a.tmp-1-2-3" };
    struct rk_new_folder place = RK_NEW_FOLDER_NONE;
    struct rk_new_file file = RK_NEW_FILE_NONE;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        leave(others[i], false);
    ck_assert_int_eq(symlink("nowhere", "a.tmp-3"), 0);
    for (int by = 0; by < 2; by++) {
        leave("a.tmp-1", false);
        leave("a.tmp-2-0", true);
        ck_assert_int_eq(by == 0 ? rk_new_file_open("a", RK_FILE_PUBLIC, &file, &err)
                                 : rk_new_folder_open("./a/", &place, &err),
                         RK_OK);
        ck_assert_int_eq(access("a.tmp-1", F_OK) + access("a.tmp-2-0", F_OK), -2);
        rk_new_file_done(&file);
        rk_new_folder_done(&place);
    }
    ck_assert_int_eq(entries(), 6);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_int_eq(unlink(others[i]), 0);
    ck_assert_int_eq(unlink("a.tmp-3"), 0);
}
END_TEST

START_TEST(what_a_living_process_makes_stays)
{
    struct rk_new_folder place = RK_NEW_FOLDER_NONE;
    struct rk_new_file file = RK_NEW_FILE_NONE;
    int lived;

    ck_assert_int_eq(rk_new_folder_open("a", &place, &err), RK_OK);
    ck_assert_int_eq(rk_new_file_open("a", RK_FILE_PUBLIC, &file, &err), RK_OK);
    fflush(NULL);
    pid_t other = fork();

    if (other == 0) {
        struct rk_new_folder mine = RK_NEW_FOLDER_NONE;
        enum rk_rc rc = rk_new_folder_open("a", &mine, &err);

        rk_new_folder_done(&mine);
        _exit(rc == RK_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(other, &lived, 0), other);
    ck_assert_int_eq(lived, 0);
    ck_assert_int_eq(access(place.sibling, F_OK) | access(file.sibling, F_OK), 0);
    rk_new_folder_done(&place);
    rk_new_file_done(&file);
    ck_assert_int_eq(entries(), 0);
}
END_TEST

START_TEST(a_claimed_folder_has_one_owner)
{
    struct rk_new_folder first = RK_NEW_FOLDER_NONE, second = RK_NEW_FOLDER_NONE;

    ck_assert_int_eq(rk_new_folder_claim("a/", "somebody writes", &first, &err), RK_OK);
    fill(&first);
    ck_assert_int_eq(rk_new_folder_claim("a", "somebody writes", &second, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "\"a.staging\" is in use: somebody writes");
    rk_new_folder_done(&second); /* takes nothing from the first */
    ck_assert_int_eq(rk_new_folder_publish(&first, &err), RK_OK);
    rk_new_folder_done(&first);
    remove_filled();
}
END_TEST

START_TEST(a_claimed_folder_holds_nothing_of_a_dead_owner)
{
    struct rk_new_folder place = RK_NEW_FOLDER_NONE;

    ck_assert_int_eq(mkdir("a.staging", 0755), 0);
    ck_assert_int_eq(rk_staged_create("a.staging", "old", RK_FILE_PUBLIC, "x", 1, &err), RK_OK);
    ck_assert_int_eq(rk_new_folder_claim("a", "?", &place, &err), RK_OK);
    ck_assert_int_eq(access("a.staging/old", F_OK), -1);
    rk_new_folder_done(&place);
}
END_TEST

START_TEST(an_exchange_leaves_the_old_one_as_the_sibling)
{
    struct rk_bytes back = RK_BYTES_NONE;

    ck_assert_int_eq(mkdir("a", 0755) | mkdir("b", 0755), 0);
    ck_assert_int_eq(rk_staged_create("a", "f", RK_FILE_PUBLIC, "old", 3, &err), RK_OK);
    ck_assert_int_eq(rk_staged_create("b", "f", RK_FILE_PUBLIC, "new", 3, &err), RK_OK);
    ck_assert_int_eq(rk_publish_exchange("b", "a", &err), RK_OK);
    ck_assert_int_eq(rk_file_read("a/f", 9, &back, &err), RK_OK);
    ck_assert_str_eq((const char *)back.p, "new");
    rk_bytes_done(&back);
    ck_assert_int_eq(rk_publish_exchange("b", "absent", &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot exchange \"b\" and \"absent\": No such file or directory");
    ck_assert_int_eq(unlink("a/f") | unlink("b/f") | rmdir("a") | rmdir("b"), 0);
}
END_TEST

START_TEST(what_stands_in_the_way_is_named)
{
    RK_AUTO(rk_new_folder_done) struct rk_new_folder place = RK_NEW_FOLDER_NONE;

    ck_assert_int_eq(rk_new_folder_open("absent/a", &place, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot make folder \"absent/a\": No such file or directory");
    ck_assert_int_eq(rk_new_folder_open("a", &place, &err), RK_OK);
    fill(&place);
    ck_assert_int_eq(mkdir("a", 0755), 0);
    ck_assert_int_eq(rk_staged_create("a", "f", RK_FILE_PUBLIC, "old", 3, &err), RK_OK);
    ck_assert_int_eq(rk_new_folder_publish(&place, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot rename to \"a\": Directory not empty");
    ck_assert_int_eq(unlink("a/f") | rmdir("a"), 0);
}
END_TEST

START_TEST(a_path_too_long_is_refused_by_every_one)
{
    struct rk_new_folder place = RK_NEW_FOLDER_NONE;
    struct rk_new_file file = RK_NEW_FILE_NONE;
    char path[RK_PATH_MAX];

    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    ck_assert_int_eq(rk_new_folder_open(path, &place, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_new_folder_claim(path, "?", &place, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_new_file_open(path, RK_FILE_PUBLIC, &file, &err), RK_E_USAGE);
    rk_new_folder_done(&place);
    rk_new_file_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_file_is_written_whole_with_its_mode);
    tcase_add_test(tc, a_write_that_fails_leaves_the_old_file_and_nothing_else);
    tcase_add_test(tc, a_new_file_never_replaces_one);
    tcase_add_test(tc, a_file_of_another_writer_appears_when_it_is_published);
    tcase_add_test(tc, a_file_that_is_not_published_is_removed);
    tcase_add_test(tc, a_folder_appears_whole);
    tcase_add_test(tc, a_folder_that_is_not_published_is_removed);
    tcase_add_test(tc, what_a_dead_process_left_is_removed_and_nothing_else);
    tcase_add_test(tc, what_a_living_process_makes_stays);
    tcase_add_test(tc, a_claimed_folder_has_one_owner);
    tcase_add_test(tc, a_claimed_folder_holds_nothing_of_a_dead_owner);
    tcase_add_test(tc, an_exchange_leaves_the_old_one_as_the_sibling);
    tcase_add_test(tc, what_stands_in_the_way_is_named);
    tcase_add_test(tc, a_path_too_long_is_refused_by_every_one);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "publish", .add = add, .load = load, .unload = unload });
}
