/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's model, and that what is committed about it is what the rows say. */
#include "fault.h"
#include "suite.h"
#include "rotkit/publish.h"
#include "rotkit/manifest.h"
#include "platform/tegra/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rk_err err;

static rk_ctx *ctx(void)
{
    static rk_ctx *made;

    if (made == NULL)
        ck_assert_int_eq(rk_ctx_new(&made, &err), RK_OK);
    return made;
}

static const struct rk_tegra_settings *tegra_of(const struct rk_manifest *m)
{
    return m->settings;
}

START_TEST(the_committed_schema_is_that_of_the_rows)
{
    struct rk_bytes want = RK_BYTES_NONE, got = RK_BYTES_NONE;

    ck_assert_int_eq(
        rk_file_read(TEST_DATA "/../../docs/rotkit-manifest.schema.json", 1 << 20, &want, &err),
        RK_OK);
    ck_assert_int_eq(rk_manifest_schema(ctx(), &got, &err), RK_OK);
    ck_assert_str_eq((const char *)got.p, (const char *)want.p);
    rk_bytes_done(&want);
    rk_bytes_done(&got);
}
END_TEST

START_TEST(the_example_loads_with_its_values)
{
    struct rk_manifest *m = NULL;

    ck_assert_msg(rk_manifest_load(ctx(), TEST_DATA "/../../examples/jetson-orin/manifest.yaml", &m,
                                   &err) == RK_OK,
                  "%s", err.msg);
    ck_assert_str_eq(m->product.v, "jetson-orin-demo");
    ck_assert_str_eq(m->role.v, "both");
    ck_assert_uint_eq(m->ek.templates.count, 3);
    ck_assert_str_eq(m->ek.templates.v[2], "H-3");
    ck_assert_int_eq(m->ek.certificate.not_before.v, 1767225600); /* date -ud 2026-01-01 +%s */
    ck_assert_int_eq(tegra_of(m)->fuses.boot_security_info_preset.v, 0x1e0);
    ck_assert_int_eq(m->ek.certificate.spec_revision.v, 159);
    ck_assert_str_eq(m->ek.certificate.spec_family.v, "2.0"); /* a default */
    ck_assert(!m->release.reproducible.v);
    ck_assert_ptr_nonnull(
        strstr(m->devices.file[RK_TEGRA_KDK_DB].v, "examples/jetson-orin/devices/kdk_db.csv"));
    rk_manifest_free(m);
}
END_TEST

START_TEST(the_init_text_loads_as_it_is)
{
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_manifest *m = NULL;

    ck_assert_int_eq(rk_manifest_init_text(ctx(), rk_platform_at(ctx(), 0), &text, &err), RK_OK);
    ck_assert_int_eq(
        rk_file_write(TEST_SCRATCH "/init.yaml", RK_FILE_PUBLIC, text.p, text.len, &err), RK_OK);
    ck_assert_msg(rk_manifest_load(ctx(), TEST_SCRATCH "/init.yaml", &m, &err) == RK_OK, "%s",
                  err.msg);
    ck_assert_str_eq(m->platform.v, "t234");
    rk_manifest_free(m);
    rk_bytes_done(&text);
    ck_assert_int_eq(unlink(TEST_SCRATCH "/init.yaml"), 0);
}
END_TEST

static const char top[] = "rotkit: 1\nproduct: p\nplatform: t234\n";
static const char rest[] =
    "devices: {kdk-db: k.csv, eps-seeds: /abs/e.csv}\n"
    "ek:\n"
    "  certificate: {manufacturer: 'id:44454D4F', model: m, version: 'id:01'}\n"
    "  ca: {certificate: ca.pem, key: 'file:ca.key', passphrase: 'file:pw'}\n"
    "blob: {root-key: 'env:K1', auth-key: 'pub:${ROTKIT_DIR}/a.key'}\n"
    "release: {path: '${ROTKIT_DIR}/r-${ROTKIT_DIR}'}\n";

static enum rk_rc load_text(const char *path, const char *head, const char *tail,
                            struct rk_manifest **ret)
{
    char text[4096];
    int len = snprintf(text, sizeof text, "%s%s", head, tail);

    ck_assert_int_eq(rk_file_write(path, RK_FILE_PUBLIC, text, (size_t)len, &err), RK_OK);
    return rk_manifest_load(ctx(), path, ret, &err);
}

START_TEST(paths_are_relative_to_the_manifest_and_remember_their_place)
{
    struct rk_manifest *m = NULL;

    ck_assert_int_eq(setenv("ROTKIT_DIR", "d", 1), 0);
    ck_assert_msg(load_text(TEST_SCRATCH "/paths.yaml", top, rest, &m) == RK_OK, "%s", err.msg);
    ck_assert_str_eq(m->devices.file[RK_TEGRA_KDK_DB].v, TEST_SCRATCH "/k.csv");
    ck_assert_uint_eq(m->devices.file[RK_TEGRA_KDK_DB].at.line, 4);
    ck_assert_uint_eq(m->devices.file[RK_TEGRA_KDK_DB].at.column, 19);
    ck_assert_str_eq(m->devices.file[RK_TEGRA_EPS_SEEDS].v, "/abs/e.csv");
    ck_assert_str_eq(m->ek.ca.certificate.v, TEST_SCRATCH "/ca.pem");
    ck_assert_str_eq(m->ek.ca.key.v, "file:" TEST_SCRATCH "/ca.key");
    ck_assert_str_eq(m->ek.ca.passphrase.v, "file:" TEST_SCRATCH "/pw");
    ck_assert_str_eq(tegra_of(m)->blob.root_key.v, "env:K1");
    ck_assert_str_eq(tegra_of(m)->blob.auth_key.v, "pub:" TEST_SCRATCH "/d/a.key");
    ck_assert_str_eq(m->release.path.v, TEST_SCRATCH "/d/r-d");
    ck_assert_uint_eq(tegra_of(m)->blob.version.at.line, 0); /* a default has no place */
    ck_assert_str_eq(tegra_of(m)->blob.version.v, "2.0");
    rk_manifest_free(m);
    ck_assert_int_eq(unlink(TEST_SCRATCH "/paths.yaml"), 0);
}
END_TEST

START_TEST(a_path_too_long_is_refused_at_its_place)
{
    struct rk_manifest *m = NULL;
    char head[2000];
    int used = snprintf(head, sizeof head, "%s%s", top, "devices: {kdk-db: ");

    memset(head + used, 'x', 1100);
    (void)snprintf(head + used + 1100, sizeof head - (size_t)used - 1100, ", eps-seeds: e}\n");
    ck_assert_int_eq(load_text(TEST_SCRATCH "/long.yaml", head, strchr(rest, '\n') + 1, &m),
                     RK_E_USAGE);
    ck_assert_ptr_null(m);
    ck_assert_uint_eq(err.line, 4);
    ck_assert_uint_eq(err.column, 19);
    ck_assert_ptr_nonnull(strstr(err.msg, "long.yaml:4:19: devices.kdk-db: path too long: "));
    ck_assert_int_eq(unlink(TEST_SCRATCH "/long.yaml"), 0);
}
END_TEST

START_TEST(a_passphrase_in_place_of_its_source_is_not_shown)
{
    struct rk_manifest *m = NULL;

    ck_assert_int_eq(
        load_text(TEST_SCRATCH "/pass.yaml", "ek: {ca: {passphrase: hunter2${X}}}\n", "", &m),
        RK_E_USAGE);
    ck_assert_ptr_null(strstr(err.msg, "hunter2"));
    ck_assert_int_eq(unlink(TEST_SCRATCH "/pass.yaml"), 0);
}
END_TEST

static const char *const ready[] = { "jetson-agx-orin", "jetson-orin-nx", "jetson-orin-nano" };

START_TEST(a_ready_manifest_loads) /* loop test */
{
    struct rk_manifest *m = NULL;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/../../manifests/%s.yaml", TEST_DATA, ready[_i]);
    ck_assert_msg(rk_manifest_load(ctx(), path, &m, &err) == RK_OK, "%s", err.msg);
    ck_assert_str_eq(m->product.v, ready[_i]);
    ck_assert_str_eq(m->platform.v, "t234");
    rk_manifest_free(m);
}
END_TEST

/* Each byte of a real manifest in turn, with one bit or all of them turned. */
START_TEST(every_flipped_byte_is_loaded_or_refused_with_a_place) /* loop test: _i is the mask */
{
    struct rk_bytes text = RK_BYTES_NONE;
    const uint8_t masks[] = { 0x01, 0x20, 0x80, 0xff };
    size_t refused = 0;

    ck_assert_int_eq(
        rk_file_read(TEST_DATA "/../../manifests/jetson-orin-nano.yaml", 1 << 20, &text, &err),
        RK_OK);
    for (size_t i = 0; i < text.len; i++) {
        struct rk_manifest *m = NULL;

        text.p[i] ^= masks[_i];
        ck_assert_int_eq(
            rk_file_write(TEST_SCRATCH "/flip.yaml", RK_FILE_PUBLIC, text.p, text.len, &err),
            RK_OK);
        text.p[i] ^= masks[_i];
        if (rk_manifest_load(ctx(), TEST_SCRATCH "/flip.yaml", &m, &err) == RK_OK) {
            rk_manifest_free(m);
            continue;
        }
        ck_assert_ptr_null(m);
        ck_assert_int_eq(err.rc, RK_E_USAGE);
        ck_assert_uint_ne(err.line, 0);
        refused++;
    }
    ck_assert_uint_gt(refused, text.len / 4);
    rk_bytes_done(&text);
    ck_assert_int_eq(unlink(TEST_SCRATCH "/flip.yaml"), 0);
}
END_TEST

/* libyaml's own memory is not reached; ours and OpenSSL's is. */
static enum rk_rc load_once(void *arg)
{
    struct rk_manifest *m = NULL;
    struct rk_err e;
    enum rk_rc rc = rk_manifest_load(ctx(), arg, &m, &e);

    if (rc != RK_OK && m != NULL)
        rc = RK_OK; /* an output on failure: the sweep takes it for a fault ignored */
    rk_manifest_free(m);
    return rc;
}

START_TEST(loading_without_memory_fails_and_leaks_nothing)
{
    char path[] = TEST_DATA "/../../examples/jetson-orin/manifest.yaml";

    /* First without a fault: OpenSSL 3.0 does not survive one while it sets itself up. */
    ck_assert_int_eq(load_once(path), RK_OK);
    ck_assert_int_ge(fault_sweep(load_once, path, 1000), 20);
}
END_TEST

/* Every cut of a real manifest loads or is refused with a place; nothing crashes, nothing leaks. */
START_TEST(every_cut_is_loaded_or_refused_with_a_place)
{
    struct rk_bytes text = RK_BYTES_NONE;

    ck_assert_int_eq(
        rk_file_read(TEST_DATA "/../../examples/jetson-orin/manifest.yaml", 1 << 20, &text, &err),
        RK_OK);
    for (size_t len = 0; len < text.len; len += 7) {
        struct rk_manifest *m = NULL;

        ck_assert_int_eq(rk_file_write(TEST_SCRATCH "/cut.yaml", RK_FILE_PUBLIC, text.p, len, &err),
                         RK_OK);
        if (rk_manifest_load(ctx(), TEST_SCRATCH "/cut.yaml", &m, &err) == RK_OK) {
            rk_manifest_free(m);
            continue;
        }
        ck_assert_int_eq(err.rc, RK_E_USAGE);
        ck_assert_uint_ne(err.line, 0);
        ck_assert_str_eq(err.file, TEST_SCRATCH "/cut.yaml");
    }
    rk_bytes_done(&text);
    ck_assert_int_eq(unlink(TEST_SCRATCH "/cut.yaml"), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_committed_schema_is_that_of_the_rows);
    tcase_add_test(tc, the_example_loads_with_its_values);
    tcase_add_test(tc, the_init_text_loads_as_it_is);
    tcase_add_test(tc, every_cut_is_loaded_or_refused_with_a_place);
    tcase_add_test(tc, paths_are_relative_to_the_manifest_and_remember_their_place);
    tcase_add_test(tc, a_path_too_long_is_refused_at_its_place);
    tcase_add_test(tc, a_passphrase_in_place_of_its_source_is_not_shown);
    tcase_add_loop_test(tc, a_ready_manifest_loads, 0, 3);
    tcase_add_loop_test(tc, every_flipped_byte_is_loaded_or_refused_with_a_place, 0, 4);
    tcase_add_test(tc, loading_without_memory_fails_and_leaks_nothing);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "manifest", .add = add, .timeout_s = 60 });
}
