/* SPDX-License-Identifier: Apache-2.0 */
/* Where a count starts, a ledger whose time is put right, tables made anew; each without memory. */
#include "rotkit/ctx.h"
#include "rotkit/key.h"
#include "rotkit/ledger.h"

#include "fault.h"
#include "ledger_edit.h"
#include "suite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400 };

static const uint8_t build[32] = { 0xaa };
static struct rk_err err;
static rk_ctx *ctx;
static rk_ledger *ledger;
static rk_signer *key;
static char path[256];
static bool faults;
static int64_t clock_now;

static int64_t read_clock(void *arg)
{
    return *(int64_t *)arg;
}

static void remove_files(void)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char name[300];

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static void ok(enum rk_rc rc)
{
    if (rc != RK_OK)
        ck_abort_msg("%s", err.msg);
}

static void open_as(enum rk_ledger_mode mode)
{
    rk_ledger_close(ledger);
    ledger = NULL;
    ok(rk_ledger_open(ctx, path, mode, build, &ledger, &err));
}

static void setup(void)
{
    faults = fault_install();
    clock_now = 1800000000;
    (void)snprintf(path, sizeof path, "%s/rebuild-%d.db", TEST_SCRATCH, (int)getpid());
    remove_files();
    ok(rk_ctx_new(&ctx, &err));
    rk_ctx_set_clock(ctx, read_clock, &clock_now);
    ok(rk_key_new(ctx, "p256", &key, &err));
    open_as(RK_LEDGER_CREATE);
}

static void teardown(void)
{
    rk_ledger_close(ledger);
    ledger = NULL;
    rk_signer_free(key);
    key = NULL;
    rk_ctx_free(ctx);
    remove_files();
}

static struct rk_licence licence_of(const char *id, const char *parent, uint64_t units)
{
    struct rk_licence l = { .product = "demo", .units = units, .last_sn = UINT64_MAX };

    (void)snprintf(l.id, sizeof l.id, "%s", id);
    (void)snprintf(l.parent, sizeof l.parent, "%s", parent);
    return l;
}

static struct rk_ledger_unit unit_at(uint64_t serial)
{
    struct rk_ledger_unit unit = { .inputs = { 1 }, .digest = { 1 } };

    rk_unit_id_make(0x0102, serial, &unit.sn);
    return unit;
}

static enum rk_rc use_and_make(uint64_t serial, struct rk_err *e)
{
    const struct rk_licence licence = licence_of("L1", "", 100000);
    RK_AUTO(rk_ledger_unit_done) struct rk_ledger_unit unit = unit_at(serial);
    char id[16];

    (void)snprintf(id, sizeof id, "%u", (unsigned)serial);
    return rk_ledger_use_licence(ledger, &licence, "demo", e) ||
                   rk_ledger_unit_add(&unit, "soc", id, e) ||
                   rk_ledger_reserve(ledger, &unit, 1, e) || rk_ledger_commit(ledger, &unit, 1, e)
               ? e->rc
               : RK_OK;
}

static void seal(void)
{
    struct rk_bytes file = RK_BYTES_NONE;

    ok(rk_ledger_checkpoint(ledger, key, &file, &err));
    rk_bytes_done(&file);
}

static void edit(const char *sql)
{
    edit_behind_triggers(path, sql);
}

static uint64_t spent(void)
{
    struct rk_ledger_status status;
    uint64_t n;

    ok(rk_ledger_status(ledger, &status, &err));
    n = status.licence_count == 0 ? 0 : status.licence[0].spent;
    rk_ledger_status_done(&status);
    return n;
}

/* Entry 3 is from before the checkpoint: whoever believes that need not read it. */
START_TEST(what_stands_below_a_checkpoint_is_gone_through)
{
    rk_signer *other = NULL;

    ok(use_and_make(1, &err));
    ok(use_and_make(2, &err));
    seal();
    edit("UPDATE rotkit_entry SET note = 'x' WHERE seq = 3");
    open_as(RK_LEDGER_WRITE);
    rk_ledger_use_key(ledger, key);
    ck_assert_int_eq(use_and_make(3, &err), RK_E_LEDGER);
    ck_assert_ptr_eq(strstr(err.msg, "entry 3 does not hold: "), err.msg);
    open_as(RK_LEDGER_WRITE); /* without a key */
    ck_assert_int_eq(use_and_make(4, &err), RK_E_LEDGER);
    ck_assert_ptr_eq(strstr(err.msg, "entry 3 does not hold: "), err.msg);
    open_as(RK_LEDGER_WRITE); /* with a key that signed none */
    ok(rk_key_new(ctx, "p256", &other, &err));
    rk_ledger_use_key(ledger, other);
    ck_assert_int_eq(use_and_make(4, &err), RK_E_LEDGER);
    ck_assert_ptr_eq(strstr(err.msg, "entry 3 does not hold: "), err.msg);
    rk_signer_free(other);
    ck_assert_int_eq(rk_ledger_verify(ledger, key, &err), RK_E_VERIFY);
}
END_TEST

/* Another process adds what this one has not counted; what this one tried in vain leaves nothing.
 */
START_TEST(a_count_goes_on_behind_others_and_behind_refusals)
{
    const struct rk_licence licence = licence_of("L1", "", 3);
    struct rk_ledger_unit units[2] = { unit_at(7), unit_at(8) };
    rk_ledger *second = NULL;

    ok(rk_ledger_use_licence(ledger, &licence, "demo", &err));
    ok(rk_ledger_open(ctx, path, RK_LEDGER_WRITE, build, &second, &err));
    ok(rk_ledger_use_licence(second, &licence, "demo", &err));
    ok(rk_ledger_reserve(second, units, 2, &err));
    for (uint64_t sn = 20; sn < 23; sn++) {
        struct rk_ledger_unit more[2] = { unit_at(sn), unit_at(sn + 100) };

        ck_assert_int_eq(rk_ledger_reserve(ledger, more, 2, &err), RK_E_LEDGER);
        ck_assert_str_eq(err.msg, "licence \"L1\" does not cover 2 more units: 1 of 3 left");
    }
    ok(rk_ledger_void(second, units, 2, &err));
    ok(rk_ledger_reserve(ledger, units, 2, &err));
    ck_assert_uint_eq(spent(), 2);
    ok(rk_ledger_verify(ledger, NULL, &err));
    rk_ledger_close(second);
}
END_TEST

START_TEST(a_time_is_put_right_by_the_checkpoint_key)
{
    int64_t before = 0, now = 0;

    ok(use_and_make(1, &err));
    seal();
    clock_now += (int64_t)400 * DAY;
    ok(use_and_make(2, &err)); /* the last day that is believed */
    clock_now += 1;
    ck_assert_int_eq(use_and_make(3, &err), RK_E_LEDGER);
    ck_assert_str_eq(err.msg,
                     "the clock says 1834560001, more than 400 days after the ledger's last "
                     "checkpoint, 1800000000\n"
                     "  seconds since 1970; when the clock is right: rotkit ledger correct-time");
    clock_now = 1800000100; /* it was wrong: entries of unit 2 are ahead */
    ok(rk_ledger_correct_time(ledger, key, &before, &now, &err));
    ck_assert_int_eq(before, 1834560000);
    ck_assert_int_eq(now, 1800000100);
    ok(use_and_make(3, &err));
    ok(rk_ledger_verify(ledger, key, &err));
    open_as(RK_LEDGER_WRITE);
    rk_ledger_use_key(ledger, key);
    ok(use_and_make(4, &err));
    clock_now += (int64_t)500 * DAY; /* or it was right: the ledger lay idle */
    ok(rk_ledger_correct_time(ledger, key, &before, &now, &err));
    ok(use_and_make(5, &err));
    ok(rk_ledger_verify(ledger, key, &err));
    edit("DELETE FROM rotkit_checkpoint WHERE size = (SELECT max(size) FROM rotkit_checkpoint)");
    ck_assert_int_eq(rk_ledger_verify(ledger, NULL, &err), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, " corrects the time, and no checkpoint signs that"));
    open_as(RK_LEDGER_WRITE);
    ck_assert_int_eq(use_and_make(6, &err), RK_E_LEDGER);
}
END_TEST

/* Units, a licence and what was split from it, a checkpoint. */
static void fill(void)
{
    const struct rk_licence parent = licence_of("L1", "", 100000);
    struct rk_licence child = licence_of("C1", "L1", 3);

    child.first_sn = 0x2000;
    child.last_sn = 0x2fff;
    ok(use_and_make(1, &err));
    ok(use_and_make(2, &err));
    ok(rk_ledger_split(ledger, &parent, &child, 1, &err));
    seal();
}

START_TEST(tables_are_made_anew_from_entries)
{
    static const char *const edits[] = {
        "DELETE FROM rotkit_unit; DELETE FROM rotkit_key",
        "DELETE FROM rotkit_licence; DELETE FROM rotkit_split",
        "UPDATE rotkit_licence SET spent = 0, units = 7; UPDATE rotkit_unit SET state = 'void'",
        "DROP TABLE rotkit_key; CREATE TABLE rotkit_key (kind, value, unit, seq)",
        "DROP INDEX rotkit_entry_unit",
        "CREATE TRIGGER \"it's \"\"mine\"\"\" AFTER INSERT ON rotkit_entry BEGIN SELECT 1; END",
    };

    fill();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        edit(edits[i]);
        ck_assert_msg(rk_ledger_verify(ledger, key, &err) == RK_E_VERIFY, "%s", edits[i]);
        open_as(RK_LEDGER_REBUILD);
        ok(rk_ledger_rebuild(ledger, key, NULL, 0, &err));
        open_as(RK_LEDGER_WRITE);
        ok(rk_ledger_verify(ledger, key, &err));
        ok(use_and_make(1, &err)); /* at no cost */
        ck_assert_uint_eq(spent(), 5);
    }
}
END_TEST

/* Else the id would come into the entries a second time, and none could tell whose it was. */
START_TEST(an_id_whose_row_is_gone_is_missed)
{
    ok(use_and_make(1, &err));
    edit("DELETE FROM rotkit_key");
    ck_assert_int_eq(use_and_make(1, &err), RK_E_LEDGER);
    ck_assert_ptr_eq(
        strstr(err.msg, "unit 01020000000000000001: the row of its id soc=1 is missing"), err.msg);
    open_as(RK_LEDGER_REBUILD);
    ok(rk_ledger_rebuild(ledger, key, NULL, 0, &err));
    open_as(RK_LEDGER_WRITE);
    ok(use_and_make(1, &err));
    ok(rk_ledger_verify(ledger, NULL, &err));
}
END_TEST

static enum rk_rc verify_once(void *arg)
{
    struct rk_err e;

    (void)arg;
    return rk_ledger_verify(ledger, key, &e);
}

static enum rk_rc verify_files_once(void *arg)
{
    struct rk_err e;

    return rk_ledger_verify_licences(ledger, key, arg, 2, &e);
}

/* OpenSSL, short of memory, may call a signature bad: to an act that is the ledger's fault. */
static enum rk_rc said(enum rk_rc rc, const struct rk_err *e)
{
    return rc == RK_E_LEDGER && strstr(e->msg, "checkpoint at entry") == e->msg ? RK_E_VERIFY : rc;
}

static enum rk_rc rebuild_once(void *arg)
{
    struct rk_err e;

    (void)arg;
    return said(rk_ledger_rebuild(ledger, key, NULL, 0, &e), &e);
}

static enum rk_rc build_once(void *arg)
{
    struct rk_err e;

    (void)arg;
    rk_ledger_use_key(ledger, key);       /* and counts again from the checkpoint */
    return said(use_and_make(3, &e), &e); /* new until a run comes through */
}

START_TEST(no_want_of_memory_is_taken_for_another_thing)
{
    struct rk_licence files[2] = { licence_of("L1", "", 100000), licence_of("C1", "L1", 3) };

    ck_assert(faults);
    files[1].first_sn = 0x2000;
    files[1].last_sn = 0x2fff;
    fill();
    ck_assert_int_gt(fault_sweep(verify_once, NULL, 20000), 10);
    ck_assert_int_gt(fault_sweep(verify_files_once, files, 20000), 10);
    ck_assert_int_gt(fault_sweep(build_once, NULL, 20000), 10);
    open_as(RK_LEDGER_REBUILD);
    ck_assert_int_gt(fault_sweep(rebuild_once, NULL, 20000), 10);
    open_as(RK_LEDGER_WRITE);
    ok(rk_ledger_verify(ledger, key, &err));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, what_stands_below_a_checkpoint_is_gone_through);
    tcase_add_test(tc, a_count_goes_on_behind_others_and_behind_refusals);
    tcase_add_test(tc, a_time_is_put_right_by_the_checkpoint_key);
    tcase_add_test(tc, tables_are_made_anew_from_entries);
    tcase_add_test(tc, an_id_whose_row_is_gone_is_missed);
    tcase_add_test(tc, no_want_of_memory_is_taken_for_another_thing);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "ledger_rebuild",
                                               .add = add,
                                               .load = setup,
                                               .unload = teardown,
                                               .timeout_s = 120 });
}
