/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MakeCredential: what it refuses, and memory that runs out. That a TPM takes what it makes is
 * judged by tpm2_activatecredential in tests/cli/peer-tpm2-tools-activate.sh.
 */
#include "rotkit/template.h"
#include "rotkit/attest.h"

#include "rotkit/hex.h"

#include "fault.h"
#include "suite.h"

#include <string.h>

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_bytes ek;
static struct rk_secret value;
static const uint8_t name[34] = { 0x00, 0x0b, 1, 2, 3 };

static void load_ek(const char *template_name)
{
    RK_AUTO(rk_secret_done) struct rk_secret eps = RK_SECRET_NONE;
    RK_AUTO(rk_ek_done) struct rk_ek made = RK_EK_NONE;

    rk_bytes_done(&ek);
    ck_assert_int_eq(rk_secret_new(64, &eps, &err), RK_OK);
    memset(eps.p, 0x5a, eps.len);
    ck_assert_msg(rk_ek_derive(ctx, &eps, rk_ek_profile_at(0), rk_ek_template_find(template_name),
                               &made, &err) == RK_OK,
                  "%s", err.msg);
    ek = rk_bytes_take(&made.public_tpm2b);
}

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_secret_copy("0123456789abcdef0123456789abcdef", 32, &value, &err), RK_OK);
    load_ek("L-2");
}

static void teardown(void)
{
    rk_bytes_done(&ek);
    rk_secret_done(&value);
    rk_ctx_free(ctx);
}

static void refuses(const uint8_t *of, size_t of_len, enum rk_rc rc, const char *msg)
{
    struct rk_credential made = { .id_object = RK_BYTES_NONE };

    ck_assert_int_eq(rk_credential_make(ctx, &ek, of, of_len, &value, &made, &err), rc);
    ck_assert_str_eq(err.msg, msg);
    ck_assert_ptr_null(made.id_object.p);
}

START_TEST(make_refuses_names_values_and_eks_that_cannot_be)
{
    refuses(name, 1, RK_E_USAGE, "a Name of 1 byte, expected 2 to 66");
    refuses(name, 67, RK_E_USAGE, "a Name of 67 bytes, expected 2 to 66");
    value.len = 0;
    refuses(name, sizeof name, RK_E_USAGE, "a credential of 0 bytes, expected 1 to 32");
    value.len = 33;
    refuses(name, sizeof name, RK_E_USAGE, "a credential of 33 bytes, expected 1 to 32");
    value.len = 32;
    ek.p[2 + 4 + 1] = 0x05; /* TPMA_OBJECT: sign instead of decrypt */
    refuses(name, sizeof name, RK_E_USAGE,
            "EK: attributes 0x000500b2, expected restricted and decrypt");
    ek.len--;
    refuses(name, sizeof name, RK_E_FORMAT, "EK: no TPM2B_PUBLIC of 123 bytes");
}
END_TEST

START_TEST(make_refuses_a_point_off_the_curve)
{
    struct rk_credential made = { .id_object = RK_BYTES_NONE };

    ek.p[ek.len - 1] ^= 1;
    ck_assert_int_eq(rk_credential_make(ctx, &ek, name, sizeof name, &value, &made, &err),
                     RK_E_FORMAT);
}
END_TEST

/* Sizes by TPM 2.0 Part 2, 12.4.3 and 11.4.33; another seed each time. */
START_TEST(make_gives_what_each_template_asks)
{
    static const struct {
        const char *tpl;
        size_t id, secret;
    } rows[] = {
        { "L-1", 2 + 2 + 32 + 2 + 32, 2 + 256 },
        { "L-2", 2 + 2 + 32 + 2 + 32, 2 + 2 * (2 + 32) },
        { "H-3", 2 + 2 + 48 + 2 + 32, 2 + 2 * (2 + 48) },
        { "H-4", 2 + 2 + 64 + 2 + 32, 2 + 2 * (2 + 66) },
    };
    struct rk_credential a = { .id_object = RK_BYTES_NONE }, b = { .id_object = RK_BYTES_NONE };

    load_ek(rows[_i].tpl);
    ck_assert_msg(rk_credential_make(ctx, &ek, name, sizeof name, &value, &a, &err) == RK_OK, "%s",
                  err.msg);
    ck_assert_int_eq(rk_credential_make(ctx, &ek, name, sizeof name, &value, &b, &err), RK_OK);
    ck_assert_uint_eq(a.id_object.len, rows[_i].id);
    ck_assert_uint_eq(a.secret.len, rows[_i].secret);
    ck_assert_mem_ne(a.secret.p, b.secret.p, a.secret.len);
    ck_assert_mem_ne(a.id_object.p, b.id_object.p, a.id_object.len);
    rk_credential_done(&a);
    rk_credential_done(&b);
}
END_TEST

START_TEST(read_refuses_every_cut_file)
{
    struct rk_credential made = { .id_object = RK_BYTES_NONE };
    struct rk_bytes whole = RK_BYTES_NONE;

    ck_assert_int_eq(rk_credential_make(ctx, &ek, name, sizeof name, &value, &made, &err), RK_OK);
    ck_assert_int_eq(rk_credential_write(&made, &whole, &err), RK_OK);
    rk_credential_done(&made);
    for (size_t len = 0; len < whole.len; len++)
        ck_assert_int_eq(rk_credential_read(whole.p, len, &made, &err), RK_E_FORMAT);
    ck_assert_int_eq(rk_credential_read(whole.p, whole.len, &made, &err), RK_OK);
    rk_credential_done(&made);
    rk_bytes_done(&whole);
}
END_TEST

static enum rk_rc make_body(void *arg)
{
    RK_AUTO(rk_credential_done) struct rk_credential made = { .id_object = RK_BYTES_NONE };
    struct rk_err e;

    (void)arg;
    return rk_credential_make(ctx, &ek, name, sizeof name, &value, &made, &e);
}

START_TEST(make_survives_every_failed_allocation)
{
    load_ek(_i == 0 ? "L-2" : "L-1");
    ck_assert_int_gt(fault_sweep(make_body, NULL, 4000), 10);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, make_refuses_names_values_and_eks_that_cannot_be);
    tcase_add_test(tc, make_refuses_a_point_off_the_curve);
    tcase_add_loop_test(tc, make_gives_what_each_template_asks, 0, 4);
    tcase_add_test(tc, read_refuses_every_cut_file);
    tcase_add_loop_test(tc, make_survives_every_failed_allocation, 0, 2);
}

int main(void)
{
    const struct suite_options options = {
        .name = "credential", .add = add, .load = setup, .unload = teardown
    };

    return fault_install() ? suite_run(&options) : EXIT_FAILURE;
}
