/* SPDX-License-Identifier: Apache-2.0 */
/* Licence files. The signed text is written out here by hand, and OpenSSL judges the signature. */
#include "rotkit/hex.h"
#include "rotkit/json.h"
#include "rotkit/key.h"
#include "rotkit/licence.h"

#include "suite.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static struct rk_err err;
static rk_ctx *ctx;
static rk_signer *key;
static struct rk_bytes file;
static struct rk_licence licence;

static void load(void)
{
    licence = (struct rk_licence) { .id = "L-1",
                                    .product = "demo product",
                                    .units = 1000,
                                    .reissues = 3,
                                    .not_after = 1893456000,
                                    .oem_id = { 0x0102, 0xa1b2 },
                                    .oem_id_count = 2,
                                    .first_sn = 1,
                                    .last_sn = 0x1000 };
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_key_new(ctx, "p256", &key, &err), RK_OK);
    ck_assert_int_eq(rk_licence_sign(key, &licence, &file, &err), RK_OK);
}

static void unload(void)
{
    rk_bytes_done(&file);
    rk_signer_free(key);
    rk_ctx_free(ctx);
}

START_TEST(the_signature_is_over_the_text_of_the_header)
{
    char text[600], issuer[65];
    uint8_t digest[32], signature[128];
    size_t len = sizeof digest;
    rk_json *doc = NULL;
    const char *hex;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    const struct rk_bytes *spki = rk_signer_spki(key);

    ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, spki->p, spki->len, digest, &len), 1);
    rk_hex_write(digest, sizeof digest, issuer);
    (void)snprintf(text, sizeof text,
                   "rotkit licence 1\nid: L-1\nparent: \nissuer: %s\nproduct: demo product\n"
                   "units: 1000\nreissues: 3\nnot-after: 1893456000\noem-ids: 0102,a1b2\n"
                   "first-sn: 0000000000000001\nlast-sn: 0000000000001000\n",
                   issuer);
    ck_assert_int_eq(rk_json_parse(file.p, file.len, &doc, &err), RK_OK);
    hex = rk_json_str(rk_json_get(rk_json_root(doc), "signature"));
    ck_assert_int_eq(rk_hex_read(hex, strlen(hex), signature, strlen(hex) / 2, &err), RK_OK);
    ck_assert_int_eq(EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, rk_signer_pkey(key)), 1);
    ck_assert_int_eq(
        EVP_DigestVerify(md, signature, strlen(hex) / 2, (const unsigned char *)text, strlen(text)),
        1);
    EVP_MD_CTX_free(md);
    rk_json_free(doc);
}
END_TEST

START_TEST(what_was_signed_is_read_back)
{
    struct rk_licence again;

    ck_assert_int_eq(rk_licence_read(ctx, file.p, file.len, key, &again, &err), RK_OK);
    ck_assert_str_eq(again.id, "L-1");
    ck_assert_uint_eq(again.units, 1000);
    ck_assert_uint_eq(again.oem_id[1], 0xa1b2);
    ck_assert_uint_eq(again.last_sn, 0x1000);
    ck_assert_int_eq(again.not_after, 1893456000);
}
END_TEST

START_TEST(another_issuer_is_refused)
{
    struct rk_licence again = { .units = 99 };
    rk_signer *other = NULL;

    ck_assert_int_eq(rk_key_new(ctx, "p256", &other, &err), RK_OK);
    ck_assert_int_eq(rk_licence_read(ctx, file.p, file.len, other, &again, &err), RK_E_VERIFY);
    ck_assert_uint_eq(again.units, 99);
    rk_signer_free(other);
}
END_TEST

/* A byte of a value changed anywhere, and it is no longer the licence that was signed. */
START_TEST(no_changed_byte_verifies)
{
    for (size_t i = 0; i < file.len; i++) {
        struct rk_licence again = { .units = 99 };
        uint8_t was = file.p[i];

        file.p[i] = was == '1' ? '2' : '1';
        if (file.p[i] == was || was == '\n' || was == ' ')
            file.p[i] = was;
        else
            ck_assert_msg(rk_licence_read(ctx, file.p, file.len, key, &again, &err) != RK_OK,
                          "byte %zu", i);
        file.p[i] = was;
    }
}
END_TEST

START_TEST(no_cut_file_is_read) /* all lengths */
{
    for (size_t len = 0; len + 1 < file.len; len++) {
        struct rk_licence again;

        ck_assert_int_ne(rk_licence_read(ctx, file.p, len, key, &again, &err), RK_OK);
    }
}
END_TEST

START_TEST(terms_that_cannot_be_said_are_not_signed)
{
    struct rk_bytes none = RK_BYTES_NONE;
    struct rk_licence bad = licence;

    (void)snprintf(bad.id, sizeof bad.id, "a b");
    ck_assert_int_eq(rk_licence_sign(key, &bad, &none, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "licence id \"a b\": expected letters, digits and \"._-\"");
    bad = licence;
    (void)snprintf(bad.product, sizeof bad.product, "x\nunits: 9");
    ck_assert_int_eq(rk_licence_sign(key, &bad, &none, &err), RK_E_USAGE);
    bad = licence;
    bad.first_sn = bad.last_sn + 1;
    ck_assert_int_eq(rk_licence_sign(key, &bad, &none, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "licence \"L-1\": its serial numbers end before they begin");
    bad = licence;
    bad.units = 0;
    ck_assert_int_eq(rk_licence_sign(key, &bad, &none, &err), RK_E_USAGE);
    bad = licence;
    bad.oem_id[1] = bad.oem_id[0];
    ck_assert_int_eq(rk_licence_sign(key, &bad, &none, &err), RK_E_USAGE);
    ck_assert_ptr_null(none.p);
}
END_TEST

static void beyond(const struct rk_licence *child, const char *wanted)
{
    char text[200];

    ck_assert_int_eq(rk_licence_within(child, &licence, &err), RK_E_LEDGER);
    (void)snprintf(text, sizeof text, "licence \"L-2\" %s: its parent \"L-1\" does not give that",
                   wanted);
    ck_assert_str_eq(err.msg, text);
}

START_TEST(a_child_stays_within_its_parent)
{
    struct rk_licence good = licence, child;

    (void)snprintf(good.id, sizeof good.id, "L-2");
    (void)snprintf(good.parent, sizeof good.parent, "L-1");
    ck_assert_int_eq(rk_licence_within(&good, &licence, &err), RK_OK);
    child = good, child.parent[0] = 'M', beyond(&child, "names another parent");
    child = good, child.product[0] = 'M', beyond(&child, "is for another product");
    child = good, child.issuer_sha256[0] ^= 1, beyond(&child, "has another issuer");
    child = good, child.units++, beyond(&child, "has more units");
    child = good, child.reissues++, beyond(&child, "has more units");
    child = good, child.not_after = 0, beyond(&child, "ends later");
    child = good, child.not_after++, beyond(&child, "ends later");
    child = good, child.oem_id_count = 0, beyond(&child, "has other OEM ids");
    child = good, child.oem_id[0] = 7, beyond(&child, "has other OEM ids");
    child = good, child.first_sn = 0, beyond(&child, "has other serial numbers");
    child = good, child.last_sn++, beyond(&child, "has other serial numbers");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_signature_is_over_the_text_of_the_header);
    tcase_add_test(tc, what_was_signed_is_read_back);
    tcase_add_test(tc, another_issuer_is_refused);
    tcase_add_test(tc, no_changed_byte_verifies);
    tcase_add_test(tc, no_cut_file_is_read);
    tcase_add_test(tc, terms_that_cannot_be_said_are_not_signed);
    tcase_add_test(tc, a_child_stays_within_its_parent);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "licence", .add = add, .load = load, .unload = unload });
}
