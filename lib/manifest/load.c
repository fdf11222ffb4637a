/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to the model, by the rows. */
#include "manifest/outline.h"
#include "manifest/rows.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/edit_distance.h"
#include "rotkit/ctx.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANIFEST_MAX = 1 << 20, TEXT_MAX = 4096, NAME_MAX_LEN = 64 };

struct loading {
    struct rk_manifest *m;
    void *base; /* what the rows' members are offsets in: the manifest, or an image of it */
    yaml_document_t *yaml;
    char folder[RK_PATH_MAX];
};

static void free_at_exit(struct rk_manifest **m)
{
    rk_manifest_free(*m);
}

static struct rk_where where(const yaml_node_t *node)
{
    return (struct rk_where) { (unsigned)node->start_mark.line + 1,
                               (unsigned)node->start_mark.column + 1 };
}

/* ---- values ---- */

/* Where a value stands and what it is called, for messages. */
struct place {
    struct rk_where at;
    char name[128]; /* "ek.certificate.model" */
};

static enum rk_rc wrong(const struct loading *l, const struct place *place, struct rk_err *err,
                        const char *what, const char *text)
{
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s, found \"%s\"", place->name,
                            what, text);
}

/* The value of the variable whose name starts at text and ends at close. */
static enum rk_rc variable(const struct loading *l, const struct place *place, const char *text,
                           const char *close, const char **ret, struct rk_err *err)
{
    char name[NAME_MAX_LEN];

    (void)snprintf(name, sizeof name, "%.*s", (int)(close - text), text);
    *ret = secure_getenv(name);
    if (*ret == NULL || **ret == '\0')
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                                "%s: environment variable \"%s\" is %s", place->name, name,
                                *ret == NULL ? "not set" : "empty");
    return RK_OK;
}

/* text with each ${NAME} replaced from the environment. */
static enum rk_rc expand(const struct loading *l, const struct place *place, const char *text,
                         struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    const char *open, *close, *value;
    struct rk_err detail;

    while ((open = strstr(text, "${")) != NULL) {
        close = strchr(open, '}');
        if (close == NULL || (size_t)(close - open - 2) >= NAME_MAX_LEN)
            return wrong(l, place, err, "malformed ${VAR}", text);
        if (variable(l, place, open + 2, close, &value, err))
            return err->rc;
        rk_wr_bytes(&wr, text, (size_t)(open - text));
        rk_wr_str(&wr, value);
        text = close + 1;
    }
    rk_wr_str(&wr, text);
    if (rk_wr_end(&wr, ret, &detail))
        return rk_manifest_fail(l->m, place->at, err, detail.rc, "%s: %s", place->name, detail.msg);
    return RK_OK;
}

static enum rk_rc keep_text(char **ret, const char *text, struct rk_err *err)
{
    *ret = rk_strdup(text);
    return *ret != NULL ? RK_OK : rk_fail_nomem(err);
}

/* scheme (which may be empty) and the path behind it, relative to the manifest's folder. */
static enum rk_rc keep_path(const struct loading *l, const struct place *place, const char *scheme,
                            const char *text, char **ret, struct rk_err *err)
{
    char path[RK_PATH_MAX], uri[RK_PATH_MAX + 8];
    struct rk_err detail;

    if (rk_path_join(l->folder, text, path, sizeof path, &detail))
        return rk_manifest_fail(l->m, place->at, err, detail.rc, "%s: %s", place->name, detail.msg);
    (void)snprintf(uri, sizeof uri, "%s%s", scheme, path);
    return keep_text(ret, uri, err);
}

static bool starts(const char *text, const char *scheme)
{
    return strncmp(text, scheme, strlen(scheme)) == 0;
}

/* The paths in it are relative to the manifest. */
static enum rk_rc keep_key(const struct loading *l, const struct place *place, const char *text,
                           char **ret, struct rk_err *err)
{
    char uri[2 * RK_PATH_MAX + 32];
    struct rk_err detail;

    if (starts(text, "postgresql:")) /* a ledger's */
        return keep_text(ret, text, err);
    if (rk_key_below(text, l->folder, uri, sizeof uri, &detail))
        return rk_manifest_fail(l->m, place->at, err, detail.rc, "%s: %s", place->name, detail.msg);
    return keep_text(ret, uri, err);
}

/* The text is not shown: people put the passphrase itself where its source belongs. */
static enum rk_rc keep_passphrase(const struct loading *l, const struct place *place,
                                  const char *text, char **ret, struct rk_err *err)
{
    if (starts(text, "file:"))
        return keep_path(l, place, "file:", text + strlen("file:"), ret, err);
    if (starts(text, "fd:") || starts(text, "env:"))
        return keep_text(ret, text, err);
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                            "%s: expected fd:N, file:PATH or env:NAME", place->name);
}

static enum rk_rc keep_choice(const struct loading *l, const struct place *place,
                              const struct rk_mrow *row, char **ret, const char *text,
                              struct rk_err *err)
{
    char known[256] = "";

    for (const char *const *v = row->values; *v != NULL; v++) {
        size_t used = strlen(known);

        if (strcmp(*v, text) == 0)
            return keep_text(ret, text, err);
        (void)snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ", *v);
    }
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                            "%s: unknown value \"%s\" (known: %s)", place->name, text, known);
}

/* Variables stand where the row says so, and nowhere else. */
static enum rk_rc replace(const struct loading *l, const struct place *place,
                          const struct rk_mrow *row, const char *text, struct rk_bytes *ret,
                          struct rk_err *err)
{
    if (text[0] == '\0')
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: empty value", place->name);
    if ((row->flags & RK_M_VARIABLES) != 0)
        return expand(l, place, text, ret, err);
    if (strstr(text, "${") != NULL)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: ${VAR} is not replaced here",
                                place->name);
    return rk_bytes_copy(text, strlen(text), ret, err);
}

static enum rk_rc set_str(const struct loading *l, const struct place *place,
                          const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mstr *str = rk_manifest_member(l->base, row);
    RK_AUTO(rk_bytes_done) struct rk_bytes replaced = RK_BYTES_NONE;

    if (replace(l, place, row, text, &replaced, err))
        return err->rc;
    text = (const char *)replaced.p;
    str->at = place->at;
    switch (row->kind) {
    case RK_M_PATH:
        return keep_path(l, place, "", text, &str->v, err);
    case RK_M_KEY:
        return keep_key(l, place, text, &str->v, err);
    case RK_M_PASSPHRASE:
        return keep_passphrase(l, place, text, &str->v, err);
    case RK_M_CHOICE:
        return keep_choice(l, place, row, &str->v, text, err);
    default:
        return keep_text(&str->v, text, err);
    }
}

static const uint64_t largest[RK_M_KINDS] = {
    [RK_M_NUMBER] = INT64_MAX,
    [RK_M_U16] = UINT16_MAX,
    [RK_M_U32] = UINT32_MAX,
};

uint64_t rk_manifest_max(enum rk_mkind kind)
{
    return largest[kind];
}

static enum rk_rc set_number(const struct loading *l, const struct place *place,
                             const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mnum *num = rk_manifest_member(l->base, row);
    struct rk_err detail;
    uint64_t v;

    if (row->kind == RK_M_DATE) {
        if (rk_clock_parse(text, &num->v, &detail) != RK_OK)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name,
                                    detail.msg);
    } else {
        if (rk_parse_u64(text, rk_manifest_max(row->kind), &v, &detail) != RK_OK)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name,
                                    detail.msg);
        num->v = (int64_t)v;
    }
    num->set = true;
    num->at = place->at;
    return RK_OK;
}

static enum rk_rc set_bool(const struct loading *l, const struct place *place,
                           const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mbool *b = rk_manifest_member(l->base, row);

    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return wrong(l, place, err, "expected true or false", text);
    b->v = text[0] == 't';
    b->at = place->at;
    return RK_OK;
}

static enum rk_rc add_to_list(const struct loading *l, const struct place *place,
                              const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mlist *list = rk_manifest_member(l->base, row);
    RK_AUTO(rk_bytes_done) struct rk_bytes replaced = RK_BYTES_NONE;

    if (list->count == RK_MLIST_MAX)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: more than %d entries",
                                place->name, RK_MLIST_MAX);
    if (replace(l, place, row, text, &replaced, err) ||
        keep_text(&list->v[list->count], (const char *)replaced.p, err))
        return err->rc;
    list->count++;
    list->at = place->at;
    return RK_OK;
}

static enum rk_rc set_scalar(const struct loading *l, const struct place *place,
                             const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    switch (row->kind) {
    case RK_M_NUMBER:
    case RK_M_U16:
    case RK_M_U32:
    case RK_M_DATE:
        return set_number(l, place, row, text, err);
    case RK_M_BOOL:
        return set_bool(l, place, row, text, err);
    default:
        return set_str(l, place, row, text, err);
    }
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

static enum rk_rc load_list(const struct loading *l, const struct place *place,
                            const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected a list",
                                place->name);
    ((struct rk_mlist *)rk_manifest_member(l->base, row))->at = place->at;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        yaml_node_t *entry = yaml_document_get_node(l->yaml, *i);
        struct place entry_place = *place;
        const char *text = scalar(entry);

        entry_place.at = where(entry);
        if (text == NULL)
            return rk_manifest_fail(l->m, entry_place.at, err, RK_E_USAGE, "%s: expected text",
                                    place->name);
        if (add_to_list(l, &entry_place, row, text, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_section(const struct loading *l, const struct place *place,
                               const struct rk_mrow *rows, const yaml_node_t *node,
                               struct rk_err *err);

static enum rk_rc check_doubled(const struct loading *l, const struct place *section,
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
static enum rk_rc load_name(const struct loading *l, const struct place *section,
                            const yaml_node_t *node, const yaml_node_pair_t *pair,
                            struct place *ret, const char **ret_name, struct rk_err *err)
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

static enum rk_rc keep_pair(const struct loading *l, const struct place *place,
                            const struct rk_mrow *row, const char *text, char **ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes replaced = RK_BYTES_NONE;

    if (replace(l, place, row, text, &replaced, err))
        return err->rc;
    text = (const char *)replaced.p;
    if (row->kind == RK_M_PATHS)
        return keep_path(l, place, "", text, ret, err);
    return row->kind == RK_M_KEYS ? keep_key(l, place, text, ret, err) : keep_text(ret, text, err);
}

/* How many pairs a mapping has; RK_E_USAGE when it is none or has more than max. */
static enum rk_rc count_pairs(const struct loading *l, const struct place *place,
                              const yaml_node_t *node, size_t max, size_t *ret, struct rk_err *err)
{
    if (node->type != YAML_MAPPING_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected names and values",
                                place->name);
    *ret = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (*ret > max)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %zu entries, at most %zu",
                                place->name, *ret, max);
    return RK_OK;
}

static enum rk_rc load_map(const struct loading *l, const struct place *place,
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
        struct place entry;
        const char *name;

        if (load_name(l, place, node, pair, &entry, &name, err))
            return err->rc;
        if (scalar(value) == NULL)
            return rk_manifest_fail(l->m, entry.at, err, RK_E_USAGE, "%s: expected text",
                                    entry.name);
        map->v[i].at = entry.at;
        map->count = i + 1;
        if (keep_text(&map->v[i].name, name, err) ||
            keep_pair(l, &entry, row, is_null(value) ? "" : scalar(value), &map->v[i].v, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_images(const struct loading *l, const struct place *place,
                              const struct rk_mrow *row, const yaml_node_t *node,
                              struct rk_err *err)
{
    struct rk_mimages *images = rk_manifest_member(l->base, row);
    size_t count = 0;

    if (count_pairs(l, place, node, RK_MIMAGES_MAX, &count, err))
        return err->rc;
    images->at = place->at;
    images->v = rk_alloc(count + 1, sizeof *images->v);
    if (images->v == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
        struct loading inside = *l;
        struct place entry;
        const char *name;

        if (load_name(l, place, node, pair, &entry, &name, err))
            return err->rc;
        images->v[i].at = entry.at;
        images->count = i + 1;
        inside.base = &images->v[i];
        if (keep_text(&images->v[i].name, name, err) ||
            load_section(&inside, &entry, row->sub, yaml_document_get_node(l->yaml, pair->value),
                         err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_value(const struct loading *l, const struct place *place,
                             const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    const char *text = scalar(node);

    if (row->kind == RK_M_SECTION) {
        struct rk_where *at = rk_manifest_member(l->base, row);

        *at = place->at;
        return load_section(l, place, row->sub, node, err);
    }
    if (row->kind == RK_M_PLATFORM) {
        struct loading inside = *l;

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
    return set_scalar(l, place, row, is_null(node) ? "" : text, err);
}

static enum rk_rc unknown_key(const struct loading *l, const struct place *section,
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

static enum rk_rc load_pair(const struct loading *l, const struct place *section,
                            const struct rk_mrow *rows, const yaml_node_t *node,
                            const yaml_node_pair_t *pair, struct rk_err *err)
{
    yaml_node_t *key_node = yaml_document_get_node(l->yaml, pair->key);
    yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
    const char *key = scalar(key_node);
    struct place place = { .at = where(value) };
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

static bool has_key(const struct loading *l, const yaml_node_t *node, const char *key)
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
static enum rk_rc set_default(const struct loading *l, const struct rk_mrow *row,
                              struct rk_err *err)
{
    struct place place = { .at = { 0, 0 } };
    char text[128], *rest = text, *entry;

    (void)snprintf(place.name, sizeof place.name, "%s", row->key);
    if (row->kind != RK_M_LIST)
        return set_scalar(l, &place, row, row->def, err);
    (void)snprintf(text, sizeof text, "%s", row->def);
    while ((entry = strsep(&rest, ",")) != NULL) {
        if (add_to_list(l, &place, row, entry + strspn(entry, " "), err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc fill_in(const struct loading *l, const struct place *section,
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

static enum rk_rc load_section(const struct loading *l, const struct place *place,
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
static enum rk_rc find_folder(struct loading *l, struct rk_err *err)
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
    struct loading l = { .m = m, .base = m, .yaml = &yaml };
    struct place top = { .at = { 1, 1 } };
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
    if (rk_file_read(path, MANIFEST_MAX, &text, err) || keep_text(&m->path, path, err))
        return err->rc;
    if (rk_sha256(text.p, text.len, m->sha256, err))
        return err->rc;
    if (load_text(ctx, m, &text, err) || rk_manifest_check(m, err))
        return err->rc;
    *ret = m;
    m = NULL;
    return RK_OK;
}
