/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build's account: what a unit is charged as, and what is refused before anything is made.
 * Digests are computed here by OpenSSL over bytes that are put together by hand.
 */
#include "pipeline/account.h"
#include "platform/tegra/plan.h"

#include "base/folder.h"
#include "fault.h"
#include "product.h"
#include "put.h"
#include "suite.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct product product;
static struct rk_err err;
static bool faults;

static void ok(enum rk_rc rc)
{
    ck_assert_msg(rc == RK_OK, "%s", err.msg);
}

static void load_once(void)
{
    faults = fault_install();
    product_make(&product, TEST_SCRATCH, "account");
}

static void unload_once(void)
{
    product_done(&product);
}

static void remove_below(const char *name)
{
    char path[512];

    product_path(&product, name, path, sizeof path);
    ok(rk_tree_remove(path, &err));
}

static bool stands(const char *name)
{
    char path[512];

    product_path(&product, name, path, sizeof path);
    return rk_tree_exists(path);
}

static void load(void)
{
    static const char *const made[] = { "units.db", "units.db-wal", "units.db-shm",
                                        "anchor",   "release",      "release.staging" };

    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        remove_below(made[i]);
    product_manifest(&product, (const char *const[]) { "", product_licensed, NULL });
    product_licence(&product, 12);
}

/* ---- what a unit is made of ---- */

struct bytes {
    uint8_t b[4096];
    size_t len;
};

static void be32(struct bytes *to, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        to->b[to->len++] = (uint8_t)(v >> shift);
}

static void part(struct bytes *to, const void *bytes, size_t len)
{
    be32(to, (uint32_t)len);
    if (len != 0)
        memcpy(to->b + to->len, bytes, len);
    to->len += len;
}

static void text(struct bytes *to, const char *t)
{
    part(to, t, strlen(t));
}

static void digest_is(const struct bytes *of, const uint8_t digest[32])
{
    uint8_t wanted[32];
    size_t len = sizeof wanted;

    ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, of->b, of->len, wanted, &len), 1);
    ck_assert_mem_eq(digest, wanted, sizeof wanted);
}

static struct rk_plan plan;
static struct rk_unit device;
static const struct rk_build_options options = { .manifest = product.manifest, .tool = "test" };

static struct rk_tegra_plan *tegra(void)
{
    return plan.of_platform;
}

static void open_plan(void)
{
    ok(rk_plan_make(product.ctx, &options, &plan, &err));
    rk_unit_id_make(0x0102, 7, &device.sn);
    ok(rk_secret_copy("kdk0-kdk0-kdk0-kdk0-kdk0-kdk0-kd", 32, &device.secret[RK_TEGRA_KDK0], &err));
    ok(rk_secret_copy("seed-seed-seed-seed-seed-seed-se", 32, &device.secret[RK_TEGRA_EPS_SEED],
                      &err));
}

static void close_plan(void)
{
    rk_unit_done(&device);
    rk_plan_done(&plan);
}

START_TEST(the_inputs_of_a_unit_are_these_bytes)
{
    static const uint8_t sn[] = { 1, 2, 0, 0, 0, 0, 0, 0, 0, 7 };
    uint8_t key[32];
    struct bytes all = { .len = 0 };
    struct rk_ledger_unit unit;
    const struct rk_bytes *spki;

    open_plan();
    spki = rk_signer_spki(plan.ca_key);
    text(&all, "rotkit unit inputs 1");
    text(&all, "t234");
    be32(&all, 3); /* both roles */
    part(&all, sn, sizeof sn);
    text(&all, "kdk0-kdk0-kdk0-kdk0-kdk0-kdk0-kd");
    text(&all, "seed-seed-seed-seed-seed-seed-se");
    for (int i = 0; i < 3; i++)
        part(&all, NULL, 0); /* nothing is handed over */
    text(&all, "ms-159");
    text(&all, "L-1");
    text(&all, "L-2");
    part(&all, spki->p, spki->len);
    text(&all, "id:44454D4F");
    text(&all, "demo fTPM");
    text(&all, "id:00010000");
    text(&all, "2.0");
    be32(&all, 0);
    be32(&all, 159);
    be32(&all, 0);
    be32(&all, PRODUCT_NOW);
    be32(&all, 0x7fffffff); /* no expiry: the largest number of 63 bits */
    be32(&all, 0xffffffff);
    for (int i = 0; i < 3; i++)
        be32(&all, 0); /* no URLs, no policies */
    part(&all, NULL, 0);
    be32(&all, (uint32_t)tegra()->blob_version);
    part(&all, NULL, 0); /* 2.0 has its own FV */
    memset(key, 0x33, 32);
    part(&all, key, 32);
    memset(key, 0x44, 16);
    part(&all, key, 16);
    memset(key, 0x55, 16);
    part(&all, key, 16);
    ok(rk_account_unit(&plan, &device, &unit, &err));
    ck_assert_mem_eq(unit.sn.b, sn, sizeof sn);
    digest_is(&all, unit.inputs);
    close_plan();
}
END_TEST

/* clang-format off */
static void change_device(int which)
{
    switch (which) {
    case 0: device.sn.b[9] ^= 1; break;
    case 1: device.secret[RK_TEGRA_KDK0].p[31] ^= 1; break;
    case 2: device.secret[RK_TEGRA_EPS_SEED].p[0] ^= 1; break;
    case 3: ok(rk_secret_copy("x", 1, &device.secret[RK_TEGRA_HANDED_SEED], &err)); break;
    case 4: ok(rk_bytes_copy("x", 1, &device.cert[0], &err)); break;
    default: ok(rk_bytes_copy("x", 1, &device.cert[1], &err)); break;
    }
}

static void change_lane(int which)
{
    switch (which) {
    case 6: plan.lane.template_count = 1; break;
    case 7: plan.lane.templates[1] = plan.lane.templates[0]; break;
    case 8: plan.lane.profile = rk_ek_profile_find("ms-138"); break;
    case 9: plan.lane.oem = false; break;
    case 10: tegra()->blob_version = RK_EKB_1_0; break;
    case 11: tegra()->has_fv = true; break;
    case 12: rk_secret_done(&tegra()->payload_key); break;
    case 13: tegra()->disk_key.p[0] ^= 1; break;
    default: rk_secret_done(&tegra()->auth_key); break;
    }
}

static void change_certificate(int which)
{
    static const char *const urls[] = { "http://a" };
    struct rk_ekcert_profile *c = &plan.lane.certificate;

    switch (which) {
    case 15: c->manufacturer = "id:44454D50"; break;
    case 16: c->model = "demo fTPm"; break;
    case 17: c->version = "id:00010001"; break;
    case 18: c->spec_family = "2.1"; break;
    case 19: c->spec_level = 1; break;
    case 20: c->spec_revision = 138; break;
    case 21: c->not_before--; break;
    case 22: c->not_after--; break;
    case 23: c->aia_urls = urls; c->aia_count = 1; break;
    case 24: c->crl_urls = urls; c->crl_count = 1; break;
    case 25: c->policy_oids = urls; c->policy_count = 1; break;
    default: c->subject_cn = "cn"; break;
    }
}
/* clang-format on */

static void change(int which)
{
    if (which < 6)
        change_device(which);
    else if (which < 15)
        change_lane(which);
    else
        change_certificate(which);
}
enum { CHANGES = 27 };

START_TEST(whatever_goes_into_a_unit_changes_its_inputs)
{
    uint8_t seen[CHANGES + 1][32];

    for (int i = 0; i <= CHANGES; i++) {
        struct rk_ledger_unit unit;

        open_plan();
        if (i < CHANGES)
            change(i);
        ok(rk_account_unit(&plan, &device, &unit, &err));
        memcpy(seen[i], unit.inputs, 32);
        for (int k = 0; k < i; k++)
            ck_assert_msg(memcmp(seen[i], seen[k], 32) != 0, "changes %d and %d are alike", i, k);
        close_plan();
    }
}
END_TEST

static enum rk_rc unit_once(void *arg)
{
    struct rk_ledger_unit unit;
    enum rk_rc rc = rk_account_unit(&plan, &device, &unit, &err);

    (void)arg;
    return rc == RK_E_NOMEM && strcmp(err.msg, "out of memory") != 0 ? RK_E_PARTIAL : rc;
}

START_TEST(without_memory_it_says_so)
{
    ck_assert(faults);
    open_plan();
    ck_assert_int_gt(fault_sweep(unit_once, NULL, 200), 3);
    close_plan();
}
END_TEST

/* ---- opening ---- */

static enum rk_rc open_account(const struct rk_build_options *by)
{
    struct rk_plan made;
    struct rk_account account = { .ledger = NULL };
    enum rk_rc rc;

    ok(rk_plan_make(product.ctx, by, &made, &err));
    rc = rk_account_open(product.ctx, &made, by, &account, &err);
    rk_account_done(&account);
    rk_plan_done(&made);
    return rc;
}

static void refused(enum rk_rc rc, const char *message) /* @: the folder of the product */
{
    char wanted[1024];
    size_t used = 0;

    ck_assert_int_eq(open_account(&options), rc);
    for (; *message != '\0'; message++) {
        if (*message == '@')
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s", product.folder);
        else
            wanted[used++] = *message;
    }
    wanted[used] = '\0';
    ck_assert_str_eq(err.msg, wanted);
}

static void spent_is(uint64_t units)
{
    struct rk_ledger_status status;
    rk_ledger *ledger = product_ledger(&product);

    ck_assert_ptr_nonnull(ledger);
    ok(rk_ledger_verify(ledger, NULL, &err));
    ok(rk_ledger_status(ledger, &status, &err));
    ck_assert_uint_eq(status.licence_count == 0 ? 0 : status.licence[0].spent, units);
    ck_assert_uint_eq(status.reserved, 0);
    rk_ledger_status_done(&status);
    rk_ledger_close(ledger);
}

START_TEST(a_licence_that_does_not_cover_the_fleet_is_refused_at_once)
{
    product_licence(&product, 11);
    refused(RK_E_LEDGER, "licence \"L1\" does not cover 12 more units: 11 of 11 left");
    spent_is(0);
    product_manifest(&product, (const char *const[]) { "", product_licensed, "first-sn: 1\n",
                                                       "first-sn: 990\n", NULL });
    product_licence(&product, 12);
    refused(RK_E_LEDGER, "licence \"L1\" is in the ledger with other terms");
    remove_below("units.db");
    remove_below("units.db-wal");
    remove_below("units.db-shm");
    refused(RK_E_LEDGER, "unit 010200000000000003e9: licence \"L1\" covers serial numbers "
                         "0000000000000001 to 00000000000003e8");
    product_manifest(&product, (const char *const[]) { "", product_licensed, "product: demo",
                                                       "product: toy", NULL });
    refused(RK_E_LEDGER, "licence \"L1\" is for product \"demo\", not for \"toy\"");
    spent_is(0);
}
END_TEST

START_TEST(a_licence_of_another_issuer_is_refused)
{
    char from[512], to[512];
    struct rk_bytes file = RK_BYTES_NONE;

    product_path(&product, "checkpoint.pem", from, sizeof from);
    product_path(&product, "other.pem", to, sizeof to);
    ok(rk_file_read(from, 4096, &file, &err));
    put_file(to, file.p, file.len);
    rk_bytes_done(&file);
    product_manifest(&product, (const char *const[]) { "", product_licensed, "issuer: issuer.pem",
                                                       "issuer: other.pem", NULL });
    ck_assert_int_eq(open_account(&options), RK_E_LEDGER);
    ck_assert_ptr_nonnull(strstr(err.msg, "licence.file: licence \"L1\""));
}
END_TEST

START_TEST(a_key_that_cannot_sign_checkpoints_is_refused)
{
    product_manifest(
        &product, (const char *const[]) { "", product_licensed, "  checkpoint-key: checkpoint.key",
                                          "  checkpoint-key: pub:checkpoint.pem", NULL });
    ck_assert_int_eq(open_account(&options), RK_E_KEY);
    ck_assert_ptr_nonnull(strstr(err.msg, "licence.checkpoint-key: "));
    ck_assert(!stands("units.db"));
}
END_TEST

START_TEST(an_anchor_without_a_ledger_is_refused)
{
    const struct rk_build_options anchored = { .manifest = product.manifest,
                                               .tool = "test",
                                               .anchor = "x" };

    product_manifest(&product, (const char *const[]) { NULL });
    ck_assert_int_eq(open_account(&anchored), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "an anchor is of a ledger, and the manifest has no section licence");
}
END_TEST

START_TEST(a_dry_run_makes_no_ledger_and_enters_nothing)
{
    const struct rk_build_options dry = { .manifest = product.manifest,
                                          .tool = "test",
                                          .dry_run = true };
    struct rk_ledger_status before, after;
    rk_ledger *ledger;

    ok(open_account(&dry));
    ck_assert(!stands("units.db"));
    ok(open_account(&options));
    ledger = product_ledger(&product);
    ok(rk_ledger_status(ledger, &before, &err));
    rk_ledger_close(ledger);
    ok(open_account(&dry));
    ledger = product_ledger(&product);
    ok(rk_ledger_status(ledger, &after, &err));
    rk_ledger_close(ledger);
    ck_assert_uint_eq(before.entries, after.entries);
    rk_ledger_status_done(&before);
    rk_ledger_status_done(&after);
}
END_TEST

/* ---- whole builds ---- */

static enum rk_rc build(struct rk_build_report *report)
{
    return rk_build(product.ctx, &options, report, &err);
}

START_TEST(a_unit_is_charged_once_whatever_is_rebuilt)
{
    struct rk_build_report report;

    for (int i = 0; i < 3; i++) {
        ok(build(&report));
        ck_assert_int_eq(report.outcome, i == 1 ? RK_RELEASE_UNCHANGED : RK_RELEASE_NEW);
        if (i == 1)
            remove_below("release");
        spent_is(PRODUCT_DEVICES);
    }
}
END_TEST

START_TEST(other_inputs_of_a_unit_that_was_made_are_refused)
{
    struct rk_build_report report;

    ok(build(&report));
    product_put(&product, "disk.key", "44444444444444444444444444444445");
    ck_assert_int_eq(build(&report), RK_E_LEDGER);
    ck_assert_ptr_nonnull(strstr(err.msg, "unit 01020000000000000001"));
    spent_is(PRODUCT_DEVICES);
    product_put(&product, "disk.key", "44444444444444444444444444444444");
    ok(build(&report));
    ck_assert_int_eq(report.outcome, RK_RELEASE_UNCHANGED);
}
END_TEST

/* Copies the ledger's file, all of it: nobody has it open. */
static void copy_ledger(const char *from, const char *to)
{
    char path[512];
    struct rk_bytes file = RK_BYTES_NONE;

    product_path(&product, from, path, sizeof path);
    ok(rk_file_read(path, 1 << 24, &file, &err));
    product_path(&product, to, path, sizeof path);
    put_file(path, file.p, file.len);
    rk_bytes_done(&file);
}

START_TEST(a_ledger_that_was_put_back_is_refused_by_release_and_anchor)
{
    struct rk_build_report report;

    ok(open_account(&options)); /* the licence is entered, nothing else */
    copy_ledger("units.db", "old.db");
    ok(build(&report));
    ck_assert(stands("release/ledger/checkpoint.json"));
    ck_assert(stands("anchor/checkpoint.json"));
    copy_ledger("old.db", "units.db");
    ck_assert_int_eq(open_account(&options), RK_E_LEDGER);
    ck_assert_ptr_nonnull(strstr(err.msg, "release/ledger/checkpoint.json: "));
    remove_below("release");
    ck_assert_int_eq(open_account(&options), RK_E_LEDGER);
    ck_assert_ptr_nonnull(strstr(err.msg, "anchor/checkpoint.json: "));
    remove_below("anchor");
    ok(open_account(&options)); /* nothing is left that knows */
}
END_TEST

START_TEST(a_checkpoint_of_another_key_is_refused)
{
    struct rk_build_report report;

    ok(build(&report));
    product_manifest(&product, (const char *const[]) { "", product_licensed,
                                                       "  checkpoint-key: checkpoint.key",
                                                       "  checkpoint-key: ca.key", NULL });
    ck_assert_int_eq(open_account(&options), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "release/ledger/checkpoint.json: "));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, load, NULL);
    tcase_add_test(tc, the_inputs_of_a_unit_are_these_bytes);
    tcase_add_test(tc, whatever_goes_into_a_unit_changes_its_inputs);
    tcase_add_test(tc, without_memory_it_says_so);
    tcase_add_test(tc, a_licence_that_does_not_cover_the_fleet_is_refused_at_once);
    tcase_add_test(tc, a_licence_of_another_issuer_is_refused);
    tcase_add_test(tc, a_key_that_cannot_sign_checkpoints_is_refused);
    tcase_add_test(tc, an_anchor_without_a_ledger_is_refused);
    tcase_add_test(tc, a_dry_run_makes_no_ledger_and_enters_nothing);
    tcase_add_test(tc, a_unit_is_charged_once_whatever_is_rebuilt);
    tcase_add_test(tc, other_inputs_of_a_unit_that_was_made_are_refused);
    tcase_add_test(tc, a_ledger_that_was_put_back_is_refused_by_release_and_anchor);
    tcase_add_test(tc, a_checkpoint_of_another_key_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "account", .add = add, .load = load_once, .unload = unload_once, .once = true });
}
