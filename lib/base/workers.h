/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ordered work on several threads. The caller's thread puts batches in and takes them out again in
 * the order it put them in; the threads of the pool work on them in between. At most `room` batches
 * are inside, so memory does not grow with their number.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

typedef struct rk_workers rk_workers;

struct rk_workers_options {
    size_t threads; /* 1 or more */
    size_t room;    /* batches inside at once, threads or more */
    void (*run)(void *arg,
                void *batch); /* on a thread of the pool; keeps its result in the batch */
    void *arg;
};

/* As many threads as this process has processors, 64 at most. */
size_t rk_workers_default(void);
/* RK_E_NOMEM when the threads cannot be had. */
enum rk_rc rk_workers_new(const struct rk_workers_options *options, rk_workers **ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* Waits for the batches that threads are at; the others are not worked on. Batches stay the
 * caller's. */
void rk_workers_free(rk_workers *workers);
RK_CLEANUP(rk_workers_done, rk_workers, rk_workers_free)

bool rk_workers_full(const rk_workers *workers);
bool rk_workers_empty(const rk_workers *workers);
/* Not when full. The batch is borrowed until it is taken out. */
void rk_workers_put(rk_workers *workers, void *batch);
/* The oldest batch, when it is done. Not when empty. */
void *rk_workers_take(rk_workers *workers);
