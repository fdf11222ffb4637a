/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit: U-Boot's flattened image tree, with configurations signed and images encrypted. Source:
 * boot-images.md 5.3; the cipher node is as Debian's mkimage 2023.01 writes it (AES-256-CBC over
 * the padded data, IV in the node, hash over the ciphertext). Images with external data are
 * refused.
 */
#include "image/fit.h"

#include "base/format_rows.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "ftpmprov/hex.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

enum { IMAGES_MAX = 32, CONFIGS_MAX = 16, ROOM = 16384, SIG_MAX = 512, IV_LEN = 16, KEY_LEN = 32 };
static const struct rk_format *self(void);

static void bytes_free(uint8_t **p)
{
    OPENSSL_free(*p);
}

static enum rk_rc bad_tree(int rc, const char *what, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "%s: %s", what, fdt_strerror(rc));
}

/* ---- reading ---- */

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= sizeof(struct fdt_header) && fdt_magic(file) == FDT_MAGIC &&
           fdt_check_full(file, len) == 0 && fdt_path_offset(file, "/images") >= 0 &&
           fdt_path_offset(file, "/configurations") >= 0;
}

static enum rk_rc open_tree(const uint8_t *file, size_t len, struct rk_err *err)
{
    int rc;

    if (len < sizeof(struct fdt_header) || fdt_magic(file) != FDT_MAGIC)
        return rk_fail(err, RK_E_FORMAT, "no device tree magic");
    if (fdt_totalsize(file) > len)
        return rk_fail(err, RK_E_FORMAT, "totalsize is %u, the file has %zu bytes",
                       fdt_totalsize(file), len);
    rc = fdt_check_full(file, len);
    if (rc != 0)
        return bad_tree(rc, "damaged device tree", err);
    if (fdt_path_offset(file, "/images") < 0 || fdt_path_offset(file, "/configurations") < 0)
        return rk_fail(err, RK_E_FORMAT, "no /images and /configurations: this is no FIT");
    return RK_OK;
}

/* A text property; NULL when absent or no text. */
static const char *text_of(const void *fdt, int node, const char *name)
{
    int len;
    const char *text = fdt_getprop(fdt, node, name, &len);

    return text != NULL && len > 0 && memchr(text, 0, (size_t)len) == text + len - 1 ? text : NULL;
}

static bool is_named(const void *fdt, int node, const char *start)
{
    const char *name = fdt_get_name(fdt, node, NULL);

    return name != NULL && strncmp(name, start, strlen(start)) == 0;
}

static enum rk_rc check_hash(const void *fdt, int node, const uint8_t *data, size_t len,
                             const char *image, struct rk_err *err)
{
    const char *algo = text_of(fdt, node, "algo");
    const EVP_MD *md = algo == NULL ? NULL : EVP_get_digestbyname(algo);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    int value_len;
    const void *value = fdt_getprop(fdt, node, "value", &value_len);

    if (algo == NULL || md == NULL)
        return rk_fail(err, RK_E_FORMAT, "image %s: unknown hash algorithm \"%s\"", image,
                       algo == NULL ? "" : algo);
    if (EVP_Digest(data, len, digest, &digest_len, md, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", algo);
    if (value == NULL || value_len != (int)digest_len || memcmp(value, digest, digest_len) != 0)
        return rk_fail(err, RK_E_VERIFY, "image %s: its %s hash does not hold", image, algo);
    return RK_OK;
}

static enum rk_rc add_image(const uint8_t *fdt, int node, struct rk_map *map, struct rk_err *err)
{
    const char *name = fdt_get_name(fdt, node, NULL), *type = text_of(fdt, node, "type");
    struct rk_region *region;
    int len, sub, hashes = 0;
    const uint8_t *data = fdt_getprop(fdt, node, "data", &len);
    size_t at;

    if (data == NULL)
        return rk_fail(err, RK_E_FORMAT,
                       "image %s has no data of its own: external data is not "
                       "read here",
                       name);
    at = (size_t)(data - fdt);
    if (rk_region_add(map, map->root, at, (uint64_t)len, name, &region, err))
        return err->rc;
    region->nested = true;
    (void)snprintf(region->note, sizeof region->note, "%s%s", type == NULL ? "" : type,
                   fdt_subnode_offset(fdt, node, "cipher") >= 0 ? ", encrypted (AES-256-CBC)" : "");
    fdt_for_each_subnode(sub, fdt, node)
    {
        if (!is_named(fdt, sub, "hash"))
            continue;
        if (check_hash(fdt, sub, data, (size_t)len, name, err) ||
            rk_map_guard(map, at, (uint64_t)len, RK_GUARD_DIGEST, "hash node", err))
            return err->rc;
        hashes++;
    }
    if (hashes == 0)
        (void)snprintf(region->note, sizeof region->note, "no hash");
    return RK_OK;
}

static enum rk_rc add_images(const uint8_t *fdt, struct rk_map *map, struct rk_err *err)
{
    int images = fdt_path_offset(fdt, "/images"), node, count = 0;

    fdt_for_each_subnode(node, fdt, images)
    {
        if (++count > IMAGES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d images", IMAGES_MAX);
        if (add_image(fdt, node, map, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    int configs, node, sub, is_signed = 0;

    if (open_tree(file, len, err) ||
        rk_region_add(map, map->root, 0, sizeof(struct fdt_header), "header", &region, err) ||
        add_images(file, map, err) ||
        rk_region_add(map, map->root, fdt_off_dt_strings(file), fdt_size_dt_strings(file),
                      "strings block", &region, err))
        return err->rc;
    configs = fdt_path_offset(file, "/configurations");
    fdt_for_each_subnode(node, file, configs) { fdt_for_each_subnode(sub, file, node) {
        is_signed +=
        is_named(file, sub, "signature") && fdt_getprop(file, sub, "value", NULL) != NULL;
}
}
(void)snprintf(map->integrity, sizeof map->integrity, "hashes ok, %s",
               is_signed ? "signatures not checked: needs the public key" : "not signed");
return RK_OK;
}

/* ---- packing ---- */

static const struct rk_part_row part_rows[] = {
    { "kernel", true, false, "the kernel image" },
    { "fdt", false, false, "its device tree" },
    { "ramdisk", false, false, "its initial RAM disk" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "description", "rotkit", "pack: description of the whole" },
    { "arch", "arm64", "pack: architecture, by U-Boot's name" },
    { "os", "linux", "pack: operating system, by U-Boot's name" },
    { "compression", "none", "pack: how the kernel is compressed already" },
    { "load", "0x80080000", "pack: where the kernel is loaded" },
    { "entry", "0x80080000", "pack: where it is entered" },
    { "key-name", "dev", "sign and encrypt: the name of the key, key-name-hint" },
    { "padding", "pss", "sign: pss (with the largest salt) or pkcs-1.5" },
    { "output", "image", "sign: image; key-dtb for the public key as U-Boot carries it" },
    { NULL, NULL, NULL },
};

static bool add_node(void *fdt, int images, const struct rk_input *part, const char *node_name,
                     const struct rk_job *job)
{
    bool kernel = strcmp(part->name, "kernel") == 0;
    const char *type = strcmp(part->name, "fdt") == 0 ? "flat_dt" : part->name;
    int node = fdt_add_subnode(fdt, images, node_name), hash;

    return node >= 0 && rk_fdt_put_text(fdt, node, "description", part->name) == 0 &&
           fdt_setprop(fdt, node, "data", part->p, (int)part->len) == 0 &&
           rk_fdt_put_text(fdt, node, "type", type) == 0 &&
           rk_fdt_put_text(fdt, node, "arch", rk_job_text(job, self(), "arch")) == 0 &&
           rk_fdt_put_text(fdt, node, "os", rk_job_text(job, self(), "os")) == 0 &&
           rk_fdt_put_text(fdt, node, "compression",
                           kernel ? rk_job_text(job, self(), "compression") : "none") == 0 &&
           (hash = fdt_add_subnode(fdt, node, "hash-1")) >= 0 &&
           rk_fdt_put_text(fdt, hash, "algo", "sha256") == 0;
}

static enum rk_rc add_kernel_addresses(void *fdt, const struct rk_job *job, struct rk_err *err)
{
    static const char *const names[] = { "load", "entry" };

    for (size_t i = 0; i < 2; i++) {
        uint64_t value;

        if (rk_job_u64(job, self(), names[i], 0, UINT32_MAX, &value, err))
            return err->rc;
        if (fdt_setprop_u32(fdt, fdt_path_offset(fdt, "/images/kernel-1"), names[i],
                            (uint32_t)value) != 0)
            return rk_fail_nomem(err);
    }
    return RK_OK;
}

static bool add_configuration(void *fdt, const struct rk_job *job)
{
    int configs = fdt_add_subnode(fdt, 0, "configurations"), conf;
    char name[32];

    if (configs < 0 || rk_fdt_put_text(fdt, configs, "default", "conf-1") != 0 ||
        (conf = fdt_add_subnode(fdt, configs, "conf-1")) < 0 ||
        rk_fdt_put_text(fdt, conf, "description", "conf-1") != 0)
        return false;
    for (size_t i = 0; i < job->part_count; i++) {
        (void)snprintf(name, sizeof name, "%s-1", job->part[i].name);
        if (rk_fdt_put_text(fdt, conf, job->part[i].name, name) != 0)
            return false;
    }
    return true;
}

/* Hashes of every image, over the data as it stands. */
static enum rk_rc set_hashes(void *fdt, struct rk_err *err)
{
    int images = fdt_path_offset(fdt, "/images"), node, sub;

    fdt_for_each_subnode(node, fdt, images)
    {
        fdt_for_each_subnode(sub, fdt, node)
        {
            const char *algo = text_of(fdt, sub, "algo");
            const EVP_MD *md = algo == NULL ? NULL : EVP_get_digestbyname(algo);
            uint8_t digest[EVP_MAX_MD_SIZE];
            unsigned digest_len = 0;
            int len;
            const void *data = fdt_getprop(fdt, node, "data", &len);

            if (!is_named(fdt, sub, "hash"))
                continue;
            if (md == NULL || data == NULL)
                return rk_fail(err, RK_E_FORMAT, "unknown hash algorithm \"%s\", or no data",
                               algo == NULL ? "" : algo);
            if (EVP_Digest(data, (size_t)len, digest, &digest_len, md, NULL) != 1 ||
                fdt_setprop(fdt, sub, "value", digest, (int)digest_len) != 0)
                return rk_fail(err, RK_E_NOMEM, "no room for a hash");
        }
    }
    return RK_OK;
}

static enum rk_rc take_packed(void *fdt, struct rk_bytes *ret, struct rk_err *err)
{
    int rc = fdt_pack(fdt);

    if (rc != 0)
        return bad_tree(rc, "device tree", err);
    return rk_bytes_copy(fdt, fdt_totalsize(fdt), ret, err);
}

static enum rk_rc room_for(const struct rk_job *job, int *ret, struct rk_err *err)
{
    size_t room = ROOM;

    for (size_t i = 0; i < job->part_count; i++) {
        if (job->part[i].len > RK_FIT_MAX - room)
            return rk_fail(err, RK_E_USAGE, "the parts are larger than %d bytes", RK_FIT_MAX);
        room += job->part[i].len;
    }
    *ret = (int)room;
    return RK_OK;
}

static enum rk_rc build(const struct rk_job *job, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(bytes_free) uint8_t *fdt = NULL;
    int room, images;
    char name[32];

    if (room_for(job, &room, err))
        return err->rc;
    fdt = OPENSSL_zalloc((size_t)room);
    if (fdt == NULL)
        return rk_fail_nomem(err);
    if (fdt_create_empty_tree(fdt, room) != 0 ||
        rk_fdt_put_text(fdt, 0, "description", rk_job_text(job, self(), "description")) != 0 ||
        fdt_setprop_u32(fdt, 0, "timestamp", (uint32_t)job->now) != 0 ||
        fdt_setprop_u32(fdt, 0, "#address-cells", 1) != 0 ||
        (images = fdt_add_subnode(fdt, 0, "images")) < 0)
        return rk_fail_nomem(err);
    for (size_t i = job->part_count; i-- > 0;) { /* libfdt adds in front */
        (void)snprintf(name, sizeof name, "%s-1", job->part[i].name);
        if (!add_node(fdt, images, &job->part[i], name, job))
            return rk_fail_nomem(err);
    }
    if (add_kernel_addresses(fdt, job, err))
        return err->rc;
    if (!add_configuration(fdt, job))
        return rk_fail_nomem(err);
    if (set_hashes(fdt, err))
        return err->rc;
    return take_packed(fdt, ret, err);
}

/* A copy with room to grow. */
static enum rk_rc open_copy(const uint8_t *file, size_t len, uint8_t **ret, struct rk_err *err)
{
    size_t room = len + ROOM;
    int rc;

    if (open_tree(file, len, err))
        return err->rc;
    *ret = OPENSSL_zalloc(room);
    if (*ret == NULL)
        return rk_fail_nomem(err);
    rc = fdt_open_into(file, *ret, (int)room);
    return rc == 0 ? RK_OK : bad_tree(rc, "device tree", err);
}

/* ---- encrypting ---- */

static enum rk_rc cbc(const struct rk_job *job, const uint8_t iv[IV_LEN], const uint8_t *data,
                      size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *aes =
        EVP_CIPHER_fetch(rk_ctx_libctx(job->ctx), "AES-256-CBC", rk_ctx_propq(job->ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    int n, tail;

    if (rk_bytes_new(len + IV_LEN, &made, err))
        return err->rc;
    if (aes == NULL || run == NULL ||
        EVP_EncryptInit_ex2(run, aes, job->secret->p, iv, NULL) != 1 ||
        EVP_EncryptUpdate(run, made.p, &n, data, (int)len) != 1 ||
        EVP_EncryptFinal_ex(run, made.p + n, &tail) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-256-CBC");
    made.len = (size_t)(n + tail);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc encrypt_image(const struct rk_job *job, void *fdt, int node, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes sealed = RK_BYTES_NONE;
    const char *hint = rk_job_text(job, self(), "key-name");
    uint8_t iv[IV_LEN];
    int len, cipher;
    const uint8_t *data = fdt_getprop(fdt, node, "data", &len);

    if (data == NULL || fdt_subnode_offset(fdt, node, "cipher") >= 0)
        return rk_fail(err, RK_E_USAGE, "image %s has no data of its own, or is encrypted already",
                       fdt_get_name(fdt, node, NULL));
    if (rk_job_iv(job, NULL, 0, data, (size_t)len, iv, sizeof iv, err) ||
        cbc(job, iv, data, (size_t)len, &sealed, err))
        return err->rc;
    if (fdt_setprop(fdt, node, "data", sealed.p, (int)sealed.len) != 0 ||
        fdt_setprop_u32(fdt, node, "data-size-unciphered", (uint32_t)len) != 0 ||
        (cipher = fdt_add_subnode(fdt, node, "cipher")) < 0 ||
        fdt_setprop(fdt, cipher, "iv", iv, sizeof iv) != 0 ||
        rk_fdt_put_text(fdt, cipher, "algo", "aes256") != 0 ||
        rk_fdt_put_text(fdt, cipher, "key-name-hint", hint) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

static enum rk_rc encrypt(const struct rk_job *job, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(bytes_free) uint8_t *fdt = NULL;
    int node;

    if (job->secret->len != KEY_LEN)
        return rk_fail(err, RK_E_KEY, "FIT encryption (aes256) needs a key of 32 bytes");
    if (open_copy(file, len, &fdt, err))
        return err->rc;
    fdt_for_each_subnode(node, fdt, fdt_path_offset(fdt, "/images"))
    {
        if (encrypt_image(job, fdt, node, err))
            return err->rc;
    }
    if (set_hashes(fdt, err))
        return err->rc;
    return take_packed(fdt, ret, err);
}

/* ---- signing ---- */

static const struct algorithm {
    int bits;
    const char *name;
} algorithms[] = { { 2048, "sha256,rsa2048" },
                   { 3072, "sha256,rsa3072" },
                   { 4096, "sha256,rsa4096" } };

static enum rk_rc find_algorithm(EVP_PKEY *pub, const struct algorithm **ret, struct rk_err *err)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (EVP_PKEY_is_a(pub, "RSA") && EVP_PKEY_get_bits(pub) == algorithms[i].bits) {
            *ret = &algorithms[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_KEY,
                   "FIT signatures here are by RSA of 2048, 3072 or 4096 bits, this "
                   "is %s with %d",
                   EVP_PKEY_get0_type_name(pub), EVP_PKEY_get_bits(pub));
}

/* "rsa-pss" with the largest salt, as mkimage signs; boot-images.md 5.3. */
static enum rk_scheme scheme_of(const char *padding)
{
    return strcmp(padding, "pss") == 0 ? RK_SCHEME_RSA_PSS_MAX_SHA256 : RK_SCHEME_RSA_PKCS1_SHA256;
}

/* The nodes of an image that are signed: itself, its hash and cipher nodes. */
static enum rk_rc list_image(const void *fdt, const char *name, struct rk_fit_nodes *nodes,
                             struct rk_err *err)
{
    char path[RK_FIT_PATH], below[RK_FIT_PATH];
    int node, sub;

    (void)snprintf(path, sizeof path, "/images/%.100s", name);
    node = fdt_path_offset(fdt, path);
    if (node < 0)
        return rk_fail(err, RK_E_FORMAT, "the configuration names image \"%s\", which is not there",
                       name);
    if (rk_fit_nodes_add(nodes, path, err))
        return err->rc;
    fdt_for_each_subnode(sub, fdt, node)
    {
        if (!is_named(fdt, sub, "hash") && !is_named(fdt, sub, "cipher"))
            continue;
        (void)snprintf(below, sizeof below, "%.100s/%.50s", path, fdt_get_name(fdt, sub, NULL));
        if (rk_fit_nodes_add(nodes, below, err))
            return err->rc;
    }
    return RK_OK;
}

static const char *const image_props[] = { "kernel", "fdt", "ramdisk", "firmware", "loadables" };
enum { IMAGE_PROPS = sizeof image_props / sizeof image_props[0] };

/* Root, configuration, and every image that it names. */
static enum rk_rc list_nodes(const void *fdt, int conf, struct rk_fit_nodes *nodes,
                             struct rk_err *err)
{
    char path[RK_FIT_PATH];

    (void)snprintf(path, sizeof path, "/configurations/%.100s", fdt_get_name(fdt, conf, NULL));
    if (rk_fit_nodes_add(nodes, "/", err) || rk_fit_nodes_add(nodes, path, err))
        return err->rc;
    for (size_t i = 0; i < IMAGE_PROPS; i++) {
        int len, count = fdt_stringlist_count(fdt, conf, image_props[i]);

        for (int k = 0; k < count; k++) {
            const char *name = fdt_stringlist_get(fdt, conf, image_props[i], k, &len);

            if (name == NULL || list_image(fdt, name, nodes, err))
                return rk_fail(err, RK_E_FORMAT, "configuration %s is damaged",
                               fdt_get_name(fdt, conf, NULL));
        }
    }
    return RK_OK;
}

static enum rk_rc put_list(void *fdt, int node, const struct rk_fit_nodes *nodes,
                           struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_FIT_NODES_MAX * RK_FIT_PATH);

    for (size_t i = 0; i < nodes->count; i++)
        rk_wr_bytes(&wr, nodes->path[i], strlen(nodes->path[i]) + 1);
    if (wr.failed != RK_OK || fdt_setprop(fdt, node, "hashed-nodes", wr.buf, (int)wr.len) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

/* "kernel", "fdt": which images the signature is over, for people. */
static enum rk_rc put_sign_images(void *fdt, int conf, int node, struct rk_err *err)
{
    char list[128];
    size_t used = 0;

    for (size_t i = 0; i < IMAGE_PROPS; i++) {
        if (fdt_getprop(fdt, conf, image_props[i], NULL) == NULL)
            continue;
        memcpy(list + used, image_props[i], strlen(image_props[i]) + 1);
        used += strlen(image_props[i]) + 1;
    }
    if (used == 0)
        return rk_fail(err, RK_E_FORMAT, "a configuration names no image");
    if (fdt_setprop(fdt, node, "sign-images", list, (int)used) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

/* The signature node of a configuration with everything in it, the value all zero. */
static enum rk_rc prepare_conf(const struct rk_job *job, void *fdt, const char *conf_name,
                               struct rk_err *err)
{
    const char *padding = rk_job_text(job, self(), "padding");
    static const uint8_t zeros[SIG_MAX];
    const struct algorithm *algo;
    char path[RK_FIT_PATH];
    int conf, node;

    (void)snprintf(path, sizeof path, "/configurations/%.100s", conf_name);
    conf = fdt_path_offset(fdt, path);
    node = fdt_subnode_offset(fdt, conf, "signature-1");
    if (node < 0)
        node = fdt_add_subnode(fdt, conf, "signature-1");
    if (strcmp(padding, "pss") != 0 && strcmp(padding, "pkcs-1.5") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"padding\": expected pss or pkcs-1.5");
    if (find_algorithm(job->key[0].pub, &algo, err))
        return err->rc;
    if (node < 0 || rk_fdt_put_text(fdt, node, "algo", algo->name) != 0 ||
        rk_fdt_put_text(fdt, node, "padding", padding) != 0 ||
        rk_fdt_put_text(fdt, node, "key-name-hint", rk_job_text(job, self(), "key-name")) != 0 ||
        fdt_setprop(fdt, node, "value", zeros, algo->bits / 8) != 0 ||
        rk_fdt_put_text(fdt, node, "signer-name", "rotkit") != 0 ||
        fdt_setprop_u32(fdt, node, "timestamp", (uint32_t)job->now) != 0 ||
        fdt_setprop_u64(fdt, node, "hashed-strings", 0) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return put_sign_images(fdt, conf, node, err);
}

/* Node lists come last, when every node and string that will be there is. */
static enum rk_rc finish_conf(void *fdt, int conf, struct rk_err *err)
{
    struct rk_fit_nodes nodes = { .count = 0 };
    int node = fdt_subnode_offset(fdt, conf, "signature-1");

    if (list_nodes(fdt, conf, &nodes, err))
        return err->rc;
    return put_list(fdt, node, &nodes, err);
}

struct fit {
    uint8_t *fdt;
    size_t count;
    char conf[CONFIGS_MAX][RK_FIT_PATH];
};

static void fit_done(struct fit *fit)
{
    OPENSSL_free(fit->fdt);
}

static enum rk_rc list_configurations(struct fit *fit, struct rk_err *err)
{
    int node;

    fdt_for_each_subnode(node, fit->fdt, fdt_path_offset(fit->fdt, "/configurations"))
    {
        const char *name = fdt_get_name(fit->fdt, node, NULL);

        if (fit->count == CONFIGS_MAX || name == NULL || strlen(name) > 100)
            return rk_fail(err, RK_E_FORMAT, "more than %d configurations", CONFIGS_MAX);
        (void)snprintf(fit->conf[fit->count++], RK_FIT_PATH, "%s", name);
    }
    if (fit->count == 0)
        return rk_fail(err, RK_E_FORMAT, "no configuration to sign");
    return RK_OK;
}

static int signature_node(const struct fit *fit, size_t i)
{
    char path[RK_FIT_PATH];

    (void)snprintf(path, sizeof path, "/configurations/%.100s/signature-1", fit->conf[i]);
    return fdt_path_offset(fit->fdt, path);
}

/* The tree as it will be signed: every configuration's signature node complete but for its value.
 */
static enum rk_rc prepare(const struct rk_job *job, const uint8_t *file, size_t len,
                          struct fit *fit, struct rk_err *err)
{
    int rc;

    if (open_copy(file, len, &fit->fdt, err) || list_configurations(fit, err))
        return err->rc;
    for (size_t i = 0; i < fit->count; i++) {
        if (prepare_conf(job, fit->fdt, fit->conf[i], err))
            return rk_wrap(err, "%s", fit->conf[i]);
    }
    for (size_t i = 0; i < fit->count; i++) {
        if (finish_conf(fit->fdt, fdt_parent_offset(fit->fdt, signature_node(fit, i)), err))
            return rk_wrap(err, "%s", fit->conf[i]);
    }
    rc = fdt_pack(fit->fdt);
    if (rc != 0)
        return bad_tree(rc, "device tree", err);
    for (size_t i = 0; i < fit->count; i++) {
        if (fdt_setprop_inplace_u64(fit->fdt, signature_node(fit, i), "hashed-strings",
                                    fdt_size_dt_strings(fit->fdt)) != 0)
            return rk_fail(err, RK_E_INTERNAL, "hashed-strings");
    }
    return RK_OK;
}

static bool makes_bare(const struct rk_job *job)
{
    return strcmp(rk_job_text(job, self(), "output"), "image") != 0;
}

/* What the stored node list and hashed-strings say is signed. */
static enum rk_rc stored_region(const uint8_t *fdt, int node, struct rk_map *covers,
                                struct rk_bytes *ret, struct rk_err *err)
{
    struct rk_fit_nodes nodes = { .count = 0 };
    int count = fdt_stringlist_count(fdt, node, "hashed-nodes"), len;
    const fdt32_t *strings = fdt_getprop(fdt, node, "hashed-strings", &len);

    if (count <= 0 || strings == NULL || len != 8 || fdt32_ld(&strings[0]) != 0)
        return rk_fail(err, RK_E_VERIFY, "hashed-nodes or hashed-strings is missing or odd");
    for (int i = 0; i < count; i++) {
        const char *path = fdt_stringlist_get(fdt, node, "hashed-nodes", i, NULL);

        if (path == NULL || rk_fit_nodes_add(&nodes, path, err))
            return rk_fail(err, RK_E_VERIFY, "hashed-nodes is damaged");
    }
    return rk_fit_region(fdt, &nodes, fdt32_ld(&strings[1]), covers, ret, err);
}

static enum rk_rc to_sign(const struct rk_job *job, const uint8_t *file, size_t len,
                          struct rk_requests *ret, struct rk_err *err)
{
    RK_AUTO(fit_done) struct fit fit = { .fdt = NULL };
    enum rk_scheme scheme = scheme_of(rk_job_text(job, self(), "padding"));

    if (prepare(job, file, len, &fit, err))
        return err->rc;
    for (size_t i = 0; i < fit.count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;

        if (stored_region(fit.fdt, signature_node(&fit, i), NULL, &message, err) ||
            rk_requests_add(ret, "", fit.conf[i], scheme, &message, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc attach(const struct rk_job *job, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(fit_done) struct fit fit = { .fdt = NULL };
    const struct algorithm *algo;

    if (find_algorithm(job->key[0].pub, &algo, err) || prepare(job, file, len, &fit, err))
        return err->rc;
    if (makes_bare(job))
        return rk_fit_key_dtb(job->key[0].pub, rk_job_text(job, self(), "key-name"), algo->name,
                              "conf", ret, err);
    for (size_t i = 0; i < fit.count; i++) {
        if (fdt_setprop_inplace(fit.fdt, signature_node(&fit, i), "value", signatures[i].p,
                                (int)signatures[i].len) != 0)
            return rk_fail(err, RK_E_KEY, "a signature of %zu bytes, expected %d",
                           signatures[i].len, algo->bits / 8);
    }
    return rk_bytes_copy(fit.fdt, fdt_totalsize(fit.fdt), ret, err);
}

/* ---- checking ---- */

/* Every node that the configuration needs must be among those that are signed. */
static enum rk_rc check_complete(const uint8_t *fdt, int conf, int node, struct rk_err *err)
{
    struct rk_fit_nodes needed = { .count = 0 };

    if (list_nodes(fdt, conf, &needed, err))
        return err->rc;
    for (size_t i = 0; i < needed.count; i++) {
        if (fdt_stringlist_search(fdt, node, "hashed-nodes", needed.path[i]) < 0)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" is not among the signed nodes",
                           needed.path[i]);
    }
    return RK_OK;
}

/* The data of an image is signed by way of its hash node. */
static enum rk_rc guard_data(const uint8_t *fdt, int conf, struct rk_map *map, struct rk_err *err)
{
    for (size_t i = 0; i < IMAGE_PROPS; i++) {
        int count = fdt_stringlist_count(fdt, conf, image_props[i]), len;

        for (int k = 0; k < count; k++) {
            const char *name = fdt_stringlist_get(fdt, conf, image_props[i], k, NULL);
            int node = fdt_subnode_offset(fdt, fdt_path_offset(fdt, "/images"), name);
            const uint8_t *data = fdt_getprop(fdt, node, "data", &len);

            if (data == NULL || fdt_first_subnode(fdt, node) < 0)
                return rk_fail(err, RK_E_VERIFY, "image %s has no hash, so it is not signed", name);
            if (rk_map_guard(map, (uint64_t)(data - fdt), (uint64_t)len, RK_GUARD_SIGNATURE,
                             "FIT signature", err))
                return err->rc;
        }
    }
    return RK_OK;
}

static enum rk_rc check_conf(const struct rk_job *job, const uint8_t *fdt, int conf,
                             struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    int node = fdt_subnode_offset(fdt, conf, "signature-1"), len;
    const char *algo = node < 0 ? NULL : text_of(fdt, node, "algo");
    const char *padding = node < 0 ? NULL : text_of(fdt, node, "padding");
    const uint8_t *value = node < 0 ? NULL : fdt_getprop(fdt, node, "value", &len);
    const struct algorithm *want;

    if (algo == NULL || value == NULL)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (find_algorithm(job->key[0].pub, &want, err) || strcmp(want->name, algo) != 0)
        return rk_fail(err, RK_E_VERIFY, "signed by %s, the key given is of another kind", algo);
    if (check_complete(fdt, conf, node, err) || stored_region(fdt, node, map, &message, err) ||
        rk_signature_check(job->ctx, job->key[0].pub,
                           scheme_of(padding == NULL ? "pkcs-1.5" : padding), message.p,
                           message.len, value, (size_t)len, err))
        return err->rc;
    return guard_data(fdt, conf, map, err);
}

static enum rk_rc check(const struct rk_job *job, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    int conf, count = 0;

    if (job->key_count == 0)
        return rk_fail(err, RK_E_USAGE, "a FIT is held against a public key");
    if (open_tree(file, len, err))
        return err->rc;
    fdt_for_each_subnode(conf, file, fdt_path_offset(file, "/configurations"))
    {
        if (check_conf(job, file, conf, map, err))
            return rk_wrap(err, "configuration %s", fdt_get_name(file, conf, NULL));
        count++;
    }
    if (count == 0)
        return rk_fail(err, RK_E_VERIFY, "has no configuration, so nothing is signed");
    (void)snprintf(map->signer, sizeof map->signer, "the key given");
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "hashes and %d signed configurations hold", count);
    return RK_OK;
}

const struct rk_format rk_format_fit = {
    .name = "fit",
    .title = "U-Boot FIT image",
    .max = RK_FIT_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .encrypts_first = true,
    .makes_bare = makes_bare,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .encrypt = encrypt,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_fit;
}
