/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs of the promised ring: byte for byte what the format's formulas over OpenSSL give, and
 * what NVIDIA's own script wrote. */
#include "ring.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define EKS VECTORS "ekb/eks/"

enum { BLOCK = 16, FILE_LEAST = 1028, IMAGE_MOST = 4096 };

static rk_mac *root;
static struct rk_secret root_key = RK_SECRET_NONE;
static uint8_t fv[BLOCK];

static void load(void)
{
    RK_AUTO(rk_secret_done) struct rk_secret read = RK_SECRET_NONE;

    ring_load();
    works(rk_secret_read(EKS "in/oem_k1.key", 32, &root_key, &err));
    works(rk_mac_from_secret(ctx, &root_key, &root, &err));
    works(rk_secret_read(EKS "in/fv.key", sizeof fv, &read, &err));
    memcpy(fv, read.p, sizeof fv);
}

static void unload(void)
{
    rk_mac_free(root);
    rk_secret_done(&root_key);
    ring_unload();
}

/* ---- the format's formulas over OpenSSL: jetson-ftpm-ekb.md 2.1 to 2.3 ---- */

static void aes(const char *cipher, const uint8_t *key, const uint8_t *iv, const uint8_t *in,
                size_t len, uint8_t *out)
{
    EVP_CIPHER *by = EVP_CIPHER_fetch(NULL, cipher, NULL);
    EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    int made = 0;

    ck_assert_int_eq(EVP_EncryptInit_ex2(run, by, key, iv, NULL), 1);
    EVP_CIPHER_CTX_set_padding(run, 0);
    ck_assert_int_eq(EVP_EncryptUpdate(run, out, &made, in, (int)len), 1);
    ck_assert_int_eq(made, (int)len);
    EVP_CIPHER_CTX_free(run);
    EVP_CIPHER_free(by);
}

static void cmac(const uint8_t key[BLOCK], const uint8_t *in, size_t len, uint8_t out[BLOCK])
{
    size_t made;

    ck_assert_ptr_nonnull(
        EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, key, BLOCK, in, len, out, BLOCK, &made));
    ck_assert_uint_eq(made, BLOCK);
}

/* One block of SP 800-108 with a counter of 8 bits, under AES(root, FV). */
static void derive(const uint8_t with_fv[BLOCK], const char *label, uint8_t out[BLOCK])
{
    uint8_t rk[BLOCK], in[64] = { 1 };
    size_t len = strlen(label);

    aes("AES-256-ECB", root_key.p, NULL, with_fv, BLOCK, rk);
    memcpy(in + 1, label, len);
    memcpy(in + 1 + len, "\0ekb\0\0\0\x80", 8);
    cmac(rk, in, 1 + len + 8, out);
}

/* The IV, then the FV of 2.0: KBKDF over the version and the plaintext. */
static void nonces(enum rk_ekb_version version, const uint8_t *plain, size_t len, uint8_t out[32])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
    EVP_KDF_CTX *run = EVP_KDF_CTX_new(kdf);
    uint8_t content[IMAGE_MOST], digest[32];

    content[0] = (uint8_t)version;
    memcpy(content + 1, plain, len);
    ck_assert_int_eq(EVP_Digest(content, 1 + len, digest, NULL, EVP_sha256(), NULL), 1);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, (char[]) { "CMAC" }, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_CIPHER, (char[]) { "AES-256-CBC" }, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, root_key.p, root_key.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (char[]) { "rotkit EKB nonces" },
                                          17),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, digest, sizeof digest),
        OSSL_PARAM_construct_end(),
    };
    ck_assert_int_eq(EVP_KDF_derive(run, out, 32, params), 1);
    EVP_KDF_CTX_free(run);
    EVP_KDF_free(kdf);
}

static void put(uint8_t **at, const void *bytes, size_t len)
{
    memcpy(*at, bytes, len);
    *at += len;
}

/* The whole image of a plaintext that is padded already; returns its length. */
static size_t image_of(enum rk_ekb_version version, const uint8_t *plain, size_t len,
                       uint8_t image[IMAGE_MOST])
{
    static const uint8_t head[] = { 0, 0, 0, 0, 'N', 'V', 'E', 'K', 'B', 'P', 0, 0 };
    const uint8_t numbers[4] = { (uint8_t)version };
    uint8_t nonce[32], ek[BLOCK], ak[BLOCK], enc_len[16] = { (uint8_t)len, (uint8_t)(len >> 8) };
    const uint8_t *with_fv = version == RK_EKB_2_0 ? nonce + BLOCK : fv;
    uint8_t *at = image, *mac, *covered;

    nonces(version, plain, len, nonce);
    derive(with_fv, "encryption", ek);
    derive(with_fv, "authentication", ak);
    put(&at, head, sizeof head);
    put(&at, numbers, sizeof numbers);
    if (version == RK_EKB_2_0)
        put(&at, with_fv, BLOCK);
    mac = at;
    covered = at += BLOCK;
    memcpy(enc_len + 4, "EEKB", 4);
    if (version != RK_EKB_LEGACY)
        put(&at, enc_len, sizeof enc_len);
    put(&at, nonce, BLOCK);
    aes("AES-128-CBC", ek, nonce, plain, len, at);
    at += len;
    cmac(ak, covered, (size_t)(at - covered), mac);
    if (at - image < FILE_LEAST) {
        size_t pad = FILE_LEAST - (size_t)(at - image);

        memset(at, (int)(pad & 0xff), pad);
        at += pad;
    }
    image[0] = (uint8_t)(at - image - 4);
    image[1] = (uint8_t)((at - image - 4) >> 8);
    return (size_t)(at - image);
}

/* ---- what goes in ---- */

static void add_file(rk_ekb *ekb, uint32_t tag, const char *name, size_t len)
{
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
    char path[512];

    (void)snprintf(path, sizeof path, EKS "in/%s", name);
    works(rk_secret_read(path, len, &value, &err));
    works(rk_ekb_add(ekb, tag, value.p, value.len, &err));
}

static void add_keys(rk_ekb *ekb)
{
    add_file(ekb, RK_EKB_TAG_PAYLOAD_KEY, "sym32.key", 32);
    add_file(ekb, RK_EKB_TAG_DISK_KEY, "sym2.key", 16);
    add_file(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, "auth.key", 16);
}

/* The plaintext that NVIDIA's script made of the same items. */
static void plaintext_of(const char *name, struct rk_bytes *ret)
{
    struct rk_bytes index;
    char lead[96], hex[VALUE_MOST];
    const char *at;

    file_at(EKS "index.json", &index);
    (void)snprintf(lead, sizeof lead, "\"name\": \"%s\"", name);
    at = strstr((const char *)index.p, lead);
    ck_assert_ptr_nonnull(at);
    value_at(at, "plaintext_padded", hex);
    bytes_of(hex, ret);
    rk_bytes_done(&index);
}

static void packs_to(rk_ekb *ekb, enum rk_ekb_version version, const struct rk_bytes *plain)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;
    uint8_t wanted[IMAGE_MOST];
    size_t len = image_of(version, plain->p, plain->len, wanted);

    ck_assert_int_eq(rk_ekb_version_of(ekb), version);
    works(rk_ekb_pack(ekb, root, &image, &err));
    ck_assert_uint_eq(image.len, len);
    ck_assert_mem_eq(image.p, wanted, len);
    works(rk_ekb_pack(ekb, root, &again, &err));
    ck_assert(rk_bytes_equal(&image, &again));
}

START_TEST(the_image_is_what_openssl_makes_byte_for_byte) /* loop test: 1.0 and 2.0 */
{
    static const char *const names[] = {
        [RK_EKB_1_0] = "v1_t234_k1_sym_sym2_auth", [RK_EKB_2_0] = "v2_t234_k1_sym_sym2_auth"
    };
    enum rk_ekb_version version = (enum rk_ekb_version)_i;
    struct rk_bytes plain;
    rk_ekb *ekb;

    works(rk_ekb_new(version, version == RK_EKB_2_0 ? NULL : fv, &ekb, &err));
    ck_assert_uint_eq(rk_ekb_count(ekb), 0);
    add_keys(ekb);
    ck_assert_uint_eq(rk_ekb_count(ekb), 3);
    plaintext_of(names[version], &plain);
    packs_to(ekb, version, &plain);
    rk_ekb_free(ekb);
    rk_bytes_done(&plain);
}
END_TEST

START_TEST(the_legacy_image_is_what_openssl_makes_byte_for_byte)
{
    struct rk_bytes plain;
    rk_ekb *ekb;

    works(rk_ekb_new(RK_EKB_LEGACY, fv, &ekb, &err));
    add_file(ekb, RK_EKB_TAG_PAYLOAD_KEY, "sym16.key", 16);
    add_file(ekb, RK_EKB_TAG_DISK_KEY, "sym2.key", 16);
    bytes_of("010203040506070809a0b0c0d0e0f001f0e0d0c0b0a001020304050607080900", &plain);
    packs_to(ekb, RK_EKB_LEGACY, &plain);
    rk_ekb_free(ekb);
    rk_bytes_done(&plain);
}
END_TEST

/* Images of NVIDIA's scripts. */
static const struct theirs {
    const char *name, *root;
    size_t root_len;
    enum rk_ekb_version version;
    bool own_fv;
    size_t count;
    uint32_t tags[8];
} images[] = {
    { "v1_t234_k1_sym_sym2_auth", "oem_k1", 32, RK_EKB_1_0, false, 3, { 1, 2, 4 } },
    { "v2_t234_k1_ftpm_offline", "oem_k1", 32, RK_EKB_2_0, true, 7, { 1, 2, 4, 91, 92, 93, 94 } },
    { "v2_t194_kek2_sym_sym2_auth", "kek2_ff", 16, RK_EKB_2_0, true, 3, { 1, 2, 4 } },
    { "r35.1_t194_legacy", "kek2_ff", 16, RK_EKB_LEGACY, false, 2, { 1, 2 } },
};
enum { IMAGES = sizeof images / sizeof images[0] };

static void open_theirs(const struct theirs *of, const uint8_t *with_fv, enum rk_rc want,
                        rk_ekb **ret)
{
    RK_AUTO(rk_mac_done) rk_mac *key = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    char path[512];

    (void)snprintf(path, sizeof path, EKS "in/%s.key", of->root);
    works(rk_mac_open(ctx, path, of->root_len, &key, &err));
    (void)snprintf(path, sizeof path, EKS "%s.img", of->name);
    works(rk_file_read(path, IMAGE_MOST, &image, &err));
    ends(rk_ekb_open(key, with_fv, image.p, image.len, ret, &err), want);
}

START_TEST(an_image_of_theirs_opens) /* loop test: the image */
{
    const struct theirs *of = &images[_i];
    struct rk_secret want = RK_SECRET_NONE;
    rk_ekb *ekb = NULL;
    uint32_t tag;

    open_theirs(of, of->own_fv ? NULL : fv, RK_OK, &ekb);
    ck_assert_int_eq(rk_ekb_version_of(ekb), of->version);
    ck_assert_uint_eq(rk_ekb_count(ekb), of->count);
    for (size_t i = 0; i < of->count; i++) {
        const struct rk_secret *value = rk_ekb_at(ekb, i, &tag);

        ck_assert_uint_eq(tag, of->tags[i]);
        ck_assert_ptr_eq(rk_ekb_find(ekb, tag), value);
    }
    works(rk_secret_read(EKS "in/sym2.key", 16, &want, &err));
    ck_assert(rk_secret_equal(rk_ekb_find(ekb, RK_EKB_TAG_DISK_KEY), &want));
    ck_assert_ptr_null(rk_ekb_find(ekb, RK_EKB_TAG_DEVICE_ID));
    ck_assert_ptr_null(rk_ekb_find(ekb, 0));
    rk_secret_done(&want);
    rk_ekb_free(ekb);
    if (!of->own_fv) {
        ekb = NULL;
        open_theirs(of, NULL, RK_E_USAGE, &ekb);
        ck_assert_ptr_null(ekb);
    }
}
END_TEST

/* A key that AES has no use for. */
static rk_mac *odd_root(void)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    rk_mac *made = NULL;

    works(rk_secret_new(20, &key, &err));
    works(rk_mac_from_secret(ctx, &key, &made, &err));
    return made;
}

START_TEST(what_does_not_hold_does_not_open)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    RK_AUTO(rk_mac_done) rk_mac *other = NULL;
    RK_AUTO(rk_mac_done) rk_mac *odd = odd_root();
    uint8_t other_fv[BLOCK] = { 0 };
    rk_ekb *ekb = NULL;

    works(rk_file_read(EKS "v1_t234_k1_sym_sym2_auth.img", IMAGE_MOST, &image, &err));
    works(rk_mac_open(ctx, EKS "in/oem_k2.key", 32, &other, &err));
    ends(rk_ekb_open(other, fv, image.p, image.len, &ekb, &err), RK_E_VERIFY);
    ends(rk_ekb_open(root, other_fv, image.p, image.len, &ekb, &err), RK_E_VERIFY);
    refuses(rk_ekb_open(odd, fv, image.p, image.len, &ekb, &err), RK_E_USAGE, "20 bytes");
    ends(rk_ekb_open(root, fv, image.p, 3, &ekb, &err), RK_E_FORMAT);
    ends(rk_ekb_open(root, fv, image.p, image.len - 1, &ekb, &err), RK_E_FORMAT);
    image.p[12] = 9; /* the version */
    ends(rk_ekb_open(root, fv, image.p, image.len, &ekb, &err), RK_E_FORMAT);
    image.p[12] = 2, image.p[14] = 1; /* Thor */
    refuses(rk_ekb_open(root, fv, image.p, image.len, &ekb, &err), RK_E_USAGE, "2.1 (T264, Thor)");
    ck_assert_ptr_null(ekb);
}
END_TEST

START_TEST(a_form_has_the_fv_that_it_needs)
{
    rk_ekb *ekb = NULL;

    refuses(rk_ekb_new(RK_EKB_1_0, NULL, &ekb, &err), RK_E_USAGE, "needs the FV");
    refuses(rk_ekb_new(RK_EKB_LEGACY, NULL, &ekb, &err), RK_E_USAGE, "needs the FV");
    refuses(rk_ekb_new(RK_EKB_2_0, fv, &ekb, &err), RK_E_USAGE, "makes its own FV");
    refuses(rk_ekb_new((enum rk_ekb_version)7, fv, &ekb, &err), RK_E_USAGE, "version 7");
    ck_assert_ptr_null(ekb);
    rk_ekb_free(NULL);
}
END_TEST

START_TEST(an_item_is_there_once_and_has_room)
{
    static const uint8_t value[16], large[131072 + 1];
    rk_ekb *ekb;
    uint32_t tag;

    works(rk_ekb_new(RK_EKB_2_0, NULL, &ekb, &err));
    refuses(rk_ekb_add(ekb, 0, value, sizeof value, &err), RK_E_USAGE, "tag 0");
    works(rk_ekb_add(ekb, 2, value, sizeof value, &err));
    refuses(rk_ekb_add(ekb, 2, value, sizeof value, &err), RK_E_USAGE, "tag 2");
    for (tag = 1000; rk_ekb_add(ekb, tag, value, sizeof value, &err) == RK_OK; tag++)
        ck_assert_uint_lt(tag, 100000);
    refuses(rk_ekb_add(ekb, tag, value, sizeof value, &err), RK_E_USAGE, "items");
    ck_assert_uint_eq(rk_ekb_count(ekb), 64);
    rk_ekb_free(ekb);
    works(rk_ekb_new(RK_EKB_2_0, NULL, &ekb, &err));
    refuses(rk_ekb_add(ekb, 3, large, sizeof large, &err), RK_E_USAGE, "131073 bytes");
    ck_assert_uint_eq(rk_ekb_count(ekb), 0);
    rk_ekb_free(ekb);
}
END_TEST

START_TEST(what_a_device_does_not_boot_by_is_not_packed)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    RK_AUTO(rk_mac_done) rk_mac *odd = odd_root();
    static const uint8_t value[32], large[131072];
    rk_ekb *ekb;

    works(rk_ekb_new(RK_EKB_2_0, NULL, &ekb, &err));
    refuses(rk_ekb_pack(ekb, root, &image, &err), RK_E_USAGE, "tag 4 (UEFI variable");
    works(rk_ekb_add(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, value, 16, &err));
    refuses(rk_ekb_pack(ekb, odd, &image, &err), RK_E_USAGE, "20 bytes");
    works(rk_ekb_add(ekb, RK_EKB_TAG_EPS_SEED, value, 32, &err));
    refuses(rk_ekb_pack(ekb, root, &image, &err), RK_E_USAGE, "tag 91 (fTPM Device SN) is missing");
    works(rk_ekb_add(ekb, RK_EKB_TAG_FTPM_SN, value, 9, &err));
    refuses(rk_ekb_pack(ekb, root, &image, &err), RK_E_USAGE, "9 bytes, expected 10");
    rk_ekb_free(ekb);
    works(rk_ekb_new(RK_EKB_2_0, NULL, &ekb, &err));
    works(rk_ekb_add(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, value, 16, &err));
    works(rk_ekb_add(ekb, RK_EKB_TAG_DEVICE_ID, large, sizeof large, &err));
    refuses(rk_ekb_pack(ekb, root, &image, &err), RK_E_USAGE, "larger than 131072 bytes");
    rk_ekb_free(ekb);
    works(rk_ekb_new(RK_EKB_LEGACY, fv, &ekb, &err));
    refuses(rk_ekb_pack(ekb, root, &image, &err), RK_E_USAGE, "the legacy form holds tags 1 and 2");
    rk_ekb_free(ekb);
    ck_assert_ptr_null(image.p);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, the_image_is_what_openssl_makes_byte_for_byte, RK_EKB_1_0,
                        RK_EKB_2_0 + 1);
    tcase_add_test(tc, the_legacy_image_is_what_openssl_makes_byte_for_byte);
    tcase_add_loop_test(tc, an_image_of_theirs_opens, 0, IMAGES);
    tcase_add_test(tc, what_does_not_hold_does_not_open);
    tcase_add_test(tc, a_form_has_the_fv_that_it_needs);
    tcase_add_test(tc, an_item_is_there_once_and_has_room);
    tcase_add_test(tc, what_a_device_does_not_boot_by_is_not_packed);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "ring_ekb", .add = add, .load = load, .unload = unload });
}
