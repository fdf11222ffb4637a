/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EKs of random EPS, in batches and one by one, on every path of the prime search that this machine
 * has: OpenSSL's modular powers are the judge of the others. The model in plain C is slow: it is
 * asked of the first few alone. test_ek_paths COUNT
 */
#include "base/mem.h"
#include "rotkit/ek.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 11, /* not a multiple of the lanes */
    MODEL_MOST = 110,
};

static const char *const paths[] = { "ifma", "ifma,exact", "portable", "portable,exact" };
enum { QUICK_PATHS = 2, PATHS = sizeof paths / sizeof paths[0] };
static unsigned long wanted;

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_secret eps[BATCH];

static void new_batch(void)
{
    for (size_t i = 0; i < BATCH; i++) {
        rk_secret_done(&eps[i]);
        ck_assert_int_eq(rk_random_secret(ctx, 64, &eps[i], &err), RK_OK);
    }
}

static enum rk_rc derive(const char *path, const char *template_name, struct rk_ek_item *items)
{
    ck_assert_int_eq(setenv("ROTKIT_PRIME_SEARCH", path, 1), 0);
    for (size_t i = 0; i < BATCH; i++)
        items[i] = (struct rk_ek_item) { .eps = &eps[i] };
    return rk_ek_derive_batch(ctx, rk_ek_profile_at(0), rk_ek_template_find(template_name), items,
                              BATCH, &err);
}

static void release(struct rk_ek_item *items)
{
    for (size_t i = 0; i < BATCH; i++)
        rk_ek_done(&items[i].ek);
}

static void assert_same(const struct rk_ek_item *a, const struct rk_ek_item *b, const char *path)
{
    for (size_t i = 0; i < BATCH; i++) {
        ck_assert_int_eq(a[i].err.rc, RK_OK);
        ck_assert_int_eq(b[i].err.rc, RK_OK);
        ck_assert_msg(a[i].ek.public_tpm2b.len == b[i].ek.public_tpm2b.len &&
                          memcmp(a[i].ek.public_tpm2b.p, b[i].ek.public_tpm2b.p,
                                 a[i].ek.public_tpm2b.len) == 0,
                      "%s makes another key, number %zu of the batch", path, i);
    }
}

static bool is_absent(const char *path)
{
    const char *require = getenv("ROTKIT_REQUIRE_IFMA");

    return strncmp(path, "ifma", 4) == 0 && err.rc == RK_E_USAGE &&
           (require == NULL || strcmp(require, "1") != 0);
}

/* One by one, the lanes are filled with candidates of the one device. */
static void compare_each(const char *path, const char *template_name,
                         const struct rk_ek_item *judge)
{
    ck_assert_int_eq(setenv("ROTKIT_PRIME_SEARCH", path, 1), 0);
    for (size_t i = 0; i < BATCH; i++) {
        struct rk_ek ek = RK_EK_NONE;

        ck_assert_msg(rk_ek_derive(ctx, &eps[i], rk_ek_profile_at(0),
                                   rk_ek_template_find(template_name), &ek, &err) == RK_OK,
                      "%s: %s", path, err.msg);
        ck_assert_mem_eq(ek.public_tpm2b.p, judge[i].ek.public_tpm2b.p,
                         judge[i].ek.public_tpm2b.len);
        rk_ek_done(&ek);
    }
}

/* Compares what the first `count` paths make; returns how many of them this machine has. */
static int compare_batch(const char *template_name, int count)
{
    static struct rk_ek_item judge[BATCH], other[BATCH];
    int compared = 0;

    new_batch();
    ck_assert_msg(derive("openssl", template_name, judge) == RK_OK, "%s", err.msg);
    for (int i = 0; i < count; i++) {
        if (derive(paths[i], template_name, other)) {
            ck_assert_msg(is_absent(paths[i]), "%s: %s", paths[i], err.msg);
            continue;
        }
        assert_same(judge, other, paths[i]);
        release(other);
        if (compared++ == 0)
            compare_each(paths[i], template_name, judge);
    }
    release(judge);
    return compared;
}

START_TEST(every_path_makes_the_same_keys)
{
    unsigned long done = 0;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    for (; done < wanted; done += BATCH) {
        if (compare_batch("L-1", done < MODEL_MOST ? PATHS : QUICK_PATHS) == 0)
            break; /* no IFMA here: the model has had its share */
    }
    ck_assert_uint_ge(done, wanted < MODEL_MOST ? wanted : MODEL_MOST);
    ck_assert_int_gt(compare_batch("H-6", PATHS), 0); /* RSA-3072; the vectors have RSA-4096 */
    printf("%lu RSA-2048 EKs alike\n", done);
    for (size_t i = 0; i < BATCH; i++)
        rk_secret_done(&eps[i]);
    rk_ctx_free(ctx);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("ek_paths");
    TCase *tc = tcase_create("ek_paths");
    SRunner *runner;
    int failed;

    if (argc != 2)
        return EXIT_FAILURE;
    wanted = strtoul(argv[1], NULL, 10);
    tcase_add_test(tc, every_path_makes_the_same_keys);
    tcase_set_timeout(tc, 36000);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
