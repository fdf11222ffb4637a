/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

struct slot {
    void *batch;
    bool done;
};

struct rk_workers {
    struct rk_workers_options options;
    pthread_t *thread;
    size_t thread_count;  /* that were started */
    struct slot *slot;    /* a ring of options.room */
    size_t taken;         /* batches taken out, ever; of the caller's thread alone */
    pthread_mutex_t lock; /* for what follows, and the slots */
    pthread_cond_t come, done;
    size_t put, begun; /* batches put in (by the caller alone) and begun by a thread, ever */
    bool stop;
};

static void *work(void *arg)
{
    rk_workers *w = arg;

    (void)pthread_mutex_lock(&w->lock);
    for (;;) {
        struct slot *slot;

        while (!w->stop && w->begun == w->put)
            (void)pthread_cond_wait(&w->come, &w->lock);
        if (w->stop)
            break;
        slot = &w->slot[w->begun++ % w->options.room];
        (void)pthread_mutex_unlock(&w->lock);
        w->options.run(w->options.arg, slot->batch);
        (void)pthread_mutex_lock(&w->lock);
        slot->done = true;
        (void)pthread_cond_signal(&w->done);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum { THREADS_MAX = 64 };

size_t rk_workers_default(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (size_t)count;
}

void rk_workers_free(rk_workers *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_broadcast(&w->come);
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->thread_count; i++)
        (void)pthread_join(w->thread[i], NULL);
    (void)pthread_cond_destroy(&w->done);
    (void)pthread_cond_destroy(&w->come);
    (void)pthread_mutex_destroy(&w->lock);
    rk_free(w->thread);
    rk_free(w->slot);
    rk_free(w);
}

/* Signals are the caller's thread's business. */
static bool start_threads(rk_workers *w)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (w->thread_count < w->options.threads &&
           pthread_create(&w->thread[w->thread_count], NULL, work, w) == 0)
        w->thread_count++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->thread_count == w->options.threads;
}

static bool init_locks(rk_workers *w)
{
    if (pthread_mutex_init(&w->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&w->come, NULL) != 0) {
        (void)pthread_mutex_destroy(&w->lock);
        return false;
    }
    if (pthread_cond_init(&w->done, NULL) == 0)
        return true;
    (void)pthread_cond_destroy(&w->come);
    (void)pthread_mutex_destroy(&w->lock);
    return false;
}

enum rk_rc rk_workers_new(const struct rk_workers_options *options, rk_workers **ret,
                          struct rk_err *err)
{
    rk_workers *w = rk_alloc(1, sizeof *w);

    if (w == NULL || !init_locks(w)) {
        rk_free(w);
        return rk_fail_nomem(err);
    }
    w->options = *options;
    w->thread = rk_alloc(options->threads, sizeof *w->thread);
    w->slot = rk_alloc(options->room, sizeof *w->slot);
    if (w->thread == NULL || w->slot == NULL || !start_threads(w)) {
        rk_workers_free(w);
        return rk_fail(err, RK_E_NOMEM, "cannot start %s", RK_COUNTED(options->threads, "thread"));
    }
    *ret = w;
    return RK_OK;
}

bool rk_workers_full(const rk_workers *w)
{
    return w->put - w->taken == w->options.room;
}

bool rk_workers_empty(const rk_workers *w)
{
    return w->put == w->taken;
}

void rk_workers_put(rk_workers *w, void *batch)
{
    (void)pthread_mutex_lock(&w->lock);
    w->slot[w->put % w->options.room] = (struct slot) { .batch = batch };
    w->put++;
    (void)pthread_cond_signal(&w->come);
    (void)pthread_mutex_unlock(&w->lock);
}

void *rk_workers_take(rk_workers *w)
{
    struct slot *slot = &w->slot[w->taken % w->options.room];
    void *batch;

    (void)pthread_mutex_lock(&w->lock);
    while (!slot->done)
        (void)pthread_cond_wait(&w->done, &w->lock);
    batch = slot->batch;
    (void)pthread_mutex_unlock(&w->lock);
    w->taken++;
    return batch;
}
