/* SPDX-License-Identifier: Apache-2.0 */
/* The EPS of a unit of a board with OP-TEE. */
#include "platform/optee/plan.h"
#include "rotkit/hex.h"
#include "rotkit/mac.h"

#include "fault.h"
#include "suite.h"

#include <string.h>

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

/* 00 01 02 ... */
static enum rk_rc count_up(size_t len, rk_mac **ret, struct rk_err *own)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;

    if (rk_secret_new(len, &key, own))
        return own->rc;
    for (size_t i = 0; i < len; i++)
        key.p[i] = (uint8_t)i;
    return rk_mac_from_secret(ctx, &key, ret, own);
}

static enum rk_rc derive(size_t key_len, uint64_t serial, struct rk_unit *ret, struct rk_err *own)
{
    struct rk_unit_id sn;
    rk_mac *master = NULL;
    enum rk_rc rc;

    rk_unit_id_make(1, serial, &sn);
    rc = count_up(key_len, &master, own);
    if (rc == RK_OK)
        rc = rk_optee_from_master(master, &sn, ret, own);
    rk_mac_free(master);
    return rc;
}

/* By the issue; python3's hmac over BE32(i), "rotkit EPS", 00, unit, BE32(512) gives it too. */
START_TEST(the_known_answer_holds)
{
    struct rk_unit unit = { .sn = { .b = { 0 } } }, next = { .sn = { .b = { 0 } } };
    char text[129];

    ck_assert_int_eq(derive(32, 1, &unit, &err), RK_OK);
    ck_assert_uint_eq(unit.secret[RK_OPTEE_EPS].len, RK_TA_SEED);
    rk_hex_write(unit.secret[RK_OPTEE_EPS].p, RK_TA_SEED, text);
    ck_assert_str_eq(text, "cc2f0841ce6ee7078e33eed22b1c1fe2752731ddf611f8671656f8d2736a08de"
                           "5519510a2e2256c79613a070f0893f90049be0cecb3d5023bf743646a12202c8");
    ck_assert_mem_eq(unit.sn.b, "\0\1\0\0\0\0\0\0\0\1", RK_UNIT_ID_LEN);
    ck_assert_int_eq(derive(32, 2, &next, &err), RK_OK);
    ck_assert_mem_ne(unit.secret[RK_OPTEE_EPS].p, next.secret[RK_OPTEE_EPS].p, 32);
    rk_unit_done(&unit);
    rk_unit_done(&next);
}
END_TEST

START_TEST(a_master_key_of_another_size_is_refused)
{
    struct rk_unit unit = { .sn = { .b = { 0 } } };

    ck_assert_int_eq(derive(31, 1, &unit, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "master key of 31 bytes, expected 32");
    ck_assert_ptr_null(unit.secret[RK_OPTEE_EPS].p);
}
END_TEST

START_TEST(a_seed_of_another_size_is_no_identity)
{
    struct rk_unit unit = { .sn = { .b = { 0 } } };
    struct rk_identity identity = { .eps = RK_SECRET_NONE };

    ck_assert_int_eq(rk_secret_new(32, &unit.secret[RK_OPTEE_EPS], &err), RK_OK);
    ck_assert_int_eq(rk_optee_derive(ctx, &unit, &identity, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "an EPS of 32 bytes, expected 64");
    ck_assert_ptr_null(identity.eps.p);
    rk_unit_done(&unit);
}
END_TEST

static enum rk_rc sweep_body(void *arg)
{
    struct rk_unit unit = { .sn = { .b = { 0 } } };
    struct rk_identity identity = { .eps = RK_SECRET_NONE };
    struct rk_err own;
    enum rk_rc rc = derive(32, 1, &unit, &own);

    (void)arg;
    if (rc == RK_OK)
        rc = rk_optee_derive(ctx, &unit, &identity, &own);
    if (rc == RK_OK && (identity.eps.len != RK_TA_SEED || identity.eps.p[0] != 0xcc))
        rc = RK_E_IO; /* a wrong answer under a fault */
    rk_secret_done(&identity.eps);
    rk_unit_done(&unit);
    return rc;
}

START_TEST(deriving_survives_failing_allocations)
{
    ck_assert_int_eq(sweep_body(NULL), RK_OK); /* what OpenSSL fetches once */
    ck_assert_int_gt(fault_sweep(sweep_body, NULL, 2000), 4);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_known_answer_holds);
    tcase_add_test(tc, a_master_key_of_another_size_is_refused);
    tcase_add_test(tc, a_seed_of_another_size_is_no_identity);
    tcase_add_test(tc, deriving_survives_failing_allocations);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) {
        .name = "optee_identity", .add = add, .load = load, .unload = unload });
}
