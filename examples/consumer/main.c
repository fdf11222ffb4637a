/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of your own over libftpmprov, with the installed headers alone:
 *
 *   cc main.c $(pkg-config --cflags --libs ftpmprov) -o consumer
 *   ./consumer ek EPS-FILE                      the Name of the RSA EK that an EPS leads to
 *   ./consumer sign KEY FILE                    a signature on stdout; KEY as rotkit takes it, so
 *                                               pkcs11:... for one that stays in its token
 *   ./consumer blob ROOT-KEY-FILE EKS-IMAGE     the items of a key blob, tag and size
 *   ./consumer release PUBLIC-KEY-FILE FOLDER   whether a release holds, and its devices
 */
#include <ftpmprov/ftpmprov.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 << 20 };

static enum rk_rc derive_ek(const rk_ctx *ctx, const char *eps_path, const char *unused,
                            struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret eps = RK_SECRET_NONE;
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    const uint8_t *name;
    char text[133];
    size_t len;
    rk_ek *ek;

    (void)unused;
    options.template_name = "L-1";
    if (rk_secret_read(eps_path, 64, &eps, err) || rk_ek_new(ctx, &eps, &options, &ek, err))
        return err->rc;
    name = rk_ek_name(ek, &len);
    rk_hex_write(name, len, text);
    (void)printf("%s\n", text);
    rk_ek_free(ek);
    return RK_OK;
}

static enum rk_rc sign(const rk_ctx *ctx, const char *key, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    RK_AUTO(rk_signer_done) rk_signer *signer = NULL;

    if (rk_file_read(path, FILE_MAX, &file, err) || rk_signer_open(ctx, key, NULL, &signer, err) ||
        rk_signer_sign(signer, rk_signer_default_scheme(signer), file.p, file.len, &signature, err))
        return err->rc;
    (void)fwrite(signature.p, 1, signature.len, stdout);
    return RK_OK;
}

static enum rk_rc open_blob(const rk_ctx *ctx, const char *root_path, const char *path,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    RK_AUTO(rk_mac_done) rk_mac *root = NULL;
    rk_ekb *ekb;

    if (rk_mac_open(ctx, root_path, 0, &root, err) || rk_file_read(path, FILE_MAX, &image, err) ||
        rk_ekb_open(root, NULL, image.p, image.len, &ekb, err))
        return err->rc;
    for (size_t i = 0; i < rk_ekb_count(ekb); i++) {
        uint32_t tag;
        const struct rk_secret *value = rk_ekb_at(ekb, i, &tag);

        (void)printf("tag %" PRIu32 ": %zu bytes\n", tag, value->len);
    }
    rk_ekb_free(ekb);
    return RK_OK;
}

static enum rk_rc print_device(void *arg, const char *device_sn, struct rk_err *err)
{
    (void)arg;
    (void)err;
    (void)printf("%s\n", device_sn);
    return RK_OK;
}

static enum rk_rc verify_release(const rk_ctx *ctx, const char *key_path, const char *path,
                                 struct rk_err *err)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    struct rk_release_origin origin = RK_RELEASE_ORIGIN_INIT;
    rk_release_report *report;

    if (rk_public_open(ctx, key_path, &key, err))
        return err->rc;
    origin.key = key;
    if (rk_release_report_new(ctx, path, &origin, &report, err))
        return err->rc;
    (void)printf("holds: %" PRIu64 " devices, %" PRIu64 " images; signer: %s\n",
                 rk_release_report_devices(report), rk_release_report_images(report),
                 rk_release_report_signer(report));
    rk_release_report_free(report);
    return rk_release_list(path, print_device, NULL, err);
}

static const struct act {
    const char *name;
    int operands;
    enum rk_rc (*run)(const rk_ctx *ctx, const char *a, const char *b, struct rk_err *err);
} acts[] = {
    { "ek", 1, derive_ek },
    { "sign", 2, sign },
    { "blob", 2, open_blob },
    { "release", 2, verify_release },
};

int main(int argc, char **argv)
{
    const struct act *act = NULL;
    struct rk_err err;
    rk_ctx *ctx;
    enum rk_rc rc;

    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (argc == acts[i].operands + 2 && strcmp(argv[1], acts[i].name) == 0)
            act = &acts[i];
    }
    if (act == NULL) {
        (void)fprintf(stderr, "usage: consumer ek EPS | sign KEY FILE | blob ROOT-KEY IMAGE | "
                              "release PUBLIC-KEY FOLDER\n");
        return 2;
    }
    rc = rk_ctx_new(&ctx, &err);
    if (rc == RK_OK) {
        rc = act->run(ctx, argv[2], argc > 3 ? argv[3] : NULL, &err);
        rk_ctx_free(ctx);
    }
    if (rc != RK_OK)
        (void)fprintf(stderr, "consumer: %s\n", err.msg);
    return (int)rc;
}
