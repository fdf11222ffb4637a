/* SPDX-License-Identifier: Apache-2.0 */
/* Files below a folder: what is read, and what is not followed. Links are made here by symlink(2).
 */
#include "base/beneath.h"

#include "put.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[256], path[400];
static struct rk_err err;

static const char *at(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

/* root: file, folder/file, empty; links to both, and out of it; a pipe */
static void setup(void)
{
    (void)snprintf(root, sizeof root, "%s/beneath-%d", TEST_SCRATCH, (int)getpid());
    ck_assert_int_eq(rk_tree_remove(root, &err), RK_OK);
    ck_assert_int_eq(rk_file_make_dirs(at("folder"), &err), RK_OK);
    put_file(at("file"), "here", 4);
    put_file(at("empty"), "", 0);
    put_file(at("folder/file"), "below", 5);
    ck_assert_int_eq(symlink("file", at("link")), 0);
    ck_assert_int_eq(symlink("folder", at("way")), 0);
    ck_assert_int_eq(symlink("/etc", at("out")), 0);
    ck_assert_int_eq(symlink("nowhere", at("dangling")), 0);
    ck_assert_int_eq(mkfifo(at("pipe"), 0600), 0);
}

static void teardown(void)
{
    ck_assert_int_eq(rk_tree_remove(root, &err), RK_OK);
}

static void reads(const char *from, const char *name, const char *text)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    ck_assert_msg(rk_beneath_read(from, name, 64, &bytes, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(bytes.len, strlen(text));
    ck_assert_mem_eq(bytes.p, text, bytes.len);
}

START_TEST(reads_what_stands_there)
{
    char link[300];

    reads(root, "file", "here");
    reads(root, "folder/file", "below");
    reads(root, "empty", "");
    (void)snprintf(link, sizeof link, "%s/way", root);
    reads(link, "file", "below"); /* the folder itself may be named by a link */
}
END_TEST

static const struct {
    const char *name, *front, *behind; /* the message, around the name */
} refused[] = {
    { "link", "", " is no file" },
    { "dangling", "", " is no file" },
    { "way/file", "", " is no file" },
    { "out/passwd", "", " is no file" },
    { "pipe", "", " is no file" },
    { "folder", "", " is no file" },
    { "none", "", " is missing" },
    { "file/none", "", " is missing" },
    { "folder/none", "", " is missing" },
    { "/etc/passwd", "path ", " is not written plainly" },
    { "folder/../file", "path ", " is not written plainly" },
    { "../file", "path ", " is not written plainly" },
    { "./file", "path ", " is not written plainly" },
    { "folder//file", "path ", " is not written plainly" },
    { "folder/file/", "path ", " is not written plainly" },
};

START_TEST(reads_nothing_else) /* loop test */
{
    struct rk_bytes bytes = { (uint8_t *)root, 7 };
    char message[400];

    ck_assert_int_eq(rk_beneath_read(root, refused[_i].name, 64, &bytes, &err), RK_E_VERIFY);
    (void)snprintf(message, sizeof message, "%s\"%s\"%s", refused[_i].front, refused[_i].name,
                   refused[_i].behind);
    ck_assert_str_eq(err.msg, message);
    ck_assert_ptr_eq(bytes.p, (uint8_t *)root); /* untouched */
}
END_TEST

START_TEST(a_file_that_is_too_large_is_not_read)
{
    struct rk_bytes bytes = RK_BYTES_NONE;

    ck_assert_int_eq(rk_beneath_read(root, "file", 3, &bytes, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "\"file\" is too large: 4 bytes, at most 3");
}
END_TEST

START_TEST(finds_what_is_missing_empty)
{
    struct rk_bytes bytes = RK_BYTES_NONE;

    ck_assert_int_eq(rk_beneath_find(root, "none/at/all", 64, &bytes, &err), RK_OK);
    ck_assert_ptr_null(bytes.p);
    ck_assert_int_eq(rk_beneath_find(root, "link", 64, &bytes, &err), RK_E_VERIFY);
}
END_TEST

START_TEST(tells_what_stands_there)
{
    static const struct {
        const char *name;
        enum rk_beneath_kind kind;
    } rows[] = {
        { "file", RK_BENEATH_FILE },      { "folder", RK_BENEATH_FOLDER },
        { "none", RK_BENEATH_MISSING },   { "link", RK_BENEATH_OTHER },
        { "way/file", RK_BENEATH_OTHER }, { "pipe", RK_BENEATH_OTHER },
        { "out", RK_BENEATH_OTHER },      { "", RK_BENEATH_FOLDER },
    };
    enum rk_beneath_kind kind;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(rk_beneath_kind_of(root, rows[i].name, &kind, &err), RK_OK);
        ck_assert_msg(kind == rows[i].kind, "%s", rows[i].name);
    }
}
END_TEST

START_TEST(lists_folders_alone)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    struct rk_names none = { .name = NULL };

    ck_assert_int_eq(rk_beneath_list(root, "", 10, &names, &err), RK_OK);
    ck_assert_uint_eq(names.count, 8);
    ck_assert_str_eq(names.name[0], "dangling");
    ck_assert_str_eq(names.name[7], "way");
    ck_assert_int_eq(rk_beneath_list(root, "none", 10, &none, &err), RK_OK);
    ck_assert_uint_eq(none.count, 0);
    ck_assert_int_eq(rk_beneath_list(root, "way", 10, &none, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "\"way\" is no folder");
    ck_assert_int_eq(rk_beneath_list(root, "", 7, &none, &err), RK_E_FORMAT);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, reads_what_stands_there);
    tcase_add_loop_test(tc, reads_nothing_else, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tc, a_file_that_is_too_large_is_not_read);
    tcase_add_test(tc, finds_what_is_missing_empty);
    tcase_add_test(tc, tells_what_stands_there);
    tcase_add_test(tc, lists_folders_alone);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "beneath", .add = add, .load = setup, .unload = teardown });
}
