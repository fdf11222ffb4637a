/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys, signers and MACs of the promised ring; OpenSSL makes the keys and judges. */
#include "ring.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <unistd.h>

#define FILE_PATH TEST_SCRATCH "/ring-keys.key"

static const uint8_t msg[] = "what is signed";

static const struct sort {
    const char *key, *pub, *type;
    enum rk_scheme scheme;
    const char *scheme_name, *digest;
    const char *curve; /* of a key that is made here */
} sorts[] = {
    { "rsa2048", "rsa2048.pub", "RSA", RK_SCHEME_RSA_PKCS1_SHA256, "rsa-pkcs1-sha256", "SHA256",
      NULL },
    { "p256", "p256.pub", "EC", RK_SCHEME_ECDSA_SHA256, "ecdsa-sha256", "SHA256", "P-256" },
    { NULL, NULL, "EC", RK_SCHEME_ECDSA_SHA384, "ecdsa-sha384", "SHA384", "P-384" },
    { "p521", "p521.pub", "EC", RK_SCHEME_ECDSA_SHA512, "ecdsa-sha512", "SHA512", "P-521" },
    { NULL, NULL, "ED25519", RK_SCHEME_ED25519, "ed25519", NULL, NULL },
};
enum { SORTS = sizeof sorts / sizeof sorts[0] };

static void write_pem(EVP_PKEY *pkey, bool with_private)
{
    FILE *out = fopen(FILE_PATH, "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(with_private ? PEM_write_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL)
                                  : PEM_write_PUBKEY(out, pkey),
                     1);
    ck_assert_int_eq(fclose(out), 0);
}

static void write_bytes(const struct rk_bytes *bytes, const char *mode)
{
    FILE *out = fopen(FILE_PATH, mode);

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes->p, 1, bytes->len, out), bytes->len);
    ck_assert_int_eq(fclose(out), 0);
}

/* The key of a sort, by OpenSSL alone. */
static EVP_PKEY *pair_of(const struct sort *sort)
{
    char path[512];
    EVP_PKEY *pkey;
    FILE *in;

    if (sort->key == NULL)
        return sort->curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", sort->curve)
                                   : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    (void)snprintf(path, sizeof path, VECTORS "boot/keys/%s.pem", sort->key);
    in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    pkey = PEM_read_PrivateKey(in, NULL, NULL, NULL);
    (void)fclose(in);
    ck_assert_ptr_nonnull(pkey);
    return pkey;
}

static void holds_by_openssl(EVP_PKEY *pkey, const struct sort *sort, const struct rk_bytes *sig)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    ck_assert_int_eq(EVP_DigestVerifyInit_ex(md, NULL, sort->digest, NULL, NULL, pkey, NULL), 1);
    ck_assert_int_eq(EVP_DigestVerify(md, sig->p, sig->len, msg, sizeof msg), 1);
    EVP_MD_CTX_free(md);
}

static void is_key(const rk_public *key, const struct sort *sort, EVP_PKEY *pkey)
{
    uint8_t *der = NULL, want[32], found[32];
    int len = i2d_PUBKEY(pkey, &der);

    ck_assert_str_eq(rk_public_type(key), sort->type);
    ck_assert_uint_eq(rk_public_spki(key)->len, (size_t)len);
    ck_assert_mem_eq(rk_public_spki(key)->p, der, (size_t)len);
    ck_assert_int_eq(EVP_Digest(der, (size_t)len, want, NULL, EVP_sha256(), NULL), 1);
    works(rk_public_sha256(key, found, &err));
    ck_assert_mem_eq(found, want, 32);
    OPENSSL_free(der);
}

START_TEST(a_key_signs_and_its_public_half_verifies) /* loop test: the sort */
{
    const struct sort *sort = &sorts[_i];
    EVP_PKEY *pkey = pair_of(sort);
    struct rk_bytes sig = RK_BYTES_NONE, again = RK_BYTES_NONE;
    rk_signer *signer;
    rk_public *key;

    write_pem(pkey, true);
    works(rk_signer_open(ctx, FILE_PATH, NULL, &signer, &err));
    is_key(rk_signer_public(signer), sort, pkey);
    ck_assert_int_eq(rk_signer_default_scheme(signer), sort->scheme);
    works(rk_signer_sign(signer, sort->scheme, msg, sizeof msg, &sig, &err));
    holds_by_openssl(pkey, sort, &sig);
    write_pem(pkey, false);
    works(rk_public_open(ctx, FILE_PATH, &key, &err));
    is_key(key, sort, pkey);
    works(rk_public_verify(key, sort->scheme, msg, sizeof msg, sig.p, sig.len, &err));
    ends(rk_public_verify(key, sort->scheme, msg, sizeof msg - 1, sig.p, sig.len, &err),
         RK_E_VERIFY);
    ends(rk_public_verify(key, sort->scheme, msg, sizeof msg, sig.p, sig.len - 1, &err),
         RK_E_VERIFY);
    refuses(rk_public_verify(key, RK_SCHEME_NONE, msg, sizeof msg, sig.p, sig.len, &err),
            RK_E_USAGE, "no signature scheme");
    refuses(rk_public_verify(
                key, sort->scheme == RK_SCHEME_ED25519 ? RK_SCHEME_ECDSA_SHA256 : RK_SCHEME_ED25519,
                msg, sizeof msg, sig.p, sig.len, &err),
            RK_E_KEY, "needs a key of type");
    refuses(rk_signer_sign(signer, RK_SCHEME_NONE, msg, sizeof msg, &again, &err), RK_E_USAGE,
            "no signature scheme");
    refuses(rk_signer_sign(signer,
                           sort->scheme == RK_SCHEME_ED25519 ? RK_SCHEME_ECDSA_SHA256
                                                             : RK_SCHEME_ED25519,
                           msg, sizeof msg, &again, &err),
            RK_E_KEY, "needs a key of type");
    ck_assert_ptr_null(again.p);
    rk_public_free(key);
    rk_bytes_done(&sig);
    rk_signer_free(signer);
    EVP_PKEY_free(pkey);
    (void)unlink(FILE_PATH);
}
END_TEST

START_TEST(bytes_in_memory_are_a_key_or_not)
{
    rk_public *key = NULL, *again;
    struct rk_bytes pem;

    file_at(VECTORS "boot/keys/p256.pub.pem", &pem);
    works(rk_public_from_bytes(ctx, pem.p, pem.len, &key, &err));
    works(
        rk_public_from_bytes(ctx, rk_public_spki(key)->p, rk_public_spki(key)->len, &again, &err));
    ck_assert(rk_bytes_equal(rk_public_spki(key), rk_public_spki(again)));
    rk_public_free(key);
    rk_public_free(again);
    rk_public_free(NULL);
    key = NULL;
    ends(rk_public_from_bytes(ctx, pem.p, 20, &key, &err), RK_E_KEY);
    ends(rk_public_from_bytes(ctx, "", 0, &key, &err), RK_E_KEY);
    rk_bytes_done(&pem);
    ck_assert_ptr_null(key);
}
END_TEST

/* rk_public_type names three types, so a key of another one is not opened. */
START_TEST(a_key_that_no_scheme_is_for_is_refused)
{
    static const char *const types[] = { "X25519", "ED448", "RSA-PSS" };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, types[i], NULL);
        EVP_PKEY *pkey = NULL;
        rk_public *key = NULL;
        rk_signer *signer;
        uint8_t *der = NULL;
        int len;

        ck_assert_int_eq(EVP_PKEY_keygen_init(maker), 1);
        ck_assert_int_eq(EVP_PKEY_generate(maker, &pkey), 1);
        len = i2d_PUBKEY(pkey, &der);
        refuses(rk_public_from_bytes(ctx, der, (size_t)len, &key, &err), RK_E_KEY, types[i]);
        write_pem(pkey, false);
        refuses(rk_public_open(ctx, FILE_PATH, &key, &err), RK_E_KEY, types[i]);
        ck_assert_ptr_null(key);
        write_pem(pkey, true);
        works(rk_signer_open(ctx, FILE_PATH, NULL, &signer, &err));
        ck_assert_int_eq(rk_signer_default_scheme(signer), RK_SCHEME_NONE);
        ck_assert_str_eq(rk_public_type(rk_signer_public(signer)), types[i]);
        rk_signer_free(signer);
        OPENSSL_free(der);
        EVP_PKEY_free(pkey);
        EVP_PKEY_CTX_free(maker);
        (void)unlink(FILE_PATH);
    }
}
END_TEST

START_TEST(a_weak_key_verifies_nothing)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t sig[128];
    size_t len = sizeof sig;
    rk_public *key;

    ck_assert_int_eq(EVP_DigestSignInit_ex(md, NULL, "SHA256", NULL, NULL, pkey, NULL), 1);
    ck_assert_int_eq(EVP_DigestSign(md, sig, &len, msg, sizeof msg), 1);
    write_pem(pkey, false);
    works(rk_public_open(ctx, FILE_PATH, &key, &err));
    refuses(rk_public_verify(key, RK_SCHEME_RSA_PKCS1_SHA256, msg, sizeof msg, sig, len, &err),
            RK_E_VERIFY, "1024");
    rk_public_free(key);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(pkey);
    (void)unlink(FILE_PATH);
}
END_TEST

START_TEST(a_key_that_cannot_be_had_says_why)
{
    struct rk_pin newer[2] = { RK_PIN_INIT(NULL), RK_PIN_INIT("env:X") };
    struct rk_bytes sig = RK_BYTES_NONE, cert;
    rk_signer *signer = NULL;
    rk_public *key = NULL;

    newer[0].size = sizeof newer;
    refuses(rk_signer_open(ctx, VECTORS "boot/keys/p256.pem", newer, &signer, &err), RK_E_USAGE,
            "newer library");
    refuses(rk_signer_open(ctx, "nothing:here", NULL, &signer, &err), RK_E_USAGE, "nothing:");
    refuses(rk_signer_open(ctx, "env:KEY", NULL, &signer, &err), RK_E_USAGE, "env:");
    refuses(rk_signer_open(ctx, "pkcs11:%", NULL, &signer, &err), RK_E_USAGE, "");
    refuses(rk_signer_open(ctx, FILE_PATH, NULL, &signer, &err), RK_E_IO, FILE_PATH);
    refuses(rk_signer_open(ctx, VECTORS "boot/README.md", NULL, &signer, &err), RK_E_KEY,
            "README.md");
    ck_assert_ptr_null(signer);
    ck_assert_ptr_null(rk_signer_public(NULL));
    rk_signer_free(NULL);
    refuses(rk_public_open(ctx, FILE_PATH, &key, &err), RK_E_IO, FILE_PATH);
    refuses(rk_public_open(ctx, TEST_SCRATCH, &key, &err), RK_E_USAGE, TEST_SCRATCH);
    refuses(rk_public_open(ctx, VECTORS "boot/README.md", &key, &err), RK_E_KEY, "README.md");
    file_at(VECTORS "boot/keys/cap_root.crt", &cert);
    for (int i = 0; i < 2; i++)
        write_bytes(&cert, i == 0 ? "w" : "a");
    refuses(rk_public_open(ctx, FILE_PATH, &key, &err), RK_E_KEY, "more than one certificate");
    rk_bytes_done(&cert);
    (void)unlink(FILE_PATH);
    ck_assert_ptr_null(key);
    works(rk_signer_open(ctx, "pub:" VECTORS "boot/keys/p256.pub.pem", NULL, &signer, &err));
    refuses(rk_signer_sign(signer, RK_SCHEME_ECDSA_SHA256, msg, sizeof msg, &sig, &err), RK_E_KEY,
            "public only");
    rk_signer_free(signer);
}
END_TEST

START_TEST(every_scheme_has_a_name)
{
    for (int scheme = RK_SCHEME_RSA_PKCS1_SHA256; scheme <= RK_SCHEME_ED25519; scheme++) {
        const char *name = rk_scheme_name((enum rk_scheme)scheme);

        ck_assert_str_ne(name, "none");
        ck_assert_int_eq(rk_scheme_find(name), scheme);
    }
    for (size_t i = 0; i < SORTS; i++)
        ck_assert_str_eq(rk_scheme_name(sorts[i].scheme), sorts[i].scheme_name);
    ck_assert_str_eq(rk_scheme_name(RK_SCHEME_NONE), "none");
    ck_assert_str_eq(rk_scheme_name((enum rk_scheme)99), "none");
    ck_assert_int_eq(rk_scheme_find("none"), RK_SCHEME_NONE);
    ck_assert_int_eq(rk_scheme_find("rsa"), RK_SCHEME_NONE);
    ck_assert_int_eq(rk_scheme_find(""), RK_SCHEME_NONE);
}
END_TEST

/* ---- MACs ---- */

static void is_mac(const rk_mac *mac, enum rk_mac_alg alg, const struct rk_secret *key)
{
    const char *cipher = key->len == 32 ? "AES-256-CBC" : "AES-128-CBC";
    struct rk_secret found = RK_SECRET_NONE;
    bool hmac = alg == RK_MAC_HMAC_SHA256;
    uint8_t want[32];
    size_t len = 0;

    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, hmac ? "HMAC" : "CMAC", NULL, hmac ? "SHA256" : cipher,
                                    NULL, key->p, key->len, msg, sizeof msg, want, sizeof want,
                                    &len));
    works(rk_mac_compute(mac, alg, msg, sizeof msg, &found, &err));
    ck_assert_uint_eq(found.len, len);
    ck_assert_mem_eq(found.p, want, len);
    rk_secret_done(&found);
}

START_TEST(a_mac_is_openssls) /* loop test: 16 and 32 bytes */
{
    const char *path = _i == 0 ? VECTORS "ekb/eks/in/sym16.key" : VECTORS "ekb/eks/in/sym32.key";
    size_t len = _i == 0 ? 16 : 32;
    struct rk_secret key = RK_SECRET_NONE;
    char uri[512];
    rk_mac *mac;

    works(rk_secret_read(path, 0, &key, &err));
    ck_assert_uint_eq(key.len, len);
    (void)snprintf(uri, sizeof uri, "file:%s", path);
    works(rk_mac_open(ctx, uri, len, &mac, &err));
    is_mac(mac, RK_MAC_HMAC_SHA256, &key);
    is_mac(mac, RK_MAC_AES_CMAC, &key);
    rk_mac_free(mac);
    works(rk_mac_from_secret(ctx, &key, &mac, &err));
    is_mac(mac, RK_MAC_HMAC_SHA256, &key);
    rk_mac_free(mac);
    rk_mac_free(NULL);
    rk_secret_done(&key);
}
END_TEST

START_TEST(a_symmetric_key_that_does_not_fit_is_refused)
{
    struct rk_secret key = RK_SECRET_NONE, out = RK_SECRET_NONE;
    struct rk_bytes text = RK_BYTES_NONE;
    rk_mac *mac = NULL;

    ck_assert_int_eq(setenv("RING_KEY", "00112233445566778899aabbccddeeff", 1), 0);
    works(rk_secret_read("env:RING_KEY", 16, &key, &err));
    is_hex(key.p, key.len, "00112233445566778899aabbccddeeff");
    rk_secret_done(&key);
    refuses(rk_secret_read("env:RING_KEY", 32, &key, &err), RK_E_USAGE, "16 bytes, expected 32");
    refuses(rk_secret_read("env:RING_NONE", 16, &key, &err), RK_E_KEY, "RING_NONE");
    refuses(rk_secret_read("pkcs11:object=a", 16, &key, &err), RK_E_USAGE, "pkcs11:");
    refuses(rk_secret_read(FILE_PATH, 16, &key, &err), RK_E_IO, FILE_PATH);
    works(rk_bytes_copy("00112233445566778899aabbccddeefg", 32, &text, &err));
    write_bytes(&text, "w");
    rk_bytes_done(&text);
    refuses(rk_secret_read(FILE_PATH, 16, &key, &err), RK_E_FORMAT, "character 32");
    refuses(rk_mac_open(ctx, FILE_PATH, 0, &mac, &err), RK_E_FORMAT, "character 32");
    (void)unlink(FILE_PATH);
    refuses(rk_mac_open(ctx, "env:RING_KEY", 32, &mac, &err), RK_E_USAGE, "16 bytes, expected 32");
    refuses(rk_mac_open(ctx, "nothing:x", 0, &mac, &err), RK_E_USAGE, "nothing:");
    refuses(rk_mac_open(ctx, "env:RING_NONE", 0, &mac, &err), RK_E_KEY, "RING_NONE");
    refuses(rk_mac_open(ctx, FILE_PATH, 0, &mac, &err), RK_E_IO, FILE_PATH);
    ck_assert(mac == NULL && key.p == NULL);
    works(rk_secret_new(20, &key, &err));
    works(rk_mac_from_secret(ctx, &key, &mac, &err));
    refuses(rk_mac_compute(mac, RK_MAC_AES_CMAC, msg, sizeof msg, &out, &err), RK_E_USAGE,
            "AES key of 20 bytes");
    refuses(rk_mac_compute(mac, (enum rk_mac_alg)9, msg, sizeof msg, &out, &err), RK_E_USAGE,
            "MAC algorithm 9");
    ck_assert_ptr_null(out.p);
    is_mac(mac, RK_MAC_HMAC_SHA256, &key);
    rk_mac_free(mac);
    rk_secret_done(&key);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_key_signs_and_its_public_half_verifies, 0, SORTS);
    tcase_add_test(tc, bytes_in_memory_are_a_key_or_not);
    tcase_add_test(tc, a_key_that_no_scheme_is_for_is_refused);
    tcase_add_test(tc, a_weak_key_verifies_nothing);
    tcase_add_test(tc, a_key_that_cannot_be_had_says_why);
    tcase_add_test(tc, every_scheme_has_a_name);
    tcase_add_loop_test(tc, a_mac_is_openssls, 0, 2);
    tcase_add_test(tc, a_symmetric_key_that_does_not_fit_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ring_keys", .add = add, .load = ring_load, .unload = ring_unload });
}
