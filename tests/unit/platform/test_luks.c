/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk passphrases against those that the KDF of NVIDIA's published generator made, and what an
 * ECID may be. Each step of it is an AES-CMAC that may fail.
 */
#include "rotkit/luks.h"
#include "rotkit/file.h"
#include "rotkit/json.h"

#include "fault.h"
#include "suite.h"

#include <string.h>

enum { CASES = 3 };

static rk_ctx *ctx;
static rk_json *doc;
static struct rk_err err;

static void load(void)
{
    struct rk_bytes text = RK_BYTES_NONE;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_file_read(TEST_DATA "/vectors/ekb/luks.json", 1 << 16, &text, &err), RK_OK);
    ck_assert_int_eq(rk_json_parse(text.p, text.len, &doc, &err), RK_OK);
    rk_bytes_done(&text);
}

static void unload(void)
{
    rk_json_free(doc);
    rk_ctx_free(ctx);
}

static struct rk_jv cases(void)
{
    return rk_json_get(rk_json_root(doc), "cases");
}

static const char *str(struct rk_jv at, const char *key)
{
    return rk_json_str(rk_json_get(at, key));
}

static rk_mac *key_of(const char *hex)
{
    RK_AUTO(rk_secret_done) struct rk_secret bytes = RK_SECRET_NONE;
    rk_mac *mac = NULL;

    ck_assert_int_eq(rk_secret_from_hex(hex, strlen(hex), strlen(hex) / 2, &bytes, &err), RK_OK);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &bytes, &mac, &err), RK_OK);
    return mac;
}

static void makes(const rk_mac *key, const char *ecid, const char *context, const char *want)
{
    RK_AUTO(rk_secret_done) struct rk_secret digits = RK_SECRET_NONE;

    ck_assert_int_eq(rk_luks_passphrase(key, ecid, context, &digits, &err), RK_OK);
    ck_assert_uint_eq(digits.len, RK_LUKS_PASSPHRASE);
    ck_assert_mem_eq(digits.p, want, RK_LUKS_PASSPHRASE);
}

START_TEST(every_vector_is_reproduced)
{
    struct rk_jv at = rk_json_at(cases(), (size_t)_i);
    rk_mac *key = key_of(str(at, "disk_key"));
    char ecid[RK_LUKS_ECID + 1];

    ck_assert_int_eq(rk_luks_ecid(str(at, "ecid"), ecid, &err), RK_OK);
    ck_assert_str_eq(ecid, str(at, "ecid_text"));
    makes(key, ecid, str(at, "context"), str(at, "unique"));
    makes(key, NULL, str(at, "context"), str(at, "generic"));
    rk_mac_free(key);
}
END_TEST

START_TEST(all_vectors_are_seen)
{
    ck_assert_uint_eq(rk_json_count(cases()), CASES);
}
END_TEST

/* clang-format off */
static const struct {
    const char *text, *want; /* want NULL: refused */
} ecids[] = {
    { "0", "00000000000000000000000000000000" },
    { "0XABCDEF", "00000000000000000000000000abcdef" },
    { "abcdef0123456789abcdef0123456789", "0000000123456789abcdef0123456789" },
    { "1fffffffffffffffffffffffff", "0000000fffffffffffffffffffffffff" },
    { "", NULL },
    { "0x", NULL },
    { "0x0x1", NULL },
    { "x1", NULL },
    { "-1", NULL },
    { " 1", NULL },
    { "1 ", NULL },
    { "12g4", NULL },
    { "1\xc3\xa4", NULL },
    { "0x000000000000000000000000000000000", NULL }, /* 33 digits */
};
/* clang-format on */

START_TEST(an_ecid_is_its_low_100_bits)
{
    char ecid[RK_LUKS_ECID + 1] = "untouched";
    enum rk_rc rc = rk_luks_ecid(ecids[_i].text, ecid, &err);

    if (ecids[_i].want == NULL) {
        ck_assert_int_eq(rc, RK_E_USAGE);
        ck_assert_str_eq(ecid, "untouched");
        return;
    }
    ck_assert_int_eq(rc, RK_OK);
    ck_assert_str_eq(ecid, ecids[_i].want);
}
END_TEST

START_TEST(other_lengths_are_refused)
{
    static const char long_context[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; /* 41 */
    RK_AUTO(rk_secret_done) struct rk_secret digits = RK_SECRET_NONE;
    rk_mac *key = key_of("00112233445566778899aabbccddeeff");
    rk_mac *other = key_of("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

    ck_assert_int_eq(rk_luks_passphrase(key, NULL, long_context, &digits, &err), RK_E_USAGE);
    ck_assert_int_eq(rk_luks_passphrase(key, NULL, long_context + 1, &digits, &err), RK_OK);
    rk_secret_done(&digits);
    ck_assert_int_eq(rk_luks_passphrase(other, NULL, "x", &digits, &err), RK_E_USAGE);
    ck_assert_ptr_null(digits.p);
    rk_mac_free(key);
    rk_mac_free(other);
}
END_TEST

/* ---- a step that fails leaves nothing ---- */

static const rk_mac *swept;

static enum rk_rc both(void *arg)
{
    RK_AUTO(rk_secret_done) struct rk_secret unique = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret generic = RK_SECRET_NONE;
    struct rk_err own;

    (void)arg;
    if (rk_luks_passphrase(swept, "00000000000000000000000000000000", "x", &unique, &own) ||
        rk_luks_passphrase(swept, NULL, "x", &generic, &own))
        return unique.p == NULL || generic.p == NULL ? own.rc : RK_E_INTERNAL;
    return RK_OK;
}

START_TEST(a_failed_allocation_is_said)
{
    rk_mac *key = key_of("00112233445566778899aabbccddeeff");

    swept = key;
    /* Once without: OpenSSL 3.0 itself crashes when memory fails in the first fetch of a method. */
    ck_assert_int_eq(both(NULL), RK_OK);
    ck_assert_int_gt(fault_sweep(both, NULL, 2000), 4);
    rk_mac_free(key);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_vector_is_reproduced, 0, CASES);
    tcase_add_test(tc, all_vectors_are_seen);
    tcase_add_loop_test(tc, an_ecid_is_its_low_100_bits, 0, sizeof ecids / sizeof ecids[0]);
    tcase_add_test(tc, other_lengths_are_refused);
    tcase_add_test(tc, a_failed_allocation_is_said);
}

int main(void)
{
    if (!fault_install())
        return 1;
    return suite_run(&(struct suite_options) {
        .name = "luks", .add = add, .load = load, .unload = unload, .timeout_s = 4 });
}
