/* SPDX-License-Identifier: Apache-2.0 */
/* EK templates: Names and policies against the published ones, what a user's own file may be. */
#include "rotkit/template.h"

#include "rotkit/hex.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { WHOLE_MAX = 1024 };

static rk_ctx *ctx;
static struct rk_err err;

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static void teardown(void)
{
    rk_ctx_free(ctx);
}

/* ---- the built-in ones ---- */

/* ek-derivation.md section 2; NVIDIA's offline tool carries the same two constants. */
static const char *const known_names[][2] = {
    { "L-1", "000b32503929a1287eedaa3e89d932f9b51a6f92abd0fa57721ffa6fc041e04f7498" },
    { "L-2", "000b0f1277a2f3f382e7f75db466fac234182a8d62f97dfbaae7b06fdf52bda51467" },
};

START_TEST(names_of_the_low_templates_are_the_published_ones)
{
    uint8_t name[RK_EK_NAME_MAX];
    char hex[2 * RK_EK_NAME_MAX + 1];
    size_t len;

    ck_assert_int_eq(rk_template_name(ctx, &rk_ek_template_find(known_names[_i][0])->public_area,
                                      name, &len, &err),
                     RK_OK);
    rk_hex_write(name, len, hex);
    ck_assert_str_eq(hex, known_names[_i][1]);
}
END_TEST

static const struct {
    const char *name;
    uint16_t type, hash, key, aes; /* key: RSA bits, or the TPM's number of the curve */
    uint32_t attributes, nv_index;
    uint16_t unique;
} rows[] = {
    { "L-1", 0x0001, 0x000B, 2048, 128, 0x000300B2, 0x01C00002, 256 },
    { "L-2", 0x0023, 0x000B, 0x0003, 128, 0x000300B2, 0x01C0000A, 32 },
    { "H-1", 0x0001, 0x000B, 2048, 128, 0x000300F2, 0x01C00012, 0 },
    { "H-2", 0x0023, 0x000B, 0x0003, 128, 0x000300F2, 0x01C00014, 0 },
    { "H-3", 0x0023, 0x000C, 0x0004, 256, 0x000300F2, 0x01C00016, 0 },
    { "H-4", 0x0023, 0x000D, 0x0005, 256, 0x000300F2, 0x01C00018, 0 },
    { "H-6", 0x0001, 0x000C, 3072, 256, 0x000300F2, 0x01C0001C, 0 },
    { "H-7", 0x0001, 0x000C, 4096, 256, 0x000300F2, 0x01C0001E, 0 },
    { "azure-sdk", 0x0001, 0x000B, 2048, 128, 0x000300B2, 0, 0 },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void put(uint8_t **at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        *(*at)++ = (uint8_t)(value >> 8 * (width - 1 - i));
}

/* TPMT_PUBLIC by hand, as TPM 2.0 Part 2, 12.2.4 lays it out; the policy is the template's own. */
static size_t by_hand(size_t row, const TPM2B_DIGEST *policy, uint8_t *ret)
{
    uint8_t *at = ret;

    put(&at, rows[row].type, 2);
    put(&at, rows[row].hash, 2);
    put(&at, rows[row].attributes, 4);
    put(&at, policy->size, 2);
    memcpy(at, policy->buffer, policy->size);
    at += policy->size;
    put(&at, 0x0006, 2); /* AES */
    put(&at, rows[row].aes, 2);
    put(&at, 0x0043, 2); /* CFB */
    put(&at, 0x0010, 2); /* no scheme */
    put(&at, rows[row].key, 2);
    if (rows[row].type == 0x0001)
        put(&at, 0, 4); /* exponent */
    else
        put(&at, 0x0010, 2); /* no KDF */
    for (int i = rows[row].type == 0x0001 ? 1 : 2; i > 0; i--) {
        put(&at, rows[row].unique, 2);
        memset(at, 0, rows[row].unique);
        at += rows[row].unique;
    }
    return (size_t)(at - ret);
}

START_TEST(templates_are_the_tables_rows_in_wire_order)
{
    const struct rk_ek_template *tpl = rk_ek_template_at((size_t)_i);
    uint8_t want[WHOLE_MAX];
    struct rk_bytes got = RK_BYTES_NONE;
    size_t len;

    ck_assert_ptr_nonnull(tpl);
    ck_assert_ptr_eq(tpl, rk_ek_template_find(rows[_i].name));
    ck_assert_str_eq(rk_ek_template_name(tpl), rows[_i].name);
    ck_assert_uint_eq(rk_ek_template_nv_index(tpl), rows[_i].nv_index);
    len = by_hand((size_t)_i, &tpl->public_area.authPolicy, want);
    ck_assert_int_eq(rk_template_marshal(&tpl->public_area, &got, &err), RK_OK);
    ck_assert_uint_eq(got.len, len + 2);
    ck_assert_mem_eq(got.p + 2, want, len);
    rk_bytes_done(&got);
}
END_TEST

START_TEST(there_are_no_other_templates)
{
    ck_assert_ptr_null(rk_ek_template_at(ROWS));
    ck_assert_ptr_null(rk_ek_template_find("H-5"));
}
END_TEST

/* ---- policies: TPM 2.0 Part 3, PolicySecret and PolicyOR; EK Credential Profile, B.6 ---- */

static void digest(const char *hash, const uint8_t *bytes, size_t len, uint8_t *ret)
{
    ck_assert_int_eq(EVP_Q_digest(NULL, hash, NULL, bytes, len, ret, NULL), 1);
}

/* H(H(0 | TPM_CC_PolicySecret | TPM_RH_ENDORSEMENT) | no policyRef) */
static void policy_secret(const char *hash, size_t size, uint8_t *ret)
{
    static const uint8_t command[] = { 0x00, 0x00, 0x01, 0x51, 0x40, 0x00, 0x00, 0x0B };
    uint8_t bytes[64 + sizeof command] = { 0 };

    memcpy(bytes + size, command, sizeof command);
    digest(hash, bytes, size + sizeof command, ret);
    digest(hash, ret, size, ret);
}

START_TEST(policy_a_is_policy_secret_of_the_endorsement_hierarchy)
{
    const TPM2B_DIGEST *policy =
        &rk_ek_template_find(_i == 0 ? "L-1" : "L-2")->public_area.authPolicy;
    uint8_t want[64];

    policy_secret("SHA256", 32, want);
    ck_assert_uint_eq(policy->size, 32);
    ck_assert_mem_eq(policy->buffer, want, 32);
}
END_TEST

/* PolicyC of SHA-256: PolicyAuthorizeNV of NV index 0x01C07F01, as the profile prints it. */
START_TEST(policy_b_is_a_or_c)
{
    static const uint8_t command[] = { 0x00, 0x00, 0x01, 0x71 };
    static const char c_hex[] = "3767e2edd43ff45a3a7e1eaefcef78643dca964632e7aad82c673a30d8633fde";
    const TPM2B_DIGEST *policy = &rk_ek_template_find("H-1")->public_area.authPolicy;
    uint8_t bytes[32 + 4 + 2 * 32] = { 0 }, want[64];

    memcpy(bytes + 32, command, sizeof command);
    policy_secret("SHA256", 32, want);
    memcpy(bytes + 36, want, 32);
    ck_assert_int_eq(rk_hex_read(c_hex, 64, bytes + 68, 32, &err), RK_OK);
    digest("SHA256", bytes, sizeof bytes, want);
    ck_assert_uint_eq(policy->size, 32);
    ck_assert_mem_eq(policy->buffer, want, 32);
}
END_TEST

/* ---- a user's own ---- */

START_TEST(templates_read_back_in_both_forms)
{
    const struct rk_ek_template *tpl = rk_ek_template_at((size_t)_i);
    struct rk_bytes whole = RK_BYTES_NONE, again = RK_BYTES_NONE;
    struct rk_ek_template *read = NULL;

    ck_assert_int_eq(rk_template_marshal(&tpl->public_area, &whole, &err), RK_OK);
    for (size_t skip = 0; skip <= 2; skip += 2) {
        ck_assert_int_eq(rk_ek_template_parse(whole.p + skip, whole.len - skip, &read, &err),
                         RK_OK);
        ck_assert_str_eq(rk_ek_template_name(read), "custom");
        ck_assert_uint_eq(rk_ek_template_nv_index(read), 0);
        ck_assert_int_eq(rk_template_marshal(&read->public_area, &again, &err), RK_OK);
        ck_assert_uint_eq(again.len, whole.len);
        ck_assert_mem_eq(again.p, whole.p, whole.len);
        rk_bytes_done(&again);
        rk_ek_template_free(read);
    }
    rk_bytes_done(&whole);
}
END_TEST

START_TEST(every_short_length_is_refused)
{
    struct rk_bytes whole = RK_BYTES_NONE;
    struct rk_ek_template *read = NULL;
    char want[80];

    ck_assert_int_eq(rk_template_marshal(&rk_ek_template_at((size_t)_i)->public_area, &whole, &err),
                     RK_OK);
    for (size_t skip = 0; skip <= 2; skip += 2) {
        for (size_t len = 0; len < whole.len - skip; len++) {
            uint8_t *cut = malloc(len + 1); /* of its own, so that the sanitizer sees the end */

            memcpy(cut, whole.p + skip, len);
            (void)snprintf(want, sizeof want,
                           "template: no TPMT_PUBLIC or TPM2B_PUBLIC of %zu byte%s", len,
                           len == 1 ? "" : "s");
            ck_assert_int_eq(rk_ek_template_parse(cut, len, &read, &err), RK_E_FORMAT);
            ck_assert_str_eq(err.msg, want);
            ck_assert_ptr_null(read);
            free(cut);
        }
    }
    rk_bytes_done(&whole);
}
END_TEST

START_TEST(trailing_bytes_are_refused)
{
    struct rk_bytes whole = RK_BYTES_NONE;
    struct rk_ek_template *read = NULL;
    uint8_t longer[WHOLE_MAX] = { 0 };

    ck_assert_int_eq(rk_template_marshal(&rk_ek_template_find("H-2")->public_area, &whole, &err),
                     RK_OK);
    memcpy(longer, whole.p, whole.len);
    ck_assert_int_eq(rk_ek_template_parse(longer, whole.len + 1, &read, &err), RK_E_FORMAT);
    ck_assert_int_eq(rk_ek_template_parse(longer + 2, whole.len - 2 + 1, &read, &err), RK_E_FORMAT);
    ck_assert_int_eq(rk_ek_template_parse(longer, sizeof longer, &read, &err), RK_E_FORMAT);
    ck_assert_ptr_null(read);
    rk_bytes_done(&whole);
}
END_TEST

/* A changed byte is either refused or part of another template, which then marshals to those bytes.
 */
START_TEST(every_flipped_bit_is_refused_or_kept)
{
    struct rk_bytes whole = RK_BYTES_NONE, again = RK_BYTES_NONE;
    size_t refused = 0;

    ck_assert_int_eq(rk_template_marshal(&rk_ek_template_at((size_t)_i)->public_area, &whole, &err),
                     RK_OK);
    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        struct rk_ek_template *read = NULL;

        whole.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (rk_ek_template_parse(whole.p, whole.len, &read, &err) == RK_OK) {
            ck_assert_int_eq(rk_template_marshal(&read->public_area, &again, &err), RK_OK);
            ck_assert_uint_eq(again.len, whole.len);
            ck_assert_mem_eq(again.p, whole.p, whole.len);
            rk_bytes_done(&again);
            rk_ek_template_free(read);
        } else {
            refused++;
        }
        whole.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_uint_ge(refused, 16 + 16 + 16); /* size, type and nameAlg at the least */
    rk_bytes_done(&whole);
}
END_TEST

static const struct {
    const char *from;
    size_t at; /* in TPMT_PUBLIC */
    size_t width;
    uint32_t value;
    const char *message;
} refusals[] = {
    { "H-1", 2, 2, 0x0012,
      "template: nameAlg 0x0012, expected SHA-1, SHA-256, SHA-384 or SHA-512" },
    { "H-1", 50, 2, 1536, "template: keyBits 1536, expected 1024, 2048, 3072 or 4096" },
    { "H-1", 50, 2, 8192, "template: keyBits 8192, expected 1024, 2048, 3072 or 4096" },
    { "H-1", 50, 2, 0, "template: keyBits 0, expected 1024, 2048, 3072 or 4096" },
    { "H-1", 52, 4, 3, "template: exponent 3, expected 0 or a prime from 65537 on" },
    { "H-1", 52, 4, 65535, "template: exponent 65535, expected 0 or a prime from 65537 on" },
    { "H-1", 52, 4, 65541, "template: exponent 65541 is not prime" },
    { "H-1", 52, 4, 0xFFFFFFFF, "template: exponent 4294967295 is not prime" },
    { "H-2", 50, 2, 0x0020, "template: curve 0x0020, expected P-256, P-384 or P-521" },
    { "H-2", 50, 2, 0x0001, "template: curve 0x0001, expected P-256, P-384 or P-521" },
};

START_TEST(keys_the_derivation_does_not_cover_are_refused)
{
    struct rk_bytes whole = RK_BYTES_NONE;
    struct rk_ek_template *read = NULL;
    uint8_t *at;

    ck_assert_int_eq(
        rk_template_marshal(&rk_ek_template_find(refusals[_i].from)->public_area, &whole, &err),
        RK_OK);
    at = whole.p + 2 + refusals[_i].at;
    put(&at, refusals[_i].value, refusals[_i].width);
    ck_assert_int_eq(rk_ek_template_parse(whole.p + 2, whole.len - 2, &read, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, refusals[_i].message);
    ck_assert_ptr_null(read);
    rk_bytes_done(&whole);
}
END_TEST

START_TEST(keyed_hash_is_refused)
{
    /* type, nameAlg, attributes, no policy, scheme NULL, no unique */
    static const uint8_t area[] = { 0, 8, 0, 0x0B, 0, 3, 0, 0xB2, 0, 0, 0, 0x10, 0, 0 };
    struct rk_ek_template *read = NULL;

    ck_assert_int_eq(rk_ek_template_parse(area, sizeof area, &read, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "template: type 0x0008, expected RSA (0x0001) or ECC (0x0023)");
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, names_of_the_low_templates_are_the_published_ones, 0, 2);
    tcase_add_loop_test(tc, templates_are_the_tables_rows_in_wire_order, 0, ROWS);
    tcase_add_test(tc, there_are_no_other_templates);
    tcase_add_loop_test(tc, policy_a_is_policy_secret_of_the_endorsement_hierarchy, 0, 2);
    tcase_add_test(tc, policy_b_is_a_or_c);
    tcase_add_loop_test(tc, templates_read_back_in_both_forms, 0, ROWS);
    tcase_add_loop_test(tc, every_short_length_is_refused, 0, ROWS);
    tcase_add_test(tc, trailing_bytes_are_refused);
    tcase_add_loop_test(tc, every_flipped_bit_is_refused_or_kept, 0, ROWS);
    tcase_add_loop_test(tc, keys_the_derivation_does_not_cover_are_refused, 0,
                        sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tc, keyed_hash_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "template", .add = add_tests, .load = setup, .unload = teardown, .timeout_s = 60 });
}
