/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of fuses: the tables against NVIDIA's reference file of Orin, written out here once more;
 * the scheme of every key with every value; every cut of a file; allocations that fail.
 */
#include "rotkit/fuse_file.h"

#include "rotkit/key.h"

#include "fault.h"
#include "suite.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEYS TEST_DATA "/vectors/ekb/pkh/"

static struct rk_err err;

/* r38.4, "Jetson Orin Reference Fuse Configuration File": names, sizes, order. */
static const struct {
    const char *name;
    size_t size;
} orin[] = {
    { "OdmId", 8 },          { "OdmInfo", 4 },         { "ArmJtagDisable", 4 },
    { "ReservedOdm0", 4 },   { "ReservedOdm1", 4 },    { "ReservedOdm2", 4 },
    { "ReservedOdm3", 4 },   { "ReservedOdm4", 4 },    { "ReservedOdm5", 4 },
    { "ReservedOdm6", 4 },   { "ReservedOdm7", 4 },    { "OptInEnable", 4 },
    { "PublicKeyHash", 64 }, { "PkcPubkeyHash1", 64 }, { "PkcPubkeyHash2", 64 },
    { "SecureBootKey", 32 }, { "Kdk0", 32 },           { "PscOdmStatic", 4 },
    { "OemK1", 32 },         { "OemK2", 32 },          { "BootSecurityInfo", 4 },
    { "SecurityMode", 4 },
};

static const struct rk_fuse_soc *t234(void)
{
    const struct rk_fuse_soc *soc;

    ck_assert_int_eq(rk_fuse_soc_find("t234", &soc, &err), RK_OK);
    return soc;
}

START_TEST(the_table_of_orin_is_nvidias_reference_file)
{
    const struct rk_fuse_row *row = t234()->rows;

    for (size_t i = 0; i < sizeof orin / sizeof orin[0]; i++, row++) {
        ck_assert_str_eq(row->name, orin[i].name);
        ck_assert_uint_eq(row->size, orin[i].size);
        ck_assert(row->size <= RK_FUSE_VALUE_MAX && (row->can == 0) == (row->size != 4));
    }
    ck_assert_ptr_null(row->name);
}
END_TEST

static const char merged[] =
    "<genericfuse MagicId=\"0x45535546\" version=\"1.0.0\">\n"
    "  <fuse name=\"OdmInfo\" size=\"4\" value=\"0x00000102\"/>\n"
    "  <fuse name=\"BootSecurityInfo\" size=\"4\" value=\"0x000003e1\"/>\n"
    "  <fuse name=\"SecurityMode\" size=\"4\" value=\"0x00000001\"/>\n</genericfuse>\n";

START_TEST(what_is_put_stands_in_burn_order_and_a_merge_agrees)
{
    struct rk_fuse_set a = { .soc = t234() }, b = { .soc = t234() };
    struct rk_secret xml = RK_SECRET_NONE;

    ck_assert_int_eq(rk_fuse_set_put_number(&a, "SecurityMode", 1, &err), RK_OK);
    ck_assert_int_eq(rk_fuse_set_put_number(&a, "BootSecurityInfo", 0x201, &err), RK_OK);
    ck_assert_int_eq(rk_fuse_set_put_number(&b, "BootSecurityInfo", 0x1e1, &err), RK_OK);
    ck_assert_int_eq(rk_fuse_set_put_number(&b, "OdmInfo", 0x102, &err), RK_OK);
    ck_assert_int_eq(rk_fuse_set_merge(&a, &b, &err), RK_OK);
    ck_assert_int_eq(rk_fuse_set_xml(&a, &xml, &err), RK_OK);
    ck_assert_uint_eq(xml.len, sizeof merged - 1);
    ck_assert_mem_eq(xml.p, merged, xml.len);
    ck_assert_int_eq(rk_fuse_set_put_number(&a, "OdmInfo", 0x103, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_fuse_set_put_number(&a, "Kdk0", 1, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_fuse_set_put_number(&a, "Kek2", 1, &err), RK_E_USAGE);
    ck_assert_uint_eq(a.count, 3);
    rk_secret_done(&xml);
    rk_fuse_set_done(&a);
    rk_fuse_set_done(&b);
}
END_TEST

/* Bits 2:0 are an enumeration: of the eight values one is right, and it alone. */
START_TEST(every_key_has_one_scheme)
{
    static const struct {
        const char *file;
        uint32_t scheme;
    } keys[] = { { KEYS "rsa3k.pem", 1 }, { KEYS "ecp256.pem", 2 }, { KEYS "ecp521.pem", 3 } };
    rk_signer *key = NULL;
    rk_ctx *ctx = NULL;
    uint8_t hash[64];

    memset(hash, 0x5a, sizeof hash);
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_signer_open(ctx, keys[_i].file, NULL, &key, &err), RK_OK);
    for (uint32_t value = 0; value < 8; value++) {
        struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
        const struct rk_fuse_known known = { .key = { rk_signer_pkey(key) } };
        struct rk_fuse_set set = { .soc = t234() };

        ck_assert_int_eq(rk_fuse_set_put(&set, "PublicKeyHash", hash, sizeof hash, &err), RK_OK);
        ck_assert_int_eq(rk_fuse_set_put_number(&set, "BootSecurityInfo", value, &err), RK_OK);
        rk_fuse_rules(&set, &known, &findings);
        ck_assert_int_eq(rk_fuse_verdict(&findings, RK_E_USAGE, &err),
                         value == keys[_i].scheme ? RK_OK : RK_E_USAGE);
        rk_fuse_findings_done(&findings);
        rk_fuse_set_done(&set);
    }
    rk_signer_free(key);
    rk_ctx_free(ctx);
}
END_TEST

static const char good[] =
    "<?xml version=\"1.0\"?>\n<!-- one -->\n<genericfuse MagicId=\"0x45535546\" version='1.0.0'>\n"
    "  <fuse name=\"OdmId\" size=\"8\" value=\"0x0123456789abcdef\"/>\n"
    "  <fuse name=\"Kdk0\" size=\"32\" value=\""
    "681a8d62bffb803e9b1068eb4e14af3e440b5a73d0e81d161d2817c24dac41a6\"></fuse>\n</genericfuse>";

static enum rk_rc read_it(const char *text, size_t len, size_t *ret_findings)
{
    struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    struct rk_fuse_set set = { .soc = NULL };
    char *copy = malloc(len + 1);
    enum rk_rc rc;

    memcpy(copy, text, len);
    rc = rk_fuse_file_read((const uint8_t *)copy, len, t234(), &set, &findings, &err);
    *ret_findings = findings.count;
    rk_fuse_findings_done(&findings);
    rk_fuse_set_done(&set);
    free(copy);
    return rc;
}

START_TEST(every_cut_is_refused)
{
    size_t findings;

    ck_assert_int_eq(read_it(good, sizeof good - 1, &findings), RK_OK);
    ck_assert_uint_eq(findings, 0);
    for (size_t len = 0; len < sizeof good - 1; len++)
        ck_assert_int_eq(read_it(good, len, &findings), RK_E_FORMAT);
}
END_TEST

/* A flipped bit of a secret is another key, and no message has any of it. */
START_TEST(no_message_has_a_key)
{
    char text[sizeof good];
    const char *key = strstr(good, "681a8d62");
    size_t at = (size_t)(key - good), findings;

    for (size_t i = 0; i < 64; i++) {
        memcpy(text, good, sizeof good);
        text[at + i] = (char)(text[at + i] ^ 0x80);
        (void)read_it(text, sizeof text - 1, &findings);
        ck_assert_ptr_null(strstr(err.msg, "1068eb4e"));
        text[at + i] = 'x';
        ck_assert_int_eq(read_it(text, sizeof text - 1, &findings), RK_OK);
        ck_assert_uint_eq(findings, 1);
    }
}
END_TEST

static enum rk_rc sweep_body(void *arg)
{
    struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    struct rk_fuse_set set = { .soc = NULL };
    const struct rk_fuse_known nothing = { .has_preset = false };
    struct rk_secret xml = RK_SECRET_NONE;
    struct rk_err own;
    enum rk_rc rc;

    rc = rk_fuse_file_read((const uint8_t *)good, sizeof good - 1, arg, &set, &findings, &own);
    if (rc == RK_OK) {
        rk_fuse_rules(&set, &nothing, &findings);
        rc = rk_fuse_set_xml(&set, &xml, &own);
    }
    rk_secret_done(&xml);
    rk_fuse_findings_done(&findings);
    rk_fuse_set_done(&set);
    return rc;
}

START_TEST(reading_and_writing_survive_failing_allocations)
{
    ck_assert_int_gt(fault_sweep(sweep_body, (void *)(uintptr_t)t234(), 200), 4);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_table_of_orin_is_nvidias_reference_file);
    tcase_add_test(tc, what_is_put_stands_in_burn_order_and_a_merge_agrees);
    tcase_add_loop_test(tc, every_key_has_one_scheme, 0, 3);
    tcase_add_test(tc, every_cut_is_refused);
    tcase_add_test(tc, no_message_has_a_key);
    tcase_add_test(tc, reading_and_writing_survive_failing_allocations);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "fuse_set", .add = add });
}
