/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/ctx.h"

#include "suite.h"

static rk_ctx *ctx;
static struct rk_err err;

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static void unload(void)
{
    rk_ctx_free(ctx);
}

/* By date -ud TEXT +%s */
static const struct {
    const char *text;
    int64_t want;
} good[] = {
    { "1970-01-01", 0 },
    { "2026-01-01", 1767225600 },
    { "2024-02-29", 1709164800 },
    { "2026-11-23T18:55:01Z", 1795460101 },
    { "9999-12-31T23:59:59Z", 253402300799 },
    { "2026-11-23T18:55:01.5Z", 1795460101 },
    { "2026-11-23t18:55:01z", 1795460101 },
    { "2026-11-23T20:25:01+01:30", 1795460101 },
    { "2026-11-23T10:55:01.125-08:00", 1795460101 },
};
static const char *const bad[] = { "2026-02-29",
                                   "2026-13-01",
                                   "2026-00-01",
                                   "2026-1-01",
                                   "26-01-01",
                                   "2026-01-01T24:00:00Z",
                                   "2026-01-01T00:00:00",
                                   "2026-04-31",
                                   "",
                                   "2026-01-01 00:00:00Z",
                                   "2026-01-01T00:00:00+1",
                                   "2026-01-01T00:00:00+24:00",
                                   "2026-01-01T00:00:00.Z",
                                   "2026-01-01T00:00:00ZZ",
                                   "2026-01-01T00:00:00+01:00Z" };

START_TEST(a_date_is_seconds_since_1970)
{
    int64_t v = -1;

    ck_assert_int_eq(rk_clock_parse(good[_i].text, &v, &err), RK_OK);
    ck_assert_int_eq(v, good[_i].want);
}
END_TEST

START_TEST(what_is_no_date_is_refused)
{
    int64_t v = -1;

    ck_assert_int_eq(rk_clock_parse(bad[_i], &v, &err), RK_E_USAGE);
    ck_assert_int_eq(v, -1);
}
END_TEST

START_TEST(source_date_epoch_is_the_clock)
{
    int64_t v = -1;

    ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "86400", 1), 0);
    ck_assert_int_eq(rk_clock_now(ctx, &v, &err), RK_OK);
    ck_assert_int_eq(v, 86400);
    ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "tomorrow", 1), 0);
    ck_assert_int_eq(rk_clock_now(ctx, &v, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "SOURCE_DATE_EPOCH: \"tomorrow\" is no number");
}
END_TEST

static int pinned(void *arg, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)i;
    return *(int *)arg;
}

START_TEST(randomness_can_be_pinned_and_can_fail)
{
    struct rk_secret secret = RK_SECRET_NONE;
    int answer = 1;

    rk_ctx_set_random(ctx, pinned, &answer);
    ck_assert_int_eq(rk_random_secret(ctx, 4, &secret, &err), RK_OK);
    ck_assert_mem_eq(secret.p, "\0\1\2\3", 4);
    rk_secret_done(&secret);
    answer = 0;
    ck_assert_int_eq(rk_random_secret(ctx, 4, &secret, &err), RK_E_INTERNAL);
    ck_assert_ptr_null(secret.p);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_date_is_seconds_since_1970, 0, 5);
    tcase_add_loop_test(tc, what_is_no_date_is_refused, 0, 10);
    tcase_add_test(tc, source_date_epoch_is_the_clock);
    tcase_add_test(tc, randomness_can_be_pinned_and_can_fail);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "clock", .add = add, .load = load, .unload = unload });
}
