/* SPDX-License-Identifier: Apache-2.0 */
/* Shards: every device in exactly one, buckets whole; what names a shard, and what does not. */
#include "rotkit/shard.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

START_TEST(a_device_is_in_one_shard_with_its_whole_bucket)
{
    const struct rk_shard whole = { 0, 0 };

    for (uint64_t i = 0; i < 4096; i++) {
        struct rk_unit_id sn;
        unsigned in = 0;

        rk_unit_id_make(0x0102, 0xfffffff0 + i, &sn);
        ck_assert(rk_shard_has(&whole, &sn));
        for (uint32_t k = 0; k < 7; k++) {
            const struct rk_shard shard = { k, 7 };

            if (!rk_shard_has(&shard, &sn))
                continue;
            in++;
            /* By hand: 0x0102 << 56 and the SN without its last byte, modulo 7; 2^56 is 4. */
            ck_assert_uint_eq((0x0102 * 4 + ((0xfffffff0 + i) >> 8)) % 7, k);
        }
        ck_assert_uint_eq(in, 1);
    }
}
END_TEST

static void set_all(const char *const *pairs)
{
    static const char *const names[] = { "JOB_COMPLETION_INDEX",  "SLURM_ARRAY_TASK_ID",
                                         "SLURM_ARRAY_TASK_MIN",  "SLURM_ARRAY_TASK_MAX",
                                         "SLURM_ARRAY_TASK_STEP", NULL };

    for (size_t i = 0; names[i] != NULL; i++)
        ck_assert_int_eq(unsetenv(names[i]), 0);
    for (; pairs[0] != NULL; pairs += 2)
        ck_assert_int_eq(setenv(pairs[0], pairs[1], 1), 0);
}

/* clang-format off */
static const struct {
    const char *text, *set[10];
    uint32_t index, count;
} good[] = {
    { "0/1", { NULL }, 0, 1 },
    { "3/4", { NULL }, 3, 4 },
    { "4095/4096", { NULL }, 4095, 4096 },
    { "1/2", { "JOB_COMPLETION_INDEX", "0", NULL }, 1, 2 },
    { "auto/8", { "JOB_COMPLETION_INDEX", "5", NULL }, 5, 8 },
    { "auto/8", { "SLURM_ARRAY_TASK_ID", "7", NULL }, 7, 8 },
    { "auto", { "SLURM_ARRAY_TASK_ID", "5", "SLURM_ARRAY_TASK_MIN", "1", "SLURM_ARRAY_TASK_MAX", "7", "SLURM_ARRAY_TASK_STEP", "2", NULL }, 2, 4 },
};
static const struct {
    const char *text, *set[10], *message;
} bad[] = {
    { "", { NULL }, "\"\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "3", { NULL }, "\"3\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "/4", { NULL }, "\"/4\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "1/", { NULL }, "\"1/\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "-1/4", { NULL }, "\"-1/4\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "1/4/2", { NULL }, "\"1/4/2\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { " 1/4", { NULL }, "\" 1/4\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "99999999999/4", { NULL }, "\"99999999999/4\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto" },
    { "0/0", { NULL }, "0 shards, expected 1 to 4096" },
    { "0/4097", { NULL }, "4097 shards, expected 1 to 4096" },
    { "4/4", { NULL }, "shard 4 of 4: they count from 0 to 3" },
    { "auto/4", { NULL }, "neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set: give the number of the shard" },
    { "auto/4", { "JOB_COMPLETION_INDEX", "0", "SLURM_ARRAY_TASK_ID", "0", NULL }, "JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are both set: give the number of the shard" },
    { "auto/4", { "JOB_COMPLETION_INDEX", "x", NULL }, "JOB_COMPLETION_INDEX: \"x\" is no number" },
    { "auto/4", { "JOB_COMPLETION_INDEX", "4", NULL }, "shard 4 of 4: they count from 0 to 3" },
    { "auto", { "JOB_COMPLETION_INDEX", "0", NULL }, "SLURM_ARRAY_TASK_ID is not set\n  \"auto\" is for Slurm arrays; elsewhere say \"auto/N\"" },
    { "auto", { "SLURM_ARRAY_TASK_ID", "2", "SLURM_ARRAY_TASK_MIN", "1", "SLURM_ARRAY_TASK_MAX", "7", "SLURM_ARRAY_TASK_STEP", "2", NULL },
      "SLURM_ARRAY_TASK_ID: 2 is not one of 1-7:2\n  \"auto\" is for Slurm arrays; elsewhere say \"auto/N\"" },
};
/* clang-format on */

START_TEST(a_shard_is_named) /* loop test */
{
    struct rk_shard shard;
    struct rk_err err;

    set_all(good[_i].set);
    ck_assert_int_eq(rk_shard_parse(good[_i].text, &shard, &err), RK_OK);
    ck_assert_uint_eq(shard.index, good[_i].index);
    ck_assert_uint_eq(shard.count, good[_i].count);
}
END_TEST

START_TEST(anything_else_is_refused) /* loop test */
{
    struct rk_shard shard = { 77, 77 };
    struct rk_err err;

    set_all(bad[_i].set);
    ck_assert_int_eq(rk_shard_parse(bad[_i].text, &shard, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, bad[_i].message);
    ck_assert_uint_eq(shard.index, 77); /* untouched */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_device_is_in_one_shard_with_its_whole_bucket);
    tcase_add_loop_test(tc, a_shard_is_named, 0, (int)(sizeof good / sizeof good[0]));
    tcase_add_loop_test(tc, anything_else_is_refused, 0, (int)(sizeof bad / sizeof bad[0]));
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "shard", .add = add });
}
