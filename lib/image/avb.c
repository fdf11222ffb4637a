/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avb: a vbmeta image, or a partition image with an Android Verified Boot footer, read and
 * verified; partitions that it vouches for are given as parts by their names. Source:
 * boot-images.md 5.5.
 */
#include "image/avb.h"

#include "base/layout.h"
#include "base/ossl.h"
#include "base/work.h"
#include "rotkit/avb_key.h"
#include "rotkit/counted.h"
#include "rotkit/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 1 << 30 };

static bool has_content(const struct rk_avb_descriptor *d)
{
    return d->tag == RK_AVB_HASH || d->tag == RK_AVB_HASHTREE;
}

static bool names_partition(const struct rk_avb_descriptor *d)
{
    return has_content(d) || d->tag == RK_AVB_CHAIN;
}

/* Whether a descriptor in a file with a footer is over that file's own content: trees are over
 * whole blocks. */
static bool is_own(const struct rk_avb *a, const struct rk_avb_descriptor *d)
{
    uint64_t size = a->footer.original_size;

    if (d->tag == RK_AVB_HASHTREE && d->data_block != 0 && size % d->data_block != 0)
        size += d->data_block - size % d->data_block;
    return a->has_footer && has_content(d) && d->image_size == size;
}

/* ---- the map ---- */

static enum rk_rc map_descriptor(const struct rk_avb *a, const struct rk_avb_descriptor *d,
                                 struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    static const char *const names[] = { "property", "hash tree descriptor", "hash descriptor",
                                         "kernel command line", "chain descriptor" };
    bool known = d->tag < sizeof names / sizeof names[0];
    struct rk_region *region;

    if (rk_region_add(map, parent, d->at, d->len, known ? names[d->tag] : "unknown descriptor",
                      &region, err))
        return err->rc;
    if (has_content(d))
        (void)snprintf(region->note, sizeof region->note, "%s, %s, %s%s", d->name,
                       RK_COUNTED(d->image_size, "byte"), d->algorithm,
                       is_own(a, d) ? ": this image" : "");
    else
        (void)snprintf(region->note, sizeof region->note, "%s", d->name);
    return RK_OK;
}

/* A part that a descriptor of this image names. */
static enum rk_rc map_part(const struct rk_avb *a, uint64_t at, uint64_t len, const char *name,
                           struct rk_map *map, struct rk_region **ret, struct rk_err *err)
{
    if (at > a->len || len > a->len - at)
        return rk_fail(err, RK_E_FORMAT, "%s: %s at 0x%" PRIx64 ", the image has %zu", name,
                       RK_COUNTED(len, "byte"), at, a->len);
    return rk_region_add(map, map->root, at, len, name, ret, err);
}

static enum rk_rc map_own(const struct rk_avb *a, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;

    if (rk_region_add(map, map->root, 0, a->footer.original_size, "image", &region, err))
        return err->rc;
    region->nested = region->loaded = true;
    for (size_t i = 0; i < a->descriptor_count; i++) {
        const struct rk_avb_descriptor *d = &a->descriptor[i];

        if (d->tag != RK_AVB_HASHTREE || !is_own(a, d))
            continue;
        if (map_part(a, d->tree_offset, d->tree_size, "hash tree", map, &region, err))
            return err->rc;
        region->loaded = true;
        if (d->fec_size == 0)
            continue;
        if (map_part(a, d->fec_offset, d->fec_size, "FEC", map, &region, err))
            return err->rc;
        (void)snprintf(region->note, sizeof region->note,
                       "corrects errors; what it corrects is hashed after");
    }
    return RK_OK;
}

static enum rk_rc add_regions(const struct rk_avb *a, struct rk_map *map, struct rk_err *err)
{
    size_t at = (size_t)a->footer.vbmeta_offset, aux = at + RK_AVB_HEADER;
    struct rk_region *region;

    aux += (size_t)a->vbmeta.auth_size;
    if (a->has_footer && map_own(a, map, err))
        return err->rc;
    if (rk_region_add(map, map->root, at, RK_AVB_HEADER, "vbmeta header", &region, err) ||
        rk_layout_map(rk_avb_vbmeta_layout, RK_AVB_VBMETA_FIELDS, &a->vbmeta, at, region, err))
        return err->rc;
    region->loaded = true;
    rk_region_set_child_ratchet(region, "rollback_index", a->vbmeta.rollback_index);
    if (rk_region_add(map, map->root, at + RK_AVB_HEADER, a->vbmeta.auth_size,
                      "authentication block", &region, err) ||
        rk_region_add(map, map->root, aux, a->vbmeta.aux_size, "auxiliary block", &region, err))
        return err->rc;
    region->loaded = true;
    for (size_t i = 0; i < a->descriptor_count; i++) {
        if (map_descriptor(a, &a->descriptor[i], map, region, err))
            return err->rc;
    }
    return a->has_footer ? rk_region_add(map, map->root, a->len - RK_AVB_FOOTER, RK_AVB_FOOTER,
                                         "footer", &region, err)
                         : RK_OK;
}

static enum rk_rc guard_vbmeta(const struct rk_avb *a, enum rk_guard_kind kind, const char *by,
                               struct rk_map *map, struct rk_err *err)
{
    uint64_t at = a->footer.vbmeta_offset;

    if (rk_map_guard(map, at, RK_AVB_HEADER, kind, by, err))
        return err->rc;
    return rk_map_guard(map, at + RK_AVB_HEADER + a->vbmeta.auth_size, a->vbmeta.aux_size, kind, by,
                        err);
}

static enum rk_rc guard_own(const struct rk_avb *a, enum rk_guard_kind kind, struct rk_map *map,
                            struct rk_err *err)
{
    for (size_t i = 0; i < a->descriptor_count; i++) {
        const struct rk_avb_descriptor *d = &a->descriptor[i];

        if (!is_own(a, d))
            continue;
        if (rk_map_guard(map, 0, d->image_size, kind, "vbmeta, by its digest", err) ||
            (d->tag == RK_AVB_HASHTREE &&
             rk_map_guard(map, d->tree_offset, d->tree_size, kind, "vbmeta, by its root", err)))
            return err->rc;
    }
    return RK_OK;
}

/* ---- what can be told of the file alone ---- */

static enum rk_rc check_names_once(const struct rk_avb *a, struct rk_err *err)
{
    for (size_t i = 0; i < a->descriptor_count; i++) {
        const struct rk_avb_descriptor *d = &a->descriptor[i];

        for (size_t k = 0; k < i; k++) {
            if (names_partition(d) && names_partition(&a->descriptor[k]) &&
                strcmp(d->name, a->descriptor[k].name) == 0)
                return rk_fail(err, RK_E_FORMAT, "two descriptors of partition \"%s\"", d->name);
        }
    }
    return RK_OK;
}

/* *ret_held: how many descriptors are over the file's own content; each holds. */
static enum rk_rc check_own(const struct rk_avb *a, size_t *ret_held, struct rk_err *err)
{
    *ret_held = 0;
    if (check_names_once(a, err))
        return err->rc;
    for (size_t i = 0; i < a->descriptor_count; i++) {
        const struct rk_avb_descriptor *d = &a->descriptor[i];

        if (!is_own(a, d))
            continue;
        if (rk_work_hash((size_t)d->image_size, err) ||
            rk_avb_check_content(d, a->file, a->len - RK_AVB_FOOTER, err))
            return err->rc;
        (*ret_held)++;
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_avb_done) struct rk_avb a = { .file = file };
    enum rk_rc vbmeta, image;
    size_t held, end;

    if (rk_avb_read(file, len, &a, err))
        return err->rc;
    vbmeta = rk_avb_check_hash(&a, err);
    if (rk_map_compared(map, vbmeta, a.footer.vbmeta_offset, RK_AVB_HEADER, NULL, err))
        return err->rc;
    image = check_own(&a, &held, err);
    if (rk_map_compared(map, image, 0, a.footer.original_size, NULL, err) ||
        add_regions(&a, map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s",
                   held != 0      ? "digests ok"
                   : a.has_footer ? "no hash descriptor"
                                  : "partitions not looked at: --with PARTITION=FILE",
                   a.algorithm == NULL ? "not signed" : "signature not checked: needs the key");
    end = RK_AVB_HEADER + (size_t)a.vbmeta.auth_size + (size_t)a.vbmeta.aux_size;
    if ((image == RK_OK && guard_own(&a, RK_GUARD_DIGEST, map, err)) ||
        (!a.has_footer && rk_map_rest(map, file, end, len, err)))
        return err->rc;
    return a.algorithm == NULL || vbmeta != RK_OK
               ? RK_OK
               : guard_vbmeta(&a, RK_GUARD_DIGEST, "vbmeta's hash", map, err);
}

/* ---- signatures and partitions ---- */

/* The flags of one vbmeta over the descriptors in it, or in another that it chains to. */
static enum rk_rc check_flags(uint32_t flags, const struct rk_avb *a, struct rk_err *err)
{
    if (flags & RK_AVB_VERIFICATION_DISABLED)
        return rk_fail(err, RK_E_VERIFY,
                       "flag 2 (verification disabled): the boot loader looks at no descriptor");
    if ((flags & RK_AVB_HASHTREE_DISABLED) == 0)
        return RK_OK;
    for (size_t i = 0; i < a->descriptor_count; i++) {
        if (a->descriptor[i].tag == RK_AVB_HASHTREE)
            return rk_fail(err, RK_E_VERIFY,
                           "flag 1 (hash tree disabled): partition \"%s\" is not verified",
                           a->descriptor[i].name);
    }
    return RK_OK;
}

static enum rk_rc check_policy(const struct rk_request *request, const struct rk_avb_descriptor *d,
                               struct rk_err *err)
{
    const EVP_MD *md = EVP_get_digestbyname(d->algorithm);

    if (request->key_count == 0 || md == NULL)
        return RK_OK;
    if (rk_policy_check_digest(request->ctx, EVP_MD_get_type(md), RK_E_VERIFY, err))
        return rk_wrap(err, "the image's digest");
    if (d->tag != RK_AVB_HASH || strcmp(d->algorithm, "sha256") == 0 ||
        strcmp(d->algorithm, "sha512") == 0 || EVP_MD_is_a(md, "SHA1"))
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "hash algorithm \"%s\" of a partition: libavb takes sha256 and sha512",
                   d->algorithm);
}

static enum rk_rc check_partition(const struct rk_request *request,
                                  const struct rk_avb_descriptor *d, const struct rk_input *part,
                                  struct rk_err *err)
{
    return rk_avb_check_content(d, part->p, part->len, err) || check_policy(request, d, err)
               ? rk_wrap(err, "partition \"%s\"", d->name)
               : RK_OK;
}

/*
 * Descriptors of a vbmeta inside of a chained partition: over that partition, or another. What is
 * signed for another partition of the same size does not hold in its place.
 */
static enum rk_rc check_chained_ones(const struct rk_request *request, const struct rk_avb *a,
                                     const struct rk_input *self, bool *ret_all, struct rk_err *err)
{
    bool held = false;

    for (size_t i = 0; i < a->descriptor_count; i++) {
        const struct rk_avb_descriptor *d = &a->descriptor[i];
        const struct rk_input *part = rk_request_part(request, d->name);

        if (d->tag == RK_AVB_CHAIN)
            return rk_fail(err, RK_E_VERIFY, "a chain below a chain, which libavb does not follow");
        if (!has_content(d))
            continue;
        held = held || (is_own(a, d) && strcmp(d->name, self->name) == 0);
        if (part == NULL)
            *ret_all = false;
        else if (check_partition(request, d, part, err))
            return err->rc;
    }
    return held || !a->has_footer ? RK_OK
                                  : rk_fail(err, RK_E_VERIFY, "no descriptor is over the image");
}

/* What libavb asks of a chained vbmeta beside its signature. */
static enum rk_rc check_place(const struct rk_avb_descriptor *chain, const struct rk_avb *inner,
                              struct rk_err *err)
{
    if (chain->location == 0)
        return rk_fail(err, RK_E_VERIFY,
                       "a chain with rollback index location 0, which is vbmeta's own: libavb "
                       "refuses it");
    return inner->vbmeta.flags == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "flags 0x%x of a chained vbmeta: libavb refuses any",
                         inner->vbmeta.flags);
}

/* A partition that has a vbmeta of its own, by the key that the descriptor names. */
static enum rk_rc check_chain(const struct rk_request *request, const struct rk_avb *above,
                              const struct rk_avb_descriptor *d, const struct rk_input *part,
                              bool *ret_all, struct rk_err *err)
{
    RK_AUTO(rk_avb_done) struct rk_avb inner = { .file = part->p };
    /* In this form and no other: libavb compares its bytes with those in the partition. */
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = rk_avb_key_read(request->ctx, d->key, d->key_len);

    if (key == NULL)
        return rk_fail(err, RK_E_VERIFY, "the key of the chain is none of avbtool's form");
    if (rk_avb_read(part->p, part->len, &inner, err) || check_names_once(&inner, err)) {
        err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
        return err->rc;
    }
    if (rk_avb_check_signature(request, &inner, key, err) || check_place(d, &inner, err) ||
        check_flags(above->vbmeta.flags, &inner, err))
        return err->rc;
    return check_chained_ones(request, &inner, part, ret_all, err);
}

static enum rk_rc check_descriptor(const struct rk_request *request, const struct rk_avb *a,
                                   const struct rk_avb_descriptor *d, struct rk_map *map,
                                   struct rk_err *err)
{
    const struct rk_input *part = rk_request_part(request, d->name);
    bool all = part != NULL;
    char what[RK_AVB_NAME_MAX + 32];

    if (is_own(a, d))
        return check_policy(request, d, err);
    if (!names_partition(d))
        return RK_OK;
    if (part != NULL && d->tag == RK_AVB_CHAIN && check_chain(request, a, d, part, &all, err))
        return rk_wrap(err, "partition \"%s\"", d->name);
    if (part != NULL && has_content(d) && check_partition(request, d, part, err))
        return err->rc;
    if (all)
        return RK_OK;
    (void)snprintf(what, sizeof what, "partition \"%s\"%s", d->name,
                   part == NULL ? "" : ", what it chains to");
    return rk_map_unknown(map, d->at, d->len, RK_NEED_PARTITION, what, err);
}

static bool has_name(const struct rk_avb *a, const char *name)
{
    for (size_t i = 0; i < a->descriptor_count; i++) {
        if (names_partition(&a->descriptor[i]) && strcmp(a->descriptor[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Whether the vbmeta of a chained partition that is given names it; one that cannot be read has its
 * own answer in check_chain. */
static bool chained_has_name(const struct rk_request *request, const struct rk_avb *a,
                             const char *name)
{
    for (size_t i = 0; i < a->descriptor_count; i++) {
        const struct rk_input *part = rk_request_part(request, a->descriptor[i].name);
        struct rk_err ignored;

        if (a->descriptor[i].tag != RK_AVB_CHAIN || part == NULL)
            continue;
        RK_AUTO(rk_avb_done) struct rk_avb inner = { .file = part->p };
        if (rk_avb_read(part->p, part->len, &inner, &ignored) || has_name(&inner, name))
            return true;
    }
    return false;
}

/* Each part must be a partition that a descriptor names. */
static enum rk_rc check_names(const struct rk_request *request, const struct rk_avb *a,
                              struct rk_err *err)
{
    for (size_t i = 0; i < request->part_count; i++) {
        const char *name = request->part[i].name;

        if (!has_name(a, name) && !chained_has_name(request, a, name))
            return rk_fail(err, RK_E_USAGE, "no descriptor is of a partition \"%s\"", name);
    }
    return RK_OK;
}

static enum rk_rc check_signed(const struct rk_request *request, const struct rk_avb *a,
                               size_t held, struct rk_map *map, struct rk_err *err)
{
    uint64_t auth_at = a->footer.vbmeta_offset + RK_AVB_HEADER;

    if (a->algorithm == NULL || (a->has_footer && held == 0))
        return rk_fail(err, RK_E_VERIFY, "is not signed, or its signature is not over the image");
    if (rk_avb_check_signature(request, a, request->key[0].pub, err) ||
        check_flags(a->vbmeta.flags, a, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "digests and signature hold");
    (void)snprintf(map->signer, sizeof map->signer, "the key given");
    if (rk_map_checked(map, auth_at + a->vbmeta.hash_offset, a->vbmeta.hash_size, err) ||
        rk_map_checked(map, auth_at + a->vbmeta.sig_offset, a->vbmeta.sig_size, err) ||
        guard_own(a, RK_GUARD_SIGNATURE, map, err))
        return err->rc;
    return guard_vbmeta(a, RK_GUARD_SIGNATURE, "vbmeta signature", map, err);
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_avb_done) struct rk_avb a = { .file = file };
    bool keyed = request->key_count != 0, go = false;
    size_t held;

    if (rk_avb_read(file, len, &a, err) || check_own(&a, &held, err) ||
        check_names(request, &a, err) ||
        (rk_request_asks_signer(request) &&
         rk_check_begin(request, keyed || a.algorithm != NULL, RK_NEED_PUB, map, &go, err)) ||
        (go && check_signed(request, &a, held, map, err)))
        return err->rc;
    for (size_t i = 0; i < a.descriptor_count; i++) {
        if (check_descriptor(request, &a, &a.descriptor[i], map, err))
            return err->rc;
    }
    return RK_OK;
}

static const struct rk_part_row part_rows[] = {
    { "*", false, false, "verify: a partition's image, under the name that a descriptor has" },
    { NULL, false, false, NULL },
};

const struct rk_format rk_format_avb = {
    .name = "avb",
    .title = "AVB vbmeta, or image with AVB footer",
    .max = IMAGE_MAX,
    .recognise = rk_avb_is,
    .parse = parse,
    .parts = part_rows,
    .parts_held = true,
    .refusal = "AVB is read and verified here; avbtool makes it",
    .check = check,
};
