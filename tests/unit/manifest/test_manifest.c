/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's model, and that what is committed about it is what the rows say. */
#include "ftpmprov/file.h"
#include "ftpmprov/manifest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rk_err err;

START_TEST(the_committed_schema_is_that_of_the_rows)
{
    struct rk_bytes want = RK_BYTES_NONE, got = RK_BYTES_NONE;

    ck_assert_int_eq(
        rk_file_read(TEST_DATA "/../../docs/rotkit-manifest.schema.json", 1 << 20, &want, &err),
        RK_OK);
    ck_assert_int_eq(rk_manifest_schema(&got, &err), RK_OK);
    ck_assert_str_eq((const char *)got.p, (const char *)want.p);
    rk_bytes_done(&want);
    rk_bytes_done(&got);
}
END_TEST

START_TEST(the_example_loads_with_its_values)
{
    struct rk_manifest *m = NULL;

    ck_assert_msg(
        rk_manifest_load(TEST_DATA "/../../examples/jetson-orin/manifest.yaml", &m, &err) == RK_OK,
        "%s", err.msg);
    ck_assert_str_eq(m->product.v, "jetson-orin-demo");
    ck_assert_str_eq(m->role.v, "both");
    ck_assert_uint_eq(m->ek.templates.count, 3);
    ck_assert_str_eq(m->ek.templates.v[2], "H-3");
    ck_assert_int_eq(m->ek.certificate.not_before.v, 1767225600); /* date -ud 2026-01-01 +%s */
    ck_assert_int_eq(m->fuses.boot_security_info_preset.v, 0x1e0);
    ck_assert_int_eq(m->ek.certificate.spec_revision.v, 159);
    ck_assert_str_eq(m->ek.certificate.spec_family.v, "2.0"); /* a default */
    ck_assert(!m->release.reproducible.v);
    ck_assert_ptr_nonnull(strstr(m->devices.kdk_db.v, "examples/jetson-orin/devices/kdk_db.csv"));
    rk_manifest_free(m);
}
END_TEST

START_TEST(the_init_text_loads_as_it_is)
{
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_manifest *m = NULL;

    ck_assert_int_eq(rk_manifest_init_text(&text, &err), RK_OK);
    ck_assert_int_eq(
        rk_file_write(TEST_SCRATCH "/init.yaml", RK_FILE_PUBLIC, text.p, text.len, &err), RK_OK);
    ck_assert_msg(rk_manifest_load(TEST_SCRATCH "/init.yaml", &m, &err) == RK_OK, "%s", err.msg);
    ck_assert_str_eq(m->platform.v, "t234");
    rk_manifest_free(m);
    rk_bytes_done(&text);
    ck_assert_int_eq(unlink(TEST_SCRATCH "/init.yaml"), 0);
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
        if (rk_manifest_load(TEST_SCRATCH "/cut.yaml", &m, &err) == RK_OK) {
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

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *tc = tcase_create("manifest");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, the_committed_schema_is_that_of_the_rows);
    tcase_add_test(tc, the_example_loads_with_its_values);
    tcase_add_test(tc, the_init_text_loads_as_it_is);
    tcase_add_test(tc, every_cut_is_loaded_or_refused_with_a_place);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
