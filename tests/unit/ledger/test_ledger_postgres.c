/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger at LEDGER_TEST_URI, a PostgreSQL that tests/cli/peer-postgresql-ledger.sh has started.
 * With LEDGER_TEST_HAMMER=SECONDS two processes use up one quota while the server comes and goes.
 */
#include "rotkit/key.h"
#include "rotkit/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { QUOTA = 1000, BATCH = 5 };

static rk_ctx *ctx;
static struct rk_err err;

static void need(int truth, const char *what)
{
    if (truth)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, err.msg);
    _exit(1);
}

static rk_ledger *open_as(const char *uri, uint8_t who)
{
    const uint8_t build[32] = { who };
    rk_ledger *ledger = NULL;

    need(rk_ledger_open(ctx, uri, RK_LEDGER_CREATE, build, &ledger, &err) == RK_OK, "open");
    return ledger;
}

static struct rk_ledger_unit unit_at(uint64_t serial, uint8_t inputs)
{
    struct rk_ledger_unit unit = { .inputs = { inputs }, .digest = { 1 } };

    rk_unit_id_make(0x0102, serial, &unit.sn);
    return unit;
}

static void use(rk_ledger *ledger, const char *id, uint64_t units)
{
    struct rk_licence licence = { .product = "demo", .units = units, .last_sn = UINT64_MAX };

    (void)snprintf(licence.id, sizeof licence.id, "%s", id);
    need(rk_ledger_use_licence(ledger, &licence, "demo", &err) == RK_OK, "licence");
}

/* The rules of test_ledger.c that hang on the database. */
static void check_rules(const char *uri)
{
    rk_ledger *a = open_as(uri, 1), *b = open_as(uri, 2);
    struct rk_ledger_unit one = unit_at(1, 1), two = unit_at(2, 1), anew = unit_at(1, 2);
    rk_signer *key = NULL;
    struct rk_bytes file;
    struct rk_checkpoint checkpoint;

    use(a, "rules", 2);
    use(b, "rules", 2);
    need(rk_ledger_unit_add(&one, "ek:l-1", "aa", &err) == RK_OK, "id");
    need(rk_ledger_unit_add(&two, "ek:l-1", "aa", &err) == RK_OK, "id");
    need(rk_ledger_reserve(a, &one, 1, &err) == RK_OK, "reserve");
    need(rk_ledger_reserve(a, &one, 1, &err) == RK_OK, "reserve again");
    need(rk_ledger_reserve(b, &one, 1, &err) == RK_E_LEDGER, "another's reservation");
    need(rk_ledger_commit(a, &one, 1, &err) == RK_OK, "commit");
    need(rk_ledger_commit(a, &one, 1, &err) == RK_OK, "commit again");
    need(rk_ledger_reserve(b, &one, 1, &err) == RK_OK, "the same inputs");
    need(rk_ledger_reserve(b, &anew, 1, &err) == RK_E_LEDGER, "other inputs");
    need(rk_ledger_reserve(b, &two, 1, &err) == RK_OK, "the second");
    need(rk_ledger_commit(b, &two, 1, &err) == RK_E_LEDGER, "a clash of EKs");
    need(strcmp(err.msg, "unit 01020000000000000002: ek:l-1 aa belongs to unit "
                         "01020000000000000001 already") == 0,
         "its words");
    anew = unit_at(3, 1);
    need(rk_ledger_reserve(a, &anew, 1, &err) == RK_E_LEDGER, "beyond the quota");
    need(rk_ledger_void(b, &two, 1, &err) == RK_OK, "void");
    need(rk_ledger_reserve(a, &anew, 1, &err) == RK_OK, "what was given back");
    need(rk_key_new(ctx, "p256", &key, &err) == RK_OK, "key");
    need(rk_ledger_checkpoint(a, key, &file, &err) == RK_OK, "checkpoint");
    need(rk_checkpoint_read(ctx, file.p, file.len, key, &checkpoint, &err) == RK_OK, "read");
    need(rk_ledger_compare_checkpoint(b, &checkpoint, &err) == RK_OK, "hold to");
    need(rk_ledger_verify(b, key, &err) == RK_OK, "verify");
    rk_checkpoint_done(&checkpoint);
    rk_bytes_done(&file);
    rk_signer_free(key);
    rk_ledger_unit_done(&one);
    rk_ledger_unit_done(&two);
    rk_ledger_close(a);
    rk_ledger_close(b);
}

/* Issues at most QUOTA units in batches, spread over the seconds; how many it could. */
static int hammer(const char *uri, uint8_t who, int seconds)
{
    const struct timespec pause = { .tv_nsec =
                                        (long)seconds * 1000000000L / (QUOTA / 2 / BATCH) / 2 };
    rk_ledger *ledger = open_as(uri, who);
    int issued = 0;

    use(ledger, "hammer", QUOTA);
    for (uint64_t sn = (uint64_t)who << 32;; sn += BATCH) {
        struct rk_ledger_unit units[BATCH];

        for (size_t i = 0; i < BATCH; i++)
            units[i] = unit_at(sn + i, 1);
        enum rk_rc rc = rk_ledger_reserve(ledger, units, BATCH, &err);
        if (rc == RK_E_LEDGER && strstr(err.msg, "0 of 1000 left") != NULL)
            break;
        need(rc == RK_OK, "reserve");
        need(rk_ledger_commit(ledger, units, BATCH, &err) == RK_OK, "commit");
        issued += BATCH;
        (void)nanosleep(&pause, NULL);
    }
    rk_ledger_close(ledger);
    return issued;
}

int main(void)
{
    const char *uri = getenv("LEDGER_TEST_URI"), *seconds = getenv("LEDGER_TEST_HAMMER");
    pid_t child;
    int status;

    if (uri == NULL)
        return 77;
    need(rk_ctx_new(&ctx, &err) == RK_OK, "context");
    if (seconds == NULL) {
        check_rules(uri);
    } else {
        child = fork();
        if (child == 0)
            _exit(hammer(uri, 1, atoi(seconds)) > 0 ? 0 : 2);
        (void)hammer(uri, 2, atoi(seconds));
        if (waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    rk_ctx_free(ctx);
    return 0;
}
