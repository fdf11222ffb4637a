/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-update-dtbo: the overlay from which UEFI appends to the Secure Boot keys that it has, each
 * a signed variable (.auth). The firmware counts each kind from 0, stops at the first number that
 * is missing, and appends: what was signed for replacing it refuses (only an empty list, which
 * takes the variable away, it hands on without appending). Source: jetson-factory.md 6; edk2-nvidia
 * NvSecureBootProvisionDxe.
 */
#include "rotkit/format_row.h"
#include "image/uefi/overlay.h"
#include "image/uefi/variable.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

enum { NUMBERS = 50, NAME_MAX_LEN = 16 };
static const char enroll[] = "EnrollDefaultSecurityKeys"; /* what has UEFI read the others */
static const struct rk_format *self(void);

/* clang-format off */
static const struct kind {
    const char *prefix, *variable; /* the variable's name is also the part's */
} kinds[] = {
    { "kekSigned_", "KEK" },
    { "dbSigned_",  "db" },
    { "dbxSigned_", "dbx" },
};
/* clang-format on */
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- reading ---- */

/* Which kind and number the name stands for; NULL: none. */
static const struct kind *find_kind(const struct rk_overlay_variable *variable, unsigned *ret)
{
    for (size_t i = 0; i < KINDS && strcmp(variable->vendor, RK_OVERLAY_NVIDIA) == 0; i++) {
        for (unsigned n = 0; n < NUMBERS; n++) {
            char name[NAME_MAX_LEN];

            (void)snprintf(name, sizeof name, "%s%u", kinds[i].prefix, n);
            if (strcmp(variable->name, name) == 0) {
                *ret = n;
                return &kinds[i];
            }
        }
    }
    return NULL;
}

static enum rk_rc note_update(void *arg, const struct rk_overlay_variable *variable,
                              struct rk_err *err)
{
    bool *found = arg;
    unsigned number;

    (void)err;
    *found = *found || find_kind(variable, &number) != NULL;
    return RK_OK;
}

static bool recognise(const uint8_t *file, size_t len)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct rk_err ignored;
    bool found = false;

    return len >= 4 && memcmp(file, "\xd0\x0d\xfe\xed", 4) == 0 &&
           rk_overlay_open(file, len, &overlay, &ignored) == RK_OK &&
           rk_overlay_each(&overlay, note_update, &found, &ignored) == RK_OK && found;
}

struct walk {
    const struct rk_request *request; /* NULL: draw */
    const struct rk_overlay *overlay;
    struct rk_map *map;
    struct rk_region *tree;
    bool there[KINDS][NUMBERS];
    size_t held;
};

static enum rk_rc draw(void *arg, const struct rk_overlay_variable *variable, struct rk_err *err)
{
    struct walk *w = arg;
    unsigned number;
    const struct kind *kind = find_kind(variable, &number);
    struct rk_region *region;
    struct rk_variable v;
    const uint8_t *data;

    if (rk_overlay_add(w->overlay, variable, w->map, w->tree, &region, err))
        return err->rc;
    if (kind == NULL) {
        (void)snprintf(region->note, sizeof region->note, "another variable");
        region->loaded = strcmp(variable->name, enroll) != 0;
        return RK_OK;
    }
    data = w->overlay->dtb.fdt + region->offset;
    w->there[kind - kinds][number] = true;
    if (rk_variable_read(data, (size_t)region->len, &v, err) ||
        rk_variable_map(&v, data, region->offset, w->map, region, err))
        return rk_wrap(err, "%s", variable->name);
    if (v.attributes_len != 0)
        return rk_fail(err, RK_E_FORMAT, "%s: attributes stand in front of the signature",
                       variable->name);
    (void)snprintf(region->note, sizeof region->note, "%s",
                   v.is_signed ? "" : "not signed: UEFI takes it in Setup Mode alone");
    return RK_OK;
}

/* The firmware stops where one is missing. */
static enum rk_rc check_numbers(const struct walk *w, struct rk_err *err)
{
    for (size_t i = 0; i < KINDS; i++) {
        unsigned missing = 0;

        while (missing < NUMBERS && w->there[i][missing])
            missing++;
        for (unsigned n = missing; n < NUMBERS; n++) {
            if (w->there[i][n])
                return rk_fail(err, RK_E_VERIFY,
                               "%s%u is not read: UEFI stops where %s%u is missing",
                               kinds[i].prefix, n, kinds[i].prefix, missing);
        }
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct walk w = { .overlay = &overlay, .map = map };

    if (rk_overlay_open(file, len, &overlay, err) || rk_overlay_check_frame(&overlay, err) ||
        rk_dtb_frame(&overlay.dtb, len, map, &w.tree, err) ||
        rk_overlay_each(&overlay, draw, &w, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "structure holds, signatures not checked: needs the certificates");
    return check_numbers(&w, err);
}

/* ---- checking ---- */

/* Whether it was signed for the other attributes: told where it is the reason. */
static bool is_for(const struct rk_request *request, const struct kind *kind,
                   const struct rk_variable *v, const uint8_t *data, uint32_t attributes)
{
    RK_AUTO(rk_map_done) struct rk_map scratch = { .format = self()->name };
    struct rk_err ignored;

    return rk_variable_hold(request, v, data, 0, rk_variable_find(kind->variable), attributes,
                            &scratch, NULL, &ignored) == RK_OK;
}

/* As the firmware hands it to SetVariable. */
static enum rk_rc hold(const struct rk_request *request, const struct kind *kind,
                       const struct rk_variable *v, const uint8_t *data, uint64_t base,
                       struct rk_map *map, struct rk_err *err)
{
    uint32_t attributes = v->esl_len == 0 ? RK_VARIABLE_ENROL : RK_VARIABLE_APPEND;

    if (!v->is_signed)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (rk_variable_hold(request, v, data, base, rk_variable_find(kind->variable), attributes, map,
                         NULL, err) == RK_OK)
        return RK_OK;
    if (err->rc != RK_E_VERIFY)
        return err->rc;
    if (attributes == RK_VARIABLE_ENROL || !is_for(request, kind, v, data, RK_VARIABLE_ENROL))
        return rk_wrap(err, "%s %s", v->esl_len == 0 ? "taking away" : "appending to",
                       kind->variable);
    (void)rk_fail(err, RK_E_VERIFY, "is signed for replacing %s, and UEFI appends", kind->variable);
    return rk_note(err, "sign uefi-auth --set variable=%s --set append=yes", kind->variable);
}

static enum rk_rc hold_variable(void *arg, const struct rk_overlay_variable *variable,
                                struct rk_err *err)
{
    struct walk *w = arg;
    size_t at = 0, len = 0;
    unsigned number;
    const struct kind *kind = find_kind(variable, &number);
    const uint8_t *data = rk_dtb_get(&w->overlay->dtb, variable->node, "data", &at, &len);
    struct rk_variable v;

    if (kind == NULL || data == NULL)
        return RK_OK;
    if (rk_variable_read(data, len, &v, err) || hold(w->request, kind, &v, data, at, w->map, err))
        return rk_wrap(err, "%s", variable->name);
    w->held++;
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct walk w = { .request = request, .overlay = &overlay, .map = map };
    bool go;

    if (rk_overlay_open(file, len, &overlay, err) ||
        rk_check_begin(request, true, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (rk_overlay_each(&overlay, hold_variable, &w, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s hold%s",
                   RK_COUNTED(w.held, "signature"), w.held == 1 ? "s" : "");
    return RK_OK;
}

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "KEK", false, true, "signed for appending to KEK (.auth)" },
    { "db", false, true, "signed for appending to db (.auth)" },
    { "dbx", false, true, "signed for appending to dbx (.auth)" },
    { NULL, false, false, NULL },
};

/* What the certificate inside did not sign for this variable, no firmware takes. */
static enum rk_rc check_part(const struct rk_request *request, const struct kind *kind,
                             const struct rk_input *part, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map scratch = { .format = self()->name };
    struct rk_request alone = { .ctx = request->ctx, .now = request->now, .own_signer = true };
    struct rk_region *root;
    struct rk_variable v;

    if (rk_variable_read(part->p, part->len, &v, err) ||
        rk_region_add(&scratch, NULL, 0, part->len, part->name, &root, err))
        return err->rc;
    if (v.attributes_len != 0)
        return rk_fail(err, RK_E_USAGE, "attributes stand in front of the signature");
    if (hold(&alone, kind, &v, part->p, 0, &scratch, err) && err->rc != RK_E_UNKNOWN) {
        err->rc = err->rc == RK_E_VERIFY ? RK_E_USAGE : err->rc;
        return err->rc;
    }
    return RK_OK;
}

static enum rk_rc put_kind(const struct rk_request *request, const struct kind *kind,
                           struct rk_overlay_out *out, struct rk_err *err)
{
    unsigned number = 0;

    for (size_t i = 0; i < request->part_count; i++) {
        const struct rk_input *part = &request->part[i];
        char name[NAME_MAX_LEN];

        if (strcmp(part->name, kind->variable) != 0)
            continue;
        if (number == NUMBERS)
            return rk_fail(err, RK_E_USAGE, "parts \"%s\": more than the %d that UEFI reads",
                           part->name, NUMBERS);
        if (check_part(request, kind, part, err))
            return rk_wrap(err, "part \"%s\"", part->name);
        (void)snprintf(name, sizeof name, "%s%u", kind->prefix, number++);
        rk_overlay_put(out, name, part->p, part->len, false);
    }
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_overlay_out_done) struct rk_overlay_out out = { .code = 0 };
    static const uint8_t yes[] = { 1 };

    if (request->part_count == 0)
        return rk_fail(err, RK_E_USAGE,
                       "nothing to write: needs a part \"KEK\", \"db\" or \"dbx\"");
    if (rk_overlay_begin(&out, err))
        return err->rc;
    rk_overlay_begin_vendor(&out, RK_OVERLAY_NVIDIA);
    rk_overlay_put(&out, enroll, yes, sizeof yes, true);
    for (size_t i = 0; i < KINDS; i++) {
        if (put_kind(request, &kinds[i], &out, err))
            return err->rc;
    }
    rk_overlay_end_vendor(&out);
    return rk_overlay_end(&out, ret, err);
}

const struct rk_format rk_format_uefi_update_dtbo = {
    .name = "uefi-update-dtbo",
    .title = "UEFI keys update overlay",
    .max = RK_DTB_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .own_signer = true,
    .refusal = "sign the variables in it (sign uefi-auth), then the image that it goes into",
    .build = build,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_update_dtbo;
}
