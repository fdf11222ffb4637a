/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a build: every inconsistent manifest is refused with its place, before anything is
 * made; whatever the devices are made of changes the digest that an interrupted build goes by.
 */
#include "pipeline/plan.h"
#include "platform/tegra/plan.h"

#include "base/folder.h"
#include "fault.h"
#include "product.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    product_make(&product, TEST_SCRATCH, "plan");
    product_put(&product, "other16.key", "66666666666666666666666666666666");
    product_put(&product, "other32.key",
                "7777777777777777777777777777777777777777777777777777777777777777");
    product_put(&product, "kdk.csv",
                "0102 0000000000000001 "
                "1111111111111111111111111111111111111111111111111111111111111111\n"
                "0102 0000000000000002 "
                "2222222222222222222222222222222222222222222222222222222222222222\n");
    product_put(&product, "eps.csv",
                "0102 0000000000000001 "
                "3333333333333333333333333333333333333333333333333333333333333333\n"
                "0102 0000000000000002 "
                "4444444444444444444444444444444444444444444444444444444444444444\n");
    product_put(&product, "eps-other.csv",
                "0102 0000000000000001 "
                "3333333333333333333333333333333333333333333333333333333333333333\n"
                "0102 0000000000000003 "
                "4444444444444444444444444444444444444444444444444444444444444444\n");
    product_put(&product, "kdk-twice.csv",
                "0102 0000000000000001 "
                "1111111111111111111111111111111111111111111111111111111111111111\n"
                "0102 0000000000000001 "
                "2222222222222222222222222222222222222222222222222222222222222222\n");
}

static void unload_once(void)
{
    product_done(&product);
}

#define MASTER "  master-key: master.key\n  oem-id: 0x0102\n  first-sn: 1\n  count: 12\n"
#define FUSES  "fuses:\n  common: true\n"
#define PLACE  "@/manifest.yaml:"

/* clang-format off */
static const struct {
    const char *change[5];
    enum rk_rc rc;
    const char *message; /* @: the folder of the product */
} bad[] = {
    { { "platform: t234", "platform: t999" }, RK_E_USAGE, PLACE "3:11: platform: unknown platform \"t999\" (known: t234, t194, optee)" },
    { { "[L-1, L-2]", "[L-1, L-2, L-1]" }, RK_E_USAGE, PLACE "11:25: ek.templates: \"L-1\" is listed twice" },
    { { "[L-1, L-2]", "[L-1]" }, RK_E_USAGE, PLACE "11:15: ek.templates: L-1 and L-2 are needed, the fTPM and the key blob ask for both" },
    { { "not-before: 2026-01-01", "not-before: 2026-01-02" }, RK_E_USAGE,
      PLACE "17:17: ek.certificate.not-before: is in the future, so no verifier would accept the certificates now" },
    { { "not-before: 2026-01-01\n", "not-before: 2026-01-01\n    not-after: 2025-12-31\n" }, RK_E_USAGE,
      PLACE "13:5: ek.certificate: the validity ends before it begins" },
    { { "not-before: 2026-01-01\n", "not-before: 2026-01-01\n    validity-days: 2912444\n" }, RK_E_USAGE,
      PLACE "18:20: ek.certificate.validity-days: ends after the year 9999" },
    { { "key: ca.key", "key: ca-root.key" }, RK_E_VERIFY,
      PLACE "19:18: ek.ca.certificate: CA certificate \"@/ca.pem\": the CA certificate and the CA key do not belong together" },
    { { "key: ca.key", "key: pub:checkpoint.pem" }, RK_E_VERIFY,
      PLACE "19:18: ek.ca.certificate: CA certificate \"@/ca.pem\": the CA certificate and the CA key do not belong together" },
    { { "  auth-key: auth.key\n", "" }, RK_E_USAGE,
      PLACE "22:3: blob: key \"auth-key\" is missing (tag 4: UEFI variable authentication key, 16 bytes; a fused device halts without it)" },
    { { "auth-key: auth.key", "auth-key: root.key" }, RK_E_USAGE,
      PLACE "26:13: blob.auth-key: key file \"@/root.key\": 64 hex digits, expected 32" },
    { { "root-key: root.key", "root-key: disk.key" }, RK_E_USAGE,
      PLACE "23:13: blob.root-key: key file \"@/disk.key\": 16 bytes, expected 32" },
    { { "disk-key: disk.key", "disk-key: absent.key" }, RK_E_IO,
      PLACE "25:13: blob.disk-key: cannot open \"@/absent.key\": No such file or directory" },
    { { "", FUSES "  oem-k1: other32.key\n", "", "secrets:\n  recipient: root.pem\n" }, RK_E_USAGE,
      PLACE "33:14: secrets.recipient: recipient certificate's key usage lacks keyAgreement" },
    { { "", FUSES "  oem-k1: other32.key\n" }, RK_E_USAGE,
      PLACE "30:3: secrets.recipient: fuse files hold keys; name the factory certificate to seal them to, or give --plaintext-secrets" },
    { { MASTER, "  kdk-db: kdk.csv\n  eps-seeds: eps-other.csv\n" }, RK_E_USAGE,
      "@/eps-other.csv:2: row is for device 01020000000000000003, expected 01020000000000000002\n"
      "  @/kdk.csv:2 asks for it: both files need the same devices in the same order" },
    { { MASTER, "  kdk-db: kdk-twice.csv\n  eps-seeds: eps.csv\n" }, RK_E_USAGE,
      "@/kdk-twice.csv:2: device 01020000000000000001 is on line 1 already: two devices would have one identity" },
    { { "", "  key: pub:checkpoint.pem\n" }, RK_E_KEY, PLACE "29:8: release.key: the key is public only and cannot sign" },
    { { "", "  version: v1\n" }, RK_E_USAGE, PLACE "29:12: release.version: \"v1\" is no version: one to four dotted numbers" },
    { { "", "  update:\n    nv-layout: 1\n    changes: [keys]\n" }, RK_E_USAGE, PLACE "30:5: release.version: is missing, and update needs it" },
    { { "", "  version: 1\n  update:\n    nv-layout: 1\n    derivation: ms-138\n" }, RK_E_USAGE,
      PLACE "32:17: release.update.derivation: \"ms-138\", but the EKs of this release are made by ek.profile \"ms-159\"" },
    { { "", "  version: 1\n  update:\n    nv-layout: 1\n    layout-device: spi\n" }, RK_E_USAGE,
      PLACE "32:20: release.update.layout-device: needs release.update.layout" },
    { { "", "  version: 1\n  update:\n    nv-layout: 1\n    reads-blobs: [\"3.0\"]\n" }, RK_E_USAGE,
      PLACE "32:19: release.update.reads-blobs: \"3.0\" is no key blob version (known: 1.0, 2.0)" },
    { { "", "  reproducible: true\n" }, RK_E_USAGE,
      PLACE "29:17: release.reproducible: ecdsa-sha256 signatures are random, and there is no previous release to keep them from: use an RSA or Ed25519 CA" },
};
/* clang-format on */

static size_t files_there(void)
{
    struct rk_names names;
    size_t count;

    ok(rk_names_list(product.folder, 100, &names, &err));
    count = names.count;
    rk_names_done(&names);
    return count;
}

START_TEST(an_inconsistent_manifest_is_refused_before_anything_is_made) /* loop test */
{
    const struct rk_build_options options = { .manifest = product.manifest, .tool = "test" };
    size_t before = files_there(), used = 0;
    struct rk_plan plan = { .device_count = 77 };
    char wanted[1024];

    product_manifest(&product, bad[_i].change);
    ck_assert_int_eq(rk_plan_make(product.ctx, &options, &plan, &err), bad[_i].rc);
    for (const char *c = bad[_i].message; *c != '\0'; c++) {
        if (*c == '@')
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s", product.folder);
        else
            wanted[used++] = *c;
    }
    wanted[used] = '\0';
    ck_assert_str_eq(err.msg, wanted);
    ck_assert_ptr_null(plan.manifest);
    ck_assert_ptr_null(plan.ca);
    ck_assert_uint_eq(plan.device_count, 0);
    ck_assert_uint_eq(files_there(), before);
}
END_TEST

START_TEST(the_root_key_must_be_one_of_the_fuses)
{
    const struct rk_build_options options = { .manifest = product.manifest,
                                              .tool = "test",
                                              .plaintext_secrets = true };
    struct rk_plan plan;
    char wanted[512];

    product_manifest(&product, (const char *const[]) { "", FUSES "  oem-k1: other32.key\n", NULL });
    ck_assert_int_eq(rk_plan_make(product.ctx, &options, &plan, &err), RK_E_USAGE);
    (void)snprintf(
        wanted, sizeof wanted,
        "%s/manifest.yaml:23:13: blob.root-key: is neither fuses.oem-k1 nor fuses.oem-k2, "
        "so no fused device could open the key blob",
        product.folder);
    ck_assert_str_eq(err.msg, wanted);
    product_manifest(&product, (const char *const[]) {
                                   "", FUSES "  oem-k1: other32.key\n  oem-k2: root.key\n", NULL });
    ok(rk_plan_make(product.ctx, &options, &plan, &err));
    ck_assert_uint_gt(((const struct rk_tegra_plan *)plan.of_platform)->fuses.count, 0);
    rk_plan_done(&plan);
}
END_TEST

START_TEST(shards_share_the_fleet_and_stand_beside_each_other)
{
    uint64_t ours = 0;

    product_manifest(&product,
                     (const char *const[]) { "first-sn: 1\n", "first-sn: 0x1fb\n", NULL });
    for (uint32_t i = 0; i < 3; i++) {
        const struct rk_build_options options = { .manifest = product.manifest,
                                                  .tool = "test",
                                                  .shard = { i, 3 } };
        struct rk_plan plan;
        char wanted[512];

        ok(rk_plan_make(product.ctx, &options, &plan, &err));
        ck_assert_uint_eq(plan.fleet_count, PRODUCT_DEVICES);
        /* 0x1fb to 0x206: five in bucket 1, seven in bucket 2, and bucket b is of shard b % 3 */
        ck_assert_uint_eq(plan.device_count, i == 0 ? 0 : i == 1 ? 5 : 7);
        (void)snprintf(wanted, sizeof wanted, "%s/release-shard-%u-of-3", product.folder, i);
        ck_assert_str_eq(plan.path, wanted);
        ours += plan.device_count;
        rk_plan_done(&plan);
    }
    ck_assert_uint_eq(ours, PRODUCT_DEVICES);
}
END_TEST

/* ---- the digest of the inputs ---- */

static void digest_with(const char *tool, bool plaintext, uint32_t shards, uint8_t ret[32])
{
    const struct rk_build_options options = { .manifest = product.manifest,
                                              .tool = tool,
                                              .plaintext_secrets = plaintext,
                                              .shard = { 0, shards } };
    struct rk_plan plan;

    ok(rk_plan_make(product.ctx, &options, &plan, &err));
    memcpy(ret, plan.inputs_sha256, 32);
    rk_plan_done(&plan);
}

START_TEST(whatever_devices_are_made_of_changes_the_digest_of_the_inputs)
{
    static const char *const keys[] = { "master.key", "root.key", "payload.key", "disk.key",
                                        "auth.key" };
    uint8_t seen[16][32];
    size_t count = 0;

    product_manifest(&product, (const char *const[]) { NULL });
    digest_with("test", false, 0, seen[count++]);
    digest_with("other", false, 0, seen[count++]);
    digest_with("test", true, 0, seen[count++]);
    digest_with("test", false, 1, seen[count++]);
    digest_with("test", false, 2, seen[count++]);
    for (size_t i = 0; i < 5; i++) { /* the same names with other keys in them */
        char path[512];
        struct rk_bytes was = RK_BYTES_NONE;

        product_path(&product, keys[i], path, sizeof path);
        ok(rk_file_read(path, 4096, &was, &err));
        product_put(&product, keys[i],
                    was.len == 64
                        ? "8888888888888888888888888888888888888888888888888888888888888888"
                        : "88888888888888888888888888888888");
        digest_with("test", false, 0, seen[count++]);
        product_put(&product, keys[i], (const char *)was.p);
        rk_bytes_done(&was);
    }
    product_manifest(&product, (const char *const[]) { "count: 12", "count: 11", NULL });
    digest_with("test", false, 0, seen[count++]);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(memcmp(seen[i], seen[k], 32) != 0, "%zu and %zu are alike", i, k);
    }
    product_manifest(&product, (const char *const[]) { NULL });
    digest_with("test", false, 0, seen[1]);
    ck_assert_mem_eq(seen[1], seen[0], 32);
}
END_TEST

START_TEST(a_time_that_rules_certificates_changes_the_digest_of_the_inputs)
{
    uint8_t first[32], second[32];

    product_manifest(&product, (const char *const[]) { "    not-before: 2026-01-01\n", "", NULL });
    digest_with("test", false, 0, first);
    (void)setenv("SOURCE_DATE_EPOCH", "1767225601", 1);
    digest_with("test", false, 0, second);
    ck_assert_mem_ne(first, second, 32);
    product_manifest(&product, (const char *const[]) { NULL });
    digest_with("test", false, 0, second);
    (void)setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    digest_with("test", false, 0, first);
    ck_assert_mem_eq(first, second, 32); /* the manifest says when: the clock is nothing to it */
}
END_TEST

static enum rk_rc plan_once(void *arg)
{
    struct rk_plan plan = { .device_count = 77 };
    enum rk_rc rc = rk_plan_make(product.ctx, arg, &plan, &err);

    if (rc != RK_OK)
        return plan.manifest == NULL && plan.device_count == 0 ? rc : RK_E_PARTIAL;
    if (plan.device_count != PRODUCT_DEVICES)
        rc = RK_E_PARTIAL;
    rk_plan_done(&plan);
    return rc;
}

START_TEST(without_memory_there_is_no_plan)
{
    struct rk_build_options options = { .manifest = product.manifest, .tool = "test" };

    ck_assert(faults);
    product_manifest(&product, (const char *const[]) { NULL });
    ck_assert_int_gt(fault_sweep(plan_once, &options, 20000), 100);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, an_inconsistent_manifest_is_refused_before_anything_is_made, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, the_root_key_must_be_one_of_the_fuses);
    tcase_add_test(tc, shards_share_the_fleet_and_stand_beside_each_other);
    tcase_add_test(tc, whatever_devices_are_made_of_changes_the_digest_of_the_inputs);
    tcase_add_test(tc, a_time_that_rules_certificates_changes_the_digest_of_the_inputs);
    tcase_add_test(tc, without_memory_there_is_no_plan);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "plan", .add = add, .load = load_once, .unload = unload_once, .once = true });
}
