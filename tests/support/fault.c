/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Allocations left until the one that fails; 0: none fails. */
static atomic_long countdown;
static atomic_bool injected;

static bool fails(void)
{
    if (countdown == 0 || atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    injected = true;
    return true;
}

static void *fault_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(size);
}

static void *fault_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(p, size);
}

static void fault_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

bool fault_install(void)
{
    return CRYPTO_set_mem_functions(fault_malloc, fault_realloc, fault_free) == 1;
}

int fault_step(void)
{
    const char *text = getenv("FAULT_STEP");
    long step = text == NULL ? 1 : strtol(text, NULL, 10);

    if (step < 1 || step > 1000)
        abort(); /* not a sweep of nothing that passes */
    return (int)step;
}

int fault_sweep(enum rk_rc (*body)(void *arg), void *arg, int limit)
{
    const int step = fault_step();

    for (int n = 1; n <= limit; n += step) {
        enum rk_rc rc;
        long left;

        injected = false;
        countdown = n;
        rc = body(arg);
        left = countdown;
        countdown = 0;
        ERR_clear_error();
        if (!injected)
            return rc == RK_OK ? n - (int)left : -1;
        if (rc == RK_OK)
            continue; /* OpenSSL went on without it, as it may: the body has checked its answer */
        if (rc != RK_E_NOMEM && rc != RK_E_INTERNAL && rc != RK_E_KEY && rc != RK_E_FORMAT &&
            rc != RK_E_USAGE && rc != RK_E_VERIFY)
            return -1;
    }
    return -1;
}
