/* SPDX-License-Identifier: Apache-2.0 */
/* The promised ring without memory: every allocation of a call fails once, ours and OpenSSL's. No
 * call gives a wrong answer, writes what it returns, or leaks (LeakSanitizer). */
#include "ring.h"

#include "fault.h"

#define KEYS VECTORS "boot/keys/"

enum { MOST = 20000 };

/* What the calls work on, made while there is memory. */
static struct rk_secret eps = RK_SECRET_NONE, half = RK_SECRET_NONE;
static struct rk_bytes image, container, ta, pub_pem, certs, cert = RK_BYTES_NONE;
static rk_signer *sub_key;
static rk_ca *ca;
static rk_mac *root;
static rk_ek *ek;
static uint8_t fv[16];
static const int64_t when = 1811808000;

static struct rk_ekcert_profile profile_of_a_product(void)
{
    struct rk_ekcert_profile profile = RK_EKCERT_PROFILE_INIT;

    profile.manufacturer = "id:4E564441";
    profile.model = "fTPM";
    profile.version = "id:0001";
    profile.spec_family = "2.0";
    profile.not_before = when - 1000;
    profile.not_after = RK_EKCERT_NO_EXPIRY;
    return profile;
}

static const struct rk_ek_options *p256(void)
{
    static const struct rk_ek_options options = { .size = sizeof options, .template_name = "L-2" };

    return &options;
}

static void load(void)
{
    RK_AUTO(rk_secret_done) struct rk_secret read = RK_SECRET_NONE;
    struct rk_ekcert_profile profile = profile_of_a_product();

    ring_load();
    works(rk_secret_new(64, &eps, &err));
    works(rk_secret_new(32, &half, &err));
    memset(half.p, 7, half.len);
    works(rk_ek_new(ctx, &eps, p256(), &ek, &err));
    works(rk_mac_open(ctx, VECTORS "ekb/eks/in/oem_k1.key", 32, &root, &err));
    works(rk_secret_read(VECTORS "ekb/eks/in/fv.key", sizeof fv, &read, &err));
    memcpy(fv, read.p, sizeof fv);
    file_at(VECTORS "ekb/eks/v1_t234_k1_sym_sym2_auth.img", &image);
    file_at(VECTORS "ekb/odm/odm_v1.1_online.img", &container);
    file_at(VECTORS "boot/optee/ta_signed.ta", &ta);
    file_at(KEYS "p256.pub.pem", &pub_pem);
    file_at(KEYS "cap_root.crt", &certs);
    works(rk_signer_open(ctx, KEYS "cap_root.key", NULL, &sub_key, &err));
    works(rk_ca_open(ctx, KEYS "cap_root.crt", sub_key, when, &ca, &err));
    works(rk_ca_issue(ca, &profile, (const uint8_t *)"sn", 2, rk_ek_spki(ek), &cert, &err));
}

static void unload(void)
{
    struct rk_bytes *const all[] = { &image, &container, &ta, &pub_pem, &certs, &cert };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        rk_bytes_done(all[i]);
    rk_ca_free(ca);
    rk_signer_free(sub_key);
    rk_mac_free(root);
    rk_ek_free(ek);
    rk_secret_done(&half);
    rk_secret_done(&eps);
    ring_unload();
}

/* A wrong answer, or an output that a failed call wrote. */
static enum rk_rc wrong(void)
{
    return RK_E_PARTIAL; /* no sweep takes that */
}

static enum rk_rc bytes(void *arg)
{
    struct rk_bytes a = RK_BYTES_NONE, b = RK_BYTES_NONE;
    enum rk_rc rc =
        rk_bytes_new(8, &a, &err) || rk_bytes_copy("copy", 4, &b, &err) ? err.rc : RK_OK;

    (void)arg;
    if (rc == RK_OK && (a.len != 8 || b.len != 4))
        rc = wrong();
    rk_bytes_done(&a);
    rk_bytes_done(&b);
    return rc;
}

static enum rk_rc secrets(void *arg)
{
    struct rk_secret a = RK_SECRET_NONE, b = RK_SECRET_NONE, c = RK_SECRET_NONE, d = RK_SECRET_NONE;
    enum rk_rc rc = rk_secret_new(8, &a, &err) || rk_secret_copy("copy", 4, &b, &err) ||
                            rk_secret_from_hex("00ff", 4, 2, &c, &err) ||
                            rk_random_secret(ctx, 16, &d, &err)
                        ? err.rc
                        : RK_OK;

    (void)arg;
    rk_secret_done(&a);
    rk_secret_done(&b);
    rk_secret_done(&c);
    rk_secret_done(&d);
    return rc;
}

static enum rk_rc context(void *arg)
{
    rk_ctx *made = NULL;
    enum rk_rc rc = rk_ctx_new(&made, &err);

    (void)arg;
    if (rc != RK_OK)
        return made == NULL ? rc : wrong();
    rk_ctx_free(made);
    return RK_OK;
}

static enum rk_rc endorsement(void *arg)
{
    struct rk_bytes spki = RK_BYTES_NONE;
    rk_ek *made = NULL;
    enum rk_rc rc = rk_ek_new(ctx, &eps, p256(), &made, &err);

    (void)arg;
    if (rc != RK_OK)
        return made == NULL ? rc : wrong();
    rc = rk_ek_public_spki(ctx, rk_ek_public_area(made), &spki, &err);
    if (rc == RK_OK ? !rk_bytes_equal(&spki, rk_ek_spki(ek)) : spki.p != NULL)
        rc = wrong();
    rk_bytes_done(&spki);
    rk_ek_free(made);
    return rc;
}

static enum rk_rc blob_open(void *arg)
{
    rk_ekb *made = NULL;
    enum rk_rc rc = rk_ekb_open(root, fv, image.p, image.len, &made, &err);

    (void)arg;
    if (rc == RK_OK ? rk_ekb_count(made) != 3 : made != NULL)
        rc = wrong();
    rk_ekb_free(made);
    return rc;
}

static enum rk_rc blob_pack(void *arg)
{
    struct rk_bytes made = RK_BYTES_NONE;
    rk_ekb *ekb = NULL;
    enum rk_rc rc = rk_ekb_new(RK_EKB_2_0, NULL, &ekb, &err);

    (void)arg;
    if (rc != RK_OK)
        return ekb == NULL ? rc : wrong();
    if (rk_ekb_add(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, half.p, 16, &err) ||
        rk_ekb_pack(ekb, root, &made, &err))
        rc = made.p == NULL ? err.rc : wrong();
    rk_ekb_free(ekb);
    rk_bytes_done(&made);
    return rc;
}

static enum rk_rc identity(void *arg)
{
    struct rk_secret kdk0 = RK_SECRET_NONE, seed = RK_SECRET_NONE;
    rk_identity *made = NULL;
    enum rk_rc rc = rk_identity_new(ctx, NULL, "01020000000100000002", &half, &half, &made, &err);

    (void)arg;
    if (rc != RK_OK)
        return made == NULL ? rc : wrong();
    rc = rk_identity_seeds(root, "01020000000100000002", &kdk0, &seed, &err);
    rk_secret_done(&kdk0);
    rk_secret_done(&seed);
    rk_identity_free(made);
    return rc;
}

static enum rk_rc contained(void *arg)
{
    rk_nvftpm *made = NULL;
    enum rk_rc rc = rk_nvftpm_open(container.p, container.len, &made, &err);

    (void)arg;
    if (rc == RK_OK ? rk_nvftpm_part(made, RK_NVFTPM_SID_CERT) == NULL : made != NULL)
        rc = wrong();
    rk_nvftpm_free(made);
    return rc;
}

static enum rk_rc map_of(const struct rk_map_options *options, const struct rk_bytes *file)
{
    struct rk_bytes text = RK_BYTES_NONE, json = RK_BYTES_NONE;
    rk_map *made = NULL;
    enum rk_rc rc = rk_map_new(ctx, file->p, file->len, options, &made, &err);

    if (rc != RK_OK)
        return made == NULL ? rc : wrong();
    rc = rk_map_text(made, &text, &err) || rk_map_json_text(made, &json, &err) ? err.rc : RK_OK;
    if (rc == RK_OK && (text.len == 0 || json.len == 0 || json.p[0] != '{'))
        rc = wrong();
    rk_bytes_done(&text);
    rk_bytes_done(&json);
    rk_map_free(made);
    return rc;
}

static enum rk_rc map(void *arg)
{
    (void)arg;
    return map_of(NULL, &ta);
}

static enum rk_rc keys(void *arg)
{
    struct rk_secret out = RK_SECRET_NONE;
    rk_public *made = NULL;
    rk_mac *mac = NULL;
    enum rk_rc rc = rk_public_from_bytes(ctx, pub_pem.p, pub_pem.len, &made, &err);

    (void)arg;
    if (rc != RK_OK)
        return made == NULL ? rc : wrong();
    rk_public_free(made);
    if (rk_mac_from_secret(ctx, &half, &mac, &err) ||
        rk_mac_compute(mac, RK_MAC_AES_CMAC, "abc", 3, &out, &err))
        rc = out.p == NULL ? err.rc : wrong();
    rk_secret_done(&out);
    rk_mac_free(mac);
    return rc;
}

static enum rk_rc signature(void *arg)
{
    struct rk_bytes sig = RK_BYTES_NONE;
    enum rk_rc rc =
        rk_signer_sign(sub_key, RK_SCHEME_RSA_PKCS1_SHA256, half.p, half.len, &sig, &err);

    (void)arg;
    if (rc == RK_OK)
        rc = rk_public_verify(rk_signer_public(sub_key), RK_SCHEME_RSA_PKCS1_SHA256, half.p,
                              half.len, sig.p, sig.len, &err);
    rk_bytes_done(&sig);
    return rc;
}

static enum rk_rc certificate(void *arg)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_bytes made = RK_BYTES_NONE, chain = RK_BYTES_NONE, spki = RK_BYTES_NONE;
    enum rk_rc rc =
        rk_ca_issue(ca, &profile, (const uint8_t *)"sn", 2, rk_ek_spki(ek), &made, &err);

    (void)arg;
    if (rc == RK_OK ? !rk_bytes_equal(&made, &cert) : made.p != NULL)
        rc = wrong();
    if (rc == RK_OK &&
        (rk_ca_chain_pem(ca, &chain, &err) || rk_ekcert_spki(made.p, made.len, &spki, &err)))
        rc = err.rc;
    rk_bytes_done(&made);
    rk_bytes_done(&chain);
    rk_bytes_done(&spki);
    return rc;
}

static enum rk_rc authority(void *arg)
{
    rk_ca *made = NULL;
    enum rk_rc rc = rk_ca_open(ctx, KEYS "cap_root.crt", sub_key, when, &made, &err);

    (void)arg;
    if (rc != RK_OK && made != NULL)
        rc = wrong();
    rk_ca_free(made);
    return rc;
}

static enum rk_rc trust(void *arg)
{
    rk_trust *made = NULL;
    enum rk_rc rc = rk_trust_open(ctx, &certs, &made, &err);

    (void)arg;
    if (rc != RK_OK)
        return made == NULL ? rc : wrong();
    rc = rk_ekcert_verify(made, cert.p, cert.len, when, &err);
    rk_trust_free(made);
    return rc;
}

static enum rk_rc request(void *arg)
{
    struct rk_ekcert_profile profile = profile_of_a_product();
    struct rk_bytes made = RK_BYTES_NONE;
    enum rk_rc rc = rk_ek_request(ctx, &eps, p256(), &profile, "cn", &made, &err);

    (void)arg;
    if (rc != RK_OK && made.p != NULL)
        rc = wrong();
    rk_bytes_done(&made);
    return rc;
}

static const struct call {
    const char *name;
    enum rk_rc (*body)(void *arg);
} calls[] = {
    { "bytes", bytes },
    { "secrets", secrets },
    { "context", context },
    { "endorsement", endorsement },
    { "blob_open", blob_open },
    { "blob_pack", blob_pack },
    { "identity", identity },
    { "contained", contained },
    { "map", map },
    { "keys", keys },
    { "signature", signature },
    { "certificate", certificate },
    { "authority", authority },
    { "trust", trust },
    { "request", request },
};
enum { CALLS = sizeof calls / sizeof calls[0] };

START_TEST(no_memory_is_an_error_and_nothing_else) /* loop test: the call */
{
    int made;

    ck_assert_msg(calls[_i].body(NULL) == RK_OK, "%s: %s", calls[_i].name, err.msg);
    made = fault_sweep(calls[_i].body, NULL, MOST);
    ck_assert_msg(made > 0, "%s: %d, %s", calls[_i].name, (int)err.rc, err.msg);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, no_memory_is_an_error_and_nothing_else, 0, CALLS);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) {
        .name = "ring_nomem", .add = add, .load = load, .unload = unload });
}
