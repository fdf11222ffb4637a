/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of the device lane over a real ledger and a real staging folder. Who was charged is
 * read from the ledger, what was made from the journal; numbers are counted by hand. The devices
 * are of an OEM: containers that an ODM's build handed over, of which some are spoilt here.
 */
#include "pipeline/fleet.h"
#include "rotkit/nvftpm.h"

#include "base/folder.h"
#include "disk.h"
#include "fault.h"
#include "pipeline/account.h"
#include "product.h"
#include "put.h"
#include "rotkit/hex.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct product product;
static struct rk_err err;
static bool faults; /* allocations go through the hook */

static void ok(enum rk_rc rc)
{
    ck_assert_msg(rc == RK_OK, "%s", err.msg);
}

static void remove_below(const char *name)
{
    char path[512];

    product_path(&product, name, path, sizeof path);
    ok(rk_tree_remove(path, &err));
}

/* clang-format off */
static const char *const odm_changes[] = {
    "role: both", "role: odm",
    "blob:\n  version: \"2.0\"\n  root-key: root.key\n  payload-key: payload.key\n  disk-key: disk.key\n  auth-key: auth.key\n", "",
    "path: release", "path: odm", NULL
};
static const char *const oem_changes[] = {
    "role: both", "role: oem",
    "  master-key: master.key\n  oem-id: 0x0102\n  first-sn: 1\n  count: 12\n", "  handover: containers\n",
    "ek:\n  templates: [L-1, L-2]\n  certificate:\n    manufacturer: \"id:44454D4F\"\n    model: demo fTPM\n    version: \"id:00010000\"\n"
    "    spec-revision: 159\n    not-before: 2026-01-01\n  ca:\n    certificate: ca.pem\n    key: ca.key\n", "",
    "", product_licensed, NULL
};
/* clang-format on */

/* Once for all tests: an ODM's hand-over of twelve devices. */
static void load_once(void)
{
    const struct rk_build_options options = { .manifest = product.manifest, .tool = "test" };
    struct rk_build_report report;

    faults = fault_install();
    product_make(&product, TEST_SCRATCH, "fleet");
    product_manifest(&product, odm_changes);
    ok(rk_build(product.ctx, &options, &report, &err));
    ck_assert_uint_eq(report.devices, PRODUCT_DEVICES);
    product_manifest(&product, oem_changes);
}

static void unload_once(void)
{
    product_done(&product);
}

static struct rk_unit_id sn_of(unsigned n)
{
    struct rk_unit_id sn;

    rk_unit_id_make(0x0102, n, &sn);
    return sn;
}

static void container_path(const char *folder, unsigned n, char *ret, size_t size)
{
    char name[128];

    (void)snprintf(name, sizeof name, "%s/ftpm_eks_0102-%016x.img", folder, n);
    product_path(&product, name, ret, size);
}

/* Before each test: whole containers, no ledger, no release. */
static void load(void)
{
    static const char *const made[] = { "containers", "units.db", "units.db-wal",   "units.db-shm",
                                        "anchor",     "release",  "release.staging" };
    char from[512], to[512];

    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        remove_below(made[i]);
    product_path(&product, "containers", to, sizeof to);
    ok(rk_file_make_dirs(to, &err));
    for (unsigned n = 1; n <= PRODUCT_DEVICES; n++) {
        struct rk_bytes file = RK_BYTES_NONE;

        container_path("odm/handover/010200000000000000", n, from, sizeof from);
        container_path("containers", n, to, sizeof to);
        ok(rk_file_read(from, 65536, &file, &err));
        put_file(to, file.p, file.len);
        rk_bytes_done(&file);
    }
    product_licence(&product, 100);
}

/* ---- devices that fail ---- */

/* A container whose RSA certificate is none: the lane makes a blob of it, the account refuses. */
static void spoil(unsigned n)
{
    struct rk_nvftpm container;
    struct rk_bytes file = RK_BYTES_NONE;
    char path[512];

    container_path("containers", n, path, sizeof path);
    ok(rk_file_read(path, 65536, &file, &err));
    ok(rk_nvftpm_read(file.p, file.len, &container, &err));
    rk_bytes_done(&file);
    memset(container.ek_cert_rsa.p, 0xee, 4);
    ok(rk_nvftpm_write(&container, &file, &err));
    put_file(path, file.p, file.len);
    rk_bytes_done(&file);
    rk_nvftpm_done(&container);
}

static void leave_devices(unsigned count)
{
    char path[512];

    for (unsigned n = count + 1; n <= PRODUCT_DEVICES; n++) {
        container_path("containers", n, path, sizeof path);
        ck_assert_int_eq(unlink(path), 0);
    }
}

/* ---- one run ---- */

struct told {                         /* what the callbacks were told */
    unsigned failed[PRODUCT_DEVICES]; /* the last byte of each Device SN */
    size_t failed_count;
    char why[PRODUCT_DEVICES][256];
    uint64_t steps, done;
    volatile sig_atomic_t stop;
    uint64_t stop_at; /* devices; 0: never */
    rk_ledger *ledger;
    uint64_t
        issued_less; /* steps at which the ledger had fewer units issued than devices were done */
};

struct fleet_run {
    struct rk_build_options options;
    struct rk_plan plan;
    struct rk_account account;
    rk_devices *devices;
    rk_release *release;
    struct rk_release_options release_options;
    struct told told;
    struct rk_fleet fleet;
    struct rk_fleet_report report;
};

static void on_failed(void *arg, const struct rk_unit_id *sn, const struct rk_err *why)
{
    struct told *told = arg;

    told->failed[told->failed_count] = sn->b[RK_UNIT_ID_LEN - 1];
    (void)snprintf(told->why[told->failed_count], sizeof told->why[0], "%.255s", why->msg);
    told->failed_count++;
}

static enum rk_rc count_issued(void *arg, const struct rk_ledger_row *row, struct rk_err *e)
{
    (void)e;
    *(uint64_t *)arg += strcmp(row->state, "issued") == 0;
    return RK_OK;
}

static void on_progress(void *arg, const struct rk_progress *at)
{
    struct told *told = arg;
    uint64_t issued = 0;
    struct rk_err e;

    told->steps++;
    told->done = at->done;
    if (told->stop_at != 0 && at->done >= told->stop_at)
        told->stop = 1;
    if (told->ledger != NULL && rk_ledger_each(told->ledger, count_issued, &issued, &e) == RK_OK)
        told->issued_less += issued < at->done - told->failed_count;
}

/* Up to where rk_build calls the fleet. */
static void open_run(struct fleet_run *run, size_t jobs, bool keep_going)
{
    *run = (struct fleet_run) { .options = { .manifest = product.manifest, .tool = "test" } };
    ok(rk_plan_make(product.ctx, &run->options, &run->plan, &err));
    ok(rk_account_open(product.ctx, &run->plan, &run->options, &run->account, &err));
    ok(rk_devices_open(&run->plan.from, &run->devices, &err));
    run->release_options = (struct rk_release_options) {
        .path = run->plan.path,
        .tool = "test",
        .platform = "t234",
        .product = "demo",
        .manifest_sha256 = run->plan.manifest->sha256,
        .inputs_sha256 = run->plan.inputs_sha256,
    };
    ok(rk_release_begin(product.ctx, &run->release_options, &run->release, &err));
    run->told.ledger = run->account.ledger;
    run->fleet = (struct rk_fleet) {
        .plan = &run->plan,
        .ledger = run->account.ledger,
        .devices = run->devices,
        .release = run->release,
        .jobs = jobs,
        .progress = on_progress,
        .failed = keep_going ? on_failed : NULL,
        .arg = &run->told,
        .stop = &run->told.stop,
    };
}

static enum rk_rc make(struct fleet_run *run)
{
    return rk_fleet_make(&run->fleet, &run->report, &err);
}

static void close_run(struct fleet_run *run)
{
    rk_release_close(run->release);
    rk_devices_close(run->devices);
    rk_account_done(&run->account);
    rk_plan_done(&run->plan);
}

/* What the ledger says in the end, by its own verification too. */
static void ledger_says(uint64_t issued, uint64_t reserved, uint64_t spent)
{
    struct rk_ledger_status status;
    rk_ledger *ledger = product_ledger(&product);

    ck_assert_ptr_nonnull(ledger);
    ok(rk_ledger_verify(ledger, NULL, &err));
    ok(rk_ledger_status(ledger, &status, &err));
    ck_assert_uint_eq(status.issued, issued);
    ck_assert_uint_eq(status.reserved, reserved);
    ck_assert_uint_eq(status.licence[0].spent, spent);
    rk_ledger_status_done(&status);
    rk_ledger_close(ledger);
}

/* The devices that the staging folder's journal has, by the last byte of their SNs. */
static size_t journal_has(unsigned ret[PRODUCT_DEVICES])
{
    enum { HEAD = 82, LINE = 86 };
    struct rk_bytes file = RK_BYTES_NONE;
    char path[512];
    size_t count = 0;

    product_path(&product, "release.staging/journal", path, sizeof path);
    if (!rk_tree_exists(path))
        return 0;
    ok(rk_file_read(path, 1 << 16, &file, &err));
    for (size_t at = HEAD; at + LINE <= file.len; at += LINE) {
        uint8_t sn[RK_UNIT_ID_LEN];

        ok(rk_hex_read((const char *)file.p + at, 20, sn, sizeof sn, &err));
        ret[count++] = sn[RK_UNIT_ID_LEN - 1];
    }
    rk_bytes_done(&file);
    return count;
}

static void journal_is(const unsigned *wanted, size_t count)
{
    unsigned found[PRODUCT_DEVICES];

    ck_assert_uint_eq(journal_has(found), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(found[i], wanted[i]);
}

static const unsigned all[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
static const size_t threads[] = { 1, 2, 3, 5 };
enum { THREADS = sizeof threads / sizeof threads[0] };

/* ---- tests ---- */

START_TEST(devices_come_in_the_order_of_the_manifest_whatever_the_threads) /* loop test */
{
    struct fleet_run run;

    open_run(&run, threads[_i], false);
    ok(make(&run));
    ck_assert_uint_eq(run.report.devices, PRODUCT_DEVICES);
    ck_assert_uint_eq(run.report.failed, 0);
    ck_assert_uint_eq(run.report.resumed, 0);
    ck_assert(!run.report.stopped);
    ck_assert(!run.report.waits);
    ck_assert_uint_eq(run.told.done, PRODUCT_DEVICES);
    ck_assert_uint_eq(run.told.issued_less, 0); /* committed before it counts as done */
    journal_is(all, PRODUCT_DEVICES);
    close_run(&run);
    ledger_says(PRODUCT_DEVICES, 0, PRODUCT_DEVICES);
}
END_TEST

START_TEST(without_keep_going_the_first_that_fails_is_told_whatever_the_threads) /* loop test */
{
    struct fleet_run run;

    spoil(10);
    spoil(6);
    spoil(4);
    open_run(&run, threads[_i], false);
    ck_assert_int_eq(make(&run), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "device 01020000000000000004: certificate: length 0xee at offset 0x1 "
                              "is none of DER's");
    ck_assert_uint_eq(run.report.devices, 0); /* untouched */
    ck_assert_uint_eq(run.told.failed_count, 0);
    journal_is(all, 3);
    close_run(&run);
    ledger_says(3, 0, 3); /* what was reserved for the others is given back */
}
END_TEST

START_TEST(keep_going_leaves_out_the_failed_and_gives_their_units_back) /* loop test */
{
    static const unsigned made[] = { 1, 2, 3, 5, 7, 8, 9, 11, 12 }, spoilt[] = { 4, 6, 10 };
    struct fleet_run run;

    spoil(10);
    spoil(6);
    spoil(4);
    open_run(&run, threads[_i], true);
    ok(make(&run));
    ck_assert_uint_eq(run.report.devices, 9);
    ck_assert_uint_eq(run.report.failed, 3);
    ck_assert_uint_eq(run.told.done, PRODUCT_DEVICES);
    ck_assert_uint_eq(run.told.failed_count, 3);
    for (size_t i = 0; i < 3; i++) {
        char text[128];

        ck_assert_uint_eq(run.told.failed[i], spoilt[i]);
        (void)snprintf(text, sizeof text,
                       "device 010200000000000000%02x: certificate: length 0xee at offset 0x1 is "
                       "none of DER's",
                       spoilt[i]);
        ck_assert_str_eq(run.told.why[i], text);
    }
    journal_is(made, 9);
    close_run(&run);
    ledger_says(9, 0, 9);
}
END_TEST

static void retire(unsigned n)
{
    const struct rk_unit_id sn = sn_of(n);
    rk_ledger *ledger = NULL;
    char path[512];

    product_path(&product, "units.db", path, sizeof path);
    ok(rk_ledger_open(product.ctx, path, RK_LEDGER_WRITE, NULL, &ledger, &err));
    ok(rk_ledger_put_record(ledger, RK_LEDGER_RETIRE, &sn, "burnt", &err));
    rk_ledger_close(ledger);
}

/* One whole build, so that units can be retired; then its staging folder is gone. */
static void make_all_once(void)
{
    struct fleet_run run;

    open_run(&run, 1, false);
    ok(make(&run));
    close_run(&run);
    remove_below("release.staging");
}

START_TEST(a_unit_that_the_ledger_refuses_is_left_out_alone)
{
    struct fleet_run run;
    static const unsigned made[] = { 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

    make_all_once();
    open_run(&run, 2, true); /* the account has looked: now somebody retires one */
    retire(3);
    ok(make(&run));
    ck_assert_uint_eq(run.report.devices, 11);
    ck_assert_uint_eq(run.report.failed, 1);
    ck_assert_uint_eq(run.told.failed[0], 3);
    ck_assert_str_eq(run.told.why[0], "unit 01020000000000000003 is retired\n  it is never made "
                                      "again: take its rows out of the databases");
    journal_is(made, 11);
    close_run(&run);
    ledger_says(11, 0, PRODUCT_DEVICES); /* a retired unit was made, and stays charged */
}
END_TEST

START_TEST(a_unit_that_the_ledger_refuses_ends_the_work_without_keep_going)
{
    struct fleet_run run;

    make_all_once();
    open_run(&run, 2, false);
    retire(3);
    ck_assert_int_eq(make(&run), RK_E_LEDGER);
    ck_assert_str_eq(err.msg, "unit 01020000000000000003 is retired\n  it is never made again: "
                              "take its rows out of the databases");
    journal_is(all, 0);
    close_run(&run);
    ledger_says(11, 0, PRODUCT_DEVICES);
}
END_TEST

/* Another build takes units of the licence after this one's account was opened. */
static void others_take(unsigned first, unsigned count)
{
    static const uint8_t build[32] = { 0xbb };
    struct rk_licence licence;
    struct rk_bytes file = RK_BYTES_NONE;
    rk_ledger *ledger = NULL;
    char path[512];

    product_path(&product, "licence.json", path, sizeof path);
    ok(rk_file_read(path, 4096, &file, &err));
    ok(rk_licence_read(product.ctx, file.p, file.len, NULL, &licence, &err));
    rk_bytes_done(&file);
    product_path(&product, "units.db", path, sizeof path);
    ok(rk_ledger_open(product.ctx, path, RK_LEDGER_CREATE, build, &ledger, &err));
    ok(rk_ledger_use_licence(ledger, &licence, "demo", &err));
    for (unsigned n = first; n < first + count; n++) {
        struct rk_ledger_unit unit = { .sn = sn_of(n), .inputs = { 7 }, .digest = { 8 } };

        ok(rk_ledger_reserve(ledger, &unit, 1, &err));
        ok(rk_ledger_commit(ledger, &unit, 1, &err));
    }
    rk_ledger_close(ledger);
}

START_TEST(a_quota_that_runs_out_on_the_way_makes_as_many_as_it_has)
{
    struct fleet_run run;

    product_licence(&product, 14);
    open_run(&run, 2, true);
    others_take(101, 5);
    ok(make(&run));
    ck_assert_uint_eq(run.report.devices, 9); /* 14 - 5 */
    ck_assert_uint_eq(run.report.failed, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(run.told.failed[i], 10 + i);
        ck_assert_str_eq(run.told.why[i],
                         "licence \"L1\" does not cover 1 more unit: 0 of 14 left");
    }
    journal_is(all, 9);
    close_run(&run);
    ledger_says(14, 0, 14);
}
END_TEST

START_TEST(a_quota_that_runs_out_on_the_way_ends_the_work_without_keep_going) /* loop test */
{
    struct fleet_run run;

    product_licence(&product, 14);
    open_run(&run, threads[_i], false);
    others_take(101, 5);
    ck_assert_int_eq(make(&run), RK_E_LEDGER);
    /* eight are inside, the second batch is of four */
    ck_assert_str_eq(err.msg, "licence \"L1\" does not cover 4 more units: 1 of 14 left");
    journal_is(all, 0);
    close_run(&run);
    ledger_says(5, 0, 5);
}
END_TEST

START_TEST(two_builds_of_the_same_units_charge_them_once)
{
    struct fleet_run first, second;

    product_licence(&product, 12);
    open_run(&first, 1, false);
    ok(make(&first));
    close_run(&first);
    remove_below("release.staging");
    open_run(&second, 2, false);
    ok(make(&second));
    close_run(&second);
    ledger_says(PRODUCT_DEVICES, 0, PRODUCT_DEVICES);
}
END_TEST

START_TEST(stopped_between_two_devices_nothing_is_lost_and_nothing_doubled) /* loop test */
{
    struct fleet_run run;
    unsigned found[PRODUCT_DEVICES];
    size_t made;

    product_licence(&product, 12);
    open_run(&run, threads[_i], false);
    run.told.stop_at = 1;
    ok(make(&run));
    ck_assert(run.report.stopped);
    made = journal_has(found);
    ck_assert_uint_eq(run.report.devices, made);
    ck_assert_uint_gt(made, 0);
    ck_assert_uint_lt(made, PRODUCT_DEVICES);
    journal_is(all, made);
    close_run(&run);
    ledger_says(made, 0, made);

    open_run(&run, 2, false);
    ok(make(&run));
    ck_assert(!run.report.stopped);
    ck_assert_uint_eq(run.report.resumed, made);
    ck_assert_uint_eq(run.report.devices, PRODUCT_DEVICES);
    journal_is(all, PRODUCT_DEVICES);
    close_run(&run);
    ledger_says(PRODUCT_DEVICES, 0, PRODUCT_DEVICES);
}
END_TEST

START_TEST(stopped_before_the_first_device_nothing_is_reserved)
{
    struct fleet_run run;

    open_run(&run, 2, false);
    run.told.stop = 1;
    ok(make(&run));
    ck_assert(run.report.stopped);
    ck_assert_uint_eq(run.report.devices, 0);
    journal_is(all, 0);
    close_run(&run);
    ledger_says(0, 0, 0);
}
END_TEST

START_TEST(a_device_found_whole_is_made_anew_when_the_ledger_was_put_back)
{
    struct fleet_run run;

    open_run(&run, 1, false);
    ok(make(&run));
    close_run(&run);
    remove_below("units.db");
    remove_below("units.db-wal");
    remove_below("units.db-shm");
    open_run(&run, 1, false);
    ok(make(&run));
    ck_assert_uint_eq(run.report.resumed, 0);
    ck_assert_uint_eq(run.report.devices, PRODUCT_DEVICES);
    close_run(&run);
    ledger_says(PRODUCT_DEVICES, 0, PRODUCT_DEVICES);
}
END_TEST

START_TEST(a_run_that_publishes_nothing_charges_nothing)
{
    struct fleet_run run;

    open_run(&run, 2, false);
    run.fleet.waits = true;
    ok(make(&run));
    ck_assert(run.report.waits);
    ck_assert_uint_eq(run.report.devices, PRODUCT_DEVICES);
    journal_is(all, 0);
    close_run(&run);
    ledger_says(0, 0, 0);
}
END_TEST

/* Each device in the journal is issued, and whatever is issued is made or can be: nobody pays for
 * what is not there. */
static void next_run_heals(unsigned devices)
{
    struct fleet_run run;

    open_run(&run, 1, false);
    ok(make(&run));
    ck_assert_uint_eq(run.report.devices, devices);
    journal_is(all, devices);
    close_run(&run);
    ledger_says(devices, 0, devices);
}

START_TEST(after_every_failing_call_to_the_disk_no_unit_is_lost_or_doubled)
{
    enum { FEW = 2 };
    long n = 1;

    leave_devices(FEW);
    product_licence(&product, FEW);
    for (;; n++) {
        struct fleet_run run;
        enum rk_rc rc;
        unsigned found[PRODUCT_DEVICES];
        size_t made;

        open_run(&run, 1, false);
        disk_fail_at(n);
        rc = make(&run);
        if (!disk_failed()) {
            ck_assert_int_eq(rc, RK_OK);
            close_run(&run);
            break;
        }
        if (rc != RK_OK)
            ck_assert_int_eq(rc, RK_E_IO);
        made = journal_has(found);
        ck_assert_uint_le(made, FEW);
        close_run(&run);
        ledger_says(FEW, 0, FEW); /* one batch: committed as a whole, before the first file */
        next_run_heals(FEW);
        remove_below("release.staging");
    }
    ck_assert_int_gt(n, 3 * FEW); /* folder, file, journal of each */
}
END_TEST

/* In a child that ends before the n-th call, as by kill -9; true when it came to the end. */
static bool is_killed_at(long n)
{
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct fleet_run run;

        disk_kill_at(n);
        open_run(&run, 1, false);
        _exit(make(&run) == RK_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert(WEXITSTATUS(status) == DISK_KILLED || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == DISK_KILLED;
}

START_TEST(killed_at_every_call_to_the_disk_no_unit_is_lost_or_doubled)
{
    enum { FEW = 2 };
    long n = 1;

    leave_devices(FEW);
    product_licence(&product, FEW);
    for (; is_killed_at(n); n++) {
        next_run_heals(FEW);
        remove_below("release.staging");
    }
    ck_assert_int_gt(n, 3 * FEW + 2);
}
END_TEST

static enum rk_rc make_afresh(struct fleet_run *run)
{
    enum rk_rc rc = rk_devices_open(&run->plan.from, &run->devices, &err);

    if (rc == RK_OK)
        rc = rk_release_begin(product.ctx, &run->release_options, &run->release, &err);
    run->fleet.devices = run->devices;
    run->fleet.release = run->release;
    if (rc == RK_OK)
        rc = make(run);
    rk_release_close(run->release);
    rk_devices_close(run->devices);
    run->release = NULL;
    run->devices = NULL;
    return rc;
}

/* RK_E_PARTIAL, which the sweep does not take, for what must not be. */
static enum rk_rc make_within(void *arg)
{
    struct fleet_run *run = arg;
    struct rk_ledger_status status;
    enum rk_rc rc = make_afresh(run);

    if (rc == RK_OK && run->report.devices != 2)
        return RK_E_PARTIAL;
    if (rk_ledger_status(run->account.ledger, &status, &err))
        return err.rc;
    if (status.reserved != 0 || status.licence[0].spent > 2)
        rc = RK_E_PARTIAL;
    rk_ledger_status_done(&status);
    remove_below("release.staging");
    return rc;
}

START_TEST(without_memory_every_reservation_is_given_back)
{
    struct fleet_run run;

    leave_devices(2);
    product_licence(&product, 2);
    open_run(&run, 1, false);
    rk_release_close(run.release);
    rk_devices_close(run.devices);
    run.release = NULL;
    run.devices = NULL;
    ck_assert(faults);
    ck_assert_int_gt(fault_sweep(make_within, &run, 20000), 50);
    close_run(&run);
    ledger_says(2, 0, 2);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, load, NULL);
    tcase_add_loop_test(tc, devices_come_in_the_order_of_the_manifest_whatever_the_threads, 0,
                        THREADS);
    tcase_add_loop_test(tc, without_keep_going_the_first_that_fails_is_told_whatever_the_threads, 0,
                        THREADS);
    tcase_add_loop_test(tc, keep_going_leaves_out_the_failed_and_gives_their_units_back, 0,
                        THREADS);
    tcase_add_test(tc, a_unit_that_the_ledger_refuses_is_left_out_alone);
    tcase_add_test(tc, a_unit_that_the_ledger_refuses_ends_the_work_without_keep_going);
    tcase_add_test(tc, a_quota_that_runs_out_on_the_way_makes_as_many_as_it_has);
    tcase_add_loop_test(tc, a_quota_that_runs_out_on_the_way_ends_the_work_without_keep_going, 0,
                        THREADS);
    tcase_add_test(tc, two_builds_of_the_same_units_charge_them_once);
    tcase_add_loop_test(tc, stopped_between_two_devices_nothing_is_lost_and_nothing_doubled, 0,
                        THREADS);
    tcase_add_test(tc, stopped_before_the_first_device_nothing_is_reserved);
    tcase_add_test(tc, a_device_found_whole_is_made_anew_when_the_ledger_was_put_back);
    tcase_add_test(tc, a_run_that_publishes_nothing_charges_nothing);
    tcase_add_test(tc, after_every_failing_call_to_the_disk_no_unit_is_lost_or_doubled);
    tcase_add_test(tc, killed_at_every_call_to_the_disk_no_unit_is_lost_or_doubled);
    tcase_add_test(tc, without_memory_every_reservation_is_given_back);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "fleet",
                                               .add = add,
                                               .load = load_once,
                                               .unload = unload_once,
                                               .once = true,
                                               .timeout_s = 300 });
}
