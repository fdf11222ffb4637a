/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit: U-Boot's flattened image tree, with configurations signed and images encrypted. Source:
 * boot-images.md 5.3.
 */
#include "image/fit.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/hex.h"
#include "rotkit/public.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

enum { CONFIGS_MAX = RK_SIGN_REQUESTS_MAX, TEXT_MAX = 65536, ROOM = 1 << 18, SIG_MAX = 512 };
static const struct rk_format *self(void);

RK_CLEANUP(bytes_free, uint8_t, OPENSSL_free)

/* ---- packing ---- */

static const struct rk_part_row part_rows[] = {
    { "kernel", false, false, "the kernel image" },
    { "fdt", false, false, "its device tree" },
    { "ramdisk", false, false, "its initial RAM disk" },
    { "pub", false, false, "instead: a public key (PEM), made into the dtb that U-Boot carries" },
    { "dtb", false, false,
      "with pub: U-Boot's device tree, to put the key into (and that of --content-key)" },
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
    { "content-key-name", NULL,
      "pack, with --content-key: the name of that key (default: key-name)" },
    { "required-mode", NULL, "pack, where dtb requires another key already: any of them, or all" },
    { "images", NULL,
      "encrypt: which images, by name and between commas (default: all but device trees)" },
    { "hash", "sha256",
      "sign, pub: sha256, sha384 or sha512; the same for both, since U-Boot compares them" },
    { "padding", "pkcs-1.5",
      "sign: pkcs-1.5, or pss (with the largest salt): U-Boot with CONFIG_FIT_RSASSA_PSS alone "
      "verifies that" },
    { "output", "image", "sign: image; key-dtb for the public key as U-Boot carries it" },
    { NULL, NULL, NULL },
};

/* As mkimage of U-Boot 2023.01 lists them: U-Boot starts nothing under another name. */
static const char *const arch_names[] = {
    "arm64",   "arm",  "x86",   "x86_64",     "riscv",    "powerpc", "mips", "mips64", "m68k",
    "sandbox", "sh",   "sparc", "sparc64",    "nios2",    "arc",     "or1k", "nds32",  "xtensa",
    "alpha",   "ia64", "avr32", "microblaze", "blackfin", "s390",    NULL,
};
static const char *const os_names[] = {
    "linux",     "u-boot",  "arm-trusted-firmware",
    "tee",       "efi",     "opensbi",
    "openrtos",  "vxworks", "qnx",
    "integrity", "ose",     "plan9",
    "rtems",     "netbsd",  "freebsd",
    "openbsd",   "4_4bsd",  "solaris",
    "svr4",      "esix",    "irix",
    "sco",       "dell",    "ncr",
    "psos",      NULL,
};
static const char *const compression_names[] = {
    "none", "gzip", "bzip2", "lzma", "lzo", "lz4", "zstd", NULL,
};

static bool wants_key(const struct rk_request *request)
{
    return strcmp(rk_request_text(request, self(), "output"), "image") != 0;
}

static bool makes_bare(const struct rk_request *request)
{
    return wants_key(request) || rk_request_part(request, "pub") != NULL;
}

static bool keeps_secret(const struct rk_request *request)
{
    return rk_request_part(request, "pub") != NULL;
}

/* What is packed is what U-Boot can start, so far as names and first bytes tell. */
static enum rk_rc check_parts(const struct rk_request *request, struct rk_err *err)
{
    static const uint8_t gzip[] = { 0x1f, 0x8b }, tree[] = { 0xd0, 0x0d, 0xfe, 0xed };
    const struct rk_input *kernel = rk_request_part(request, "kernel");
    const struct rk_input *fdt = rk_request_part(request, "fdt");
    size_t i;

    if (rk_request_choice(request, setting_rows, "arch", arch_names, &i, err) ||
        rk_request_choice(request, setting_rows, "os", os_names, &i, err) ||
        rk_request_choice(request, setting_rows, "compression", compression_names, &i, err))
        return err->rc;
    if (i == 0 && kernel->len >= sizeof gzip && memcmp(kernel->p, gzip, sizeof gzip) == 0)
        rk_warn(request->ctx, "the kernel looks compressed by gzip, and U-Boot will not unpack it: "
                              "--set compression=gzip");
    if (fdt != NULL && (fdt->len < sizeof tree || memcmp(fdt->p, tree, sizeof tree) != 0))
        rk_warn(request->ctx, "part \"fdt\" is no device tree: it does not begin with 0xd00dfeed");
    return RK_OK;
}

static bool add_node(void *fdt, int images, const struct rk_input *part, const char *node_name,
                     const struct rk_request *request)
{
    bool kernel = strcmp(part->name, "kernel") == 0;
    const char *type = strcmp(part->name, "fdt") == 0 ? "flat_dt" : part->name;
    int node = fdt_add_subnode(fdt, images, node_name), hash;

    return node >= 0 && rk_fdt_put_text(fdt, node, "description", part->name) == 0 &&
           fdt_setprop(fdt, node, "data", part->p, (int)part->len) == 0 &&
           rk_fdt_put_text(fdt, node, "type", type) == 0 &&
           rk_fdt_put_text(fdt, node, "arch", rk_request_text(request, self(), "arch")) == 0 &&
           rk_fdt_put_text(fdt, node, "os", rk_request_text(request, self(), "os")) == 0 &&
           rk_fdt_put_text(fdt, node, "compression",
                           kernel ? rk_request_text(request, self(), "compression") : "none") ==
               0 &&
           (hash = fdt_add_subnode(fdt, node, "hash-1")) >= 0 &&
           rk_fdt_put_text(fdt, hash, "algo", "sha256") == 0;
}

static enum rk_rc add_kernel_addresses(void *fdt, const struct rk_request *request,
                                       struct rk_err *err)
{
    static const char *const names[] = { "load", "entry" };

    for (size_t i = 0; i < 2; i++) {
        uint64_t value;

        if (rk_request_u64(request, self(), names[i], 0, UINT32_MAX, &value, err))
            return err->rc;
        if (fdt_setprop_u32(fdt, fdt_path_offset(fdt, "/images/kernel-1"), names[i],
                            (uint32_t)value) != 0)
            return rk_fail_nomem(err);
    }
    return RK_OK;
}

static bool add_configuration(void *fdt, const struct rk_request *request)
{
    int configs = fdt_add_subnode(fdt, 0, "configurations"), conf;
    char name[32];

    if (configs < 0 || rk_fdt_put_text(fdt, configs, "default", "conf-1") != 0 ||
        (conf = fdt_add_subnode(fdt, configs, "conf-1")) < 0 ||
        rk_fdt_put_text(fdt, conf, "description", "conf-1") != 0)
        return false;
    for (size_t i = 0; i < request->part_count; i++) {
        (void)snprintf(name, sizeof name, "%s-1", request->part[i].name);
        if (rk_fdt_put_text(fdt, conf, request->part[i].name, name) != 0)
            return false;
    }
    return true;
}

/* Hashes of every image in the tree, over the data as it stands; what is outside stays. */
static enum rk_rc set_hashes(void *fdt, struct rk_err *err)
{
    int images = fdt_path_offset(fdt, "/images"), node, sub;

    fdt_for_each_subnode(node, fdt, images)
    {
        fdt_for_each_subnode(sub, fdt, node)
        {
            uint8_t digest[EVP_MAX_MD_SIZE];
            size_t digest_len = 0;
            int len = 0;
            const void *data = fdt_getprop(fdt, node, "data", &len);

            if (data == NULL || !rk_fit_is_named(fdt, sub, "hash"))
                continue;
            if (rk_fit_hash(fdt, sub, data, (size_t)len, digest, &digest_len, err))
                return err->rc;
            if (fdt_setprop(fdt, sub, "value", digest, (int)digest_len) != 0)
                return rk_fail(err, RK_E_NOMEM, "no room for a hash");
        }
    }
    return RK_OK;
}

static enum rk_rc copy_packed(void *fdt, struct rk_bytes *ret, struct rk_err *err)
{
    int rc = fdt_pack(fdt);

    if (rc != 0)
        return rk_fit_bad_tree(rc, "device tree", err);
    return rk_bytes_copy(fdt, fdt_totalsize(fdt), ret, err);
}

static enum rk_rc room_for(const struct rk_request *request, int *ret, struct rk_err *err)
{
    size_t room = ROOM;

    for (size_t i = 0; i < request->part_count; i++) {
        if (request->part[i].len > RK_FIT_MAX - room)
            return rk_fail(err, RK_E_USAGE, "the parts are larger than %s",
                           RK_COUNTED(RK_FIT_MAX, "byte"));
        room += request->part[i].len;
    }
    for (size_t i = 0; i < request->setting_count; i++)
        room += 8 * strnlen(request->setting[i].value, TEXT_MAX);
    *ret = (int)room;
    return RK_OK;
}

/* Two keys in one tree can have two names. */
static const char *content_key_name(const struct rk_request *request)
{
    const char *name = rk_request_text(request, self(), "content-key-name");

    return name != NULL ? name : rk_request_text(request, self(), "key-name");
}

static enum rk_rc check_content_key(const struct rk_request *request, struct rk_err *err)
{
    return request->secret->len == RK_FIT_KEY_LEN
               ? RK_OK
               : rk_fail(err, RK_E_KEY, "FIT encryption (" RK_FIT_CIPHER ") needs a key of %s",
                         RK_COUNTED(RK_FIT_KEY_LEN, "byte"));
}

static enum rk_rc find_algo(const struct rk_request *request, EVP_PKEY *pub,
                            struct rk_fit_algo *ret, struct rk_err *err)
{
    return rk_fit_algo_of_key(pub, rk_request_text(request, self(), "hash"),
                              rk_request_text(request, self(), "padding"), ret, err);
}

/* The padding stands in what is signed: a key alone has none. */
static enum rk_rc find_key_algo(const struct rk_request *request, EVP_PKEY *pub,
                                struct rk_fit_algo *ret, struct rk_err *err)
{
    return rk_fit_algo_of_key(pub, rk_request_text(request, self(), "hash"), "pkcs-1.5", ret, err);
}

static enum rk_rc build_key(const struct rk_request *request, struct rk_bytes *ret,
                            struct rk_err *err)
{
    const struct rk_input *part = rk_request_part(request, "pub");
    RK_AUTO(rk_public_done) rk_public *pub = NULL;
    struct rk_fit_algo algo;

    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, "pub") != 0 && strcmp(request->part[i].name, "dtb") != 0)
            return rk_fail(err, RK_E_USAGE, "part \"%s\" does not go with \"pub\"",
                           request->part[i].name);
    }
    if (rk_public_from_bytes(request->ctx, part->p, part->len, &pub, err))
        return rk_wrap(err, "part \"pub\"");
    if (find_key_algo(request, rk_public_pkey(pub), &algo, err) ||
        (request->secret != NULL && check_content_key(request, err)))
        return err->rc;
    return rk_fit_key_dtb(
        &(struct rk_fit_keys) {
            .ctx = request->ctx,
            .pub = rk_public_pkey(pub),
            .algo = algo.name,
            .name = rk_request_text(request, self(), "key-name"),
            .content = request->secret,
            .content_name = request->secret == NULL ? NULL : content_key_name(request),
            .required_mode = rk_request_text(request, self(), "required-mode") },
        rk_request_part(request, "dtb"), ret, err);
}

/* When it was made. A build says that only when it is told, since a repeat shall change nothing. */
static uint32_t stamp(const struct rk_request *request)
{
    struct rk_err err;
    int64_t stated;
    bool is_stated;

    if (request->reproducible && (rk_clock_stated(&stated, &is_stated, &err) || !is_stated))
        return 0;
    return (uint32_t)request->now;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(bytes_free) uint8_t *fdt = NULL;
    int room, images;
    char name[32];

    if (wants_key(request))
        return rk_fail(err, RK_E_USAGE, "setting \"output\" is for sign");
    if (rk_request_part(request, "pub") != NULL)
        return build_key(request, ret, err);
    if (rk_request_part(request, "kernel") == NULL || rk_request_part(request, "dtb") != NULL)
        return rk_fail(err, RK_E_USAGE, "needs a part \"kernel\", or \"pub\" and perhaps \"dtb\"");
    if (check_parts(request, err) || room_for(request, &room, err))
        return err->rc;
    fdt = OPENSSL_zalloc((size_t)room);
    if (fdt == NULL)
        return rk_fail_nomem(err);
    if (fdt_create_empty_tree(fdt, room) != 0 ||
        rk_fdt_put_text(fdt, 0, "description", rk_request_text(request, self(), "description")) !=
            0 ||
        fdt_setprop_u32(fdt, 0, "timestamp", stamp(request)) != 0 ||
        fdt_setprop_u32(fdt, 0, "#address-cells", 1) != 0 ||
        (images = fdt_add_subnode(fdt, 0, "images")) < 0)
        return rk_fail_nomem(err);
    for (size_t i = request->part_count; i-- > 0;) { /* libfdt adds in front */
        (void)snprintf(name, sizeof name, "%s-1", request->part[i].name);
        if (!add_node(fdt, images, &request->part[i], name, request))
            return rk_fail_nomem(err);
    }
    if (add_kernel_addresses(fdt, request, err))
        return err->rc;
    if (!add_configuration(fdt, request))
        return rk_fail_nomem(err);
    if (set_hashes(fdt, err))
        return err->rc;
    return copy_packed(fdt, ret, err);
}

/* A copy with room to grow. */
static enum rk_rc open_copy(const uint8_t *file, size_t len, uint8_t **ret, struct rk_err *err)
{
    size_t room = len + ROOM;
    int rc;

    if (rk_fit_open_to_change(file, len, err))
        return err->rc;
    *ret = OPENSSL_zalloc(room);
    if (*ret == NULL)
        return rk_fail_nomem(err);
    rc = fdt_open_into(file, *ret, (int)room);
    return rc == 0 ? RK_OK : rk_fit_bad_tree(rc, "device tree", err);
}

/* Signature nodes of a configuration go: what they signed is about to change. */
static enum rk_rc drop_signatures(void *fdt, int conf, size_t *dropped, struct rk_err *err)
{
    int node = fdt_first_subnode(fdt, conf);

    while (node >= 0) {
        if (!rk_fit_is_named(fdt, node, "signature")) {
            node = fdt_next_subnode(fdt, node);
            continue;
        }
        if (fdt_del_node(fdt, node) != 0)
            return rk_fail(err, RK_E_INTERNAL, "a signature node cannot be removed");
        ++*dropped;
        node = fdt_first_subnode(fdt, conf);
    }
    return RK_OK;
}

/* ---- encrypting ---- */

static enum rk_rc encrypt(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(bytes_free) uint8_t *fdt = NULL;
    size_t dropped = 0;
    int conf, rc;

    if (check_content_key(request, err) || open_copy(file, len, &fdt, err) ||
        rk_fit_encrypt_images(request, rk_request_text(request, self(), "images"),
                              rk_request_text(request, self(), "key-name"), fdt, err))
        return err->rc;
    fdt_for_each_subnode(conf, fdt, fdt_path_offset(fdt, "/configurations"))
    {
        if (drop_signatures(fdt, conf, &dropped, err))
            return err->rc;
    }
    if (dropped != 0)
        rk_warn(request->ctx,
                "its signature was of what is encrypted now, and is gone: sign it again");
    if (set_hashes(fdt, err))
        return err->rc;
    rc = fdt_pack(fdt);
    return rc == 0 ? rk_fit_append_data(fdt, file, len, ret, err)
                   : rk_fit_bad_tree(rc, "device tree", err);
}

/* ---- signing ---- */

static enum rk_rc put_list(void *fdt, int node, const struct rk_fit_nodes *nodes,
                           struct rk_err *err)
{
    if (fdt_setprop(fdt, node, "hashed-nodes", nodes->list.buf, (int)nodes->list.len) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

/* "kernel", "fdt": which images the signature is over, for people. */
static enum rk_rc put_sign_images(void *fdt, int conf, int node, struct rk_err *err)
{
    char list[128];
    size_t used = 0;

    for (size_t i = 0; rk_fit_image_props[i] != NULL; i++) {
        if (fdt_getprop(fdt, conf, rk_fit_image_props[i], NULL) == NULL)
            continue;
        memcpy(list + used, rk_fit_image_props[i], strlen(rk_fit_image_props[i]) + 1);
        used += strlen(rk_fit_image_props[i]) + 1;
    }
    if (used == 0)
        return rk_fail(err, RK_E_FORMAT, "a configuration names no image");
    if (fdt_setprop(fdt, node, "sign-images", list, (int)used) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return RK_OK;
}

/* The signature node of a configuration with everything in it, the value all zero. */
static enum rk_rc prepare_conf(const struct rk_request *request, void *fdt, const char *conf_name,
                               struct rk_err *err)
{
    const char *padding = rk_request_text(request, self(), "padding");
    static const uint8_t zeros[SIG_MAX];
    struct rk_fit_algo algo;
    char path[RK_FIT_PATH];
    size_t dropped = 0;
    int conf, node;

    (void)snprintf(path, sizeof path, "/configurations/%s", conf_name);
    conf = fdt_path_offset(fdt, path);
    if (find_algo(request, request->key[0].pub, &algo, err) ||
        drop_signatures(fdt, conf, &dropped, err))
        return err->rc;
    node = fdt_add_subnode(fdt, conf, "signature-1");
    if (node < 0 || rk_fdt_put_text(fdt, node, "algo", algo.name) != 0 ||
        rk_fdt_put_text(fdt, node, "padding", padding) != 0 ||
        rk_fdt_put_text(fdt, node, "key-name-hint", rk_request_text(request, self(), "key-name")) !=
            0 ||
        fdt_setprop(fdt, node, "value", zeros, (int)algo.signature_len) != 0 ||
        rk_fdt_put_text(fdt, node, "signer-name", "rotkit") != 0 ||
        fdt_setprop_u32(fdt, node, "timestamp", stamp(request)) != 0 ||
        fdt_setprop_u64(fdt, node, "hashed-strings", 0) != 0)
        return rk_fail(err, RK_E_NOMEM, "no room in the device tree");
    return put_sign_images(fdt, conf, node, err);
}

/* Node lists come last, when every node and string that will be there is. */
static enum rk_rc finish_conf(void *fdt, int conf, struct rk_err *err)
{
    RK_AUTO(rk_fit_nodes_done) struct rk_fit_nodes nodes = RK_FIT_NODES_NONE;
    int node = fdt_subnode_offset(fdt, conf, "signature-1");

    if (rk_fit_list_nodes(fdt, conf, true, &nodes, err))
        return err->rc;
    return put_list(fdt, node, &nodes, err);
}

struct fit {
    uint8_t *fdt;
    size_t count;
    char conf[CONFIGS_MAX][RK_FIT_NODE_NAME + 1];
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

        if (fit->count == CONFIGS_MAX || name == NULL || strlen(name) > RK_FIT_NODE_NAME)
            return rk_fail(err, RK_E_FORMAT, "more than %d configurations, or one with a long name",
                           CONFIGS_MAX);
        (void)snprintf(fit->conf[fit->count++], sizeof fit->conf[0], "%s", name);
    }
    if (fit->count == 0)
        return rk_fail(err, RK_E_FORMAT, "no configuration to sign");
    return RK_OK;
}

static int signature_node(const struct fit *fit, size_t i)
{
    char path[RK_FIT_PATH];

    (void)snprintf(path, sizeof path, "/configurations/%s/signature-1", fit->conf[i]);
    return fdt_path_offset(fit->fdt, path);
}

/* The tree as it will be signed: every configuration's signature node complete but for its value.
 */
static enum rk_rc prepare(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct fit *fit, struct rk_err *err)
{
    int rc;

    if (open_copy(file, len, &fit->fdt, err) || list_configurations(fit, err))
        return err->rc;
    for (size_t i = 0; i < fit->count; i++) {
        if (prepare_conf(request, fit->fdt, fit->conf[i], err))
            return rk_wrap(err, "%s", fit->conf[i]);
    }
    for (size_t i = 0; i < fit->count; i++) {
        if (finish_conf(fit->fdt, fdt_parent_offset(fit->fdt, signature_node(fit, i)), err))
            return rk_wrap(err, "%s", fit->conf[i]);
    }
    rc = fdt_pack(fit->fdt);
    if (rc != 0)
        return rk_fit_bad_tree(rc, "device tree", err);
    for (size_t i = 0; i < fit->count; i++) {
        if (fdt_setprop_inplace_u64(fit->fdt, signature_node(fit, i), "hashed-strings",
                                    fdt_size_dt_strings(fit->fdt)) != 0)
            return rk_fail(err, RK_E_INTERNAL, "hashed-strings");
    }
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(fit_done) struct fit fit = { .fdt = NULL };
    struct rk_fit_algo algo;

    if (prepare(request, file, len, &fit, err) ||
        find_algo(request, request->key[0].pub, &algo, err))
        return err->rc;
    for (size_t i = 0; i < fit.count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;

        if (rk_fit_stored_region(fit.fdt, signature_node(&fit, i), NULL, &message, err) ||
            rk_sign_requests_add(ret, "", fit.conf[i], algo.scheme, &message, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(fit_done) struct fit fit = { .fdt = NULL };
    struct rk_fit_algo algo;

    if (find_algo(request, request->key[0].pub, &algo, err) ||
        prepare(request, file, len, &fit, err))
        return err->rc;
    if (wants_key(request) && strcmp(rk_request_text(request, self(), "output"), "key-dtb") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"output\": expected image or key-dtb");
    if (wants_key(request))
        return rk_fit_key_dtb(
            &(struct rk_fit_keys) { .ctx = request->ctx,
                                    .pub = request->key[0].pub,
                                    .algo = algo.name,
                                    .name = rk_request_text(request, self(), "key-name"),
                                    .required_mode =
                                        rk_request_text(request, self(), "required-mode") },
            rk_request_part(request, "dtb"), ret, err);
    for (size_t i = 0; i < fit.count; i++) {
        if (fdt_setprop_inplace(fit.fdt, signature_node(&fit, i), "value", signatures[i].p,
                                (int)signatures[i].len) != 0)
            return rk_fail(err, RK_E_KEY, "a signature of %s, expected %zu",
                           RK_COUNTED(signatures[i].len, "byte"), algo.signature_len);
    }
    return rk_fit_append_data(fit.fdt, file, len, ret, err);
}

const struct rk_format rk_format_fit = {
    .name = "fit",
    .title = "U-Boot FIT image",
    .max = RK_FIT_MAX,
    .recognise = rk_fit_recognise,
    .parse = rk_fit_parse,
    .demands = rk_fit_demands,
    .facts = rk_fit_facts,
    .parts = part_rows,
    .settings = setting_rows,
    .encrypts_first = true,
    .makes_bare = makes_bare,
    .keeps_secret = keeps_secret,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .encrypt = encrypt,
    .check = rk_fit_check,
};

static const struct rk_format *self(void)
{
    return &rk_format_fit;
}
