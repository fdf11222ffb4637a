/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of a FIT, encrypted. Source: the cipher node as Debian's mkimage 2023.01 writes it:
 * AES-256-CBC over the padded data, the IV in the node, the hash over the ciphertext.
 */
#include "image/fit.h"

#include <string.h>

#include <libfdt.h>

enum { IV_LEN = 16 };

static enum rk_rc cbc(const struct rk_request *request, const uint8_t iv[IV_LEN],
                      const uint8_t *data, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *aes =
        EVP_CIPHER_fetch(rk_ctx_libctx(request->ctx), "AES-256-CBC", rk_ctx_propq(request->ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    int n, tail;

    if (rk_bytes_new(len + IV_LEN, &made, err))
        return err->rc;
    if (aes == NULL || run == NULL ||
        EVP_EncryptInit_ex2(run, aes, request->secret->p, iv, NULL) != 1 ||
        EVP_EncryptUpdate(run, made.p, &n, data, (int)len) != 1 ||
        EVP_EncryptFinal_ex(run, made.p + n, &tail) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-256-CBC");
    made.len = (size_t)(n + tail);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc encrypt_image(const struct rk_request *request, void *fdt, int node,
                                const char *hint, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes sealed = RK_BYTES_NONE;
    uint8_t iv[IV_LEN];
    int len, cipher;
    const uint8_t *data = fdt_getprop(fdt, node, "data", &len);

    if (data == NULL)
        return rk_fail(
            err, RK_E_USAGE,
            "image %s has no data inside of the tree: encrypt before mkimage -E moves it",
            fdt_get_name(fdt, node, NULL));
    if (fdt_subnode_offset(fdt, node, "cipher") >= 0)
        return rk_fail(err, RK_E_USAGE, "image %s is encrypted already",
                       fdt_get_name(fdt, node, NULL));
    if (rk_request_iv(request,
                      &(struct rk_iv_inputs) {
                          .format = "fit", .role = hint, .content = data, .len = (size_t)len },
                      iv, sizeof iv, err) ||
        cbc(request, iv, data, (size_t)len, &sealed, err))
        return err->rc;
    if (fdt_setprop(fdt, node, "data", sealed.p, (int)sealed.len) != 0 ||
        fdt_setprop_u32(fdt, node, "data-size-unciphered", (uint32_t)len) != 0 ||
        (cipher = fdt_add_subnode(fdt, node, "cipher")) < 0 ||
        fdt_setprop(fdt, cipher, "iv", iv, sizeof iv) != 0 ||
        rk_fdt_put_text(fdt, cipher, "algo", RK_FIT_CIPHER) != 0 ||
        rk_fdt_put_text(fdt, cipher, "key-name-hint", hint) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

/* Whether the list of names, between commas, has this one. */
static bool lists(const char *names, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = names; *at != '\0'; at += strspn(at, ",")) {
        size_t word = strcspn(at, ",");

        if (word == len && strncmp(at, name, len) == 0)
            return true;
        at += word;
    }
    return false;
}

/* U-Boot reads a device tree before it decrypts it. */
static bool is_chosen(const void *fdt, int node, const char *names)
{
    const char *type = rk_fit_text(fdt, node, "type");

    return names != NULL ? lists(names, fdt_get_name(fdt, node, NULL))
                         : type == NULL || strcmp(type, "flat_dt") != 0;
}

/* Each name of the list is an image. */
static enum rk_rc check_names(const void *fdt, const char *names, struct rk_err *err)
{
    int images = fdt_path_offset(fdt, "/images");

    for (const char *at = names; *at != '\0'; at += strspn(at, ",")) {
        size_t word = strcspn(at, ",");

        if (word == 0 || fdt_subnode_offset_namelen(fdt, images, at, (int)word) < 0)
            return rk_fail(err, RK_E_USAGE, "setting \"images\": there is no image \"%.*s\"",
                           (int)word, at);
        at += word;
    }
    return RK_OK;
}

enum rk_rc rk_fit_encrypt_images(const struct rk_request *request, const char *names,
                                 const char *hint, void *fdt, struct rk_err *err)
{
    int node, count = 0;

    if (names != NULL && check_names(fdt, names, err))
        return err->rc;
    fdt_for_each_subnode(node, fdt, fdt_path_offset(fdt, "/images"))
    {
        if (!is_chosen(fdt, node, names))
            continue;
        if (encrypt_image(request, fdt, node, hint, err))
            return err->rc;
        count++;
    }
    if (count == 0)
        return rk_fail(err, RK_E_USAGE,
                       "no image is there but device trees, which U-Boot reads before it "
                       "decrypts: name what is to be encrypted by --set images=");
    return RK_OK;
}
