/* SPDX-License-Identifier: Apache-2.0 */
/* Device databases: rows as NVIDIA's tools write them, and each way a row can be wrong. */
#include "platform/optee/plan.h"
#include "rotkit/devicedb.h"
#include "rotkit/identity.h"
#include "rotkit/publish.h"
#include "rotkit/hex.h"

#include "fault.h"
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
    struct rk_unit_id sn;
    struct rk_secret text = RK_SECRET_NONE;
    uint8_t value[32] = { 0xab };

    rk_unit_id_make(0x0102, 0x0000000100000002, &sn);
    ck_assert_int_eq(rk_devicedb_format(RK_DB_KDK, &sn, value, &text, &err), RK_OK);
    ck_assert_uint_eq(text.len, 4 + 1 + 16 + 1 + 64 + 2);
    ck_assert_mem_eq(text.p, "0102 0000000100000002 ab00", 26);
    ck_assert_mem_eq(text.p + text.len - 4, "00\r\n", 4);
    rk_secret_done(&text);
}
END_TEST

START_TEST(serial_numbers_count_up_and_end)
{
    struct rk_unit_id sn;
    char text[21];

    ck_assert_int_eq(rk_unit_parse("0102-00000000000000ff", &sn, &err), RK_OK);
    ck_assert_int_eq(rk_unit_id_next(&sn, &err), RK_OK);
    rk_unit_id_text(&sn, text);
    ck_assert_str_eq(text, "01020000000000000100");
    ck_assert_int_eq(rk_unit_parse("0102ffffffffffffffff", &sn, &err), RK_OK);
    ck_assert_int_eq(rk_unit_id_next(&sn, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_unit_parse("0102ffff", &sn, &err), RK_E_USAGE);
    ck_assert_str_eq(
        err.msg, "Device SN \"0102ffff\": expected 20 hex digits, as in 01020000000100000002 or "
                 "0102-0000000100000002");
}
END_TEST

#define EPS_HEAD  "unit,eps\r\n"
#define HUK_HEAD  "unit,huk\n"
#define HUK       "000102030405060708090a0b0c0d0e0f"
#define OTHER_HUK "f00102030405060708090a0b0c0d0e0f"
#define UNIT(n)   "000100000000000000" n

static rk_devicedb *open_kind(enum rk_devicedb_kind kind, const char *text)
{
    rk_devicedb *db = NULL;

    ck_assert_int_eq(rk_file_write(PATH, RK_FILE_PUBLIC, text, strlen(text), &err), RK_OK);
    ck_assert_int_eq(rk_devicedb_open(PATH, kind, NULL, &db, &err), RK_OK);
    return db;
}

/* Reads to the end or the first fault; rows[] gets the rows, without their values. */
static enum rk_rc read_all(rk_devicedb *db, struct rk_devicedb_row *rows, size_t *ret_count)
{
    for (*ret_count = 0;; ++*ret_count) {
        struct rk_devicedb_row row = { .line = 0 };
        bool more;

        if (rk_devicedb_next(db, &row, &more, &err) || !more)
            return err.rc;
        rk_devicedb_row_done(&row);
        rows[*ret_count] = row;
    }
}

START_TEST(a_row_of_csv_is_found_and_read_again)
{
    rk_devicedb *db =
        open_kind(RK_DB_HUK, HUK_HEAD UNIT("02") "," HUK "\r\n" UNIT("0a") "," OTHER_HUK);
    struct rk_devicedb_row rows[3];
    struct rk_secret value = RK_SECRET_NONE;
    struct rk_unit_id sn;
    size_t count;

    err.rc = RK_OK;
    ck_assert_int_eq(read_all(db, rows, &count), RK_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(rk_devicedb_check_reread(db, &err), RK_OK);
    ck_assert_uint_eq(rows[0].at, strlen(HUK_HEAD));
    ck_assert_uint_eq(rows[1].line, 3);
    rk_unit_id_make(1, 0x0a, &sn);
    ck_assert_uint_eq(rk_devicedb_line_of(db, &sn), 3);
    rk_unit_id_make(1, 0x0b, &sn);
    ck_assert_uint_eq(rk_devicedb_line_of(db, &sn), 0);
    /* In any order, the last row without an end. */
    ck_assert_int_eq(rk_devicedb_reread(db, &rows[1], &value, &err), RK_OK);
    ck_assert_uint_eq(value.len, 16);
    ck_assert_mem_eq(value.p, "\xf0\1\2\3", 4);
    rk_secret_done(&value);
    ck_assert_int_eq(rk_devicedb_reread(db, &rows[0], &value, &err), RK_OK);
    ck_assert_mem_eq(value.p, "\0\1\2\3", 4);
    rk_secret_done(&value);
    rk_devicedb_close(db);
}
END_TEST

/* In place, as an editor that does not rename would do it. */
static void overwrite(size_t at, const char *text)
{
    FILE *f = fopen(PATH, "r+");

    ck_assert_int_eq(fseek(f, (long)at, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
    fclose(f);
}

START_TEST(a_row_that_is_no_longer_there_is_an_error)
{
    static const struct {
        size_t at;
        const char *text;
    } changes[] = { { 0, "1" }, { 20, ";" }, { 21, "x" }, { 52, "g" } };
    rk_devicedb *db = open_kind(RK_DB_HUK, HUK_HEAD UNIT("02") "," HUK "\n");
    struct rk_secret value = RK_SECRET_NONE;
    struct rk_devicedb_row rows[2];
    size_t count;

    err.rc = RK_OK;
    ck_assert_int_eq(read_all(db, rows, &count), RK_OK);
    overwrite(strlen(HUK_HEAD) + changes[_i].at, changes[_i].text);
    ck_assert_int_eq(rk_devicedb_reread(db, &rows[0], &value, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "\"" PATH "\" has changed while it was used");
    ck_assert_ptr_null(value.p);
    ck_assert_int_eq(truncate(PATH, 30), 0);
    ck_assert_int_eq(rk_devicedb_reread(db, &rows[0], &value, &err), RK_E_IO);
    rk_devicedb_close(db);
}
END_TEST

START_TEST(a_huk_that_has_changed_in_place_is_an_error)
{
    struct rk_secret huk = RK_SECRET_NONE;
    struct rk_unit_id sn;
    rk_huk_db *db = NULL;
    const char *text = HUK_HEAD UNIT("02") "," HUK "\n";

    ck_assert_int_eq(rk_file_write(PATH, RK_FILE_PUBLIC, text, strlen(text), &err), RK_OK);
    ck_assert_int_eq(rk_huk_db_open(PATH, &db, &err), RK_OK);
    rk_unit_id_make(1, 2, &sn);
    ck_assert_int_eq(rk_huk_db_find(db, &sn, &huk, &err), RK_OK);
    ck_assert_mem_eq(huk.p, "\0\1\2\3", 4);
    rk_secret_done(&huk);
    overwrite(strlen(HUK_HEAD) + 21, "f");
    ck_assert_int_eq(rk_huk_db_find(db, &sn, &huk, &err), RK_E_IO);
    ck_assert_str_eq(err.msg, "\"" PATH "\" has changed while it was used");
    ck_assert_ptr_null(huk.p);
    rk_unit_id_make(1, 3, &sn);
    ck_assert_int_eq(rk_huk_db_find(db, &sn, NULL, &err), RK_E_USAGE);
    rk_huk_db_close(db);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_csv[] = {
    { "", ": no header" },
    { "unit,eps\n", ":1: no header" },
    { "\xef\xbb\xbfunit,huk\n", ":1: no header" },
    { HUK_HEAD HUK_HEAD, ":2: malformed row" },
    { HUK_HEAD UNIT("02") " " HUK "\n", ":2: malformed row" },
    { HUK_HEAD UNIT("02") ", " HUK "\n", ":2: malformed row" },
    { HUK_HEAD UNIT("02") "," HUK "00\n", ":2: malformed row" },
    { HUK_HEAD UNIT("02") "," HUK "\r\r\n", ":2: malformed row" },
    { HUK_HEAD UNIT("02") "\r" HUK "\n", ":2: malformed row" },
    { HUK_HEAD "0001-0000000000000002," HUK "\n", ":2: malformed row" },
    { HUK_HEAD UNIT("0x") "," HUK "\n", ":2: a character that is no hex digit" },
};

START_TEST(a_wrong_row_of_csv_is_refused_with_its_line)
{
    rk_devicedb *db = open_kind(RK_DB_HUK, bad_csv[_i].text);
    size_t len = strlen(bad_csv[_i].message), count;
    struct rk_devicedb_row rows[2];

    ck_assert_int_eq(read_all(db, rows, &count), RK_E_USAGE);
    ck_assert_int_eq(strncmp(err.msg + strlen(PATH), bad_csv[_i].message, len), 0);
    ck_assert_str_eq(err.msg + strlen(PATH) + len,
                     "\n  expected: first \"unit,huk\", then rows: 20 hex digits, a comma, 32");
    rk_devicedb_close(db);
}
END_TEST

START_TEST(a_row_of_csv_is_written_as_it_is_read)
{
    struct rk_devicedb_row row = { .line = 0 };
    struct rk_secret text = RK_SECRET_NONE;
    uint8_t value[64] = { 0xab };
    struct rk_unit_id sn;
    rk_devicedb *db;
    char file[300];
    bool more;

    rk_unit_id_make(1, 2, &sn);
    ck_assert_int_eq(rk_devicedb_format(RK_DB_EPS, &sn, value, &text, &err), RK_OK);
    ck_assert_uint_eq(text.len, 20 + 1 + 128 + 2);
    (void)snprintf(file, sizeof file, "%s\r\n%.*s", rk_devicedb_header(RK_DB_EPS), (int)text.len,
                   (const char *)text.p);
    rk_secret_done(&text);
    ck_assert_int_eq(strncmp(file, EPS_HEAD UNIT("02") ",ab00", 35), 0);
    db = open_kind(RK_DB_EPS, file);
    ck_assert_int_eq(rk_devicedb_next(db, &row, &more, &err), RK_OK);
    ck_assert(more);
    ck_assert_uint_eq(row.value.len, 64);
    ck_assert_mem_eq(row.value.p, value, 64);
    rk_devicedb_row_done(&row);
    rk_devicedb_close(db);
}
END_TEST

static enum rk_rc sweep_body(void *arg)
{
    struct rk_secret huk = RK_SECRET_NONE;
    rk_huk_db *db = NULL;
    struct rk_unit_id sn;
    struct rk_err own;
    enum rk_rc rc = rk_huk_db_open(PATH, &db, &own);

    (void)arg;
    rk_unit_id_make(1, 2, &sn);
    if (rc == RK_OK)
        rc = rk_huk_db_find(db, &sn, &huk, &own);
    if (rc == RK_OK && (huk.len != 16 || huk.p[1] != 1))
        rc = RK_E_IO; /* a wrong answer under a fault */
    rk_secret_done(&huk);
    rk_huk_db_close(db);
    return rc;
}

START_TEST(looking_up_survives_failing_allocations)
{
    const char *text = HUK_HEAD UNIT("02") "," HUK "\n";

    ck_assert_int_eq(rk_file_write(PATH, RK_FILE_PUBLIC, text, strlen(text), &err), RK_OK);
    ck_assert_int_eq(sweep_body(NULL), RK_OK); /* what OpenSSL fetches once */
    ck_assert_int_gt(fault_sweep(sweep_body, NULL, 2000), 8);
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
    tcase_add_test(tc, a_row_of_csv_is_found_and_read_again);
    tcase_add_loop_test(tc, a_row_that_is_no_longer_there_is_an_error, 0, 4);
    tcase_add_test(tc, a_huk_that_has_changed_in_place_is_an_error);
    tcase_add_loop_test(tc, a_wrong_row_of_csv_is_refused_with_its_line, 0,
                        sizeof bad_csv / sizeof bad_csv[0]);
    tcase_add_test(tc, a_row_of_csv_is_written_as_it_is_read);
    tcase_add_test(tc, looking_up_survives_failing_allocations);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) {
        .name = "devicedb", .add = add, .load = unload, .unload = unload });
}
