/* SPDX-License-Identifier: Apache-2.0 */
/* Version numbers, and what a release.json that states them wrongly is refused with. */
#include "rotkit/version.h"

#include "base/err.h"
#include "rotkit/publish.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

START_TEST(knows_a_version)
{
    static const char *const good[] = { "0", "1.2.0", "1.2.3.4", "4294967295.0", "01.002" };
    static const char *const bad[] = { "",
                                       "1.",
                                       "1.2.3.4.5",
                                       "v1",
                                       "1..2",
                                       ".1",
                                       "1.2 ",
                                       "-1",
                                       "4294967296",
                                       "1.x",
                                       "1.2.3.4.",
                                       "00000000001",
                                       "1.0000000000000000000000000000000" };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(rk_version_is(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!rk_version_is(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(orders_versions)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        { "1.0", "1", 0 },     { "1.9", "1.10", -1 },       { "1.10", "1.9", 1 },
        { "2", "1.9.9.9", 1 }, { "1.2.3.4", "1.2.3.4", 0 }, { "1.2.3", "1.2.3.1", -1 },
        { "01.2", "1.02", 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(rk_version_compare(rows[i].a, rows[i].b), rows[i].order);
}
END_TEST

#define HEAD                                                                                       \
    "{\"product\":\"p\",\"platform\":\"t234\",\"devices\":1,\"version\":\"1\",\"update\":{"        \
    "\"derivation\":\"ms-159\",\"seeds\":\"\",\"blob\":\"\""

static enum rk_rc read_text(const char *json, struct rk_err *err)
{
    RK_AUTO(rk_release_version_done) struct rk_release_version *version = NULL;
    static const char folder[] = TEST_SCRATCH "/version";

    ck_assert_int_eq(rk_file_make_dirs(folder, err), RK_OK);
    ck_assert_int_eq(rk_file_write(TEST_SCRATCH "/version/release.json", RK_FILE_PUBLIC, json,
                                   strlen(json), err),
                     RK_OK);
    return rk_release_version_read(folder, &version, err);
}

START_TEST(refuses_malformed_statements)
{
    static const struct {
        const char *json, *key, *expected;
    } rows[] = {
        { "{\"version\":1}", "version", "a text of at most 31 bytes" },
        { "{\"version\":\"1\"}", "product", "a text of at most 127 bytes" },
        { "{\"version\":\"1\",\"product\":\"p\",\"platform\":\"t234\"}", "derivation",
          "a text of at most 31 bytes" },
        { HEAD ",\"nv_layout\":\"1\"}}", "nv_layout", "a number" },
        { HEAD ",\"nv_layout\":-1}}", "nv_layout", "a number" },
        { HEAD ",\"components\":[{}]}}", "name", "a text of at most 63 bytes" },
        { HEAD ",\"components\":[{\"name\":\"a\",\"version\":\"x\"}]}}", "version",
          "a version such as 1.2.3" },
        { HEAD ",\"components\":[{\"name\":\"a\",\"version\":7}]}}", "version",
          "a text of at most 31 bytes" },
        { HEAD ",\"components\":[{\"name\":\"a\",\"svn\":-2}]}}", "svn", "a number" },
        { HEAD ",\"slots\":[{\"name\":\"a\",\"size_a\":1}]}}", "size_b", "a number" },
        { HEAD ",\"slots\":[7]}}", "name", "a text of at most 63 bytes" },
        { HEAD ",\"reads_blobs\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}}", "reads_blobs",
          "a list of at most 4" },
        { HEAD ",\"reads_blobs\":[\"12345678\"]}}", "reads_blobs", "versions of key blobs" },
        { HEAD ",\"changes\":[\"everything\"]}}", "changes", "names of changes" },
        { HEAD ",\"changes\":[1]}}", "changes", "names of changes" },
    };
    struct rk_err err;
    char wanted[512];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(read_text(rows[i].json, &err), RK_E_FORMAT);
        (void)snprintf(
            wanted, sizeof wanted,
            "\"%s/version/release.json\": member \"%s\" is missing or malformed, expected %s",
            TEST_SCRATCH, rows[i].key, rows[i].expected);
        ck_assert_str_eq(err.msg, wanted);
    }
    ck_assert_int_eq(read_text(HEAD "}}", &err), RK_OK);
    ck_assert_int_eq(read_text("{}", &err), RK_E_USAGE);
    ck_assert_int_eq(read_text("{", &err), RK_E_FORMAT);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, knows_a_version);
    tcase_add_test(tc, orders_versions);
    tcase_add_test(tc, refuses_malformed_statements);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "version", .add = add });
}
