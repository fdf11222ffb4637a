/* SPDX-License-Identifier: Apache-2.0 */
/* Registration ids as Microsoft's SDK computes them; storage root keys from a sorted file. */
#include "enroll/azure_dps.h"
#include "enroll/registration_id.h"

#include "rotkit/base64.h"
#include "rotkit/file.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct rk_err err;
static struct rk_bytes vectors;

static void load(void)
{
    ck_assert_int_eq(
        rk_file_read(TEST_DATA "/vectors/azure/registration-ids.jsonl", 1 << 20, &vectors, &err),
        RK_OK);
}

static void unload(void)
{
    rk_bytes_done(&vectors);
}

START_TEST(registration_ids_are_those_of_microsofts_sdk)
{
    size_t count = 0;

    for (char *line = (char *)vectors.p, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        rk_json *doc = NULL;
        struct rk_bytes key = RK_BYTES_NONE, again = RK_BYTES_NONE;
        const char *text;
        char id[53];

        ck_assert_int_eq(rk_json_parse((uint8_t *)line, (size_t)(end - line), &doc, &err), RK_OK);
        text = rk_json_str(rk_json_get(rk_json_root(doc), "endorsement_key"));
        ck_assert_int_eq(rk_base64_read(text, strlen(text), &key, &err), RK_OK);
        ck_assert_int_eq(rk_enroll_registration_id(&key, id, &err), RK_OK);
        ck_assert_str_eq(id, rk_json_str(rk_json_get(rk_json_root(doc), "registration_id")));
        ck_assert_int_eq(rk_base64_write(key.p, key.len, &again, &err), RK_OK);
        ck_assert_str_eq((const char *)again.p, text); /* Node's Buffer wrote it */
        ck_assert(rk_dps_is_rsa(&key));
        rk_bytes_done(&key);
        rk_bytes_done(&again);
        rk_json_free(doc);
        count++;
    }
    ck_assert_uint_eq(count, 49);
}
END_TEST

/* The smallest that passes for a TPM2B_PUBLIC of an RSA key, told apart by its last byte. */
#define KEY_A "AAMAAQo="
#define KEY_B "AAMAAQs="
#define KEY_C "AAMAAQw="
#define SN_A  "01020000000100000001"
#define SN_B  "01020000000100000002"
#define SN_C  "01020000000100000101"

static struct rk_input input(const char *text)
{
    return (struct rk_input) { "srk", (const uint8_t *)text, strlen(text) };
}

static void found(const char *text, const char *sn_text, int last)
{
    struct rk_input file = input(text);
    struct rk_bytes key = RK_BYTES_NONE;
    struct rk_unit_id sn;

    ck_assert_int_eq(rk_unit_id_parse(sn_text, &sn, &err), RK_OK);
    if (last < 0) {
        ck_assert_int_eq(rk_dps_srk_find(&file, &sn, &key, &err), RK_E_USAGE);
        ck_assert_str_eq(err.msg, "has no line for this device");
        return;
    }
    ck_assert_int_eq(rk_dps_srk_find(&file, &sn, &key, &err), RK_OK);
    ck_assert_uint_eq(key.len, 5);
    ck_assert_int_eq(key.p[4], last);
    rk_bytes_done(&key);
}

START_TEST(a_storage_root_key_is_found_wherever_it_stands)
{
    static const char text[] = SN_A " " KEY_A "\n" SN_B " " KEY_B "\n" SN_C " " KEY_C "\n";
    struct rk_input file = input(text), none = input("");

    ck_assert_int_eq(rk_dps_srk_check(&file, &err), RK_OK);
    found(text, SN_A, 10);
    found(text, SN_B, 11);
    found(text, SN_C, 12);
    found(text, "01020000000100000000", -1);
    found(text, "01020000000100000003", -1);
    found(text, "01020000000100000102", -1);
    found(SN_B " " KEY_B, SN_B, 11); /* no end of line */
    ck_assert_int_eq(rk_dps_srk_check(&none, &err), RK_OK);
    found("", SN_A, -1);
}
END_TEST

START_TEST(a_malformed_key_file_is_refused_with_its_line)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        { SN_A " " KEY_A "\n" SN_A " " KEY_B "\n",
          "line 2: a device twice, or not sorted by Device SN (sort -u does it)" },
        { SN_B " " KEY_A "\n" SN_A " " KEY_B "\n",
          "line 2: a device twice, or not sorted by Device SN (sort -u does it)" },
        { SN_A "," KEY_A "\n", "line 1: expected a Device SN of 20 digits, a blank and base64" },
        { SN_A " " KEY_A "\n\n" SN_B " " KEY_B "\n",
          "line 2: expected a Device SN of 20 digits, a blank and base64" },
        { SN_A " AAMAAQ==\n", "line 1: 4 bytes that are no TPM2B_PUBLIC of an RSA key" },
        { SN_A " AAMAIwo=\n", "line 1: 5 bytes that are no TPM2B_PUBLIC of an RSA key" },
        { SN_A " AAQAAQo=\n", "line 1: 5 bytes that are no TPM2B_PUBLIC of an RSA key" },
        { SN_A " " KEY_A "\r\n", "line 1: base64: 9 characters, expected a multiple of 4" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rk_input file = input(bad[i].text);

        ck_assert_int_eq(rk_dps_srk_check(&file, &err), RK_E_USAGE);
        ck_assert_str_eq(err.msg, bad[i].message);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, registration_ids_are_those_of_microsofts_sdk);
    tcase_add_test(tc, a_storage_root_key_is_found_wherever_it_stands);
    tcase_add_test(tc, a_malformed_key_file_is_refused_with_its_line);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "azure_dps", .add = add, .load = load, .unload = unload });
}
