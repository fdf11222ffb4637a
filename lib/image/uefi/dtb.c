/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-dtb: a device tree that tells UEFI which certificates capsules come from, the lowest version
 * they may have, and their type. Source: boot-images.md 3.2, last paragraphs.
 */
#include "rotkit/format_row.h"
#include "base/ossl.h"
#include "image/dtb.h"
#include "image/uefi/cert.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"
#include "rotkit/guid.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

enum { XDR_MAX = 1 << 18, XDR_CERTS_MAX = 32, SLACK = 4096 };
static const char root_prop[] = "fmp-pkcs7-cert-buffer-xdr";
static const char lowest_prop[] = "fmp-lowest-supported-version";
static const char type_prop[] = "fmp-image-type-id-guid";
static const struct rk_format *self(void);

/* ---- reading ---- */

static bool find_node(const struct rk_dtb *dtb, int *ret)
{
    size_t at, len;

    *ret = fdt_path_offset(dtb->fdt, "/firmware/uefi");
    return *ret >= 0 && (rk_dtb_get(dtb, *ret, root_prop, &at, &len) != NULL ||
                         rk_dtb_get(dtb, *ret, lowest_prop, &at, &len) != NULL ||
                         rk_dtb_get(dtb, *ret, type_prop, &at, &len) != NULL);
}

static bool recognise(const uint8_t *file, size_t len)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = RK_DTB_NONE;
    struct rk_err ignored;
    int node;

    return len >= 4 && memcmp(file, "\xd0\x0d\xfe\xed", 4) == 0 &&
           rk_dtb_open(file, len, &dtb, &ignored) == RK_OK && find_node(&dtb, &node);
}

/* u32 BE length, DER, zeros to a multiple of 4. */
static enum rk_rc add_certificate(struct rk_rd *rd, struct rk_map *map, struct rk_region *parent,
                                  struct rk_err *err)
{
    size_t start = rk_rd_offset(rd);
    uint64_t len = rk_rd_be(rd, 4);
    const uint8_t *der = rk_rd_take(rd, (size_t)len);
    const uint8_t *pad = rk_rd_take(rd, (size_t)(3 & (0 - len)));
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    struct rk_region *region;

    if (rk_rd_ok(rd, err))
        return err->rc;
    if (rk_x509_parse(der, (size_t)len, &cert, err) == RK_E_NOMEM)
        return err->rc;
    if (cert == NULL)
        return rk_fail(err, RK_E_FORMAT, "no certificate of %s at 0x%zx", RK_COUNTED(len, "byte"),
                       start);
    for (; pad < rd->buf + rd->pos; pad++) {
        if (*pad != 0)
            return rk_fail(err, RK_E_FORMAT,
                           "bytes other than zero behind the certificate at "
                           "0x%zx",
                           start);
    }
    if (rk_region_add(map, parent, start, rk_rd_offset(rd) - start, "certificate", &region, err))
        return err->rc;
    rk_x509_name(X509_get_subject_name(cert), region->note, sizeof region->note);
    if (rk_uefi_is_test_certificate(cert))
        (void)snprintf(region->note, sizeof region->note,
                       "EDK2's public test certificate: anybody can sign a capsule");
    return RK_OK;
}

static enum rk_rc add_root(const struct rk_dtb *dtb, struct rk_map *map, struct rk_region *region,
                           struct rk_err *err)
{
    struct rk_rd rd = { .buf = dtb->fdt + region->offset,
                        .len = (size_t)region->len,
                        .base = (size_t)region->offset };

    (void)snprintf(region->note, sizeof region->note, "who may sign capsules");
    if (region->len == 0)
        return rk_fail(err, RK_E_FORMAT, "no certificate");
    for (int i = 0; rk_rd_left(&rd) != 0; i++) {
        if (i == XDR_CERTS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %s",
                           RK_COUNTED(XDR_CERTS_MAX, "certificate"));
        if (add_certificate(&rd, map, region, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc add_lowest(const struct rk_dtb *dtb, struct rk_map *map, struct rk_region *region,
                             struct rk_err *err)
{
    struct rk_rd rd = { .buf = dtb->fdt + region->offset, .len = (size_t)region->len };
    uint64_t version = rk_rd_be(&rd, 4);

    (void)map;
    if (rk_rd_end(&rd, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "0x%08llx", (unsigned long long)version);
    rk_region_set_ratchet(region, version);
    return RK_OK;
}

static enum rk_rc add_type(const struct rk_dtb *dtb, struct rk_map *map, struct rk_region *region,
                           struct rk_err *err)
{
    const char *text = (const char *)dtb->fdt + region->offset;
    uint8_t guid[RK_GUID_LEN];

    (void)map;
    if (region->len != RK_GUID_TEXT || text[RK_GUID_TEXT - 1] != '\0' ||
        rk_guid_parse(text, guid, err))
        return rk_fail(err, RK_E_FORMAT, "%s, expected a GUID of %d with its NUL",
                       RK_COUNTED(region->len, "byte"), RK_GUID_TEXT);
    (void)snprintf(region->note, sizeof region->note, "%s", text);
    return RK_OK;
}

/* clang-format off */
static const struct {
    const char *name;
    enum rk_rc (*add)(const struct rk_dtb *dtb, struct rk_map *map, struct rk_region *region,
                      struct rk_err *err);
} props[] = {
    { root_prop,   add_root },
    { lowest_prop, add_lowest },
    { type_prop,   add_type },
};
/* clang-format on */

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = RK_DTB_NONE;
    struct rk_region *tree, *region;
    int node;

    if (rk_dtb_open(file, len, &dtb, err))
        return err->rc;
    if (!find_node(&dtb, &node))
        return rk_fail(err, RK_E_FORMAT, "node /firmware/uefi says nothing of capsules");
    if (rk_dtb_frame(&dtb, len, map, &tree, err))
        return err->rc;
    for (size_t i = 0; i < sizeof props / sizeof props[0]; i++) {
        size_t at, value_len;

        if (rk_dtb_get(&dtb, node, props[i].name, &at, &value_len) == NULL)
            continue;
        if (rk_dtb_add(&dtb, node, props[i].name, map, tree, &region, err) ||
            props[i].add(&dtb, map, region, err))
            return rk_wrap(err, "/firmware/uefi/%s", props[i].name);
    }
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "structure holds, not signed (the image that carries it is)");
    return RK_OK;
}

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "dtb", true, false, "UEFI's device tree" },
    { "cert", false, true, "a root that capsules are signed under (PEM or DER)" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "lowest-supported-version", NULL, "the oldest that a capsule may install" },
    { "image-type", NULL, "FMP image type GUID" },
    { "accept-test-keys", "no", "yes: take EDK2's public test certificates" },
    { NULL, NULL, NULL },
};

static enum rk_rc put_certificate(X509 *cert, bool accept_test_keys, struct rk_wr *wr,
                                  struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;

    if (rk_uefi_is_test_certificate(cert) && !accept_test_keys) {
        (void)rk_fail(err, RK_E_USAGE, "EDK2's public test certificate, whose key everybody has");
        return rk_note(err, "accept-test-keys=yes takes it, on a developer's own board");
    }
    if (rk_cert_der(cert, &der, err))
        return err->rc;
    rk_wr_be(wr, der.len, 4);
    rk_wr_bytes(wr, der.p, der.len);
    rk_wr_zero(wr, 3 & (0 - der.len));
    return RK_OK;
}

static enum rk_rc put_certificates(const struct rk_input *file, bool accept_test_keys,
                                   struct rk_wr *wr, size_t *count, struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(file->p, file->len, XDR_CERTS_MAX, &certs, err))
        return rk_wrap(err, "part \"%s\"", file->name);
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (++*count > XDR_CERTS_MAX)
            return rk_fail(err, RK_E_USAGE, "parts \"%s\": more than %s", file->name,
                           RK_COUNTED(XDR_CERTS_MAX, "certificate"));
        if (put_certificate(sk_X509_value(certs, i), accept_test_keys, wr, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc make_root(const struct rk_request *request, struct rk_bytes *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(XDR_MAX);
    bool accept_test_keys;
    size_t count = 0;

    if (rk_request_flag(request, self(), "accept-test-keys", &accept_test_keys, err))
        return err->rc;
    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, "cert") == 0 &&
            put_certificates(&request->part[i], accept_test_keys, &wr, &count, err))
            return err->rc;
    }
    return rk_wr_end(&wr, ret, err);
}

/* Keeps libfdt's first failure. */
struct tree {
    struct rk_bytes bytes;
    int code, node;
};

static void tree_done(struct tree *tree)
{
    rk_bytes_done(&tree->bytes);
}

static int child_of(struct rk_bytes *tree, int node, const char *name)
{
    int found = fdt_subnode_offset(tree->p, node, name);

    return found == -FDT_ERR_NOTFOUND ? fdt_add_subnode(tree->p, node, name) : found;
}

/* The tree with room for `more` bytes, and its node /firmware/uefi. */
static enum rk_rc open_tree(const struct rk_request *request, size_t more, struct tree *tree,
                            struct rk_err *err)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = RK_DTB_NONE;
    const struct rk_input *from = rk_request_part(request, "dtb");

    if (rk_dtb_open(from->p, from->len, &dtb, err) ||
        rk_bytes_new(dtb.len + more + SLACK, &tree->bytes, err))
        return rk_wrap(err, "part \"dtb\"");
    tree->code = fdt_open_into(dtb.fdt, tree->bytes.p, (int)tree->bytes.len);
    if (tree->code == 0)
        tree->node = child_of(&tree->bytes, 0, "firmware");
    if (tree->code == 0 && tree->node >= 0)
        tree->node = child_of(&tree->bytes, tree->node, "uefi");
    if (tree->code == 0 && tree->node < 0)
        tree->code = tree->node;
    return tree->code == 0 ? RK_OK : rk_dtb_fail(tree->code, "part \"dtb\"", err);
}

static void set(struct tree *tree, const char *name, const void *value, size_t len)
{
    if (tree->code == 0)
        tree->code = fdt_setprop(tree->bytes.p, tree->node, name, value, (int)len);
}

static enum rk_rc set_numbers(const struct rk_request *request, struct tree *tree,
                              struct rk_err *err)
{
    const char *type = rk_request_text(request, self(), "image-type");
    uint8_t guid[RK_GUID_LEN];
    uint64_t lowest;

    if (rk_request_u64(request, self(), "lowest-supported-version", 0, UINT32_MAX, &lowest, err))
        return err->rc;
    if (rk_request_text(request, self(), "lowest-supported-version") != NULL && tree->code == 0)
        tree->code = fdt_setprop_u32(tree->bytes.p, tree->node, lowest_prop, (uint32_t)lowest);
    if (type == NULL)
        return RK_OK;
    if (rk_guid_parse(type, guid, err))
        return rk_wrap(err, "setting \"image-type\"");
    set(tree, type_prop, type, RK_GUID_TEXT);
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes root = RK_BYTES_NONE;
    RK_AUTO(tree_done) struct tree tree = { .bytes = RK_BYTES_NONE };

    if (rk_request_part(request, "cert") == NULL &&
        rk_request_text(request, self(), "lowest-supported-version") == NULL &&
        rk_request_text(request, self(), "image-type") == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "nothing to write: needs a part \"cert\", or a setting "
                       "\"lowest-supported-version\" or \"image-type\"");
    if (make_root(request, &root, err) || open_tree(request, root.len, &tree, err))
        return err->rc;
    if (root.len != 0)
        set(&tree, root_prop, root.p, root.len);
    if (set_numbers(request, &tree, err))
        return err->rc;
    if (tree.code == 0)
        tree.code = fdt_pack(tree.bytes.p);
    if (tree.code != 0)
        return rk_dtb_fail(tree.code, "/firmware/uefi", err);
    return rk_bytes_copy(tree.bytes.p, fdt_totalsize(tree.bytes.p), ret, err);
}

const struct rk_format rk_format_uefi_dtb = {
    .name = "uefi-dtb",
    .title = "UEFI device tree with capsule root",
    .max = RK_DTB_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .part_certs_max = XDR_CERTS_MAX,
    .refusal = "a device tree has no signature of its own: sign the image that it goes into",
    .build = build,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_dtb;
}
