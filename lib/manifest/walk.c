/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/walk.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/edit_distance.h"

#include <stdio.h>
#include <string.h>

static struct rk_where where(const yaml_node_t *node)
{
    return (struct rk_where) { (unsigned)node->start_mark.line + 1,
                               (unsigned)node->start_mark.column + 1 };
}

const char *rk_manifest_scalar(const yaml_node_t *node)
{
    const char *text;

    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* YAML 1.2, 10.3.2: these stand for no value, unless they are quoted. */
static const char *const nulls[] = { "~", "null", "Null", "NULL" };

static bool is_null(const yaml_node_t *node)
{
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
            strcmp((const char *)node->data.scalar.value, nulls[i]) == 0)
            return true;
    }
    return false;
}

static enum rk_rc load_list_entry(const struct rk_loading *l, const struct rk_mplace *place,
                                  const struct rk_mrow *row, const yaml_node_t *node,
                                  struct rk_err *err)
{
    struct rk_mplace entry = *place;
    const char *text = rk_manifest_scalar(node);

    entry.at = where(node);
    if (text == NULL)
        return rk_manifest_fail(l->m, entry.at, err, RK_E_USAGE, "%s: expected text", entry.name);
    return rk_manifest_add_to_list(l, &entry, row, text, err);
}

static enum rk_rc load_list(const struct rk_loading *l, const struct rk_mplace *place,
                            const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    struct rk_mlist *list = rk_manifest_member(l->base, row);

    if (node->type != YAML_SEQUENCE_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected a list",
                                place->name);
    list->at = place->at;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        bool full = list->count == RK_MLIST_MAX;

        if (!load_list_entry(l, place, row, yaml_document_get_node(l->yaml, *i), err))
            continue;
        if (full || rk_mfaults_keep(l->faults, err))
            return err->rc; /* what is too many is told once */
    }
    return RK_OK;
}

static enum rk_rc check_doubled(const struct rk_loading *l, const struct rk_mplace *section,
                                const yaml_node_t *node, const yaml_node_pair_t *until,
                                const char *key, struct rk_where at, struct rk_err *err)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < until; p++) {
        yaml_node_t *earlier = yaml_document_get_node(l->yaml, p->key);

        if (rk_manifest_scalar(earlier) != NULL && strcmp(rk_manifest_scalar(earlier), key) == 0)
            return rk_manifest_fail(l->m, at, err, RK_E_USAGE,
                                    "%s%skey \"%s\" is on line %u already", section->name,
                                    section->name[0] == '\0' ? "" : ": ", key, where(earlier).line);
    }
    return RK_OK;
}

/* A name of the user's choice, with its place; refused when it is doubled or no name for a file. */
static enum rk_rc load_name(const struct rk_loading *l, const struct rk_mplace *section,
                            const yaml_node_t *node, const yaml_node_pair_t *pair,
                            struct rk_mplace *ret, const char **ret_name, struct rk_err *err)
{
    yaml_node_t *key_node = yaml_document_get_node(l->yaml, pair->key);
    const char *name = rk_manifest_scalar(key_node);

    if (name == NULL || name[0] == '\0')
        return rk_manifest_fail(l->m, where(key_node), err, RK_E_USAGE,
                                "%s: a name that is no text", section->name);
    if (check_doubled(l, section, node, pair, name, where(key_node), err))
        return err->rc;
    ret->at = where(yaml_document_get_node(l->yaml, pair->value));
    (void)snprintf(ret->name, sizeof ret->name, "%.60s.%.60s", section->name, name);
    *ret_name = name;
    return RK_OK;
}

/* How many pairs a mapping has; RK_E_USAGE when it is none or has more than max. */
static enum rk_rc count_pairs(const struct rk_loading *l, const struct rk_mplace *place,
                              const yaml_node_t *node, size_t max, size_t *ret, struct rk_err *err)
{
    if (node->type != YAML_MAPPING_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected names and values",
                                place->name);
    *ret = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (*ret > max)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s, at most %zu",
                                place->name, RK_COUNTED(*ret, "entry"), max);
    return RK_OK;
}

static enum rk_rc load_map_entry(const struct rk_loading *l, const struct rk_mplace *section,
                                 const struct rk_mrow *row, const yaml_node_t *node,
                                 const yaml_node_pair_t *pair, struct rk_err *err)
{
    struct rk_mmap *map = rk_manifest_member(l->base, row);
    const yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
    struct rk_mpair *to = &map->v[map->count];
    struct rk_mplace entry;
    const char *name;

    if (load_name(l, section, node, pair, &entry, &name, err))
        return err->rc;
    if (rk_manifest_scalar(value) == NULL)
        return rk_manifest_fail(l->m, entry.at, err, RK_E_USAGE, "%s: expected text", entry.name);
    if (rk_manifest_keep_pair(l, &entry, row, is_null(value) ? "" : rk_manifest_scalar(value),
                              &to->v, err))
        return err->rc;
    to->at = entry.at;
    map->count++; /* with its value: whoever frees the map frees that */
    return rk_manifest_keep_text(&to->name, name, err);
}

static enum rk_rc load_map(const struct rk_loading *l, const struct rk_mplace *place,
                           const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    struct rk_mmap *map = rk_manifest_member(l->base, row);
    size_t count = 0;

    if (count_pairs(l, place, node, RK_MMAP_MAX, &count, err))
        return err->rc;
    map->at = place->at;
    map->v = rk_alloc(count + 1, sizeof *map->v);
    if (map->v == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        if (load_map_entry(l, place, row, node, node->data.mapping.pairs.start + i, err) &&
            rk_mfaults_keep(l->faults, err))
            return err->rc;
    }
    return RK_OK;
}

/* One image of the manifest; name: of its file. */
static enum rk_rc load_image(const struct rk_loading *l, const struct rk_mplace *entry,
                             const struct rk_mrow *row, const yaml_node_t *node, const char *name,
                             struct rk_mimages *images, struct rk_err *err)
{
    struct rk_loading inside = *l;
    struct rk_mimage *image = &images->v[images->count];

    if (images->count == RK_MIMAGES_MAX)
        return rk_manifest_fail(l->m, entry->at, err, RK_E_USAGE, "%s: more than %s", entry->name,
                                RK_COUNTED(RK_MIMAGES_MAX, "image"));
    images->count++;
    image->at = entry->at;
    inside.base = image;
    return rk_manifest_keep_text(&image->name, name, err)
               ? err->rc
               : rk_manifest_walk(&inside, entry, row->sub, node, err);
}

/* The setting's value, in place of the one that is there. */
static enum rk_rc replace_setting(struct rk_mmap *set, const char *name, const struct rk_mpair *by,
                                  struct rk_err *err)
{
    struct rk_mpair *v = set->v;
    size_t i = 0;

    while (i < set->count && strcmp(v[i].name, name) != 0)
        i++;
    if (i == set->count) {
        v = rk_alloc(set->count + 1, sizeof *v);
        if (v == NULL)
            return rk_fail_nomem(err);
        if (i != 0)
            memcpy(v, set->v, i * sizeof *v);
        rk_free(set->v);
        set->v = v;
        if (rk_manifest_keep_text(&v[i].name, name, err))
            return err->rc;
        set->count++;
    }
    v[i].at = by->at;
    rk_free(v[i].v);
    v[i].v = NULL;
    return rk_manifest_keep_text(&v[i].v, by->v, err);
}

/* The image once more for each further type, from the same lines. */
static enum rk_rc load_image_types(const struct rk_loading *l, const struct rk_mplace *entry,
                                   const struct rk_mrow *row, const yaml_node_t *node,
                                   struct rk_mimages *images, struct rk_err *err)
{
    const struct rk_mmap *types = &images->v[images->count - 1].image_types;

    if (types->count != 0 && images->v[images->count - 1].set.count == RK_MMAP_MAX)
        return rk_manifest_fail(l->m, types->at, err, RK_E_USAGE,
                                "%s.image-types: no room for one more setting", entry->name);
    for (size_t i = 0; i < types->count; i++) {
        const size_t again = images->count;
        struct rk_mplace place = *entry;

        place.at = types->v[i].at;
        if (load_image(l, &place, row, node, types->v[i].name, images, err) ||
            replace_setting(&images->v[images->count - 1].set, "image-type", &types->v[i], err))
            return err->rc;
        images->v[again].again = true;
    }
    return RK_OK;
}

/* An image and those that image-types makes of it, which a faulty one is not asked for. */
static enum rk_rc load_image_entry(const struct rk_loading *l, const struct rk_mplace *section,
                                   const struct rk_mrow *row, const yaml_node_t *node,
                                   const yaml_node_pair_t *pair, struct rk_err *err)
{
    struct rk_mimages *images = rk_manifest_member(l->base, row);
    const yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
    const size_t at = images->count, faults = l->faults->count;
    struct rk_mplace entry;
    const char *name;
    enum rk_rc rc;

    if (load_name(l, section, node, pair, &entry, &name, err))
        return err->rc;
    rc = load_image(l, &entry, row, value, name, images, err);
    if (images->count > at)
        images->v[at].faulty = rc != RK_OK || l->faults->count != faults;
    if (rc != RK_OK || images->v[at].faulty)
        return rc;
    return load_image_types(l, &entry, row, value, images, err);
}

static enum rk_rc load_images(const struct rk_loading *l, const struct rk_mplace *place,
                              const struct rk_mrow *row, const yaml_node_t *node,
                              struct rk_err *err)
{
    struct rk_mimages *images = rk_manifest_member(l->base, row);
    size_t count = 0;

    if (count_pairs(l, place, node, RK_MIMAGES_MAX, &count, err))
        return err->rc;
    images->at = place->at;
    images->v = rk_alloc(RK_MIMAGES_MAX, sizeof *images->v);
    if (images->v == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        if (load_image_entry(l, place, row, node, node->data.mapping.pairs.start + i, err) &&
            rk_mfaults_keep(l->faults, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_value(const struct rk_loading *l, const struct rk_mplace *place,
                             const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    const char *text = rk_manifest_scalar(node);

    if (row->kind == RK_M_SECTION) {
        struct rk_where *at = rk_manifest_member(l->base, row);

        *at = place->at;
        return rk_manifest_walk(l, place, row->sub, node, err);
    }
    if (row->kind == RK_M_PLATFORM) {
        struct rk_loading inside = *l;

        inside.base = l->m->settings;
        *(struct rk_where *)rk_manifest_member(inside.base, row) = place->at;
        return rk_manifest_walk(&inside, place, row->sub, node, err);
    }
    if (row->kind == RK_M_LIST)
        return load_list(l, place, row, node, err);
    if (row->kind == RK_M_IMAGES)
        return load_images(l, place, row, node, err);
    if (row->kind == RK_M_TEXTS || row->kind == RK_M_PATHS || row->kind == RK_M_KEYS)
        return load_map(l, place, row, node, err);
    if (text == NULL)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected a single value",
                                place->name);
    return rk_manifest_set_scalar(l, place, row, is_null(node) ? "" : text, err);
}

static const struct rk_mrow *find_row(const struct rk_mrow *rows, const char *key)
{
    for (; rows->key != NULL; rows++) {
        if (strcmp(rows->key, key) == 0)
            return rows;
    }
    return NULL;
}

/* What of the section's keys an unknown one may be meant for, or NULL. */
static const char *meant(const struct rk_mrow *rows, const char *key)
{
    struct rk_nearest nearest = rk_nearest_to(key);

    for (; rows->key != NULL; rows++)
        rk_nearest_offer(&nearest, rows->key);
    return nearest.word;
}

/* A platform that is not known is told; not that its keys are none of the default's. */
static bool is_of_some_platform(const struct rk_loading *l, const struct rk_mplace *section,
                                const char *key)
{
    if (l->any == NULL)
        return false;
    return section->name[0] == '\0'
               ? find_row(l->any->top, key) != NULL
               : strcmp(section->name, "devices") == 0 && find_row(l->any->devices, key) != NULL;
}

static enum rk_rc unknown_key(const struct rk_loading *l, const struct rk_mplace *section,
                              const struct rk_mrow *rows, const char *key, struct rk_where at,
                              struct rk_err *err)
{
    const char *near = meant(rows, key);

    if (is_of_some_platform(l, section, key))
        return RK_OK;
    (void)rk_manifest_fail(l->m, at, err, RK_E_USAGE, "%s%sunknown key \"%s\"", section->name,
                           section->name[0] == '\0' ? "" : ": ", key);
    return near == NULL ? err->rc : rk_note(err, "did you mean \"%s\"?", near);
}

static enum rk_rc load_pair(const struct rk_loading *l, const struct rk_mplace *section,
                            const struct rk_mrow *rows, const yaml_node_t *node,
                            const yaml_node_pair_t *pair, struct rk_err *err)
{
    yaml_node_t *key_node = yaml_document_get_node(l->yaml, pair->key);
    yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
    const char *key = rk_manifest_scalar(key_node);
    struct rk_mplace place = { .at = where(value) };
    const struct rk_mrow *row = key == NULL ? NULL : find_row(rows, key);

    if (key == NULL)
        return rk_manifest_fail(l->m, where(key_node), err, RK_E_USAGE, "a key that is no text");
    if (row == NULL)
        return unknown_key(l, section, rows, key, where(key_node), err);
    if (check_doubled(l, section, node, pair, key, where(key_node), err))
        return err->rc;
    (void)snprintf(place.name, sizeof place.name, "%.60s%s%s", section->name,
                   section->name[0] == '\0' ? "" : ".", key);
    return load_value(l, &place, row, value, err);
}

/* Whether the key is there, or one that is meant for it. */
static bool has_key(const struct rk_loading *l, const struct rk_mrow *rows, const yaml_node_t *node,
                    const char *key, bool or_meant)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const char *name = rk_manifest_scalar(yaml_document_get_node(l->yaml, p->key));
        const char *other =
            name != NULL && or_meant && find_row(rows, name) == NULL ? meant(rows, name) : NULL;

        if (name != NULL && (strcmp(name, key) == 0 || (other != NULL && strcmp(other, key) == 0)))
            return true;
    }
    return false;
}

/* Lists are short enough to be given as "A, B". */
static enum rk_rc set_default(const struct rk_loading *l, const struct rk_mrow *row,
                              struct rk_err *err)
{
    struct rk_mplace place = { .at = { 0, 0 } };
    char text[128], *rest = text, *entry;

    (void)snprintf(place.name, sizeof place.name, "%s", row->key);
    if (row->kind != RK_M_LIST)
        return rk_manifest_set_scalar(l, &place, row, row->def, err);
    (void)snprintf(text, sizeof text, "%s", row->def);
    while ((entry = strsep(&rest, ",")) != NULL) {
        if (rk_manifest_add_to_list(l, &place, row, entry + strspn(entry, " "), err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc fill_in(const struct rk_loading *l, const struct rk_mplace *section,
                          const struct rk_mrow *rows, const struct rk_mrow *row,
                          const yaml_node_t *node, struct rk_err *err)
{
    bool required = (row->flags & RK_M_REQUIRED) != 0;

    if (has_key(l, rows, node, row->key, required))
        return RK_OK;
    if (required)
        return rk_manifest_fail(l->m, section->at, err, RK_E_USAGE,
                                "%s%skey \"%s\" is missing (%s)", section->name,
                                section->name[0] == '\0' ? "" : ": ", row->key, row->help);
    return row->def == NULL ? RK_OK : set_default(l, row, err);
}

/* The section of the top that the pair is, or is meant for, has a fault; rules ask it nothing. */
static void mark(const struct rk_loading *l, const yaml_node_pair_t *pair)
{
    const struct rk_mrow *top = l->m->rows->top;
    const char *key = rk_manifest_scalar(yaml_document_get_node(l->yaml, pair->key));
    const struct rk_mrow *row = key == NULL ? NULL : find_row(top, key);

    if (row == NULL && key != NULL && meant(top, key) != NULL)
        row = find_row(top, meant(top, key));
    if (row != NULL)
        l->faults->sections |= UINT32_C(1) << (row - top);
}

enum rk_rc rk_manifest_walk(const struct rk_loading *l, const struct rk_mplace *place,
                            const struct rk_mrow *rows, const yaml_node_t *node, struct rk_err *err)
{
    const bool top = place->name[0] == '\0';

    if (node->type != YAML_MAPPING_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s%sexpected keys and values",
                                place->name, top ? "" : ": ");
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const size_t faults = l->faults->count;

        if (load_pair(l, place, rows, node, p, err) && rk_mfaults_keep(l->faults, err))
            return err->rc;
        if (top && l->faults->count != faults)
            mark(l, p);
    }
    for (const struct rk_mrow *row = rows; row->key != NULL; row++) {
        if (fill_in(l, place, rows, row, node, err) && rk_mfaults_keep(l->faults, err))
            return err->rc;
    }
    return RK_OK;
}
