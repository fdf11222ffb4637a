/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-keys-dtbo: the overlay from which UEFI enrols its first Secure Boot keys. Source:
 * boot-images.md 5.0, "Default UEFI keys overlay".
 */
#include "rotkit/format_row.h"
#include "image/dtb.h"
#include "image/uefi/cert.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>

enum { FRAGMENTS_MAX = 64, VARIABLES_MAX = 32 };
static const char keys_node[] = "gEfiGlobalVariableGuid";
static const char enroll_path[] = "gNVIDIAPublicVariableGuid/EnrollDefaultSecurityKeys";
static const struct rk_format *self(void);

/* clang-format off */
static const struct key {
    const char *variable, *part;
} keys[] = {
    { "dbDefault",  "db" },
    { "KEKDefault", "KEK" },
    { "PKDefault",  "PK" },
};
/* clang-format on */
enum { KEYS = sizeof keys / sizeof keys[0] };

/* ---- reading ---- */

/* A path of names below a node; libfdt's code when there is none. */
static int below(const struct rk_dtb *dtb, int node, const char *path)
{
    while (node >= 0 && *path != '\0') {
        size_t len = strcspn(path, "/");

        node = fdt_subnode_offset_namelen(dtb->fdt, node, path, (int)len);
        path += len + (path[len] == '/' ? 1 : 0);
    }
    return node;
}

struct overlay {
    int fragment, variables;
};

/* The first fragment that holds UEFI variables. */
static bool find_overlay(const struct rk_dtb *dtb, struct overlay *ret)
{
    int node = fdt_first_subnode(dtb->fdt, 0);

    for (int i = 0; i < FRAGMENTS_MAX && node >= 0; i++) {
        int variables = below(dtb, node, "__overlay__/firmware/uefi/variables");

        if (variables >= 0) {
            *ret = (struct overlay) { .fragment = node, .variables = variables };
            return true;
        }
        node = fdt_next_subnode(dtb->fdt, node);
    }
    return false;
}

static bool recognise(const uint8_t *file, size_t len)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = RK_DTB_NONE;
    struct rk_err ignored;
    struct overlay overlay;

    return len >= 4 && memcmp(file, "\xd0\x0d\xfe\xed", 4) == 0 &&
           rk_dtb_open(file, len, &dtb, &ignored) == RK_OK && find_overlay(&dtb, &overlay);
}

static bool holds(const struct rk_dtb *dtb, int node, const char *name, const void *want,
                  size_t want_len)
{
    size_t at, len;
    const uint8_t *value = node < 0 ? NULL : rk_dtb_get(dtb, node, name, &at, &len);

    return value != NULL && len == want_len && memcmp(value, want, len) == 0;
}

/* What must be there for the firmware to take the keys at all. */
static enum rk_rc check_frame(const struct rk_dtb *dtb, const struct overlay *overlay,
                              struct rk_err *err)
{
    static const uint8_t yes[] = { 1 };
    int enroll = below(dtb, overlay->variables, enroll_path);

    if (!holds(dtb, overlay->fragment, "target-path", "/", 2))
        return rk_fail(err, RK_E_FORMAT, "the fragment's target-path is not \"/\"");
    if (!holds(dtb, below(dtb, overlay->fragment, "board_config"), "sw-modules", "uefi", 5))
        return rk_fail(err, RK_E_FORMAT, "the fragment's board_config/sw-modules is not \"uefi\"");
    if (!holds(dtb, enroll, "data", yes, sizeof yes))
        return rk_fail(err, RK_E_FORMAT, "%s: data is not 01, so nothing would be enrolled",
                       enroll_path);
    return RK_OK;
}

static enum rk_rc add_variable(const struct rk_dtb *dtb, int node, const char *name,
                               struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if (rk_dtb_add(dtb, node, "data", map, parent, &region, err) ||
        rk_esl_map(dtb->fdt + region->offset, (size_t)region->len, region->offset, map, region,
                   err))
        return rk_wrap(err, "%s", name);
    if (region->child == NULL)
        return rk_fail(err, RK_E_FORMAT, "%s: no signature list", name);
    if (!holds(dtb, node, "non-volatile", "", 0))
        return rk_fail(err, RK_E_FORMAT, "%s: not marked non-volatile", name);
    (void)snprintf(region->name, sizeof region->name, "%s", name);
    /* UEFI 2.10, 32.3.1: there is one platform key. */
    if (strcmp(name, "PKDefault") == 0 &&
        (region->child->next != NULL || region->child->child->next != NULL))
        return rk_fail(err, RK_E_FORMAT, "PKDefault: more than one platform key");
    return RK_OK;
}

static enum rk_rc add_variables(const struct rk_dtb *dtb, const struct overlay *overlay,
                                struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    int global = below(dtb, overlay->variables, keys_node);
    int node = global < 0 ? global : fdt_first_subnode(dtb->fdt, global);

    for (size_t i = 0; i < KEYS; i++) {
        if (global < 0 || below(dtb, global, keys[i].variable) < 0)
            return rk_fail(err, RK_E_FORMAT, "no variable %s", keys[i].variable);
    }
    for (int i = 0; node >= 0; i++) {
        const char *name = fdt_get_name(dtb->fdt, node, NULL);

        if (i == VARIABLES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d variables", VARIABLES_MAX);
        if (add_variable(dtb, node, name, map, parent, err))
            return err->rc;
        node = fdt_next_subnode(dtb->fdt, node);
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = RK_DTB_NONE;
    struct overlay overlay;
    struct rk_region *tree;

    if (rk_dtb_open(file, len, &dtb, err))
        return err->rc;
    if (!find_overlay(&dtb, &overlay))
        return rk_fail(err, RK_E_FORMAT, "no fragment with firmware/uefi/variables");
    if (check_frame(&dtb, &overlay, err) || rk_dtb_frame(&dtb, len, map, &tree, err) ||
        add_variables(&dtb, &overlay, map, tree, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "structure holds, not signed (the image that carries it is)");
    return RK_OK;
}

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "PK", true, false, "the platform key: a certificate (PEM or DER), or a signature list" },
    { "KEK", true, true, "a key exchange key, the same" },
    { "db", true, true, "a key or hash that may boot, the same" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "owner", "00000000-0000-0000-0000-000000000000", "SignatureOwner GUID of the certificates" },
    { NULL, NULL, NULL },
};

/* Keeps the first failure, so that a tree is written straight down and asked about once. */
struct tree {
    uint8_t *fdt;
    int code;
};

static void begin(struct tree *tree, const char *name)
{
    if (tree->code == 0)
        tree->code = fdt_begin_node(tree->fdt, name);
}

static void put(struct tree *tree, const char *name, const void *value, size_t len)
{
    if (tree->code == 0)
        tree->code = fdt_property(tree->fdt, name, value, (int)len);
}

static void end(struct tree *tree, int nodes)
{
    for (; nodes > 0 && tree->code == 0; nodes--)
        tree->code = fdt_end_node(tree->fdt);
}

static void put_variable(struct tree *tree, const char *name, const void *value, size_t len)
{
    begin(tree, name);
    put(tree, "data", value, len);
    put(tree, "non-volatile", "", 0);
    end(tree, 1);
}

static enum rk_rc put_key(const struct rk_request *request, const struct key *key,
                          struct tree *tree, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_ESL_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes esl = RK_BYTES_NONE;
    uint8_t owner[RK_GUID_LEN];

    if (rk_guid_parse(rk_request_text(request, self(), "owner"), owner, err))
        return rk_wrap(err, "setting \"owner\"");
    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, key->part) == 0 &&
            rk_esl_put(&request->part[i], owner, &wr, err))
            return err->rc;
    }
    if (rk_wr_end(&wr, &esl, err))
        return rk_wrap(err, "%s", key->part);
    put_variable(tree, key->variable, esl.p, esl.len);
    return RK_OK;
}

static enum rk_rc put_overlay(const struct rk_request *request, struct tree *tree,
                              struct rk_err *err)
{
    static const char *const path[] = { "__overlay__", "firmware", "uefi", "variables" };
    static const uint8_t yes[] = { 1 };

    begin(tree, "");
    begin(tree, "fragment@0");
    put(tree, "target-path", "/", 2);
    begin(tree, "board_config");
    put(tree, "sw-modules", "uefi", 5);
    end(tree, 1);
    for (size_t i = 0; i < sizeof path / sizeof path[0]; i++)
        begin(tree, path[i]);
    begin(tree, "gNVIDIAPublicVariableGuid");
    put_variable(tree, "EnrollDefaultSecurityKeys", yes, sizeof yes);
    end(tree, 1);
    begin(tree, keys_node);
    for (size_t i = 0; i < KEYS; i++) {
        if (put_key(request, &keys[i], tree, err))
            return err->rc;
    }
    end(tree, 1 + sizeof path / sizeof path[0] + 2);
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct tree tree = { .fdt = NULL };

    if (rk_bytes_new(RK_DTB_MAX, &made, err))
        return err->rc;
    tree.fdt = made.p;
    tree.code = fdt_create(tree.fdt, RK_DTB_MAX);
    if (tree.code == 0)
        tree.code = fdt_finish_reservemap(tree.fdt);
    if (put_overlay(request, &tree, err))
        return err->rc;
    if (tree.code == 0)
        tree.code = fdt_finish(tree.fdt);
    if (tree.code != 0)
        return rk_dtb_fail(tree.code, "device tree", err);
    return rk_bytes_copy(made.p, fdt_totalsize(made.p), ret, err);
}

const struct rk_format rk_format_uefi_keys_dtbo = {
    .name = "uefi-keys-dtbo",
    .title = "default UEFI keys overlay",
    .max = RK_DTB_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .part_certs_max = RK_ESL_LISTS_MAX,
    .refusal = "the overlay has no signature of its own: sign the image that it goes into",
    .build = build,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_keys_dtbo;
}
