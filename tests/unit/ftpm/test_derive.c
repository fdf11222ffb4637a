/* SPDX-License-Identifier: Apache-2.0 */
/* rk_ek_derive beyond the vectors: NVIDIA's own tool as judge, the forms of the result, what is
 * refused. */
#include "rotkit/ek.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

enum { NVIDIA_RECORDS = 6, TEXT_MAX = 2 * 1024 + 1 };

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_ek ek = RK_EK_NONE;
static rk_json *doc;

static void setup(void)
{
    struct rk_bytes text = RK_BYTES_NONE;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(
        rk_file_read(TEST_DATA "/vectors/ekb/ek/ek_from_eps.json", 1 << 20, &text, &err), RK_OK);
    ck_assert_int_eq(rk_json_parse(text.p, text.len, &doc, &err), RK_OK);
    rk_bytes_done(&text);
}

static void teardown(void)
{
    rk_json_free(doc);
    rk_ek_done(&ek);
    rk_ctx_free(ctx);
}

static const char *field(int record, const char *name)
{
    const char *text =
        rk_json_str(rk_json_get(rk_json_at(rk_json_root(doc), (size_t)record), name));

    ck_assert_ptr_nonnull(text);
    return text;
}

static void load_eps(int record, struct rk_secret *ret)
{
    const char *hex = field(record, "eps");

    ck_assert_int_eq(rk_secret_from_hex(hex, strlen(hex), 64, ret, &err), RK_OK);
}

static void derive(int record, const struct rk_ek_template *tpl, bool pair)
{
    struct rk_secret eps = RK_SECRET_NONE;

    load_eps(record, &eps);
    ck_assert_int_eq(
        (pair ? rk_ek_derive_pair : rk_ek_derive)(ctx, &eps, rk_ek_profile_at(0), tpl, &ek, &err),
        RK_OK);
    rk_secret_done(&eps);
}

/* Hex of the last bytes of the public area. */
static const char *tail(size_t from_end, size_t len, char ret[TEXT_MAX])
{
    rk_hex_write(ek.public_tpm2b.p + ek.public_tpm2b.len - from_end, len, ret);
    return ret;
}

START_TEST(rsa_ek_is_that_of_nvidias_tool)
{
    char text[TEXT_MAX];

    derive(_i, rk_ek_template_find("L-1"), false);
    ck_assert_str_eq(tail(256, 256, text), field(_i, "rsa_n"));
}
END_TEST

START_TEST(ecc_ek_is_that_of_nvidias_tool)
{
    char text[TEXT_MAX];

    derive(_i, rk_ek_template_find("L-2"), false);
    ck_assert_str_eq(tail(66, 32, text), field(_i, "ecc_x")); /* x | 0020 | y */
    ck_assert_str_eq(tail(32, 32, text), field(_i, "ecc_y"));
}
END_TEST

static const char *const templates[] = { "L-1", "L-2", "H-3", "H-4" };

/* OpenSSL reads the SPKI back, finds the key of the public area in it, and the pair consistent. */
START_TEST(spki_and_pair_hold_the_key_of_the_public_area)
{
    const unsigned char *at;
    EVP_PKEY *public_key;
    EVP_PKEY_CTX *check;

    derive(0, rk_ek_template_find(templates[_i]), true);
    at = ek.spki.p;
    public_key = d2i_PUBKEY(NULL, &at, (long)ek.spki.len);
    ck_assert_ptr_nonnull(public_key);
    ck_assert_ptr_eq(at, ek.spki.p + ek.spki.len);
    ck_assert_ptr_nonnull(ek.pkey);
    ck_assert_int_eq(EVP_PKEY_eq(public_key, ek.pkey), 1);
    check = EVP_PKEY_CTX_new(ek.pkey, NULL);
    ck_assert_int_eq(EVP_PKEY_check(check), 1);
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_free(public_key);
}
END_TEST

START_TEST(private_key_is_not_there_unless_asked_for)
{
    derive(0, rk_ek_template_find("L-2"), false);
    ck_assert_ptr_null(ek.pkey);
}
END_TEST

/* nameAlg | H(TPMT_PUBLIC), digested here by OpenSSL from the bytes that came out. */
START_TEST(name_is_that_of_the_public_area)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;

    derive(0, rk_ek_template_find(_i == 0 ? "L-2" : "H-3"), false);
    ck_assert_int_eq(EVP_Q_digest(NULL, _i == 0 ? "SHA256" : "SHA384", NULL, ek.public_tpm2b.p + 2,
                                  ek.public_tpm2b.len - 2, digest, &len),
                     1);
    ck_assert_uint_eq(ek.name_len, 2 + len);
    ck_assert_uint_eq(ek.name[0], 0);
    ck_assert_uint_eq(ek.name[1], _i == 0 ? 0x0B : 0x0C);
    ck_assert_mem_eq(ek.name + 2, digest, len);
}
END_TEST

START_TEST(a_template_of_the_users_own_gives_the_same_key)
{
    /* L-2 as TPMT_PUBLIC: what tpm2_createek sends. */
    static const char l_2[] =
        "0023000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1"
        "da1b331469aa0006008000430010000300100020"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0020"
        "0000000000000000000000000000000000000000000000000000000000000000";
    uint8_t area[sizeof l_2 / 2];
    struct rk_ek_template *own = NULL;
    char text[TEXT_MAX];

    ck_assert_int_eq(rk_hex_read(l_2, sizeof l_2 - 1, area, sizeof area, &err), RK_OK);
    ck_assert_int_eq(rk_ek_template_parse(area, sizeof area, &own, &err), RK_OK);
    derive(0, own, false);
    ck_assert_str_eq(tail(66, 32, text), field(0, "ecc_x"));
    rk_ek_done(&ek);
    rk_ek_template_free(own);

    /* Another unique is another template, so another key. */
    area[sizeof area - 1] = 1;
    ck_assert_int_eq(rk_ek_template_parse(area, sizeof area, &own, &err), RK_OK);
    derive(0, own, false);
    ck_assert_str_ne(tail(66, 32, text), field(0, "ecc_x"));
    rk_ek_template_free(own);
}
END_TEST

static const struct {
    const char *profile;
    size_t len;
    const char *message;
} lengths[] = {
    { "ms-159", 0, "EPS of 0 bytes, profile ms-159 takes 64" },
    { "ms-159", 32, "EPS of 32 bytes, profile ms-159 takes 64" },
    { "ms-159", 63, "EPS of 63 bytes, profile ms-159 takes 64" },
    { "ms-159", 65, "EPS of 65 bytes, profile ms-159 takes 64" },
    { "libtpms-1", 32, "EPS of 32 bytes, profile libtpms-1 takes 64" },
    { "ms-138", 64, "EPS of 64 bytes, profile ms-138 takes 32" },
    { "ms-138-r32", 64, "EPS of 64 bytes, profile ms-138-r32 takes 32" },
};

START_TEST(eps_of_another_length_is_refused)
{
    struct rk_secret eps = RK_SECRET_NONE;
    const struct rk_ek_profile *profile = rk_ek_profile_find(lengths[_i].profile);

    if (lengths[_i].len != 0)
        ck_assert_int_eq(rk_secret_new(lengths[_i].len, &eps, &err), RK_OK);
    ck_assert_int_eq(rk_ek_derive(ctx, &eps, profile, rk_ek_template_find("L-2"), &ek, &err),
                     RK_E_USAGE);
    ck_assert_str_eq(err.msg, lengths[_i].message);
    ck_assert_ptr_null(ek.public_tpm2b.p);
    rk_secret_done(&eps);
}
END_TEST

/* A batch is what its members are one by one; one that cannot be made leaves the others alone. */
START_TEST(a_batch_has_the_keys_of_its_members)
{
    enum { COUNT = 19, BAD = 3 }; /* more than are searched for at once */
    static struct rk_ek_item items[COUNT];
    struct rk_secret eps[COUNT] = { { .p = NULL } };
    const struct rk_ek_template *tpl = rk_ek_template_find(_i == 0 ? "L-1" : "L-2");

    for (int i = 0; i < COUNT; i++) {
        load_eps(i % NVIDIA_RECORDS, &eps[i]);
        if (i == BAD)
            eps[i].len--;
        items[i] = (struct rk_ek_item) { .eps = &eps[i] };
    }
    ck_assert_int_eq(rk_ek_derive_batch(ctx, rk_ek_profile_at(0), tpl, items, COUNT, &err), RK_OK);
    for (int i = 0; i < COUNT; i++) {
        char text[TEXT_MAX];

        if (i == BAD) {
            ck_assert_int_eq(items[i].err.rc, RK_E_USAGE);
            ck_assert_str_eq(items[i].err.msg, "EPS of 63 bytes, profile ms-159 takes 64");
            ck_assert_ptr_null(items[i].ek.public_tpm2b.p);
            eps[i].len++;
        } else {
            ck_assert_int_eq(items[i].err.rc, RK_OK);
            ek = items[i].ek;
            ck_assert_str_eq(tail(_i == 0 ? 256 : 32, _i == 0 ? 256 : 32, text),
                             field(i % NVIDIA_RECORDS, _i == 0 ? "rsa_n" : "ecc_y"));
        }
        rk_ek_done(&items[i].ek);
        rk_secret_done(&eps[i]);
    }
    ek = (struct rk_ek)RK_EK_NONE;
}
END_TEST

static const struct {
    const char *search, *message;
} searches[] = {
#define EXPECTED                                                                                   \
    "expected \"ifma\", \"portable\" or \"openssl\", or \"exact\", or one of the three,exact"
    { "IFMA", "ROTKIT_PRIME_SEARCH is \"IFMA\", " EXPECTED },
    { "ifm", "ROTKIT_PRIME_SEARCH is \"ifm\", " EXPECTED },
    { "openssl,portable", "ROTKIT_PRIME_SEARCH is \"openssl,portable\", " EXPECTED },
    { "openssl,,exact", "ROTKIT_PRIME_SEARCH is \"openssl,,exact\", " EXPECTED },
    { ",", "ROTKIT_PRIME_SEARCH is \",\", " EXPECTED },
    { "exact openssl", "ROTKIT_PRIME_SEARCH is \"exact openssl\", " EXPECTED },
};

START_TEST(unknown_search_is_refused)
{
    struct rk_secret eps = RK_SECRET_NONE;

    load_eps(0, &eps);
    ck_assert_int_eq(setenv("ROTKIT_PRIME_SEARCH", searches[_i].search, 1), 0);
    ck_assert_int_eq(
        rk_ek_derive(ctx, &eps, rk_ek_profile_at(0), rk_ek_template_find("L-1"), &ek, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, searches[_i].message);
    ck_assert_ptr_null(ek.public_tpm2b.p);
    rk_secret_done(&eps);
}
END_TEST

/* ek-derivation.md section 4, names and order of EPS length; the first is the default. */
START_TEST(profiles_are_the_ten_of_the_document)
{
    static const char *const names[] = { "ms-159",     "ms-159-aes128", "libtpms-1", "tcg-184",
                                         "tcg-183",    "ms-146",        "ms-138",    "ms-146-r32",
                                         "ms-138-r32", "libtpms-0" };
    enum { COUNT = sizeof names / sizeof names[0] };

    ck_assert_str_eq(rk_ek_profile_name(rk_ek_profile_at(0)), "ms-159");
    for (size_t i = 0; i < COUNT; i++) {
        const struct rk_ek_profile *profile = rk_ek_profile_find(names[i]);

        ck_assert_ptr_nonnull(profile);
        ck_assert_uint_eq(rk_ek_profile_eps_len(profile),
                          strncmp(names[i], "ms-138", 6) == 0 ? 32 : 64);
        ck_assert_ptr_nonnull(rk_ek_profile_at(i));
    }
    ck_assert_ptr_null(rk_ek_profile_at(COUNT));
    ck_assert_ptr_null(rk_ek_profile_find("ms-160"));
}
END_TEST

/* On 32-bit words the old code differs in the top of RSA candidates alone: ECC keys are the same.
 */
START_TEST(word_size_moves_rsa_keys_only)
{
    const struct rk_ek_profile *wide = rk_ek_profile_find("ms-146"),
                               *narrow = rk_ek_profile_find("ms-146-r32");
    struct rk_ek other = RK_EK_NONE;
    struct rk_secret eps = RK_SECRET_NONE;

    load_eps(0, &eps);
    for (int i = 0; i < 2; i++) {
        const struct rk_ek_template *tpl = rk_ek_template_find(i == 0 ? "L-1" : "L-2");

        ck_assert_int_eq(rk_ek_derive(ctx, &eps, wide, tpl, &ek, &err), RK_OK);
        ck_assert_int_eq(rk_ek_derive(ctx, &eps, narrow, tpl, &other, &err), RK_OK);
        ck_assert_uint_eq(ek.name_len, other.name_len);
        ck_assert_int_eq(memcmp(ek.name, other.name, ek.name_len) == 0, i == 1);
        rk_ek_done(&ek);
        rk_ek_done(&other);
    }
    rk_secret_done(&eps);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, rsa_ek_is_that_of_nvidias_tool, 0, NVIDIA_RECORDS);
    tcase_add_loop_test(tc, ecc_ek_is_that_of_nvidias_tool, 0, NVIDIA_RECORDS);
    tcase_add_loop_test(tc, spki_and_pair_hold_the_key_of_the_public_area, 0, 4);
    tcase_add_test(tc, private_key_is_not_there_unless_asked_for);
    tcase_add_loop_test(tc, name_is_that_of_the_public_area, 0, 2);
    tcase_add_test(tc, a_template_of_the_users_own_gives_the_same_key);
    tcase_add_loop_test(tc, eps_of_another_length_is_refused, 0,
                        sizeof lengths / sizeof lengths[0]);
    tcase_add_loop_test(tc, a_batch_has_the_keys_of_its_members, 0, 2);
    tcase_add_loop_test(tc, unknown_search_is_refused, 0, sizeof searches / sizeof searches[0]);
    tcase_add_test(tc, profiles_are_the_ten_of_the_document);
    tcase_add_test(tc, word_size_moves_rsa_keys_only);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "derive", .add = add_tests, .load = setup, .unload = teardown, .timeout_s = 60 });
}
