/* SPDX-License-Identifier: Apache-2.0 */
/* Device databases: rows as NVIDIA's tools write them, and each way a row can be wrong. */
#include "rotkit/devicedb.h"
#include "rotkit/publish.h"
#include "rotkit/hex.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KDK      "681a8d62bffb803e9b1068eb4e14af3e440b5a73d0e81d161d2817c24dac41a6"
#define PATH     TEST_SCRATCH "/devicedb.csv"
#define EXPECTED "\n  expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between"

static struct rk_err err;

static void unload(void)
{
    (void)unlink(PATH);
}

static rk_devicedb *open_text(const char *text)
{
    rk_devicedb *db = NULL;

    ck_assert_int_eq(rk_file_write(PATH, RK_FILE_PUBLIC, text, strlen(text), &err), RK_OK);
    ck_assert_int_eq(rk_devicedb_open(PATH, RK_DB_KDK, NULL, &db, &err), RK_OK);
    return db;
}

START_TEST(rows_are_read_with_either_line_end)
{
    rk_devicedb *db = open_text("0102 0000000100000002 " KDK "\r\n0102 0000000100000003 " KDK "\n"
                                "FFFF FFFFFFFFFFFFFFFF " KDK); /* no end at all, capitals */
    struct rk_devicedb_row row = { .line = 0 };
    char text[65];
    bool more;

    ck_assert_int_eq(rk_devicedb_next(db, &row, &more, &err), RK_OK);
    ck_assert(more);
    ck_assert_mem_eq(row.sn.b, "\x01\x02\x00\x00\x00\x01\x00\x00\x00\x02", 10);
    rk_hex_write(row.value.p, row.value.len, text);
    ck_assert_str_eq(text, KDK);
    rk_devicedb_row_done(&row);
    ck_assert_int_eq(rk_devicedb_next(db, &row, &more, &err), RK_OK);
    ck_assert_uint_eq(row.line, 2);
    rk_devicedb_row_done(&row);
    ck_assert_int_eq(rk_devicedb_next(db, &row, &more, &err), RK_OK);
    ck_assert_uint_eq(row.sn.b[9], 0xff);
    rk_devicedb_row_done(&row);
    ck_assert_int_eq(rk_devicedb_next(db, &row, &more, &err), RK_OK);
    ck_assert(!more);
    rk_devicedb_close(db);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    { "0102 0000000100000002\n", ":1: malformed row" EXPECTED },
    { "\n", ":1: malformed row" EXPECTED },
    { "0102  0000000100000002 " KDK "\n", ":1: malformed row" EXPECTED },
    { "0102 0000000100000002 " KDK " \n", ":1: malformed row" EXPECTED },
    { "0102 0000000100000002 " KDK "00\n", ":1: malformed row" EXPECTED },
    { "01g2 0000000100000002 " KDK "\n", ":1: a character that is no hex digit" EXPECTED },
    { "0x02 0000000100000002 " KDK "\n", ":1: a character that is no hex digit" EXPECTED },
    { "0102 0000000100000002 " KDK "\n0102 0000000100000002 " KDK "\n",
      ":2: device 01020000000100000002 is on line 1 already: two devices would have one identity" },
};

START_TEST(a_wrong_row_is_refused_with_its_line)
{
    rk_devicedb *db = open_text(bad[_i].text);
    struct rk_devicedb_row row = { .line = 0 };
    bool more = true;
    enum rk_rc rc = RK_OK;

    while (rc == RK_OK && more) {
        rc = rk_devicedb_next(db, &row, &more, &err);
        rk_devicedb_row_done(&row);
    }
    ck_assert_int_eq(rc, RK_E_USAGE);
    ck_assert_int_eq(strncmp(err.msg, PATH, strlen(PATH)), 0);
    ck_assert_str_eq(err.msg + strlen(PATH), bad[_i].message);
    ck_assert_ptr_null(strstr(err.msg, "681a"));
    rk_devicedb_close(db);
}
END_TEST

START_TEST(a_line_without_end_is_refused_before_memory_is)
{
    static char text[200000];
    rk_devicedb *db;
    struct rk_devicedb_row row = { .line = 0 };
    bool more;

    memset(text, '0', sizeof text - 1);
    db = open_text(text);
    ck_assert_int_eq(rk_devicedb_next(db, &row, &more, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg + strlen(PATH), ":1: line of more than 256 characters" EXPECTED);
    rk_devicedb_close(db);
}
END_TEST

/* Enough rows for the set of seen numbers to grow several times and for many buffers. */
START_TEST(a_repeat_is_found_among_many)
{
    enum { ROWS = 20000 };
    FILE *f = fopen(PATH, "w");
    struct rk_devicedb_row row = { .line = 0 };
    rk_devicedb *db = NULL;
    bool more = true;
    unsigned rows = 0;

    for (unsigned i = 0; i < ROWS; i++)
        fprintf(f, "0102 %016x %s\r\n", i, KDK);
    fprintf(f, "0102 %016x %s\r\n", 777, KDK);
    fclose(f);
    ck_assert_int_eq(rk_devicedb_open(PATH, RK_DB_KDK, NULL, &db, &err), RK_OK);
    while (rk_devicedb_next(db, &row, &more, &err) == RK_OK && more) {
        rk_devicedb_row_done(&row);
        rows++;
    }
    ck_assert_uint_eq(rows, ROWS);
    ck_assert_str_eq(err.msg + strlen(PATH),
                     ":20001: device 01020000000000000309 is on line 778 already: two "
                     "devices would have one identity");
    rk_devicedb_close(db);
}
END_TEST

START_TEST(a_row_is_written_as_pythons_csv_does)
{
    struct rk_device_sn sn;
    struct rk_secret text = RK_SECRET_NONE;
    uint8_t value[32] = { 0xab };

    rk_device_sn_make(0x0102, 0x0000000100000002, &sn);
    ck_assert_int_eq(rk_devicedb_format(RK_DB_KDK, &sn, value, &text, &err), RK_OK);
    ck_assert_uint_eq(text.len, 4 + 1 + 16 + 1 + 64 + 2);
    ck_assert_mem_eq(text.p, "0102 0000000100000002 ab00", 26);
    ck_assert_mem_eq(text.p + text.len - 4, "00\r\n", 4);
    rk_secret_done(&text);
}
END_TEST

START_TEST(serial_numbers_count_up_and_end)
{
    struct rk_device_sn sn;
    char text[21];

    ck_assert_int_eq(rk_device_sn_parse("0102-00000000000000ff", &sn, &err), RK_OK);
    ck_assert_int_eq(rk_device_sn_next(&sn, &err), RK_OK);
    rk_device_sn_text(&sn, text);
    ck_assert_str_eq(text, "01020000000000000100");
    ck_assert_int_eq(rk_device_sn_parse("0102ffffffffffffffff", &sn, &err), RK_OK);
    ck_assert_int_eq(rk_device_sn_next(&sn, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_device_sn_parse("0102ffff", &sn, &err), RK_E_USAGE);
    ck_assert_str_eq(
        err.msg, "Device SN \"0102ffff\": expected 20 hex digits, as in 01020000000100000002 or "
                 "0102-0000000100000002");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, rows_are_read_with_either_line_end);
    tcase_add_loop_test(tc, a_wrong_row_is_refused_with_its_line, 0, 8);
    tcase_add_test(tc, a_line_without_end_is_refused_before_memory_is);
    tcase_add_test(tc, a_repeat_is_found_among_many);
    tcase_add_test(tc, a_row_is_written_as_pythons_csv_does);
    tcase_add_test(tc, serial_numbers_count_up_and_end);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "devicedb", .add = add, .load = unload, .unload = unload });
}
