/* SPDX-License-Identifier: Apache-2.0 */
/* EKs and whole devices a second, in one thread: rotkit_bench SECONDS CA-FOLDER [TEMPLATE...] */
#include "rotkit/lane.h"

#include "base/ossl.h"
#include "platform/tegra/plan.h"
#include "rotkit/mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <openssl/crypto.h>

enum { ARENA = 1 << 20, ARENA_MIN = 32, OEM_ID = 0x0102, BATCH = 8 };

struct bench {
    rk_ctx *ctx;
    double seconds; /* how long each figure is measured */
    rk_signer *ca_key;
    rk_ca *ca;
    rk_trust *trust;
    struct rk_tegra_plan plan;
    struct rk_lane lane;
};

static void bench_done(struct bench *bench)
{
    rk_mac_free(bench->plan.root_key);
    rk_secret_done(&bench->plan.auth_key);
    rk_ca_free(bench->ca);
    rk_signer_free(bench->ca_key);
    rk_trust_free(bench->trust);
    rk_ctx_free(bench->ctx);
}

static double now(clockid_t clock)
{
    struct timespec t = { 0 };

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long peak_kib(void)
{
    struct rusage usage = { 0 };

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Rates are of processor time, so that a busy neighbour does not spoil them; wall time stands
 * beside. */
static void print_rate(const char *what, unsigned count, double cpu, double wall)
{
    (void)printf("%-34s %6u in %5.1f s  %9.2f ms each  %9.1f a second\n", what, count, wall,
                 cpu / count * 1e3, count / cpu);
    (void)fflush(stdout);
}

static enum rk_rc ek_batch(const struct bench *bench, const struct rk_ek_template *tpl,
                           struct rk_secret *eps, struct rk_ek_item *items, struct rk_err *err)
{
    const struct rk_ek_profile *profile = rk_ek_profile_at(0);

    for (size_t i = 0; i < BATCH; i++) {
        if (rk_random_secret(bench->ctx, rk_ek_profile_eps_len(profile), &eps[i], err))
            return err->rc;
        items[i] = (struct rk_ek_item) { .eps = &eps[i] };
    }
    return rk_ek_derive_batch(bench->ctx, profile, tpl, items, BATCH, err);
}

/* Eight at a time, as a build makes them. */
static enum rk_rc bench_ek(const struct bench *bench, const char *name, struct rk_err *err)
{
    const struct rk_ek_template *tpl = rk_ek_template_find(name);
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    unsigned count = 0;
    char what[64];

    if (tpl == NULL)
        return rk_fail(err, RK_E_USAGE, "unknown template \"%s\"", name);
    do {
        struct rk_secret eps[BATCH] = { { .p = NULL } };
        struct rk_ek_item items[BATCH] = { { .eps = NULL } };
        enum rk_rc rc = ek_batch(bench, tpl, eps, items, err);

        for (size_t i = 0; i < BATCH; i++) {
            count += items[i].ek.spki.p != NULL;
            rk_ek_done(&items[i].ek);
            rk_secret_done(&eps[i]);
        }
        if (rc != RK_OK)
            return rc;
    } while (now(CLOCK_MONOTONIC) - wall < bench->seconds);
    (void)snprintf(what, sizeof what, "EK %s", name);
    print_rate(what, count, now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - wall);
    return RK_OK;
}

static enum rk_rc open_ca(struct bench *bench, const char *folder, struct rk_err *err)
{
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/issuing.key", folder);
    if (rk_signer_open(bench->ctx, path, NULL, &bench->ca_key, err))
        return err->rc;
    (void)snprintf(path, sizeof path, "%s/chain.pem", folder);
    return rk_ca_open(bench->ctx, path, bench->ca_key, bench->lane.now, &bench->ca, err);
}

/* Both EKs, two certificates and a 2.0 key blob, each read back as in a build. */
static enum rk_rc open_lane(struct bench *bench, const char *ca_folder, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret root = RK_SECRET_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes chain = RK_BYTES_NONE;
    struct rk_lane *lane = &bench->lane;

    if (rk_clock_now(bench->ctx, &lane->now, err) || open_ca(bench, ca_folder, err) ||
        rk_ca_chain_pem(bench->ca, &chain, err) ||
        rk_trust_open_chain(bench->ctx, &chain, &bench->trust, err) ||
        rk_platform_find(bench->ctx, NULL, &lane->platform, err) ||
        rk_random_secret(bench->ctx, rk_platform_root_key_len(lane->platform), &root, err) ||
        rk_mac_from_secret(bench->ctx, &root, &bench->plan.root_key, err) ||
        rk_random_secret(bench->ctx, 16, &bench->plan.auth_key, err))
        return err->rc;
    bench->plan.blob_version = RK_EKB_2_0;
    lane->ctx = bench->ctx;
    lane->trust = bench->trust;
    lane->profile = rk_ek_profile_find(rk_platform_default_profile(lane->platform));
    lane->templates[0] = rk_ek_template_find("L-1");
    lane->templates[1] = rk_ek_template_find("L-2");
    lane->template_count = 2;
    lane->ca = bench->ca;
    lane->certificate = (struct rk_ekcert_profile) { .manufacturer = "id:44454D4F",
                                                     .model = "bench fTPM",
                                                     .version = "id:00010000",
                                                     .spec_family = "2.0",
                                                     .spec_revision = 159,
                                                     .not_before = lane->now,
                                                     .not_after = RK_EKCERT_NO_EXPIRY };
    lane->odm = lane->oem = true;
    lane->plan = &bench->plan;
    return RK_OK;
}

/* What a thread of a build works on at once. */
struct batch {
    struct rk_unit unit[BATCH];
    struct rk_lane_keys keys[BATCH];
    struct rk_artifacts made[BATCH];
};

static void batch_done(struct batch *batch)
{
    for (size_t i = 0; i < BATCH; i++) {
        rk_unit_done(&batch->unit[i]);
        rk_lane_keys_done(&batch->keys[i]);
        rk_artifacts_done(&batch->made[i]);
    }
}

static enum rk_rc some_devices(const struct bench *bench, unsigned serial, struct rk_err *err)
{
    RK_AUTO(batch_done) struct batch batch = { .made = { { .count = 0 } } };

    for (unsigned i = 0; i < BATCH; i++) {
        struct rk_unit *unit = &batch.unit[i];

        unit->sn.b[0] = OEM_ID >> 8;
        unit->sn.b[1] = OEM_ID & 0xff;
        for (size_t k = 0; k < 4; k++)
            unit->sn.b[RK_UNIT_ID_LEN - 1 - k] = (uint8_t)((serial + i) >> 8 * k);
        if (rk_random_secret(bench->ctx, 32, &unit->secret[RK_TEGRA_KDK0], err) ||
            rk_random_secret(bench->ctx, 32, &unit->secret[RK_TEGRA_EPS_SEED], err))
            return err->rc;
    }
    if (rk_lane_derive(&bench->lane, batch.unit, BATCH, batch.keys, err))
        return err->rc;
    for (size_t i = 0; i < BATCH; i++) {
        struct rk_wants none = { .count = 0 };

        if (rk_lane_run(&bench->lane, &batch.unit[i], &batch.keys[i], NULL, &none, &batch.made[i],
                        err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc bench_devices(const struct bench *bench, struct rk_err *err)
{
    double wall, cpu;
    unsigned count = 0;
    long early;

    if (some_devices(bench, 1, err)) /* so that what is set up once is set up */
        return err->rc;
    wall = now(CLOCK_MONOTONIC);
    cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    early = peak_kib();
    do {
        if (some_devices(bench, 1 + BATCH + count, err))
            return err->rc;
        count += BATCH;
    } while (now(CLOCK_MONOTONIC) - wall < 2 * bench->seconds);
    print_rate("device: L-1, L-2, 2 certs, EKB", count, now(CLOCK_PROCESS_CPUTIME_ID) - cpu,
               now(CLOCK_MONOTONIC) - wall);
    (void)printf("%-34s %ld KiB after %d, %ld KiB after %u\n", "peak memory", early, (int)BATCH,
                 peak_kib(), count + BATCH);
    return RK_OK;
}

static enum rk_rc run(int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(bench_done) struct bench bench = { .seconds = argc > 1 ? strtod(argv[1], NULL) : 0 };

    if (argc < 3 || !(bench.seconds > 0))
        return rk_fail(err, RK_E_USAGE, "usage: rotkit_bench SECONDS CA-FOLDER [TEMPLATE...]");
    if (rk_ctx_new(&bench.ctx, err) || open_lane(&bench, argv[2], err))
        return err->rc;
    for (int i = 3; i < argc; i++) {
        if (bench_ek(&bench, argv[i], err))
            return err->rc;
    }
    return bench_devices(&bench, err);
}

int main(int argc, char **argv)
{
    struct rk_err err;

    if (CRYPTO_secure_malloc_init(ARENA, ARENA_MIN) == 0) {
        (void)fprintf(stderr, "rotkit_bench: no secure memory\n");
        return EXIT_FAILURE;
    }
    if (run(argc, argv, &err)) {
        (void)fprintf(stderr, "rotkit_bench: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
