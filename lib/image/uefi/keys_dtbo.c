/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-keys-dtbo: the overlay from which UEFI enrols its first Secure Boot keys. Source:
 * boot-images.md 5.0, "Default UEFI keys overlay"; jetson-factory.md 6.
 */
#include "rotkit/format_row.h"
#include "image/uefi/cert.h"
#include "image/uefi/overlay.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>

static const char enroll[] = "EnrollDefaultSecurityKeys";
static const struct rk_format *self(void);

/* clang-format off */
static const struct key {
    const char *variable, *part;
    bool required;
} keys[] = {
    { "dbxDefault", "dbx", false },
    { "dbDefault",  "db",  true },
    { "KEKDefault", "KEK", true },
    { "PKDefault",  "PK",  true },
};
/* clang-format on */
enum { KEYS = sizeof keys / sizeof keys[0] };

/* ---- reading ---- */

static int find_key(const struct rk_overlay *overlay, const struct key *key)
{
    int global = rk_overlay_below(&overlay->dtb, overlay->variables, RK_OVERLAY_GLOBAL);

    return rk_overlay_below(&overlay->dtb, global, key->variable);
}

/* An overlay of other variables (BootOrder, ...) is none of keys. */
static bool recognise(const uint8_t *file, size_t len)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct rk_err ignored;

    if (len < 4 || memcmp(file, "\xd0\x0d\xfe\xed", 4) != 0 ||
        rk_overlay_open(file, len, &overlay, &ignored))
        return false;
    for (size_t i = 0; i < KEYS; i++) {
        if (find_key(&overlay, &keys[i]) >= 0)
            return true;
    }
    return false;
}

/* What must be there for the firmware to take the keys at all. */
static enum rk_rc check_frame(const struct rk_overlay *overlay, struct rk_err *err)
{
    static const uint8_t yes[] = { 1 };
    int nvidia = rk_overlay_below(&overlay->dtb, overlay->variables, RK_OVERLAY_NVIDIA);

    if (rk_overlay_check_frame(overlay, err))
        return err->rc;
    if (!rk_overlay_holds(&overlay->dtb, rk_overlay_below(&overlay->dtb, nvidia, enroll), "data",
                          yes, sizeof yes))
        return rk_fail(err, RK_E_FORMAT,
                       RK_OVERLAY_NVIDIA "/%s: data is not 01, so nothing would be enrolled",
                       enroll);
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].required && find_key(overlay, &keys[i]) < 0)
            return rk_fail(err, RK_E_FORMAT, "no variable %s", keys[i].variable);
    }
    return RK_OK;
}

static bool is_key(const struct rk_overlay_variable *variable)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(variable->vendor, RK_OVERLAY_GLOBAL) == 0 &&
            strcmp(variable->name, keys[i].variable) == 0)
            return true;
    }
    return false;
}

struct drawing {
    const struct rk_overlay *overlay;
    struct rk_map *map;
    struct rk_region *tree;
};

static enum rk_rc add_variable(void *arg, const struct rk_overlay_variable *variable,
                               struct rk_err *err)
{
    const struct drawing *d = arg;
    const struct rk_dtb *dtb = &d->overlay->dtb;
    const struct rk_region *list;
    struct rk_region *region;

    if (strcmp(variable->name, enroll) == 0)
        return RK_OK;
    if (rk_overlay_add(d->overlay, variable, d->map, d->tree, &region, err))
        return err->rc;
    if (!is_key(variable)) {
        (void)snprintf(region->note, sizeof region->note, "another variable");
        return RK_OK;
    }
    if (rk_esl_map(dtb->fdt + region->offset, (size_t)region->len, region->offset, d->map, region,
                   err))
        return rk_wrap(err, "%s", variable->name);
    list = region->child;
    if (list == NULL || list->child == NULL)
        return rk_fail(err, RK_E_FORMAT, "%s: no signature list", variable->name);
    if (!rk_overlay_holds(dtb, variable->node, "non-volatile", "", 0))
        return rk_fail(err, RK_E_FORMAT, "%s: not marked non-volatile", variable->name);
    /* UEFI 2.10, 32.3.1: there is one platform key. */
    if (strcmp(variable->name, "PKDefault") == 0 &&
        (list->next != NULL || list->child->next != NULL))
        return rk_fail(err, RK_E_FORMAT, "PKDefault: more than one platform key");
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct drawing d = { .overlay = &overlay, .map = map };

    if (rk_overlay_open(file, len, &overlay, err) || check_frame(&overlay, err) ||
        rk_dtb_frame(&overlay.dtb, len, map, &d.tree, err) ||
        rk_overlay_each(&overlay, add_variable, &d, err))
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
    { "dbx", false, true, "a key or hash that may not, the same" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "owner", "00000000-0000-0000-0000-000000000000", "SignatureOwner GUID of the certificates" },
    { NULL, NULL, NULL },
};

static enum rk_rc put_key(const struct rk_request *request, const struct key *key,
                          struct rk_overlay_out *out, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_ESL_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes esl = RK_BYTES_NONE;
    uint8_t owner[RK_GUID_LEN];

    if (rk_request_part(request, key->part) == NULL)
        return RK_OK;
    if (rk_guid_parse(rk_request_text(request, self(), "owner"), owner, err))
        return rk_wrap(err, "setting \"owner\"");
    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, key->part) == 0 &&
            rk_esl_put(&request->part[i], owner, &wr, err))
            return err->rc;
    }
    if (rk_wr_end(&wr, &esl, err))
        return rk_wrap(err, "%s", key->part);
    rk_overlay_put(out, key->variable, esl.p, esl.len, true);
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_overlay_out_done) struct rk_overlay_out out = { .code = 0 };
    static const uint8_t yes[] = { 1 };

    if (rk_overlay_begin(&out, err))
        return err->rc;
    rk_overlay_begin_vendor(&out, RK_OVERLAY_NVIDIA);
    rk_overlay_put(&out, enroll, yes, sizeof yes, true);
    rk_overlay_end_vendor(&out);
    rk_overlay_begin_vendor(&out, RK_OVERLAY_GLOBAL);
    for (size_t i = 0; i < KEYS; i++) {
        if (put_key(request, &keys[i], &out, err))
            return err->rc;
    }
    rk_overlay_end_vendor(&out);
    return rk_overlay_end(&out, ret, err);
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
