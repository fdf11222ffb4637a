/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to the model, by the rows: the walk over sections, lists and maps. */
#include "manifest/outline.h"
#include "manifest/rows.h"
#include "manifest/values.h"

#include "base/digest.h"
#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/edit_distance.h"
#include "rotkit/file.h"

#include <stdio.h>
#include <string.h>

enum { MANIFEST_MAX = 1 << 20 };

RK_CLEANUP(free_at_exit, struct rk_manifest, rk_manifest_free)

static struct rk_where where(const yaml_node_t *node)
{
    return (struct rk_where) { (unsigned)node->start_mark.line + 1,
                               (unsigned)node->start_mark.column + 1 };
}

/* A scalar without NUL bytes, or NULL. */
static const char *scalar(const yaml_node_t *node)
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

static enum rk_rc load_list(const struct rk_loading *l, const struct rk_mplace *place,
                            const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected a list",
                                place->name);
    ((struct rk_mlist *)rk_manifest_member(l->base, row))->at = place->at;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        yaml_node_t *entry = yaml_document_get_node(l->yaml, *i);
        struct rk_mplace entry_place = *place;
        const char *text = scalar(entry);

        entry_place.at = where(entry);
        if (text == NULL)
            return rk_manifest_fail(l->m, entry_place.at, err, RK_E_USAGE, "%s: expected text",
                                    place->name);
        if (rk_manifest_add_to_list(l, &entry_place, row, text, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_section(const struct rk_loading *l, const struct rk_mplace *place,
                               const struct rk_mrow *rows, const yaml_node_t *node,
                               struct rk_err *err);

static enum rk_rc check_doubled(const struct rk_loading *l, const struct rk_mplace *section,
                                const yaml_node_t *node, const yaml_node_pair_t *until,
                                const char *key, struct rk_where at, struct rk_err *err)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < until; p++) {
        yaml_node_t *earlier = yaml_document_get_node(l->yaml, p->key);

        if (scalar(earlier) != NULL && strcmp(scalar(earlier), key) == 0)
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
    const char *name = scalar(key_node);

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
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
        const yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
        struct rk_mplace entry;
        const char *name;

        if (load_name(l, place, node, pair, &entry, &name, err))
            return err->rc;
        if (scalar(value) == NULL)
            return rk_manifest_fail(l->m, entry.at, err, RK_E_USAGE, "%s: expected text",
                                    entry.name);
        map->v[i].at = entry.at;
        map->count = i + 1;
        if (rk_manifest_keep_text(&map->v[i].name, name, err) ||
            rk_manifest_keep_pair(l, &entry, row, is_null(value) ? "" : scalar(value), &map->v[i].v,
                                  err))
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
               : load_section(&inside, entry, row->sub, node, err);
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
        struct rk_mplace place = *entry;

        place.at = types->v[i].at;
        if (load_image(l, &place, row, node, types->v[i].name, images, err) ||
            replace_setting(&images->v[images->count - 1].set, "image-type", &types->v[i], err))
            return err->rc;
    }
    return RK_OK;
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
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
        const yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
        struct rk_mplace entry;
        const char *name;

        if (load_name(l, place, node, pair, &entry, &name, err) ||
            load_image(l, &entry, row, value, name, images, err) ||
            load_image_types(l, &entry, row, value, images, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_value(const struct rk_loading *l, const struct rk_mplace *place,
                             const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    const char *text = scalar(node);

    if (row->kind == RK_M_SECTION) {
        struct rk_where *at = rk_manifest_member(l->base, row);

        *at = place->at;
        return load_section(l, place, row->sub, node, err);
    }
    if (row->kind == RK_M_PLATFORM) {
        struct rk_loading inside = *l;

        inside.base = l->m->settings;
        *(struct rk_where *)rk_manifest_member(inside.base, row) = place->at;
        return load_section(&inside, place, row->sub, node, err);
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

static enum rk_rc unknown_key(const struct rk_loading *l, const struct rk_mplace *section,
                              const struct rk_mrow *rows, const char *key, struct rk_where at,
                              struct rk_err *err)
{
    struct rk_nearest nearest = rk_nearest_to(key);

    for (; rows->key != NULL; rows++)
        rk_nearest_offer(&nearest, rows->key);
    (void)rk_manifest_fail(l->m, at, err, RK_E_USAGE, "%s%sunknown key \"%s\"", section->name,
                           section->name[0] == '\0' ? "" : ": ", key);
    return nearest.word == NULL ? err->rc : rk_note(err, "did you mean \"%s\"?", nearest.word);
}

static const struct rk_mrow *find_row(const struct rk_mrow *rows, const char *key)
{
    for (; rows->key != NULL; rows++) {
        if (strcmp(rows->key, key) == 0)
            return rows;
    }
    return NULL;
}

static enum rk_rc load_pair(const struct rk_loading *l, const struct rk_mplace *section,
                            const struct rk_mrow *rows, const yaml_node_t *node,
                            const yaml_node_pair_t *pair, struct rk_err *err)
{
    yaml_node_t *key_node = yaml_document_get_node(l->yaml, pair->key);
    yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
    const char *key = scalar(key_node);
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

static bool has_key(const struct rk_loading *l, const yaml_node_t *node, const char *key)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const char *name = scalar(yaml_document_get_node(l->yaml, p->key));

        if (name != NULL && strcmp(name, key) == 0)
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
                          const struct rk_mrow *rows, const yaml_node_t *node, struct rk_err *err)
{
    for (; rows->key != NULL; rows++) {
        if (has_key(l, node, rows->key))
            continue;
        if ((rows->flags & RK_M_REQUIRED) != 0)
            return rk_manifest_fail(l->m, section->at, err, RK_E_USAGE,
                                    "%s%skey \"%s\" is missing (%s)", section->name,
                                    section->name[0] == '\0' ? "" : ": ", rows->key, rows->help);
        if (rows->def != NULL && set_default(l, rows, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_section(const struct rk_loading *l, const struct rk_mplace *place,
                               const struct rk_mrow *rows, const yaml_node_t *node,
                               struct rk_err *err)
{
    if (node->type != YAML_MAPPING_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s%sexpected keys and values",
                                place->name, place->name[0] == '\0' ? "" : ": ");
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        if (load_pair(l, place, rows, node, p, err))
            return err->rc;
    }
    return fill_in(l, place, rows, node, err);
}

/* ---- the file ---- */

static void parser_done(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void document_done(yaml_document_t *document)
{
    yaml_document_delete(document);
}

/* The folder of the manifest, "" for the working folder. */
static enum rk_rc find_folder(struct rk_loading *l, struct rk_err *err)
{
    const char *path = l->m->path, *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

    if (len >= sizeof l->folder)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    memcpy(l->folder, path, len);
    return RK_OK;
}

/*
 * The rows are those of the manifest's platform. One that is missing or unknown is told of by who
 * needs it; until then the default's rows serve.
 */
static enum rk_rc choose_rows(const rk_ctx *ctx, struct rk_manifest *m, yaml_document_t *yaml,
                              const yaml_node_t *root, struct rk_err *err)
{
    const char *name = NULL;
    struct rk_err unknown;

    for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
         root->type == YAML_MAPPING_NODE && p < root->data.mapping.pairs.top; p++) {
        const char *key = scalar(yaml_document_get_node(yaml, p->key));

        if (key != NULL && strcmp(key, "platform") == 0)
            name = scalar(yaml_document_get_node(yaml, p->value));
    }
    if (rk_platform_find(ctx, name, &m->row, &unknown) != RK_OK &&
        rk_platform_find(ctx, NULL, &m->row, err))
        return err->rc;
    if (rk_mrows_make(ctx, m->row, &m->rows, err))
        return err->rc;
    m->settings = rk_alloc(1, m->row->settings_size + 1);
    return m->settings == NULL ? rk_fail_nomem(err) : RK_OK;
}

static enum rk_rc load_text(const rk_ctx *ctx, struct rk_manifest *m, const struct rk_bytes *text,
                            struct rk_err *err)
{
    RK_AUTO(parser_done) yaml_parser_t parser = { 0 };
    RK_AUTO(document_done) yaml_document_t yaml = { 0 };
    struct rk_loading l = { .m = m, .base = m, .yaml = &yaml };
    struct rk_mplace top = { .at = { 1, 1 } };
    yaml_node_t *root;

    if (find_folder(&l, err) || rk_manifest_outline(m, text, err))
        return err->rc;
    if (!yaml_parser_initialize(&parser))
        return rk_fail_nomem(err);
    yaml_parser_set_input_string(&parser, text->p, text->len);
    if (!yaml_parser_load(&parser, &yaml))
        return rk_manifest_fail_yaml(m, &parser, err);
    root = yaml_document_get_root_node(&yaml);
    if (root == NULL)
        return rk_manifest_fail(m, top.at, err, RK_E_USAGE, "the manifest is empty");
    if (choose_rows(ctx, m, &yaml, root, err))
        return err->rc;
    return load_section(&l, &top, m->rows->top, root, err);
}

enum rk_rc rk_manifest_load(const rk_ctx *ctx, const char *path, struct rk_manifest **ret,
                            struct rk_err *err)
{
    RK_AUTO(free_at_exit) struct rk_manifest *m = rk_alloc(1, sizeof *m);
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (m == NULL)
        return rk_fail_nomem(err);
    if (rk_file_read(path, MANIFEST_MAX, &text, err) || rk_manifest_keep_text(&m->path, path, err))
        return err->rc;
    if (rk_sha256(text.p, text.len, m->sha256, err))
        return err->rc;
    if (load_text(ctx, m, &text, err) || rk_manifest_check(m, err))
        return err->rc;
    *ret = m;
    m = NULL;
    return RK_OK;
}
