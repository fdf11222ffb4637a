/* SPDX-License-Identifier: Apache-2.0 */
/* How many signatures a second a key gives, wherever it is: sign_bench SECONDS KEY... */
#include "rotkit/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static enum rk_rc bench_key(const rk_ctx *ctx, const char *uri, double seconds, struct rk_err *err)
{
    static const uint8_t message[200] = "as long as the body of an EK certificate, about";
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    enum rk_scheme scheme;
    unsigned count = 0;
    double start, took;

    if (rk_signer_open(ctx, uri, NULL, &key, err))
        return err->rc;
    scheme = rk_signer_default_scheme(key);
    start = now_s();
    do {
        RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

        if (rk_signer_sign(key, scheme, message, sizeof message, &signature, err))
            return err->rc;
        count++;
        took = now_s() - start;
    } while (took < seconds);
    (void)printf("%-18s %-18.18s %6u in %5.1f s  %9.2f ms each  %9.1f a second\n",
                 rk_scheme_name(scheme), uri, count, took, 1000 * took / count, count / took);
    return RK_OK;
}

int main(int argc, char **argv)
{
    rk_ctx *ctx = NULL;
    struct rk_err err;
    int failed = argc < 3 || rk_ctx_new(&ctx, &err) != RK_OK;

    if (argc < 3)
        (void)fprintf(stderr, "usage: sign_bench SECONDS KEY...\n");
    for (int i = 2; !failed && i < argc; i++) {
        failed = bench_key(ctx, argv[i], strtod(argv[1], NULL), &err) != RK_OK;
        if (failed)
            (void)fprintf(stderr, "sign_bench: %s\n", err.msg);
    }
    rk_ctx_free(ctx);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
