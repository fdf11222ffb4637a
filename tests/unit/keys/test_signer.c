/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign: every form a key file may have, every scheme, and what is refused. OpenSSL writes
 * the files. */
#include "rotkit/publish.h"
#include "rotkit/signer.h"

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define KEY  TEST_SCRATCH "/test-signer.key"
#define PASS TEST_SCRATCH "/test-signer.pass"

static rk_ctx *ctx;
static struct rk_err err;
static EVP_PKEY *rsa, *p256, *p384, *p521, *ed25519;
static const uint8_t msg[] = "what is signed";

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    p256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    p384 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    p521 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
    ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ck_assert(rsa != NULL && p256 != NULL && p384 != NULL && p521 != NULL && ed25519 != NULL);
}

static void teardown(void)
{
    EVP_PKEY *const all[] = { rsa, p256, p384, p521, ed25519 };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        EVP_PKEY_free(all[i]);
    rk_ctx_free(ctx);
    (void)unlink(KEY);
    (void)unlink(PASS);
}

/* structure "PrivateKeyInfo", "EncryptedPrivateKeyInfo", "type-specific", "SubjectPublicKeyInfo" */
static void write_key(EVP_PKEY *pkey, int selection, const char *format, const char *structure,
                      const char *passphrase)
{
    OSSL_ENCODER_CTX *encoder =
        OSSL_ENCODER_CTX_new_for_pkey(pkey, selection, format, structure, NULL);
    unsigned char *text = NULL;
    size_t len = 0;

    ck_assert_int_gt(OSSL_ENCODER_CTX_get_num_encoders(encoder), 0);
    if (passphrase != NULL) {
        ck_assert_int_eq(OSSL_ENCODER_CTX_set_cipher(encoder, "AES-256-CBC", NULL), 1);
        ck_assert_int_eq(OSSL_ENCODER_CTX_set_passphrase(encoder, (const unsigned char *)passphrase,
                                                         strlen(passphrase)),
                         1);
    }
    ck_assert_int_eq(OSSL_ENCODER_to_data(encoder, &text, &len), 1);
    ck_assert_int_eq(rk_file_write(KEY, RK_FILE_PRIVATE, text, len, &err), RK_OK);
    OPENSSL_free(text);
    OSSL_ENCODER_CTX_free(encoder);
}

static const struct {
    const char *format, *structure, *passphrase;
} forms[] = {
    { "PEM", "PrivateKeyInfo", NULL },
    { "DER", "PrivateKeyInfo", NULL },
    { "PEM", "type-specific", NULL },
    { "DER", "type-specific", NULL },
    { "PEM", "EncryptedPrivateKeyInfo", "correct horse" },
    { "DER", "EncryptedPrivateKeyInfo", "correct horse" },
    { "PEM", "type-specific", "correct horse" },
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static void check_form(EVP_PKEY *pkey, size_t form)
{
    const struct rk_pin pin = RK_PIN_INIT("file:" PASS);
    rk_signer *signer = NULL;

    write_key(pkey, EVP_PKEY_KEYPAIR, forms[form].format, forms[form].structure,
              forms[form].passphrase);
    ck_assert_int_eq(rk_file_write(PASS, RK_FILE_PRIVATE, "correct horse\n", 14, &err), RK_OK);
    ck_assert_msg(rk_signer_open(ctx, KEY, &pin, &signer, &err) == RK_OK, "%s %s: %s",
                  forms[form].format, forms[form].structure, err.msg);
    ck_assert_int_eq(EVP_PKEY_eq(rk_signer_pkey(signer), pkey), 1);
    rk_signer_free(signer);
}

START_TEST(every_form_of_key_file_opens) /* loop test: _i is the form */
{
    check_form(rsa, (size_t)_i);
    check_form(p256, (size_t)_i);
    check_form(p521, (size_t)_i);
}
END_TEST

START_TEST(file_and_plain_path_name_the_same_key)
{
    rk_signer *a = NULL, *b = NULL;

    write_key(p256, EVP_PKEY_KEYPAIR, "PEM", "PrivateKeyInfo", NULL);
    ck_assert_int_eq(rk_signer_open(ctx, KEY, NULL, &a, &err), RK_OK);
    ck_assert_int_eq(rk_signer_open(ctx, "file:" KEY, NULL, &b, &err), RK_OK);
    ck_assert_uint_eq(rk_signer_spki(a)->len, rk_signer_spki(b)->len);
    ck_assert_mem_eq(rk_signer_spki(a)->p, rk_signer_spki(b)->p, rk_signer_spki(a)->len);
    rk_signer_free(a);
    rk_signer_free(b);
}
END_TEST

START_TEST(public_key_opens_as_pub_and_does_not_sign)
{
    struct rk_bytes sig = RK_BYTES_NONE;
    rk_signer *signer = NULL;

    write_key(p256, EVP_PKEY_PUBLIC_KEY, "PEM", "SubjectPublicKeyInfo", NULL);
    ck_assert_int_eq(rk_signer_open(ctx, KEY, NULL, &signer, &err), RK_E_KEY);
    ck_assert_int_eq(rk_signer_open(ctx, "pub:" KEY, NULL, &signer, &err), RK_OK);
    ck_assert_int_eq(EVP_PKEY_eq(rk_signer_pkey(signer), p256), 1);
    ck_assert_int_eq(rk_signer_sign(signer, RK_SCHEME_ECDSA_SHA256, msg, sizeof msg, &sig, &err),
                     RK_E_KEY);
    ck_assert_str_eq(err.msg, "the key is public only and cannot sign");
    ck_assert_ptr_null(sig.p);
    rk_signer_free(signer);
}
END_TEST

/* ---- passphrases ---- */

START_TEST(passphrase_comes_from_descriptor_and_environment)
{
    rk_signer *signer = NULL;
    char source[16];
    int ends[2];

    write_key(p256, EVP_PKEY_KEYPAIR, "PEM", "EncryptedPrivateKeyInfo", "correct horse");
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq((int)write(ends[1], "correct horse\nnext\n", 19), 19);
    (void)snprintf(source, sizeof source, "fd:%d", ends[0]);
    ck_assert_int_eq(rk_signer_open(ctx, KEY, &(struct rk_pin)RK_PIN_INIT(source), &signer, &err),
                     RK_OK);
    rk_signer_free(signer);
    signer = NULL;
    ck_assert_int_eq(setenv("RK_TEST_PASSPHRASE", "correct horse", 1), 0);
    ck_assert_int_eq(rk_signer_open(ctx, KEY, &(struct rk_pin)RK_PIN_INIT("env:RK_TEST_PASSPHRASE"),
                                    &signer, &err),
                     RK_OK);
    rk_signer_free(signer);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

START_TEST(wrong_passphrase_is_a_key_error_and_never_shown)
{
    rk_signer *signer = NULL;

    write_key(p256, EVP_PKEY_KEYPAIR, "PEM", "EncryptedPrivateKeyInfo", "correct horse");
    ck_assert_int_eq(setenv("RK_TEST_PASSPHRASE", "battery staple", 1), 0);
    ck_assert_int_eq(rk_signer_open(ctx, KEY, &(struct rk_pin)RK_PIN_INIT("env:RK_TEST_PASSPHRASE"),
                                    &signer, &err),
                     RK_E_KEY);
    ck_assert_ptr_nonnull(strstr(err.msg, "wrong passphrase?"));
    ck_assert_ptr_null(strstr(err.msg, "staple"));
    ck_assert_ptr_null(signer);
}
END_TEST

START_TEST(encrypted_key_without_a_source_is_refused_where_nobody_can_be_asked)
{
    rk_signer *signer = NULL;

    (void)close(STDIN_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "r", stdin));
    write_key(p256, EVP_PKEY_KEYPAIR, "PEM", "EncryptedPrivateKeyInfo", "correct horse");
    ck_assert_int_eq(rk_signer_open(ctx, KEY, NULL, &signer, &err), RK_E_KEY);
    ck_assert_str_eq(err.msg, "key file \"" KEY
                              "\" needs its passphrase and there is no terminal to ask for "
                              "it\n  name a source: fd:N, file:PATH or env:NAME");
}
END_TEST

/* People put the passphrase itself where its source belongs: it must not reach a log. */
START_TEST(unknown_passphrase_source_is_not_repeated)
{
    rk_signer *signer = NULL;

    write_key(p256, EVP_PKEY_KEYPAIR, "PEM", "EncryptedPrivateKeyInfo", "correct horse");
    ck_assert_int_eq(
        rk_signer_open(ctx, KEY, &(struct rk_pin)RK_PIN_INIT("correct horse"), &signer, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, "passphrase source is none of fd:N, file:PATH, env:NAME");
}
END_TEST

/* ---- the grammar ---- */

#define ID_OF_13 "%01%02%03%04%05%06%07%08%09%0a%0b%0c%0d"
#define ID_OF_65 ID_OF_13 ID_OF_13 ID_OF_13 ID_OF_13 ID_OF_13

/* clang-format off */
static const struct {
    const char *uri;
    enum rk_rc rc;
    const char *message;
} refusals[] = {
    { "pkcs11:token=t;object=k?module-path=/no/such.so", RK_E_KEY,
      "PKCS #11 module \"/no/such.so\": No such file or directory" },
    { "pkcs11:token=t;object=k?module-path=such.so", RK_E_USAGE,
      "key URI: module-path \"such.so\" is no absolute path" },
    { "pkcs11:token=t", RK_E_USAGE, "key URI: names no key: object= or id= is missing" },
    { "pkcs11:token=t;object=k;type=secret-key", RK_E_USAGE,
      "key URI: type= asks for a secret key, a private key is needed" },
    { "pkcs11:token=t;object=k?pin-source=|cat", RK_E_USAGE,
      "key URI: pin-source is none of file:PATH, an absolute path, fd:N, env:NAME" },
    { "pkcs11:token=%zz;object=k", RK_E_USAGE,
      "key URI: URI encoding invalid or corrupted (RFC 7512: pkcs11:token=...;object=...)" },
    { "pkcs11:token=t;object=k;colour=red", RK_E_USAGE,
      "key URI: unknown attribute \"colour\" in its path\n  known there: token, manufacturer, "
      "serial, model, object, id, type, library-manufacturer, library-description, "
      "library-version, slot-manufacturer, slot-description, slot-id" },
    { "pkcs11:token=t;object=k;x-maker=red", RK_E_USAGE,
      "key URI: unknown attribute \"x-maker\" in its path\n  known there: token, manufacturer, "
      "serial, model, object, id, type, library-manufacturer, library-description, "
      "library-version, slot-manufacturer, slot-description, slot-id" },
    { "pkcs11:object=k?pin-sorce=file:/1234", RK_E_USAGE,
      "key URI: unknown attribute \"pin-sorce\" in its query\n  known there: module-path, "
      "module-name, pin-source, x-init-reserved" },
    { "pkcs11:object=k;id=" ID_OF_65, RK_E_USAGE,
      "key URI: object or id is too long: at most 256 bytes and 64 bytes" },
    { "pkcs11:object=k;object=l", RK_E_USAGE, "key URI: object= stands there twice" },
    { "pkcs11:object=k?module-name=a&module-name=b", RK_E_USAGE,
      "key URI: module-name= stands there twice" },
    { "pkcs11:object=k?1234", RK_E_USAGE,
      "key URI: URI syntax is invalid (RFC 7512: pkcs11:token=...;object=...)" },
    { "pkcs11:object=k;type=secret", RK_E_USAGE,
      "key URI: the value of an attribute is not of RFC 7512" },
    { "pkcs11:object=k?module-name=/lib/x.so", RK_E_USAGE,
      "key URI: module-name \"/lib/x.so\" is no name: a file is named by module-path" },
    { "pkcs11:object=k?module-path=/etc", RK_E_USAGE,
      "key URI: module-path \"/etc\" is a folder: add module-name, or name the file" },
    { "pkcs11:object=k?module-path=/etc&module-name=x", RK_E_KEY,
      "no PKCS #11 module \"x\" is in \"/etc\"" },
    { "pkcs11:object=k?module-path=/etc/hostname&module-name=x", RK_E_USAGE,
      "key URI: module-path \"/etc/hostname\" is not the module \"x\"" },
    { "pkcs11:object=k?x-init-reserved=a", RK_E_USAGE,
      "key URI: x-init-reserved is for one module: add module-path or module-name" },
    { "helper:/bin/sign", RK_E_USAGE,
      "a helper's public key must be known: name it as helper:PROGRAM?public=FILE" },
    { "helper:/no/such?public=x", RK_E_KEY,
      "cannot run helper \"/no/such\": No such file or directory" },
    { "pkcs11:object=k?pin-value=1234", RK_E_USAGE,
      "a key URI must not carry pin-value: name a pin-source" },
    { "env:KEY", RK_E_USAGE, "\"env:\" names symmetric keys only, and this key signs" },
    { "hsm:key", RK_E_USAGE,
      "unknown key scheme \"hsm:\" (known: file, pub, pkcs11, helper, env)\n  "
      "a path with a colon in it is named file:PATH" },
    { TEST_SCRATCH "/no-such.key", RK_E_IO,
      "cannot open \"" TEST_SCRATCH "/no-such.key\": No such file or directory" },
    { TEST_SCRATCH, RK_E_USAGE, "\"" TEST_SCRATCH "\" is a folder, expected a file" },
};
/* clang-format on */
enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

START_TEST(a_name_that_leads_to_no_key_is_refused) /* loop test: _i is the row */
{
    rk_signer *signer = NULL;

    ck_assert_int_eq(rk_signer_open(ctx, refusals[_i].uri, NULL, &signer, &err), refusals[_i].rc);
    ck_assert_str_eq(err.msg, refusals[_i].message);
    ck_assert_ptr_null(strstr(err.msg, "1234"));
    ck_assert_ptr_null(signer);
}
END_TEST

START_TEST(file_that_holds_no_key_is_a_key_error)
{
    static const char *const texts[] = {
        "", "hello\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        rk_signer *signer = NULL;

        ck_assert_int_eq(rk_file_write(KEY, RK_FILE_PRIVATE, texts[i], strlen(texts[i]), &err),
                         RK_OK);
        ck_assert_int_eq(rk_signer_open(ctx, KEY, NULL, &signer, &err), RK_E_KEY);
        ck_assert_msg(strncmp(err.msg, "key file \"" KEY "\": no private key in PEM or DER",
                              strlen("key file \"" KEY "\": no private key in PEM or DER")) == 0,
                      "%s", err.msg);
        ck_assert_ptr_null(signer);
    }
}
END_TEST

/* Every cut of a DER key is refused or, never, another key. */
START_TEST(every_cut_key_is_refused)
{
    struct rk_secret whole = RK_SECRET_NONE;

    write_key(p256, EVP_PKEY_KEYPAIR, "DER", "PrivateKeyInfo", NULL);
    ck_assert_int_eq(rk_file_read_secret(KEY, 1 << 16, &whole, &err), RK_OK);
    for (size_t len = 0; len < whole.len; len++) {
        rk_signer *signer = NULL;

        ck_assert_int_eq(rk_file_write(KEY, RK_FILE_PRIVATE, whole.p, len, &err), RK_OK);
        ck_assert_int_eq(rk_signer_open(ctx, KEY, NULL, &signer, &err), RK_E_KEY);
        ck_assert_ptr_null(signer);
    }
    rk_secret_done(&whole);
}
END_TEST

/* ---- schemes ---- */

/* clang-format off */
static const struct {
    enum rk_scheme scheme;
    const char *name;
    EVP_PKEY **key;
    const char *digest;
    int salt; /* 0: no PSS */
} schemes[] = {
    { RK_SCHEME_RSA_PKCS1_SHA256, "rsa-pkcs1-sha256", &rsa, "SHA256", 0 },
    { RK_SCHEME_RSA_PKCS1_SHA384, "rsa-pkcs1-sha384", &rsa, "SHA384", 0 },
    { RK_SCHEME_RSA_PKCS1_SHA512, "rsa-pkcs1-sha512", &rsa, "SHA512", 0 },
    { RK_SCHEME_RSA_PSS_SHA256,   "rsa-pss-sha256",   &rsa, "SHA256", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_SHA384,   "rsa-pss-sha384",   &rsa, "SHA384", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_SHA512,   "rsa-pss-sha512",   &rsa, "SHA512", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_MAX_SHA256, "rsa-pss-max-sha256", &rsa, "SHA256", 2048 / 8 - 32 - 2 },
    { RK_SCHEME_RSA_PSS_MAX_SHA384, "rsa-pss-max-sha384", &rsa, "SHA384", 2048 / 8 - 48 - 2 },
    { RK_SCHEME_RSA_PSS_MAX_SHA512, "rsa-pss-max-sha512", &rsa, "SHA512", 2048 / 8 - 64 - 2 },
    { RK_SCHEME_ECDSA_SHA256,     "ecdsa-sha256",     &p256, "SHA256", 0 },
    { RK_SCHEME_ECDSA_SHA384,     "ecdsa-sha384",     &p384, "SHA384", 0 },
    { RK_SCHEME_ECDSA_SHA512,     "ecdsa-sha512",     &p521, "SHA512", 0 },
    { RK_SCHEME_ED25519,          "ed25519",          &ed25519, NULL,  0 },
};
/* clang-format on */
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

/* OpenSSL itself, told the parameters: PSS with a salt of exactly the length wanted. */
static bool openssl_accepts(size_t row, const struct rk_bytes *sig)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool good = EVP_DigestVerifyInit_ex(md, &pctx, schemes[row].digest, NULL, NULL,
                                        *schemes[row].key, NULL) == 1;

    if (good && schemes[row].salt != 0)
        good = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, schemes[row].salt) > 0;
    good = good && EVP_DigestVerify(md, sig->p, sig->len, msg, sizeof msg) == 1;
    EVP_MD_CTX_free(md);
    return good;
}

START_TEST(each_scheme_signs_what_openssl_accepts) /* loop test: _i is the scheme */
{
    struct rk_bytes sig = RK_BYTES_NONE;
    rk_signer *signer = NULL;
    uint8_t other[sizeof msg];

    ck_assert_int_eq(rk_signer_from_pkey(ctx, *schemes[_i].key, &signer, &err), RK_OK);
    ck_assert_msg(rk_signer_sign(signer, schemes[_i].scheme, msg, sizeof msg, &sig, &err) == RK_OK,
                  "%s", err.msg);
    ck_assert(openssl_accepts((size_t)_i, &sig));
    ck_assert_int_eq(rk_signature_check(ctx, *schemes[_i].key, schemes[_i].scheme, msg, sizeof msg,
                                        sig.p, sig.len, &err),
                     RK_OK);
    memcpy(other, msg, sizeof msg);
    other[3] ^= 1;
    ck_assert_int_eq(rk_signature_check(ctx, *schemes[_i].key, schemes[_i].scheme, other,
                                        sizeof other, sig.p, sig.len, &err),
                     RK_E_VERIFY);
    for (size_t at = 0; at < sig.len; at++) {
        sig.p[at] ^= 0x10;
        ck_assert_int_eq(rk_signature_check(ctx, *schemes[_i].key, schemes[_i].scheme, msg,
                                            sizeof msg, sig.p, sig.len, &err),
                         RK_E_VERIFY);
        sig.p[at] ^= 0x10;
    }
    rk_bytes_done(&sig);
    rk_signer_free(signer);
}
END_TEST

START_TEST(each_scheme_is_found_by_its_name) /* loop test: _i is the scheme */
{
    ck_assert_str_eq(rk_scheme_name(schemes[_i].scheme), schemes[_i].name);
    ck_assert_int_eq(rk_scheme_find(schemes[_i].name), schemes[_i].scheme);
}
END_TEST

START_TEST(default_scheme_follows_the_key)
{
    static const struct {
        EVP_PKEY **key;
        enum rk_scheme want;
    } rows[] = { { &rsa, RK_SCHEME_RSA_PKCS1_SHA256 },
                 { &p256, RK_SCHEME_ECDSA_SHA256 },
                 { &p384, RK_SCHEME_ECDSA_SHA384 },
                 { &p521, RK_SCHEME_ECDSA_SHA512 },
                 { &ed25519, RK_SCHEME_ED25519 } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rk_signer *signer = NULL;

        ck_assert_int_eq(rk_signer_from_pkey(ctx, *rows[i].key, &signer, &err), RK_OK);
        ck_assert_int_eq(rk_signer_default_scheme(signer), rows[i].want);
        rk_signer_free(signer);
    }
    ck_assert_int_eq(rk_scheme_find("rsa-pkcs1-sha1"), RK_SCHEME_NONE);
}
END_TEST

START_TEST(scheme_that_does_not_fit_the_key_is_refused)
{
    struct rk_bytes sig = RK_BYTES_NONE;
    rk_signer *signer = NULL;

    ck_assert_int_eq(rk_signer_from_pkey(ctx, p256, &signer, &err), RK_OK);
    ck_assert_int_eq(rk_signer_sign(signer, RK_SCHEME_RSA_PSS_SHA256, msg, sizeof msg, &sig, &err),
                     RK_E_KEY);
    ck_assert_str_eq(err.msg, "scheme rsa-pss-sha256 needs a key of type RSA, this one is EC");
    ck_assert_ptr_null(sig.p);
    rk_signer_free(signer);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_form_of_key_file_opens, 0, FORMS);
    tcase_add_test(tc, file_and_plain_path_name_the_same_key);
    tcase_add_test(tc, public_key_opens_as_pub_and_does_not_sign);
    tcase_add_test(tc, passphrase_comes_from_descriptor_and_environment);
    tcase_add_test(tc, wrong_passphrase_is_a_key_error_and_never_shown);
    tcase_add_test(tc, encrypted_key_without_a_source_is_refused_where_nobody_can_be_asked);
    tcase_add_test(tc, unknown_passphrase_source_is_not_repeated);
    tcase_add_loop_test(tc, a_name_that_leads_to_no_key_is_refused, 0, REFUSALS);
    tcase_add_test(tc, file_that_holds_no_key_is_a_key_error);
    tcase_add_test(tc, every_cut_key_is_refused);
    tcase_add_loop_test(tc, each_scheme_signs_what_openssl_accepts, 0, SCHEMES);
    tcase_add_loop_test(tc, each_scheme_is_found_by_its_name, 0, SCHEMES);
    tcase_add_test(tc, default_scheme_follows_the_key);
    tcase_add_test(tc, scheme_that_does_not_fit_the_key_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "signer",
                                               .add = add,
                                               .load = setup,
                                               .unload = teardown,
                                               .once = true,
                                               .timeout_s = 60 });
}
