/* SPDX-License-Identifier: Apache-2.0 */
/* Public areas read back: the key in them is the one that the derivation has put there. */
#include "rotkit/public_area.h"

#include "base/ossl.h"
#include "rotkit/template.h"

#include "fault.h"
#include "suite.h"

#include <string.h>

static rk_ctx *ctx;
static struct rk_err err;

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
}

static void teardown(void)
{
    rk_ctx_free(ctx);
}

static void derive(const char *template_name, struct rk_ek *ret)
{
    RK_AUTO(rk_secret_done) struct rk_secret eps = RK_SECRET_NONE;

    ck_assert_int_eq(rk_secret_new(64, &eps, &err), RK_OK);
    memset(eps.p, 0x33, eps.len);
    ck_assert_msg(rk_ek_derive(ctx, &eps, rk_ek_profile_at(0), rk_ek_template_find(template_name),
                               ret, &err) == RK_OK,
                  "%s", err.msg);
}

START_TEST(spki_of_the_area_is_that_of_the_derivation)
{
    static const char *const names[] = { "L-1", "L-2", "H-3", "H-4", "azure-sdk" };
    RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    TPMT_PUBLIC area;

    derive(names[_i], &ek);
    ck_assert_int_eq(rk_area_read(ek.public_tpm2b.p, ek.public_tpm2b.len, &area, &err), RK_OK);
    ck_assert(rk_area_has_key(&area));
    ck_assert_int_eq(rk_area_spki(ctx, &area, &spki, &err), RK_OK);
    ck_assert(rk_bytes_equal(&spki, &ek.spki));
}
END_TEST

/* TPM 2.0 Part 2, 11.2.5.2: a coordinate may come without its leading zeros. */
START_TEST(a_coordinate_may_lack_its_leading_zeros)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    RK_AUTO(rk_bn_done) BIGNUM *d = BN_new();
    RK_AUTO(rk_group_done) EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    RK_AUTO(rk_point_done) EC_POINT *point = EC_POINT_new(group);
    TPMT_PUBLIC area = rk_ek_template_find("L-2")->public_area;
    uint8_t octets[65] = { 0xff, 0xff };

    ck_assert_int_eq(BN_set_word(d, 1), 1);
    while (octets[1] != 0) { /* the first multiple of G whose x starts with a zero */
        ck_assert_int_eq(BN_add_word(d, 1), 1);
        ck_assert_int_eq(EC_POINT_mul(group, point, d, NULL, NULL, NULL), 1);
        ck_assert_uint_eq(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets,
                                             sizeof octets, NULL),
                          sizeof octets);
    }
    area.unique.ecc.x.size = 31;
    memcpy(area.unique.ecc.x.buffer, octets + 2, 31);
    area.unique.ecc.y.size = 32;
    memcpy(area.unique.ecc.y.buffer, octets + 33, 32);
    ck_assert_msg(rk_area_spki(ctx, &area, &spki, &err) == RK_OK, "%s", err.msg);
    ck_assert_mem_eq(spki.p + spki.len - sizeof octets, octets, sizeof octets);
}
END_TEST

START_TEST(read_refuses_every_other_length)
{
    RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;
    TPMT_PUBLIC area = { .type = 77 };

    derive("L-2", &ek);
    for (size_t len = 0; len < ek.public_tpm2b.len; len++)
        ck_assert_int_eq(rk_area_read(ek.public_tpm2b.p, len, &area, &err), RK_E_FORMAT);
    ek.public_tpm2b.p[1]++; /* the size word says one more */
    ck_assert_int_eq(rk_area_read(ek.public_tpm2b.p, ek.public_tpm2b.len, &area, &err),
                     RK_E_FORMAT);
    ck_assert_uint_eq(area.type, 77);
}
END_TEST

START_TEST(pkey_refuses_what_is_no_key)
{
    EVP_PKEY *pkey = NULL;
    TPMT_PUBLIC area = { .type = TPM2_ALG_KEYEDHASH };

    ck_assert_int_eq(rk_area_pkey(ctx, &area, &pkey, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg,
                     "public area of type 0x0008, expected RSA or EC on P-256, P-384 or P-521");
    area = rk_ek_template_find("H-2")->public_area; /* an empty unique */
    ck_assert_int_eq(rk_area_pkey(ctx, &area, &pkey, &err), RK_E_USAGE);
    area = rk_ek_template_find("L-2")->public_area; /* the point 0, 0 */
    ck_assert_int_eq(rk_area_pkey(ctx, &area, &pkey, &err), RK_E_FORMAT);
    area.unique.ecc.x.size = 33; /* longer than the curve */
    ck_assert_int_eq(rk_area_pkey(ctx, &area, &pkey, &err), RK_E_FORMAT);
    ck_assert_ptr_null(pkey);
}
END_TEST

struct sweep {
    TPMT_PUBLIC area;
};

static enum rk_rc spki_body(void *arg)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    const struct sweep *sweep = arg;
    struct rk_err e;

    return rk_area_spki(ctx, &sweep->area, &spki, &e);
}

START_TEST(spki_survives_every_failed_allocation)
{
    RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;
    struct sweep sweep;

    derive(_i == 0 ? "L-1" : "L-2", &ek);
    ck_assert_int_eq(rk_area_read(ek.public_tpm2b.p, ek.public_tpm2b.len, &sweep.area, &err),
                     RK_OK);
    ck_assert_int_gt(fault_sweep(spki_body, &sweep, 4000), 5);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, spki_of_the_area_is_that_of_the_derivation, 0, 5);
    tcase_add_test(tc, a_coordinate_may_lack_its_leading_zeros);
    tcase_add_test(tc, read_refuses_every_other_length);
    tcase_add_test(tc, pkey_refuses_what_is_no_key);
    tcase_add_loop_test(tc, spki_survives_every_failed_allocation, 0, 2);
}

int main(void)
{
    const struct suite_options options = {
        .name = "area", .add = add, .load = setup, .unload = teardown
    };

    return fault_install() ? suite_run(&options) : EXIT_FAILURE;
}
