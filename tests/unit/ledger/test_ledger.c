/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units through the ledger on SQLite. What the tables hold is read by SQLite itself, the chain is
 * recomputed here from the header's words.
 */
#include "rotkit/ctx.h"
#include "rotkit/key.h"
#include "rotkit/ledger.h"

#include "ledger_edit.h"
#include "suite.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint8_t build_a[32] = { 0xaa }, build_b[32] = { 0xbb };
static struct rk_err err;
static rk_ctx *ctx;
static rk_ledger *ledger;
static char path[256];

static void remove_files(void)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char name[300];

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static rk_ledger *open_as(const uint8_t build[32])
{
    rk_ledger *opened = NULL;

    if (rk_ledger_open(ctx, path, RK_LEDGER_CREATE, build, &opened, &err) != RK_OK)
        ck_abort_msg("%s", err.msg);
    return opened;
}

static void setup(void)
{
    (void)snprintf(path, sizeof path, "%s/ledger-%d.db", TEST_SCRATCH, (int)getpid());
    remove_files();
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ledger = open_as(build_a);
}

static void teardown(void)
{
    rk_ledger_close(ledger);
    rk_ctx_free(ctx);
    remove_files();
}

static struct rk_ledger_unit unit_at(uint64_t serial, uint8_t inputs)
{
    struct rk_ledger_unit unit = { .inputs = { inputs }, .digest = { 1 } };

    rk_unit_id_make(0x0102, serial, &unit.sn);
    return unit;
}

static struct rk_licence licence_of(uint64_t units)
{
    return (struct rk_licence) { .id = "L1",
                                 .product = "demo",
                                 .units = units,
                                 .reissues = 1,
                                 .oem_id = { 0x0102 },
                                 .oem_id_count = 1,
                                 .first_sn = 1,
                                 .last_sn = 100000 };
}

static void use(rk_ledger *to, uint64_t units)
{
    struct rk_licence licence = licence_of(units);

    ck_assert_int_eq(rk_ledger_use_licence(to, &licence, "demo", &err), RK_OK);
}

static void refused(enum rk_rc rc, const char *text)
{
    ck_assert_int_eq(rc, RK_E_LEDGER);
    ck_assert_str_eq(err.msg, text);
}

static uint64_t spent(void)
{
    struct rk_ledger_status status;
    uint64_t n;

    ck_assert_int_eq(rk_ledger_status(ledger, &status, &err), RK_OK);
    n = status.licence_count == 0 ? 0 : status.licence[0].spent;
    rk_ledger_status_done(&status);
    return n;
}

static void holds(void)
{
    if (rk_ledger_verify(ledger, NULL, &err) != RK_OK)
        ck_abort_msg("%s", err.msg);
}

/* Runs SQL as somebody with sqlite3 would; its result code. */
static int tamper(const char *sql)
{
    sqlite3 *db = NULL;
    int code;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    (void)sqlite3_close(db);
    return code;
}

START_TEST(a_unit_is_charged_once_however_often_it_is_built)
{
    struct rk_ledger_unit unit = unit_at(1, 1);

    use(ledger, 2);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
        ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
        ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    }
    ck_assert_uint_eq(spent(), 1);
    holds();
}
END_TEST

START_TEST(the_quota_holds_over_a_batch_as_a_whole)
{
    struct rk_ledger_unit units[3] = { unit_at(1, 1), unit_at(2, 1), unit_at(3, 1) };

    use(ledger, 2);
    refused(rk_ledger_reserve(ledger, units, 3, &err),
            "licence \"L1\" does not cover 3 more units: 2 of 2 left");
    ck_assert_uint_eq(spent(), 0); /* all or none */
    ck_assert_int_eq(rk_ledger_reserve(ledger, units, 2, &err), RK_OK);
    refused(rk_ledger_reserve(ledger, units + 2, 1, &err),
            "licence \"L1\" does not cover 1 more unit: 0 of 2 left");
    refused(rk_ledger_afford(ledger, 1, &err),
            "licence \"L1\" does not cover 1 more unit: 0 of 2 left");
    ck_assert_int_eq(rk_ledger_void(ledger, units, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_reserve(ledger, units + 2, 1, &err), RK_OK);
    holds();
}
END_TEST

START_TEST(what_the_licence_does_not_cover_is_refused)
{
    struct rk_licence licence = licence_of(5), other = licence_of(6);
    struct rk_ledger_unit beyond = unit_at(100001, 1), foreign = unit_at(1, 1);

    rk_unit_id_make(0x0203, 1, &foreign.sn);
    refused(rk_ledger_use_licence(ledger, &licence, "toy", &err),
            "licence \"L1\" is for product \"demo\", not for \"toy\"");
    licence.not_after = 1577836800;
    ck_assert_int_eq(rk_ledger_use_licence(ledger, &licence, "demo", &err), RK_E_LEDGER);
    ck_assert_ptr_eq(strstr(err.msg, "licence \"L1\" has ended: at 1577836800, now it is "),
                     err.msg);
    use(ledger, 5);
    refused(rk_ledger_use_licence(ledger, &other, "demo", &err),
            "licence \"L1\" is in the ledger with other terms");
    refused(rk_ledger_reserve(ledger, &beyond, 1, &err),
            "unit 010200000000000186a1: licence \"L1\" covers serial numbers 0000000000000001 "
            "to 00000000000186a0");
    refused(rk_ledger_reserve(ledger, &foreign, 1, &err),
            "unit 02030000000000000001: licence \"L1\" does not cover OEM id 0203");
    ck_assert_uint_eq(spent(), 0);
}
END_TEST

static int64_t read_clock(void *arg)
{
    return *(int64_t *)arg;
}

START_TEST(a_clock_set_back_brings_no_time_back)
{
    struct rk_licence licence = licence_of(5);
    struct rk_ledger_unit unit = unit_at(1, 1), second = unit_at(2, 1);
    int64_t clock = 4102444700;

    rk_ctx_set_clock(ctx, read_clock, &clock);
    licence.not_after = 4102444800; /* 2100-01-01 */
    ck_assert_int_eq(rk_ledger_use_licence(ledger, &licence, "demo", &err), RK_OK);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    clock = 4102444801;
    ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    clock = 1800000000;
    refused(rk_ledger_reserve(ledger, &second, 1, &err),
            "licence \"L1\" has ended: at 4102444800, now it is 4102444801\n"
            "  seconds since 1970, by the later of the clock and the ledger's entries\n"
            "  when the clock is right, and the ledger ran ahead: rotkit ledger correct-time");
    holds();
}
END_TEST

/* What things are dated by is not when they were counted. */
START_TEST(source_date_epoch_is_never_counted)
{
    struct rk_licence licence = licence_of(5);
    struct rk_ledger_unit unit = unit_at(1, 1);
    struct rk_ledger_status status;
    int64_t clock = 1800000000;

    rk_ctx_set_clock(ctx, read_clock, &clock);
    licence.not_after = 1800000100;
    (void)setenv("SOURCE_DATE_EPOCH", "1900000000", 1);
    ck_assert_int_eq(rk_ledger_use_licence(ledger, &licence, "demo", &err), RK_OK);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    (void)setenv("SOURCE_DATE_EPOCH", "1", 1);
    ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    (void)unsetenv("SOURCE_DATE_EPOCH");
    ck_assert_int_eq(rk_ledger_status(ledger, &status, &err), RK_OK);
    ck_assert_int_ge(status.time, 1800000000 - 1); /* entry 1 is of the real clock */
    ck_assert_int_lt(status.time, 1900000000);
    rk_ledger_status_done(&status);
    holds();
}
END_TEST

START_TEST(a_reservation_belongs_to_its_build)
{
    rk_ledger *other = open_as(build_b);
    struct rk_ledger_unit unit = unit_at(1, 1);

    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    refused(rk_ledger_reserve(other, &unit, 1, &err),
            "unit 01020000000000000001 is reserved by another build, aa00000000000000\n"
            "  when that build is dead: rotkit ledger void gives the unit back");
    refused(rk_ledger_commit(other, &unit, 1, &err),
            "unit 01020000000000000001 is reserved by another build, aa00000000000000\n"
            "  when that build is dead: rotkit ledger void gives the unit back");
    ck_assert_int_eq(rk_ledger_void(other, &unit, 1, &err), RK_OK); /* left alone */
    ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_reserve(other, &unit, 1, &err), RK_OK); /* the same again */
    rk_ledger_close(other);
    holds();
}
END_TEST

START_TEST(other_inputs_need_a_recorded_reissue)
{
    struct rk_ledger_unit unit = unit_at(1, 1), anew = unit_at(1, 2);
    const char *wanted = "unit 01020000000000000001 was made from other inputs: 0100000000000000, "
                         "now 0200000000000000\n"
                         "  rotkit ledger reissue records that it shall be made anew";

    use(ledger, 1);
    refused(rk_ledger_put_record(ledger, RK_LEDGER_REISSUE, &unit.sn, "rma 7", &err),
            "unit 01020000000000000001 is not in use: only an issued unit can be made anew");
    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    refused(rk_ledger_reserve(ledger, &anew, 1, &err), wanted);
    ck_assert_int_eq(rk_ledger_put_record(ledger, RK_LEDGER_REISSUE, &unit.sn, "rma 7", &err),
                     RK_OK);
    refused(rk_ledger_reserve(ledger, &unit, 1, &err),
            "unit 01020000000000000001 is to be made anew, but from the inputs it was made from, "
            "0100000000000000\n"
            "  give the device another EPS seed, or change what else was wrong");
    ck_assert_int_eq(rk_ledger_reserve(ledger, &anew, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_void(ledger, &anew, 1, &err), RK_OK); /* stays charged */
    ck_assert_uint_eq(spent(), 1);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &anew, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_commit(ledger, &anew, 1, &err), RK_OK);
    refused(rk_ledger_put_record(ledger, RK_LEDGER_REISSUE, &unit.sn, "rma 8", &err),
            "unit 01020000000000000001: licence \"L1\" allows no more reissues");
    ck_assert_int_eq(rk_ledger_put_record(ledger, RK_LEDGER_RETIRE, &unit.sn, "burnt", &err),
                     RK_OK);
    refused(rk_ledger_reserve(ledger, &anew, 1, &err),
            "unit 01020000000000000001 is retired\n  it is never made again: take its rows out of "
            "the databases");
    holds();
}
END_TEST

START_TEST(an_id_belongs_to_one_unit)
{
    struct rk_ledger_unit units[2] = { unit_at(1, 1), unit_at(2, 1) };

    ck_assert_int_eq(rk_ledger_unit_add(&units[0], "ek:L-1", "abcd", &err), RK_OK);
    ck_assert_int_eq(rk_ledger_unit_add(&units[0], "dps", "unit-1", &err), RK_OK);
    ck_assert_int_eq(rk_ledger_unit_add(&units[1], "ek:L-1", "abcd", &err), RK_OK);
    ck_assert_int_eq(rk_ledger_unit_add(&units[1], "ek", "a,b", &err), RK_E_USAGE);
    ck_assert_int_eq(rk_ledger_reserve(ledger, units, 2, &err), RK_OK);
    refused(rk_ledger_commit(ledger, units, 2, &err),
            "unit 01020000000000000002: ek:L-1 abcd belongs to unit 01020000000000000001 already");
    ck_assert_int_eq(rk_ledger_commit(ledger, units, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_commit(ledger, units, 1, &err), RK_OK);
    refused(rk_ledger_commit(ledger, units + 1, 1, &err),
            "unit 01020000000000000002: ek:L-1 abcd belongs to unit 01020000000000000001 already");
    rk_ledger_unit_done(&units[0]);
    rk_ledger_unit_done(&units[1]);
    holds();
}
END_TEST

/* By the words of the header, with OpenSSL alone. */
START_TEST(the_chain_is_what_the_header_says)
{
    struct rk_ledger_unit unit = unit_at(1, 1);
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    uint8_t chain[32] = { 0 };
    int count = 0;

    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db,
                           "SELECT seq||char(9)||time||char(9)||kind||char(9)||unit||char(9)||"
                           "licence||char(9)||build||char(9)||inputs||char(9)||digest||char(9)||"
                           "keys||char(9)||note, hash FROM rotkit_entry ORDER BY seq",
                           -1, &rows, NULL),
        SQLITE_OK);
    for (; sqlite3_step(rows) == SQLITE_ROW; count++) {
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        char hex[65];

        ck_assert_int_eq(EVP_DigestInit_ex(md, EVP_sha256(), NULL), 1);
        ck_assert_int_eq(EVP_DigestUpdate(md, chain, 32), 1);
        ck_assert_int_eq(EVP_DigestUpdate(md, sqlite3_column_text(rows, 0),
                                          (size_t)sqlite3_column_bytes(rows, 0)),
                         1);
        ck_assert_int_eq(EVP_DigestFinal_ex(md, chain, NULL), 1);
        EVP_MD_CTX_free(md);
        for (size_t i = 0; i < 32; i++)
            (void)snprintf(hex + 2 * i, 3, "%02x", chain[i]);
        ck_assert_str_eq((const char *)sqlite3_column_text(rows, 1), hex);
    }
    ck_assert_int_eq(count, 3);
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
}
END_TEST

/* What the database itself refuses, and what verify sees once its triggers are gone. */
static const struct {
    const char *sql, *wanted;
    int code;   /* of sqlite3 while the triggers are there */
    bool later; /* no act reads it: verify alone sees it */
} damages[] = {
    { "UPDATE rotkit_entry SET time = time + 1 WHERE seq = 2", "entry 2 does not hold",
      SQLITE_CONSTRAINT, false },
    { "DELETE FROM rotkit_entry WHERE seq = 2", "entry 2 is missing", SQLITE_CONSTRAINT, false },
    { "DELETE FROM rotkit_unit",
      "unit 01020000000000000001: its row (entry none, none) is not what entry 5 (commit) says",
      SQLITE_CONSTRAINT, false },
    { "UPDATE rotkit_unit SET state = 'void'",
      "unit 01020000000000000001: its row (entry 5, void) is not what entry 5 (commit) says",
      SQLITE_ERROR, false },
    { "UPDATE rotkit_unit SET licence = 'L2'", "is not what entry 5 (commit) says", SQLITE_ERROR,
      false },
    { "UPDATE rotkit_unit SET build = 'b'", "is not what entry 5 (commit) says", SQLITE_ERROR,
      false },
    { "UPDATE rotkit_unit SET inputs = 'b'", "is not what entry 5 (commit) says", SQLITE_ERROR,
      false },
    { "UPDATE rotkit_licence SET spent = 0",
      "licence \"L1\": its row says 0 units spent, the entries say 3", SQLITE_ERROR, false },
    { "UPDATE rotkit_licence SET units = 1000000",
      "licence \"L1\": its row says 1000000 units, the entries say 5", SQLITE_ERROR, false },
    { "UPDATE rotkit_licence SET reissues = 1000000",
      "licence \"L1\": its row says 1000000 reissues, the entries say 1", SQLITE_ERROR, false },
    { "UPDATE rotkit_licence SET terms = 'none'", "licence \"L1\": its row names terms none, ",
      SQLITE_ERROR, false },
    { "DELETE FROM rotkit_licence", "licence \"L1\": its row is missing", SQLITE_CONSTRAINT,
      false },
    { "DELETE FROM rotkit_split",
      "licence \"L1\": the row of its split \"L1.0\" (entry 3) is missing", SQLITE_CONSTRAINT,
      false },
    { "UPDATE rotkit_split SET last_sn = first_sn",
      "licence \"L1\": the row of its split \"L1.0\" (units 2, 0000000000000032 to "
      "0000000000000032) is not what entry 3 says (\"L1.0\", units 2, 0000000000000032 to "
      "0000000000000063)",
      SQLITE_CONSTRAINT, false },
    { "INSERT INTO rotkit_split VALUES ('more', 'L1', '0', '1', 1, 0, 99)",
      "licence \"L1\": no entry says its split \"more\"", SQLITE_OK, false },
    { "INSERT INTO rotkit_unit VALUES ('01020000000000000007', 4, 'issued', '', '', '', '')",
      "2 units are kept, entries bring 1", SQLITE_OK, true },
    { "INSERT INTO rotkit_licence VALUES ('L9', '', 9, 9, 0, 0)",
      "licence \"L9\": no entry enters it", SQLITE_OK, true },
    { "DELETE FROM rotkit_key", "0 ids are kept, entries bring 1", SQLITE_CONSTRAINT, true },
    { "UPDATE rotkit_key SET value = 'beef'", "id ek:L-1=beef of unit", SQLITE_CONSTRAINT, true },
};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

/* Of five units one is made, and two went to a child. */
static void fill(void)
{
    struct rk_licence parent = licence_of(5), child = licence_of(2);
    struct rk_ledger_unit unit = unit_at(1, 1);

    (void)snprintf(child.id, sizeof child.id, "L1.0");
    (void)snprintf(child.parent, sizeof child.parent, "L1");
    child.reissues = 0;
    child.first_sn = 50;
    child.last_sn = 99;
    ck_assert_int_eq(rk_ledger_split(ledger, &parent, &child, 1, &err), RK_OK);
    use(ledger, 5);
    ck_assert_int_eq(rk_ledger_unit_add(&unit, "ek:L-1", "abcd", &err), RK_OK);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_commit(ledger, &unit, 1, &err), RK_OK);
    rk_ledger_unit_done(&unit);
    holds();
}

static void damage(const char *sql)
{
    edit_behind_triggers(path, sql);
}

/* What a build does with the unit, and with the next one. */
static enum rk_rc build_on(void)
{
    struct rk_ledger_unit units[2] = { unit_at(1, 1), unit_at(2, 1) };
    struct rk_licence licence = licence_of(5);

    rk_ledger_close(ledger);
    ledger = open_as(build_a);
    return rk_ledger_use_licence(ledger, &licence, "demo", &err) ||
                   rk_ledger_reserve(ledger, units, 2, &err)
               ? err.rc
               : RK_OK;
}

START_TEST(what_is_changed_behind_its_back_is_found) /* loop test: _i is the row */
{
    fill();
    if (damages[_i].code != SQLITE_OK) {
        ck_assert_int_eq(tamper(damages[_i].sql), damages[_i].code);
        holds();
    }
    damage(damages[_i].sql);
    ck_assert_int_eq(rk_ledger_verify(ledger, NULL, &err), RK_E_VERIFY);
    ck_assert_msg(strstr(err.msg, damages[_i].wanted) != NULL, "%s", err.msg);
    if (damages[_i].later)
        return;
    ck_assert_int_eq(build_on(), RK_E_LEDGER);
    ck_assert_msg(strstr(err.msg, damages[_i].wanted) != NULL, "%s", err.msg);
    ck_assert_ptr_nonnull(strstr(err.msg, "rotkit ledger rebuild makes tables anew"));
}
END_TEST

/* The guards are asked for by themselves, too. */
START_TEST(a_guard_that_is_gone_is_missed)
{
    static const char *const guards[] = {
        "rotkit_entry_no_update",      "rotkit_entry_no_delete", "rotkit_checkpoint_no_update",
        "rotkit_checkpoint_no_delete", "rotkit_key_no_update",   "rotkit_key_no_delete",
        "rotkit_split_no_update",      "rotkit_split_no_delete", "rotkit_licence_no_update",
        "rotkit_licence_no_delete",    "rotkit_unit_no_update",  "rotkit_unit_no_delete",
    };
    char text[128], wanted[128];

    ck_assert_uint_lt((size_t)_i, sizeof guards / sizeof guards[0]);
    fill();
    (void)snprintf(text, sizeof text, "DROP TRIGGER %s", guards[_i]);
    (void)snprintf(wanted, sizeof wanted, "trigger \"%s\" of the ledger is gone", guards[_i]);
    ck_assert_int_eq(tamper(text), SQLITE_OK);
    ck_assert_int_eq(rk_ledger_verify(ledger, NULL, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, wanted);
    ck_assert_int_eq(build_on(), RK_E_LEDGER);
    ck_assert_ptr_eq(strstr(err.msg, wanted), err.msg);
}
END_TEST

START_TEST(a_guard_of_another_is_found)
{
    fill();
    ck_assert_int_eq(tamper("CREATE TRIGGER mine AFTER INSERT ON rotkit_entry BEGIN"
                            " SELECT 1; END"),
                     SQLITE_OK);
    ck_assert_int_eq(build_on(), RK_E_LEDGER);
    ck_assert_ptr_eq(strstr(err.msg, "trigger \"mine\" does not belong to the ledger"), err.msg);
}
END_TEST

/* The checkpoint of a ledger that has a unit, and the key it is signed with. */
static void make_checkpoint(rk_signer **key, struct rk_checkpoint *ret)
{
    struct rk_ledger_unit unit = unit_at(1, 1);
    struct rk_bytes file;

    ck_assert_int_eq(rk_key_new(ctx, "p256", key, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_checkpoint(ledger, *key, &file, &err), RK_OK);
    ck_assert_int_eq(rk_checkpoint_read(ctx, file.p, file.len, *key, ret, &err), RK_OK);
    rk_bytes_done(&file);
}

START_TEST(a_ledger_that_was_put_back_is_refused)
{
    struct rk_checkpoint checkpoint;
    rk_signer *key = NULL;

    make_checkpoint(&key, &checkpoint);
    ck_assert_int_eq(rk_ledger_compare_checkpoint(ledger, &checkpoint, &err), RK_OK);
    ck_assert_int_eq(rk_ledger_verify(ledger, key, &err), RK_OK);
    checkpoint.size++;
    refused(rk_ledger_compare_checkpoint(ledger, &checkpoint, &err),
            "the ledger is older than its checkpoint: 2 entries, 3 were there\n"
            "  an old copy was put back: bring the newest one");
    checkpoint.size -= 2;
    ck_assert_int_eq(rk_ledger_compare_checkpoint(ledger, &checkpoint, &err), RK_E_LEDGER);
    rk_checkpoint_done(&checkpoint);
    rk_signer_free(key);
}
END_TEST

START_TEST(a_checkpoint_says_the_same_until_the_ledger_grows)
{
    struct rk_checkpoint checkpoint, again;
    rk_signer *key = NULL, *other = NULL;
    struct rk_bytes file;

    make_checkpoint(&key, &checkpoint);
    ck_assert_int_eq(rk_ledger_checkpoint(ledger, key, &file, &err), RK_OK);
    ck_assert_int_eq(rk_checkpoint_read(ctx, file.p, file.len, key, &again, &err), RK_OK);
    ck_assert_mem_eq(checkpoint.signature.p, again.signature.p, again.signature.len);
    ck_assert_int_eq(rk_key_new(ctx, "p256", &other, &err), RK_OK);
    rk_checkpoint_done(&again);
    ck_assert_int_eq(rk_checkpoint_read(ctx, file.p, file.len, other, &again, &err), RK_E_VERIFY);
    ck_assert_int_eq(rk_ledger_verify(ledger, other, &err), RK_E_VERIFY);
    rk_bytes_done(&file);
    rk_checkpoint_done(&checkpoint);
    rk_signer_free(key);
    rk_signer_free(other);
}
END_TEST

START_TEST(children_take_their_units_and_serial_numbers_from_the_parent)
{
    struct rk_licence parent = licence_of(10), child[2] = { licence_of(4), licence_of(6) };
    struct rk_ledger_unit own = unit_at(1, 1), theirs = unit_at(51, 1);

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(child[i].id, sizeof child[i].id, "L1.%zu", i);
        (void)snprintf(child[i].parent, sizeof child[i].parent, "L1");
        child[i].reissues = 0;
        child[i].first_sn = 50 * (i + 1);
        child[i].last_sn = child[i].first_sn + 49;
    }
    use(ledger, 10);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &own, 1, &err), RK_OK);
    refused(rk_ledger_split(ledger, &parent, child, 2, &err),
            "licence \"L1\" does not cover 6 more units: 5 of 10 left");
    child[1].units = 5;
    child[1].first_sn = 99;
    refused(rk_ledger_split(ledger, &parent, child, 2, &err),
            "licence \"L1.1\": its serial numbers overlap with those of \"L1.0\"");
    child[1].first_sn = 1;
    child[1].last_sn = 40;
    refused(rk_ledger_split(ledger, &parent, child, 2, &err),
            "licence \"L1.1\": 1 unit of \"L1\" stand in its range already");
    child[1].first_sn = 100;
    child[1].last_sn = 149;
    ck_assert_int_eq(rk_ledger_split(ledger, &parent, child, 2, &err), RK_OK);
    refused(rk_ledger_reserve(ledger, &theirs, 1, &err),
            "unit 01020000000000000033: its serial number went to licence \"L1.0\"");
    ck_assert_uint_eq(spent(), 10);
    holds();
}
END_TEST

/* ---- faults ---- */

enum { QUOTA = 1000, RUN_SECONDS_DEFAULT = 2 };

/* Reserves and commits units of its own in small batches until it may not; the number issued. */
static int hammer(const uint8_t build[32], uint64_t first, double seconds)
{
    rk_ledger *own = open_as(build);
    struct timespec start, now;
    int issued = 0;

    use(own, QUOTA);
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        struct rk_ledger_unit units[3] = { unit_at(first, 1), unit_at(first + 1, 1),
                                           unit_at(first + 2, 1) };
        size_t count = 1 + first % 3;
        enum rk_rc rc = rk_ledger_reserve(own, units, count, &err);

        if (rc == RK_OK) {
            if (rk_ledger_commit(own, units, count, &err) != RK_OK)
                _exit(99);
            issued += (int)count;
            first += count;
        } else if (rc == RK_E_LEDGER && count == 1) {
            (void)clock_gettime(CLOCK_MONOTONIC, &now);
            if ((double)(now.tv_sec - start.tv_sec) >= seconds)
                break;
            (void)usleep(2000);
        } else if (rc == RK_E_LEDGER) {
            first++; /* a smaller batch may still fit */
        } else {
            (void)fprintf(stderr, "%s\n", err.msg);
            _exit(98);
        }
    }
    rk_ledger_close(own);
    return issued;
}

START_TEST(two_processes_issue_the_quota_and_no_unit_more)
{
    const char *wanted = getenv("HAMMER_SECONDS");
    double seconds = wanted == NULL ? RUN_SECONDS_DEFAULT : atof(wanted);
    int issued = 0;
    pid_t child[2];

    for (size_t i = 0; i < 2; i++) {
        int out[2];

        ck_assert_int_eq(pipe(out), 0);
        child[i] = fork();
        ck_assert_int_ge(child[i], 0);
        if (child[i] == 0) {
            int n = hammer(i == 0 ? build_a : build_b, i == 0 ? 1 : 50000, seconds);

            _exit(write(out[1], &n, sizeof n) == (ssize_t)sizeof n ? 0 : 97);
        }
        (void)close(out[1]);
        (void)dup2(out[0], 200 + (int)i);
        (void)close(out[0]);
    }
    for (size_t i = 0; i < 2; i++) {
        int n = 0, status = 0;

        ck_assert_int_eq(read(200 + (int)i, &n, sizeof n), sizeof n);
        ck_assert_int_eq(waitpid(child[i], &status, 0), child[i]);
        ck_assert_int_eq(status, 0);
        issued += n;
    }
    ck_assert_int_eq(issued, QUOTA);
    ck_assert_uint_eq(spent(), QUOTA);
    holds();
}
END_TEST

/* A build of 200 units, cut at a random point and taken up, until one comes through. */
START_TEST(no_kill_loses_a_unit_or_makes_one_twice)
{
    struct rk_ledger_status status;
    bool through = false;
    unsigned seed = 7;

    for (int cut = 0; cut < 50 || !through; cut++) {
        pid_t child = fork();
        int ended = 0;

        ck_assert_int_ge(child, 0);
        if (child == 0) {
            rk_ledger *own = open_as(build_a);

            use(own, 200);
            for (uint64_t sn = 1; sn <= 200; sn += 10) {
                struct rk_ledger_unit units[10];

                for (size_t i = 0; i < 10; i++)
                    units[i] = unit_at(sn + i, 1);
                if (rk_ledger_reserve(own, units, 10, &err) ||
                    rk_ledger_commit(own, units, 10, &err))
                    _exit(1);
            }
            _exit(0);
        }
        if (cut < 50) {
            seed = seed * 1103515245u + 12345u;
            (void)usleep(seed >> 16 & 0x3fff);
            (void)kill(child, SIGKILL);
        }
        ck_assert_int_eq(waitpid(child, &ended, 0), child);
        through = through || ended == 0;
        ck_assert(ended == 0 || WIFSIGNALED(ended));
        holds();
    }
    ck_assert_int_eq(rk_ledger_status(ledger, &status, &err), RK_OK);
    ck_assert_uint_eq(status.issued, 200);
    ck_assert_uint_eq(status.reserved, 0);
    ck_assert_uint_eq(status.licence[0].spent, 200);
    rk_ledger_status_done(&status);
}
END_TEST

START_TEST(a_full_disk_costs_no_unit)
{
    const struct rlimit small = { 65536, RLIM_INFINITY };
    const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    struct rk_ledger_unit units[100];
    uint64_t before = 0;
    enum rk_rc rc = RK_OK;

    use(ledger, 100000);
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint64_t sn = 1; rc == RK_OK; sn += 100) {
        for (size_t i = 0; i < 100; i++)
            units[i] = unit_at(sn + i, 1);
        rc = rk_ledger_reserve(ledger, units, 100, &err);
        before += rc == RK_OK ? 100 : 0;
    }
    ck_assert_int_eq(rc, RK_E_IO);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    ck_assert_uint_eq(spent(), before);
    holds();
    ck_assert_int_eq(rk_ledger_reserve(ledger, units, 100, &err), RK_OK);
    ck_assert_uint_eq(spent(), before + 100);
}
END_TEST

START_TEST(a_ledger_that_others_keep_locked_is_said_to_be)
{
    struct rk_ledger_unit unit = unit_at(1, 1);
    sqlite3 *db = NULL;
    char wanted[400];

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    (void)snprintf(wanted, sizeof wanted,
                   "ledger \"%s\": another process has kept it locked for 10 seconds", path);
    refused(rk_ledger_reserve(ledger, &unit, 1, &err), wanted);
    ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    ck_assert_int_eq(rk_ledger_reserve(ledger, &unit, 1, &err), RK_OK);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_unit_is_charged_once_however_often_it_is_built);
    tcase_add_test(tc, the_quota_holds_over_a_batch_as_a_whole);
    tcase_add_test(tc, what_the_licence_does_not_cover_is_refused);
    tcase_add_test(tc, a_clock_set_back_brings_no_time_back);
    tcase_add_test(tc, source_date_epoch_is_never_counted);
    tcase_add_test(tc, a_reservation_belongs_to_its_build);
    tcase_add_test(tc, other_inputs_need_a_recorded_reissue);
    tcase_add_test(tc, an_id_belongs_to_one_unit);
    tcase_add_test(tc, the_chain_is_what_the_header_says);
    tcase_add_loop_test(tc, what_is_changed_behind_its_back_is_found, 0, DAMAGES);
    tcase_add_loop_test(tc, a_guard_that_is_gone_is_missed, 0, 12);
    tcase_add_test(tc, a_guard_of_another_is_found);
    tcase_add_test(tc, a_ledger_that_was_put_back_is_refused);
    tcase_add_test(tc, a_checkpoint_says_the_same_until_the_ledger_grows);
    tcase_add_test(tc, children_take_their_units_and_serial_numbers_from_the_parent);
    tcase_add_test(tc, two_processes_issue_the_quota_and_no_unit_more);
    tcase_add_test(tc, no_kill_loses_a_unit_or_makes_one_twice);
    tcase_add_test(tc, a_full_disk_costs_no_unit);
    tcase_add_test(tc, a_ledger_that_others_keep_locked_is_said_to_be);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ledger", .add = add, .load = setup, .unload = teardown, .timeout_s = 240 });
}
