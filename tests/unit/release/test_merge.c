/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shards into one release. What comes out is compared with a release that was never in shards;
 * which shard a device is of is worked out by hand: 0x0102 and the SN without its last byte,
 * modulo 3.
 */
#include "rotkit/release.h"

#include "base/folder.h"
#include "disk.h"
#include "fault.h"
#include "put.h"
#include "rotkit/ctx.h"
#include "rotkit/file.h"
#include "rotkit/key.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* 256 is 1 modulo 3 and 0x0102 is 0, so bucket b is of shard b % 3. */
static const struct {
    uint64_t sn;
    uint32_t shard;
} fleet[] = { { 0x1fe, 1 }, { 0x1ff, 1 }, { 0x200, 2 }, { 0x201, 2 }, { 0x300, 0 }, { 0x301, 0 } };
enum { FLEET = sizeof fleet / sizeof fleet[0], SHARDS = 3 };

static struct rk_err err;
static rk_ctx *ctx;
static rk_signer *key, *other_key;
static char root[200], warned[256];
static bool faults, unsigned_shards;

static void ok(enum rk_rc rc)
{
    ck_assert_msg(rc == RK_OK, "%s", err.msg);
}

static const char *at(const char *name) /* five at a time */
{
    static char path[5][300];
    static size_t next;

    next = (next + 1) % 5;
    (void)snprintf(path[next], sizeof path[next], "%s/%s", root, name);
    return path[next];
}

static void on_warning(void *arg, const char *text)
{
    (void)arg;
    (void)snprintf(warned, sizeof warned, "%s", text);
}

/* ---- releases to merge ---- */

struct made_of {
    const char *tool, *product, *platform, *file; /* NULL: as all the others */
    uint8_t manifest;
    struct rk_shard shard;      /* as stated */
    uint32_t devices_of, count; /* whose devices are in it; count 0: all */
    uint64_t stated, in_fleet;  /* 0: as it is */
    size_t left_out;            /* of its devices */
    rk_signer *signer;
    const char *checkpoint;
};

static void add_device(rk_release *release, uint64_t serial)
{
    struct rk_artifacts made = { .count = 0 };
    struct rk_artifact device = { .role = rk_role_device };
    struct rk_unit_id sn;
    char text[64];

    rk_unit_id_make(0x0102, serial, &sn);
    (void)snprintf(text, sizeof text, "{ \"device_sn\": \"0102%016x\" }\n", (unsigned)serial);
    ok(rk_bytes_copy(text, strlen(text), &device.bytes, &err));
    ok(rk_artifacts_add(&made, &device, &err));
    ok(rk_release_add_device(release, &sn, &made, &err));
    rk_artifacts_done(&made);
}

static void add_text(rk_release *release, const char *path, const char *text)
{
    struct rk_bytes bytes = RK_BYTES_NONE;

    ok(rk_bytes_copy(text, strlen(text), &bytes, &err));
    if (strcmp(path, "ledger") == 0)
        ok(rk_release_add_checkpoint(release, &bytes, &err));
    else
        ok(rk_release_add_file(release, path, "ca-chain", &bytes, &err));
    rk_bytes_done(&bytes);
}

static void sign(rk_release *release, rk_signer *signer)
{
    struct rk_bytes index = RK_BYTES_NONE, kept = RK_BYTES_NONE, signature = RK_BYTES_NONE;

    ok(rk_release_to_sign(release, RK_RELEASE_INDEX, &index, &kept, &err));
    ok(rk_signer_sign(signer, rk_signer_default_scheme(signer), index.p, index.len, &signature,
                      &err));
    ok(rk_release_attach(release, RK_RELEASE_INDEX, &signature, &err));
    rk_bytes_done(&index);
    rk_bytes_done(&kept);
    rk_bytes_done(&signature);
}

static void make(const char *name, const struct made_of *of)
{
    const uint8_t manifest[32] = { of->manifest };
    const char *path = at(name);
    struct rk_release_options options = {
        .path = path,
        .tool = of->tool == NULL ? "rotkit 1" : of->tool,
        .product = of->product == NULL ? "demo" : of->product,
        .platform = of->platform == NULL ? "t234" : of->platform,
        .manifest_sha256 = manifest,
        .signer = of->signer,
        .shard = of->shard,
        .fleet_devices = of->in_fleet == 0 ? FLEET : of->in_fleet,
    };
    enum rk_release_outcome outcome;
    rk_release *release = NULL;
    size_t skip = of->left_out;

    for (size_t i = 0; i < FLEET; i++)
        options.shard_devices += of->count == 0 || fleet[i].shard == of->devices_of;
    if (of->stated != 0)
        options.shard_devices = of->stated;
    ok(rk_release_begin(ctx, &options, &release, &err));
    add_text(release, "ca/chain.txt", of->file == NULL ? "chain" : of->file);
    for (size_t i = 0; i < FLEET; i++) {
        if (of->count != 0 && fleet[i].shard != of->devices_of)
            continue;
        if (skip != 0)
            skip--;
        else
            add_device(release, fleet[i].sn);
    }
    if (of->checkpoint != NULL)
        add_text(release, "ledger", of->checkpoint);
    if (of->signer != NULL)
        sign(release, of->signer);
    ok(rk_release_publish(release, &outcome, &err));
    rk_release_close(release);
}

static void make_shard(const char *name, uint32_t index, struct made_of of)
{
    of.shard = (struct rk_shard) { index, SHARDS };
    of.devices_of = index;
    of.count = SHARDS;
    make(name, &of);
}

static const struct made_of plain = { .tool = NULL };

static void load_once(void)
{
    static const char *const names[] = { "s0", "s1", "s2" };

    faults = fault_install();
    (void)setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    (void)snprintf(root, sizeof root, "%s/merge-%d", TEST_SCRATCH, (int)getpid());
    ok(rk_tree_remove(root, &err));
    ok(rk_file_make_dirs(root, &err));
    ok(rk_ctx_new(&ctx, &err));
    rk_ctx_set_warning(ctx, on_warning, NULL);
    ok(rk_key_new(ctx, "p256", &key, &err));
    ok(rk_key_new(ctx, "p256", &other_key, &err));
    for (uint32_t i = 0; i < SHARDS; i++)
        make_shard(names[i], i, plain);
}

/* Before each test the three shards stand alone. */
static void load(void)
{
    struct rk_names names;

    ok(rk_names_list(root, 100, &names, &err));
    for (size_t i = 0; i < names.count; i++) {
        if (names.name[i][0] != 's')
            ok(rk_tree_remove(at(names.name[i]), &err));
    }
    rk_names_done(&names);
}

static void unload_once(void)
{
    rk_signer_free(key);
    rk_signer_free(other_key);
    rk_ctx_free(ctx);
    ok(rk_tree_remove(root, &err));
}

/* ---- merging ---- */

static enum rk_rc merge(const char *to, rk_signer *signer, const char *const *names, size_t count,
                        struct rk_merge_report *ret)
{
    static char path[4][300];
    const char *shards[4];
    struct rk_merge_options options = {
        .path = at(to),
        .shards = shards,
        .signer = signer,
        .unsigned_shards = unsigned_shards,
    };

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(path[i], sizeof path[i], "%s", at(names[i]));
        shards[i] = path[i];
    }
    options.count = count;
    return rk_release_merge(ctx, &options, ret, &err);
}

static bool same_bytes(const char *a, const char *b)
{
    struct rk_bytes bytes_a = RK_BYTES_NONE, bytes_b = RK_BYTES_NONE;
    bool same;

    ok(rk_file_read(at(a), 1 << 20, &bytes_a, &err));
    ok(rk_file_read(at(b), 1 << 20, &bytes_b, &err));
    same = bytes_a.len == bytes_b.len && memcmp(bytes_a.p, bytes_b.p, bytes_a.len) == 0;
    rk_bytes_done(&bytes_a);
    rk_bytes_done(&bytes_b);
    return same;
}

static void is_whole(const char *name)
{
    struct rk_release_report report;

    ok(rk_release_verify(ctx, at(name), NULL, &report, &err));
    ck_assert_uint_eq(report.devices, FLEET);
}

static const char *const in_order[] = { "s0", "s1", "s2" }, *const turned[] = { "s2", "s0", "s1" };

START_TEST(shards_in_any_order_give_the_release_that_was_never_in_shards)
{
    struct rk_merge_report report;

    make("whole", &plain);
    ok(merge("merged", NULL, in_order, SHARDS, &report));
    ck_assert_uint_eq(report.devices, FLEET);
    ck_assert_int_eq(report.outcome, RK_RELEASE_NEW);
    ck_assert(same_bytes("merged/release.json", "whole/release.json"));
    ck_assert(same_bytes("merged/ca/chain.txt", "whole/ca/chain.txt"));
    is_whole("merged");
    ok(merge("merged", NULL, turned, SHARDS, &report));
    ck_assert_int_eq(report.outcome, RK_RELEASE_UNCHANGED);
}
END_TEST

/* Refused, with the whole message (%s: the folder of the shards), and nothing is left. */
static void refused_for(rk_signer *signer, const char *const *names, size_t count, enum rk_rc rc,
                        const char *message)
{
    struct rk_merge_report report;
    char text[1024];
    size_t used = 0;

    ck_assert_int_eq(merge("merged", signer, names, count, &report), rc);
    for (; *message != '\0'; message++) {
        if (*message == '@')
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", root);
        else
            text[used++] = *message;
    }
    text[used] = '\0';
    ck_assert_str_eq(err.msg, text);
    ck_assert(!rk_tree_exists(at("merged")));
    ck_assert(!rk_tree_exists(at("merged.staging")));
}

static void refused(const char *const *names, size_t count, const char *message)
{
    refused_for(NULL, names, count, RK_E_USAGE, message);
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

START_TEST(a_set_that_is_not_whole_is_refused)
{
    refused(LIST("s0"), 0, "no shards");
    refused(LIST("s1", "s2"), 2, "shard 0 of 3 is missing: name it too");
    refused(LIST("s0", "s2"), 2, "shard 1 of 3 is missing: name it too");
    refused(LIST("s0", "s1"), 2, "shard 2 of 3 is missing: name it too");
    refused(LIST("s0", "s1", "s0"), 3, "\"@/s0\" and \"@/s0\" overlap: both are shard 0 of 3");
    make_shard("twin", 1, plain);
    refused(LIST("s0", "s1", "s2", "twin"), 4,
            "\"@/s1\" and \"@/twin\" overlap: both are shard 1 of 3");
}
END_TEST

START_TEST(what_is_no_shard_of_three_is_refused)
{
    struct made_of of = plain;

    make("whole", &plain);
    refused(LIST("whole"), 1, "\"@/whole\" is no shard: rotkit build --shard makes them");
    of.shard = (struct rk_shard) { 1, 4 };
    make("quarter", &of);
    refused(LIST("s0", "quarter"), 2, "\"@/quarter\" is shard 1 of 4, \"@/s0\" is of 3");
    of.shard = (struct rk_shard) { 3, 3 };
    make("beyond", &of);
    refused_for(NULL, LIST("s0", "beyond"), 2, RK_E_FORMAT,
                "shard \"@/beyond\": release.json: shard: member \"index\" is missing or "
                "malformed, expected a number from 0 to 2");
    of.shard = (struct rk_shard) { 0, 5000 };
    make("many", &of);
    refused_for(NULL, LIST("many"), 1, RK_E_FORMAT,
                "shard \"@/many\": release.json: shard: member \"count\" is missing or malformed, "
                "expected a number from 0 to 4096");
}
END_TEST

/* clang-format off */
static const struct {
    struct made_of of;
    const char *message;
} foreign[] = {
    { { .tool = "rotkit 2" }, "shards \"@/s0\" and \"@/x\" are not of one build: tool is rotkit 1 and rotkit 2" },
    { { .product = "toy" }, "shards \"@/s0\" and \"@/x\" are not of one build: product is demo and toy" },
    { { .platform = "t194" }, "shards \"@/s0\" and \"@/x\" are not of one build: platform is t234 and t194" },
    { { .manifest = 7 }, "shards \"@/s0\" and \"@/x\" are not of one build: manifest_sha256 is "
      "0000000000000000000000000000000000000000000000000000000000000000 and 0700000000000000000000000000000000000000000000000000000000000000" },
    { { .in_fleet = 7 }, "shards \"@/s0\" and \"@/x\" are not of one build: of 6 and of 7 devices" },
    { { .file = "Chain" }, "shards \"@/s0\" and \"@/x\" are not of one build: \"ca/chain.txt\" differs" },
    { { .left_out = 1 }, "shard \"@/x\" has 1 of its 2 devices: build it again, without --keep-going" },
    { { .stated = 3 }, "shard \"@/x\" has 2 of its 3 devices: build it again, without --keep-going" },
};
/* clang-format on */

START_TEST(a_shard_of_another_build_is_refused) /* loop test */
{
    make_shard("x", 1, foreign[_i].of);
    refused(LIST("s0", "x", "s2"), 3, foreign[_i].message);
}
END_TEST

START_TEST(a_device_of_another_shard_is_refused_wherever_it_stands)
{
    struct made_of of = plain;

    of.shard = (struct rk_shard) { 1, SHARDS };
    of.devices_of = 2;
    of.count = SHARDS;
    make("x", &of);
    refused(LIST("s0", "x", "s2"), 3,
            "shard \"@/x\": bucket \"devices/010200000000000002\" is not of shard 1 of 3");
}
END_TEST

START_TEST(a_shard_in_the_place_of_the_release_is_refused)
{
    struct rk_merge_report report;
    char text[512];

    ck_assert_int_eq(merge("s1/", NULL, in_order, SHARDS, &report), RK_E_USAGE);
    (void)snprintf(text, sizeof text,
                   "\"%s/s1\" is a shard and the release that it goes into: name another place",
                   root);
    ck_assert_str_eq(err.msg, text);
}
END_TEST

START_TEST(signed_shards_want_the_key_that_signed_them)
{
    const struct made_of sealed = { .signer = key };
    struct rk_merge_report report;
    struct rk_release_report verified;

    make_shard("k0", 0, sealed);
    make_shard("k1", 1, sealed);
    make_shard("k2", 2, sealed);
    refused_for(NULL, LIST("k0", "k1", "k2"), 3, RK_E_KEY,
                "the shards are signed: name the release key by --key, the release needs its "
                "signature too");
    refused_for(other_key, LIST("k0", "k1", "k2"), 3, RK_E_VERIFY,
                "shard \"@/k0\": the release is signed by another key");
    refused_for(key, LIST("k0", "s1", "k2"), 3, RK_E_VERIFY,
                "shard \"@/s1\": the release is not signed");
    unsigned_shards = true;
    refused_for(other_key, LIST("k0", "k1", "k2"), 3, RK_E_KEY,
                "--key is not the key that signed the shards");
    ck_assert_int_eq(merge("merged", key, LIST("k0", "s1", "k2"), 3, &report), RK_E_USAGE);
    ck_assert_ptr_nonnull(strstr(err.msg, " are not of one build: signer is "));
    ck_assert_int_eq(merge("merged", key, in_order, 3, &report), RK_OK);
    unsigned_shards = false;
    ok(rk_release_verify(ctx, at("merged"),
                         &(const struct rk_release_asked) { .pub = rk_signer_pkey(key) }, &verified,
                         &err));
    ok(rk_tree_remove(at("merged"), &err));
    ck_assert_int_eq(merge("merged", key, LIST("k0", "k1", "k2"), 3, &report), RK_OK);
    ok(rk_release_verify(ctx, at("merged"),
                         &(const struct rk_release_asked) { .pub = rk_signer_pkey(key) }, &verified,
                         &err));
    ck_assert_uint_eq(verified.devices, FLEET);
}
END_TEST

START_TEST(a_flipped_byte_of_a_shard_is_found)
{
    const char *const path = "x/devices/010200000000000001/010200000000000001fe/device.json";
    struct rk_bytes file = RK_BYTES_NONE;
    struct rk_merge_report report;

    make_shard("x", 1, plain);
    ok(rk_file_read(at(path), 4096, &file, &err));
    for (size_t i = 0; i < file.len; i++) {
        file.p[i] ^= 1;
        put_file(at(path), file.p, file.len);
        ck_assert_int_eq(merge("merged", NULL, LIST("s0", "x", "s2"), 3, &report), RK_E_VERIFY);
        ck_assert(!rk_tree_exists(at("merged")));
        file.p[i] ^= 1;
    }
    rk_bytes_done(&file);
}
END_TEST

#define CHECKPOINT(ledger, size) "{ \"ledger\": \"" ledger "\", \"size\": " size " }\n"

START_TEST(of_one_ledger_the_newest_checkpoint_comes_along)
{
    struct rk_merge_report report;

    make_shard("c0", 0, (struct made_of) { .checkpoint = CHECKPOINT("aa", "7") });
    make_shard("c1", 1, (struct made_of) { .checkpoint = CHECKPOINT("aa", "12") });
    make_shard("c2", 2, (struct made_of) { .checkpoint = CHECKPOINT("aa", "9") });
    ok(merge("merged", NULL, LIST("c0", "c1", "c2"), 3, &report));
    ck_assert(same_bytes("merged/ledger/checkpoint.json", "c1/ledger/checkpoint.json"));
    ck_assert_str_eq(warned, "");
}
END_TEST

START_TEST(of_several_ledgers_no_checkpoint_comes_along)
{
    struct rk_merge_report report;

    make_shard("c0", 0, (struct made_of) { .checkpoint = CHECKPOINT("aa", "7") });
    make_shard("c1", 1, (struct made_of) { .checkpoint = CHECKPOINT("bb", "12") });
    make_shard("c2", 2, plain);
    ok(merge("merged", NULL, LIST("c0", "c1", "c2"), 3, &report));
    ck_assert(!rk_tree_exists(at("merged/ledger")));
    ck_assert_str_eq(warned, "the shards were counted by several ledgers: their checkpoints stay "
                             "in the shards");
}
END_TEST

START_TEST(a_checkpoint_that_is_none_is_refused)
{
    make_shard("c1", 1, (struct made_of) { .checkpoint = "{ \"ledger\": \"aa\" }\n" });
    refused_for(
        NULL, LIST("s0", "c1", "s2"), 3, RK_E_FORMAT,
        "@/c1/ledger/checkpoint.json: member \"size\" is missing or malformed, expected a number");
}
END_TEST

/* An older release stands at the place; "old" and "new" are copies to compare with. */
static void put_older(void)
{
    struct rk_merge_report report;
    const struct made_of older = { .tool = "rotkit 0" };

    make("merged", &older);
    make("old", &older);
    ok(merge("new", NULL, in_order, SHARDS, &report));
}

static void old_or_new(void)
{
    is_whole("merged");
    ck_assert(same_bytes("merged/release.json", "old/release.json") ||
              same_bytes("merged/release.json", "new/release.json"));
}

static void merges_in_the_end(void)
{
    struct rk_merge_report report;

    ok(merge("merged", NULL, in_order, SHARDS, &report));
    ck_assert(same_bytes("merged/release.json", "new/release.json"));
    is_whole("merged");
    ck_assert(!rk_tree_exists(at("merged.staging")));
    make("merged", &(const struct made_of) { .tool = "rotkit 0" });
}

START_TEST(after_every_failing_call_to_the_disk_the_old_release_or_the_new_one_stands)
{
    struct rk_merge_report report;
    long n = 1;

    put_older();
    for (;; n++) {
        enum rk_rc rc;

        disk_fail_at(n);
        rc = merge("merged", NULL, in_order, SHARDS, &report);
        if (!disk_failed()) {
            ck_assert_int_eq(rc, RK_OK);
            break;
        }
        /* A folder is asked for twice, so one refusal is not the end. */
        if (rc != RK_OK)
            ck_assert_int_eq(rc, RK_E_IO);
        else
            ck_assert(same_bytes("merged/release.json", "new/release.json"));
        old_or_new();
        merges_in_the_end();
    }
    ck_assert_int_gt(n, FLEET * 2);
}
END_TEST

START_TEST(killed_at_every_call_to_the_disk_the_old_release_or_the_new_one_stands)
{
    long n = 1;
    int status = 0;

    put_older();
    for (;; n++) {
        pid_t child = fork();

        if (child == 0) {
            struct rk_merge_report report;

            disk_kill_at(n);
            _exit(merge("merged", NULL, in_order, SHARDS, &report) == RK_OK ? 0 : 1);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        if (WEXITSTATUS(status) == 0)
            break;
        ck_assert_int_eq(WEXITSTATUS(status), DISK_KILLED);
        old_or_new();
        merges_in_the_end();
    }
    ck_assert_int_gt(n, FLEET * 2);
}
END_TEST

static enum rk_rc merge_once(void *arg)
{
    struct rk_merge_report report = { .devices = 0 };
    struct rk_err ignored;
    enum rk_rc rc;

    (void)arg;
    if (rk_tree_remove(at("merged"), &ignored))
        return RK_E_PARTIAL;
    rc = merge("merged", NULL, in_order, SHARDS, &report);
    if (rk_tree_exists(at("merged")) != (rc == RK_OK) || rk_tree_exists(at("merged.staging")))
        return RK_E_PARTIAL;
    return rc == RK_OK && report.devices != FLEET ? RK_E_PARTIAL : rc;
}

START_TEST(without_memory_nothing_appears)
{
    ck_assert(faults);
    ck_assert_int_gt(fault_sweep(merge_once, NULL, 20000), 50);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, load, NULL);
    tcase_add_test(tc, shards_in_any_order_give_the_release_that_was_never_in_shards);
    tcase_add_test(tc, a_set_that_is_not_whole_is_refused);
    tcase_add_test(tc, what_is_no_shard_of_three_is_refused);
    tcase_add_loop_test(tc, a_shard_of_another_build_is_refused, 0,
                        (int)(sizeof foreign / sizeof foreign[0]));
    tcase_add_test(tc, a_device_of_another_shard_is_refused_wherever_it_stands);
    tcase_add_test(tc, a_shard_in_the_place_of_the_release_is_refused);
    tcase_add_test(tc, signed_shards_want_the_key_that_signed_them);
    tcase_add_test(tc, a_flipped_byte_of_a_shard_is_found);
    tcase_add_test(tc, of_one_ledger_the_newest_checkpoint_comes_along);
    tcase_add_test(tc, of_several_ledgers_no_checkpoint_comes_along);
    tcase_add_test(tc, a_checkpoint_that_is_none_is_refused);
    tcase_add_test(tc, after_every_failing_call_to_the_disk_the_old_release_or_the_new_one_stands);
    tcase_add_test(tc, killed_at_every_call_to_the_disk_the_old_release_or_the_new_one_stands);
    tcase_add_test(tc, without_memory_nothing_appears);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "merge",
                                               .add = add,
                                               .load = load_once,
                                               .unload = unload_once,
                                               .once = true,
                                               .timeout_s = 300 });
}
