/* SPDX-License-Identifier: Apache-2.0 */
/* Identities, containers and fuse values of the promised ring, by the vectors of tests/data. */
#include "ring.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* ---- identity ---- */

/* The i-th case of chain.json. */
static const char *case_at(const struct rk_bytes *text, int i)
{
    const char *at = strstr((const char *)text->p, "\"oem_id\"");

    for (; i > 0 && at != NULL; i--)
        at = strstr(at + 1, "\"oem_id\"");
    ck_assert_ptr_nonnull(at);
    return at;
}

static void secret_at(const char *at, const char *key, struct rk_secret *ret)
{
    char hex[VALUE_MOST];

    value_at(at, key, hex);
    secret_of(hex, ret);
}

START_TEST(the_chain_leads_to_the_eps_of_the_vectors) /* loop test: the case */
{
    char sn[VALUE_MOST], hyphened[32], want[VALUE_MOST];
    struct rk_secret kdk0, eps_seed;
    struct rk_bytes text;
    rk_identity *identity;
    const char *at;

    file_at(VECTORS "ekb/chain/chain.json", &text);
    at = case_at(&text, _i);
    value_at(at, "device_sn", sn);
    (void)snprintf(hyphened, sizeof hyphened, "%.4s-%.16s", sn, sn + 4);
    secret_at(at, "kdk0", &kdk0);
    secret_at(at, "eps_seed", &eps_seed);
    for (int form = 0; form < 2; form++) {
        works(rk_identity_new(ctx, form == 0 ? NULL : "t234", form == 0 ? sn : hyphened, &kdk0,
                              &eps_seed, &identity, &err));
        value_at(at, "eps", want);
        is_hex(rk_identity_eps(identity)->p, rk_identity_eps(identity)->len, want);
        value_at(at, "silicon_id_pub_xy", want);
        is_hex(rk_identity_silicon_public(identity), 64, want);
        rk_identity_free(identity);
    }
    works(rk_identity_new(ctx, NULL, sn, &kdk0, NULL, &identity, &err));
    ck_assert_ptr_null(rk_identity_eps(identity)->p);
    ck_assert_uint_eq(rk_identity_eps(identity)->len, 0);
    is_hex(rk_identity_silicon_public(identity), 64, want);
    rk_identity_free(identity);
    rk_identity_free(NULL);
    rk_secret_done(&kdk0);
    rk_secret_done(&eps_seed);
    rk_bytes_done(&text);
}
END_TEST

START_TEST(what_leads_to_no_identity_is_refused)
{
    static const char sn[] = "01020000000100000002";
    struct rk_secret whole = RK_SECRET_NONE, shorter = RK_SECRET_NONE;
    rk_identity *id = NULL;

    works(rk_secret_new(32, &whole, &err));
    works(rk_secret_new(31, &shorter, &err));
    memset(whole.p, 7, 32);
    refuses(rk_identity_new(ctx, "t235", sn, &whole, &whole, &id, &err), RK_E_USAGE,
            "unknown platform \"t235\"");
    refuses(rk_identity_new(ctx, "t194", sn, &whole, &whole, &id, &err), RK_E_USAGE,
            "no fTPM identity chain");
    refuses(rk_identity_new(ctx, "t194", sn, &whole, NULL, &id, &err), RK_E_USAGE,
            "no fTPM identity chain");
    refuses(rk_identity_new(ctx, NULL, "0102-1", &whole, &whole, &id, &err), RK_E_USAGE, "0102-1");
    refuses(rk_identity_new(ctx, NULL, sn, &shorter, &whole, &id, &err), RK_E_USAGE,
            "KDK0 of 31 bytes");
    refuses(rk_identity_new(ctx, NULL, sn, &shorter, NULL, &id, &err), RK_E_USAGE,
            "KDK0 of 31 bytes");
    refuses(rk_identity_new(ctx, NULL, sn, &whole, &shorter, &id, &err), RK_E_USAGE,
            "EPS seed of 31 bytes");
    ck_assert_ptr_null(id);
    rk_secret_done(&whole);
    rk_secret_done(&shorter);
}
END_TEST

static void kbkdf(const struct rk_secret *key, const char *label, uint8_t context[10],
                  uint8_t out[32])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
    EVP_KDF_CTX *run = EVP_KDF_CTX_new(kdf);
    char text[32];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, (char[]) { "HMAC" }, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]) { "SHA256" }, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key->p, key->len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, text, strlen(label)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, context, 10),
        OSSL_PARAM_construct_end(),
    };

    (void)snprintf(text, sizeof text, "%s", label);
    ck_assert_int_eq(EVP_KDF_derive(run, out, 32, params), 1);
    EVP_KDF_CTX_free(run);
    EVP_KDF_free(kdf);
}

START_TEST(the_seeds_of_a_master_key_are_openssls)
{
    uint8_t context[10] = { 0x01, 0x02, 0, 0, 0, 0x01, 0, 0, 0, 0x02 }, want[32];
    struct rk_secret key = RK_SECRET_NONE, kdk0 = RK_SECRET_NONE, eps_seed = RK_SECRET_NONE;
    rk_mac *master;

    works(rk_secret_new(32, &key, &err));
    memset(key.p, 0x5a, 32);
    works(rk_mac_from_secret(ctx, &key, &master, &err));
    works(rk_identity_seeds(master, "0102-0000000100000002", &kdk0, &eps_seed, &err));
    kbkdf(&key, "rotkit KDK0", context, want);
    ck_assert_uint_eq(kdk0.len, 32);
    ck_assert_mem_eq(kdk0.p, want, 32);
    kbkdf(&key, "rotkit EPS seed", context, want);
    ck_assert_uint_eq(eps_seed.len, 32);
    ck_assert_mem_eq(eps_seed.p, want, 32);
    rk_secret_done(&kdk0);
    rk_secret_done(&eps_seed);
    refuses(rk_identity_seeds(master, "0102", &kdk0, &eps_seed, &err), RK_E_USAGE, "0102");
    rk_mac_free(master);
    key.len = 16;
    works(rk_mac_from_secret(ctx, &key, &master, &err));
    key.len = 32;
    refuses(rk_identity_seeds(master, "01020000000100000002", &kdk0, &eps_seed, &err), RK_E_USAGE,
            "master key of 16 bytes");
    ck_assert(kdk0.p == NULL && eps_seed.p == NULL);
    rk_mac_free(master);
    rk_secret_done(&key);
}
END_TEST

/* ---- containers ---- */

#define ODM VECTORS "ekb/odm/"
#define CSR VECTORS "ekb/csr/"

static const struct container {
    const char *file;
    const char *part[RK_NVFTPM_EK_CSR_ECC + 1];
} containers[] = {
    { ODM "odm_v1.0_offline.bin",
      { [RK_NVFTPM_EK_CERT_RSA] = CSR "ek_cert_rsa-01020000000100000002.der",
        [RK_NVFTPM_EK_CERT_ECC] = CSR "ek_cert_ec-01020000000100000002.der" } },
    { ODM "odm_v1.1_offline.img",
      { [RK_NVFTPM_EK_CERT_RSA] = CSR "ek_cert_rsa-01020000000100000002.der",
        [RK_NVFTPM_EK_CERT_ECC] = CSR "ek_cert_ec-01020000000100000002.der" } },
    { ODM "odm_v1.1_online.img",
      { [RK_NVFTPM_SID_CERT] = VECTORS "ekb/eks/in/sid_cert_standin.der",
        [RK_NVFTPM_EK_CSR_RSA] = CSR "ek_csr_rsa-01020000000100000002.der",
        [RK_NVFTPM_EK_CSR_ECC] = CSR "ek_csr_ec-01020000000100000002.der" } },
};
enum { CONTAINERS = sizeof containers / sizeof containers[0] };

START_TEST(a_container_gives_what_its_maker_put_in) /* loop test: the container */
{
    const struct container *of = &containers[_i];
    struct rk_bytes file, want;
    struct rk_secret seed = RK_SECRET_NONE;
    rk_nvftpm *container;
    char sn[21];

    file_at(of->file, &file);
    works(rk_nvftpm_open(file.p, file.len, &container, &err));
    rk_bytes_done(&file);
    rk_nvftpm_device_sn(container, sn);
    ck_assert_str_eq(sn, "01020000000100000002");
    works(rk_secret_read(VECTORS "ekb/eks/in/eps_seed.key", 32, &seed, &err));
    ck_assert(rk_secret_equal(rk_nvftpm_eps_seed(container), &seed));
    rk_secret_done(&seed);
    for (int part = RK_NVFTPM_EK_CERT_RSA; part <= RK_NVFTPM_EK_CSR_ECC; part++) {
        const struct rk_bytes *found = rk_nvftpm_part(container, (enum rk_nvftpm_part)part);

        if (of->part[part] == NULL) {
            ck_assert_ptr_null(found);
            continue;
        }
        file_at(of->part[part], &want);
        ck_assert_msg(found != NULL && rk_bytes_equal(found, &want), "part %d", part);
        rk_bytes_done(&want);
    }
    ck_assert_ptr_null(rk_nvftpm_part(container, (enum rk_nvftpm_part)99));
    rk_nvftpm_free(container);
    rk_nvftpm_free(NULL);
}
END_TEST

/* Offsets of the container of 1.0: header 16, tag 1 at 16 (18 bytes), tag 2 at 34 (40 bytes). */
static const struct damage {
    size_t at;
    uint8_t value;
    const char *text;
} damages[] = {
    { 4, 'X', "NVFTPM" },         { 12, 2, "version 2.0" }, { 14, 2, "version 1.2" },
    { 0, 0, "size word" },        { 34, 9, "tag 9" },       { 34, 1, "tag 1" },
    { 74, 2, "tag 2 at offset" }, { 20, 9, "9 bytes" },     { 74, 5, "tag" },
};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

START_TEST(a_damaged_container_is_refused) /* loop test: the damage */
{
    rk_nvftpm *container = NULL;
    struct rk_bytes file;

    file_at(ODM "odm_v1.0_offline.bin", &file);
    ck_assert_uint_ne(file.p[damages[_i].at], damages[_i].value);
    file.p[damages[_i].at] = damages[_i].value;
    refuses(rk_nvftpm_open(file.p, file.len, &container, &err), RK_E_FORMAT, damages[_i].text);
    ck_assert_ptr_null(container);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(a_short_container_is_refused)
{
    rk_nvftpm *container = NULL;
    struct rk_bytes file;

    file_at(ODM "odm_v1.1_online.img", &file);
    for (size_t len = 0; len < file.len; len++)
        ends(rk_nvftpm_open(file.p, len, &container, &err), RK_E_FORMAT);
    ck_assert_ptr_null(container);
    rk_bytes_done(&file);
}
END_TEST

/* ---- fuses ---- */

static void public_at(const char *path, rk_public **ret)
{
    works(rk_public_open(ctx, path, ret, &err));
}

START_TEST(the_fuse_hash_is_the_one_of_the_vectors)
{
    static const struct {
        const char *name, *path;
    } keys[] = { { "\"rsa3k\"", VECTORS "ekb/pkh/rsa3k.pem" },
                 { "\"ecp256\"", VECTORS "ekb/pkh/ecp256.pem" },
                 { "\"ecp521\"", VECTORS "ekb/pkh/ecp521.pem" } };
    char want[VALUE_MOST];
    struct rk_bytes text;
    uint8_t hash[64];

    file_at(VECTORS "ekb/pkh/pkh.json", &text);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        RK_AUTO(rk_signer_done) rk_signer *pair = NULL;

        works(rk_signer_open(ctx, keys[i].path, NULL, &pair, &err));
        value_at(strstr((const char *)text.p, keys[i].name), "public_key_hash", want);
        works(rk_fuse_hash(rk_signer_public(pair), hash, &err));
        is_hex(hash, sizeof hash, want);
    }
    rk_bytes_done(&text);
}
END_TEST

START_TEST(a_key_that_the_boot_rom_does_not_take_has_no_fuse_hash)
{
    RK_AUTO(rk_public_done) rk_public *rsa2048 = NULL;
    uint8_t hash[64] = { 0 }, untouched[64] = { 0 };

    public_at(VECTORS "boot/keys/rsa2048.pub.pem", &rsa2048);
    refuses(rk_fuse_hash(rsa2048, hash, &err), RK_E_USAGE, "");
    ck_assert_mem_eq(hash, untouched, 64);
}
END_TEST

START_TEST(an_openssl_without_the_digest_is_our_own_mistake)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    uint8_t digest[64];

    public_at(VECTORS "boot/keys/p256.pub.pem", &key);
    ck_assert_int_eq(EVP_set_default_properties(NULL, "provider=none"), 1);
    ends(rk_public_sha256(key, digest, &err), RK_E_INTERNAL);
    ends(rk_fuse_hash(key, digest, &err), RK_E_INTERNAL);
    ck_assert_int_eq(EVP_set_default_properties(NULL, ""), 1);
    works(rk_public_sha256(key, digest, &err));
    works(rk_fuse_hash(key, digest, &err));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, the_chain_leads_to_the_eps_of_the_vectors, 0, 3);
    tcase_add_test(tc, what_leads_to_no_identity_is_refused);
    tcase_add_test(tc, the_seeds_of_a_master_key_are_openssls);
    tcase_add_loop_test(tc, a_container_gives_what_its_maker_put_in, 0, CONTAINERS);
    tcase_add_loop_test(tc, a_damaged_container_is_refused, 0, DAMAGES);
    tcase_add_test(tc, a_short_container_is_refused);
    tcase_add_test(tc, the_fuse_hash_is_the_one_of_the_vectors);
    tcase_add_test(tc, a_key_that_the_boot_rom_does_not_take_has_no_fuse_hash);
    tcase_add_test(tc, an_openssl_without_the_digest_is_our_own_mistake);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ring_tegra", .add = add, .load = ring_load, .unload = ring_unload });
}
