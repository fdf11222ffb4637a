/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check comes to: the proof that all that is loaded is signed, what is told of what could
 * not be checked, the outcome of each region, and the same through the installed header.
 */
#include "image.h"
#include "suite.h"

#include "ftpmprov/public.h"
#include "rotkit/format_table.h"

/* 0..15 head, 16..63 payload; 64..79 behind it, which nobody loads. */
enum { HEAD = 16, PAYLOAD = 48, REST = 16, ALL = HEAD + PAYLOAD + REST };

static struct rk_map map;
static struct rk_region *head, *payload, *rest;

static void load(void)
{
    memset(&map, 0, sizeof map);
    map.format = "test";
    ck_assert_int_eq(rk_region_add(&map, NULL, 0, ALL, "file", &map.root, &err), RK_OK);
    ck_assert_int_eq(rk_region_add(&map, map.root, 0, HEAD, "head", &head, &err), RK_OK);
    ck_assert_int_eq(rk_region_add(&map, map.root, HEAD, PAYLOAD, "payload", &payload, &err),
                     RK_OK);
    ck_assert_int_eq(rk_region_add(&map, map.root, HEAD + PAYLOAD, REST, "rest", &rest, &err),
                     RK_OK);
    payload->loaded = true;
    map.asks_signer = true;
}

static void unload(void)
{
    rk_map_done(&map);
}

static void guard(uint64_t from, uint64_t len, enum rk_guard_kind kind)
{
    ck_assert_int_eq(rk_map_guard(&map, from, len, kind, "it", &err), RK_OK);
}

static void is_refused(void)
{
    ck_assert_int_eq(rk_map_prove(&map, &err), RK_E_VERIFY);
    ck_assert_str_eq(err.msg,
                     "\"payload\" at 0x10 is loaded, and no signature that was checked covers it");
    ck_assert_int_eq(rk_map_settle(&map, &err), RK_OK);
    ck_assert_int_eq(payload->outcome, RK_FAILS);
}

START_TEST(what_is_loaded_and_covered_by_nothing_is_refused)
{
    is_refused();
}
END_TEST

START_TEST(a_digest_is_no_signature)
{
    guard(0, ALL, RK_GUARD_DIGEST);
    is_refused();
}
END_TEST

START_TEST(one_byte_that_is_not_covered_is_enough) /* loop test: which */
{
    guard(0, HEAD + (uint64_t)_i, RK_GUARD_SIGNATURE);
    guard(HEAD + (uint64_t)_i + 1, PAYLOAD - (uint64_t)_i - 1, RK_GUARD_SIGNATURE);
    is_refused();
}
END_TEST

START_TEST(signatures_that_touch_cover_together)
{
    guard(40, 24, RK_GUARD_SIGNATURE); /* in no order */
    guard(20, 8, RK_GUARD_SIGNATURE);
    guard(10, 30, RK_GUARD_SIGNATURE);
    ck_assert_int_eq(rk_map_prove(&map, &err), RK_OK);
    ck_assert_int_eq(rk_map_settle(&map, &err), RK_OK);
    ck_assert_int_eq(payload->outcome, RK_HOLDS);
    ck_assert_int_eq(head->outcome, RK_NOT_KNOWN);
    ck_assert_int_eq(rest->outcome, RK_NOT_KNOWN);
}
END_TEST

START_TEST(what_the_format_leaves_open_is_no_fault_and_not_known)
{
    struct rk_region *field;

    ck_assert_int_eq(rk_region_add(&map, payload, 20, 4, "checksum", &field, &err), RK_OK);
    guard(0, 20, RK_GUARD_SIGNATURE);
    guard(24, 40, RK_GUARD_SIGNATURE);
    ck_assert_int_eq(rk_map_open(&map, 20, 4, "checksum", &err), RK_OK);
    ck_assert_int_eq(rk_map_prove(&map, &err), RK_OK);
    ck_assert_int_eq(rk_map_conclude(&map, &err), RK_OK);
    ck_assert_int_eq(rk_map_settle(&map, &err), RK_OK);
    ck_assert_int_eq(payload->outcome, RK_HOLDS);
    ck_assert_int_eq(field->outcome, RK_NOT_KNOWN);
    ck_assert_uint_eq(field->needs, 0);
}
END_TEST

START_TEST(what_could_not_be_checked_is_told_with_what_it_needs)
{
    ck_assert_int_eq(rk_map_unknown(&map, HEAD, PAYLOAD, RK_NEED_KEY, "its hash", &err), RK_OK);
    ck_assert_int_eq(rk_map_unknown(&map, 0, HEAD, RK_NEED_CA, "who signed", &err), RK_OK);
    ck_assert_int_eq(rk_map_prove(&map, &err), RK_OK);
    ck_assert_int_eq(rk_map_conclude(&map, &err), RK_E_UNKNOWN);
    ck_assert_str_eq(err.msg, "could not be checked: its hash: needs the encryption key: --key\n"
                              "  who signed: needs the certificate: --ca");
    ck_assert_uint_eq(rk_map_needs(&map), 1U << RK_NEED_KEY | 1U << RK_NEED_CA);
    ck_assert_int_eq(rk_map_settle(&map, &err), RK_OK);
    ck_assert_int_eq(payload->outcome, RK_NOT_KNOWN);
    ck_assert_uint_eq(payload->needs, 1U << RK_NEED_KEY);
    ck_assert_uint_eq(rest->needs, 0);
}
END_TEST

START_TEST(no_anti_rollback_value_is_believed_that_is_not_signed)
{
    rk_region_set_ratchet(head, 7);
    guard(0, HEAD, RK_GUARD_DIGEST);
    ck_assert_int_eq(rk_map_believe_ratchets(&map, RK_NEED_PUB, &err), RK_E_UNKNOWN);
    ck_assert_str_eq(err.msg, "could not be checked: that the anti-rollback value of \"head\" is "
                              "signed: needs the signer's public key: --pub");
    unload();
    load();
    rk_region_set_ratchet(head, 7);
    guard(0, HEAD, RK_GUARD_SIGNATURE);
    ck_assert_int_eq(rk_map_believe_ratchets(&map, RK_NEED_PUB, &err), RK_OK);
}
END_TEST

/* As a program sees it that has nothing but the library. */
START_TEST(the_installed_call_refuses_what_it_could_not_check)
{
    struct rk_bytes file = image_read(BOOT "optee/ta_encrypted.ta");
    struct rk_bytes pem = image_read(BOOT "keys/rsa2048.pub.pem");
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;
    rk_public *key = NULL;
    rk_map *found = NULL;

    ck_assert_msg(rk_public_from_bytes(image_ctx(), pem.p, pem.len, &key, &err) == RK_OK, "%s",
                  err.msg);
    options.key = key;
    ck_assert_int_eq(rk_map_new(image_ctx(), file.p, file.len, &options, &found, &err),
                     RK_E_UNKNOWN);
    ck_assert_str_eq(err.msg, "optee-ta: could not be checked: hash and GCM tag: needs the "
                              "encryption key: --key");
    ck_assert_ptr_null(found);
    ck_assert_int_eq(rk_map_new(image_ctx(), file.p, file.len, NULL, &found, &err), RK_OK);
    rk_map_free(found);
    rk_public_free(key);
    rk_bytes_done(&pem);
    rk_bytes_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, what_is_loaded_and_covered_by_nothing_is_refused);
    tcase_add_test(tc, a_digest_is_no_signature);
    tcase_add_loop_test(tc, one_byte_that_is_not_covered_is_enough, 0, PAYLOAD);
    tcase_add_test(tc, signatures_that_touch_cover_together);
    tcase_add_test(tc, what_the_format_leaves_open_is_no_fault_and_not_known);
    tcase_add_test(tc, what_could_not_be_checked_is_told_with_what_it_needs);
    tcase_add_test(tc, no_anti_rollback_value_is_believed_that_is_not_signed);
    tcase_add_test(tc, the_installed_call_refuses_what_it_could_not_check);
}

int main(void)
{
    static const struct suite_options options = {
        .name = "outcome", .add = add, .load = load, .unload = unload
    };

    return suite_run(&options);
}
