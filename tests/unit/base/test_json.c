/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/json.h"

#include "fault.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct rk_err err;

START_TEST(a_document_keeps_the_order_of_its_members)
{
    rk_json *doc = rk_json_new();
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_jv list;

    rk_json_put_str(rk_json_root(doc), "z", "a \"b\"");
    list = rk_json_put_array(rk_json_root(doc), "list");
    rk_json_put_u64(list, NULL, 7);
    rk_json_put_bool(rk_json_put_object(list, NULL), "yes", true);
    rk_json_put_hex(rk_json_root(doc), "a", (const uint8_t *)"\x01\xff", 2);
    ck_assert_int_eq(rk_json_text(doc, false, &text, &err), RK_OK);
    ck_assert_str_eq((const char *)text.p,
                     "{\"z\":\"a \\\"b\\\"\",\"list\":[7,{\"yes\":true}],\"a\":\"01ff\"}");
    rk_bytes_done(&text);
    rk_json_free(doc);
}
END_TEST

START_TEST(a_fault_sticks_until_the_text_is_asked_for)
{
    rk_json *doc = rk_json_new();
    struct rk_bytes text = RK_BYTES_NONE;

    rk_json_put_str(rk_json_root(doc), "bad", "\xff\xfe");
    rk_json_put_str(rk_json_root(doc), "good", "x");
    ck_assert_int_eq(rk_json_text(doc, false, &text, &err), RK_E_NOMEM);
    ck_assert_ptr_null(text.p);
    rk_json_free(doc);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    { "{", "JSON line 1 column 1: string or '}' expected near end of file" },
    { "{\"a\":1,\"a\":2}", "JSON line 1 column 10: duplicate object key near '\"a\"'" },
    { "{} x", "JSON line 1 column 4: end of file expected near 'x'" },
    { "", "JSON line 1 column 0: '[' or '{' expected near end of file" },
};

START_TEST(malformed_text_is_refused_with_its_place)
{
    rk_json *doc = NULL;

    ck_assert_int_eq(rk_json_parse((const uint8_t *)bad[_i].text, strlen(bad[_i].text), &doc, &err),
                     RK_E_FORMAT);
    ck_assert_str_eq(err.msg, bad[_i].message);
    ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(absent_values_answer_absent)
{
    rk_json *doc = NULL;
    uint64_t v = 9;

    ck_assert_int_eq(rk_json_parse((const uint8_t *)"{\"n\":-1,\"s\":\"t\"}", 16, &doc, &err),
                     RK_OK);
    ck_assert_ptr_null(rk_json_str(rk_json_get(rk_json_root(doc), "none")));
    ck_assert_ptr_null(rk_json_str(rk_json_get(rk_json_root(doc), "n")));
    ck_assert(!rk_json_u64(rk_json_get(rk_json_root(doc), "n"), &v));
    ck_assert(!rk_json_u64(rk_json_get(rk_json_root(doc), "s"), &v));
    ck_assert_uint_eq(rk_json_count(rk_json_get(rk_json_root(doc), "none")), 0);
    ck_assert_ptr_null(rk_json_str(rk_json_at(rk_json_get(rk_json_root(doc), "none"), 3)));
    ck_assert_uint_eq(v, 9);
    rk_json_free(doc);
}
END_TEST

static enum rk_rc shout(void *arg, const char *text, struct rk_bytes *ret, struct rk_err *fault)
{
    char loud[32];

    if (strcmp(text, "no") == 0)
        return rk_fail(fault, RK_E_USAGE, "not that");
    (void)snprintf(loud, sizeof loud, "%s%s", text, (const char *)arg);
    return rk_bytes_copy(loud, strlen(loud), ret, fault);
}

static rk_json *parse(const char *text)
{
    rk_json *doc = NULL;

    ck_assert_int_eq(rk_json_parse((const uint8_t *)text, strlen(text), &doc, &err), RK_OK);
    return doc;
}

START_TEST(a_filled_copy_differs_in_its_texts_alone)
{
    rk_json *from = parse("{\"a\":\"x\",\"b\":[1,true,null,\"y\",{\"c\":\"\"}]}"),
            *to = rk_json_new();
    struct rk_bytes text = RK_BYTES_NONE;
    char mark[] = "!";

    rk_json_put_str(rk_json_root(to), "first", "x");
    ck_assert_int_eq(rk_json_put_filled(rk_json_root(to), rk_json_root(from), shout, mark, &err),
                     RK_OK);
    ck_assert_int_eq(rk_json_text(to, false, &text, &err), RK_OK);
    ck_assert_str_eq((const char *)text.p,
                     "{\"first\":\"x\",\"a\":\"x!\",\"b\":[1,true,null,\"y!\",{\"c\":\"!\"}]}");
    rk_bytes_done(&text);
    rk_json_free(from);
    rk_json_free(to);
}
END_TEST

START_TEST(filling_ends_with_the_fault_of_the_text)
{
    rk_json *from = parse("{\"a\":[{\"b\":\"no\"}]}"), *to = rk_json_new();
    char mark[] = "!";

    ck_assert_int_eq(rk_json_put_filled(rk_json_root(to), rk_json_root(from), shout, mark, &err),
                     RK_E_USAGE);
    ck_assert_str_eq(err.msg, "not that");
    rk_json_free(from);
    rk_json_free(to);
}
END_TEST

START_TEST(filling_has_a_bound_on_depth) /* _i levels below the root */
{
    char text[512] = "{\"a\":";
    char mark[] = "!";
    rk_json *from, *to = rk_json_new();

    for (int i = 1; i < _i; i++)
        strncat(text, "[", 2);
    strncat(text, "1", 2);
    for (int i = 1; i < _i; i++)
        strncat(text, "]", 2);
    strncat(text, "}", 2);
    from = parse(text);
    ck_assert_int_eq(rk_json_put_filled(rk_json_root(to), rk_json_root(from), shout, mark, &err),
                     _i <= 32 ? RK_OK : RK_E_USAGE);
    if (_i > 32)
        ck_assert_str_eq(err.msg, "JSON: more than 32 levels deep");
    rk_json_free(from);
    rk_json_free(to);
}
END_TEST

START_TEST(members_come_in_their_order_and_know_their_kind)
{
    static const struct {
        const char *key;
        enum rk_json_kind kind;
    } want[] = {
        { "o", RK_JSON_OBJECT }, { "a", RK_JSON_ARRAY }, { "s", RK_JSON_STRING },
        { "t", RK_JSON_BOOL },   { "f", RK_JSON_BOOL },  { "n", RK_JSON_OTHER },
        { "i", RK_JSON_OTHER },
    };
    rk_json *doc =
        parse("{\"o\":{},\"a\":[],\"s\":\"\",\"t\":true,\"f\":false,\"n\":null,\"i\":1}");
    void *iter = NULL;
    const char *key;
    struct rk_jv value;
    size_t n = 0;

    while (rk_json_next(rk_json_root(doc), &iter, &key, &value)) {
        ck_assert_str_eq(key, want[n].key);
        ck_assert_int_eq(rk_json_kind(value), want[n].kind);
        n++;
    }
    ck_assert_uint_eq(n, sizeof want / sizeof want[0]);
    ck_assert_int_eq(rk_json_kind(rk_json_get(rk_json_root(doc), "z")), RK_JSON_ABSENT);
    rk_json_free(doc);
}
END_TEST

static const char members[] =
    "{\"text\":\"four\",\"empty\":\"\",\"hex\":\"00aBff\",\"odd\":\"abc\",\"word\":\"zz\","
    "\"n\":7,\"minus\":-1,\"real\":7.0,\"list\":[]}";

/* A failure, its whole message, and nothing written. */
#define REFUSED(call, message)                                                                     \
    do {                                                                                           \
        ck_assert_int_eq(call, RK_E_FORMAT);                                                       \
        ck_assert_str_eq(err.msg, "member " message);                                              \
    } while (0)
#define UNLIKE(name, expected) "\"" name "\" is missing or malformed, expected " expected

START_TEST(wanted_texts_and_numbers_are_there_or_named)
{
    rk_json *doc = parse(members);
    struct rk_jv root = rk_json_root(doc);
    const char *borrowed = "kept";
    char text[5] = "kept";
    uint64_t n = 99;

    REFUSED(rk_json_want_str(root, "n", &borrowed, &err), UNLIKE("n", "a text"));
    REFUSED(rk_json_want_str(root, "absent", &borrowed, &err), UNLIKE("absent", "a text"));
    ck_assert_str_eq(borrowed, "kept");
    ck_assert_int_eq(rk_json_want_str(root, "empty", &borrowed, &err), RK_OK);
    ck_assert_str_eq(borrowed, "");
    REFUSED(rk_json_want_text(root, "text", text, 4, &err),
            UNLIKE("text", "a text of at most 3 bytes"));
    REFUSED(rk_json_want_text(root, "list", text, 5, &err),
            UNLIKE("list", "a text of at most 4 bytes"));
    ck_assert_str_eq(text, "kept");
    ck_assert_int_eq(rk_json_want_text(root, "text", text, 5, &err), RK_OK);
    ck_assert_str_eq(text, "four");
    REFUSED(rk_json_want_u64(root, "n", 6, &n, &err), UNLIKE("n", "a number from 0 to 6"));
    REFUSED(rk_json_want_u64(root, "minus", INT64_MAX, &n, &err), UNLIKE("minus", "a number"));
    REFUSED(rk_json_want_u64(root, "real", INT64_MAX, &n, &err), UNLIKE("real", "a number"));
    ck_assert_uint_eq(n, 99);
    ck_assert_int_eq(rk_json_want_u64(root, "n", 7, &n, &err), RK_OK);
    ck_assert_uint_eq(n, 7);
    rk_json_free(doc);
}
END_TEST

START_TEST(wanted_bytes_are_there_or_named)
{
    rk_json *doc = parse(members);
    struct rk_jv root = rk_json_root(doc);
    uint8_t fixed[3] = { 1, 2, 3 };
    struct rk_bytes bytes = RK_BYTES_NONE;

    REFUSED(rk_json_want_hex(root, "hex", fixed, 2, &err), UNLIKE("hex", "4 hex digits"));
    REFUSED(rk_json_want_hex(root, "odd", fixed, 1, &err), UNLIKE("odd", "2 hex digits"));
    REFUSED(rk_json_want_hex(root, "word", fixed, 1, &err), UNLIKE("word", "2 hex digits"));
    REFUSED(rk_json_want_hex(root, "n", fixed, 1, &err), UNLIKE("n", "2 hex digits"));
    ck_assert_mem_eq(fixed, "\1\2\3", 3);
    ck_assert_int_eq(rk_json_want_hex(root, "hex", fixed, 3, &err), RK_OK);
    ck_assert_mem_eq(fixed, "\x00\xab\xff", 3);
    REFUSED(rk_json_want_bytes(root, "hex", 2, &bytes, &err), UNLIKE("hex", "hex of 1 to 2 bytes"));
    REFUSED(rk_json_want_bytes(root, "empty", 2, &bytes, &err),
            UNLIKE("empty", "hex of 1 to 2 bytes"));
    REFUSED(rk_json_want_bytes(root, "odd", 2, &bytes, &err), UNLIKE("odd", "hex of 1 to 2 bytes"));
    REFUSED(rk_json_want_bytes(root, "word", 2, &bytes, &err),
            UNLIKE("word", "hex of 1 to 2 bytes"));
    REFUSED(rk_json_want_bytes(root, "no", 2, &bytes, &err), UNLIKE("no", "hex of 1 to 2 bytes"));
    ck_assert_ptr_null(bytes.p);
    ck_assert_int_eq(rk_json_want_bytes(root, "hex", 3, &bytes, &err), RK_OK);
    ck_assert_uint_eq(bytes.len, 3);
    ck_assert_mem_eq(bytes.p, "\x00\xab\xff", 3);
    rk_bytes_done(&bytes);
    rk_json_free(doc);
}
END_TEST

static enum rk_rc want_bytes(void *arg)
{
    const struct rk_jv *root = arg;
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    uint8_t fixed[3];
    struct rk_err e;

    if (rk_json_want_hex(*root, "hex", fixed, sizeof fixed, &e) ||
        rk_json_want_bytes(*root, "hex", 3, &bytes, &e))
        return e.rc;
    return bytes.len == 3 && memcmp(bytes.p, fixed, 3) == 0 ? RK_OK : RK_E_INTERNAL;
}

START_TEST(want_of_memory_is_no_malformed_member)
{
    rk_json *doc = parse(members);
    struct rk_jv root = rk_json_root(doc);

    ck_assert_int_eq(fault_sweep(want_bytes, &root, 20), 2);
    rk_json_free(doc);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_filled_copy_differs_in_its_texts_alone);
    tcase_add_test(tc, filling_ends_with_the_fault_of_the_text);
    tcase_add_loop_test(tc, filling_has_a_bound_on_depth, 30, 36);
    tcase_add_test(tc, members_come_in_their_order_and_know_their_kind);
    tcase_add_test(tc, a_document_keeps_the_order_of_its_members);
    tcase_add_test(tc, a_fault_sticks_until_the_text_is_asked_for);
    tcase_add_loop_test(tc, malformed_text_is_refused_with_its_place, 0, 4);
    tcase_add_test(tc, absent_values_answer_absent);
    tcase_add_test(tc, wanted_texts_and_numbers_are_there_or_named);
    tcase_add_test(tc, wanted_bytes_are_there_or_named);
    tcase_add_test(tc, want_of_memory_is_no_malformed_member);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "json", .add = add });
}
