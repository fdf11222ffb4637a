/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of a range of devices, against Python's hmac and hashlib: SHA-256 over the first
 * serial number, the count in eight octets with the lowest first, and the first KDK0, which is
 * HMAC-SHA-256 under the master key of 00000001, "rotkit KDK0", 00, the serial number, 00000100.
 */
#include "pipeline/devices.h"

#include "rotkit/ctx.h"
#include "suite.h"

static const uint8_t known[32] = { 0x07, 0x84, 0x4e, 0xcd, 0xcc, 0x84, 0xd2, 0x15, 0xa4, 0x7a, 0x61,
                                   0xab, 0x73, 0xcc, 0xf2, 0xb9, 0x72, 0x20, 0xb5, 0xe3, 0xa2, 0xe7,
                                   0xdb, 0xf8, 0x51, 0x77, 0xe4, 0xb7, 0xc3, 0x81, 0xe8, 0xc7 };

START_TEST(the_digest_of_a_range_is_known)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *master = NULL;
    struct rk_devices_from from = { .oem_id = 0x0102, .first_sn = 0x1f6, .count = 0x0102030405 };
    uint8_t bytes[32], digest[32];
    struct rk_err err;
    rk_ctx *ctx;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_secret_copy(bytes, sizeof bytes, &key, &err), RK_OK);
    ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &master, &err), RK_OK);
    from.master = master;
    ck_assert_int_eq(rk_platform_find(ctx, "t234", &from.platform, &err), RK_OK);
    ck_assert_int_eq(rk_devices_digest(&from, digest, &err), RK_OK);
    ck_assert_mem_eq(digest, known, sizeof known);
    rk_ctx_free(ctx);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_digest_of_a_range_is_known);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "devices", .add = add });
}
