/* SPDX-License-Identifier: Apache-2.0 */
/* The identity chain against vectors whose halves NVIDIA's tool and libtpms confirmed. */
#include "rotkit/devicedb.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/identity.h"
#include "rotkit/json.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

static rk_ctx *ctx;
static rk_json *doc;
static struct rk_err err;
static const struct rk_platform *t234;

static void load(void)
{
    struct rk_bytes text = RK_BYTES_NONE;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_file_read(TEST_DATA "/vectors/ekb/chain/chain.json", 1 << 20, &text, &err),
                     RK_OK);
    ck_assert_int_eq(rk_json_parse(text.p, text.len, &doc, &err), RK_OK);
    ck_assert_int_eq(rk_platform_find(ctx, "t234", &t234, &err), RK_OK);
    rk_bytes_done(&text);
}

static void unload(void)
{
    rk_json_free(doc);
    rk_ctx_free(ctx);
}

static const char *str(struct rk_jv at, const char *key)
{
    return rk_json_str(rk_json_get(at, key));
}

static void secret_from(const char *hex, struct rk_secret *ret)
{
    ck_assert_int_eq(rk_secret_from_hex(hex, strlen(hex), strlen(hex) / 2, ret, &err), RK_OK);
}

static void is_hex(const uint8_t *bytes, size_t len, const char *want)
{
    char text[257];

    rk_hex_write(bytes, len, text);
    ck_assert_str_eq(text, want);
}

START_TEST(every_intermediate_of_the_chain_is_reproduced)
{
    struct rk_jv at = rk_json_at(rk_json_root(doc), (size_t)_i);
    struct rk_secret kdk0 = RK_SECRET_NONE, eps_seed = RK_SECRET_NONE;
    struct rk_identity id;
    struct rk_unit_id sn;

    ck_assert_int_eq(rk_unit_id_parse(str(at, "device_sn"), &sn, &err), RK_OK);
    secret_from(str(at, "kdk0"), &kdk0);
    secret_from(str(at, "eps_seed"), &eps_seed);
    ck_assert_int_eq(rk_identity_derive(ctx, t234, &sn, &kdk0, &eps_seed, &id, &err), RK_OK);
    is_hex(id.kdk_nrk.p, id.kdk_nrk.len, str(at, "kdk_nrk"));
    is_hex(id.silicon_id.p, id.silicon_id.len, str(at, "silicon_id"));
    is_hex(id.ftpm_seed.p, id.ftpm_seed.len, str(at, "ftpm_seed"));
    is_hex(id.root_seed.p, id.root_seed.len, str(at, "root_seed"));
    is_hex(id.eps.p, id.eps.len, str(at, "eps"));
    is_hex(id.silicon_id_public, sizeof id.silicon_id_public, str(at, "silicon_id_pub_xy"));
    rk_identity_done(&id);
    rk_secret_done(&kdk0);
    rk_secret_done(&eps_seed);
}
END_TEST

START_TEST(thor_is_refused_with_the_reason)
{
    const struct rk_platform *platform;

    ck_assert_int_eq(rk_platform_find(ctx, "t264", &platform, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg,
                     "platform \"t264\" (Thor) is refused: its key blob 2.1 and the labels of its "
                     "fTPM key derivation are not public");
}
END_TEST

START_TEST(a_key_of_the_wrong_size_is_refused)
{
    struct rk_secret kdk0 = RK_SECRET_NONE, seed = RK_SECRET_NONE;
    struct rk_unit_id sn = { { 0 } };
    struct rk_identity id;

    ck_assert_int_eq(rk_secret_new(31, &kdk0, &err), RK_OK);
    ck_assert_int_eq(rk_secret_new(32, &seed, &err), RK_OK);
    ck_assert_int_eq(rk_identity_derive(ctx, t234, &sn, &kdk0, &seed, &id, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "KDK0 of 31 bytes, expected 32");
    ck_assert_int_eq(rk_identity_derive(ctx, t234, &sn, &seed, &kdk0, &id, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "EPS seed of 31 bytes, expected 32");
    rk_secret_done(&kdk0);
    rk_secret_done(&seed);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_intermediate_of_the_chain_is_reproduced, 0, 3);
    tcase_add_test(tc, thor_is_refused_with_the_reason);
    tcase_add_test(tc, a_key_of_the_wrong_size_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "identity", .add = add, .load = load, .unload = unload, .timeout_s = 4 });
}
