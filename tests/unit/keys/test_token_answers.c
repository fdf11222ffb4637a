/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that tell of more than there is room for: the module says what it is fed with
 * (tests/support/pkcs11_answers.c), so each answer here stands beside the call it is for.
 */
#include "rotkit/key.h"
#include "rotkit/signer.h"

#include "suite.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#define URI "pkcs11:object=k?module-path=" TEST_MODULE "&pin-source=env:TEST_PIN"

#define URI_OF_ALL "pkcs11:?module-path=" TEST_MODULE "&pin-source=env:TEST_PIN"

#define TOO_LONG                                                                                   \
    "CKR_BUFFER_TOO_SMALL (0x150): it answers with more than there is room for: no right answer "  \
    "is so long"

enum { OK = 0 }; /* CKR_OK, and CKR_OK alone is below 0xf0 */

static rk_ctx *ctx;
static struct rk_err err;
static uint8_t answers[8192];
static size_t len;

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(setenv("TEST_PIN", "1234", 1), 0);
    len = 0;
}

static void teardown(void)
{
    rk_ctx_free(ctx);
}

static void feed(void)
{
    void (*to)(const uint8_t *bytes, size_t size) = NULL;
    void *module = dlopen(TEST_MODULE, RTLD_NOW);

    ck_assert_ptr_nonnull(module);
    *(void **)&to = dlsym(module, "fuzz_feed");
    ck_assert(to != NULL);
    to(answers, len);
}

static void say(unsigned byte)
{
    answers[len++] = (uint8_t)byte;
}

/* A number of eight bytes, as large as it may be. */
static void say_number(uint64_t number)
{
    say(0xff);
    for (size_t i = 0; i < 8; i++)
        say((unsigned)(number >> (8 * i) & 0xff));
}

static void say_octets(const void *bytes, size_t size)
{
    say((unsigned)size);
    memcpy(answers + len, bytes, size);
    len += size;
    say(OK);
}

/* CK_TOKEN_INFO: four blank texts, initialised, with a PIN, any number of sessions. */
static void say_token_info(void)
{
    memset(answers + len, ' ', 96);
    len += 96;
    say(0xf4);
    say(0x0c);
    say(0);
    say(OK);
}

static void say_one_slot(void)
{
    say(1);
    say(OK);
    say_token_info();
}

static void say_login(void)
{
    say(OK); /* C_OpenSession */
    say_token_info();
    say(OK); /* C_Login */
}

/* C_FindObjectsInit, C_FindObjects, C_FindObjectsFinal */
static void say_found(uint64_t count)
{
    say(OK);
    say_number(count);
    say(OK);
    if (count != 0 && count < 8) { /* asked again, it has no more */
        say(0);
        say(OK);
    }
    say(OK);
}

static void say_ulong(uint64_t value)
{
    say_octets(&value, sizeof value);
}

static void see_token(void *arg, const struct rk_token_info *info)
{
    (void)arg;
    (void)info;
}

static void see_object(void *arg, const struct rk_token_object *object)
{
    (void)object;
    ++*(size_t *)arg;
}

/* The slots, and a session with its login. */
static void say_open_token(void)
{
    say_one_slot();
    say_login();
}

/* Found once, of this type, used without a PIN at every use, with an id. */
static void say_open_key(uint64_t type)
{
    say_open_token();
    say_found(1);
    say_ulong(type);
    say_octets("", 1);
    say_octets("id", 2);
}

static void list_refused(const char *message)
{
    size_t seen = 0;
    const struct rk_token_visitor visitor = { see_token, see_object, &seen };

    feed();
    ck_assert_int_eq(rk_token_list(ctx, URI, NULL, &visitor, &err), RK_E_KEY);
    ck_assert_str_eq(err.msg, message);
    ck_assert_uint_eq(seen, 0);
}

/* A P-256 key whose public half is the curve's base point. */
static void say_key(void)
{
    static const uint8_t curve[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    uint8_t point[65];
    size_t point_len = 0;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

    point_len = EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
                                   POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL);
    EC_GROUP_free(group);
    say_open_key(CKK_EC);
    say_found(1); /* again, to read it */
    say_octets(curve, sizeof curve);
    say_octets(point, point_len);
}

static void signing_refused(const char *message)
{
    static const uint8_t text[] = "text";
    struct rk_bytes signature = RK_BYTES_NONE;
    rk_signer *signer = NULL;
    enum rk_rc rc;

    feed();
    rc = rk_signer_open(ctx, URI, NULL, &signer, &err);
    if (rc == RK_OK)
        rc = rk_signer_sign(signer, RK_SCHEME_ECDSA_SHA256, text, sizeof text, &signature, &err);
    rk_signer_free(signer);
    rk_bytes_done(&signature);
    ck_assert_int_eq(rc, RK_E_KEY);
    ck_assert_str_eq(err.msg, message);
}

START_TEST(more_tokens_than_room)
{
    say_number(257);
    say(OK);
    list_refused("PKCS #11 module \"" TEST_MODULE
                 "\": it lists 257 tokens, at most 256 are looked at");
}
END_TEST

START_TEST(more_objects_than_room)
{
    say_open_token();
    say_found(4098);
    list_refused("token \"\": cannot list its objects: " TOO_LONG);
}
END_TEST

static void keep_warning(void *arg, const char *text)
{
    (void)snprintf(arg, 128, "%s", text);
}

START_TEST(more_objects_than_are_shown)
{
    size_t seen = 0;
    const struct rk_token_visitor visitor = { see_token, see_object, &seen };
    char warning[128] = "";

    rk_ctx_set_warning(ctx, keep_warning, warning);
    say_open_token();
    say_found(4097);
    feed();
    ck_assert_msg(rk_token_list(ctx, URI_OF_ALL, NULL, &visitor, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(seen, 4096);
    ck_assert_str_eq(warning,
                     "token \"\": it has more than 4096 objects: the others are not shown");
}
END_TEST

START_TEST(a_longer_attribute_than_room)
{
    say_open_token();
    say_found(1);
    say_number(9); /* CKA_CLASS */
    len += 8;
    say(OK);
    list_refused("token \"\": cannot list its objects: " TOO_LONG);
}
END_TEST

START_TEST(more_keys_than_room)
{
    say_open_token();
    say_found(9);
    signing_refused("token \"\", key \"k\": cannot look for it: " TOO_LONG);
}
END_TEST

/* Behind the room stands our stack, which would go out as a signature. */
START_TEST(a_longer_signature_than_room)
{
    say_key();
    say(0); /* C_GetMechanismInfo: signs */
    say(OK);
    say(OK); /* C_SignInit */
    say_number(2049);
    len += 2048;
    say(OK);
    signing_refused("token \"\", key \"k\": cannot sign: " TOO_LONG);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, more_tokens_than_room);
    tcase_add_test(tc, more_objects_than_room);
    tcase_add_test(tc, more_objects_than_are_shown);
    tcase_add_test(tc, a_longer_attribute_than_room);
    tcase_add_test(tc, more_keys_than_room);
    tcase_add_test(tc, a_longer_signature_than_room);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "token_answers", .add = add, .load = setup, .unload = teardown });
}
