/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/ossl.h"

#include "suite.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

START_TEST(the_first_line_grows_outwards_and_notes_go_below)
{
    struct rk_err err;

    ck_assert_int_eq(rk_fail(&err, RK_E_USAGE, "%d bytes, expected %d", 15, 16), RK_E_USAGE);
    ck_assert_int_eq(rk_wrap(&err, "file \"%s\"", "k.bin"), RK_E_USAGE);
    ck_assert_int_eq(rk_note(&err, "give 16"), RK_E_USAGE);
    ck_assert_int_eq(rk_wrap(&err, "key \"sym2\""), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "key \"sym2\": file \"k.bin\": 15 bytes, expected 16\n  give 16");
}
END_TEST

START_TEST(a_place_is_kept_and_shown)
{
    struct rk_err err;

    ck_assert_int_eq(rk_fail_at(&err, RK_E_USAGE, "x.yaml", 42, 7, "unknown"), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "x.yaml:42:7: unknown");
    ck_assert_str_eq(err.file, "x.yaml");
    ck_assert_uint_eq(err.line, 42);
    ck_assert_uint_eq(err.column, 7);
    ck_assert_int_eq(rk_fail_at(&err, RK_E_USAGE, "x.csv", 3, 0, "bad"), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "x.csv:3: bad");
}
END_TEST

START_TEST(what_is_quoted_moves_no_cursor)
{
    struct rk_err err;

    (void)rk_fail(&err, RK_E_USAGE, "\"%s\"", "a\033[31m\nrotkit: holds\t\177\r");
    (void)rk_note(&err, "give \"%s\"", "b\033");
    (void)rk_wrap(&err, "\"%s\"", "c\nd");
    ck_assert_str_eq(err.msg, "\"c?d\": \"a?[31m?rotkit: holds???\"\n  give \"b?\"");
    (void)rk_fail(&err, RK_E_USAGE, "first\n  its note");
    ck_assert_str_eq(err.msg, "first\n  its note");
    /* C1 controls, alone and in UTF-8; what is no UTF-8; what is stays. */
    (void)rk_fail(&err, RK_E_USAGE, "%s",
                  "a\x9b"
                  "2J \xc2\x9b \xc0\x80 \xed\xa0\x80 \xe2\x82 \xe2\x82\xac \xf0\x9f\x98\x80");
    ck_assert_str_eq(err.msg, "a?2J ?? ?? ??? ?? \xe2\x82\xac \xf0\x9f\x98\x80");
}
END_TEST

START_TEST(text_that_does_not_fit_ends_in_dots)
{
    struct rk_err err;
    char huge[3000];

    memset(huge, 'x', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    ck_assert_int_eq(rk_fail(&err, RK_E_IO, "%s", huge), RK_E_IO);
    ck_assert_uint_eq(strlen(err.msg), sizeof err.msg - 1);
    ck_assert_str_eq(err.msg + sizeof err.msg - 4, "...");
    ck_assert_int_eq(rk_wrap(&err, "subject"), RK_E_IO);
    ck_assert_int_eq(strncmp(err.msg, "subject: xxx", 12), 0);
    ck_assert_str_eq(err.msg + sizeof err.msg - 4, "...");
    ck_assert_int_eq(rk_note(&err, "never seen"), RK_E_IO);
    ck_assert_uint_lt(strlen(err.msg), sizeof err.msg);
    ck_assert_int_eq(rk_wrap(&err, "%s", huge), RK_E_IO);
    ck_assert_uint_lt(strlen(err.msg), sizeof err.msg);
}
END_TEST

START_TEST(openssls_queue_is_left_empty)
{
    struct rk_err err;

    ERR_raise(ERR_LIB_USER, ERR_R_PASSED_INVALID_ARGUMENT);
    ERR_raise(ERR_LIB_PEM, 100);
    ck_assert_int_eq(rk_fail_ossl(&err, RK_E_KEY, "key"), RK_E_KEY);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert_str_eq(err.msg, "key: its base64 is damaged");
    errno = ENOENT;
    ck_assert_int_eq(rk_fail_errno(&err, RK_E_IO, "cannot open \"%s\"", "x"), RK_E_IO);
    ck_assert_str_eq(err.msg, "cannot open \"x\": No such file or directory");
}
END_TEST

/* Of all that OpenSSL can say. */
START_TEST(no_reason_names_a_library_or_a_nesting)
{
    bool no_memory;

    for (int lib = 1; lib < 128; lib++) {
        for (int reason = 1; reason < 1024; reason++) {
            const char *words;

            ERR_raise(lib, reason);
            ERR_raise(lib, reason | ERR_RFLAG_COMMON);
            words = rk_ossl_reason(&no_memory);
            if (words == NULL)
                continue;
            ck_assert_msg(strstr(words, "nested") == NULL && strstr(words, "routines") == NULL &&
                              (strlen(words) < 4 || strcmp(words + strlen(words) - 4, " lib") != 0),
                          "%d %d: %s", lib, reason, words);
        }
    }
}
END_TEST

static void raise_all(const int (*codes)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        ERR_raise(codes[i][0], codes[i][1]);
}

START_TEST(the_try_that_came_furthest_is_told)
{
    static const int tries[][2] = {
        { ERR_LIB_PEM, 108 },                        /* no start line */
        { ERR_LIB_ASN1, 168 },                       /* wrong tag */
        { ERR_LIB_EC, 107 },                         /* point is not on curve */
        { ERR_LIB_EC, ERR_R_EC_LIB },                /* passed on */
        { ERR_LIB_ASN1, ERR_R_NESTED_ASN1_ERROR },   /* passed on */
        { ERR_LIB_OSSL_DECODER, ERR_R_UNSUPPORTED }, /* the last try */
    };
    static const char *const words[] = {
        NULL,
        "no line -----BEGIN ...----- that fits",
        "the DER in it is damaged, cut off or of another kind",
        "the point does not lie on its curve",
    };
    bool no_memory;

    for (size_t n = 1; n <= 6; n++) {
        raise_all(tries, n);
        ck_assert_str_eq(rk_ossl_reason(&no_memory), words[n > 3 ? 3 : n]);
        ck_assert(!no_memory && ERR_peek_error() == 0);
    }
    raise_all(tries + 3, 3);
    ck_assert_ptr_null(rk_ossl_reason(&no_memory));
    ck_assert_ptr_null(rk_ossl_reason(&no_memory)); /* an empty queue */
}
END_TEST

START_TEST(want_of_memory_is_told_wherever_it_stands)
{
    struct rk_err err;

    ERR_raise(ERR_LIB_EC, ERR_R_MALLOC_FAILURE);
    ERR_raise(ERR_LIB_EVP, ERR_R_EC_LIB);
    ck_assert_int_eq(rk_fail_ossl(&err, RK_E_KEY, "key"), RK_E_NOMEM);
    ERR_raise(ERR_LIB_RSA, ERR_R_RSA_LIB);
    ck_assert_int_eq(rk_fail_ossl(&err, RK_E_KEY, "key"), RK_E_KEY);
    ck_assert_str_eq(err.msg, "key");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_first_line_grows_outwards_and_notes_go_below);
    tcase_add_test(tc, a_place_is_kept_and_shown);
    tcase_add_test(tc, what_is_quoted_moves_no_cursor);
    tcase_add_test(tc, text_that_does_not_fit_ends_in_dots);
    tcase_add_test(tc, openssls_queue_is_left_empty);
    tcase_add_test(tc, no_reason_names_a_library_or_a_nesting);
    tcase_add_test(tc, the_try_that_came_furthest_is_told);
    tcase_add_test(tc, want_of_memory_is_told_wherever_it_stands);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "err", .add = add });
}
