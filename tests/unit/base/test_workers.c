/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include "suite.h"

#include <pthread.h>
#include <unistd.h>

enum { BATCHES = 500 };

struct batch {
    size_t number, result;
};

struct pool { /* what the threads share in a test */
    pthread_mutex_t lock;
    size_t runs, at_work, most_at_work;
};

/* Later batches are often faster, so an order kept by chance does not hold. */
static void square(void *arg, void *item)
{
    struct pool *pool = arg;
    struct batch *batch = item;

    (void)pthread_mutex_lock(&pool->lock);
    pool->at_work++;
    if (pool->at_work > pool->most_at_work)
        pool->most_at_work = pool->at_work;
    (void)pthread_mutex_unlock(&pool->lock);
    (void)usleep((unsigned)(batch->number % 5 == 0 ? 2000 : 50));
    batch->result = batch->number * batch->number;
    (void)pthread_mutex_lock(&pool->lock);
    pool->at_work--;
    pool->runs++;
    (void)pthread_mutex_unlock(&pool->lock);
}

static const size_t thread_counts[] = { 1, 2, 3, 8 };

START_TEST(batches_come_out_in_the_order_they_went_in) /* loop test: _i is the row */
{
    struct pool pool = { .lock = PTHREAD_MUTEX_INITIALIZER };
    const struct rk_workers_options options = {
        .threads = thread_counts[_i], .room = 2 * thread_counts[_i], .run = square, .arg = &pool
    };
    struct batch batches[BATCHES];
    rk_workers *workers = NULL;
    size_t in = 0, out = 0;
    struct rk_err err;

    ck_assert_int_eq(rk_workers_new(&options, &workers, &err), RK_OK);
    while (out < BATCHES) {
        while (in < BATCHES && !rk_workers_full(workers)) {
            batches[in] = (struct batch) { .number = in };
            rk_workers_put(workers, &batches[in++]);
        }
        ck_assert_uint_le(in - out, options.room);
        struct batch *batch = rk_workers_take(workers);
        ck_assert_uint_eq(batch->number, out);
        ck_assert_uint_eq(batch->result, out * out);
        out++;
    }
    ck_assert(rk_workers_empty(workers));
    rk_workers_free(workers);
    ck_assert_uint_eq(pool.runs, BATCHES);
    ck_assert_uint_le(pool.most_at_work, options.threads);
    ck_assert(options.threads == 1 || pool.most_at_work > 1);
}
END_TEST

START_TEST(batches_left_inside_are_not_worked_on_after_free)
{
    struct pool pool = { .lock = PTHREAD_MUTEX_INITIALIZER };
    const struct rk_workers_options options = {
        .threads = 2, .room = 64, .run = square, .arg = &pool
    };
    struct batch batches[64];
    rk_workers *workers = NULL;
    struct rk_err err;
    size_t after;

    ck_assert_int_eq(rk_workers_new(&options, &workers, &err), RK_OK);
    for (size_t i = 0; i < 64; i++) {
        batches[i] = (struct batch) { .number = 5 * i }; /* slow ones */
        rk_workers_put(workers, &batches[i]);
    }
    ck_assert(rk_workers_full(workers));
    rk_workers_free(workers);
    after = pool.runs;
    ck_assert_uint_lt(after, 64);
    (void)usleep(20000);
    ck_assert_uint_eq(pool.runs, after);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, batches_come_out_in_the_order_they_went_in, 0, 4);
    tcase_add_test(tc, batches_left_inside_are_not_worked_on_after_free);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "workers", .add = add });
}
