/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of file formats: joins the rows that keys, ftpm, bct and image export, and is the
 * only way to their functions.
 */
#include "ftpmprov/format.h"

#include "base/format.h"
#include "base/format_rows.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* The order is that of recognition: magic numbers first, DER last. */
/* clang-format off */
static const struct rk_format *const formats[] = {
    &rk_format_qspi, /* told by its end: its start may look like a BCT */
    &rk_format_ekb,
    &rk_format_nvftpm,
    &rk_format_kernel_encrypted,
    &rk_format_tegra_bch,
    &rk_format_tegra_br_bct,
    &rk_format_t210_bct,
    &rk_format_bup,
    &rk_format_capsule,
    &rk_format_fip,
    &rk_format_fit,
    &rk_format_optee_ta,
    &rk_format_uefi_auth,
    &rk_format_uefi_pe,
    &rk_format_kernel_cms,
    &rk_format_uefi_keys_dtbo,
    &rk_format_uefi_dtb,
    &rk_format_x509,
    &rk_format_raw,
};
/* clang-format on */
enum { FORMATS = sizeof formats / sizeof formats[0], NESTED_MAX = 4, KNOWN_MAX = 400 };

static void fill_info(const struct rk_format *format, struct rk_format_info *ret)
{
    *ret = (struct rk_format_info) {
        .name = format->name,
        .title = format->title,
        .parts = format->parts,
        .settings = format->settings,
        .roles = format->roles,
        .builds = format->build != NULL,
        .signs = format->to_sign != NULL,
        .encrypts = format->encrypt != NULL,
        .checks = format->check != NULL,
        .maps = format->parse != NULL,
        .encrypts_first = format->encrypts_first,
        .fused_key = format->fused_key,
        .payload_key = format->payload_key,
        .detaches = format->detaches,
    };
}

bool rk_format_at(size_t i, struct rk_format_info *ret)
{
    if (i >= FORMATS)
        return false;
    fill_info(formats[i], ret);
    return true;
}

static void add_known(char *known, size_t size, const char *name)
{
    size_t used = strlen(known);

    (void)snprintf(known + used, size - used, "%s%s", used == 0 ? "" : ", ", name);
}

static enum rk_rc unknown_content(struct rk_err *err)
{
    (void)rk_fail(err, RK_E_FORMAT, "unknown format");
    return rk_note(err, "'rotkit pack --formats' lists the known ones");
}

static enum rk_rc unknown_name(const char *name, struct rk_err *err)
{
    char known[KNOWN_MAX] = "";

    for (size_t i = 0; i < FORMATS; i++)
        add_known(known, sizeof known, formats[i]->name);
    return rk_fail(err, RK_E_USAGE, "unknown format \"%s\" (known: %s)", name, known);
}

static enum rk_rc find(const char *name, const struct rk_format **ret, struct rk_err *err)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            *ret = formats[i];
            return RK_OK;
        }
    }
    return unknown_name(name, err);
}

enum rk_rc rk_format_find(const char *name, struct rk_format_info *ret, struct rk_err *err)
{
    const struct rk_format *format;

    if (find(name, &format, err))
        return err->rc;
    fill_info(format, ret);
    return RK_OK;
}

static const struct rk_format *recognise(const uint8_t *file, size_t len)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (formats[i]->recognise != NULL && formats[i]->recognise(file, len))
            return formats[i];
    }
    return NULL;
}

/* ---- parsing, down into files inside of files ---- */

static enum rk_rc parse(const struct rk_format *format, const uint8_t *file, size_t len, int depth,
                        struct rk_map *ret, struct rk_err *err);

static void shift(struct rk_region *region, uint64_t by)
{
    for (; region != NULL; region = region->next) {
        region->offset += by;
        shift(region->child, by);
    }
}

/* Hangs the map of a file inside the region below it. */
static enum rk_rc adopt(struct rk_map *map, struct rk_region *region, struct rk_map *inner,
                        struct rk_err *err)
{
    (void)snprintf(region->nested_format, sizeof region->nested_format, "%s", inner->format);
    for (size_t i = 0; i < inner->guard_count; i++) {
        const struct rk_guard *guard = &inner->guard[i];

        if (rk_map_guard(map, guard->offset + region->offset, guard->len, guard->kind, guard->by,
                         err))
            return err->rc;
    }
    region->child = inner->root->child;
    inner->root->child = NULL;
    shift(region->child, region->offset);
    return RK_OK;
}

/* The bytes of a region at an address as malloc gives one: libfdt reads words in place. */
static enum rk_rc align(const uint8_t *file, const struct rk_region *region, struct rk_bytes *room,
                        const uint8_t **ret, struct rk_err *err)
{
    *ret = file + region->offset;
    if ((uintptr_t)*ret % sizeof(uint64_t) == 0)
        return RK_OK;
    if (rk_bytes_copy(*ret, (size_t)region->len, room, err))
        return err->rc;
    *ret = room->p;
    return RK_OK;
}

static enum rk_rc parse_nested(struct rk_map *map, struct rk_region *list, const uint8_t *file,
                               int depth, struct rk_err *err)
{
    for (struct rk_region *region = list; region != NULL; region = region->next) {
        RK_AUTO(rk_map_done) struct rk_map inner = { .root = NULL };
        RK_AUTO(rk_bytes_done) struct rk_bytes room = RK_BYTES_NONE;
        const struct rk_format *format;
        const uint8_t *bytes;

        if (!region->nested || region->child != NULL) {
            if (parse_nested(map, region->child, file, depth, err))
                return err->rc;
            continue;
        }
        if (align(file, region, &room, &bytes, err))
            return err->rc;
        format = recognise(bytes, (size_t)region->len);
        if (format == NULL)
            continue;
        if (parse(format, bytes, (size_t)region->len, depth + 1, &inner, err))
            return rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
        if (adopt(map, region, &inner, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc parse(const struct rk_format *format, const uint8_t *file, size_t len, int depth,
                        struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = format->name };
    struct rk_region *root;

    if (len > format->max)
        return rk_fail(err, RK_E_FORMAT, "%zu bytes, a %s has at most %zu", len, format->title,
                       format->max);
    if (rk_region_add(&map, NULL, 0, len, format->title, &root, err))
        return err->rc;
    if (format->parse(file, len, &map, err))
        return rk_wrap(err, "%s", format->name);
    if (depth < NESTED_MAX && parse_nested(&map, map.root->child, file, depth, err))
        return rk_wrap(err, "%s", format->name);
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return RK_OK;
}

enum rk_rc rk_format_inspect(const uint8_t *file, size_t len, struct rk_map *ret,
                             struct rk_err *err)
{
    const struct rk_format *format = recognise(file, len);

    if (format == NULL)
        return unknown_content(err);
    return parse(format, file, len, 0, ret, err);
}

/* ---- what the row takes ---- */

static enum rk_rc check_parts(const struct rk_format *format, const struct rk_job *job,
                              struct rk_err *err)
{
    char known[KNOWN_MAX] = "";

    for (size_t i = 0; i < job->part_count; i++) {
        const struct rk_part_row *row = format->parts;

        known[0] = '\0';
        for (; row != NULL && row->name != NULL; row++) {
            add_known(known, sizeof known, row->name);
            if (strcmp(row->name, "*") == 0 || strcmp(row->name, job->part[i].name) == 0)
                break;
        }
        if (row == NULL || row->name == NULL)
            return rk_fail(err, RK_E_USAGE, "%s takes no part \"%s\" (known: %s)", format->name,
                           job->part[i].name, known[0] == '\0' ? "none" : known);
        for (size_t k = 0; k < i; k++) {
            if (!row->many && strcmp(job->part[k].name, job->part[i].name) == 0)
                return rk_fail(err, RK_E_USAGE, "part \"%s\" is given twice", job->part[i].name);
        }
    }
    return RK_OK;
}

static enum rk_rc check_settings(const struct rk_format *format, const struct rk_job *job,
                                 struct rk_err *err)
{
    char known[KNOWN_MAX] = "";

    for (size_t i = 0; i < job->setting_count; i++) {
        const struct rk_setting_row *row = format->settings;

        known[0] = '\0';
        for (; row != NULL && row->name != NULL; row++) {
            add_known(known, sizeof known, row->name);
            if (strcmp(row->name, job->setting[i].name) == 0)
                break;
        }
        if (row == NULL || row->name == NULL)
            return rk_fail(err, RK_E_USAGE, "%s has no setting \"%s\" (known: %s)", format->name,
                           job->setting[i].name, known[0] == '\0' ? "none" : known);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(job->setting[k].name, job->setting[i].name) == 0)
                return rk_fail(err, RK_E_USAGE, "setting \"%s\" is given twice",
                               job->setting[i].name);
        }
    }
    return RK_OK;
}

static enum rk_rc check_required(const struct rk_format *format, const struct rk_job *job,
                                 struct rk_err *err)
{
    for (const struct rk_part_row *row = format->parts; row != NULL && row->name != NULL; row++) {
        bool there = rk_job_part(job, row->name) != NULL ||
                     (strcmp(row->name, "*") == 0 && job->part_count != 0);

        if (row->required && !there)
            return rk_fail(err, RK_E_USAGE, "%s needs a part \"%s\": %s", format->name, row->name,
                           row->help);
    }
    return RK_OK;
}

static enum rk_rc check_roles(const struct rk_format *format, const struct rk_job *job,
                              struct rk_err *err)
{
    for (size_t i = 1; i < job->key_count; i++) {
        char known[KNOWN_MAX] = "";
        const char *const *role = format->roles;

        for (; role != NULL && *role != NULL && strcmp(*role, job->key[i].role) != 0; role++)
            add_known(known, sizeof known, *role);
        if (role == NULL || *role == NULL)
            return rk_fail(err, RK_E_USAGE, "%s has no key role \"%s\" (known: %s)", format->name,
                           job->key[i].role, known[0] == '\0' ? "none" : known);
    }
    return RK_OK;
}

/* The row by name, able to do `what`, with a job that fits it. */
static enum rk_rc open_row(const char *name, const struct rk_job *job, const char *what,
                           const struct rk_format **ret, struct rk_err *err)
{
    if (find(name, ret, err))
        return err->rc;
    if (check_parts(*ret, job, err) || check_settings(*ret, job, err) ||
        check_roles(*ret, job, err))
        return rk_wrap(err, "%s", what);
    return RK_OK;
}

static enum rk_rc refuse(const struct rk_format *format, const char *what, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_USAGE, "%s cannot be %s", format->name, what);
    return format->refusal == NULL ? err->rc : rk_note(err, "%s", format->refusal);
}

/* No writer makes what its reader would refuse. */
static enum rk_rc read_back(const struct rk_format *format, const struct rk_job *job,
                            const struct rk_bytes *file, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };

    if (format->recognise == NULL || (format->makes_bare != NULL && format->makes_bare(job)))
        return RK_OK;
    if (!format->recognise(file->p, file->len))
        return rk_fail(err, RK_E_INTERNAL, "%s: what was made is not recognised", format->name);
    if (parse(format, file->p, file->len, 0, &map, err)) {
        err->rc = RK_E_USAGE;
        return rk_wrap(err, "what was made would be refused");
    }
    return RK_OK;
}

/* ---- operations ---- */

enum rk_rc rk_format_build(const char *name, const struct rk_job *job, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    const struct rk_format *format;

    if (open_row(name, job, "pack", &format, err))
        return err->rc;
    if (format->build == NULL)
        return refuse(format, "packed", err);
    if (check_required(format, job, err))
        return rk_wrap(err, "pack");
    if (format->build(job, &made, err) || read_back(format, job, &made, err))
        return rk_wrap(err, "pack %s", name);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc open_to_sign(const char *name, const struct rk_job *job,
                               const struct rk_format **ret, struct rk_err *err)
{
    if (open_row(name, job, "sign", ret, err))
        return err->rc;
    if ((*ret)->to_sign == NULL)
        return refuse(*ret, "signed", err);
    if (job->key_count == 0)
        return rk_fail(err, RK_E_USAGE, "signing needs a key");
    if ((*ret)->needs_cert && job->cert == NULL)
        return rk_fail(err, RK_E_USAGE, "signing a %s needs the signer's certificate", name);
    return RK_OK;
}

enum rk_rc rk_format_to_sign(const char *name, const struct rk_job *job, const uint8_t *file,
                             size_t len, struct rk_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_requests_done) struct rk_requests requests = { .count = 0 };
    const struct rk_format *format;

    if (open_to_sign(name, job, &format, err))
        return err->rc;
    if (format->to_sign(job, file, len, &requests, err))
        return rk_wrap(err, "sign %s", name);
    *ret = requests;
    requests.count = 0;
    return RK_OK;
}

/* A broken or hostile signer is found here, before its bytes go anywhere. */
static enum rk_rc check_signatures(const struct rk_job *job, const struct rk_requests *requests,
                                   const struct rk_bytes *signatures, size_t count,
                                   struct rk_err *err)
{
    if (count != requests->count)
        return rk_fail(err, RK_E_USAGE, "%zu signatures, %zu were asked for", count,
                       requests->count);
    for (size_t i = 0; i < count; i++) {
        const struct rk_request *request = &requests->item[i];

        if (rk_signature_check(job->ctx, rk_job_key(job, request->role)->pub, request->scheme,
                               request->message.p, request->message.len, signatures[i].p,
                               signatures[i].len, err))
            return rk_wrap(err, "%s", request->what);
    }
    return RK_OK;
}

enum rk_rc rk_format_attach(const char *name, const struct rk_job *job, const uint8_t *file,
                            size_t len, const struct rk_bytes *signatures, size_t count,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_requests_done) struct rk_requests requests = { .count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    const struct rk_format *format;

    if (find(name, &format, err) || rk_format_to_sign(name, job, file, len, &requests, err))
        return err->rc;
    if (check_signatures(job, &requests, signatures, count, err) ||
        format->attach(job, file, len, signatures, &made, err) ||
        read_back(format, job, &made, err))
        return rk_wrap(err, "sign %s", name);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

struct signatures {
    struct rk_bytes item[RK_REQUESTS_MAX];
};

static void signatures_done(struct signatures *signatures)
{
    for (size_t i = 0; i < RK_REQUESTS_MAX; i++)
        rk_bytes_done(&signatures->item[i]);
}

enum rk_rc rk_format_sign(const char *name, const struct rk_job *job, rk_signer *const *signer,
                          const uint8_t *file, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_requests_done) struct rk_requests requests = { .count = 0 };
    RK_AUTO(signatures_done) struct signatures signatures = { .item = { RK_BYTES_NONE } };

    if (rk_format_to_sign(name, job, file, len, &requests, err))
        return err->rc;
    for (size_t i = 0; i < requests.count; i++) {
        const struct rk_request *request = &requests.item[i];
        size_t k = (size_t)(rk_job_key(job, request->role) - job->key);

        if (rk_signer_sign(signer[k], request->scheme, request->message.p, request->message.len,
                           &signatures.item[i], err))
            return rk_wrap(err, "%s", request->what);
    }
    return rk_format_attach(name, job, file, len, signatures.item, requests.count, ret, err);
}

enum rk_rc rk_format_encrypt(const char *name, const struct rk_job *job, const uint8_t *file,
                             size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    const struct rk_format *format;

    if (open_row(name, job, "encrypt", &format, err))
        return err->rc;
    if (format->encrypt == NULL)
        return refuse(format, "encrypted", err);
    if (job->secret == NULL)
        return rk_fail(err, RK_E_USAGE, "encryption needs a key");
    if (format->encrypt(job, file, len, &made, err) || read_back(format, job, &made, err))
        return rk_wrap(err, "encrypt %s", name);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

enum rk_rc rk_format_check_handback(const char *name, const struct rk_bytes *prepared,
                                    const struct rk_bytes *back, struct rk_err *err)
{
    const struct rk_format *format;

    if (find(name, &format, err))
        return err->rc;
    if (format->handed_back == NULL)
        return rk_fail(err, RK_E_USAGE, "%s has no layer that a BSP's tool puts on", name);
    return format->handed_back(prepared, back, err);
}

/* ---- verify ---- */

static enum rk_rc check(const struct rk_format *format, const struct rk_job *job,
                        const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err);

/* A file inside, parsed anew so that its offsets are its own. */
static enum rk_rc check_nested(const struct rk_job *job, const struct rk_region *region,
                               const struct rk_format *format, const uint8_t *file,
                               struct rk_map *outer, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map own = { .root = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes room = RK_BYTES_NONE;
    const uint8_t *bytes;

    if (align(file, region, &room, &bytes, err))
        return err->rc;
    if (parse(format, bytes, (size_t)region->len, 0, &own, err) ||
        check(format, job, bytes, (size_t)region->len, &own, err))
        return rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
    (void)snprintf(outer->signer, sizeof outer->signer, "%s", own.signer);
    for (size_t i = 0; i < own.guard_count; i++) {
        const struct rk_guard *guard = &own.guard[i];

        if (guard->kind == RK_GUARD_SIGNATURE &&
            rk_map_guard(outer, guard->offset + region->offset, guard->len, guard->kind, guard->by,
                         err))
            return err->rc;
    }
    return RK_OK;
}

/* A container that is not signed itself: every signed format inside must hold. */
static enum rk_rc check_inside(const struct rk_job *job, const struct rk_region *list,
                               const uint8_t *file, struct rk_map *map, size_t *checked,
                               struct rk_err *err)
{
    for (const struct rk_region *region = list; region != NULL; region = region->next) {
        const struct rk_format *format;

        if (region->nested_format[0] == '\0') {
            if (check_inside(job, region->child, file, map, checked, err))
                return err->rc;
            continue;
        }
        if (find(region->nested_format, &format, err))
            return err->rc;
        if (format->check == NULL)
            continue;
        if (check_nested(job, region, format, file, map, err))
            return err->rc;
        ++*checked;
    }
    return RK_OK;
}

static enum rk_rc check(const struct rk_format *format, const struct rk_job *job,
                        const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    size_t checked = 0;

    if (format->check != NULL)
        return format->check(job, file, len, map, err) ? rk_wrap(err, "%s", format->name) : RK_OK;
    if (check_inside(job, map->root->child, file, map, &checked, err))
        return rk_wrap(err, "%s", format->name);
    if (checked == 0)
        return rk_fail(err, RK_E_VERIFY, "%s carries no signature that could be checked",
                       format->name);
    return RK_OK;
}

enum rk_rc rk_format_verify(const char *name, const struct rk_job *job, const uint8_t *file,
                            size_t len, struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const struct rk_format *format = name == NULL ? recognise(file, len) : NULL;
    bool with_key = job->key_count != 0 || job->trust != NULL || job->secret != NULL;

    if (name == NULL && format == NULL)
        return unknown_content(err);
    if (open_row(name != NULL ? name : format->name, job, "verify", &format, err))
        return err->rc;
    if (format->parse == NULL && !with_key)
        return rk_fail(err, RK_E_USAGE, "%s can be verified with a key only", format->name);
    map.format = format->name;
    if (format->parse != NULL && parse(format, file, len, 0, &map, err))
        return err->rc;
    if (with_key && check(format, job, file, len, &map, err))
        return err->rc;
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return RK_OK;
}
